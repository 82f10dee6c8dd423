from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot import plans
from bot.domain import onboarding as rules
from bot.domain.error import FormError
from bot.domain.plan import steps_for
from storage.tables import Deadline, StepEntry
from tests.support.course import USUAL, Course, wide

NOW = datetime(2026, 12, 10, 16, tzinfo=UTC)
FIFTH_WEEK = {
    "supported_use_case": date(2026, 11, 5),
    "intake_form": date(2026, 11, 6),
    "first_contact": date(2026, 11, 10),
    "call_preparation": date(2026, 11, 12),
    "call": date(2026, 12, 3),
}


def started(course: Course, days: dict[str, date]) -> Course:
    course.now = NOW
    course.start(USUAL, done=days)
    return course


def test_a_programme_in_its_fifth_week_starts_where_it_stands(course: Course) -> None:
    started(course, FIFTH_WEEK)
    assert [course.states[key] for key in FIFTH_WEEK] == ["done"] * 5
    assert course.step("supportability").state == "open"
    found = course.deadline("supportability")
    assert found is not None
    assert (found.due_on, found.state) == (date(2026, 12, 10), "open")
    assert course.step("call").outcome == {"met_on": "2026-12-03"}
    entries = course.rows(StepEntry)
    assert {one.recorded_at for one in entries} == {NOW}
    assert all(one.undo_until is None for one in entries)


def test_nothing_is_said_and_no_clock_runs_about_the_past(course: Course) -> None:
    started(course, FIFTH_WEEK)
    assert [row.view for row in course.outbox("notice")] == ["program.started"]
    open_ids = {course.id(one.id) for one in course.open()}
    assert {row.subject_id for row in course.rows(Deadline)} <= open_ids


# days that cannot be: the field, and why
WRONG = [
    ({"intake_form": date(2026, 11, 6)}, "past_intake_form", "past.needs"),
    ({**FIFTH_WEEK, "call": date(2026, 11, 11)}, "past_call", "happened.early"),
    ({"supported_use_case": date(2026, 12, 11)}, "past_supported_use_case", "form.not_future"),
]


@pytest.mark.parametrize(("days", "field", "why"), WRONG)
def test_days_that_cannot_be_are_said_at_their_field(
    course: Course, days: dict[str, date], field: str, why: str
) -> None:
    with pytest.raises(FormError) as wrong:
        started(course, days)
    assert {name: key for name, (key, _) in wrong.value.fields.items()} == {field: why}
    assert course.rows(StepEntry) == []


def test_steps_of_one_day_keep_the_order_of_their_needs(course: Course) -> None:
    started(course, dict.fromkeys(FIFTH_WEEK, date(2026, 12, 10)))
    moments = [course.step(key).happened_at for key in FIFTH_WEEK]
    assert moments == [NOW] * 5


def test_everything_that_a_day_can_record_can_be_ticked_in_every_plan(course: Course) -> None:
    for number, answers in enumerate(wide()):
        steps = rules.datable(steps_for(plans.load(answers.variant), answers))
        days = {step.id: date(2026, 11, 1) + timedelta(days=1) for step in steps}
        course.now = NOW
        course.start(answers, name=f"P{number}", done=days, capabilities=("issuing_virtual",))
        states = course.states
        assert all(states[step.id] == "done" for step in steps)
        assert course.program.live_at is not None
        assert course.program.capabilities == ["issuing_virtual"]
        assert course.program.state == "active"
        course.walk()
        assert course.program.state == "launched"
