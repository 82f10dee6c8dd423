from __future__ import annotations

import json
from typing import Any

import pytest

from bot.outbox import amend_notice
from bot.services import notice, step
from storage.queries import outbox as rows
from storage.tables import OutboxMessage, Step
from tests.support.course import BOTH, CLAIRE, LENA, NOOR, SAM, Course

FIRST = "supported_use_case"
REASON = "Wrong programme"


def mark(course: Course, number: int, **values: Any) -> None:
    """Let one message be where a delivery would have brought it."""
    with course.database.transaction() as session:
        found = session.get(OutboxMessage, number)
        assert found is not None
        found.sqlmodel_update(values)
        session.add(found)


def arrive(course: Course) -> None:
    """Everything that was put has arrived in Slack."""
    for row in course.outbox():
        mark(course, row.id, state="sent", ts=f"17.{row.id:06}")


def offered(course: Course, number: int) -> dict[str, bool]:
    """Which steps a notice would offer a button for."""
    with course.database.reading() as session:
        found = session.get(OutboxMessage, number)
        assert found is not None
        return {line["key"]: line["offered"] for line in notice.facts_of(session, found)["opened"]}


def test_a_step_knows_the_notice_that_offers_its_button(course: Course) -> None:
    course.start()
    first = course.outbox("notice")[0]
    assert course.step(FIRST).offered_by == first.id
    assert course.step("launch").offered_by is None
    course.finish(FIRST)
    later = course.outbox("notice")[-1]
    opened = {line["id"] for line in json.loads(later.facts or "{}")["opened"]}
    assert {row.id for row in course.rows(Step) if row.offered_by == later.id} == opened != set()


@pytest.mark.parametrize(
    "act",
    [
        lambda course: course.do(step.take, NOOR, course.id(FIRST), course.now),
        lambda course: course.do(step.assign, LENA, course.id(FIRST), SAM.user, course.now),
        lambda course: course.finish(FIRST),
    ],
    ids=["taken", "assigned", "done"],
)
def test_the_notice_is_edited_once_when_its_button_does_nothing_any_more(course: Course, act: Any) -> None:
    course.start()
    arrive(course)
    first = course.outbox("notice")[0]
    assert offered(course, first.id) == {FIRST: True}
    act(course)
    [edit] = course.outbox("amend")
    assert (edit.amends, edit.channel, edit.view, edit.state) == (first.id, "C0CARDS", first.view, "pending")
    assert offered(course, first.id) == {FIRST: False}
    arrive(course)
    if course.states[FIRST] == "open":
        course.finish(FIRST)
    assert len(course.outbox("amend")) == 1, "the button of a taken step is gone already"


def test_an_answer_of_stripe_withdraws_its_button_and_taking_does_not(course: Course) -> None:
    course.start()
    course.walk(until="first_contact")
    arrive(course)
    before = len(course.outbox("amend"))
    offer = course.step("first_contact").offered_by
    assert offer is not None
    course.do(step.take, NOOR, course.id("first_contact"), course.now)
    assert len(course.outbox("amend")) == before
    assert offered(course, offer)["first_contact"]
    course.answer("first_contact")
    assert [row.amends for row in course.outbox("amend")[before:]] == [offer]
    assert not offered(course, offer)["first_contact"]


def test_a_review_that_asks_for_changes_moves_the_button_to_the_newer_notice(course: Course) -> None:
    course.start()
    course.walk(until="review")
    old = course.step("submission").offered_by
    course.answer("review", "revision", note="Show the fees")
    new = course.step("submission").offered_by
    assert old is not None
    assert new is not None
    assert old != new
    assert offered(course, new)["submission"]
    assert not offered(course, old)["submission"]


def test_steps_that_are_dropped_lose_their_buttons(course: Course) -> None:
    course.start(BOTH)
    course.walk(until="first_contact")
    arrive(course)
    fit = {"issuing": "fits", "treasury": "no"}
    course.answer("first_contact", fit=fit)
    dropped = [row for row in course.rows(Step) if row.state == "dropped"]
    assert dropped
    shown = {row.offered_by for row in dropped} - {None}
    assert shown <= {row.amends for row in course.outbox("amend")}


def test_what_has_not_left_yet_leaves_amended_and_needs_no_edit(course: Course) -> None:
    course.start()
    course.finish(FIRST)
    assert course.outbox("amend") == []
    assert course.outbox("notice")[0].amended == 1
    assert offered(course, course.outbox("notice")[0].id) == {FIRST: False}


@pytest.mark.parametrize("now", [{"state": "sending"}, {"state": "pending", "again": True}])
def test_what_may_be_there_already_is_edited(course: Course, now: dict[str, Any]) -> None:
    course.start()
    mark(course, course.outbox("notice")[0].id, **now)
    course.finish(FIRST)
    assert len(course.outbox("amend")) == 1


def test_an_edit_waits_until_its_notice_is_settled(course: Course) -> None:
    course.start()
    first = course.outbox("notice")[0]
    arrive(course)
    mark(course, first.id, state="sending")
    course.finish(FIRST)
    [edit] = course.outbox("amend")
    with course.database.reading() as session:
        assert edit.id not in {message.id for message in rows.due(session, course.now, 50)}
    mark(course, first.id, state="sent")
    with course.database.reading() as session:
        assert edit.id in {message.id for message in rows.due(session, course.now, 50)}


def test_requests_before_the_edit_leaves_become_one_and_the_last_correction_counts(course: Course) -> None:
    course.start()
    arrive(course)
    first = course.outbox("notice")[0]
    for what in ("undone", "corrected"):
        said = {"what": what, "actor": CLAIRE.user, "at": course.now.isoformat(), "reason": REASON}
        course.do(amend_notice, first.id, now=course.now, correction=said)
    course.do(amend_notice, first.id, now=course.now)
    assert len(course.outbox("amend")) == 1
    with course.database.reading() as session:
        found = session.get(OutboxMessage, first.id)
        assert found is not None
        facts = notice.facts_of(session, found)
    assert found.amended == 3
    assert facts["correction"]["what"] == "corrected"
    assert facts["correction"]["zone"] == course.program.zone
    assert facts["target_on"] == "2027-03-01", "what was said is kept"


@pytest.mark.parametrize("kind", ["dead", "board", "nobody's"])
def test_what_is_no_notice_in_slack_is_not_edited(course: Course, kind: str) -> None:
    course.start()
    number = course.outbox("board" if kind == "board" else "notice")[0].id
    if kind == "dead":
        mark(course, number, state="dead")
    course.do(amend_notice, 10**9 if kind == "nobody's" else number, now=course.now)
    assert course.outbox("amend") == []
