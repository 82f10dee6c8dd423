"""Queries about how long finished steps took, and what reminders are put off."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final, Protocol, cast

from sqlalchemy import bindparam, func
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, exists, select

from storage.plain import run
from storage.tables import Deadline, Program, Step
from storage.tables_reminder import Snooze


class Aimed(Protocol):
    """A finished step of ours with the aim it had."""

    started_at: datetime
    happened_at: datetime
    length: int
    calendar: str
    zone: str


class Took(Protocol):
    """A finished step with the moments between which it could be worked on."""

    key: str
    opened_at: datetime
    happened_at: datetime
    zone: str


class Due(Protocol):
    """An open or stopped deadline of a step; of unit `date` when Stripe named it."""

    subject_id: int
    state: str
    unit: str
    started_at: datetime
    due_on: date
    due_at: datetime


_OPEN: Final = (
    columns(
        *(col(Deadline.subject_id), col(Deadline.state), col(Deadline.unit)),
        *(col(Deadline.started_at), col(Deadline.due_on), col(Deadline.due_at)),
    )
    .where(
        col(Deadline.program_id) == bindparam("program"),
        col(Deadline.subject) == "step",
        col(Deadline.state).in_(("open", "stopped")),
    )
    .order_by(col(Deadline.due_at), col(Deadline.id))
)


def aimed(session: Session, team: str, limit: int) -> Sequence[Aimed]:
    """Return the steps of a team that were finished last and had an aim of ours, newest first."""
    newer = aliased(Deadline)
    later = exists().where(
        col(newer.subject) == "step",
        col(newer.subject_id) == col(Deadline.subject_id),
        col(newer.round) > col(Deadline.round),
    )
    found = run(
        session,
        columns(
            *(col(Deadline.started_at), col(Step.happened_at), col(Deadline.length)),
            *(col(Deadline.calendar), col(Deadline.zone)),
        )
        .join(Step, and_(col(Step.id) == col(Deadline.subject_id), col(Deadline.subject) == "step"))
        .where(
            col(Step.team) == team,
            col(Step.state) == "done",
            col(Step.happened_at).is_not(None),
            col(Deadline.ladder) == "aim",
            col(Deadline.unit) == "business_days",
            ~later,
        )
        .order_by(col(Step.happened_at).desc(), col(Step.id).desc())
        .limit(limit),
    ).all()
    return cast("Sequence[Aimed]", found)


def took(session: Session, team: str, keys: Collection[str], limit: int) -> Sequence[Took]:
    """Return when these steps of a team opened and ended in any programme, newest first.

    What was done before a programme started here has no opening, and is left out.
    """
    found = run(
        session,
        columns(col(Step.key), col(Step.opened_at), col(Step.happened_at), col(Program.zone))
        .join(Program, col(Program.id) == col(Step.program_id))
        .where(
            col(Step.team) == team,
            col(Step.key).in_(keys),
            col(Step.state) == "done",
            col(Step.opened_at).is_not(None),
            col(Step.happened_at).is_not(None),
        )
        .order_by(col(Step.happened_at).desc(), col(Step.id).desc())
        .limit(limit),
    ).all()
    return cast("Sequence[Took]", found)


def open_dates(session: Session, program_id: int) -> Sequence[Due]:
    """Return the deadlines of a programme's steps that are open or stopped by a pause, earliest first."""
    return cast("Sequence[Due]", run(session, _OPEN, program=program_id).all())


def asleep(session: Session, team: str, today: date) -> Sequence[tuple[Snooze, Step]]:
    """Return the steps about which nobody wants to hear before a later day, the nearest day first."""
    newest = (
        select(func.max(Snooze.id))
        .where(Snooze.team == team)
        .group_by(col(Snooze.subject), col(Snooze.subject_id))
    )
    found = session.exec(
        select(Snooze, Step)
        .join(Step, col(Step.id) == col(Snooze.subject_id))
        .join(Deadline, col(Deadline.id) == col(Snooze.deadline_id))
        .where(
            Deadline.state == "open",
            col(Snooze.id).in_(newest),
            Snooze.state == "asleep",
            col(Snooze.until) > today,
            col(Snooze.subject).in_(("step", "duty", "look_again")),
        )
        .order_by(col(Snooze.until), col(Snooze.id))
    ).all()
    return [(snooze, step) for snooze, step in found]
