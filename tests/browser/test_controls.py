"""The side bar: *Break it*, time, the panels, and starting over."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from bot.playground.identity import CARDS, LENA
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import Screen

FIRST = "Check that Stripe supports our use case"


def test_what_is_broken_loses_nothing_and_doubles_nothing(fresh: Playground, opened: Open) -> None:
    screen = opened()
    started(screen, "Sturdy Pay")
    for blow in ("kill", "drop_reply", "send_twice"):
        screen.at(f"break-{blow}").click()
        expect(screen.at("break-line")).to_have_text(re.compile("lost|…"), timeout=5_000)
        expect(screen.at("break-line")).to_have_text("lost 0, doubled 0", timeout=30_000)
        expect(screen.at("bot-light")).to_contain_text("The bot is up")


def started(screen: Screen, name: str) -> None:
    """Start a programme from page 1 and open its thread."""
    screen.types("/onboarding start")
    screen.form("onboarding.start")
    screen.writes("name", name)
    screen.submits()
    screen.opens_thread(f"{name} · P-")


def test_starting_over_asks_and_then_forgets_everything(opened: Open) -> None:
    screen = opened()
    started(screen, "Brief Pay")
    screen.at("start-over").click()
    screen.page.locator('[data-testid="confirm-no"]').click()
    screen.sees("Brief Pay · P-")
    screen.at("start-over").click()
    screen.page.locator('[data-testid="confirm-yes"]').click()
    expect(screen.message("Brief Pay · P-")).to_have_count(0)
    expect(screen.at("composer")).to_have_value("/onboarding start")


def test_a_reload_comes_back_to_the_same_place(opened: Open) -> None:
    screen = opened()
    screen.types("/onboarding start")
    screen.form("onboarding.start")
    screen.page.reload()
    screen.form("onboarding.start")
    screen.leaves()
    started(screen, "Lasting Pay")
    screen.clicks_step("step.take", FIRST)
    screen.page.reload()
    expect(screen.button("step.done", within=screen.thread)).to_be_visible()


def test_time_passes_to_what_comes_next_by_a_day_by_a_week_and_to_a_date(
    playground: Playground, opened: Open
) -> None:
    screen = opened()

    def now() -> float:
        return float(playground.state()["clock"]["now"])

    started(screen, "Timely Pay")
    for title in (FIRST, "Send the intake form"):
        screen.clicks_step("step.take", title)
        screen.clicks_step("step.done", title)
    expect(screen.at("clock-next")).to_contain_text(" Pay")  # a reminder of any programme that is there
    before = now()
    screen.at("clock-next").click()
    playground.wait(lambda: now() >= before + 600)  # the next morning, or the next due date

    before = now()
    screen.at("clock-day").click()
    playground.wait(lambda: now() >= before + 86_400)
    screen.at("clock-week").click()
    playground.wait(lambda: now() >= before + 8 * 86_400)
    screen.at("clock-date").fill("2031-05-09")
    expect(screen.at("clock-now")).to_contain_text("May 9, 2031")


def test_the_panels_show_the_traffic_and_what_a_phone_shows(opened: Open) -> None:
    screen = opened()
    started(screen, "Pocket Pay")
    screen.at("traffic-button").click()
    expect(screen.at("traffic")).to_contain_text("chat.postMessage")
    assert "xoxb-" not in screen.at("traffic").inner_text()
    screen.at("phone-button").click()
    expect(screen.at("phone-line")).to_contain_text("Pocket Pay")
    expect(screen.at("voice-line")).to_contain_text("Pocket Pay")
    screen.at("panel-close").click()
    expect(screen.at("phone-panel")).to_be_hidden()


def test_light_becomes_dark_and_stays_dark(opened: Open) -> None:
    screen = opened(LENA, CARDS, color_scheme="light")

    def background() -> str:
        return str(screen.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = background()
    screen.at("theme").click()
    assert background() != light
    dark = background()
    screen.page.reload()
    screen.page.locator("#shell:not([aria-busy])").wait_for()
    assert background() == dark
