"""What boards and pages about a lost card show; holder, address and purchases only in pages."""

from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain import lost_card as rules
from bot.domain.role import Asker
from bot.services import card_board, card_find
from bot.services import lost_case as cases
from bot.services import lost_replace as replace
from bot.services.lost_case import Case
from storage import Session
from storage.queries import lost_card as rows
from storage.tables import Thread
from storage.tables_stripe import Authorization, Card, Token, Transaction

MOST: Final = 8
LISTED: Final = timedelta(days=90)
MOST_LISTED: Final = 20


def load(session: Session, thread: Thread) -> dict[str, Any] | None:
    """Return what the board of a card says, with its newest report."""
    found = card_board.load(session, thread)
    if found is None:
        return None
    row = rows.newest(session, found["card"])
    return {**found, "lost": cases.facts(cases.of(session, row)) if row is not None else None}


def holder(session: Session, card: Card, who: Asker) -> str:
    """Return the holder's name for those who may see it, else the initials."""
    found = rows.holder(session, card.cardholder)
    name = (found.name if found else "") or ""
    return name if card_find.sees_names(who) else rules.initials(name)


def details(case: Case, who: Asker, now: datetime, *, can_dispute: bool) -> dict[str, Any]:
    """Return the page for support and operators: holder, address, purchases, authorizations, wallets."""
    found = _of_card(case.session, case.card, who)
    return {**cases.mine(case, who, now), **found, "can_dispute": can_dispute}


def card_details(session: Session, card: Card, who: Asker, *, can_dispute: bool) -> dict[str, Any]:
    """Return the same page for a card that nobody has reported."""
    return {
        "card": card.id,
        "last4": card.last4,
        "account": card.account,
        "livemode": card.livemode,
        "status": card.status,
        "state": "",
        "pending": rows.count_pending(session, card.id),
        **_of_card(session, card, who),
        "can_dispute": can_dispute,
    }


def _of_card(session: Session, card: Card, who: Asker) -> dict[str, Any]:
    return {
        "holder": holder(session, card, who),
        "address": replace.on_file(session, card),
        "pending_list": [_used(one) for one in rows.pending(session, card.id, MOST)],
        "purchases": [_paid(one) for one in rows.purchases(session, card.id, MOST)],
        "tokens": [_token(one) for one in rows.tokens(session, card.id)][:MOST],
    }


def ask_revoke(case: Case, who: Asker, *, reason: bool) -> dict[str, Any]:
    """Return what the form shows that revokes a card."""
    return {**cases.facts(case), "holder": holder(case.session, case.card, who), "reason": reason}


def ask_replace(case: Case, who: Asker) -> dict[str, Any]:
    """Return what the form shows that orders a new card."""
    session, card = case.session, case.card
    address = replace.on_file(session, card)
    return {**cases.facts(case), "holder": holder(session, card, who), "address": address}


def listed(session: Session, team: str, now: datetime) -> dict[str, Any]:
    """Return the open and recent cases, and how long it took from report to canceled."""
    since = now - LISTED
    found = rows.recent(session, team, since, MOST_LISTED + 1)
    took = rules.times([end - begin for begin, end in rows.took(session, team, since)])
    return {
        "cases": [cases.facts(cases.of(session, row)) for row, _ in found[:MOST_LISTED]],
        "more": len(found) > MOST_LISTED,
        "count": took.count,
        "median": took.median.total_seconds() if took.median is not None else None,
        "worst": took.worst.total_seconds() if took.worst is not None else None,
        "days": LISTED.days,
        "zone": "UTC",
    }


def _used(row: Authorization) -> dict[str, Any]:
    return {
        "id": row.id,
        "amount": row.amount,
        "currency": row.currency,
        "merchant": row.merchant_name or row.merchant_id,
        "at": row.created_at.isoformat(),
    }


def _paid(row: Transaction) -> dict[str, Any]:
    return {
        "id": row.id,
        "amount": abs(row.amount),
        "currency": row.currency,
        "merchant": row.merchant_name or row.merchant_id,
        "at": row.created_at.isoformat(),
        "dispute": row.dispute,
    }


def _token(row: Token) -> dict[str, Any]:
    return {
        "id": row.id,
        "wallet": row.wallet_provider or row.network,
        "status": row.status,
        "last4": row.last4,
    }
