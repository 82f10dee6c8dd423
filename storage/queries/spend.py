"""Queries of the spend of cards and cardholders: by key, and moved by differences only."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, Text, bindparam, func, text
from sqlalchemy import select as columns
from sqlmodel import col, select

from storage.plain import alone, run, table_of
from storage.tables_stripe import Authorization, AuthorizationDecision, Spend, Transaction
from storage.upsert import insert_into

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlmodel import Session

# Every writer of a card's spend holds this lock until it commits; always taken in the same order.
_LOCK: Final = text(
    "SELECT count(pg_advisory_xact_lock(hashtextextended(key, 7))) "
    "FROM (SELECT key FROM unnest(:keys) AS key ORDER BY key) AS ordered"
).bindparams(bindparam("keys", type_=ARRAY(Text)))


def lock(session: Session, subjects: Iterable[str]) -> None:
    """Let nobody else move the spend of these cards and cardholders before this transaction ends."""
    if not alone(session):
        run(session, _LOCK, keys=sorted({one for one in subjects if one}))


def authorization(session: Session, authorization_id: str) -> Authorization | None:
    """Return an authorization that nobody else changes before this transaction ends."""
    return session.exec(
        select(Authorization).where(col(Authorization.id) == authorization_id).with_for_update()
    ).first()


def newest_decision(session: Session, authorization_id: str) -> Row[Any] | None:
    """Return id, entries and counted of the newest decision about an authorization."""
    table = AuthorizationDecision
    return run(
        session,
        columns(col(table.id), col(table.entries), col(table.counted))
        .where(col(table.authorization) == authorization_id)
        .order_by(col(table.entries).desc())
        .limit(1),
    ).first()


def moved(session: Session, authorization_id: str) -> tuple[int, int]:
    """Return the sums of the captures and of the refunds of an authorization, both positive."""
    found: Sequence[Any] = run(
        session,
        columns(col(Transaction.type), func.sum(func.abs(col(Transaction.amount))))
        .where(col(Transaction.authorization) == authorization_id)
        .group_by(col(Transaction.type)),
    ).all()
    sums = {str(row[0]): int(row[1]) for row in found}
    return sums.get("capture", 0), sums.get("refund", 0)


def move(session: Session, keys: Sequence[tuple[str, str, str]], amount: int) -> None:
    """Add an amount, which may be negative, to each (subject, window, currency)."""
    rows = [
        {"subject": subject, "window": window, "currency": currency, "amount": amount}
        for subject, window, currency in sorted(keys)
    ]
    if rows and amount:
        session.flush()
        session.connection().execute(_move(session.get_bind().dialect.name), rows)


@cache
def _move(dialect: str) -> postgresql.Insert | sqlite.Insert:
    table = table_of(Spend)
    statement = insert_into(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=["subject", "window", "currency"],
        set_={"amount": table.c.amount + statement.excluded.amount},
    )


def of(session: Session, subject: str) -> dict[tuple[str, str], int]:
    """Return everything counted for a card or cardholder, by window and currency."""
    found = session.exec(select(Spend).where(col(Spend.subject) == subject)).all()
    return {(row.window, row.currency): row.amount for row in found}
