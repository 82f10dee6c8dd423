"""What queries of several nouns share: rows that wait for a worker, and updates of which one must win."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Integer, Select, bindparam
from sqlmodel import Session, col, select, update

from storage.plain import run
from storage.tables import Evidence, SlackEvent
from storage.tables_call import StripeCall
from storage.tables_complaint import ComplaintEntry
from storage.tables_dispute import DisputePaper
from storage.tables_lost import CardSearch
from storage.tables_stripe_event import StripeEvent

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

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
    session: Session, table: type[Waiting], row_id: int, state: str, *, wall: datetime, until: datetime
) -> Waiting | None:
    """Take one such row until then; None when another worker was first."""
    taken = changed_one(
        session,
        update(table)
        .where(col(table.id) == row_id, col(table.state) == state, col(table.next_attempt_at) <= wall)
        .values(next_attempt_at=until, attempts=col(table.attempts) + 1),
    )
    return session.get(table, row_id, populate_existing=True) if taken else None
