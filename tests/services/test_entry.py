from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.error import FormError, GantryError, RefusedError, StaleError
from bot.domain.role import Asker
from bot.domain.timeline import day
from bot.services import correction, entry, onboarding, step, step_answer, timeline
from bot.services.correction import Correction
from storage.queries import entry as rows
from storage.tables import AuditEntry, StepEntry
from storage.tables_submission import Submission, SubmissionItem
from tests.support.course import ADA, BOTH, LENA, MARC, NOOR, Course

WHY = "the wrong day"
MINUTE = timedelta(minutes=1)


def last(course: Course, key: str) -> StepEntry:
    """The newest entry of a step that stands."""
    with course.seen() as (session, walk):
        found = rows.last(session, walk.rows[key].id, "stands")
    assert found is not None
    return found


def undo(course: Course, key: str, who: Asker = LENA) -> Any:
    return course.do(entry.undo, who, last(course, key).id, course.now)


def reopen(course: Course, key: str, who: Asker = MARC) -> Any:
    return course.do(entry.reopen, who, last(course, key).id, WHY, course.now)


def correct(course: Course, key: str, moment: datetime, who: Asker = MARC, **more: Any) -> Any:
    found = last(course, key)
    given = Correction(happened_at=moment, note=more.pop("note", found.note or ""), reason=WHY, **more)
    return course.do(correction.correct, who, found.id, given, course.now)


def walked(course: Course, until: str, **more: Any) -> Course:
    """A programme of Marc's whose steps are done a day apart."""
    course.once(("walked", until, repr(more)), lambda: _walk(course, until, **more))
    return course


def _walk(course: Course, until: str, **more: Any) -> None:
    course.start(**{"manager": MARC.user, **more})
    for _ in range(60):
        ready = [one.id for one in course.open() if one.id != until]
        if course.step(until).state in {"open", "blocked"}:
            return
        for key in ready:
            course.now += timedelta(days=1)
            one = next(found for found in course.open() if found.id == key)
            if one.actor == "us":
                course.finish(key)
            elif one.outcome == "approval":
                course.answer(key, capabilities=("issuing_virtual",), by="bank")
            else:
                course.answer(key)
    raise AssertionError(f"{until} never opened")


def rows_equal_a_fresh_computation(course: Course) -> None:
    """What the rows say must be what the entries say."""
    with course.seen() as (_, walk):
        for key, place in timeline.places(walk).items():
            row = walk.rows[key]
            assert row.state == ("blocked" if row.look_again_on and place.state == "open" else place.state)
            assert row.opened_at == place.opened_at or place.state not in {"open", "blocked"}
            assert row.happened_at == place.ended_at


def test_undo_puts_everything_back(course: Course) -> None:
    walked(course, "intake_form")
    before = course.step("intake_form")
    course.do(step.take, NOOR, before.id, course.now)
    course.finish("intake_form")
    assert course.step("first_contact").state == "open"
    course.now += MINUTE
    undo(course, "intake_form")
    row = course.step("intake_form")
    assert (row.state, row.assignee, row.happened_at, row.done_by) == ("open", NOOR.user, None, "")
    assert course.step("first_contact").state == "waiting"
    found = course.deadline("first_contact")
    assert found is not None
    assert found.state == "dropped", "its clock has not started"
    rows_equal_a_fresh_computation(course)


def test_undo_restores_what_had_blocked_the_step(course: Course) -> None:
    walked(course, "intake_form")
    course.do(step.block, NOOR, course.id("intake_form"), "no access", date(2027, 1, 4), course.now)
    course.finish("intake_form")
    undo(course, "intake_form")
    row = course.step("intake_form")
    assert (row.state, row.note, row.look_again_on) == ("blocked", "no access", date(2027, 1, 4))


def test_undo_lasts_ten_minutes(course: Course) -> None:
    walked(course, "intake_form")
    course.finish("intake_form")
    course.now += 10 * MINUTE + timedelta(seconds=1)
    with pytest.raises(StaleError) as late:
        undo(course, "intake_form")
    assert late.value.key == "undo.too_late"


def test_undo_waits_for_what_was_recorded_after_it(course: Course) -> None:
    walked(course, "intake_form")
    course.finish("intake_form")
    course.answer("first_contact")
    with pytest.raises(StaleError) as followed:
        undo(course, "intake_form")
    assert followed.value.key == "undo.followed"
    undo(course, "first_contact")
    undo(course, "intake_form")
    assert course.step("intake_form").state == "open"


def test_a_stranger_to_the_step_cannot_undo(course: Course) -> None:
    walked(course, "intake_form")
    course.finish("intake_form")
    with pytest.raises(RefusedError):
        undo(course, "intake_form", NOOR)


