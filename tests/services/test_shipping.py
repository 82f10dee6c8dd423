"""Cards on their way before the launch: each stage is said once, and one that stays away is alarmed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.clock import FixedClock
from bot.domain.reminder import THREAD
from bot.effects import signal
from bot.services import reminder_subject
from storage.tables import Deadline, OutboxMessage, Program
from storage.tables_lost import LostCard
from storage.tables_signal import CardShipping
from storage.tables_stripe import Card
from storage.tables_stripe_event import CardTrait
from tests.support.course import LENA, MARC, NOW, TEAM, USUAL, Course
from tests.support.mornings import Morning, morning

TITLE = "Delivery of card •••• 4242; if it does not come, cancel it and order another one"


__all__ = ["morning"]


@pytest.fixture
def begun(course: Course) -> Course:
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


def test_each_stage_is_said_once_and_ten_business_days_run_until_it_is_there(begun: Course) -> None:
    order(begun)
    assert move(begun) == []
    [clock] = clocks(begun)
    assert (clock.due_on.isoformat(), clock.ladder) == ("2026-12-08", "card_delivery")  # past Thanksgiving
    with begun.database.reading() as session:
        about = reminder_subject.read(session, [clock])[clock.id]
        assert (about.owner, about.title("en")) == ("U0LENA", TITLE)
    assert move(begun, shipping_status="shipped") == [[("ic_1", "shipped")]]
    assert move(begun) == [[("ic_1", "shipped")]]
    order(begun, "2", shipping_status="shipped")
    assert move(begun, shipping_status="delivered")[1:] == [[("ic_1", "delivered"), ("ic_2", "shipped")]]
    assert [row.state for row in clocks(begun)] == ["met", "open"]
    assert len(move(begun, shipping_status="shipped")) == 2  # it never goes back


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
    begun: Course, other: dict[str, Any]
) -> None:
    other = dict(other)
    with begun.database.transaction() as session:
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
    order(begun, **other)
    assert move(begun, shipping_status="shipped") == []
    assert begun.rows(CardShipping) == []


def test_express_has_tracking_and_no_alarm_and_a_launch_ends_no_clock(begun: Course) -> None:
    order(begun, shipping_service="express")
    order(begun, "2")
    move(begun)
    assert len(clocks(begun)) == 1
    with begun.database.transaction() as session:
        program = session.get(Program, begun.program_id)
        assert program is not None
        program.state, program.launched_at = "launched", NOW + timedelta(days=1)
    order(begun, "3")
    assert move(begun, "2", status="active") == []
    assert [row.state for row in clocks(begun)] == ["met"]
    assert len(begun.rows(CardShipping)) == 2


def test_a_card_that_stays_away_is_said_in_the_thread_and_to_the_manager(morning: Morning) -> None:
    order(morning.course)
    move(morning.course)
    told = morning.pass_days(17)
    about = [one for one in told if "•••• 4242" in json.dumps(one, ensure_ascii=False)]
    assert [one["view"] for one in about if one["to"] == THREAD] == ["reminder.thread"]
    assert {MARC.user, LENA.user} <= {one["to"] for one in about}
