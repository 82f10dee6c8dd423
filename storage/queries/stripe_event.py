"""Queries of Stripe's inbox: recorded is not handled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, func, select, update

from storage.queries import claim as rows
from storage.tables_stripe_event import StripeEvent
from storage.upsert import insert_once

AGAIN: Final = ("dead", "handled", "ignored")
"""States from which an event can be handled once more."""


def record(session: Session, values: Mapping[str, Any]) -> bool:
    """Insert an event unless it is there; say whether it was new."""
    return insert_once(session, StripeEvent, values, conflict=["event_id"])


def due(session: Session, wall: datetime, limit: int) -> Sequence[int]:
    """Return ids of events to handle now, the longest waiting first."""
    return rows.due(session, StripeEvent, "pending", wall, limit)


def claim(session: Session, ids: Sequence[int], *, wall: datetime, until: datetime) -> list[StripeEvent]:
    """Take those of these events that still wait, until then."""
    return rows.claim(session, StripeEvent, ids, "pending", wall=wall, until=until)


def handled(session: Session, event_id: int, now: datetime) -> bool:
    """Mark an event as handled; false when another worker has already done so."""
    return rows.changed_one(
        session,
        update(StripeEvent)
        .where(col(StripeEvent.id) == event_id, col(StripeEvent.state) == "pending")
        .values(state="handled", handled_at=now, error=""),
    )


def failed(session: Session, event_id: int, *, error: str, next_attempt_at: datetime, dead: bool) -> None:
    """Record a failed attempt and when the next one may be made."""
    session.exec(
        update(StripeEvent)
        .where(col(StripeEvent.id) == event_id, col(StripeEvent.state) == "pending")
        .values(state="dead" if dead else "pending", error=error, next_attempt_at=next_attempt_at)
    )


def revive(session: Session, event_id: int, at: datetime, *, states: Sequence[str] = ("dead",)) -> bool:
    """Let an event in one of these states be handled once more; false when it is in none."""
    return rows.changed_one(
        session,
        update(StripeEvent)
        .where(col(StripeEvent.id) == event_id, col(StripeEvent.state).in_(states))
        .values(state="pending", attempts=0, error="", next_attempt_at=at, handled_at=None),
    )


def one(session: Session, event_id: str) -> StripeEvent | None:
    """Return an event by Stripe's id."""
    return session.exec(select(StripeEvent).where(StripeEvent.event_id == event_id)).first()


def numbered(session: Session, row_id: int) -> StripeEvent | None:
    """Return an event by its number."""
    return session.get(StripeEvent, row_id)


def known(session: Session, event_ids: Sequence[str]) -> set[str]:
    """Return which of these events are in the inbox."""
    return set(
        session.exec(select(StripeEvent.event_id).where(col(StripeEvent.event_id).in_(event_ids))).all()
    )


def newest(
    session: Session, limit: int, *, state: str = "", kind: str = "", about: str = ""
) -> Sequence[StripeEvent]:
    """Return events, the newest first: those in a state, of a type (or `group.*`), about an object."""
    found = select(StripeEvent)
    if state:
        found = found.where(StripeEvent.state == state)
    if kind.endswith("*"):
        found = found.where(col(StripeEvent.type).startswith(kind[:-1], autoescape=True))
    elif kind:
        found = found.where(StripeEvent.type == kind)
    if about:
        found = found.where(StripeEvent.object_id == about)
    return session.exec(found.order_by(col(StripeEvent.id).desc()).limit(limit)).all()


def counts(session: Session) -> dict[str, int]:
    """Return how many events are in each state."""
    return dict(session.exec(select(StripeEvent.state, func.count()).group_by(StripeEvent.state)).all())
