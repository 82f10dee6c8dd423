"""What Stripe can answer, and what each answer does."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from bot.domain.deadline import calendar_for, count
from bot.domain.error import FormError, RefusedError, StaleError
from bot.domain.plan import Answers
from bot.services import onboarding, step_answer
from storage.tables import AuditEntry, Evidence
from tests.support.course import BOTH, LENA, MARC, NOOR, Course, times


@pytest.fixture
def backend() -> str:
    """SQLite alone: the same rules on PostgreSQL are shown by test_start and test_step."""
    return "sqlite"


WALLETS = Answers("us", frozenset({"issuing"}), "embedded_finance", "none", True)

# step, answer: the state afterwards
PLAIN = [
    ("supportability", "supportable", "done"),
    ("supportability", "more_asked", "open"),
    ("supportability", "needs_longer", "open"),
    ("supportability", "declined", "blocked"),
    ("configuration", "configured", "done"),
    ("configuration", "more_asked", "open"),
    ("apple_pay", "approved", "done"),
    ("apple_pay", "more_asked", "open"),
    ("apple_pay", "declined", "blocked"),
    ("review", "approved", "done"),
    ("live_access", "approved", "done"),
    ("live_access", "more_asked", "open"),
    ("live_access", "declined", "blocked"),
    ("launch_approval", "approved", "done"),
    ("launch_approval", "more_asked", "open"),
]


@pytest.mark.parametrize(("key", "choice", "state"), PLAIN)
def test_an_answer_leaves_its_step_in_one_state(course: Course, key: str, choice: str, state: str) -> None:
    course.start(WALLETS)
    course.walk(until=key)
    course.answer(key, choice, note="what Stripe wrote")
    row = course.step(key)
    assert (row.state, row.outcome["choice"], row.note) == (state, choice, "what Stripe wrote")
    recorded = next(
        entry
        for entry in course.rows(AuditEntry)
        if entry.tag == "step:answer:recorded" and entry.subject == f"P-1/{key}"
    )
    assert recorded.after["choice"] == choice
    assert "Stripe wrote" not in str(recorded.after), "what was typed stays out of the audit"
    facts = json.loads(course.outbox("notice")[-1].facts or "{}")
    assert facts["outcome"]["choice"] == choice


def test_an_answer_that_stripe_cannot_give_is_refused_at_its_field(course: Course) -> None:
    course.start()
    course.walk(until="supportability")
    with pytest.raises(FormError) as wrong:
        course.answer("supportability", "perhaps")
    assert list(wrong.value.fields) == ["choice"]
    assert course.step("supportability").outcome == {}


def test_who_has_no_part_in_the_programme_records_nothing(course: Course) -> None:
    course.start()
    course.walk(until="first_contact")
    with pytest.raises(RefusedError):
        course.answer("first_contact", who=NOOR)


def test_an_answer_is_recorded_once(course: Course) -> None:
    course.start()
    course.walk(until="first_contact")
    course.answer("first_contact")
    with pytest.raises(StaleError) as stale:
        course.answer("first_contact")
    assert stale.value.key == "step.done_already"


def test_needing_longer_moves_the_date_to_the_one_stripe_named(course: Course) -> None:
    course.start()
    course.walk(until="supportability")
    before = course.deadline("supportability")
    until = date(2027, 1, 15)
    course.answer("supportability", "needs_longer", until=until)
    after = course.deadline("supportability")
    assert before is not None
    assert after is not None
    assert (after.due_on, after.unit, after.state, after.round) == (until, "date", "open", before.round + 1)
    assert after.due_at.astimezone().utctimetuple() > before.due_at.utctimetuple()
    assert times(row.state for row in [before, after]) == {"open": 2}, "read before and after"
    course.answer("supportability")
    met = course.deadline("supportability")
    assert met is not None
    assert met.state == "met"


def test_a_refusal_of_all_products_proposes_to_close_and_waits(course: Course) -> None:
    course.start(BOTH, manager=MARC.user)
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "no", "treasury": "other"}, note="no")
    assert course.step("first_contact").state == "blocked"
    assert course.program.state == "active", "people decide"
    facts = json.loads(course.outbox("notice")[-1].facts or "{}")
    assert facts["effect"] == "ask_close"
    assert course.step("call_preparation").state == "waiting"
    course.do(onboarding.cancel, MARC, course.program_id, "Stripe refused", course.now)
    assert course.program.state == "canceled"
    course.do(onboarding.reopen, MARC, course.program_id, course.now)
    assert (course.program.state, course.step("first_contact").state) == ("active", "open")
    course.answer("first_contact")
    assert course.step("call_preparation").state == "open"


def test_a_refusal_of_treasury_alone_drops_its_steps_and_goes_on(course: Course) -> None:
    course.start(BOTH, manager=MARC.user)
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "fits", "treasury": "no"})
    dropped = {key for key, state in course.states.items() if state == "dropped"}
    assert dropped == {"connected_accounts", "evidence_receipts", "first_financial_account"}
    assert course.program.products == ["issuing"]
    assert course.step("call_preparation").state == "open"
    assert times(course.tags())["step:drop:dropped"] == 3
    assert times(course.tags())["program:treasury:dropped"] == 1
    course.walk()
    assert course.program.state == "launched"


def test_reopening_takes_treasury_up_again(course: Course) -> None:
    course.start(BOTH, manager=MARC.user)
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "fits", "treasury": "no"})
    course.walk(until="production_build")
    course.do(onboarding.reopen, MARC, course.program_id, course.now)
    assert course.program.products == ["issuing", "treasury"]
    assert course.step("connected_accounts").state == "open", "what it needed is done"
    assert course.step("evidence_receipts").state == "waiting"
    course.walk()
    assert course.program.state == "launched"
    assert set(course.states.values()) == {"done"}


def test_a_launched_programme_stays_launched_when_treasury_is_taken_up(course: Course) -> None:
    course.start(BOTH, manager=MARC.user)
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "fits", "treasury": "no"})
    course.walk()
    launched = course.program.launched_at
    course.do(onboarding.reopen, MARC, course.program_id, course.now)
    assert course.program.launched_at == launched
    assert course.program.state == "launched"
    assert course.step("connected_accounts").state == "open"


def test_taking_treasury_up_does_not_resume_a_paused_programme(course: Course) -> None:
    course.start(BOTH, manager=MARC.user)
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "fits", "treasury": "no"})
    course.do(onboarding.pause, MARC, course.program_id, "budget", course.now)
    course.do(onboarding.reopen, MARC, course.program_id, course.now)
    assert course.program.state == "paused"
    assert course.program.products == ["issuing", "treasury"]


def test_a_revision_opens_the_submission_again_and_starts_a_second_round(course: Course) -> None:
    course.start()
    course.walk(until="review")
    first = course.deadline("review")
    course.answer("review", "revision", note="Show the fees on the first page")
    submission, review = course.step("submission"), course.step("review")
    assert (submission.state, submission.round, submission.happened_at) == ("open", 2, None)
    assert (review.state, review.round, review.outcome) == ("waiting", 2, {"choice": "revision"})
    assert course.tags()[-3:] == ["step:answer:recorded", "submission:answer:revision", "step:reopen:open"]
    met = course.deadline("review")
    assert met is not None
    assert met.state == "met"
    course.now += timedelta(days=3)
    course.finish("submission")
    review, second = course.step("review"), course.deadline("review")
    assert review.state == "open"
    assert first is not None
    assert second is not None
    assert (second.round, second.state, second.started_at) == (first.round + 1, "open", course.now)
    counted = count(course.now, course.program.zone, 14, "calendar_days", calendar_for("stripe", "us"))
    assert second.due_on == counted.due_on
    for _ in range(2):
        course.answer("review", "revision", note="again")
        course.finish("submission")
    course.answer("review")
    assert (course.step("review").round, course.step("review").state) == (4, "done")
    assert course.step("live_access").state == "open"


def test_evidence_stays_when_a_revision_is_asked(course: Course) -> None:
    course.start()
    course.walk(until="review")
    before = len(course.rows(Evidence))
    course.answer("review", "revision", note="again")
    assert len(course.rows(Evidence)) == before > 0


def test_approval_makes_the_programme_live_with_what_was_approved(course: Course) -> None:
    course.start()
    course.walk(until="live_access")
    happened, course.now = course.now, course.now + timedelta(hours=5)
    course.answer("live_access", happened_at=happened, capabilities=("issuing_virtual",), by="bank")
    program = course.program
    assert (program.live_at, program.capabilities, program.state) == (happened, ["issuing_virtual"], "active")
    entry = next(entry for entry in course.rows(AuditEntry) if entry.tag == "program:live:approved")
    assert entry.after["by"] == "bank"
    assert course.step("first_card").state == "open"


def test_asking_for_more_keeps_the_clock(course: Course) -> None:
    course.start()
    course.walk(until="first_contact")
    before = course.deadline("first_contact")
    course.walk(until="supportability")
    course.answer("supportability", "more_asked", note="What is it for?")
    after = course.deadline("supportability")
    assert before is not None
    assert after is not None
    assert (after.state, after.round) == ("open", 1)


def test_a_later_yes_ends_a_step_that_was_declined(course: Course) -> None:
    course.start()
    course.walk(until="supportability")
    course.answer("supportability", "declined", note="no")
    course.answer("supportability")
    assert course.step("supportability").state == "done"
    assert course.step("agreements").state == "open"


def test_a_declined_step_that_stripe_takes_up_again_is_open(course: Course) -> None:
    course.start()
    course.walk(until="supportability")
    course.answer("supportability", "declined", note="no")
    course.answer("supportability", "needs_longer", until=date(2027, 1, 15))
    assert course.step("supportability").state == "open", "we wait for Stripe again"


def test_what_happened_is_dated_by_the_person_and_recorded_now(course: Course) -> None:
    course.start()
    course.walk(until="first_contact")
    happened, course.now = course.now, course.now + timedelta(days=1)
    course.answer("first_contact", happened_at=happened)
    row = course.step("first_contact")
    assert (row.happened_at, row.recorded_at, row.done_by) == (happened, course.now, LENA.user)


def test_an_answer_needs_no_form_of_ours(course: Course) -> None:
    given = step_answer.Answer(happened_at=course.now)
    assert (given.choice, given.fit, given.note, given.until) == ("", None, "", None)
