"""The panel of the local Stripe, at a desk and on a phone, in both languages."""

from __future__ import annotations

from playwright.sync_api import expect

from bot.playground.identity import LENA, MARC, OPS
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW


def test_a_card_is_swiped_captured_and_given_back(fresh: Playground, opened: Open) -> None:
    screen = opened(LENA)
    screen.at("till-button").click()
    screen.at("till-merchant").fill("Lucky Seven")
    screen.at("till-merchant").press("Tab")
    expect(screen.at("till-category")).to_have_value("betting_casino_gambling")
    screen.at("till-amount").fill("7")
    screen.at("till-amount").press("Enter")
    expect(screen.at("till-decision")).to_have_text("Approved")
    expect(screen.at("till-rule")).to_have_text("no rule")
    expect(screen.at("till-ms")).to_contain_text("ms")
    screen.at("till-capture").click()
    screen.at("till-refund").click()
    expect(screen.at("till-purchase")).to_contain_text("Refunded")


def test_on_a_phone_a_new_card_is_made_and_swiped_in_french(playground: Playground, opened: Open) -> None:
    screen = opened(MARC, OPS, viewport=NARROW)
    screen.page.locator(".nav-button").first.click()
    screen.at("till-button").click()
    screen.at("till-new").click()
    screen.at("till-holder").fill("Zoé Lind")
    screen.at("till-make").click()
    expect(screen.at("till-made")).to_contain_text("est prête")
    screen.at("till-swipe").click()
    expect(screen.at("till-decision")).to_have_text("Acceptée")
    screen.at("till-faults").click()
    screen.at("till-fault-outage").check()
    expect(screen.at("till-fault-outage")).to_be_checked()
    screen.at("till-fault-outage").uncheck()
    expect(screen.at("till-fault-outage")).not_to_be_checked()
    width = screen.page.evaluate("document.querySelector('.panel').scrollWidth")
    assert width <= NARROW["width"]