def test_who_recorded_it_can_undo_after_losing_the_step(course: Course) -> None:
    walked(course, "intake_form")
    course.do(step.take, NOOR, course.id("intake_form"), course.now)
    course.finish("intake_form", NOOR)
    undo(course, "intake_form", NOOR)
    assert course.step("intake_form").state == "open"


def test_undoing_a_revision_gives_the_submission_back(course: Course) -> None:
    walked(course, "review")
    sent = course.step("submission")
    course.answer("review", "revision", note="Show the bank's name")
    assert (course.step("submission").state, course.step("submission").round) == ("open", 2)
    undo(course, "review")
    again = course.step("submission")
    assert (again.state, again.round, again.happened_at) == ("done", 1, sent.happened_at)
    review = course.step("review")
    assert (review.state, review.round, review.note) == ("open", 1, None)
    found = course.deadline("review")
    assert found is not None
    assert (found.state, found.started_at) == ("open", sent.happened_at)
    rows_equal_a_fresh_computation(course)


def test_undoing_the_refusal_of_treasury_brings_its_steps_back(course: Course) -> None:
    course.start(BOTH, manager=MARC.user)
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "fits", "treasury": "no"})
    assert course.step("connected_accounts").state == "dropped"
    undo(course, "first_contact")
    assert course.program.products == ["issuing", "treasury"]
    assert course.step("connected_accounts").state == "waiting"
    rows_equal_a_fresh_computation(course)


def test_undoing_live_access_and_launch_closes_what_they_opened(course: Course) -> None:
    walked(course, "live_access")
    course.answer("live_access", capabilities=("issuing_virtual",), by="bank")
    undo(course, "live_access")
    assert (course.program.live_at, course.program.capabilities) == (None, [])
    assert course.step("first_card").state == "waiting"
    course.walk()
    assert course.program.state == "launched"
    undo(course, "launch")
    assert (course.program.state, course.program.launched_at) == ("active", None)


def test_reopening_needs_a_manager_and_makes_what_follows_wait(course: Course) -> None:
    walked(course, "call")
    course.now += timedelta(days=2)
    with pytest.raises(RefusedError):
        reopen(course, "first_contact", NOOR)
    contact = last(course, "first_contact")
    with course.seen() as (_, walk):
        assert entry.reopens(walk, contact, "en") == ["Prepare the call and agree its date"]
    reopen(course, "first_contact")
    assert course.step("first_contact").state == "open"
    assert course.step("call_preparation").state == "waiting"
    assert course.step("test_build").state != "waiting", "it does not build on the first contact"
    states = [(one.key, one.state) for one in course.rows(StepEntry) if one.state != "stands"]
    assert states == [("first_contact", "reopened"), ("call_preparation", "reopened")]
    said = course.outbox("notice")[-1]
    assert said.view == "entry.reopened"
    rows_equal_a_fresh_computation(course)


def test_a_corrected_date_moves_the_dates_that_follow(course: Course) -> None:
    walked(course, "supportability")
    call = course.step("call")
    before = course.deadline("supportability")
    course.now += timedelta(days=2)
    assert call.happened_at is not None
    correct(course, "call", course.now)
    after = course.deadline("supportability")
    assert before is not None
    assert after is not None
    assert (after.state, after.started_at) == ("open", course.now)
    assert after.due_on > before.due_on
    assert course.step("supportability").opened_at == course.now
    entries = [one for one in course.rows(StepEntry) if one.key == "call"]
    assert [(one.state, one.reason) for one in entries] == [("corrected", WHY), ("stands", None)]
    audit = course.rows(AuditEntry)[-1]
    assert audit.tag == "step:correct:corrected"
    assert audit.before["happened_at"] == call.happened_at.isoformat()
    assert audit.after["happened_at"] == course.now.isoformat()
    rows_equal_a_fresh_computation(course)


def test_a_correction_stays_between_what_a_step_needs_and_what_needed_it(course: Course) -> None:
    walked(course, "call")
    course.now += timedelta(days=2)
    early = course.step("intake_form").happened_at
    assert early is not None
    with pytest.raises(FormError) as wrong:
        correct(course, "first_contact", early - timedelta(days=1))
    key, values = wrong.value.fields["happened_at"]
    zone = course.program.zone
    with course.seen() as (_, walk):
        plan_title = walk.named("intake_form")
    assert (key, values["step"], values["date"]) == ("happened.early", plan_title, day(early, zone))
    with pytest.raises(FormError) as wrong:
        correct(course, "first_contact", course.now)
    assert wrong.value.fields["happened_at"][0] == "happened.late"
    with pytest.raises(FormError) as wrong:
        correct(course, "first_contact", course.now + timedelta(days=3))
    assert wrong.value.fields["happened_at"][0] == "form.not_future"


