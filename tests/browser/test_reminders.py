"""Reminders at the screen: the morning list, snooze, what comes next, and what the manager reads in French."""

from __future__ import annotations

from playwright.sync_api import expect

from bot.playground.identity import LENA, MARC
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW
from tests.browser.test_story import start_programme

NAME = "Quay cards"


def test_a_morning_list_is_snoozed_and_the_manager_sees_it(fresh: Playground, opened: Open) -> None:
    lena = opened(LENA)
    lena.types("/onboarding start")
    start_programme(lena, NAME, manager="Marc Dubois")
    board = lena.sees(f"{NAME} · P-1")

    lena.clicks("reminder.next", within=board)
    expect(lena.form("reminder.next")).to_contain_text("Due soon: Check that Stripe supports our use case")
    expect(lena.modal).to_contain_text("to Marc Dubois, privately")
    lena.leaves()

    fresh.clock(days=8)
    lena.at("dm-gantry").click()
    listed = lena.sees("Check that Stripe supports our use case", seconds=30)
    expect(listed).to_contain_text("overdue")
    phone = opened(LENA, viewport=NARROW)
    assert phone.fits()

    lena.chooses(listed.locator(".picker").first, "Until a date…")
    form = lena.form("reminder.snooze")
    expect(form).to_contain_text("Your manager goes on hearing of it")
    lena.submits()
    expect(lena.modal).to_have_count(0)
    lena.sees("Your manager sees that you snoozed it", seconds=20)

    fresh.clock(days=3)
    marc = opened(MARC)
    marc.at("dm-gantry").click()
    marc.sees("en veille jusqu", seconds=30)
