from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from bot.domain.deadline import calendar_for, count
from bot.domain.error import GantryError, NotFoundError, RefusedError, StaleError
from bot.domain.role import Asker
from bot.services import board, onboarding, step, step_answer
from storage import Database
from storage.queries import program as programs
from storage.tables import AuditEntry, Deadline, OutboxMessage, Thread
from tests.support.course import (
    ADA,
    BOTH,
    CLAIRE,
    EVERYTHING,
    GUS,
    LENA,
    MARC,
    NOOR,
    OLGA,
    SAM,
    USUAL,
    Course,
    times,
)

FIRST = "supported_use_case"
LATER = date(2026, 12, 7)


def acts(course: Course) -> dict[str, Callable[[Asker], Any]]:
    """Everything that can be done to the first step."""
    number, now = course.id(FIRST), course.now
    return {
        "take": lambda who: course.do(step.take, who, number, now),
        "assign": lambda who: course.do(step.assign, who, number, SAM.user, now),
        "block": lambda who: course.do(step.block, who, number, "no access", LATER, now),
        "finish": lambda who: course.do(step.finish, who, number, now),
    }


# act: who may, besides the lead; Marc is the programme's manager, Claire a deputy, Sam has the step
MAY = [
    ("take", NOOR, True),
    ("take", GUS, False),
    ("block", NOOR, True),
    ("block", GUS, False),
    *[
        (act, who, allowed)
        for act in ("assign", "finish")
        for who, allowed in [
            (LENA, True),
            (CLAIRE, True),
            (MARC, True),
            (ADA, True),
            (NOOR, False),
            (OLGA, False),
            (GUS, False),
        ]
    ],
]


@pytest.mark.parametrize(("act", "who", "allowed"), MAY, ids=lambda value: getattr(value, "user", value))
def test_steps_obey_the_table_of_rights(course: Course, act: str, who: Asker, allowed: bool) -> None:  # noqa: FBT001 - a column of the table
    course.start(manager=MARC.user)
    people = {"lead": LENA.user, "deputies": [CLAIRE.user], "manager": MARC.user}
    course.do(onboarding.reassign, LENA, course.program_id, **people, now=course.now)
    before = len(course.rows(AuditEntry))
    if allowed:
        acts(course)[act](who)
        assert course.rows(AuditEntry)[-1].actor == who.user
        return
    with pytest.raises(RefusedError):
        acts(course)[act](who)
    assert len(course.rows(AuditEntry)) == before, "a refusal leaves nothing"


def test_who_has_a_step_may_finish_it(course: Course) -> None:
    course.start()
    with pytest.raises(RefusedError):
        acts(course)["finish"](NOOR)
    acts(course)["take"](NOOR)
    acts(course)["finish"](NOOR)
    assert course.step(FIRST).done_by == NOOR.user


def test_a_refusal_names_who_may(course: Course) -> None:
    course.start(manager=MARC.user)
    with pytest.raises(RefusedError) as refused:
        acts(course)["finish"](NOOR)
    assert refused.value.values["users"] == [LENA.user, MARC.user]


def test_taking_a_step_gives_it_an_owner_and_its_own_message(course: Course) -> None:
    course.start()
    acts(course)["take"](NOOR)
    row, threads = course.step(FIRST), course.rows(Thread)
    assert (row.assignee, row.taken_at, row.state) == (NOOR.user, course.now, "open")
    assert [(one.subject, one.parent_id) for one in threads] == [("program", None), ("step", threads[0].id)]
    assert [one.view for one in course.outbox("board")] == ["program", "step"]


def test_a_second_take_by_the_same_person_changes_nothing(course: Course) -> None:
    course.start()
    acts(course)["take"](NOOR)
    tags = course.tags()
    acts(course)["take"](NOOR)
    assert course.tags() == tags
    assert len(course.rows(Thread)) == 2


def test_a_step_that_somebody_has_is_not_taken(course: Course) -> None:
    course.start()
    acts(course)["take"](NOOR)
    with pytest.raises(StaleError) as stale:
        acts(course)["take"](SAM)
    assert stale.value.key == "step.taken_already"
    assert (stale.value.values["who"], stale.value.values["at"]) == (NOOR.user, course.now)


