"""Stripe shows that work was done: the thread hears it once, as a proposal, when the step can be worked on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot.clock import FixedClock
from bot.effects import signal
from bot.services import policy
from bot.views.registry import render
from storage.tables import OutboxMessage, Program
from storage.tables_exception import StepSignal
from storage.tables_stripe import Authorization, Card, Transaction
from storage.tables_stripe_event import ProgramAccount, StripeDispute
from tests.support.course import NOW, TEAM, USUAL, Course


@pytest.fixture
def course(course: Course) -> Course:
    course.start(USUAL)
    keep(course, ProgramAccount(team=TEAM, program_id=course.program_id, by="U0LENA", at=NOW))
    return course


def keep(course: Course, *rows: SQLModel) -> None:
    with course.database.transaction() as session:
        session.add_all(rows)


def card(name: str, **more: Any) -> Card:
    return Card(id=f"ic_{name}", **{"livemode": True, "program": "P-1", "status": "active", **more})


def asked(name: str, *, of: str, live: bool, approved: bool = True, **more: Any) -> Authorization:
    reason = "webhook_approved" if approved else "webhook_declined"
    return Authorization(
        id=f"iauth_{name}",
        livemode=live,
        card=f"ic_{of}",
        approved=approved,
        reason=reason,
        created_at=NOW,
        **more,
    )


def paid(name: str, *, of: str, live: bool, kind: str = "capture", **more: Any) -> Transaction:
    made = {"authorization": f"iauth_{name}", "card": f"ic_{of}", "created_at": NOW, **more}
    return Transaction(id=f"ipi_{name}{kind}", livemode=live, type=kind, **made)


def look(course: Course) -> list[str]:
    """Look once; return every signal that was told, in order."""
    signal.look(course.database, FixedClock(course.now))
    rows = [row for row in course.rows(OutboxMessage) if row.view == "step.signal"]
    return [json.loads(row.facts or "")["signal"] for row in rows]


TRIED = (
    card("t", livemode=False, status="canceled", cancellation_reason="lost"),
    card("t2", livemode=False, replacement_for="ic_t"),
    asked("a", of="t", live=False, method="online"),
    asked("b", of="t", live=False, approved=False),
    paid("a", of="t", live=False),
    StripeDispute(id="idp_1", livemode=False, status="won", transaction="ipi_acapture", currency="usd"),
)


def copies(rows: tuple[SQLModel, ...]) -> list[SQLModel]:
    return [type(row)(**row.model_dump()) for row in rows]


def test_what_was_tried_in_test_mode_is_told_when_its_step_is_open_and_once(course: Course) -> None:
    keep(course, *copies(TRIED))
    assert look(course) == []
    course.walk(until="test_build")
    assert look(course) == ["test_purchases"]
    assert look(course) == ["test_purchases"]
    assert course.step("test_build").state == "open"  # a person finishes it
    course.walk(until="dispute_door")
    assert look(course) == ["test_purchases", "test_dispute"]


def test_nothing_of_test_mode_speaks_for_a_live_step(course: Course) -> None:
    keep(course, *copies(TRIED))
    course.walk(until="employee_tests")
    assert "first_card" not in look(course)
    assert {row.step for row in course.rows(StepSignal)} <= {"test_build", "dispute_door", "lost_card_door"}


def test_live_purchases_tick_the_scenarios_of_the_designated_employees(course: Course) -> None:
    course.walk(until="employee_tests")
    keep(
        course,
        card("1"),
        card("2"),
        asked("x", of="2", live=True, method="online"),
        paid("x", of="2", live=True),
    )
    with course.database.transaction() as session:
        body = '[launch_gate]\nprogram = "P-1"\ncards = ["ic_1"]\n'
        policy.load(session, body, team=TEAM, by="U0OLGA", now=course.now)
    assert look(course) == []  # somebody else's card
    keep(
        course,
        asked("o", of="1", live=True, method="online"),
        asked("c", of="1", live=True, method="chip"),
        asked("d", of="1", live=True, approved=False, method="online"),
        paid("o", of="1", live=True),
        paid("c", of="1", live=True),
        paid("o", of="1", live=True, kind="refund"),
    )
    assert look(course) == ["live_online", "live_in_person", "live_declined", "live_refund"]
    keep(
        course,
        card("3", status="canceled", cancellation_reason="lost"),
        card("4", replacement_for="ic_3"),
    )
    assert look(course)[-1] == "live_lost_card"
    told = json.loads(course.rows(OutboxMessage)[-1].facts or "")
    assert told["complete"]
    assert "ask for the launch" in render("step.signal", "en", told)["text"]
    assert course.step("employee_tests").state == "open"


def test_a_launched_programme_hears_nothing_more(course: Course) -> None:
    course.walk(until="first_card")
    keep(course, card("1"))
    with course.database.transaction() as session:
        program = session.get(Program, course.program_id)
        assert program is not None
        program.launched_at = course.now
    assert look(course) == []
