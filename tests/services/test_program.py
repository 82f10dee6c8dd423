"""A programme as a whole: pause, resume, cancel, reopen, people, the board's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.error import NotFoundError, RefusedError, StaleError
from bot.domain.role import Asker
from bot.services import onboarding
from storage.queries import thread as threads
from storage.tables import AuditEntry, Program, Thread
from tests.support.course import ADA, CLAIRE, GUS, LENA, MARC, NOOR, OLGA, SAM, Course, times


@pytest.fixture
def backend() -> str:
    """SQLite alone: the same rules on PostgreSQL are shown by test_start and test_step."""
    return "sqlite"


def acts(course: Course) -> dict[str, Callable[[Asker], Any]]:
    number, now = course.program_id, course.now
    people = {"lead": CLAIRE.user, "deputies": [NOOR.user], "manager": MARC.user}
    return {
        "pause": lambda who: course.do(onboarding.pause, who, number, "budget", now),
        "resume": lambda who: course.do(onboarding.resume, who, number, now),
        "cancel": lambda who: course.do(onboarding.cancel, who, number, "budget", now),
        "reopen": lambda who: course.do(onboarding.reopen, who, number, now),
        "reassign": lambda who: course.do(onboarding.reassign, who, number, **people, now=now),
        "bring": lambda who: course.do(onboarding.bring_board, who, number, "C0CARTES", now),
    }


LATER = {"resume": "pause", "reopen": "cancel"}
STEERED = ("pause", "resume", "cancel", "reopen")
OWN_MANAGER = Asker(team="T0PLAY", user="U0MANAGES", role="member")
MAY = [
    (act, who, allowed)
    for act in ("pause", "resume", "cancel", "reopen", "reassign", "bring")
    for who, allowed in [
        (LENA, act not in STEERED),
        (CLAIRE, act not in STEERED),
        (OWN_MANAGER, True),
        (MARC, True),
        (ADA, True),
        (NOOR, False),
        (OLGA, False),
        (GUS, False),
    ]
]


@pytest.mark.parametrize(("act", "who", "allowed"), MAY, ids=lambda value: getattr(value, "user", value))
def test_programmes_obey_the_table_of_rights(course: Course, act: str, who: Asker, allowed: bool) -> None:  # noqa: FBT001 - a column of the table
    course.start(manager=OWN_MANAGER.user)
    people = {"lead": LENA.user, "deputies": [CLAIRE.user], "manager": OWN_MANAGER.user}
    course.do(onboarding.reassign, LENA, course.program_id, **people, now=course.now)
    if act in LATER:
        acts(course)[LATER[act]](ADA)
    before = course.tags()
    if allowed:
        acts(course)[act](who)
        assert course.rows(AuditEntry)[-1].actor == who.user
        return
    with pytest.raises(RefusedError) as refused:
        acts(course)[act](who)
    assert course.tags() == before
    if who is not GUS:
        assert OWN_MANAGER.user in refused.value.values["users"], "who may is named"


# state, act: the state afterwards, or the answer
TURNS = [
    ("active", "pause", "paused"),
    ("active", "cancel", "canceled"),
    ("active", "resume", "program.is_active"),
    ("active", "reopen", "program.nothing_to_reopen"),
    ("paused", "pause", "program.is_paused"),
    ("paused", "resume", "active"),
    ("paused", "cancel", "canceled"),
    ("canceled", "pause", "program.is_canceled"),
    ("canceled", "resume", "program.is_canceled"),
    ("canceled", "cancel", "program.is_canceled"),
    ("canceled", "reopen", "active"),
]


@pytest.mark.parametrize(("state", "act", "wanted"), TURNS)
def test_a_programme_turns_only_where_it_can(course: Course, state: str, act: str, wanted: str) -> None:
    course.start()
    if state != "active":
        acts(course)["pause" if state == "paused" else "cancel"](MARC)
    if not wanted.startswith("program."):
        acts(course)[act](MARC)
        assert course.program.state == wanted
        return
    with pytest.raises(StaleError) as stale:
        acts(course)[act](MARC)
    assert stale.value.key == wanted


def test_every_turn_is_audited_and_said_once_with_its_reason(course: Course) -> None:
    course.start()
    for act in ("pause", "resume", "cancel", "reopen"):
        acts(course)[act](MARC)
    assert course.tags()[1:] == [
        "program:pause:paused",
        "program:resume:active",
        "program:cancel:canceled",
        "program:reopen:active",
    ]
    views = [row.view for row in course.outbox("notice")]
    assert views[1:] == ["program.paused", "program.resumed", "program.canceled", "program.reopened"]
    assert "budget" in (course.outbox("notice")[1].facts or "")
    assert "budget" not in str([entry.after for entry in course.rows(AuditEntry)])


def test_nothing_opens_while_paused_and_what_is_ready_opens_on_resume(course: Course) -> None:
    course.start()
    acts(course)["pause"](MARC)
    before = course.states
    with pytest.raises(StaleError):
        course.finish("supported_use_case")
    assert course.states == before
    acts(course)["resume"](MARC)
    course.finish("supported_use_case")
    assert course.step("intake_form").state == "open"


def test_a_canceled_programme_has_an_end_that_reopening_takes_back(course: Course) -> None:
    course.start()
    acts(course)["cancel"](MARC)
    assert course.program.ended_at == course.now
    acts(course)["reopen"](MARC)
    assert (course.program.ended_at, course.program.state_reason) == (None, None)


def test_people_change_once_and_a_lead_is_no_deputy(course: Course) -> None:
    course.start()
    people = {"lead": CLAIRE.user, "deputies": [CLAIRE.user, NOOR.user, NOOR.user], "manager": MARC.user}
    for _ in range(2):
        course.do(onboarding.reassign, ADA, course.program_id, **people, now=course.now)
    program = course.program
    assert (program.lead, program.deputies, program.manager) == (CLAIRE.user, [NOOR.user], MARC.user)
    assert times(course.tags())["program:reassign:active"] == 1
    assert [row.view for row in course.outbox("notice")][1:] == ["program.reassigned"]
    entry = course.rows(AuditEntry)[-1]
    assert (entry.before["lead"], entry.after["lead"]) == (LENA.user, CLAIRE.user)


def test_a_board_that_is_brought_moves_with_its_thread(course: Course) -> None:
    from bot.services import step

    course.start()
    course.do(step.take, SAM, course.id("supported_use_case"), course.now)
    board = course.rows(Thread)[0]
    course.do(threads.shown, board.id, 0, ts="1700000000.000100")
    acts(course)["bring"](LENA)
    moved = course.rows(Thread)
    assert {row.channel for row in moved} == {"C0CARTES"}
    assert [row.ts for row in moved] == ["", ""]
    assert moved[0].previous.endswith("1700000000.000100")
    assert course.program.channel == "C0CARTES"
    assert course.rows(AuditEntry)[-1].after == {"channel": "C0CARTES"}


def test_a_board_that_moves_takes_its_waiting_messages_along(course: Course) -> None:
    course.start()
    acts(course)["bring"](LENA)
    waiting = [row for row in course.outbox() if row.state == "pending"]
    assert {row.channel for row in waiting} == {"C0CARTES"}, "nothing is posted where the board no longer is"


@pytest.mark.parametrize("act", ["pause", "cancel", "reassign", "bring"])
def test_a_programme_of_another_workspace_does_not_exist(course: Course, act: str) -> None:
    course.start()
    with pytest.raises(NotFoundError):
        acts(course)[act](Asker(team="T0OTHER", user="U0MARC", role="admin"))
    assert [program.state for program in course.rows(Program)] == ["active"]
