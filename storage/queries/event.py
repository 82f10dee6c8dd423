"""Queries of the Slack inbox: recorded is not handled."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from storage.queries import claim as rows
from storage.tables import SlackEvent


def due(session: Session, wall: datetime, limit: int) -> Sequence[int]:
    """Return ids of events to handle now, oldest first."""
    return rows.due(session, SlackEvent, "pending", wall, limit)


def claim(session: Session, ids: Sequence[int], *, wall: datetime, until: datetime) -> list[SlackEvent]:
    """Take those of these events that still wait, until then."""
    return rows.claim(session, SlackEvent, ids, "pending", wall=wall, until=until)


def handled(session: Session, event_id: int, now: datetime) -> bool:
    """Mark an event as handled; false when another worker has already done so."""
    return rows.changed_one(
        session,
        update(SlackEvent)
        .where(col(SlackEvent.id) == event_id, col(SlackEvent.state) == "pending")
        .values(state="handled", handled_at=now, error=""),
    )


def failed(session: Session, event_id: int, *, error: str, next_attempt_at: datetime, dead: bool) -> None:
    """Record a failed attempt and when the next one may be made."""
    session.exec(
        update(SlackEvent)
        .where(col(SlackEvent.id) == event_id, col(SlackEvent.state) == "pending")
        .values(state="dead" if dead else "pending", error=error, next_attempt_at=next_attempt_at)
    )


def counts(session: Session) -> dict[str, int]:
    """Return how many events are in each state."""
    return dict(session.exec(select(SlackEvent.state, func.count()).group_by(SlackEvent.state)).all())
