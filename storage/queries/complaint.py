"""Queries about complaints, what belongs to them, and what programmes set for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func
from sqlmodel import Session, col, select, update
from sqlmodel.sql.expression import SelectOfScalar

from storage.queries.claim import changed_one
from storage.tables_complaint import Complaint, ComplaintEntry, ComplaintSetting

WHICH: Final = ("mine", "open", "overdue", "executive", "breaches")
"""The lists that `/complaint list` shows."""

WHILE_LOCKED: Final = "locked"
"""The `target` of a contact that was recorded while nobody was to answer the customer."""


def by_ref(session: Session, team: str, ref: str) -> Complaint | None:
    """Return one complaint by the reference people quote (`C-7`)."""
    return session.exec(select(Complaint).where(Complaint.team == team, Complaint.ref == ref)).first()


def by_source(session: Session, team: str, source: str) -> Complaint | None:
    """Return the complaint that was logged from this message or form."""
    return session.exec(select(Complaint).where(Complaint.team == team, Complaint.source == source)).first()


def one(session: Session, complaint_id: int) -> Complaint | None:
    """Return one complaint as it is now."""
    return session.get(Complaint, complaint_id, populate_existing=True)


def lock(session: Session, complaint_id: int) -> Complaint:
    """Return the row as it is now, locked until the commit: a proposal and an answer never cross."""
    return session.exec(
        select(Complaint)
        .where(Complaint.id == complaint_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def move(session: Session, complaint_id: int, states: Sequence[str], **values: object) -> bool:
    """Change a complaint that is in one of these states; false when somebody was first."""
    session.flush()
    return changed_one(
        session,
        update(Complaint)
        .where(col(Complaint.id) == complaint_id, col(Complaint.state).in_(states))
        .values(**values),
    )


def page(
    session: Session, team: str, which: str, *, user: str, now: datetime, after: int, limit: int
) -> Sequence[Complaint]:
    """Return a page of a list of `WHICH`: the newest first, of those overdue the longest due.

    Args:
        session: a reading or writing session.
        team: the workspace.
        which: one of `WHICH`; breaches also of those that have ended.
        user: whose, for mine.
        now: business time.
        after: how many to leave out.
        limit: how many at most.
    """
    return session.exec(_listed(team, which, user=user, now=now).offset(after).limit(limit)).all()


def _listed(team: str, which: str, *, user: str, now: datetime) -> SelectOfScalar[Complaint]:
    if which == "breaches":
        breached = select(Complaint).where(Complaint.team == team, col(Complaint.breached).is_(True))
        return breached.order_by(col(Complaint.id).desc())
    found = select(Complaint).where(Complaint.team == team, col(Complaint.open).is_(True))
    if which == "mine":
        return found.where(Complaint.owner == user).order_by(col(Complaint.id).desc())
    if which == "overdue":
        return found.where(col(Complaint.due_at) < now).order_by(col(Complaint.due_at), col(Complaint.id))
    if which == "executive":
        return found.where(Complaint.kind == "executive").order_by(col(Complaint.id).desc())
    return found.order_by(col(Complaint.id).desc())


def due(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Return the complaints that time alone changes now, the longest waiting first."""
    return session.exec(
        select(col(Complaint.id))
        .where(col(Complaint.look_at) <= now)
        .order_by(col(Complaint.look_at), col(Complaint.id))
        .limit(limit)
    ).all()


def to_say(session: Session, limit: int) -> Sequence[Complaint]:
    """Return the complaints of which nobody has looked yet whether a line may stand at their source."""
    return session.exec(
        select(Complaint).where(Complaint.public == "check").order_by(col(Complaint.id)).limit(limit)
    ).all()


def last_program(session: Session, team: str, user: str) -> int | None:
    """Return the programme of the complaint that this person logged last."""
    return session.exec(
        select(col(Complaint.program_id))
        .where(Complaint.team == team, Complaint.logged_by == user, col(Complaint.program_id).is_not(None))
        .order_by(col(Complaint.id).desc())
        .limit(1)
    ).first()


def entries(session: Session, complaint_id: int) -> Sequence[ComplaintEntry]:
    """Return everything that was added to a complaint, in the order it happened."""
    return session.exec(
        select(ComplaintEntry)
        .where(ComplaintEntry.complaint_id == complaint_id)
        .order_by(col(ComplaintEntry.at), col(ComplaintEntry.id))
    ).all()


def entry(session: Session, entry_id: int) -> ComplaintEntry | None:
    """Return something that was added to a complaint, as it is now."""
    return session.get(ComplaintEntry, entry_id, populate_existing=True)


def fetch_again(session: Session, complaint_id: int, at: datetime) -> bool:
    """Have the documents of a complaint fetched again that could not be; false when there are none."""
    found = session.exec(
        update(ComplaintEntry)
        .where(
            col(ComplaintEntry.complaint_id) == complaint_id,
            col(ComplaintEntry.kind) == "document",
            col(ComplaintEntry.state) == "failed",
        )
        .values(state="arriving", error="", attempts=0, next_attempt_at=at)
    )
    return bool(found.rowcount)


def settings(session: Session, program_id: int) -> dict[str, str]:
    """Return what one programme does otherwise than the book says."""
    rows = session.exec(select(ComplaintSetting).where(ComplaintSetting.program_id == program_id)).all()
    return {row.name: row.value for row in rows}


def breaches(session: Session, complaint_id: int) -> set[str]:
    """Return the clocks (and `contact`) of which a breach stands."""
    found = session.exec(
        select(ComplaintEntry.target).where(
            ComplaintEntry.complaint_id == complaint_id,
            ComplaintEntry.kind == "breach",
            col(ComplaintEntry.breach).is_(True),
        )
    ).all()
    return set(found)


def recorded_while_locked(session: Session, complaint_id: int) -> Sequence[datetime]:
    """Return when contacts from before the lock happened that were recorded under it; earliest first."""
    return session.exec(
        select(ComplaintEntry.at)
        .where(
            ComplaintEntry.complaint_id == complaint_id,
            ComplaintEntry.kind == "contact",
            ComplaintEntry.target == WHILE_LOCKED,
            col(ComplaintEntry.breach).is_(False),
        )
        .order_by(col(ComplaintEntry.at))
    ).all()


def set_breach(session: Session, complaint_id: int, key: str, *, stands: bool) -> bool:
    """Say of a breach that it stands, or that it was none: the row stays; false when it says so already."""
    return changed_one(
        session,
        update(ComplaintEntry)
        .where(
            col(ComplaintEntry.complaint_id) == complaint_id,
            col(ComplaintEntry.kind) == "breach",
            col(ComplaintEntry.key) == key,
            col(ComplaintEntry.breach).is_not(stands),
        )
        .values(breach=stands),
    )


def several(session: Session, ids: Sequence[int]) -> dict[int, Complaint]:
    """Return these complaints by number."""
    found = session.exec(select(Complaint).where(col(Complaint.id).in_(ids))).all()
    return {row.id: row for row in found}


def open_of(session: Session, program_id: int) -> Sequence[int]:
    """Return the open complaints of a programme by number."""
    return session.exec(
        select(col(Complaint.id))
        .where(Complaint.program_id == program_id, col(Complaint.open).is_(True))
        .order_by(col(Complaint.id))
    ).all()


def count_mine(session: Session, team: str, user: str) -> int:
    """Return how many open complaints somebody has."""
    return session.exec(
        select(func.count())
        .select_from(Complaint)
        .where(Complaint.team == team, Complaint.owner == user, col(Complaint.open).is_(True))
    ).one()
