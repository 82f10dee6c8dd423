"""Queries of how far accounts, cardholders and cards were read at first start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlmodel import col, func, select, update

from storage.queries.claim import changed_one
from storage.tables_lost import StripeFill
from storage.tables_stripe_event import StripeAccount
from storage.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlmodel import Session


def want(session: Session, wall: datetime) -> None:
    """Have every account that is known read once."""
    for row in session.exec(select(StripeAccount)).all():
        key = {"platform": row.platform, "account": row.account, "livemode": row.livemode}
        insert_once(session, StripeFill, {**key, "next_at": wall}, conflict=list(key))


def missing(session: Session) -> bool:
    """Tell whether an account is known that nobody has begun to read."""
    known = session.exec(select(func.count()).select_from(StripeAccount)).one()
    return known > session.exec(select(func.count()).select_from(StripeFill)).one()


def due(session: Session, wall: datetime) -> Sequence[StripeFill]:
    """Return what is still to be read: live before test, the platforms first."""
    return session.exec(
        select(StripeFill)
        .where(StripeFill.stage != "done", col(StripeFill.next_at) <= wall)
        .order_by(col(StripeFill.livemode).desc(), col(StripeFill.account) != "", StripeFill.account)
    ).all()


def unfinished(session: Session) -> bool:
    """Tell whether cards are still being read, so that one may be missing."""
    return (
        session.exec(
            select(StripeFill.account).where(StripeFill.stage != "done", StripeFill.error == "").limit(1)
        ).first()
        is not None
    )


def progress(session: Session) -> Sequence[StripeFill]:
    """Return every account with how far it has come."""
    return session.exec(
        select(StripeFill).order_by(
            col(StripeFill.account) != "", StripeFill.account, col(StripeFill.livemode).desc()
        )
    ).all()


def one(session: Session, platform: str, account: str, *, livemode: bool) -> StripeFill | None:
    """Return how far one account has come, or None before it was begun."""
    return session.get(StripeFill, (platform, account, livemode))


def change(session: Session, row: StripeFill, **values: Any) -> bool:  # noqa: ANN401 - columns
    """Keep how far an account has come."""
    return changed_one(
        session,
        update(StripeFill)
        .where(
            col(StripeFill.platform) == row.platform,
            col(StripeFill.account) == row.account,
            col(StripeFill.livemode).is_(row.livemode),
        )
        .values(**values),
    )
