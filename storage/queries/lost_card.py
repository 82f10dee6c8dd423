"""Queries of lost cards: the report that is open, those of a time, what came after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlmodel import col, func, or_, select, update

from storage.plain import run
from storage.queries.claim import changed_one
from storage.tables_lost import AuthorizationSeen, LateCapture, LostCard
from storage.tables_stripe import (
    Authorization,
    AuthorizationDecision,
    Card,
    Cardholder,
    Token,
    Transaction,
)
from storage.tables_stripe_event import CardTrait
from storage.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlmodel import Session

OPEN: Final = ("frozen", "revoking")
MARK: Final = "*"
MOST_READ: Final = 20_000


def one(session: Session, case_id: int) -> LostCard | None:
    """Return a report by its number, as it is now."""
    return session.get(LostCard, case_id, populate_existing=True)


def lock(session: Session, case_id: int) -> LostCard:
    """Return a report, locked until the commit, as it is now."""
    return session.exec(
        select(LostCard)
        .where(LostCard.id == case_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def newest(session: Session, card: str) -> LostCard | None:
    """Return the newest report of a card."""
    return session.exec(
        select(LostCard)
        .where(LostCard.card == card)
        .order_by(col(LostCard.round).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def of_new_card(session: Session, card: str) -> LostCard | None:
    """Return the report whose replacement this card is."""
    return session.exec(select(LostCard).where(LostCard.new_card == card)).first() if card else None


def many(session: Session, ids: Collection[int]) -> dict[int, LostCard]:
    """Return reports by their number."""
    found = session.exec(select(LostCard).where(col(LostCard.id).in_(ids))).all() if ids else ()
    return {row.id: row for row in found}


def freezes(session: Session, team: str, user: str, since: datetime) -> int:
    """Return how many cards somebody has frozen since then."""
    return session.exec(
        select(func.count())
        .select_from(LostCard)
        .where(LostCard.team == team, LostCard.reported_by == user, col(LostCard.reported_at) > since)
    ).one()


def change(session: Session, case_id: int, states: Sequence[str], **values: Any) -> bool:  # noqa: ANN401 - columns
    """Change a report that is in one of these states; false when somebody was first."""
    return changed_one(
        session,
        update(LostCard)
        .where(col(LostCard.id) == case_id, col(LostCard.state).in_(states))
        .values(**values)
        .execution_options(synchronize_session="fetch"),
    )


def recent(session: Session, team: str, since: datetime, limit: int) -> Sequence[tuple[LostCard, Card]]:
    """Return the open reports and those since a moment, the newest first, each with its card."""
    found = session.exec(
        select(LostCard, Card)
        .join(Card, col(Card.id) == col(LostCard.card))
        .where(
            LostCard.team == team,
            or_(col(LostCard.reported_at) >= since, col(LostCard.state).in_(OPEN)),
        )
        .order_by(col(LostCard.reported_at).desc(), col(LostCard.id).desc())
        .limit(limit)
    ).all()
    return [(row, card) for row, card in found]


def took(session: Session, team: str, since: datetime) -> Sequence[tuple[datetime, datetime]]:
    """Return report and cancellation of the cards revoked since a moment."""
    found = session.exec(
        select(LostCard.reported_at, LostCard.revoked_at).where(
            LostCard.team == team,
            col(LostCard.reported_at) >= since,
            LostCard.state == "revoked",
            col(LostCard.revoked_at).is_not(None),
        )
    ).all()
    return [(begin, end) for begin, end in found if end is not None]


def platform_of(session: Session, card: str) -> str:
    """Return the platform account that a card belongs to; an empty text where the settings name none."""
    return session.exec(select(CardTrait.platform).where(CardTrait.card == card)).first() or ""


def holder(session: Session, cardholder: str) -> Cardholder | None:
    """Return a cardholder."""
    return session.get(Cardholder, cardholder) if cardholder else None


def pending(session: Session, card: str, limit: int) -> Sequence[Authorization]:
    """Return the open authorizations of a card: they can still be captured."""
    return session.exec(
        select(Authorization)
        .where(Authorization.card == card, Authorization.status == "pending", col(Authorization.approved))
        .order_by(col(Authorization.created_at).desc(), col(Authorization.id))
        .limit(limit)
    ).all()


def count_pending(session: Session, card: str) -> int:
    """Return how many open authorizations a card has."""
    return session.exec(
        select(func.count())
        .select_from(Authorization)
        .where(Authorization.card == card, Authorization.status == "pending", col(Authorization.approved))
    ).one()


def purchases(session: Session, card: str, limit: int) -> Sequence[Transaction]:
    """Return the newest captures of a card."""
    return session.exec(
        select(Transaction)
        .where(Transaction.card == card, Transaction.type == "capture")
        .order_by(col(Transaction.created_at).desc(), col(Transaction.id))
        .limit(limit)
    ).all()


def tokens(session: Session, card: str) -> Sequence[Token]:
    """Return the wallets a card is in, those that are gone too."""
    return session.exec(select(Token).where(Token.card == card).order_by(Token.id)).all()


def put_capture(session: Session, transaction: str, case_id: int, at: datetime) -> bool:
    """Note that money was taken late; false when that is known."""
    values = {"transaction": transaction, "case_id": case_id, "at": at}
    return insert_once(session, LateCapture, values, conflict=["transaction"])


def keep_message(session: Session, transaction: str, message: int) -> None:
    """Note which notice asks about a late capture."""
    session.exec(
        update(LateCapture).where(col(LateCapture.transaction) == transaction).values(message=message)
    )


def capture(session: Session, transaction: str) -> LateCapture | None:
    """Return a late capture."""
    return session.get(LateCapture, transaction)


def answer_capture(session: Session, transaction: str, answer: str, by: str) -> bool:
    """Keep whether the holder knows of it; false when somebody was first."""
    return changed_one(
        session,
        update(LateCapture)
        .where(col(LateCapture.transaction) == transaction, col(LateCapture.answer) == "")
        .values(answer=answer, by=by),
    )


def captures(session: Session, card: str) -> Sequence[Transaction]:
    """Return all captures of a card."""
    return session.exec(
        select(Transaction).where(Transaction.card == card, Transaction.type == "capture")
    ).all()


def last_asked(session: Session, account: str, *, livemode: bool) -> datetime | None:
    """Return when Stripe last asked us about an authorization of this account in this mode, if ever."""
    mark = session.get(AuthorizationSeen, (MARK, True), populate_existing=True)
    newer = session.exec(
        select(func.max(AuthorizationDecision.at)).where(
            col(AuthorizationDecision.id) > (mark.mark if mark else 0),
            AuthorizationDecision.account == account,
            col(AuthorizationDecision.livemode).is_(livemode),
        )
    ).one()
    if newer is not None:
        return newer
    row = session.get(AuthorizationSeen, (account, livemode), populate_existing=True)
    return row.at if row else None


def look_at_decisions(session: Session, most: int = MOST_READ) -> int:
    """Note for each account when it last asked, up to so many decisions further; returns how far it came."""
    mark = session.get(AuthorizationSeen, (MARK, True), populate_existing=True)
    begin = mark.mark if mark else 0
    last = session.exec(select(func.max(AuthorizationDecision.id))).one() or 0
    end = min(last, begin + most)
    if end <= begin:
        return 0
    found = session.exec(
        select(
            AuthorizationDecision.account,
            AuthorizationDecision.livemode,
            func.max(AuthorizationDecision.at),
        )
        .where(col(AuthorizationDecision.id) > begin, col(AuthorizationDecision.id) <= end)
        .group_by(AuthorizationDecision.account, col(AuthorizationDecision.livemode))
    ).all()
    for account, livemode, at in found:
        _seen(session, account, livemode=livemode, at=at)
    row = mark or AuthorizationSeen(account=MARK, livemode=True)
    row.mark = end
    session.add(row)
    session.flush()
    return end - begin


def _seen(session: Session, account: str, *, livemode: bool, at: datetime) -> None:
    values = {"account": account, "livemode": livemode, "at": at}
    if not insert_once(session, AuthorizationSeen, values, conflict=["account", "livemode"]):
        run(
            session,
            update(AuthorizationSeen)
            .where(
                col(AuthorizationSeen.account) == account,
                col(AuthorizationSeen.livemode).is_(livemode),
                or_(col(AuthorizationSeen.at).is_(None), col(AuthorizationSeen.at) < at),
            )
            .values(at=at),
        )
