"""Events come in any order, twice and late: rows and messages end the same."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.stripe_order import OrderUnknownError, Seen, merge
from bot.services import live_use
from storage import Database, connect
from storage.tables import OutboxMessage, Program
from storage.tables_stripe import Authorization, AuthorizationDecision, Card, Transaction
from storage.tables_stripe_event import ProgramAccount, StripeDispute, StripeEvent
from tests.stripe.rig import Rig
from tests.support.course import NOW as BEGAN
from tests.support.course import TEAM, USUAL, Course
from tests.support.databases import MEMORY
from tests.support.stripe_events import NOW, STAMP, event
from tests.support.stripe_lives import (
    authorization,
    card,
    dispute,
    life_of_authorization,
    life_of_card,
    life_of_dispute,
    transaction,
)

PATHS = {
    "issuing.card": "/v1/issuing/cards/{id}",
    "issuing.authorization": "/v1/issuing/authorizations/{id}",
    "issuing.transaction": "/v1/issuing/transactions/{id}",
    "issuing.dispute": "/v1/issuing/disputes/{id}",
}
CASES = [
    pytest.param(life_of_card, 1, id="a card, events a second apart"),
    pytest.param(life_of_card, 0, id="a card, in the same second"),
    pytest.param(life_of_authorization, 1, id="an authorization, events a second apart"),
    pytest.param(life_of_authorization, 0, id="an authorization, in the same second"),
    pytest.param(lambda spread: life_of_dispute("lost", spread=spread), 1, id="a dispute that is lost"),
    pytest.param(life_of_dispute, 0, id="a dispute that is won, in the same second"),
]


def know(rig: Rig, events: list[dict[str, Any]]) -> None:
    """Let Stripe answer with every object as it ended."""
    for one in events:
        found = one["data"]["object"]
        rig.stripe.found[PATHS[found["object"]].format(id=found["id"])] = found


def with_program(database: Database) -> Rig:
    """A programme whose account is the platform, approved for virtual cards only."""
    course = Course(database)
    course.start(USUAL)
    with database.transaction() as session:
        program = session.get(Program, course.program_id)
        assert program is not None
        program.capabilities = ["issuing_virtual"]
        session.add(program)
        session.add(ProgramAccount(team=TEAM, program_id=program.id, by="U0LENA", at=BEGAN))
    return Rig(database)


@pytest.fixture
def rig(database: Database) -> Rig:
    return with_program(database)


@pytest.fixture(scope="module")
def shared(migrated: Path) -> Iterator[Rig]:
    """One database for all examples of a property; each of them forgets what the last one left."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        database = connect(f"sqlite:///{shutil.copy(migrated, Path(folder) / 'gantry.sqlite3')}")
        yield with_program(database)
        database.close()


OUTSIDE = (
    event("issuing_card.created", card(), at=STAMP - 9, number="o1", livemode=True),
    event("issuing_transaction.created", transaction(), at=STAMP - 8, number="o2", livemode=True),
)
"""What a dispute is about."""


EVERY = 11
"""`make test` takes every eleventh order: each of the five events comes first once and last once, and any two come in
both orders. `make test-long` takes them all."""

STEPS = [pytest.param(EVERY, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)]


def orders(events: list[dict[str, Any]], step: int) -> Iterator[tuple[dict[str, Any], ...]]:
    """Orders of the events, from the one in which they happened."""
    return itertools.islice(itertools.permutations(events), 0, None, step)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("life", "spread"), CASES)
def test_every_order_of_one_life_ends_in_the_same_rows_and_messages(
    shared: Rig, life: Callable[..., list[dict[str, Any]]], spread: int, step: int
) -> None:
    events = life(spread=spread)
    before = OUTSIDE if events[0]["type"].startswith("issuing_dispute") else ()
    shared.stripe.found.clear()
    know(shared, [*before, *events])
    ends = {}
    for order in orders(events, step):
        shared.forget()
        shared.take(*before, *order)
        assert set(shared.states()) == {"handled"}
        ends[tuple(one["id"] for one in order)] = shared.all()
    [first, *others] = ends.values()
    assert all(other == first for other in others)
    assert first["Card"] if life is life_of_card else True


