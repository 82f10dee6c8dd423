"""The panel of the local Stripe, at a desk and on a phone, in both languages."""

from __future__ import annotations

import os

from playwright.sync_api import expect

from bot.playground.identity import LENA, MARC, OLGA, OPS
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
    screen.at("till-wallet").click()  # the new card is the chosen one
    expect(screen.at("till-wallet")).to_have_count(0)
    screen.at("till-swipe").click()
    expect(screen.at("till-decision")).to_have_text("Acceptée")
    screen.at("till-faults").click()
    screen.at("till-fault-outage").check()
    expect(screen.at("till-fault-outage")).to_be_checked()
    screen.at("till-fault-outage").uncheck()
    expect(screen.at("till-fault-outage")).not_to_be_checked()
    width = screen.page.evaluate("document.querySelector('.panel').scrollWidth")
    assert width <= NARROW["width"]


POLICY = "[limit_authorization]\ncard = { usd = 1000 }\n"


def test_a_rule_is_enforced_and_its_decline_explained_in_the_thread_of_the_card(
    fresh: Playground, opened: Open
) -> None:
    screen = opened(OLGA, OPS)
    screen.at("till-button").click()
    screen.at("till-swipe").click()
    expect(screen.at("till-decision")).to_have_text("Approved")

    screen.types("/gantry policy")
    screen.private("The policy that Gantry ships")
    screen.clicks("policy.ask")
    screen.form("policy.propose")
    screen.writes("body", "[limit_authorization]\ncart = 1\n")
    screen.submits()
    expect(screen.refused_at("body")).to_contain_text("This is no policy")
    screen.writes("body", POLICY)
    screen.sends("Propose a policy")
    screen.private("The past is replayed")

    direct = opened(OLGA)
    direct.at("dm-gantry").click()
    shown = direct.sees("Replay of 30 days")
    expect(shown).to_contain_text("limit_authorization")
    direct.clicks("policy.load")
    direct.sees("Policy 1 is obeyed from now on")

    screen.clicks("policy.rule")
    screen.form("policy.set")
    screen.chooses(screen.field("rule"), "limit_authorization · in shadow")
    screen.sends("Change a rule")
    screen.private("limit_authorization is enforced from now on")

    screen.at("till-swipe").click()
    expect(screen.at("till-decision")).to_have_text("Declined")
    expect(screen.at("till-rule")).to_have_text("Rule: limit_authorization")
    screen.opens_thread("Card •••• 4242 (TEST)")
    told = screen.sees("Declined: the amount is above the limit for one authorization.", within=screen.thread)
    expect(told).to_contain_text("raise the limit in the policy")
    if folder := os.environ.get("LOOK"):
        screen.page.screenshot(path=f"{folder}/story.png")
        direct.page.wait_for_timeout(4000)
        direct.page.screenshot(path=f"{folder}/direct.png", full_page=True)