def test_assigning_tells_the_person_once(course: Course) -> None:
    course.start()
    acts(course)["assign"](LENA)
    acts(course)["assign"](LENA)
    assert course.step(FIRST).assignee == SAM.user
    assert [row.view for row in course.outbox("notice")] == ["program.started", "step.assigned"]
    entry = course.rows(AuditEntry)[-1]
    assert (entry.before, entry.after) == ({"assignee": ""}, {"assignee": SAM.user})


def test_a_blocked_step_says_why_and_when_to_look_again(course: Course) -> None:
    course.start()
    acts(course)["block"](NOOR)
    row = course.step(FIRST)
    assert (row.state, row.note, row.look_again_on) == ("blocked", "no access", LATER)
    course.do(step.unblock, NOOR, row.id, course.now)
    row = course.step(FIRST)
    assert (row.state, row.note, row.look_again_on) == ("open", None, None)
    assert course.tags()[-2:] == ["step:block:blocked", "step:unblock:open"]


def test_the_reason_of_a_block_is_not_in_the_audit(course: Course) -> None:
    course.start()
    acts(course)["block"](NOOR)
    assert "no access" not in str(course.rows(AuditEntry)[-1].after)


def test_a_blocked_step_can_be_finished(course: Course) -> None:
    course.start()
    acts(course)["block"](NOOR)
    acts(course)["finish"](LENA)
    row = course.step(FIRST)
    assert (row.state, row.look_again_on) == ("done", None)


STALE = [
    ("take", "step.done_already"),
    ("assign", "step.done_already"),
    ("block", "step.done_already"),
    ("finish", "step.done_already"),
]


@pytest.mark.parametrize(("act", "key"), STALE)
def test_a_stale_button_answers_who_did_it_and_when(course: Course, act: str, key: str) -> None:
    course.start()
    buttons = acts(course)
    course.finish(FIRST)
    with pytest.raises(StaleError) as stale:
        buttons[act](LENA)
    assert stale.value.key == key
    assert (stale.value.values["who"], stale.value.values["at"]) == (LENA.user, course.now)


@pytest.mark.parametrize("act", ["take", "assign", "block", "finish"])
def test_a_waiting_step_says_what_it_waits_for(course: Course, act: str) -> None:
    course.start()
    number = course.id("intake_form")
    work: dict[str, tuple[Any, ...]] = {
        "take": (step.take, LENA, number, course.now),
        "assign": (step.assign, LENA, number, SAM.user, course.now),
        "block": (step.block, LENA, number, "why", LATER, course.now),
        "finish": (step.finish, LENA, number, course.now),
    }
    with pytest.raises(StaleError) as stale:
        course.do(*work[act])
    with course.seen() as (_, walk):
        title = walk.named(FIRST)
    assert stale.value.key == "step.is_locked"
    assert stale.value.values["needs"] == [title]


def test_live_steps_are_locked_until_live_access_and_say_what_is_missing(course: Course) -> None:
    course.start(BOTH)
    course.walk(until="live_access")
    with course.seen() as (_, walk):
        live = [one for one in walk.steps if one.mode == "live"]
        titles = {one.id: [walk.named(need) for need in one.needs] for one in live}
        states = walk.states
        done = [walk.named(one.id) for one in walk.steps if states[one.id] == "done"]
    assert len(live) > 8
    for one in live:
        with pytest.raises(StaleError) as stale:
            course.finish(one.id)
        assert stale.value.key == "step.is_locked_live", one.id
        assert stale.value.values["needs"] == [title for title in titles[one.id] if title not in done]
    course.answer("live_access", capabilities=("issuing_virtual",), by="bank")
    assert course.step("first_card").state == "open"


def test_launch_is_not_offered_until_every_duty_has_an_owner_and_a_deputy(course: Course) -> None:
    course.start()
    course.walk(until="live_access")
    course.answer("live_access", capabilities=("issuing_virtual",), by="bank")
    for key in ("first_card", "designate_employees", "employee_tests"):
        course.finish(key)
    course.answer("launch_approval")
    duties = ["duty_marketing", "duty_complaints", "duty_disputes", "duty_lost_cards", "duty_records"]
    for duty in duties:
        assert course.step("launch").state == "waiting"
        with pytest.raises(StaleError):
            course.finish("launch")
        course.finish(duty, outcome={"owner": SAM.user, "deputy": OLGA.user})
        row = course.step(duty)
        assert (row.assignee, row.deputy) == (SAM.user, OLGA.user)
    assert course.step("launch").state == "open"
    course.finish("launch")
    assert course.program.state == "launched"
    assert course.tags()[-2:] == ["step:do:done", "program:launch:launched"]


