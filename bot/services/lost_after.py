"""What Stripe's events mean for reported cards: stopped elsewhere, used later, a warning of fraud."""

from datetime import datetime

from bot.domain import lost_card as rules
from bot.outbox import put_notice
from bot.services import lost_call, lost_new
from bot.services import lost_case as cases
from bot.services.lost_case import Case
from storage import Session
from storage.queries import card_board as boards
from storage.queries import lost_card as rows
from storage.queries import person as people
from storage.queries import stripe_mirror as mirror
from storage.tables_stripe import Authorization, Card, Transaction


def card_changed(
    session: Session, card_id: str, now: datetime, *, operations: str = "", language: str = "en"
) -> None:
    """Let reports follow a card that an event described.

    Args:
        session: the caller's transaction.
        card_id: the card, whose row is as the event left it.
        now: business time.
        operations: the operations channel of the settings, for a card that has no thread yet.
        language: of that channel.
    """
    row = rows.newest(session, card_id)
    if row is not None:
        case = cases.of(session, rows.lock(session, row.id))
        lost_call.changed(case, now)
        cases.show(case, now)
        for paid in rows.captures(session, card_id):
            _late(case, paid, now)
    else:
        _warn(session, card_id, operations, language, now)
    old = rows.of_new_card(session, card_id)
    if old is not None:
        lost_new.follow(cases.of(session, rows.lock(session, old.id)), now)


def captured(session: Session, paid: Transaction, now: datetime) -> None:
    """Ask whether a purchase was the holder's, if its money was taken after the card was reported."""
    row = rows.newest(session, paid.card)
    if row is not None:
        _late(cases.of(session, row), paid, now)


def _late(case: Case, paid: Transaction, now: datetime) -> None:
    row = case.row
    if (
        row.state == "released"
        or paid.type != "capture"
        or not rules.is_late(paid.created_at, row.reported_at)
    ):
        return
    if not rows.put_capture(case.session, paid.id, row.id, now):
        return
    used = case.session.get(Authorization, paid.authorization) if paid.authorization else None
    message = cases.say(
        case,
        "lost.late",
        now,
        transaction=paid.id,
        amount=paid.amount,
        currency=paid.currency,
        captured_at=paid.created_at.isoformat(),
        authorized_at=cases.iso(used.created_at if used else None),
        answer="",
    )
    rows.keep_message(case.session, paid.id, message)


def _warn(session: Session, card_id: str, operations: str, language: str, now: datetime) -> None:
    """Offer to freeze a card that Stripe warns about, once for each warning, in the card's own thread."""
    card = mirror.card(session, card_id)
    workspace = people.workspace(session)
    if card is None or workspace is None or not card.fraud_warning or card.status == "canceled":
        return
    if not rows.put_warning(session, card.id, card.fraud_warning, now):
        return
    thread = cases.open_thread(
        session,
        mirror.lock(session, Card, {"id": card.id}),
        team=workspace.team,
        defaults={"operations": operations} if operations else {},
        language=language,
        now=now,
    )
    if thread is None:
        return
    spoken = next((one.language for one in boards.of_card(session, card.id)), language)
    put_notice(
        session,
        thread,
        "lost.warning",
        {
            "card": card.id,
            "last4": card.last4,
            "livemode": card.livemode,
            "account": card.account,
            "warning": card.fraud_warning,
        },
        language=spoken,
        now=now,
    )
