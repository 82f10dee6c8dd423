"""Queries of exceptions about cards, and of cards on watch."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from sqlmodel import Session, case, col, delete, func, select, update

from storage.tables_exception import CardException, CardWatch
from storage.tables_stripe import Authorization, AuthorizationDecision, Card
from storage.upsert import insert_once

if TYPE_CHECKING:
    from sqlalchemy import CursorResult


def put(session: Session, values: Mapping[str, Any]) -> bool:
    """Record an exception once; say whether it was new."""
    return insert_once(session, CardException, dict(values), conflict=["kind", "subject"])


def waiting(session: Session, limit: int) -> Sequence[int]:
    """Return the oldest exceptions that nobody has looked at."""
    return session.exec(
        select(CardException.id)
        .where(CardException.state == "waiting")
        .order_by(col(CardException.id))
        .limit(limit)
    ).all()


def claim(session: Session, row_id: int) -> CardException | None:
    """Return a waiting exception under lock; None when somebody was first."""
    return session.exec(
        select(CardException)
        .where(CardException.id == row_id, CardException.state == "waiting")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def program_of(session: Session, row_id: int) -> str:
    """Return the programme of an exception; empty when it has none."""
    return session.exec(select(CardException.program).where(CardException.id == row_id)).first() or ""


def told_since(session: Session, card: str, why: str, since: datetime | None) -> bool:
    """Tell whether the same was said, or listed, of a card since a moment, or ever."""
    wanted = [
        col(CardException.card) == card,
        col(CardException.why) == why,
        col(CardException.state).in_(("told", "over", "listed")),
    ]
    if since is not None:
        wanted.append(col(CardException.settled_at) >= since)
    return session.exec(select(CardException.id).where(*wanted).limit(1)).first() is not None


def opened_since(session: Session, program: str, since: datetime) -> int:
    """Return how many threads exceptions of a programme opened since a moment."""
    return session.exec(
        select(func.count())
        .select_from(CardException)
        .where(
            CardException.program == program,
            col(CardException.opened),
            col(CardException.settled_at) >= since,
        )
    ).one()


def over(session: Session) -> Mapping[str, Mapping[str, int]]:
    """Return what is over the budget, counted by programme and kind."""
    found: dict[str, dict[str, int]] = {}
    rows = session.exec(
        select(CardException.program, CardException.kind, func.count())
        .where(CardException.state == "over")
        .group_by(col(CardException.program), col(CardException.kind))
    ).all()
    for program, kind, count in rows:
        found.setdefault(program, {})[kind] = count
    return found


def listed(session: Session, program: str, now: datetime) -> int:
    """Mark what is over the budget of a programme as listed; return how many there were."""
    result = session.exec(
        update(CardException)
        .where(col(CardException.program) == program, col(CardException.state) == "over")
        .values(state="listed", settled_at=now)
    )
    return cast("CursorResult[Any]", result).rowcount


def declined(session: Session, program: str, since: datetime, until: datetime) -> int:
    """Return how many declines of a programme happened in a stretch of time."""
    return session.exec(
        select(func.count())
        .select_from(CardException)
        .where(
            CardException.program == program,
            CardException.kind == "declined",
            col(CardException.happened_at) >= since,
            col(CardException.happened_at) < until,
        )
    ).one()


def counts(session: Session, since: datetime) -> dict[str, int]:
    """Return how many exceptions of each kind happened since a moment."""
    rows = session.exec(
        select(CardException.kind, func.count())
        .where(col(CardException.happened_at) >= since)
        .group_by(col(CardException.kind))
    ).all()
    return dict(rows)


SETTLED: Final = ("told", "listed", "quiet")


def forget_watches(session: Session, before: datetime) -> int:
    """Remove watches that ended before a moment; return how many."""
    result = session.exec(delete(CardWatch).where(col(CardWatch.until) < before))
    return cast("CursorResult[Any]", result).rowcount


def settled(session: Session, before: datetime, limit: int) -> list[int]:
    """Return exceptions that were settled before a moment, among the oldest of each state."""
    found: list[int] = []
    for state in SETTLED:
        oldest = session.exec(
            select(CardException.id, CardException.settled_at)
            .where(CardException.state == state)
            .order_by(col(CardException.id))
            .limit(limit)
        ).all()
        found += [number for number, at in oldest if at is not None and at < before]
    return found


def forget(session: Session, numbers: Collection[int]) -> int:
    """Remove these exceptions, which are settled and stay so; return how many."""
    result = session.exec(delete(CardException).where(col(CardException.id).in_(numbers)))
    return cast("CursorResult[Any]", result).rowcount


def rules_of(session: Session, authorization: str) -> list[tuple[str, bool]]:
    """Return the rules of our answers to an authorization with whether they approved, in order."""
    rows = session.exec(
        select(AuthorizationDecision.rule, AuthorizationDecision.approved)
        .where(AuthorizationDecision.authorization == authorization)
        .order_by(col(AuthorizationDecision.entries))
    ).all()
    return [(rule, approved) for rule, approved in rows]


def authorization(session: Session, authorization_id: str) -> Authorization | None:
    """Return an authorization."""
    return session.get(Authorization, authorization_id)


def watch(session: Session, card: str, *, team: str, until: datetime, by: str, now: datetime) -> None:
    """Watch a card until a moment; a later one prolongs."""
    values = {"card": card, "team": team, "until": until, "by": by, "at": now}
    if not insert_once(session, CardWatch, values, conflict=["card"]):
        session.exec(update(CardWatch).where(col(CardWatch.card) == card).values(until=until, by=by, at=now))


def unwatch(session: Session, card: str) -> bool:
    """Stop watching a card; false when nobody did."""
    result = session.exec(delete(CardWatch).where(col(CardWatch.card) == card))
    return cast("CursorResult[Any]", result).rowcount > 0


def is_watched(session: Session, card: str, at: datetime) -> bool:
    """Tell whether a card is on watch at a moment."""
    row = session.get(CardWatch, card)
    return row is not None and row.until > at


def watched(session: Session, now: datetime, limit: int) -> Sequence[tuple[CardWatch, Card]]:
    """Return the cards on watch, the first to end first."""
    rows = session.exec(
        select(CardWatch, Card)
        .join(Card, col(Card.id) == col(CardWatch.card))
        .where(col(CardWatch.until) > now)
        .order_by(col(CardWatch.until), col(CardWatch.card))
        .limit(limit)
    ).all()
    return [(one, card) for one, card in rows]


def cards_named(session: Session, text: str, limit: int) -> Sequence[Card]:
    """Return the cards that an id or the last four digits name, usable ones first."""
    wanted = Card.id == text if text.startswith("ic_") else Card.last4 == text
    return session.exec(
        select(Card)
        .where(wanted)
        .order_by(col(Card.status) == "canceled", col(Card.created_at).desc())
        .limit(limit)
    ).all()


def spent_by(session: Session, kind: str, value: str, since: datetime) -> Sequence[tuple[str, int, int]]:
    """Return by currency all that was spent since a moment, and what of it a brake would have stopped."""
    column = {
        "merchant": Authorization.merchant_id,
        "category": Authorization.merchant_category,
        "country": Authorization.merchant_country,
    }[kind]
    whole = func.sum(Authorization.counted)
    part = func.sum(case((col(column) == value, col(Authorization.counted)), else_=0))
    rows = session.exec(
        select(Authorization.currency, whole, part)
        .where(col(Authorization.created_at) >= since, Authorization.counted > 0)
        .group_by(col(Authorization.currency))
        .order_by(whole.desc())
    ).all()
    return [(currency, int(total), int(stopped)) for currency, total, stopped in rows]
