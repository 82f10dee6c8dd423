"""Queries of what we ask of Stripe: which intention may be carried out now, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, bindparam, exists
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import col, select, update

from storage.plain import add_numbered, run
from storage.queries.claim import changed_one
from storage.queries.claim import claim as claim_rows
from storage.tables_call import StripeCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlmodel import Session


_BEFORE: Final = aliased(StripeCall)
_DUE: Final = (  # asked several times a second, so it is put together once
    columns(col(StripeCall.id))
    .where(
        col(StripeCall.state) == "open",
        col(StripeCall.next_attempt_at) <= bindparam("wall"),
        ~exists().where(
            col(_BEFORE.stream) == col(StripeCall.stream),
            col(_BEFORE.state) == "open",
            col(_BEFORE.position) < col(StripeCall.position),
        ),
    )
    .order_by(col(StripeCall.next_attempt_at), col(StripeCall.id))
    .limit(bindparam("most", type_=Integer))
)


def put(session: Session, values: Mapping[str, Any]) -> int:
    """Keep an intention and return its number."""
    return add_numbered(session, StripeCall, values)


def due(session: Session, wall: datetime, limit: int) -> Sequence[int]:
    """Return the calls to make now: the first open one of each stream, the longest waiting first."""
    return run(session, _DUE, wall=wall, most=limit).scalars().all()


def claim(session: Session, ids: Sequence[int], *, wall: datetime, until: datetime) -> list[StripeCall]:
    """Take those of these calls that are still open, until then."""
    found = claim_rows(session, StripeCall, ids, "open", wall=wall, until=until)
    for row in found:
        if row.first_tried_at is None:
            row.first_tried_at = wall
            session.add(row)
    return found


def later(session: Session, row_id: int, *, error: str, request: str, next_attempt_at: datetime) -> bool:
    """Record that Stripe gave no result; false when somebody else has recorded one."""
    return changed_one(
        session,
        update(StripeCall)
        .where(col(StripeCall.id) == row_id, col(StripeCall.state) == "open")
        .values(error=error, request=request, next_attempt_at=next_attempt_at),
    )


def end(session: Session, row_id: int, **values: Any) -> bool:  # noqa: ANN401 - columns
    """Record the result; false when somebody else has recorded one."""
    return changed_one(
        session,
        update(StripeCall)
        .where(col(StripeCall.id) == row_id, col(StripeCall.state) == "open")
        .values(**values),
    )


def of_subject(session: Session, subject: str, *acts: str) -> Sequence[StripeCall]:
    """Return the calls about something, the oldest first; of these acts only, if any are named."""
    found = select(StripeCall).where(StripeCall.subject == subject)
    if acts:
        found = found.where(col(StripeCall.act).in_(acts))
    return session.exec(found.order_by(col(StripeCall.id))).all()


def one(session: Session, row_id: int) -> StripeCall | None:
    """Return a call by its number."""
    return session.get(StripeCall, row_id, populate_existing=True)
