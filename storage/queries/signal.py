"""Queries of what Stripe shows of the work of a programme: of rows, so in any order of events."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, func, or_, select

from bot.domain.authorization import FALLBACK
from bot.domain.signal import CAPABILITIES, SIGNALS, TESTS, Sight, purchase
from storage.tables import Program
from storage.tables_exception import StepSignal
from storage.tables_signal import StripeDesign, TreasuryReceipt
from storage.tables_stripe import Authorization, AuthorizationDecision, Card, Transaction
from storage.tables_stripe_event import ProgramAccount, StripeCapability, StripeDispute, StripeEvent
from storage.upsert import insert_once

MOST_CAPTURES: Final = 200
MOST_EVENTS: Final = 20
MOST_FIRST: Final = 20
ANSWERED: Final = ("webhook_approved", "webhook_declined")
LOST: Final = ("lost", "stolen")
WHOLE: Final = ("issuing_dispute.created", "issuing_dispute.submitted", "issuing_dispute.closed")
"""What has to be seen of a dispute that went from start to end."""


def unlaunched(session: Session) -> Sequence[int]:
    """Return the programmes on their way to the launch that have an account of Stripe's."""
    return session.exec(
        select(Program.id)
        .join(ProgramAccount, col(ProgramAccount.program_id) == col(Program.id))
        .where(Program.state == "active", col(Program.launched_at).is_(None))
        .order_by(col(Program.id))
    ).all()


def told(session: Session, program_id: int) -> set[str]:
    """Return what was told, by what each is kept under."""
    return set(session.exec(select(StepSignal.name).where(StepSignal.program_id == program_id)).all())


def tell(session: Session, program: Program, sight: Sight, *, event: str, act: str, now: datetime) -> bool:
    """Keep that a signal is told; false when it was before."""
    values = {
        "team": program.team,
        "program_id": program.id,
        "name": sight.key,
        "step": SIGNALS[sight.name].step,
        "source": sight.source,
        "event": event,
        "act": act,
        "at": now,
    }
    return insert_once(session, StepSignal, values, conflict=["program_id", "name"])


def blocked_by(session: Session, program_id: int, step: str) -> Sequence[str]:
    """Return the objects for which Gantry itself has blocked a step."""
    return session.exec(
        select(StepSignal.source).where(
            StepSignal.program_id == program_id, StepSignal.step == step, StepSignal.act == "block"
        )
    ).all()


def newest(session: Session, object_id: str, kind: str) -> str:
    """Return the newest event of a type about an object, or an empty text."""
    found = session.exec(
        select(StripeEvent.event_id)
        .where(StripeEvent.object_id == object_id, StripeEvent.type == kind)
        .order_by(col(StripeEvent.made_at).desc(), col(StripeEvent.event_id).desc())
        .limit(1)
    ).first()
    return found or ""


def trail(session: Session, objects: Collection[str], account: str) -> Sequence[tuple[str, str, datetime]]:
    """Return the events about these objects in the order of Stripe: id, type and when; the first twenty."""
    found = session.exec(
        select(StripeEvent.event_id, StripeEvent.type, StripeEvent.made_at)
        .where(col(StripeEvent.object_id).in_(objects), StripeEvent.account == account)
        .order_by(col(StripeEvent.made_at), col(StripeEvent.id))
        .limit(MOST_EVENTS)
    ).all()
    return [(event, kind, at) for event, kind, at in found]


def seen(
    session: Session, program: Program, designated: Collection[str], known: Collection[str]
) -> Iterator[Sight]:
    """Yield what was seen and is not known; one name may come more than once, the first counts.

    Args:
        session: any.
        program: whose cards are looked at.
        designated: the cards and cardholders that may test live; empty: nobody said.
        known: the names that were told: nothing is looked for on their account.
    """
    ref = program.ref
    tests = tuple(name for name, one in SIGNALS.items() if one.step == TESTS)
    looks: tuple[tuple[tuple[str, ...], Callable[[], Iterator[Sight]]], ...] = (
        (("test_started",), lambda: _started(session, ref)),
        (("test_answered",), lambda: _answered(session, ref)),
        (("test_purchases",), lambda: _purchases(session, ref)),
        (("test_dispute",), lambda: _dispute(session, ref)),
        (("test_lost_card",), lambda: _lost(session, ref, "test_lost_card", designated, live=False)),
        (("live_lost_card",), lambda: _lost(session, ref, "live_lost_card", designated, live=True)),
        (("accounts_active",), lambda: _accounts(session, program)),
        (("first_card", "apple_pay"), lambda: _live_cards(session, ref)),
        (tests, lambda: _moved(session, ref, designated)),
        (("live_declined",), lambda: _declined(session, ref, designated)),
        (("live_receipt",), lambda: _receipt(session, program.id)),
    )
    for names, look in looks:
        if any(name not in known for name in names):
            yield from look()


