"""Where approvals stand, as people ask for it: by mention in a thread, by command, shared in the channel."""

from __future__ import annotations

from playwright.sync_api import expect

from bot.playground.identity import CLAIRE, LENA, MARC
from tests.browser.conftest import Open
from tests.browser.playground import Playground
from tests.browser.screen import NARROW
from tests.browser.test_story import start_programme

NAME = "Quay cards"


def test_approvals_are_asked_for_in_a_thread_and_shared_in_the_channel(
    fresh: Playground, opened: Open
) -> None:
    lena = opened(LENA)
    lena.types("/onboarding start")
    start_programme(lena, NAME, manager="Marc Dubois")
    lena.sees(f"{NAME} · P-1")
    lena.opens_thread(NAME)
    lena.types("@Gantry status", box="thread-composer")
    answer = lena.private("Not yet")
    expect(answer).to_contain_text(f"Approvals of {NAME} (P-1)")
    expect(answer).to_contain_text("Stripe decides whether it supports us")
    expect(lena.thread.locator('[data-ephemeral="true"]')).to_have_count(1)

    marc = opened(MARC, viewport=NARROW, locale="fr-FR")
    marc.types("/approval-status quay crads")
    expect(marc.private("Pas encore")).to_contain_text(f"Approbations de {NAME} (P-1)")
    assert marc.fits()
    marc.clicks("approval.page")
    marc.private("Approbations de 1 programme")
    marc.clicks("approval.share")
    claire = opened(CLAIRE)
    shared = claire.sees("Shared by Marc Dubois")
    expect(shared).to_contain_text("Approvals of 1 programme")
    expect(marc.button("approval.share")).to_have_count(0)
    claire.clicks("approval.page", within=shared)
    claire.private("Approbations de 1 programme")
