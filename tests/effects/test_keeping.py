"""What Stripe told long ago: bodies are emptied, rows stay; the spend of windows long over goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot.clock import FixedClock
from bot.effects import keeping
from bot.services import stripe_desk
from storage import Database
from storage.tables_exception import CardException
from storage.tables_stripe import Spend
from storage.tables_stripe_event import StripeEvent

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)
CLOCK = FixedClock(NOW)


@pytest.mark.parametrize(
    ("state", "days", "kept"),
    [
        ("handled", 91, False),
        ("ignored", 91, False),
        ("handled", 89, True),
        ("dead", 400, True),
        ("pending", 400, True),
    ],
)
def test_bodies_go_when_they_are_old_and_nobody_needs_them(
    database: Database, state: str, days: int, *, kept: bool
) -> None:
    at = NOW - timedelta(days=days)
    moments = {"made_at": at, "received_at": at, "next_attempt_at": at}
    with database.transaction() as session:
        session.add(
            StripeEvent(
                event_id="evt_1",
                livemode=True,
                type="issuing_card.updated",
                body="{}",
                state=state,
                **moments,
            )
        )
    keeping.forget_of_stripe(database, CLOCK)
    with database.transaction() as session:
        [row] = session.exec(select(StripeEvent)).all()
        assert (row.event_id, row.body is not None) == ("evt_1", kept)
        assert stripe_desk.replay(session, "evt_1", "T0PLAY", NOW) is (kept and state != "pending")


def test_the_spend_of_windows_long_over_goes_and_the_rest_stays(database: Database) -> None:
    old = ["2026-11-29", "2026-10", "2026-W48", "2025-12-31", "2025-W53"]
    new = ["2026-11-30", "2027-03-10", "2026-11", "2027-03", "2026-W49", "2027-W01", "2027-W10"]
    with database.transaction() as session:
        for window in old + new:
            session.add(Spend(subject="ic_1", window=window, currency="usd", amount=7))
    assert keeping.forget_of_stripe(database, CLOCK) == len(old)
    assert keeping.forget_of_stripe(database, CLOCK) == 0
    with database.reading() as session:
        assert sorted(session.exec(select(Spend.window)).all()) == sorted(new)


def test_settled_exceptions_go_after_a_month(database: Database) -> None:
    with database.transaction() as session:
        for n, (state, days) in enumerate([("told", 31), ("quiet", 31), ("told", 29), ("waiting", 31)]):
            at = NOW - timedelta(days=days)
            session.add(
                CardException(
                    card="ic_1", kind="declined", subject=f"{n}", happened_at=at, state=state, settled_at=at
                )
            )
    keeping.forget(database, CLOCK)
    with database.reading() as session:
        assert sorted(session.exec(select(CardException.subject)).all()) == ["2", "3"]
