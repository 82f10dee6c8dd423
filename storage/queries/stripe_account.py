"""Queries of the accounts whose events are compared with the inbox, and how far each has come."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select, update

from storage.queries.claim import changed_one
from storage.tables_stripe_event import StripeAccount


def first(session: Session, limit: int) -> Sequence[StripeAccount]:
    """Return accounts: the platforms, then those in trouble, then those compared longest ago."""
    return session.exec(
        select(StripeAccount)
        .order_by(
            (col(StripeAccount.account) != ""),
            (col(StripeAccount.error) == ""),
            col(StripeAccount.read_to).asc().nulls_first(),
            col(StripeAccount.account),
            col(StripeAccount.livemode).desc(),
        )
        .limit(limit)
    ).all()


def count(session: Session) -> int:
    """Return how many there are."""
    return session.exec(select(func.count()).select_from(StripeAccount)).one()


def due(session: Session, wall: datetime) -> Sequence[StripeAccount]:
    """Return the accounts to compare now: platforms first, then those read longest ago."""
    return session.exec(
        select(StripeAccount)
        .where(col(StripeAccount.next_at) <= wall)
        .order_by(
            (col(StripeAccount.account) != ""),
            col(StripeAccount.read_to).asc().nulls_first(),
            col(StripeAccount.account),
            col(StripeAccount.livemode).desc(),
        )
    ).all()


def newest_check(session: Session) -> datetime | None:
    """Return when any account was last compared."""
    return session.exec(select(func.max(StripeAccount.checked_at))).one()


def hurry(session: Session, wall: datetime, *, everybody: bool) -> None:
    """Have the platforms compared now; `everybody`: all connected accounts too."""
    which = [] if everybody else [col(StripeAccount.account) == ""]
    session.exec(update(StripeAccount).where(*which, col(StripeAccount.next_at) > wall).values(next_at=wall))


def change(session: Session, row: StripeAccount, values: Mapping[str, Any]) -> bool:
    """Change the progress of an account."""
    return changed_one(
        session,
        update(StripeAccount)
        .where(
            col(StripeAccount.platform) == row.platform,
            col(StripeAccount.account) == row.account,
            col(StripeAccount.livemode) == row.livemode,
        )
        .values(**values),
    )
