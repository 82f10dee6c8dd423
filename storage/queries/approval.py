"""Queries about the approvals of many programmes at once: each is asked once, however many there are."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final, Protocol, cast

from sqlalchemy import bindparam, union_all
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from storage.plain import run
from storage.tables import Deadline, DutyRecord, Step, Thread
from storage.tables_submission import Submission

_STEPS: Final = (
    columns(
        *(col(Step.id), col(Step.program_id), col(Step.key), col(Step.state), col(Step.assignee)),
        *(col(Step.deputy), col(Step.opened_at), col(Step.happened_at), col(Step.done_by)),
        *(col(Step.outcome), col(Step.note), col(Step.look_again_on)),
    )
    .where(col(Step.program_id).in_(bindparam("programs", expanding=True)))
    .order_by(col(Step.program_id), col(Step.position))
)
_DATES: Final = columns(
    *(col(Deadline.subject_id), col(Deadline.due_at), col(Deadline.due_on), col(Deadline.about)),
    *(col(Deadline.ladder), col(Deadline.calendar), col(Deadline.zone)),
).where(
    col(Deadline.program_id).in_(bindparam("programs", expanding=True)),
    col(Deadline.subject) == "step",
    col(Deadline.state) == "open",
)
_ROUNDS: Final = (
    columns(
        *(col(Submission.program_id), col(Submission.number), col(Submission.state)),
        *(col(Submission.sent_on), col(Submission.answered_at), col(Submission.answered_by)),
    )
    .where(
        col(Submission.program_id).in_(bindparam("programs", expanding=True)),
        col(Submission.state) != "replaced",
    )
    .order_by(col(Submission.id))
)
_ROOT: Final = aliased(Thread)
_MESSAGES: Final = union_all(
    columns(col(Thread.subject), col(Thread.subject_id), col(Thread.channel), col(Thread.ts)).where(
        col(Thread.subject) == "program",
        col(Thread.subject_id).in_(bindparam("programs", expanding=True)),
        col(Thread.ts) != "",
    ),
    columns(col(Thread.subject), col(Thread.subject_id), col(Thread.channel), col(Thread.ts))
    .join(_ROOT, col(_ROOT.id) == col(Thread.parent_id))
    .where(
        col(_ROOT.subject) == "program",
        col(_ROOT.subject_id).in_(bindparam("programs", expanding=True)),
        col(Thread.subject) == "step",
        col(Thread.ts) != "",
    ),
)
_LAST_DONE: Final = (
    columns(col(DutyRecord.step_id), col(DutyRecord.on))
    .where(col(DutyRecord.step_id).in_(bindparam("steps", expanding=True)))
    .order_by(col(DutyRecord.on))
)


class StepRow(Protocol):
    """What decides how an approval stands, of one step."""

    id: int
    program_id: int
    key: str
    state: str
    assignee: str
    deputy: str
    opened_at: datetime | None
    happened_at: datetime | None
    done_by: str
    outcome: dict[str, Any]
    note: str | None
    look_again_on: date | None


class DateRow(Protocol):
    """The open deadline of a step."""

    subject_id: int
    due_at: datetime
    due_on: date
    about: bool
    ladder: str
    calendar: str
    zone: str


class RoundRow(Protocol):
    """One round of a submission, without what it holds."""

    program_id: int
    number: int
    state: str
    sent_on: date | None
    answered_at: datetime | None
    answered_by: str


def steps(session: Session, programs: Collection[int]) -> dict[int, dict[str, StepRow]]:
    """Return the steps of these programmes by key, in the order of their plans."""
    found: dict[int, dict[str, StepRow]] = {program: {} for program in programs}
    for row in run(session, _STEPS, programs=list(programs)):
        found[row.program_id][row.key] = cast("StepRow", row)
    return found


def dates(session: Session, programs: Collection[int]) -> dict[int, DateRow]:
    """Return the open deadlines of the steps of these programmes, by step."""
    return {row.subject_id: cast("DateRow", row) for row in run(session, _DATES, programs=list(programs))}


def rounds(session: Session, programs: Collection[int]) -> dict[int, list[RoundRow]]:
    """Return the rounds of these programmes that stand, oldest first."""
    found: dict[int, list[RoundRow]] = {program: [] for program in programs}
    for row in run(session, _ROUNDS, programs=list(programs)):
        found[row.program_id].append(cast("RoundRow", row))
    return found


def messages(session: Session, programs: Collection[int]) -> dict[tuple[str, int], tuple[str, str]]:
    """Return where the boards of these programmes and the messages of their steps are.

    By subject and id: channel and `ts`.
    """
    found = run(session, _MESSAGES, programs=list(programs))
    return {(row.subject, row.subject_id): (row.channel, row.ts) for row in found}


def last_done(session: Session, steps_: Sequence[int]) -> dict[int, date]:
    """Return when these lasting duties were done last."""
    found = run(session, _LAST_DONE, steps=list(steps_)) if steps_ else ()
    return {row.step_id: row.on for row in found}
