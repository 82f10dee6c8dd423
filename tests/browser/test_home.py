"""Home at the screen: what is mine, what others do meanwhile, my language, and a page for who has nothing."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from bot.playground.identity import LENA, MARC, NOOR, SAM
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW, Screen
from tests.browser.test_story import start_programme

NAME = "Quay cards"
IN_TIME = 5_000  # milliseconds in which a page follows a change
FIRST = "Check that Stripe supports"
LEFT = re.compile(r"encore (\d+) jours")  # how many depends on the weekday on which the test runs


def home(screen: Screen) -> Locator:
    """Open the Home tab, and wait until it shows."""
    screen.at("home").click()
    view = screen.at("home-view")
    expect(view).to_be_visible()
    return view


def test_home_follows_what_others_do_and_speaks_the_language_i_choose(
    fresh: Playground, opened: Open
) -> None:
    lena, sam = opened(LENA), opened(SAM)
    lena.types("/onboarding start")
    start_programme(lena, NAME, manager="Marc Dubois")
    lena.sees(f"{NAME} · P-1")
    view = home(lena)
    expect(view).to_contain_text("Your open item")
    expect(view).to_contain_text(FIRST)
    expect(view).to_contain_text("days left")
    expect(view).to_contain_text("0 of")
    assert lena.fits()

    sam.opens_thread(f"{NAME} · P-1")
    sam.clicks_step("step.take", FIRST)
    expect(view).to_contain_text("Nothing waits for you", timeout=IN_TIME)
    mine = home(sam)
    expect(mine).to_contain_text(FIRST)

    lena.clicks("home.settings")
    lena.form("home.settings")
    expect(lena.field("digest")).to_have_count(0)
    lena.ticks("language", "fr")
    lena.submits()
    expect(lena.modal).to_have_count(0)
    expect(view).to_contain_text("Vos préférences", timeout=IN_TIME)
    expect(view).to_contain_text("Langue")

    sam.clicks("step.done")
    expect(mine).to_contain_text("Your work will appear here", timeout=IN_TIME)
    expect(view).to_contain_text("1 sur", timeout=IN_TIME)
    expect(view).to_contain_text("formulaire")


def test_home_of_somebody_who_has_nothing_says_what_gantry_is_for(
    playground: Playground, opened: Open
) -> None:
    noor = opened(NOOR, viewport=NARROW)
    noor.at("nav-button").click()
    view = home(noor)
    expect(view).to_contain_text("Gantry")
    for action in ("verb.run:start", "verb.run:list", "verb.run:help"):
        expect(view.locator(f'[data-action-id="{action}"]')).to_have_count(1)
    assert noor.fits()
    noor.clicks("verb.run:start")
    noor.form("onboarding.start")


def test_a_manager_finds_what_is_overdue_on_home(playground: Playground, opened: Open) -> None:
    lena = opened(LENA)
    lena.types("/onboarding start")
    start_programme(lena, "Late cards", manager="Marc Dubois")
    lena.sees("Late cards · P-")
    marc = opened(MARC)
    view = home(marc)
    expect(view).to_contain_text("est en retard")
    expect(view).to_contain_text("Late cards")
    expect(view).to_contain_text(LEFT)
    left = [int(days) for days in LEFT.findall(view.inner_text())]
    playground.clock(days=1)
    less = r"[\s\S]*".join(rf"encore {days - 1} jours?\b" for days in left)
    expect(view).to_contain_text(re.compile(less), timeout=IN_TIME)
    playground.clock(days=60)
    home(marc)  # who has not looked for days sees today's page when they look
    expect(view).to_contain_text("jours de retard", timeout=IN_TIME)
    view.locator('[data-action-id^="step.open:"]').last.click()
    marc.form("step.page")
