"""Queries about pictures on their way to Slack."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Integer, Select, bindparam
from sqlmodel import Session, col, delete, select

from storage.plain import run
from storage.queries.upload import UNSETTLED
from storage.tables_picture import Picture

if TYPE_CHECKING:
    from sqlalchemy import CursorResult


def due(session: Session, wall: datetime, limit: int) -> Sequence[int]:
    """Return pictures to draw and upload now, the longest waiting first; one whose lease has ended is due."""
    return run(session, _due(), wall=wall, most=limit).scalars().all()


@cache
def _due() -> Select[Any]:
    """Asked several times a second, so it is put together once."""
    return (
        select(col(Picture.id))
        .where(col(Picture.state).in_(UNSETTLED), col(Picture.next_attempt_at) <= bindparam("wall"))
        .order_by(col(Picture.next_attempt_at), col(Picture.id))
        .limit(bindparam("most", type_=Integer))
    )


def on_its_way(session: Session, program_id: int, person: str) -> Picture | None:
    """Return the picture of a programme that goes to the same place and has not arrived yet."""
    return session.exec(
        select(Picture).where(
            Picture.kind == "program",
            Picture.program_id == program_id,
            Picture.person == person,
            col(Picture.state).in_(UNSETTLED),
        )
    ).first()


def of_kind_on_its_way(session: Session, kind: str, team: str, person: str) -> Picture | None:
    """Return the picture of this kind that goes to one person and has not arrived yet."""
    return session.exec(
        select(Picture).where(
            Picture.kind == kind,
            Picture.team == team,
            Picture.person == person,
            col(Picture.state).in_(UNSETTLED),
        )
    ).first()


def forget(session: Session, before: datetime) -> int:
    """Remove pictures of before that moment which are with people, or have failed; returns how many."""
    found = session.exec(
        delete(Picture).where(col(Picture.put_at) < before, col(Picture.state).not_in(UNSETTLED))
    )
    return cast("CursorResult[Any]", found).rowcount
