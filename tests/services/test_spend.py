"""Spend follows what each authorization counts, however often and in whatever order Stripe tells."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from bot.services import spend
from storage.queries import spend as rows
from storage.tables_stripe import Authorization, AuthorizationDecision, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage import Database, Session

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY, WEEK, MONTH = ("2026-11-25", "usd"), ("2026-W48", "usd"), ("2026-11", "usd")


def decide(session: Session, entries: int, counted: int) -> None:
    """What the endpoint writes: the decision, and the difference in the spend."""
    before = rows.newest_decision(session, "iauth_1")
    session.add(
        AuthorizationDecision(
            event=f"evt_{entries}",
            authorization="iauth_1",
            entries=entries,
            livemode=False,
            card="ic_1",
            cardholder="ich_1",
            amount=counted,
            currency="usd",
            approved=True,
            counted=counted,
            rule="none",
            policy=0,
            at=AT,
        )
    )
    keys = [(one, window, "usd") for one in ("ic_1", "ich_1") for window, _ in (DAY, WEEK, MONTH)]
    rows.move(session, keys, counted - (before.counted if before else 0))


def authorized(session: Session, **changes: Any) -> None:
    """What a handler of an event does: write the row, then let it count."""
    row = session.get(Authorization, "iauth_1") or Authorization(
        id="iauth_1", livemode=False, card="ic_1", cardholder="ich_1", currency="usd", created_at=AT
    )
    if row.status in {"", "pending"}:  # what has ended stays ended
        for name, value in changes.items():
            setattr(row, name, value)
        session.add(row)
    spend.count(session, "iauth_1")


def transacted(session: Session, kind: str, amount: int) -> None:
    if session.get(Transaction, f"ipi_{kind}") is None:
        session.add(
            Transaction(
                id=f"ipi_{kind}",
                livemode=False,
                type=kind,
                authorization="iauth_1",
                card="ic_1",
                amount=amount,
                currency="usd",
                created_at=AT,
            )
        )
    spend.count(session, "iauth_1")


def created(session: Session) -> None:
    authorized(session, status="pending", approved=True, amount=700, entries=1)


def closed(session: Session) -> None:
    authorized(session, status="closed", approved=True, amount=500, entries=1)


def capture(session: Session) -> None:
    transacted(session, "capture", -500)


def refund(session: Session) -> None:
    transacted(session, "refund", 200)


def spent(database: Database, subject: str = "ic_1") -> dict[tuple[str, str], int]:
    with database.reading() as session:
        return rows.of(session, subject)


@pytest.mark.parametrize("order", list(permutations([created, closed, capture, refund])))
def test_events_in_any_order_and_twice_count_the_same(
    database: Database, order: tuple[Callable[[Session], None], ...]
) -> None:
    with database.transaction() as session:
        decide(session, 0, 700)
    for event in (*order, *order):
        with database.transaction() as session:
            event(session)
    for subject in ("ic_1", "ich_1"):
        assert spent(database, subject) == {DAY: 300, WEEK: 300, MONTH: 300}


def test_what_stripe_never_asked_us_about_counts_from_its_event(database: Database) -> None:
    with database.transaction() as session:
        created(session)
    assert spent(database) == {DAY: 700, WEEK: 700, MONTH: 700}


def test_an_answer_that_stripe_did_not_take_counts_nothing(database: Database) -> None:
    with database.transaction() as session:
        decide(session, 0, 700)
    with database.transaction() as session:
        authorized(session, status="closed", approved=False, amount=700, entries=1, reason="webhook_timeout")
    assert spent(database) == {DAY: 0, WEEK: 0, MONTH: 0}


def test_a_late_event_does_not_take_back_an_increment(database: Database) -> None:
    with database.transaction() as session:
        decide(session, 0, 700)
        decide(session, 1, 1000)
    with database.transaction() as session:
        created(session)
    assert spent(database)[DAY] == 1000
    with database.transaction() as session:
        authorized(session, amount=1000, entries=2)
    assert spent(database)[DAY] == 1000
    with database.transaction() as session:
        authorized(session, status="reversed", amount=0, entries=2)
    assert spent(database)[DAY] == 0
