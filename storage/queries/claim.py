"""What queries of several nouns share: rows that wait for a worker, and updates of which one must win."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Integer, Select, bindparam
from sqlmodel import Session, col, select, update

from storage.plain import run, table_of
from storage.tables import Evidence, SlackEvent
from storage.tables_call import StripeCall
from storage.tables_complaint import ComplaintEntry
from storage.tables_dispute import DisputePaper
from storage.tables_lost import CardSearch
from storage.tables_stripe_event import StripeEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import CursorResult
    from sqlalchemy.sql.dml import ReturningUpdate

Waiting = TypeVar(
    "Waiting", SlackEvent, Evidence, StripeEvent, StripeCall, DisputePaper, ComplaintEntry, CardSearch
)
"""A table whose rows wait in one state until `next_attempt_at`."""


def changed_one(session: Session, statement: Any) -> bool:  # noqa: ANN401 - sqlmodel has no type for an update
    """Run an update and tell whether it found its row; false when somebody was first."""
    return cast("CursorResult[Any]", session.exec(statement)).rowcount == 1


def due(session: Session, table: type[Waiting], state: str, wall: datetime, limit: int) -> Sequence[int]:
    """Return the ids of rows that wait in this state and whose time has come, the longest waiting first."""
    return run(session, _due(table), state=state, wall=wall, most=limit).scalars().all()


@cache
def _due(table: type[Waiting]) -> Select[Any]:
    """Asked several times a second, so it is put together once for each table."""
    return (
        select(col(table.id))
        .where(col(table.state) == bindparam("state"), col(table.next_attempt_at) <= bindparam("wall"))
        .order_by(col(table.next_attempt_at), col(table.id))
        .limit(bindparam("most", type_=Integer))
    )


def claim(
    session: Session,
    table: type[Waiting],
    ids: Sequence[int],
    state: str,
    *,
    wall: datetime,
    until: datetime,
) -> list[Waiting]:
    """Take those of these rows that still wait, until then, in the order of `ids`.

    One statement for all: whoever claims holds SQLite's only write lock. Rows that another worker is just
    taking are left to it.
    """
    if not ids:
        return []
    words = {"ids": ids, "waits": state, "wall": wall, "until": until}
    taken = run(session, _claim(table), **words).scalars().all()
    if not taken:
        return []
    found = session.exec(
        select(table).where(col(table.id).in_(taken)), execution_options={"populate_existing": True}
    )
    rows = {row.id: row for row in found}
    return [rows[one] for one in ids if one in rows]


@cache
def _claim(table: type[Waiting]) -> ReturningUpdate[Any]:
    target = table_of(table)
    waiting = (
        select(target.c.id)
        .where(
            target.c.id.in_(bindparam("ids", expanding=True)),
            target.c.state == bindparam("waits"),
            target.c.next_attempt_at <= bindparam("wall"),
        )
        .order_by(target.c.id)
        .with_for_update(skip_locked=True)
    )
    return (
        update(target)
        .where(target.c.id.in_(waiting))
        .values(next_attempt_at=bindparam("until"), attempts=target.c.attempts + 1)
        .returning(target.c.id)
    )