def test_a_duty_without_owner_or_deputy_cannot_be_finished(course: Course) -> None:
    course.start()
    course.walk(until="duty_marketing")
    for outcome in ({}, {"owner": SAM.user}, {"owner": SAM.user, "deputy": ""}):
        with pytest.raises(GantryError):
            course.do(step.finish, LENA, course.id("duty_marketing"), course.now, outcome=outcome)
        assert course.step("duty_marketing").state == "open"


def test_a_step_of_stripes_is_answered_not_finished(course: Course) -> None:
    course.start()
    course.walk(until="live_access")
    with pytest.raises(GantryError):
        course.do(step.finish, LENA, course.id("live_access"), course.now)
    assert course.step("live_access").state == "open"
    assert course.program.live_at is None


def test_a_step_of_ours_is_finished_not_answered(course: Course) -> None:
    course.start()
    given = step_answer.Answer(happened_at=course.now, choice="done")
    with pytest.raises(GantryError):
        course.do(step_answer.answer, LENA, course.id(FIRST), given, course.now)
    assert course.step(FIRST).state == "open"


def test_a_paused_programme_answers_every_button_with_that(course: Course) -> None:
    course.start(manager=MARC.user)
    buttons = acts(course)
    acts(course)["block"](LENA)
    course.do(onboarding.pause, MARC, course.program_id, "budget", course.now)
    buttons["unblock"] = lambda who: course.do(step.unblock, who, course.id(FIRST), course.now)
    for press in buttons.values():
        with pytest.raises(StaleError) as stale:
            press(LENA)
        assert stale.value.key == "program.is_paused"


@pytest.mark.parametrize("act", ["take", "finish"])
def test_a_step_of_another_workspace_does_not_exist(course: Course, act: str) -> None:
    course.start()
    stranger = Asker(team="T0OTHER", user="U0LENA", role="admin")
    with pytest.raises(NotFoundError):
        acts(course)[act](stranger)


def test_an_unknown_step_does_not_exist(course: Course) -> None:
    course.start()
    with pytest.raises(NotFoundError):
        course.do(step.take, LENA, 10**9, course.now)


# step, what starts its clock: the deadline must be what the rules count
CLOCKS = [
    ("first_contact", "intake_form"),
    ("supportability", "call"),
    ("review", "submission"),
    ("physical_cards_custom", "physical_cards_design"),
    ("apple_pay", "apple_pay_application"),
]


@pytest.mark.parametrize(("key", "starts"), CLOCKS)
def test_deadlines_are_counted_from_what_really_happened(course: Course, key: str, starts: str) -> None:
    course.start(EVERYTHING)
    course.walk(until=starts)
    happened, course.now = course.now, course.now + timedelta(days=2)
    course.finish(starts, happened_at=happened)
    with course.seen() as (_, walk):
        clock = walk.step(key).clock
    assert clock is not None
    calendar = calendar_for("stripe", "us")  # in these weeks the team's calendar closes no other day
    counted = count(happened, course.program.zone, clock.length, clock.unit, calendar)
    found = course.deadline(key)
    assert found is not None
    assert (found.started_at, found.due_on, found.due_at) == (happened, counted.due_on, counted.due_at)
    assert found.skipped == [[day.isoformat(), reason] for day, reason in counted.skipped]
    assert (found.state, found.next_at, found.calendar) == ("open", course.now, "XFED")


def test_a_deadline_is_met_when_its_step_ends(course: Course) -> None:
    course.start()
    course.walk(until="first_contact")
    course.answer("first_contact")
    found = course.deadline("first_contact")
    assert found is not None
    assert (found.state, found.next_at) == ("met", None)


def test_why_this_date_shows_rule_calendar_skipped_days_and_source(course: Course) -> None:
    course.start()
    course.walk(until="supportability")
    with course.seen() as (session, walk):
        facts = board.why_facts(session, walk.rows["supportability"])
    found = facts["deadline"]
    assert (found["length"], found["unit"], found["calendar"]) == (5, "business_days", "XFED")
    assert "Thanksgiving" in str(found["skipped"])
    assert found["source"].startswith("https://")


