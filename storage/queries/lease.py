"""Leases: who may do a thing that only one may do, and what has to wait until when. All in wall time."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col, or_, update

from storage.plain import run, table_of
from storage.tables import Lease
from storage.upsert import insert_into, insert_once

if TYPE_CHECKING:
    from sqlalchemy import CursorResult
    from sqlalchemy.dialects import postgresql, sqlite

# Built once, as the look of the outbox runs it after almost every commit.
_HELD: Final = columns(col(Lease.name), col(Lease.until)).where(
    col(Lease.name).startswith(bindparam("prefix")), col(Lease.until) > bindparam("now")
)


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


def hold(session: Session, waits: Mapping[str, datetime]) -> None:
    """Make everything behind each of these names wait until then; never shortens a wait."""
    if waits:
        rows = [{"name": name, "owner": "", "until": until} for name, until in sorted(waits.items())]
        session.connection().execute(_hold(session.get_bind().dialect.name), rows)


@cache
def _hold(dialect: str) -> "postgresql.Insert | sqlite.Insert":
    statement = insert_into(dialect, table_of(Lease))
    until = statement.excluded.until
    return statement.on_conflict_do_update(
        index_elements=["name"], set_={"until": until}, where=col(Lease.until) < until
    )


def held(session: Session, prefix: str, now: datetime) -> dict[str, datetime]:
    """Return the names with this prefix that still have to wait, without the prefix, and until when."""
    found = run(session, _HELD, prefix=prefix, now=now).all()
    return {row.name.removeprefix(prefix): row.until for row in found}
