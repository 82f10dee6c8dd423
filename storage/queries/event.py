"""Queries of the Slack inbox: recorded is not handled."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlmodel import Session, col, func, select, update

from storage.tables import SlackEvent

if TYPE_CHECKING:
    from sqlalchemy import CursorResult


def due(session: Session, wall: datetime, limit: int) -> Sequence[int]:
    """Return ids of events to handle now, oldest first."""
    return session.exec(
        select(SlackEvent.id)
        .where(SlackEvent.state == "pending", col(SlackEvent.next_attempt_at) <= wall)
        .order_by(col(SlackEvent.next_attempt_at), col(SlackEvent.id))
        .limit(limit)
    ).all()


def claim(session: Session, event_id: int, *, wall: datetime, until: datetime) -> SlackEvent | None:
    """Take one event until then; None when another worker was first."""
    result = session.exec(
        update(SlackEvent)
        .where(
            col(SlackEvent.id) == event_id,
            col(SlackEvent.state) == "pending",
            col(SlackEvent.next_attempt_at) <= wall,
        )
        .values(next_attempt_at=until, attempts=col(SlackEvent.attempts) + 1)
    )
    if cast("CursorResult[Any]", result).rowcount != 1:
        return None
    return session.get(SlackEvent, event_id, populate_existing=True)


def handled(session: Session, event_id: int, now: datetime) -> bool:
    """Mark an event as handled; false when another worker has already done so."""
    result = session.exec(
        update(SlackEvent)
        .where(col(SlackEvent.id) == event_id, col(SlackEvent.state) == "pending")
        .values(state="handled", handled_at=now, error="")
    )
    return cast("CursorResult[Any]", result).rowcount == 1


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
