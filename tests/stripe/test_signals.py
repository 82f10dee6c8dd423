"""Designs and receipts, as Stripe's events tell of them: in every order the same rows."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from storage import Database
from storage.tables_signal import StripeDesign, TreasuryReceipt
from storage.tables_stripe_event import ProgramAccount
from tests.stripe.rig import Rig
from tests.support.course import NOW, TEAM, USUAL, Course
from tests.support.stripe_events import STAMP, event

KIND = "issuing_personalization_design"
WHY: dict[str, Any] = {"card_logo": ["network_name", "geographic_location", 7], "carrier_text": None}


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
