"""Queries of what Stripe shows of the work of a programme: of rows, so in any order of events."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from bot.domain.signal import purchase
from storage.tables import Program
from storage.tables_exception import StepSignal
from storage.tables_stripe import Authorization, Card, Transaction
from storage.tables_stripe_event import ProgramAccount, StripeCapability, StripeDispute
from storage.upsert import insert_once

MOST_CAPTURES = 200
ANSWERED = ("webhook_approved", "webhook_declined")


def unlaunched(session: Session) -> Sequence[int]:
    """Return the programmes on their way to the launch that have an account of Stripe's."""
    return session.exec(
        select(Program.id)
        .join(ProgramAccount, col(ProgramAccount.program_id) == col(Program.id))
        .where(Program.state == "active", col(Program.launched_at).is_(None))
        .order_by(col(Program.id))
    ).all()


def told(session: Session, program_id: int) -> set[str]:
    """Return the signals that were told."""
    return set(session.exec(select(StepSignal.name).where(StepSignal.program_id == program_id)).all())


def tell(session: Session, program: Program, name: str, *, step: str, source: str, now: datetime) -> bool:
    """Keep that a signal is told; false when it was before."""
    values = {
        "team": program.team,
        "program_id": program.id,
        "name": name,
        "step": step,
        "source": source,
        "at": now,
    }
    return insert_once(session, StepSignal, values, conflict=["program_id", "name"])


def seen(session: Session, program: Program, designated: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each signal with the object that shows it; one name may come more than once.

    Args:
        session: any.
        program: whose cards are looked at.
        designated: the cards and cardholders that may test live; empty: everybody may.
    """
    ref = program.ref
    yield from _built(session, ref)
    yield from _cards(session, ref)
    yield from _accounts(session, program)
    yield from _live(session, ref, designated)


def _built(session: Session, ref: str) -> Iterator[tuple[str, str]]:
    answers = {
        approved: session.exec(
            select(Authorization.id)
            .join(Card, col(Card.id) == col(Authorization.card))
            .where(
                Card.program == ref,
                col(Authorization.livemode).is_(False),
                col(Authorization.approved).is_(approved),
                col(Authorization.reason).in_(ANSWERED),
            )
            .limit(1)
        ).first()
        for approved in (True, False)
    }
    if all(answers.values()):
        yield "test_purchases", answers[True] or ""
    disputed = session.exec(
        select(StripeDispute.id)
        .join(Transaction, col(Transaction.id) == col(StripeDispute.transaction))
        .join(Card, col(Card.id) == col(Transaction.card))
        .where(
            Card.program == ref,
            col(StripeDispute.livemode).is_(False),
            col(StripeDispute.status).in_(("won", "lost", "expired")),
        )
        .limit(1)
    ).first()
    if disputed:
        yield "test_dispute", disputed


def _cards(session: Session, ref: str) -> Iterator[tuple[str, str]]:
    for live, name in ((False, "test_lost_card"), (True, "live_lost_card")):
        lost = session.exec(
            select(Card.id)
            .where(
                Card.program == ref,
                col(Card.livemode).is_(live),
                Card.status == "canceled",
                Card.cancellation_reason == "lost",
                col(Card.id).in_(select(Card.replacement_for).where(Card.replacement_for != "")),
            )
            .limit(1)
        ).first()
        if lost:
            yield name, lost
    live_card = (Card.program == ref, col(Card.livemode))
    first = session.exec(select(Card.id).where(*live_card).order_by(col(Card.created_at)).limit(1)).first()
    if first:
        yield "first_card", first
    ready = session.exec(select(Card.id).where(*live_card, Card.apple_pay == "eligible").limit(1)).first()
    if ready:
        yield "apple_pay", ready


def _accounts(session: Session, program: Program) -> Iterator[tuple[str, str]]:
    found = session.exec(
        select(StripeCapability.account)
        .join(ProgramAccount, col(ProgramAccount.account) == col(StripeCapability.account))
        .where(
            ProgramAccount.program_id == program.id,
            StripeCapability.account != "",
            StripeCapability.status == "active",
            col(StripeCapability.capability).in_(("card_issuing", "treasury")),
        )
        .limit(1)
    ).first()
    if found:
        yield "accounts_active", found


def _live(session: Session, ref: str, designated: Collection[str]) -> Iterator[tuple[str, str]]:
    def counts(card: str, holder: str) -> bool:
        return not designated or card in designated or holder in designated

    moved = session.exec(
        select(Transaction, Authorization)
        .join(Card, col(Card.id) == col(Transaction.card))
        .outerjoin(Authorization, col(Authorization.id) == col(Transaction.authorization))
        .where(Card.program == ref, col(Transaction.livemode))
        .order_by(col(Transaction.created_at), col(Transaction.id))
        .limit(MOST_CAPTURES)
    ).all()
    for paid, asked in moved:
        if not counts(paid.card, paid.cardholder):
            continue
        if paid.type == "refund":
            yield "live_refund", paid.id
        elif asked is not None and (name := purchase(method=asked.method, wallet=asked.wallet)):
            yield name, paid.id
    declined = session.exec(
        select(Authorization)
        .join(Card, col(Card.id) == col(Authorization.card))
        .where(Card.program == ref, col(Authorization.livemode), col(Authorization.approved).is_(False))
        .order_by(col(Authorization.created_at))
        .limit(MOST_CAPTURES)
    ).all()
    for one in declined:
        if counts(one.card, one.cardholder) and one.reason in {"webhook_declined", "spending_controls"}:
            yield "live_declined", one.id
