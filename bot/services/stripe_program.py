"""Which programme a card, dispute or capability belongs to, and what its people hear because of it."""

import json
from datetime import datetime
from typing import Final

from bot.domain.stripe_match import Rule, Traits, match
from bot.outbox import put_notice
from bot.services import audit, live_use
from bot.services.stripe_record import AT_ONCE
from storage import Session, insert_once
from storage.queries import stripe_mirror as rows
from storage.queries import thread as threads
from storage.tables import Program
from storage.tables_stripe import Card
from storage.tables_stripe_event import (
    CardTrait,
    ProgramAccount,
    StripeAccount,
    StripeCapability,
    StripeDispute,
)

ENDS: Final = frozenset({"won", "lost", "expired"})
COVERS: Final = {"card_issuing": "issuing_", "treasury": "treasury_"}
"""Stripe's capabilities of an account, and how the capabilities begin whose approval includes them."""


def know_account(session: Session, platform: str, account: str, *, livemode: bool) -> None:
    """Have the events of an account compared with the inbox from now on."""
    key = {"platform": platform, "account": account, "livemode": livemode}
    insert_once(session, StripeAccount, {**key, "next_at": AT_ONCE}, conflict=list(key))


def rule_of(row: ProgramAccount, program: Program) -> Rule:
    """Return what tells the cards of a programme."""
    return Rule(program.ref, row.tell, row.key, row.value)


def place(session: Session, trait: CardTrait, now: datetime) -> None:
    """Find the programme of a card by the rules as they are, and say what follows."""
    rules = [rule_of(row, program) for row, program in rows.rules(session, trait.platform, trait.account)]
    metadata = json.loads(trait.metadata_text or "{}")
    ref = match(rules, Traits(trait.currency, trait.design, metadata))
    card = rows.lock(session, Card, {"id": trait.card})
    if card.program != ref:
        card.program = ref
        session.add(card)
    trait.matched = True
    session.add(trait)
    session.flush()
    look_at(session, card.id, now)
    for dispute in rows.disputes_of_card(session, card.id):
        tell_dispute(session, dispute, now)


def look_at(session: Session, card_id: str, now: datetime) -> None:
    """Compare a card in live mode, and its wallets, with what its programme was approved for."""
    card = rows.card(session, card_id)
    if card is None or not card.livemode or not card.program:
        return
    program = rows.program(session, card.program)
    if program is None:
        return
    seen = [f"issuing_{card.type}"] if card.type in {"virtual", "physical"} else []
    if rows.has_tokens(session, card.id):
        seen.append("issuing_wallets")
    for capability in seen:
        live_use.observe(session, program, capability, now, card.id)


def look_at_capability(session: Session, row: StripeCapability, now: datetime) -> None:
    """Compare a capability that was active in live mode with what its programmes were approved for."""
    if not row.livemode or row.active_at is None:
        return
    for _, program in rows.rules(session, row.platform, row.account):
        begins = COVERS.get(row.capability)
        if begins and not any(one.startswith(begins) for one in program.capabilities):
            live_use.observe(session, program, row.capability, now, row.account or row.platform or "stripe")


def tell_dispute(session: Session, dispute: StripeDispute, now: datetime) -> None:
    """Say in the thread of its programme, once, how a dispute ended; later, when the programme is known."""
    if dispute.status not in ENDS or dispute.told == dispute.status:
        return
    paid = rows.paid(session, dispute.transaction)
    card = rows.card(session, paid.card) if paid is not None else None
    program = rows.program(session, card.program) if card is not None and card.program else None
    board = threads.of(session, "program", program.id) if program is not None else None
    if card is None or program is None or board is None:
        return
    dispute.told = dispute.status
    session.add(dispute)
    audit.record(
        session,
        team=program.team,
        actor="stripe",
        tag="dispute:close:closed",
        subject=dispute.id,
        now=now,
        after={"status": dispute.status, "program": program.ref, "livemode": dispute.livemode},
    )
    put_notice(
        session,
        board,
        "dispute.closed",
        {
            "dispute": dispute.id,
            "status": dispute.status,
            "amount": dispute.amount,
            "currency": dispute.currency,
            "loss_reason": dispute.loss_reason,
            "last4": card.last4,
            "livemode": dispute.livemode,
            "program": {"id": program.id, "ref": program.ref, "name": program.name},
        },
        language=program.language,
        now=now,
    )