def designs(session: Session, program_id: int) -> Sequence[StripeDesign]:
    """Return the live designs on the account of a programme, those with the oldest news first."""
    return session.exec(
        select(StripeDesign)
        .join(ProgramAccount, col(ProgramAccount.account) == col(StripeDesign.account))
        .where(
            ProgramAccount.program_id == program_id,
            or_(ProgramAccount.account != "", col(ProgramAccount.platform) == col(StripeDesign.platform)),
            col(StripeDesign.livemode),
        )
        .order_by(col(StripeDesign.event_at), StripeDesign.id)
    ).all()


def _test_cards(ref: str) -> tuple[Any, ...]:
    return (Card.program == ref, col(Card.livemode).is_(False))


def _started(session: Session, ref: str) -> Iterator[Sight]:
    """The first event of test mode about a card of the programme, or about the use of one."""
    # In steps: whoever plans "the first event by number" as one query may read all events from the beginning.
    cards = session.exec(
        select(Card.id).where(*_test_cards(ref)).order_by(col(Card.created_at)).limit(MOST_FIRST)
    ).all()
    if not cards:
        return
    uses = session.exec(
        select(Authorization.id)
        .where(col(Authorization.card).in_(cards), col(Authorization.livemode).is_(False))
        .limit(MOST_FIRST)
    ).all()
    found = session.exec(
        select(StripeEvent.id, StripeEvent.event_id, StripeEvent.made_at).where(
            col(StripeEvent.object_id).in_([*cards, *uses])
        )
    ).all()
    if found:
        _, event, at = min(found)
        yield Sight("test_started", event, at, more={"event": event})


def _answered(session: Session, ref: str) -> Iterator[Sight]:
    """The first purchase of test mode that Gantry itself answered, and Stripe took the answer."""
    found = session.exec(
        select(Authorization, AuthorizationDecision.event, AuthorizationDecision.at)
        .join(Card, col(Card.id) == col(Authorization.card))
        .join(AuthorizationDecision, col(AuthorizationDecision.authorization) == col(Authorization.id))
        .where(
            *_test_cards(ref),
            col(Authorization.livemode).is_(False),
            col(Authorization.reason).in_(ANSWERED),
            AuthorizationDecision.rule != FALLBACK,
        )
        .order_by(col(Authorization.created_at), Authorization.id, col(AuthorizationDecision.entries))
        .limit(1)
    ).first()
    if found:
        asked, event, at = found
        more = {"event": event, "asked_at": asked.created_at, "answered_at": at}
        yield Sight("test_answered", asked.id, at, (asked.id,), asked.account, more=more)


def _purchases(session: Session, ref: str) -> Iterator[Sight]:
    answers = [
        session.exec(
            select(Authorization)
            .join(Card, col(Card.id) == col(Authorization.card))
            .where(
                *_test_cards(ref),
                col(Authorization.livemode).is_(False),
                col(Authorization.approved).is_(approved),
                col(Authorization.reason).in_(ANSWERED),
            )
            .limit(1)
        ).first()
        for approved in (True, False)
    ]
    both = [one for one in answers if one is not None]
    if len(both) == len(answers):
        at = max(one.created_at for one in both)
        yield Sight("test_purchases", both[0].id, at, tuple(one.id for one in both), both[0].account)


def _dispute(session: Session, ref: str) -> Iterator[Sight]:
    steps = (
        select(func.count(func.distinct(StripeEvent.type)))
        .where(StripeEvent.object_id == StripeDispute.id, col(StripeEvent.type).in_(WHOLE))
        .scalar_subquery()
    )
    found = session.exec(
        select(StripeDispute)
        .join(Transaction, col(Transaction.id) == col(StripeDispute.transaction))
        .join(Card, col(Card.id) == col(Transaction.card))
        .where(
            *_test_cards(ref),
            col(StripeDispute.livemode).is_(False),
            col(StripeDispute.status).in_(("won", "lost", "expired")),
            steps == len(WHOLE),
        )
        .order_by(col(StripeDispute.event_at), StripeDispute.id)
        .limit(1)
    ).first()
    if found:
        yield Sight("test_dispute", found.id, found.event_at, (found.id,), found.account)


