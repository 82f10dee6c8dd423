"""Away, channels, hand-over and letters at the screen: what people click, and what they read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from bot.playground.identity import LENA, MARC, SAM
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW
from tests.browser.test_story import start_programme

NAME = "Quay cards"


def test_people_come_and_go(fresh: Playground, opened: Open) -> None:
    lena = opened(LENA)
    lena.types("/onboarding start")
    start_programme(lena, NAME, manager="Marc Dubois")
    lena.sees(f"{NAME} · P-1")

    lena.types("/gantry away")
    lena.form("away.set")
    lena.chooses(lena.field("deputy"), "Sam Okoro")
    last = datetime.now(UTC).date() + timedelta(days=5)
    lena.field("ends_on").locator("input").first.fill(last.isoformat())
    lena.submits()
    expect(lena.modal).to_have_count(0)
    lena.sees("deputy: Sam Okoro", seconds=40)
    lena.at("home").click()
    expect(lena.at("home-view")).to_contain_text("You are away from", timeout=40_000)
    sam = opened(SAM, viewport=NARROW)
    assert sam.fits()

    lena.clicks("away.back")
    expect(lena.at("home-view")).not_to_contain_text("You are away from", timeout=40_000)
    lena.at("channel-acme-cards").click()
    lena.types("/gantry channels")
    lena.private(NAME)
    lena.clicks("channels.change")
    lena.form("channels.set")
    lena.chooses(lena.field("complaints"), "#partners-harbour")
    lena.submits()
    expect(lena.refused_at("complaints")).to_contain_text("shared with another company")
    lena.chooses(lena.field("complaints"), "#complaints")
    lena.submits()
    expect(lena.modal).to_have_count(0)

    lena.types("/onboarding write")
    lena.form("letter.write")
    expect(lena.modal.locator('a[href^="mailto:"]')).to_have_count(1)
    lena.leaves()

    marc = opened(MARC)
    marc.types("/gantry transmettre")
    marc.form("handover.people")
    marc.chooses(marc.field("from"), "Lena Vogt")
    marc.chooses(marc.field("to"), "Sam Okoro")
    marc.submits()
    marc.form("handover.items")
    marc.submits()
    expect(marc.modal).to_have_count(0)
    lena.sees("Lead: Sam Okoro", seconds=40)