@given(data=st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_three_lives_at_once_with_repetitions_end_the_same(shared: Rig, data: st.DataObject) -> None:
    spread = data.draw(st.sampled_from([0, 1, 3600]))
    events = [
        *life_of_card(spread=spread),
        *life_of_authorization(spread=spread),
        *life_of_dispute(spread=spread),
    ]
    shared.stripe.found.clear()
    know(shared, events)
    shared.forget()
    shared.take(*events)
    expected = shared.all()
    order = data.draw(st.permutations(events))
    twice = data.draw(st.lists(st.sampled_from(events), max_size=5))
    shared.forget()
    shared.take(*order, *twice)
    assert shared.all() == expected


def test_the_end_of_each_life_is_what_stripe_says_last(rig: Rig) -> None:
    rig.take(*life_of_card(), *life_of_authorization(), *life_of_dispute())
    [one] = rig.rows(Card)
    assert (one.status, one.cancellation_reason, one.fraud_warning) == ("canceled", "lost", "")
    [held] = rig.rows(Authorization)
    assert (held.status, held.amount, held.entries, held.counted) == ("closed", 0, 2, 7000)
    [paid] = rig.rows(Transaction)
    assert (paid.amount, paid.dispute, paid.merchant_name) == (-7000, "idp_1", "Taxi")
    [about] = rig.rows(StripeDispute)
    assert (about.status, about.amount, about.reinstated, about.rescinded, about.told) == (
        "won",
        4000,
        True,
        False,
        "won",
    )
    assert rig.stripe.asked == []


def test_a_dispute_that_closes_before_its_card_is_known_is_told_later(rig: Rig) -> None:
    rig.take(*life_of_dispute())
    assert [
        row.view for row in rig.rows(OutboxMessage) if row.kind == "notice" and row.view.startswith("dispute")
    ] == []
    rig.take(OUTSIDE[1])
    rig.take(OUTSIDE[0])
    assert [row.view for row in rig.rows(OutboxMessage) if row.view == "dispute.closed"] == ["dispute.closed"]


def test_two_descriptions_of_one_second_are_settled_by_stripe(rig: Rig) -> None:
    rig.stripe.found["/v1/issuing/cards/ic_1"] = card(status="inactive")
    rig.take(*life_of_card(spread=0)[1:3])
    assert [row.status for row in rig.rows(Card)] == ["inactive"]
    [(whose, path)] = rig.stripe.asked
    assert (whose.livemode, whose.account, path) == (True, "", "/v1/issuing/cards/ic_1")


def test_the_account_of_the_event_is_asked(rig: Rig) -> None:
    rig.stripe.found["/v1/issuing/cards/ic_1"] = card(status="inactive")
    rig.take(*({**one, "account": "acct_shop"} for one in life_of_card(spread=0)[1:3]))
    assert [whose.account for whose, _ in rig.stripe.asked] == ["acct_shop"]


@pytest.mark.parametrize("step", STEPS)
def test_where_nobody_can_be_asked_every_order_ends_the_same(shared: Rig, step: int) -> None:
    shared.stripe.found.clear()
    shared.stripe.key = False
    ends = []
    for order in orders(life_of_card(spread=0), step):
        shared.forget()
        shared.take(*order)
        ends.append(shared.all())
    shared.stripe.key = True
    assert all(end == ends[0] for end in ends)


def test_while_stripe_is_away_the_event_waits_however_long(rig: Rig) -> None:
    rig.stripe.away = True
    events = life_of_card(spread=0)[1:3]
    rig.take(*events)
    for _ in range(20):
        rig.clock.pass_wall(timedelta(minutes=6))
        rig.work()
    assert rig.states() == ["handled", "pending"]
    rig.stripe.away = False
    rig.stripe.found["/v1/issuing/cards/ic_1"] = card(status="inactive")
    rig.clock.pass_wall(timedelta(minutes=6))
    rig.work()
    assert rig.states() == ["handled", "handled"]


def test_a_live_card_of_a_kind_that_was_not_approved_is_told_once(rig: Rig) -> None:
    physical = card("2", type="physical")
    rig.take(
        event("issuing_card.created", physical, number="p1", livemode=True),
        event(
            "issuing_card.updated", {**physical, "status": "active"}, number="p2", livemode=True, at=STAMP + 1
        ),
        *life_of_card(),
    )
    told = [row for row in rig.rows(OutboxMessage) if row.view == "live.unapproved"]
    assert len(told) == 1
    [account] = rig.rows(ProgramAccount)
    with rig.database.reading() as session:
        program = session.get(Program, account.program_id)
        assert program is not None
        assert live_use.unapproved(session, program) == ["issuing_physical"]


def test_test_mode_never_counts_as_live_use(rig: Rig) -> None:
    rig.take(event("issuing_card.created", card("2", type="physical")))
    assert [row.view for row in rig.rows(OutboxMessage) if row.view == "live.unapproved"] == []


def test_what_cannot_be_handled_becomes_a_dead_letter_without_its_words(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    broken = event("issuing_card.created", {**card(), "id": None, "last4": "9876"})
    rig.take(broken)
    for _ in range(9):
        rig.clock.pass_wall(timedelta(minutes=6))
        rig.work()
    [row] = rig.rows(StripeEvent)
    assert (row.state, row.attempts, row.error) == ("dead", 8, "NoObjectError")
    assert "9876" not in caplog.text


def test_the_waits_between_attempts_grow(rig: Rig) -> None:
    rig.take(event("issuing_card.created", {**card(), "id": None}))
    waits = []
    for _ in range(6):
        [row] = rig.rows(StripeEvent)
        wait = row.next_attempt_at - rig.clock.wall()
        waits.append(wait.total_seconds())
        rig.clock.pass_wall(wait)
        rig.work()
    assert waits == [2, 4, 8, 16, 32, 64]


def test_of_one_second_the_one_further_ahead_holds() -> None:
    draft = Seen({"status": "unsubmitted", "amount": 1}, NOW)
    sent = Seen({"status": "submitted", "amount": 1}, NOW)
    assert merge("dispute", draft, sent).columns["status"] == "submitted"
    assert merge("dispute", sent, draft).columns["status"] == "submitted"
    with pytest.raises(OrderUnknownError):
        merge("dispute", draft, Seen({"status": "unsubmitted", "amount": 2}, NOW))


def test_an_end_never_goes_back_even_when_a_later_event_says_so() -> None:
    ended = Seen({"status": "canceled", "cancellation_reason": "lost", "last4": "1"}, NOW)
    later = Seen({"status": "active", "cancellation_reason": "", "last4": "2"}, NOW + timedelta(minutes=1))
    assert merge("card", ended, later).columns == {
        "status": "canceled",
        "cancellation_reason": "lost",
        "last4": "2",
    }


def test_amounts_in_the_wrong_type_do_not_stop_an_event(rig: Rig) -> None:
    odd = dispute(
        "submitted", amount="5000", evidence=None, transaction={"id": "ipi_9"}, currency=7, created="x"
    )
    rig.take(event("issuing_dispute.created", odd))
    [row] = rig.rows(StripeDispute)
    assert (row.amount, row.currency, row.transaction, row.reason) == (0, "", "ipi_9", "")


def test_an_answer_that_only_the_fallback_gave_is_recorded_when_its_event_comes(rig: Rig) -> None:
    held = authorization(1, metadata={"rule": "fallback", "policy": "0"})
    rig.take(event("issuing_authorization.created", held), event("issuing_authorization.created", held))
    [decision] = rig.rows(AuthorizationDecision)
    assert (decision.rule, decision.authorization, decision.approved) == ("fallback", "iauth_1", True)