def _lost(
    session: Session, ref: str, name: str, designated: Collection[str], *, live: bool
) -> Iterator[Sight]:
    lost = session.exec(
        select(Card)
        .where(
            Card.program == ref,
            col(Card.livemode).is_(live),
            Card.status == "canceled",
            col(Card.cancellation_reason).in_(LOST),
            col(Card.id).in_(
                select(Card.replacement_for).where(Card.replacement_for != "", Card.program == ref)
            ),
        )
        .order_by(col(Card.event_at), Card.id)
        .limit(MOST_CAPTURES)
    ).all()
    sure = [one for one in lost if not live or _of(designated, one.id, one.cardholder)]
    if found := next(iter(sure or ([] if designated else lost)), None):
        new = session.exec(select(Card).where(Card.replacement_for == found.id).order_by(Card.id)).first()
        both = (found.id, *([new.id] if new else []))
        yield Sight(name, found.id, found.event_at, both, found.account, sure=bool(sure))


def _accounts(session: Session, program: Program) -> Iterator[Sight]:
    """The connected account on which every capability is active that the products need."""
    wanted = [CAPABILITIES[product] for product in program.products if product in CAPABILITIES]
    active = session.exec(
        select(StripeCapability)
        .join(ProgramAccount, col(ProgramAccount.account) == col(StripeCapability.account))
        .where(
            ProgramAccount.program_id == program.id,
            StripeCapability.account != "",
            StripeCapability.status == "active",
            col(StripeCapability.capability).in_(wanted),
        )
        .order_by(col(StripeCapability.livemode))
    ).all()
    for livemode in (False, True):
        these = [one for one in active if one.livemode is livemode]
        if wanted and {one.capability for one in these} == set(wanted):
            at = max((one.active_at for one in these if one.active_at), default=None)
            account = these[0].account
            yield Sight("accounts_active", account, at, tuple(wanted), account, more={"capabilities": wanted})


def _live_cards(session: Session, ref: str) -> Iterator[Sight]:
    live = (Card.program == ref, col(Card.livemode))
    first = session.exec(select(Card).where(*live).order_by(col(Card.created_at), Card.id).limit(1)).first()
    if first is None:
        return
    yield Sight("first_card", first.id, first.created_at, (first.id,), first.account)
    for value, name in (("eligible", "apple_pay"), ("missing_agreement", "apple_pay_missing")):
        card = session.exec(
            select(Card).where(*live, Card.apple_pay == value).order_by(Card.id).limit(1)
        ).first()
        if card:
            yield Sight(name, card.id, card.event_at, (card.id,), card.account)
            return  # once one card can be added, nothing is missing


def _moved(session: Session, ref: str, designated: Collection[str]) -> Iterator[Sight]:
    found = session.exec(
        select(Transaction, Authorization)
        .join(Card, col(Card.id) == col(Transaction.card))
        .outerjoin(Authorization, col(Authorization.id) == col(Transaction.authorization))
        .where(Card.program == ref, col(Transaction.livemode))
        .order_by(col(Transaction.created_at), col(Transaction.id))
        .limit(MOST_CAPTURES)
    ).all()
    for paid, asked in found:
        if designated and not _of(designated, paid.card, paid.cardholder):
            continue
        name = ""
        if paid.type == "refund":
            name = "live_refund"
        elif asked is not None:
            name = purchase(method=asked.method, wallet=asked.wallet)
        if name:
            more = {"amount": abs(paid.amount), "currency": paid.currency}
            of = (paid.id,)
            yield Sight(name, paid.id, paid.created_at, of, paid.account, sure=bool(designated), more=more)


def _declined(session: Session, ref: str, designated: Collection[str]) -> Iterator[Sight]:
    found = session.exec(
        select(Authorization)
        .join(Card, col(Card.id) == col(Authorization.card))
        .where(
            Card.program == ref,
            col(Authorization.livemode),
            col(Authorization.approved).is_(False),
            col(Authorization.reason).in_(("webhook_declined", "spending_controls")),
        )
        .order_by(col(Authorization.created_at), Authorization.id)
        .limit(MOST_CAPTURES)
    ).all()
    for one in found:
        if not designated or _of(designated, one.card, one.cardholder):
            sure = bool(designated)
            yield Sight("live_declined", one.id, one.created_at, (one.id,), one.account, sure=sure)
            return


def _receipt(session: Session, program_id: int) -> Iterator[Sight]:
    row = session.exec(select(TreasuryReceipt).where(TreasuryReceipt.program_id == program_id)).first()
    if row:
        more = {"kind": row.kind}
        yield Sight("live_receipt", row.object_id, row.at, (row.object_id,), row.account, more=more)


def _of(designated: Collection[str], card: str, holder: str) -> bool:
    return card in designated or holder in designated