def test_a_correction_that_changes_nothing_is_said_at_its_field(course: Course) -> None:
    walked(course, "call")
    with pytest.raises(FormError) as wrong:
        correct(course, "first_contact", last(course, "first_contact").happened_at)
    assert wrong.value.fields["happened_at"][0] == "correct.nothing"


def test_an_answer_corrected_into_another_takes_back_what_followed(course: Course) -> None:
    walked(course, "agreements")
    moment = last(course, "supportability").happened_at
    assert course.step("agreements").state == "open"
    given = step_answer.Answer(happened_at=moment, choice="needs_longer", until=date(2027, 3, 1))
    correct(course, "supportability", moment, answer=given)
    assert course.step("supportability").state == "open"
    assert course.step("agreements").state == "waiting"
    found = course.deadline("supportability")
    assert found is not None
    assert (found.state, found.due_on) == ("open", date(2027, 3, 1))
    rows_equal_a_fresh_computation(course)


def test_an_approval_corrected_into_a_revision_opens_the_submission(course: Course) -> None:
    walked(course, "live_access")
    moment = last(course, "review").happened_at
    given = step_answer.Answer(happened_at=moment, choice="revision", note="Show the fees")
    correct(course, "review", moment, note="Show the fees", answer=given)
    assert (course.step("submission").state, course.step("submission").round) == ("open", 2)
    assert course.step("live_access").state == "waiting"
    rows_equal_a_fresh_computation(course)


def test_a_revision_corrected_after_the_next_round_was_sent_keeps_that_round(course: Course) -> None:
    walked(course, "review")
    course.now += timedelta(days=5)
    course.answer("review", "revision", note="Show the fees")
    course.now += timedelta(days=3)
    course.finish("submission")
    asked = last(course, "review")
    moment = asked.happened_at - timedelta(days=2)
    correct(course, "review", moment, answer=step_answer.Answer(moment, "revision"), note="Show all fees")
    assert (course.step("submission").state, course.step("review").state) == ("done", "open")
    assert last(course, "review").happened_at == moment
    first = course.rows(Submission)[0]
    assert (first.state, first.answered_at, first.words) == ("revision", moment, "Show all fees")
    course.now += timedelta(days=2)
    with pytest.raises(FormError):
        correct(course, "review", course.now, answer=step_answer.Answer(course.now, "revision"), note="x")
    rows_equal_a_fresh_computation(course)


def test_corrected_capabilities_are_those_of_the_programme(course: Course) -> None:
    walked(course, "live_access")
    course.answer("live_access", capabilities=("issuing_virtual",), by="bank")
    moment = last(course, "live_access").happened_at
    wider = ("issuing_virtual", "issuing_physical")
    given = step_answer.Answer(happened_at=moment, choice="approved", capabilities=wider, by="bank")
    correct(course, "live_access", moment, answer=given)
    assert course.program.capabilities == list(wider)


def test_what_was_said_is_corrected_where_it_was_said(course: Course) -> None:
    walked(course, "intake_form")
    course.finish("intake_form")
    said = last(course, "intake_form").notice_id
    undo(course, "intake_form")
    amended = next(row for row in course.outbox("notice") if row.id == said)
    assert amended.view == "step.done"
    assert amended.correction is not None
    assert '"what":"undone"' in amended.correction