def test_one_notice_for_each_transaction_and_one_pending_update_for_each_board(course: Course) -> None:
    course.start()
    for _ in range(5):
        acts(course)["block"](NOOR)
    course.finish(FIRST)
    course.finish("intake_form")
    assert len(course.outbox("board")) == 1
    views = [row.view for row in course.outbox("notice")]
    assert times(views) == {"program.started": 1, "step.blocked": 5, "step.done": 2}
    assert [row.position for row in course.outbox("notice")] == [1, 2, 3, 4, 5, 6, 7, 8]
    thread = course.rows(Thread)[0]
    assert thread.wanted == 8, "the board knows how many changes it has to show"


def test_what_opens_in_one_transaction_is_said_in_one_message(course: Course) -> None:
    import json

    course.start(EVERYTHING)
    course.walk(until="agreements")
    course.finish("agreements")
    facts = json.loads(course.outbox("notice")[-1].facts or "{}")
    opened = [line["key"] for line in facts["opened"]]
    assert opened == ["configuration", "physical_cards_design", "apple_pay_application"]
    assert course.outbox("notice")[-1].view == "step.done"


@pytest.mark.parametrize("actors", [(LENA, LENA), (LENA, ADA)])
def test_of_two_people_who_finish_the_same_step_one_wins(course: Course, actors: tuple[Asker, Asker]) -> None:
    _race(course, actors)


@pytest.mark.postgres
def test_one_of_many_wins(course: Course) -> None:
    _race(course, (LENA, ADA) * 4)


def _race(course: Course, actors: tuple[Asker, ...]) -> None:
    course.start(USUAL)
    number, ready = course.id(FIRST), threading.Barrier(len(actors))
    ended: list[str] = []

    def press(who: Asker) -> None:
        ready.wait()
        try:
            course.do(step.finish, who, number, course.now)
            ended.append("done")
        except StaleError as error:
            ended.append(error.key)

    threads = [threading.Thread(target=press, args=(who,)) for who in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert times(ended) == {"done": 1, "step.done_already": len(actors) - 1}
    assert times(course.tags())["step:do:done"] == 1
    assert [row.view for row in course.rows(OutboxMessage) if row.kind == "notice"] == [
        "program.started",
        "step.done",
    ]


def test_two_people_take_different_steps_at_once(database: Database) -> None:
    course = Course(database)
    course.start()
    course.walk(until="test_build")
    numbers = [course.id("test_build"), course.id("compliance_requirements")]
    threads = [
        threading.Thread(target=course.do, args=(step.take, who, number, course.now))
        for who, number in zip((NOOR, SAM), numbers, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [course.step(key).assignee for key in ("test_build", "compliance_requirements")] == [
        NOOR.user,
        SAM.user,
    ]
    assert not [row for row in course.rows(Deadline) if row.state == "dropped"]


def test_a_step_that_somebody_took_since_it_was_read_is_not_taken_over(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("one writer: nobody can come in between")
    course = Course(database)
    course.start()
    number = course.id(FIRST)
    with database.transaction() as session:
        programs.step(session, number)  # as a door does before the service locks the programme
        other = threading.Thread(target=course.do, args=(step.take, NOOR, number, course.now))
        other.start()
        other.join()
        with pytest.raises(StaleError, match="taken_already"):
            step.take(session, SAM, number, course.now)
    assert course.step(FIRST).assignee == NOOR.user


def test_steps_are_read_one_by_one_and_know_the_states_of_all(course: Course) -> None:
    course.start()
    with course.seen() as (_, walk):
        keys = list(walk.rows)
        assert keys == [one.id for one in walk.steps]
        assert walk.rows.key_of(walk.rows[FIRST].id) == FIRST
        walk.rows[FIRST].state = "blocked"
        assert walk.states[FIRST] == "blocked"
        everything = list(walk.rows.values())
        assert [row.key for row in everything] == keys
        assert walk.rows.read([keys[3], keys[1]]) == [everything[3], everything[1]]


def test_each_delivery_of_a_board_has_its_place_behind_the_last_one(course: Course) -> None:
    course.start()
    number = course.id(FIRST)
    for act, *more in ((step.block, "no access", LATER), (step.unblock,), (step.take,)):
        course.do(_everything_sent)
        course.do(act, NOOR, number, *more, course.now)
    with course.seen() as (_, walk):
        stream = f"board:{walk.board.id}"
    places = [row.position for row in course.rows(OutboxMessage) if row.stream == stream]
    assert len(places) == 4
    assert places == sorted(set(places))


def _everything_sent(session: Session) -> None:
    for row in session.exec(select(OutboxMessage)).all():
        row.state = "sent"
        session.add(row)
