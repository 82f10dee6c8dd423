"""Removing what has served its purpose."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlmodel import Session, col, delete, func, or_, select, tuple_, update

from storage.tables import Interaction, Lease
from storage.tables_stripe import Spend
from storage.tables_stripe_event import StripeEvent

if TYPE_CHECKING:
    from sqlalchemy import CursorResult


def forget_interactions(session: Session, before: datetime) -> int:
    """Remove keys of requests older than this; returns how many."""
    result = session.exec(delete(Interaction).where(col(Interaction.at) < before))
    return cast("CursorResult[Any]", result).rowcount


def forget_leases(session: Session, before: datetime) -> int:
    """Remove waits that ended before this (wall time); returns how many."""
    result = session.exec(delete(Lease).where(col(Lease.until) < before))
    return cast("CursorResult[Any]", result).rowcount


def old_bodies(session: Session, before: datetime, limit: int) -> Sequence[int]:
    """Return events received before a moment that are done with and still have their body."""
    return session.exec(
        select(StripeEvent.id)
        .where(
            col(StripeEvent.received_at) < before,
            col(StripeEvent.state).in_(("handled", "ignored")),
            col(StripeEvent.body).is_not(None),
        )
        .order_by(col(StripeEvent.id))
        .limit(limit)
    ).all()


def empty_bodies(session: Session, events: Sequence[int]) -> int:
    """Remove the bodies of these events, unless one is handled again meanwhile; returns how many."""
    done = col(StripeEvent.state).in_(("handled", "ignored"))
    result = session.exec(update(StripeEvent).where(col(StripeEvent.id).in_(events), done).values(body=None))
    return cast("CursorResult[Any]", result).rowcount


def old_spend(session: Session, windows: tuple[str, str, str], limit: int) -> Sequence[tuple[str, str, str]]:
    """Return subject, window and currency of spend in windows before these: a day, an ISO week, a month."""
    window = col(Spend.window)
    older = [(func.length(window) == len(one)) & (window < one) for one in windows]
    found = session.exec(
        select(Spend.subject, Spend.window, Spend.currency).where(or_(*older)).limit(limit)
    ).all()
    return [(subject, when, currency) for subject, when, currency in found]


def forget_spend(session: Session, keys: Sequence[tuple[str, str, str]]) -> int:
    """Remove these rows of spend; returns how many."""
    key = tuple_(col(Spend.subject), col(Spend.window), col(Spend.currency))
    result = session.exec(delete(Spend).where(key.in_(keys)))
    return cast("CursorResult[Any]", result).rowcount
