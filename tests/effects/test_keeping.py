"""What Stripe told long ago: bodies are emptied, rows stay; the spend of windows long over goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.event import listen
from sqlmodel import col, select

from bot.clock import FixedClock
from bot.effects import keeping
from bot.services import stripe_desk
from storage import Database
from storage.tables_exception import CardException
from storage.tables_stripe import AuthorizationDecision, Spend
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
    assert keeping.forget_of_stripe(database, CLOCK) == 2
    with database.reading() as session:
        assert sorted(session.exec(select(CardException.subject)).all()) == ["2", "3"]


def decide(database: Database, *days: int) -> None:
    """Make decisions so many days ago, in this order."""
    with database.transaction() as session:
        for n, ago in enumerate(days):
            of = {"card": "ic_1", "cardholder": "ich_1", "currency": "usd", "livemode": True, "entries": 1}
            session.add(
                AuthorizationDecision(
                    event=f"evt_{n}",
                    authorization=f"iauth_{n}",
                    amount=700,
                    approved=False,
                    rule="limit_day",
                    policy=0,
                    inputs=None if ago == FALLBACK else "{}",
                    outcomes="{}",
                    at=NOW - timedelta(days=ago),
                    **of,
                )
            )
            session.flush()


FALLBACK = 99


def test_the_inputs_of_decisions_go_after_the_same_time_and_all_else_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    decide(database, 100, FALLBACK, 95, 91, 89, 1)
    assert keeping.forget_of_stripe(database, CLOCK) == 3
    assert keeping.forget_of_stripe(database, CLOCK) == 0
    with database.reading() as session:
        found = session.exec(select(AuthorizationDecision).order_by(col(AuthorizationDecision.id))).all()
    assert [row.inputs is not None for row in found] == [False] * 4 + [True] * 2
    assert {(row.amount, row.rule, row.outcomes) for row in found} == {(700, "limit_day", "{}")}


def test_of_two_workers_one_empties_a_page(database: Database) -> None:
    decide(database, 100, 95)
    with database.reading() as session:
        page = keeping.rows.old_inputs(session, NOW - keeping.KEEP_BODIES, 500)
    assert page is not None
    for emptied in (2, 0):
        with database.transaction() as session:
            assert keeping.rows.empty_inputs(session, *page) == emptied


def test_a_dead_letter_at_the_front_does_not_keep_the_bodies_behind_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    at = NOW - timedelta(days=200)
    with database.transaction() as session:
        for n, state in enumerate(["dead", "dead", "dead", "handled", "handled", "handled"]):
            moments = {"made_at": at, "received_at": at, "next_attempt_at": at}
            session.add(
                StripeEvent(event_id=f"evt_{n}", livemode=True, type="x.y", body="{}", state=state, **moments)
            )
            session.flush()
    assert keeping.forget_of_stripe(database, CLOCK) == 3
    assert keeping.forget_of_stripe(database, CLOCK) == 0


def test_nothing_old_is_looked_for_by_reading_a_table_from_its_beginning(database: Database) -> None:
    """What is found by an index or a mark costs the same in a table of ten million rows."""
    if database.dialect != "sqlite":
        pytest.skip("the plans of PostgreSQL follow the number of rows, and here there are none")
    asked: list[str] = []
    with database.reading() as session:
        connection = session.connection()
        listen(connection, "before_cursor_execute", lambda *found: asked.append(found[2]))
        keeping.rows.old_bodies(session, NOW, 0, 5)
        keeping.rows.old_inputs(session, NOW, 5)
        keeping.exceptions.settled(session, NOW, 5)
        plans = [
            [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", (1,) * one.count("?"))]
            for one in dict.fromkeys(asked)
        ]
    assert plans == [
        ["SEARCH stripe_event USING INDEX ix_stripe_event_kept (id>?)"],
        [
            "SEARCH authorization_seen USING INDEX sqlite_autoindex_authorization_seen_1 (account=? AND livemode=?)"
        ],
        ["SEARCH authorization_decision USING INTEGER PRIMARY KEY (rowid>?)"],
        ["SEARCH card_exception USING INDEX ix_card_exception_state (state=?)"],
    ]
