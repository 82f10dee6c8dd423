"""Queries about what was recorded of steps, and about drafts of forms."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import bindparam
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, delete, func, select, update

from storage.plain import run
from storage.tables import Draft, StepEntry

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

# A corrected entry keeps the place of the one it corrects.
_PLACE: Final = func.coalesce(col(StepEntry.corrects), col(StepEntry.id))
_STANDING: Final = (
    select(StepEntry)
    .where(StepEntry.program_id == bindparam("program"), StepEntry.state == "stands")
    .order_by(_PLACE, col(StepEntry.id))
)


_TOLD: Final = (
    update(StepEntry).where(col(StepEntry.id) == bindparam("entry")).values(notice_id=bindparam("notice"))
)


def told(session: Session, entry: StepEntry, notice_id: int) -> None:
    """Remember which notice said what was recorded."""
    session.flush()  # it may have no id yet
    run(session, _TOLD, entry=entry.id, notice=notice_id)
    set_committed_value(entry, "notice_id", notice_id)


def place(entry: StepEntry) -> int:
    """Return where an entry stands in the order of recording; a correction keeps the place of its first."""
    return entry.corrects or entry.id


def standing(session: Session, program_id: int) -> Sequence[StepEntry]:
    """Return the entries of a programme that stand, in the order in which they were recorded."""
    session.flush()
    return session.exec(_STANDING, params={"program": program_id}).all()


def of_step(session: Session, step_id: int) -> Sequence[StepEntry]:
    """Return everything ever recorded of a step, oldest first."""
    session.flush()
    return session.exec(
        select(StepEntry).where(StepEntry.step_id == step_id).order_by(col(StepEntry.id))
    ).all()


def entry(session: Session, entry_id: int) -> StepEntry | None:
    """Return one entry."""
    return session.get(StepEntry, entry_id)


def last(session: Session, step_id: int, state: str) -> StepEntry | None:
    """Return the newest entry of a step in this state."""
    session.flush()
    return session.exec(
        select(StepEntry)
        .where(StepEntry.step_id == step_id, StepEntry.state == state)
        .order_by(_PLACE.desc(), col(StepEntry.id).desc())
        .limit(1)
    ).first()


def draft(session: Session, team: str, user: str, draft_id: int) -> Draft | None:
    """Return what somebody typed on the pages of a form; nobody else's."""
    found = session.get(Draft, draft_id)
    return found if found is not None and (found.team, found.user) == (team, user) else None


def forget_drafts(session: Session, before: datetime) -> int:
    """Remove drafts older than this; says how many."""
    result = session.exec(delete(Draft).where(col(Draft.at) < before))
    return cast("CursorResult[Any]", result).rowcount


def end(session: Session, entry_id: int, **values: object) -> bool:
    """End an entry that still stands; false when somebody was first."""
    session.flush()
    result = session.exec(
        update(StepEntry)
        .where(col(StepEntry.id) == entry_id, col(StepEntry.state) == "stands")
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )
    return cast("CursorResult[Any]", result).rowcount == 1


def of_program(session: Session, program_id: int, limit: int) -> Sequence[StepEntry]:
    """Return what was ever recorded of a programme, newest first."""
    return session.exec(
        select(StepEntry)
        .where(StepEntry.program_id == program_id)
        .order_by(col(StepEntry.recorded_at).desc(), col(StepEntry.id).desc())
        .limit(limit)
    ).all()


def expired(session: Session, now: datetime, limit: int = 200) -> Sequence[StepEntry]:
    """Return entries that can be undone no more but whose message may still offer it."""
    return session.exec(
        select(StepEntry)
        .where(col(StepEntry.undo_until) <= now)
        .order_by(col(StepEntry.undo_until))
        .limit(limit)
    ).all()
