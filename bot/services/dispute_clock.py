"""The clocks of disputes: until when to submit, and what has to follow once one has ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot import text
from bot.domain import dispute as rules
from bot.domain.deadline import count
from bot.services import case_clock, dispute_case
from bot.services.subject import Act, Subject
from bot.services.subject import Case as CaseSubject
from storage import Session
from storage.queries import dispute as rows
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.queries.calendar import closing_days
from storage.tables import Deadline, Program
from storage.tables_dispute import Dispute

SUBMIT, TASK = "dispute", "dispute_task"
DAYS: Final = {"reimburse": rules.REIMBURSE_DAYS, "review": rules.REVIEW_DAYS}


def settle(session: Session, row: Dispute, now: datetime) -> None:
    """Bring the deadline to submit a dispute to where its evidence and its state say."""
    before = programs.deadline_of(session, row.id, SUBMIT)
    running = before is not None and before.state == "open"
    if row.state not in rules.UNSUBMITTED:
        if running:
            ended = "dropped" if row.state in {"dropped", "expired"} else "met"
            case_clock.end(session, SUBMIT, row.id, ended)
        return
    case = dispute_case.of(session, row, now)
    row.due_on = case.due_on
    session.add(row)
    if case.due_on is None or (before is not None and running and before.due_on == case.due_on):
        return
    case_clock.on_day(
        session,
        team=row.team,
        subject=SUBMIT,
        subject_id=row.id,
        ladder="dispute",
        program=case.program,
        zone=dispute_case.zone_of(case.program),
        due_on=case.due_on,
        source=rules.SOURCE,
        at=now,
        now=now,
    )


def start_task(session: Session, row: Dispute, now: datetime) -> None:
    """Start the clock of what a dispute asks for, in business days of its calendar."""
    case = dispute_case.of(session, row, now)
    zone, length = dispute_case.zone_of(case.program), DAYS[row.task]
    closed = closing_days(session, row.team)
    case_clock.start(
        session,
        team=row.team,
        subject=TASK,
        subject_id=row.id,
        ladder="dispute_task",
        program=case.program,
        counted=count(now, zone, length, "business_days", case.calendar, closed),
        length=length,
        unit="business_days",
        zone=zone,
        source=rules.SOURCE if row.task == "reimburse" else "",
        at=now,
        now=now,
    )


def read(session: Session, deadlines: Sequence[Deadline]) -> Mapping[int, Subject]:
    """Return the disputes of these deadlines, by the number of the deadline."""
    found = rows.by_ids(session, [row.subject_id for row in deadlines])
    return {row.id: _subject(session, row, found[row.subject_id]) for row in deadlines}


def _subject(session: Session, deadline: Deadline, row: Dispute) -> CaseSubject:
    board = threads.of(session, SUBMIT, row.id)
    assert board is not None, "a dispute is opened with its board"  # noqa: S101 - the service does both
    what = row.task if deadline.subject == TASK else "submit"
    case_program = session.get(Program, deadline.program_id) if deadline.program_id else None
    return CaseSubject(
        session,
        ref=row.ref,
        kind=deadline.subject,
        number=row.id,
        owner=row.by or (case_program.lead if case_program else ""),
        program=case_program,
        titles={
            language: text.say(language, f"dispute_due.{what}", ref=row.ref) for language in text.LANGUAGES
        },
        thread=board,
        spoken=row.language,
        acts=(Act("open", "dispute.show", str(row.id), primary=True),),
    )


def end_task(session: Session, row: Dispute) -> None:
    """End the clock of what a dispute asked for."""
    case_clock.end(session, TASK, row.id)
