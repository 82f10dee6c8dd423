"""Leases: who may do a thing that only one may do, and what has to wait until when. All in wall time."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlmodel import Session, col, or_, select, update

from storage.tables import Lease
from storage.upsert import insert_once

if TYPE_CHECKING:
    from sqlalchemy import CursorResult


def take(session: Session, name: str, *, owner: str, now: datetime, until: datetime) -> bool:
    """Take or prolong a lease; false while another owner holds it."""
    if insert_once(session, Lease, {"name": name, "owner": owner, "until": until}, conflict=["name"]):
        return True
    result = session.exec(
        update(Lease)
        .where(col(Lease.name) == name, or_(col(Lease.owner) == owner, col(Lease.until) <= now))
        .values(owner=owner, until=until)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


def hold(session: Session, name: str, until: datetime) -> None:
    """Make everything behind this name wait until then; never shortens a wait."""
    if insert_once(session, Lease, {"name": name, "owner": "", "until": until}, conflict=["name"]):
        return
    session.exec(update(Lease).where(col(Lease.name) == name, col(Lease.until) < until).values(until=until))


def held(session: Session, prefix: str, now: datetime) -> dict[str, datetime]:
    """Return the names with this prefix that still have to wait, without the prefix, and until when."""
    found = session.exec(
        select(Lease).where(col(Lease.name).startswith(prefix, autoescape=True), col(Lease.until) > now)
    ).all()
    return {lease.name.removeprefix(prefix): lease.until for lease in found}
