"""A round for Stripe as people see it: the items, the ZIPs in the thread, and the day it was sent."""

from __future__ import annotations

import io
import re
import zipfile

import httpx
import pytest
from playwright.sync_api import expect

from bot.playground.identity import LENA, MARC
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW
from tests.browser.test_pictures import Shoot, shoot
from tests.browser.test_story import BOARD

__all__ = ["shoot"]

SECONDS = 150.0


@pytest.fixture(scope="module")
def submitted(_running: Playground) -> Playground:
    """A playground in which a round was sent; Slack takes one message a second, so this takes its time."""
    _running.fresh()
    _running.begins("submit")
    _running.scene_ends(SECONDS)
    return _running


@pytest.fixture
def playground(submitted: Playground) -> Playground:
    """The playground that `opened` opens."""
    submitted.leave_forms()
    return submitted


def test_the_zips_lie_in_the_thread_and_can_be_opened(playground: Playground, opened: Open) -> None:
    lena = opened(LENA)
    lena.opens_thread(BOARD)
    cards = lena.thread.locator('.file a[href^="/play/file/"]').filter(has_text=re.compile(r"S-1-packet"))
    expect(cards).to_have_count(2)
    names = []
    for card in cards.all():
        answer = httpx.get(f"{playground.url}{card.get_attribute('href')}", trust_env=False)
        names.append(zipfile.ZipFile(io.BytesIO(answer.content)).namelist())
    assert len(names[0]) == 5
    assert "6-fees-v1.pdf" in names[1]
    assert names[0][0] == "1-disclosures-signup-v1.pdf"
    lena.sees("Type of material: Agreements and disclosures, sign-up", within=lena.thread)


def test_the_rounds_and_the_items_fit_on_a_phone_in_french(playground: Playground, opened: Open) -> None:
    marc = opened(MARC, viewport=NARROW, locale="fr-FR")
    marc.types("/onboarding submissions")
    expect(marc.form("submission.rounds")).to_contain_text("Référence de Stripe\u00a0: CASE-2041")
    marc.clicks("submission.items")
    expect(marc.form("submission.items")).to_contain_text("Accords et déclarations, inscription")
    assert marc.fits()


def test_a_revision_is_recorded_item_by_item_and_its_words_stand_at_the_item(
    playground: Playground, opened: Open
) -> None:
    lena = opened(LENA)
    lena.opens_thread(BOARD)
    lena.clicks("step.answered", within=lena.thread)
    lena.form("step.answered")
    lena.ticks("choice", "revision")
    lena.writes("note", "One thing, please.")
    lena.submits()
    lena.form("step.revision")
    lena.submits()
    expect(lena.refused_at("change_0")).to_contain_text("No item says what must change")
    lena.writes("change_0", "Show the bank's name in full.")
    lena.submits()
    expect(lena.modal).to_have_count(0)
    lena.sees("Show the bank's name in full.", within=lena.thread, seconds=30)
    lena.types("/onboarding submissions")
    lena.form("submission.rounds")
    lena.clicks("submission.items")
    expect(lena.form("submission.items")).to_contain_text("Stripe asks to change:")


def test_pictures_of_a_submission(shoot: Shoot, playground: Playground, opened: Open) -> None:
    lena = opened(LENA, viewport={"width": 1340, "height": 1100})
    lena.opens_thread(BOARD)
    shared = lena.thread.locator('[data-testid="message"]').filter(has_text="S-1-packet-2-of-2.zip").last
    shared.scroll_into_view_if_needed()
    shoot(lena, "submission-packets", lena.thread)
    lena.types("/onboarding submissions")
    lena.form("submission.rounds")
    shoot(lena, "submission-rounds", lena.modal)
    lena.clicks("submission.items")
    lena.form("submission.items")
    shoot(lena, "submission-items", lena.modal)
