"""What each reader reads: French answers, a French programme, two people side by side, a phone."""

from __future__ import annotations

from playwright.sync_api import expect

from bot.playground.identity import CARTES, CLAIRE, LENA, MARC
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW, Screen
from tests.browser.test_story import start_programme


def test_a_french_reader_gets_french_answers_and_a_french_programme(fresh: Playground, opened: Open) -> None:
    claire = opened(CLAIRE, CARTES)
    claire.types("/gantry aide")
    claire.private("Démarrer un programme")

    claire.types("/onboarding start")
    expect(claire.form("onboarding.start")).to_contain_text("Nom du programme")
    start_programme(claire, "Cartes du port", language="fr")
    board = claire.sees("Cartes du port · P-")
    expect(board).to_contain_text("Toutes les étapes")
    claire.opens_thread("Cartes du port · P-")
    expect(claire.thread).to_contain_text("en charge")


def test_of_two_people_side_by_side_each_sees_what_the_other_says(opened: Open) -> None:
    both = opened(query=f"?as={LENA}&split=1&as2={MARC}")
    page = both.page
    lena = Screen(page, page.locator(f'.pane[data-person="{LENA}"]'))
    marc = Screen(page, page.locator(f'.pane[data-person="{MARC}"]'))
    lena.types("Can you see this, Marc?")
    marc.sees("Can you see this, Marc?")
    marc.types("Yes, at once.")
    lena.sees("Yes, at once.")

    lena.types("/onboarding start")
    start_programme(lena, "Side by Side")
    marc.sees("Side by Side · P-")
    expect(marc.modal).to_have_count(0)


def test_on_a_phone_nothing_needs_horizontal_scrolling(opened: Open) -> None:
    lena = opened(viewport=NARROW)
    assert lena.fits()
    lena.types("/onboarding start")
    lena.form("onboarding.start")
    assert lena.fits()
    lena.writes("name", "Pocket Pay")
    lena.submits()
    lena.sees("Pocket Pay · P-")
    assert lena.fits()
    lena.opens_thread("Pocket Pay · P-")
    lena.clicks_step("step.take", "Check that Stripe supports")
    expect(lena.button("step.done", within=lena.thread)).to_be_visible()
    assert lena.fits()
    lena.thread.get_by_role("button", name="Back").click()
    lena.at("nav-button").click()
    expect(lena.at("scene-start")).to_be_visible()
    assert lena.fits()
