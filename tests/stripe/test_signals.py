"""Designs and receipts, as Stripe's events tell of them: in every order the same rows."""

from __future__ import annotations

import itertools
import re
import typing
from typing import Any

import pytest
import stripe

from bot import text
from bot.clock import FixedClock
from bot.domain.plan import Answers
from bot.effects import signal
from bot.playground.stripe import acts, review
from bot.playground.stripe.vault import Vault, Whose
from bot.views.signal import rejection
from storage import Database
from storage.tables_exception import StepSignal
from storage.tables_signal import CardShipping, StripeDesign, TreasuryReceipt
from storage.tables_stripe_event import ProgramAccount
from tests.stripe.rig import Rig
from tests.support.course import NOW, TEAM, USUAL, Course
from tests.support.stripe_events import STAMP, event

KIND = "issuing_personalization_design"
WHY: dict[str, Any] = {"card_logo": ["network_name", "geographic_location", 7], "carrier_text": None}


SHOP = Whose("acct_shop", livemode=True)


@pytest.fixture
def rig(database: Database) -> Rig:
    course = Course(database)
    course.start(USUAL)
    with database.transaction() as session:
        session.add(ProgramAccount(team=TEAM, program_id=course.program_id, by="U0LENA", at=NOW))
    return Rig(database)


def design(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "ics_1", "object": "issuing.personalization_design", "metadata": {}, "status": status,
            "rejection_reasons": {"card_logo": None, "carrier_text": None}, **more}  # fmt: skip


def receipt(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "object": "treasury.outbound_payment", "hosted_regulatory_receipt_url": "https://x.test/1",
            "metadata": {}, **more}  # fmt: skip


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_design_is_what_the_newest_event_says(rig: Rig, order: tuple[int, ...]) -> None:
    told = [
        event(f"{KIND}.updated", design("review"), at=STAMP, number="1", livemode=True),
        event(
            f"{KIND}.rejected",
            design("rejected", rejection_reasons=WHY),
            at=STAMP + 1,
            number="2",
            livemode=True,
        ),
        event(f"{KIND}.activated", design("active"), at=STAMP + 2, number="3", livemode=True),
    ]
    rig.take(*(told[at] for at in order[:2]))
    rig.take(*(told[at] for at in order[2:]))
    [row] = rig.rows(StripeDesign)
    assert (row.status, row.reasons) == ("active", "")


def test_the_reasons_of_a_rejection_are_kept_by_their_names(rig: Rig) -> None:
    rig.take(event(f"{KIND}.rejected", design("rejected", rejection_reasons=WHY), livemode=True))
    [row] = rig.rows(StripeDesign)
    assert row.reasons == "card_logo:geographic_location,card_logo:network_name"


def test_the_first_live_receipt_of_a_programme_is_kept_without_its_address(rig: Rig) -> None:
    kind = "treasury.outbound_payment"
    rig.take(
        event(f"{kind}.posted", receipt("obp_2"), at=STAMP + 5, livemode=True),
        event(f"{kind}.created", receipt("obp_1"), at=STAMP + 1, livemode=True),
        event(f"{kind}.created", receipt("obp_0"), at=STAMP, livemode=False),
        event(
            f"{kind}.created", receipt("obp_3", hosted_regulatory_receipt_url=None), at=STAMP, livemode=True
        ),
        event(f"{kind}.created", receipt("obp_4"), at=STAMP, livemode=True, account="acct_nobodys"),
        event("treasury.received_credit.failed", receipt("rc_1"), at=STAMP, livemode=True),
    )
    [row] = rig.rows(TreasuryReceipt)
    assert (row.object_id, row.kind, row.account) == ("obp_1", kind, "")
    assert "x.test" not in str(row.model_dump())
    assert rig.states() == ["handled"] * 5 + ["ignored"]


def test_every_reason_that_stripe_names_has_words_and_a_new_one_is_shown_as_it_is() -> None:
    reasons = typing.get_type_hints(stripe.issuing.PersonalizationDesign.RejectionReasons)
    for part in ("card_logo", "carrier_text"):
        names = re.findall(r"'([a-z_]+)'", str(reasons[part]))
        assert len(names) > 6
        for name, language in itertools.product(names, text.LANGUAGES):
            assert name not in rejection(language, [f"{part}:{name}"])
    assert "a_new_one" in rejection("fr", ["card_logo:a_new_one"])


def test_what_the_local_stripe_says_before_a_launch_moves_the_steps(database: Database) -> None:
    """From signed-like events to the board: design, wallet, parcel, capability, receipt, first card."""
    course, vault, rig = Course(database), Vault(now=lambda: STAMP), Rig(database)
    course.start(Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance", "standard", True))
    with database.transaction() as session:
        session.add(
            ProgramAccount(team=TEAM, program_id=course.program_id, account="acct_shop", by="U0LENA", at=NOW)
        )
    heard: list[dict[str, Any]] = []
    vault.on_event = lambda _, event: heard.append(event)

    def hear() -> list[str]:
        rig.take(*heard)
        heard.clear()
        while signal.look(database, FixedClock(course.now)) or signal.follow_parcels(
            database, FixedClock(course.now)
        ):
            pass
        return [row.name.partition(":")[0] for row in course.rows(StepSignal)]

    course.walk(until="physical_cards_standard")
    look = review.design(vault, SHOP, "Black")
    review.review_design(vault, SHOP, look["id"], "rejected", {"card_logo": ["network_name"]})
    assert hear() == ["design_rejected"]
    assert course.step("physical_cards_standard").state == "blocked"
    vault.now = lambda: STAMP + 60
    review.review_design(vault, SHOP, look["id"], "active")
    assert hear() == ["design_rejected", "design_active"]
    course.finish("apple_pay_application")
    holder = acts.cardholder(vault, SHOP, "Jenny Rosen")
    parcel = {"service": "standard", "status": "pending"}
    card = acts.card(vault, SHOP, holder["id"], type="physical", shipping=parcel)
    vault.now = lambda: STAMP + 120
    review.allow_wallet(vault, SHOP, card["id"], "missing_agreement")
    assert hear()[2:] == ["apple_pay_missing"]
    vault.now = lambda: STAMP + 180
    review.allow_wallet(vault, SHOP, card["id"])
    assert hear()[3:] == ["apple_pay"]
    assert course.step("apple_pay").state == "open"  # that is Apple's to decide, and a person records it
    course.walk(until="connected_accounts")
    for name in ("card_issuing", "treasury"):
        review.allow_capability(vault, SHOP, name)
    assert hear()[4:] == ["accounts_active"]
    course.walk(until="first_card")
    vault.now = lambda: STAMP + 240
    acts.ship(vault, SHOP, card["id"], "shipped")
    review.pay_out(vault, SHOP, 700)
    assert hear()[5:] == ["first_card", "live_receipt"]
    for key in ("physical_cards_standard", "connected_accounts", "first_card"):
        assert course.step(key).done_by == "gantry"
    assert [row.told for row in course.rows(CardShipping)] == ["shipped"]
    assert all(row.event.startswith("evt_") for row in course.rows(StepSignal))
