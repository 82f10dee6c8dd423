"""Removing what has served its purpose."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlmodel import Session, col, delete

from storage.tables import Interaction, Lease

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
