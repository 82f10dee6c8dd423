"""Complaints as people see them: one that runs late and is resolved, one with the lock, and the form in French."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from bot.playground.identity import CARDS, CARTES, COMPLAINTS, LENA, MARC, SAM
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW, Screen

CALM = "Mrs Alvarez writes: my card was declined twice at the petrol station."
TICK = 40.0  # seconds: Gantry looks at complaints every fifteen, and the machine may be busy
ANGRY = "Mr Okoro writes: unblock the card today or you will hear from my lawyer."


def look(screen: Screen, pictures: Path | None, name: str) -> None:
    """Leave a picture for people, where PICTURES names a folder."""
    if pictures is not None:
        screen.page.wait_for_timeout(250)
        screen.page.screenshot(path=pictures / f"{name}.png", animations="disabled", scale="css")


def starts(lena: Screen) -> None:
    """A programme, so that its calendar counts."""
    lena.types("/onboarding start")
    lena.form("onboarding.start")
    lena.writes("name", "Harbour Pay")
    lena.submits()
    lena.sees("Harbour Pay")


def logs(agent: Screen, words: str, customer: str) -> None:
    """Log somebody's message with the shortcut in its menu."""
    agent.types(words)
    agent.sees(words).hover()
    agent.page.locator('.chat [data-testid="message"]:hover [data-testid="message-menu"]').click()
    agent.page.get_by_role("menuitem", name="Log a complaint").click()
    agent.form("complaint.log")
    agent.writes("customer", customer)


def test_a_message_is_logged_runs_late_and_is_resolved(
    fresh: Playground, opened: Open, pictures: Path | None
) -> None:
    starts(opened(LENA, CARDS))
    sam = opened(SAM, CARDS)
    logs(sam, CALM, "Ada Alvarez")
    look(sam, pictures, "complaint-log")
    sam.submits()
    sam.private("Logged as C-1")
    look(sam, pictures, "complaint-logged")
    case = opened(SAM, COMPLAINTS)
    case.sees("C-1")
    fresh.clock(days=10)
    case.sees("Breach: acknowledged too late", seconds=TICK)
    look(case, pictures, "complaint-late")
    case.clicks("complaint.acknowledge")
    case.form("complaint.acknowledge")
    case.submits()
    expect(case.modal).to_have_count(0)
    case.clicks("complaint.resolve")
    case.form("complaint.resolve")
    case.writes("resolution", "The limit was set to 50; it is 500 again.")
    case.writes("root_cause", "The limit of new cards was wrong.")
    case.submits()
    expect(case.modal).to_have_count(0)
    case.sees("· resolved")
    case.clicks("complaint.open")
    expect(case.form("complaint.page")).to_contain_text("petrol station")
    look(case, pictures, "complaint-page")


def test_an_executive_one_is_locked_until_stripe_has_reviewed_it(
    fresh: Playground, opened: Open, pictures: Path | None
) -> None:
    starts(opened(LENA, CARDS))
    sam = opened(SAM, CARDS)
    logs(sam, ANGRY, "Mr Okoro")
    sam.submits()
    sam.form("complaint.decide")
    look(sam, pictures, "executive-asked")
    sam.ticks("executive", "yes")
    sam.submits()
    case = opened(SAM, COMPLAINTS)
    board = case.sees("Do not answer the customer")
    assert case.button("complaint.draft", within=board).count() == 0
    case.clicks("complaint.notice", within=board)
    case.form("complaint.notice")
    look(case, pictures, "executive-notice")
    case.submits()
    expect(case.modal).to_have_count(0)
    case.clicks("complaint.open")
    case.form("complaint.page")
    case.clicks("complaint.contact")
    case.form("complaint.contact")
    look(case, pictures, "executive-contact")
    case.submits()
    page = case.form("complaint.page")
    expect(page).to_contain_text("the customer was contacted while that was not allowed")
    look(case, pictures, "executive-page")
    case.leaves()
    case.clicks("complaint.released")
    case.form("complaint.released")
    case.writes("answer", "Stripe has reviewed it: send the text we agreed on.")
    case.submits()
    expect(case.modal).to_have_count(0)
    expect(case.button("complaint.acknowledge")).to_be_visible()
    look(case, pictures, "executive-released")


def test_on_a_phone_in_french_a_complaint_is_logged_with_all_its_fields(
    playground: Playground, opened: Open, pictures: Path | None
) -> None:
    del playground
    marc = opened(MARC, CARTES, viewport=NARROW, locale="fr-FR")
    marc.types("/complaint Mme Petit écrit : ma carte a été refusée deux fois.")
    marc.form("complaint.log")
    marc.clicks("complaint.more")
    expect(marc.field("category")).to_be_visible()
    assert marc.fits()
    look(marc, pictures, "complaint-fr")
    marc.writes("customer", "Mme Petit")
    marc.submits()
    marc.private("Il manque pour le rapport mensuel")
    look(marc, pictures, "complaint-logged-fr")
    marc.clicks("complaint.details")
    marc.form("complaint.details")
    assert marc.fits()
    look(marc, pictures, "complaint-details-fr")