def test_of_two_people_who_correct_the_same_step_one_is_told_what_changed(course: Course) -> None:
    walked(course, "call")
    course.now += timedelta(days=1)
    found = last(course, "first_contact")
    moments = {MARC: found.happened_at + timedelta(days=1), ADA: found.happened_at - timedelta(days=1)}
    gate, told = threading.Barrier(2), {}

    def run(who: Asker) -> None:
        gate.wait()
        try:
            given = Correction(happened_at=moments[who], note="", reason=WHY)
            course.do(correction.correct, who, found.id, given, course.now)
            told[who] = None
        except StaleError as error:
            told[who] = error

    threads = [threading.Thread(target=run, args=(who,)) for who in moments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [who for who, error in told.items() if error is None]
    assert len(winners) == 1
    lost = next(error for error in told.values() if error is not None)
    assert lost.key == "changed.corrected"
    zone = course.program.zone
    assert lost.values["who"] == winners[0].user
    assert lost.values["before_on"] == day(found.happened_at, zone)
    assert lost.values["now_on"] == day(moments[winners[0]], zone)
    assert last(course, "first_contact").happened_at == moments[winners[0]]


ACTS: list[tuple[str, Callable[[Course], Any]]] = [
    ("undo", lambda course: undo(course, "intake_form")),
    ("reopen", lambda course: reopen(course, "intake_form")),
    ("correct", lambda course: correct(course, "intake_form", course.now)),
]


@pytest.mark.parametrize(("name", "act"), ACTS)
def test_nothing_is_taken_back_while_the_programme_stands_still(
    course: Course, name: str, act: Callable[[Course], Any]
) -> None:
    walked(course, "intake_form")
    course.finish("intake_form")
    course.do(onboarding.pause, MARC, course.program_id, "holiday", course.now)
    with pytest.raises(GantryError) as still:
        act(course)
    assert still.value.key == "program.is_paused", name


def test_what_is_entered_late_is_marked_in_the_audit(course: Course) -> None:
    walked(course, "intake_form")
    course.now += timedelta(days=9)
    course.finish("intake_form", happened_at=course.now - timedelta(days=4))
    course.answer("first_contact")
    found = {row.subject: row.after for row in course.rows(AuditEntry) if row.tag.startswith("step:")}
    assert found["P-1/intake_form"]["late"] is True
    assert "late" not in found["P-1/first_contact"]
    assert found["P-1/intake_form"]["happened_at"] == (course.now - timedelta(days=4)).isoformat()
    assert found["P-1/intake_form"]["recorded_at"] == course.now.isoformat()


def test_a_pause_moves_the_dates_by_the_days_it_lasted(course: Course) -> None:
    walked(course, "intake_form")
    course.now = datetime(2026, 12, 1, 16, tzinfo=UTC)
    course.finish("intake_form")
    before = course.deadline("first_contact")
    assert before is not None
    assert before.due_on == date(2026, 12, 6)
    course.now += timedelta(days=2)
    course.do(onboarding.pause, MARC, course.program_id, "holiday", course.now)
    stopped = course.deadline("first_contact")
    assert stopped is not None
    assert (stopped.state, stopped.next_at) == ("stopped", None)
    course.now += timedelta(days=7)
    course.do(onboarding.resume, MARC, course.program_id, course.now)
    after = course.deadline("first_contact")
    assert after is not None
    assert (after.state, after.due_on) == ("open", date(2026, 12, 13))
    assert [reason for _, reason in after.skipped] == ["programme paused"] * 7
    rows_equal_a_fresh_computation(course)


def test_undoing_an_answer_lets_the_round_wait_for_stripe_again(course: Course) -> None:
    walked(course, "review")
    course.answer("review", "revision", note="Show the fees", changes={"review_fees/fee_list": "all of them"})
    assert [one.state for one in course.rows(Submission)] == ["revision"]
    undo(course, "review")
    [made] = course.rows(Submission)
    assert (made.state, made.words, made.answered_at) == ("sent", None, None)
    assert [(one.result, one.change) for one in course.rows(SubmissionItem)] == []
    course.answer("review")
    assert [one.state for one in course.rows(Submission)] == ["approved"]


def test_a_corrected_day_of_sending_is_that_of_its_round(course: Course) -> None:
    walked(course, "review")
    course.now += timedelta(days=3)
    course.answer("review", "revision", note="Show the fees")
    course.now += timedelta(days=3)
    course.finish("submission")
    course.now += timedelta(days=2)
    moment = last(course, "submission").happened_at - timedelta(days=1)
    correct(course, "submission", moment)
    newest = course.rows(Submission)[-1]
    assert newest.sent_on == day(moment, course.program.zone)


def test_the_day_of_the_call_follows_its_correction(course: Course) -> None:
    walked(course, "call")
    first = course.now
    course.finish("call", outcome={"met_on": day(first, course.program.zone).isoformat()})
    course.now += timedelta(days=2)
    correct(course, "call", first + timedelta(days=1))
    moved = day(first + timedelta(days=1), course.program.zone).isoformat()
    assert course.step("call").outcome == {"met_on": moved}


def test_a_correction_is_corrected_again_and_not_undone(course: Course) -> None:
    walked(course, "call")
    course.now += timedelta(days=1)
    correct(course, "first_contact", last(course, "first_contact").happened_at, note="They liked it")
    with pytest.raises(StaleError) as refused:
        undo(course, "first_contact", MARC)
    assert refused.value.key == "undo.corrected"
    correct(course, "first_contact", last(course, "first_contact").happened_at, note="They liked it a lot")
    assert course.step("first_contact").note == "They liked it a lot"
