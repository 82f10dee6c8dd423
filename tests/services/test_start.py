from __future__ import annotations

import pytest

from bot import plans
from bot.domain import onboarding as rules
from bot.domain.error import RefusedError
from bot.domain.plan import Answers, from_json, steps_for
from bot.services import deadline
from bot.services.walk import plan_of
from storage import Database
from storage.queries import program as programs
from storage.tables import AuditEntry, Deadline, OutboxMessage, Plan, Program, Step, Thread
from tests.support.course import CLAIRE, EVERYTHING, GUS, TEAM, USUAL, Course, name_of, wide

WALKED = [
    USUAL,
    EVERYTHING,
    Answers("eu", frozenset({"issuing"}), "b2b_payments", "custom", True),
    Answers("uk", frozenset({"issuing"}), "expense_management"),
]
CHOICES = list(wide())


@pytest.mark.parametrize("answers", CHOICES, ids=name_of)
def test_every_choice_starts_with_its_steps_and_opens_the_first(course: Course, answers: Answers) -> None:
    course.start(answers)
    wanted = steps_for(plans.load(answers.variant), answers)
    with course.seen() as (_, walk):
        rows = sorted(walk.rows.values(), key=lambda row: row.position)
    assert [row.key for row in rows] == [step.id for step in wanted]
    first = {step.id for step in wanted if not step.needs}
    assert {row.key for row in rows if row.state == "open"} == first
    assert {row.state for row in rows if row.key not in first} == {"waiting"}
    assert all((row.opened_at is not None) == (row.state == "open") for row in rows)


@pytest.mark.parametrize("answers", WALKED, ids=name_of)
def test_every_variant_walks_from_the_form_to_launch(course: Course, answers: Answers) -> None:
    course.start(answers)
    course.walk()
    assert course.program.state == "launched"
    assert course.program.launched_at == course.now
    assert set(course.states.values()) == {"done"}
    lasting = [row for row in course.rows(Deadline) if row.subject == "duty"]
    assert {row.state for row in lasting} <= {"open"}, "what lasts has its next date"
    others = {row.state for row in course.rows(Deadline) if row not in lasting}
    assert others == {"met"}, "no clock of a step runs after launch"


def test_a_start_puts_one_board_and_one_notice(course: Course) -> None:
    course.start()
    board, notice = course.outbox()
    assert (board.kind, board.view, board.channel) == ("board", "program", "C0CARDS")
    assert (notice.kind, notice.view) == ("notice", "program.started")
    assert board.thread_id == notice.thread_id
    assert [(thread.subject, thread.ts) for thread in course.rows(Thread)] == [("program", "")]


def test_a_start_is_in_the_audit_without_anything_that_was_typed(course: Course) -> None:
    course.start(name="Zebra & Sons", purpose="Cards for zebras", contact_email="zoe@example.com")
    entry = course.rows(AuditEntry)[0]
    assert (entry.tag, entry.subject, entry.actor, entry.at) == (
        "program:start:active",
        "P-1",
        course.lead.user,
        course.now,
    )
    said = f"{entry.before}{entry.after}".casefold()
    assert not [word for word in ("zebra", "zoe") if word in said]


def test_references_count_within_each_workspace(database: Database) -> None:
    ours, theirs = Course(database), Course(database, lead=CLAIRE)
    theirs.lead = type(CLAIRE)(team="T0OTHER", user="U0CLAIRE", role="member")
    refs = [course.start().program.ref for course in (ours, ours, theirs, ours)]
    assert refs == ["P-1", "P-2", "P-1", "P-3"]


def test_a_programme_keeps_the_plan_it_started_with(course: Course) -> None:
    course.start()
    with course.seen() as (session, walk):
        body = programs.plan(session, walk.program.plan)
    assert from_json(body) == plans.load("embedded_finance")
    assert plan_of(body) == plans.load("embedded_finance")


def test_the_same_plan_is_stored_once(course: Course) -> None:
    course.start()
    course.start()
    assert [row.sha256 for row in course.rows(Plan)] == [course.program.plan]


def test_a_guest_starts_nothing(course: Course) -> None:
    course.lead = GUS
    with pytest.raises(RefusedError) as refused:
        course.start()
    assert refused.value.key == "refused.guest_nobody"
    assert not course.rows(Program)
    assert not course.rows(OutboxMessage)
    assert not course.rows(AuditEntry)
    assert not course.rows(Step)


PLACES = [
    ("us", "US", "America/Chicago", ("US", "America/Chicago")),
    ("us", "US", "UTC", ("US", "America/New_York")),
    ("us", "FR", "Europe/Paris", ("US", "America/New_York")),
    ("uk", "GB-SCT", "Europe/London", ("GB-SCT", "Europe/London")),
    ("uk", "US", "America/Chicago", ("GB-ENG", "Europe/London")),
    ("eu", "FR", "Europe/Paris", ("FR", "Europe/Paris")),
    ("eu", "DE", "UTC", ("DE", "Europe/Paris")),
    ("eu", "US", "America/Chicago", ("", "Europe/Paris")),
]


@pytest.mark.parametrize(("region", "country", "zone", "wanted"), PLACES)
def test_zone_and_country_are_those_of_the_settings_within_the_region(
    region: str, country: str, zone: str, wanted: tuple[str, str]
) -> None:
    assert deadline.place(region, country, zone) == wanted


@pytest.mark.parametrize("answers", CHOICES, ids=name_of)
def test_every_plan_names_a_duty_for_its_launch(answers: Answers) -> None:
    plan = plans.load(answers.variant)
    steps = {step.id: step for step in steps_for(plan, answers)}
    duties = {duty for duty in plan.duties if duty in steps}
    assert duties
    assert duties <= set(steps[rules.LAUNCH].needs), "launch waits for every duty that the programme has"


@pytest.mark.postgres
def test_rows_belong_to_their_workspace(course: Course) -> None:
    course.start()
    tables = (Program, Step, Thread, OutboxMessage, AuditEntry)
    assert {row.team for table in tables for row in course.rows(table)} == {TEAM}
