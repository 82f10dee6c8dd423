"""Finding cards by last four, id, or the words of their holder; live cards before test cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import exists
from sqlmodel import col, delete, func, select, update

from storage.queries.claim import changed_one
from storage.tables_lost import CardSearch, HolderWord
from storage.tables_stripe import Authorization, Card, Cardholder
from storage.tables_stripe_event import StripeAccount
from storage.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import CursorResult
    from sqlmodel import Session

_LAST: str = "\U0010ffff"


def find(
    session: Session,
    *,
    card: str = "",
    last4: str = "",
    begins: Iterable[str] = (),
    livemode: bool | None = None,
    limit: int,
) -> Sequence[Card]:
    """Return the cards that fit everything given: live before test, usable before canceled, newest first.

    Args:
        session: any session.
        card: the whole id.
        last4: one to four digits; fewer than four are how they begin.
        begins: each begins a word of the holder's name, or is their e-mail address.
        livemode: None means both.
        limit: at most so many.
    """
    wanted = []
    if card:
        wanted.append(col(Card.id) == card)
    if last4:
        whole = len(last4) == 4  # noqa: PLR2004 - the last four
        wanted.append(
            col(Card.last4) == last4 if whole else col(Card.last4).startswith(last4, autoescape=True)
        )
    wanted += [
        exists().where(
            col(HolderWord.cardholder) == col(Card.cardholder),
            # Compared by its characters, so that both databases answer from the index.
            col(HolderWord.word) >= word,
            col(HolderWord.word) < word + _LAST,
        )
        for word in begins
    ]
    if livemode is not None:
        wanted.append(col(Card.livemode).is_(livemode))
    return session.exec(
        select(Card)
        .where(*wanted)
        .order_by(
            col(Card.livemode).desc(),
            col(Card.status) == "canceled",
            col(Card.created_at).desc(),
            col(Card.id),
        )
        .limit(limit)
    ).all()


def has_live_account(session: Session) -> bool:
    """Tell whether any account in live mode is known; without one nobody can mean live cards only."""
    return (
        session.exec(select(StripeAccount.account).where(col(StripeAccount.livemode)).limit(1)).first()
        is not None
    )


def accounts(session: Session, limit: int) -> Sequence[StripeAccount]:
    """Return accounts to ask: live before test, the platforms first, then those used last."""
    return session.exec(
        select(StripeAccount)
        .order_by(
            col(StripeAccount.livemode).desc(),
            col(StripeAccount.account) != "",
            col(StripeAccount.last_authorization_at).desc().nulls_last(),
            StripeAccount.account,
        )
        .limit(limit)
    ).all()


def last_use(session: Session, cards: Collection[str]) -> dict[str, datetime]:
    """Return when each card was last used, by its id; cards that never were are left out."""
    found = session.exec(
        select(Authorization.card, func.max(Authorization.created_at))
        .where(col(Authorization.card).in_(cards))
        .group_by(Authorization.card)
    ).all()
    return dict(found)


def holders(session: Session, ids: Collection[str]) -> dict[str, Cardholder]:
    """Return cardholders by their id."""
    found = session.exec(select(Cardholder).where(col(Cardholder.id).in_(ids))).all() if ids else ()
    return {row.id: row for row in found}


def words(session: Session, cardholder: str, found: Collection[str]) -> None:
    """Have a cardholder found by these words and no others."""
    kept = set(session.exec(select(HolderWord.word).where(HolderWord.cardholder == cardholder)).all())
    gone = kept - set(found)
    if gone:
        session.exec(
            delete(HolderWord).where(
                col(HolderWord.cardholder) == cardholder, col(HolderWord.word).in_(sorted(gone))
            )
        )
    for word in sorted(set(found) - kept):
        values = {"cardholder": cardholder, "word": word}
        insert_once(session, HolderWord, values, conflict=["cardholder", "word"])


def put(session: Session, values: Mapping[str, Any]) -> bool:
    """Insert a search at Stripe; false when the same request has put one before."""
    return insert_once(session, CardSearch, values, conflict=["team", "key"])


def later(session: Session, row_id: int, next_attempt_at: datetime) -> None:
    """Try a search that still waits again at this moment (wall time)."""
    waits = (col(CardSearch.id) == row_id, col(CardSearch.state) == "waiting")
    session.exec(update(CardSearch).where(*waits).values(next_attempt_at=next_attempt_at))


def answered(session: Session, row_id: int) -> bool:
    """End a search and empty it; false when another worker was first."""
    return changed_one(
        session,
        update(CardSearch)
        .where(col(CardSearch.id) == row_id, col(CardSearch.state) == "waiting")
        .values(state="answered", said=None, response_url=None),
    )


def forget(session: Session, before: datetime) -> int:
    """Remove searches asked before this, answered or not; returns how many."""
    result = session.exec(delete(CardSearch).where(col(CardSearch.asked_at) < before))
    return cast("CursorResult[Any]", result).rowcount
