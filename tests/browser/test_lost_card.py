"""The story of a lost card in the playground: frozen with one click, declined, revoked, declined, replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from bot.playground.identity import OLGA, OPS
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW, Screen


def look(screen: Screen, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    folder = os.environ.get("LOOK_AT")
    if folder:
        screen.page.wait_for_timeout(600)
        screen.page.screenshot(path=Path(folder) / f"{name}.png")


def swipe(playground: Playground) -> Any:
    card = next(one["id"] for one in playground.get("stripe")["cards"] if one["last4"] == "4242")
    bought = {
        "merchant": "Thief Hardware",
        "category": "taxicabs_limousines",
        "country": "US",
        "method": "online",
    }
    found = playground.post("stripe/swipe", card=card, amount=1200, **bought)
    return found["purchase"]


def find(screen: Screen) -> None:
    """Ask for the card, again as long as Gantry has not worked on Stripe's events of the new playground."""
    for _ in range(10):
        screen.types("/lost-card 4242")
        screen.private("4242")
        if screen.page.get_by_text("Is this the lost card?").count():
            return
        screen.page.wait_for_timeout(1000)
    screen.private("Is this the lost card?")


def test_a_lost_card_is_dead_in_seconds(fresh: Playground, opened: Open) -> None:
    assert swipe(fresh)["approved"]
    screen = opened(OLGA, OPS)
    find(screen)
    look(screen, "1-found")
    screen.clicks("lost.freeze")
    screen.private("is frozen")
    assert not swipe(fresh)["approved"]
    board = screen.sees("Stopped at Stripe")
    look(screen, "2-frozen")
    screen.clicks("lost.ask_revoke", within=board)
    screen.form("lost.revoke")
    look(screen, "3-revoke")
    screen.ticks("kind", "stolen")
    screen.sends("Revoke this card")
    board = screen.sees("Canceled at Stripe, for good,")
    look(screen, "4-revoked")
    assert not swipe(fresh)["approved"]
    screen.clicks("lost.ask_replace", within=board)
    screen.form("lost.replace")
    look(screen, "5-replace")
    screen.ticks("type", "virtual")
    screen.submits()
    expect(screen.modal).to_have_count(0)
    screen.sees("New card: active")
    screen.opens_thread("New card: active")
    look(screen, "6-thread")
    screen.clicks("lost.open")
    screen.form("lost.details")
    look(screen, "7-details")
    screen.leaves()
    screen.types("/lost-card list")
    screen.private("From report to canceled")
    look(screen, "8-list")


def test_on_a_phone_in_french_the_search_form_freezes_a_card(fresh: Playground, opened: Open) -> None:
    screen = opened("U0MARC", OPS, viewport=NARROW)
    screen.types("/lost-card")
    screen.form("lost.freeze")
    box = screen.field("card").locator("input.picker-input")
    box.click()
    box.fill("4242")
    option = screen.page.locator('.options [role="option"]').first
    expect(option).to_contain_text("TEST •••• 4242")
    look(screen, "9-options-fr")
    option.click()
    look(screen, "9-search-fr")
    screen.submits()
    expect(screen.modal).to_have_count(0)
    screen.sees("PAS encore bloquée")
    look(screen, "10-frozen-fr")
    assert screen.fits()
