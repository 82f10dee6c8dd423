"""Clocks of cases (complaints, disputes, cards): stored like those of steps, and told by the same ladders."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.deadline import Counted, end_of_day
from bot.services.deadline import replace
from storage import Session
from storage.queries import program as programs
from storage.tables import Deadline, Program


def start(
    session: Session,
    *,
    team: str,
    subject: str,
    subject_id: int,
    ladder: str,
    program: Program | None,
    counted: Counted,
    length: int,
    unit: str,
    zone: str,
    source: str,
    at: datetime,
    now: datetime,
) -> Deadline:
    """Start a clock that was counted, or put it in the place of the one that ran; one runs for a subject.

    Args:
        session: the caller's transaction.
        team: the workspace.
        subject: a name of `bot.services.reminder_subject.READERS`; two clocks of one case are two subjects.
        subject_id: the number of the case.
        ladder: a name of `bot/plans/ladders.toml`.
        program: its programme, if it has one.
        counted: as `bot.domain.deadline.count` gave it.
        length: of the clock, in `unit`.
        unit: business_days · calendar_days.
        zone: in which it was counted.
        source: the address of the rule, or its name.
        at: when it started.
        now: business time; reminders count from now on.
    """
    return replace(
        session,
        Deadline(
            team=team,
            subject=subject,
            subject_id=subject_id,
            program_id=program.id if program else None,
            ladder=ladder,
            rule=counted.rule,
            length=length,
            unit=unit,
            started_at=at,
            calendar=counted.calendar,
            zone=zone,
            due_on=counted.due_on,
            due_at=counted.due_at,
            skipped=[[day.isoformat(), reason] for day, reason in counted.skipped],
            source=source,
        ),
        now,
    )


def begin_emergency(
    session: Session,
    *,
    team: str,
    subject: str,
    subject_id: int,
    ladder: str,
    program: Program | None,
    zone: str,
    at: datetime,
    now: datetime,
) -> Deadline:
    """Start a ladder of minutes: each rung calls its role at any hour, until it is taken or ended."""
    return on_day(
        session,
        team=team,
        subject=subject,
        subject_id=subject_id,
        ladder=ladder,
        program=program,
        zone=zone,
        due_on=at.astimezone(ZoneInfo(zone)).date(),
        source="",
        at=at,
        now=now,
    )


def on_day(
    session: Session,
    *,
    team: str,
    subject: str,
    subject_id: int,
    ladder: str,
    program: Program | None,
    zone: str,
    due_on: date,
    source: str,
    at: datetime,
    now: datetime,
) -> Deadline:
    """Start a clock that ends on a day which somebody named, or which another rule gave."""
    return replace(
        session,
        Deadline(
            team=team,
            subject=subject,
            subject_id=subject_id,
            program_id=program.id if program else None,
            ladder=ladder,
            rule="date",
            length=0,
            unit="date",
            started_at=at,
            calendar="",
            zone=zone,
            due_on=due_on,
            due_at=end_of_day(due_on, zone),
            source=source,
        ),
        now,
    )


def end(session: Session, subject: str, subject_id: int, state: str = "met") -> None:
    """End the clock of a case: *met*, or *dropped* when its reason is gone."""
    programs.close_deadlines(session, subject_id, state, (subject,))
