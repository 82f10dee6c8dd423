"""A thief's purchase, disputed and won, as people see it; and the same forms on a phone in French."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import TimeoutError as NotThere
from playwright.sync_api import expect

from bot.playground.identity import MARC, OLGA, OPS, SAM
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW, Screen


def bought(playground: Playground, amount: int = 7_000) -> str:
    """A purchase that the merchant has captured: its id at Stripe."""
    cards = playground.get("stripe")["cards"]
    told = playground.post("stripe/swipe", card=cards[0]["id"], amount=amount, merchant="Lucky Seven",
                           category="eating_places_restaurants", country="US", method="online")  # fmt: skip
    playground.post("stripe/after", id=told["purchase"]["id"], do="capture")
    return str(cards[0]["last4"])


def receipt(folder: Path) -> Path:
    made = folder / "receipt.png"
    written = io.BytesIO()
    Image.new("RGB", (600, 300), "white").save(written, "PNG")
    made.write_bytes(written.getvalue())
    return made


def look(screen: Screen, pictures: Path | None, name: str) -> None:
    """Leave a picture for people, where PICTURES names a folder."""
    if pictures is not None:
        screen.page.wait_for_timeout(250)
        screen.page.screenshot(path=pictures / f"{name}.png", animations="disabled", scale="css")


def finds(screen: Screen, words: str) -> None:
    """Search for a purchase in the form; as people do, again when Stripe has not told of it yet."""
    box = screen.field("transaction").locator("input.picker-input")
    found = screen.page.locator('.options [role="option"]').filter(has_text=words).first
    for _ in range(10):
        box.click()
        box.fill("")
        box.fill(words)
        with contextlib.suppress(NotThere):
            found.wait_for(timeout=1500)
            break
    found.click()


def test_a_thiefs_purchase_is_disputed_by_two_people_and_won(
    fresh: Playground, opened: Open, pictures: Path | None, tmp_path: Path
) -> None:
    last4 = bought(fresh)
    sam, olga = opened(SAM, OPS), opened(OLGA, OPS)
    sam.types("/dispute new")
    sam.form("dispute.search")
    finds(sam, last4)
    sam.submits()
    sam.form("dispute.first")
    sam.ticks("reason", "fraudulent")
    look(sam, pictures, "dispute-reason")
    sam.submits()
    sam.form("dispute.page")
    sam.writes("explanation", "I never bought this. winning_evidence")
    sam.attaches("additional_documentation", receipt(tmp_path))
    look(sam, pictures, "dispute-evidence")
    sam.submits()
    sam.form("dispute.summary")
    look(sam, pictures, "dispute-summary")
    sam.submits()
    sam.sees("Waits for a second person")
    look(sam, pictures, "dispute-board")
    olga.clicks("dispute.check")
    olga.form("dispute.check")
    olga.ticks("with_card", "yes")
    olga.ticks("sure", "yes")
    look(olga, pictures, "dispute-check")
    olga.submits()
    expect(olga.modal).to_have_count(0)
    sam.sees("Won: the money is on the Issuing balance")
    sam.opens_thread("Won: the money")
    sam.sees("came to the Issuing balance", within=sam.thread)
    look(sam, pictures, "dispute-won")
    sam.clicks("dispute.task", within=sam.thread)
    sam.form("dispute.task")
    sam.submits()
    sam.sees("reimbursed the cardholder", within=sam.thread)


def test_on_a_phone_in_french_a_form_that_is_closed_is_taken_up_again(
    fresh: Playground, opened: Open, pictures: Path | None
) -> None:
    bought(fresh)
    marc = opened(MARC, OPS, viewport=NARROW, locale="fr-FR")
    marc.types("/dispute new")
    marc.form("dispute.search")
    finds(marc, "lucky")
    marc.submits()
    marc.form("dispute.first")
    assert marc.fits()
    look(marc, pictures, "dispute-reason-fr")
    marc.ticks("reason", "canceled")
    marc.submits()
    marc.form("dispute.page")
    marc.writes("explanation", "Annulé le jour même.")
    look(marc, pictures, "dispute-evidence-fr")
    marc.leaves()
    marc.private("est gardé comme brouillon")
    look(marc, pictures, "dispute-kept-fr")
    marc.clicks("dispute.resume")
    marc.form("dispute.page")
    expect(marc.field("explanation").locator("textarea")).to_have_value("Annulé le jour même.")
    assert marc.fits()
