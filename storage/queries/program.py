"""Queries about programmes, their steps, deadlines and evidence."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import bindparam
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select, update

from storage.queries import claim as rows
from storage.tables import Deadline, Evidence, File, Plan, Program, Step, Thread

RUNNING = ("active", "paused")

# Statements of every click are built once: building one costs more than running it.
_LOCK: Final = (
    select(Program)
    .where(Program.id == bindparam("program"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_STEPS: Final = select(Step).where(Step.program_id == bindparam("program")).order_by(col(Step.position))
_DEADLINE: Final = (
    select(Deadline)
    .where(Deadline.subject == "step", Deadline.subject_id == bindparam("step"))
    .order_by(col(Deadline.round).desc())
)


def lock(session: Session, program_id: int) -> Program | None:
    """Return a programme, locked until the commit: whoever changes it comes one after the other."""
    return session.exec(_LOCK, params={"program": program_id}).first()


def all_of(session: Session, team: str) -> Sequence[Program]:
    """Return every programme of the workspace, running ones first, then by number."""
    found = session.exec(select(Program).where(Program.team == team).order_by(col(Program.id))).all()
    return sorted(found, key=lambda program: program.state not in RUNNING)


def in_channel(session: Session, team: str, channel: str) -> Sequence[Program]:
    """Return the programmes that live in this channel, in the order they started."""
    return session.exec(
        select(Program).where(Program.team == team, Program.channel == channel).order_by(col(Program.id))
    ).all()


def of_thread(session: Session, thread: Thread) -> Program | None:
    """Return the programme a board or a step message belongs to."""
    if thread.subject == "program":
        return session.get(Program, thread.subject_id)
    step = session.get(Step, thread.subject_id)
    return session.get(Program, step.program_id) if step else None


def plan(session: Session, sha256: str) -> str:
    """Return the canonical text of a stored plan."""
    return session.exec(select(Plan.body).where(Plan.sha256 == sha256)).one()


def steps(session: Session, program_id: int) -> Sequence[Step]:
    """Return the steps of a programme in the order of its plan."""
    return session.exec(_STEPS, params={"program": program_id}).all()


def step(session: Session, step_id: int) -> Step | None:
    """Return one step."""
    return session.get(Step, step_id)


def steps_by_id(session: Session, step_ids: Sequence[int]) -> dict[int, Step]:
    """Return these steps by their number."""
    found = session.exec(select(Step).where(col(Step.id).in_(step_ids))).all()
    return {row.id: row for row in found}


def move_step(session: Session, step_id: int, *, states: Sequence[str], **values: object) -> bool:
    """Change a step that is still in one of these states; false when somebody was first."""
    session.flush()
    moved = rows.changed_one(
        session,
        update(Step)
        .where(col(Step.id) == step_id, col(Step.state).in_(states))
        .values(**values)
        .execution_options(synchronize_session=False),
    )
    if not moved:
        return False
    held = session.get(Step, step_id)  # this one row, instead of a look at each row of the session
    for name, value in values.items():
        set_committed_value(held, name, value)
    return True


def deadline_of(session: Session, step_id: int) -> Deadline | None:
    """Return the newest deadline of a step."""
    return session.exec(_DEADLINE, params={"step": step_id}).first()


def open_dates(session: Session, program_id: int) -> dict[int, date]:
    """Return the due dates of a programme's steps by step id, those that a pause has stopped included."""
    found = session.exec(
        select(col(Deadline.subject_id), col(Deadline.due_on)).where(
            Deadline.program_id == program_id,
            Deadline.subject == "step",
            col(Deadline.state).in_(("open", "stopped")),
        )
    ).all()
    return dict(found)


def close_deadlines(session: Session, step_id: int, state: str) -> None:
    """End the open deadlines of a step."""
    session.flush()
    session.exec(
        update(Deadline)
        .where(
            col(Deadline.subject) == "step",
            col(Deadline.subject_id) == step_id,
            col(Deadline.state).in_(("open", "stopped")),
        )
        .values(state=state, next_at=None)
    )


def upcoming(session: Session, limit: int) -> Sequence[tuple[Deadline, Step, Program]]:
    """Return the next open deadlines of active programmes with their step and programme."""
    found = session.exec(
        select(Deadline, Step, Program)
        .join(Step, col(Step.id) == col(Deadline.subject_id))
        .join(Program, col(Program.id) == col(Deadline.program_id))
        .where(Deadline.state == "open", Program.state == "active")
        .order_by(col(Deadline.due_at))
        .limit(limit)
    ).all()
    return [(deadline, step_, program) for deadline, step_, program in found]


def evidence(session: Session, step_ids: Sequence[int]) -> Sequence[tuple[Evidence, File | None]]:
    """Return the evidence of these steps, oldest first, with the stored file."""
    found = session.exec(
        select(Evidence, File)
        .outerjoin(File, col(File.id) == col(Evidence.file_id))
        .where(col(Evidence.step_id).in_(step_ids))
        .order_by(col(Evidence.id))
    ).all()
    return [(row, file) for row, file in found]


def evidence_items(session: Session, step_id: int) -> set[str]:
    """Return the items of a step for which a piece of evidence is stored or on its way."""
    found = session.exec(
        select(Evidence.item).where(Evidence.step_id == step_id, col(Evidence.state) != "failed").distinct()
    ).all()
    return set(found)


def arriving(session: Session, wall: datetime, limit: int) -> Sequence[int]:
    """Return ids of evidence whose file is to be fetched now."""
    return rows.due(session, Evidence, "arriving", wall, limit)


def claim_evidence(session: Session, evidence_id: int, *, wall: datetime, until: datetime) -> Evidence | None:
    """Take one file to fetch; None when another worker was first."""
    return rows.claim(session, Evidence, evidence_id, "arriving", wall=wall, until=until)


def file_of(session: Session, team: str, sha256: str) -> File | None:
    """Return the stored file with these bytes."""
    return session.exec(select(File).where(File.team == team, File.sha256 == sha256)).first()
