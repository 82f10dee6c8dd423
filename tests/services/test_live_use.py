from __future__ import annotations

import json
from typing import Any

import pytest

from bot.services import board, live_use
from storage.tables import Role
from storage.tables_submission import LiveCapability
from tests.support.course import BOTH, LENA, MARC, OLGA, Course, remember


def observe(course: Course, capability: str, source: str = "evt_1") -> bool:
    """Stripe's events say that something is in live use."""
    with course.database.transaction() as session:
        program = course_program(session, course)
        return live_use.observe(session, program, capability, course.now, source)


def course_program(session: Any, course: Course) -> Any:
    from storage.tables import Program

    found = session.get(Program, course.program_id)
    assert found is not None
    return found


def told(course: Course) -> list[tuple[str, str]]:
    """Who was written to about what."""
    rows = [row for row in course.outbox("direct") if row.view == "live.unapproved"]
    return [(row.person, json.loads(row.facts or "{}")["capability"]) for row in rows]


def shown(course: Course) -> list[str]:
    """What the board says is live and not approved."""
    with course.database.reading() as session:
        facts = board.program_facts(session, course_program(session, course))
    found: list[str] = facts["unapproved"]
    return found


@pytest.fixture
def live(course: Course) -> Course:
    """A programme with live access for virtual cards, and Marc as its manager."""
    course.start(BOTH, manager=MARC.user)
    course.walk(until="first_card")
    return course


def test_what_was_approved_may_be_used(live: Course) -> None:
    assert observe(live, "issuing_virtual") is True
    assert (told(live), shown(live)) == ([], [])
    assert [(row.capability, row.source, row.told_at) for row in live.rows(LiveCapability)] == [
        ("issuing_virtual", "evt_1", None)
    ]
    assert live.tags()[-1] == "capability:observe:live"


def test_what_was_not_approved_is_on_the_board_and_told_to_the_manager(live: Course) -> None:
    assert observe(live, "issuing_physical") is False
    assert told(live) == [(MARC.user, "issuing_physical")]
    assert shown(live) == ["issuing_physical"]
    assert live.tags()[-2:] == ["capability:observe:live", "capability:observe:unapproved"]


def test_the_manager_hears_of_each_capability_once(live: Course) -> None:
    for number in range(3):
        observe(live, "issuing_physical", f"evt_{number}")
        observe(live, "treasury_transfers", f"evt_{number}")

    assert told(live) == [(MARC.user, "issuing_physical"), (MARC.user, "treasury_transfers")]
    assert shown(live) == ["issuing_physical", "treasury_transfers"]
    assert [row.source for row in live.rows(LiveCapability)] == ["evt_0", "evt_0"], "first seen"


def test_before_live_access_nothing_is_approved(course: Course) -> None:
    course.start(manager=MARC.user)
    observe(course, "issuing_virtual")
    assert shown(course) == ["issuing_virtual"]

    course.walk(until="first_card")
    assert shown(course) == [], "it is approved now"
    assert len(told(course)) == 1


def test_without_a_manager_those_with_the_role_hear_it_and_else_the_lead(course: Course) -> None:
    course.start(BOTH)
    course.walk(until="first_card")
    observe(course, "issuing_physical")
    assert told(course) == [(LENA.user, "issuing_physical")]

    with course.database.transaction() as session:
        session.add(Role(team=LENA.team, user=OLGA.user, role="manager", by="settings", at=course.now))
    observe(course, "treasury_transfers")
    assert told(course)[1:] == [(OLGA.user, "treasury_transfers")]


def test_the_message_is_in_the_language_of_its_reader(live: Course) -> None:
    live.do(remember, MARC)
    observe(live, "issuing_physical")

    [row] = [row for row in live.outbox("direct") if row.view == "live.unapproved"]
    assert row.language == "fr"
