"""Headless Chromium, the real `gantry play`, and screens that must not report an error."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from bot.playground.identity import CARDS, LENA
from tests.browser.playground import Playground
from tests.browser.screen import WIDE, Screen

CHROMIUM = "/usr/bin/chromium"
# The address bar of Chromium 150 and later loads two pages of its own into each window, hidden or not: half a
# second of a core for each person of a test. The last list given counts, so that Playwright's own is repeated.
FEATURES = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    *(
        "AvoidUnnecessaryBeforeUnloadCheckSync",
        "DestroyProfileOnBrowserClose",
        "HttpsUpgrades",
        "LensOverlay",
    ),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    "PreconnectToSearch",
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(FEATURES)}",
)
# A worker takes file after file. What takes longest begins first, so that nobody waits for it in the end.
LONGEST = ("story", "submission", "scenes", "controls", "complaint", "dispute", "lost_card", "till", "home")

Open = Callable[..., Screen]
_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    places = {f"test_{name}": place for place, name in enumerate((*LONGEST, "", "pictures"))}
    others = places["test_"]
    ours.sort(key=lambda item: places.get(item.path.stem, others))
    items[:] = [*(item for item in items if item not in ours), *ours]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    expect.set_options(timeout=15_000)
    with contextlib.closing(
        playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
    ) as running:
        yield running


@pytest.fixture(scope="session")
def _running() -> Iterator[Playground]:
    running = Playground()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Playground]:
    """A second playground, in which the longest scene plays while other tests run.

    The scene mostly waits: Slack takes one message a second and channel.
    """
    running = Playground()
    running.begins("revision")
    yield running
    running.stop()


@pytest.fixture
def playground(_running: Playground) -> Playground:
    """The playground as the test before left it, without open forms: starting over takes seconds.

    The first test of a file asks for a `fresh` one: what another file left may still be on its way to Slack.
    """
    _running.leave_forms()
    return _running


@pytest.fixture
def fresh(_running: Playground) -> Playground:
    """The playground as a newcomer finds it."""
    _running.fresh()
    return _running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture
def opened(
    playground: Playground, browser: Browser, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Open]:
    """Open the page as somebody; at the end no page may have reported an error.

    A test that fails leaves a picture of each screen in its temporary folder.
    """
    trouble: list[str] = []
    contexts = []

    def listen(page: Page) -> None:
        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                trouble.append(f"{page.url}: {message.text}")

        page.on("console", heard)
        page.on("pageerror", lambda error: trouble.append(f"{page.url}: {error}"))

    def open_page(
        person: str = LENA,
        at: str = CARDS,
        *,
        query: str = "",
        viewport: ViewportSize | None = None,
        **context: Any,
    ) -> Screen:
        made = browser.new_context(viewport=viewport or WIDE, reduced_motion="reduce", **context)
        made.set_default_timeout(15_000)
        contexts.append(made)
        page = made.new_page()
        listen(page)
        address = query if query.startswith("?") else f"?as={person}&at={at}{query}"
        page.goto(f"{playground.url}/{address}")
        page.locator("#shell:not([aria-busy])").wait_for()
        return Screen(page)

    yield open_page
    failed = request.node.stash.get(_FAILED, False)
    for number, made in enumerate(contexts, start=1):
        if failed:
            made.pages[0].screenshot(path=tmp_path / f"screen-{number}.png")
        made.close()
    assert trouble == []
