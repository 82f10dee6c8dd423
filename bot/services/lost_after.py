"""What Stripe's events mean for reported cards: stopped elsewhere, or used later."""

from datetime import datetime

from bot.domain import lost_card as rules
from bot.services import lost_call, lost_new
from bot.services import lost_case as cases
from bot.services.lost_case import Case
from storage import Session
from storage.queries import lost_card as rows
from storage.tables_stripe import Authorization, Transaction


def card_changed(session: Session, card_id: str, now: datetime) -> None:
    """Let reports follow a card that an event described; its row is as the event left it."""
    row = rows.newest(session, card_id)
    if row is not None:
        case = cases.of(session, rows.lock(session, row.id))
        lost_call.changed(case, now)
        cases.show(case, now)
        for paid in rows.captures(session, card_id):
            _late(case, paid, now)
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
