"""Cards on their way before the launch: each stage is said once, and one that stays away is alarmed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.clock import FixedClock
from bot.effects import signal
from bot.services import reminder_subject
from storage.tables import Deadline, OutboxMessage, Program
from storage.tables_lost import LostCard
from storage.tables_signal import CardShipping
from storage.tables_stripe import Card
from storage.tables_stripe_event import CardTrait
from tests.support.course import NOW, TEAM, USUAL, Course


@pytest.fixture
def course(course: Course) -> Course:
    course.start(USUAL)
    return course


def order(course: Course, name: str = "1", **more: Any) -> None:
    made = {"livemode": True, "program": "P-1", "type": "physical", "shipping_service": "standard", "status": "inactive",
            "shipping_status": "pending", "currency": "usd", "last4": "4242", "created_at": NOW, **more}  # fmt: skip
    with course.database.transaction() as session:
        session.add(Card(id=f"ic_{name}", **made))


def move(course: Course, name: str = "1", **more: Any) -> list[list[tuple[str, str]]]:
    """Let Stripe say something of a card; return what each message then says, oldest first."""
    with course.database.transaction() as session:
        card = session.get(Card, f"ic_{name}")
        assert card is not None
        for column, value in more.items():
            setattr(card, column, value)
    signal.follow_parcels(course.database, FixedClock(course.now))
    rows = [json.loads(row.facts or "") for row in course.rows(OutboxMessage) if row.view == "card.shipping"]
    return [[(one["card"], one["stage"]) for one in facts["cards"]] for facts in rows]


def clocks(course: Course) -> list[Deadline]:
    return [row for row in course.rows(Deadline) if row.subject == "card_shipping"]


def test_each_stage_is_said_once_and_ten_business_days_run_until_it_is_there(course: Course) -> None:
    order(course)
    assert move(course) == []
    [clock] = clocks(course)
    assert (clock.due_on.isoformat(), clock.ladder) == ("2026-12-08", "card_delivery")  # past Thanksgiving
    with course.database.reading() as session:
        about = reminder_subject.read(session, [clock])[clock.id]
        assert (about.owner, about.title("fr")) == ("U0LENA", "Livraison de la carte •••• 4242")
    assert move(course, shipping_status="shipped") == [[("ic_1", "shipped")]]
    assert move(course) == [[("ic_1", "shipped")]]
    order(course, "2", shipping_status="shipped")
    assert move(course, shipping_status="delivered")[1:] == [[("ic_1", "delivered"), ("ic_2", "shipped")]]
    assert [row.state for row in clocks(course)] == ["met", "open"]
    assert len(move(course, shipping_status="shipped")) == 2  # it never goes back


@pytest.mark.parametrize(
    "other",
    [
        {"livemode": False},
        {"program": ""},
        {"type": "virtual"},
        {"replacement_for": "ic_old"},
        {"metadata": {"gantry_case": "L-1"}},
        {"new_card": True},
    ],
    ids=str,
)
def test_what_is_no_card_of_the_tests_or_has_its_own_thread_is_left_out(
    course: Course, other: dict[str, Any]
) -> None:
    other = dict(other)
    with course.database.transaction() as session:
        session.add(Card(id="ic_old", livemode=True, program="P-1"))
        session.flush()
        new = "ic_1" if other.pop("new_card", False) else ""
        session.add(
            LostCard(
                team=TEAM,
                ref="L-1",
                card="ic_old",
                reported_by="U0SAM",
                reported_at=NOW,
                declined_at=NOW,
                new_card=new,
            )
        )
        if text := other.pop("metadata", None):
            session.add(CardTrait(card="ic_1", livemode=True, metadata_text=json.dumps(text)))
    order(course, **other)
    assert move(course, shipping_status="shipped") == []
    assert course.rows(CardShipping) == []


def test_express_has_tracking_and_no_alarm_and_a_launch_ends_no_clock(course: Course) -> None:
    order(course, shipping_service="express")
    order(course, "2")
    move(course)
    assert len(clocks(course)) == 1
    with course.database.transaction() as session:
        program = session.get(Program, course.program_id)
        assert program is not None
        program.state, program.launched_at = "launched", NOW + timedelta(days=1)
    order(course, "3")
    assert move(course, "2", status="active") == []
    assert [row.state for row in clocks(course)] == ["met"]
    assert len(course.rows(CardShipping)) == 2
