"""The scenes of the side bar: played at once, watched, paused and taken over."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import Browser, expect

from bot.playground.identity import CARDS, LENA, MARC
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import WIDE, Screen
from tests.browser.test_story import BOARD


@pytest.mark.parametrize(("scene", "says"), [("launch", "Launched"), ("start", "Send the intake form")])
def test_an_address_with_a_scene_plays_it_in_under_a_minute(
    elsewhere: Playground, fresh: Playground, opened: Open, scene: str, says: str
) -> None:
    screen = opened(query=f"?scene={scene}")
    fresh.scene_ends()
    board = screen.message(BOARD, within=screen.page.locator(".chat"))
    expect(board).to_contain_text(says)
    assert "scene=" not in screen.page.url


def test_a_watched_scene_pauses_and_is_taken_over_by_a_click(playground: Playground, opened: Open) -> None:
    screen = opened()
    screen.at("watch-start").click()
    expect(screen.at("watch")).to_be_visible()
    expect(screen.at("watch-caption")).to_contain_text("Lena")
    screen.at("watch-pause").click()
    playground.wait(lambda: playground.state()["scene"]["state"] == "paused")
    step = playground.state()["scene"]["step"]
    screen.page.wait_for_timeout(1800)  # longer than the pace of a watched scene
    assert playground.state()["scene"]["step"] == step
    screen.at("watch-pause").click()
    playground.wait(lambda: playground.state()["scene"]["state"] == "running")
    screen.form("onboarding.start").get_by_role("heading").click()
    playground.wait(lambda: playground.state()["scene"]["state"] == "idle")
    expect(screen.at("watch")).to_be_hidden()
    screen.leaves()


@pytest.mark.parametrize(
    ("person", "says"), [(LENA, "Lena types one command"), (MARC, "Lena tape une commande")]
)
def test_a_watched_scene_is_told_in_the_readers_language(
    playground: Playground, opened: Open, person: str, says: str
) -> None:
    screen = opened(person)
    screen.at("watch-start").click()
    expect(screen.at("watch-caption")).to_contain_text(says)
    screen.at("watch-stop").click()
    playground.wait(lambda: playground.state()["scene"]["state"] == "idle")


def test_who_watches_sees_what_is_filled_in(playground: Playground, opened: Open) -> None:
    screen = opened()
    screen.at("watch-start").click()
    screen.form("onboarding.start")
    expect(screen.field("name").locator("input")).to_have_value("Harbour Pay")
    screen.form("onboarding.start_more")
    expect(screen.field("purpose").locator("textarea")).to_have_value("Cards for harbour crews")
    screen.at("watch-stop").click()
    playground.wait(lambda: playground.state()["scene"]["state"] == "idle")


def test_stripe_asks_for_changes_and_everybody_reads_which(elsewhere: Playground, browser: Browser) -> None:
    elsewhere.scene_ends()
    with contextlib.closing(browser.new_page(viewport=WIDE)) as page:
        page.goto(f"{elsewhere.url}/?as={MARC}&at={CARDS}")
        marc = Screen(page)
        marc.opens_thread(BOARD)
        marc.sees("fee list in full", within=marc.thread)
