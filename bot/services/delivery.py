"""The clock of a card that is sent by standard shipping, which has no tracking: the same for every card."""

from datetime import datetime
from typing import Final

from bot.domain import lost_card as rules
from bot.domain.deadline import count
from bot.services import case_clock
from storage import Session
from storage.queries.calendar import closing_days
from storage.tables import Program
from storage.tables_stripe import Card

LADDER: Final = "card_delivery"
SOURCE: Final = "https://docs.stripe.com/issuing/customer-support"
CALENDARS: Final = {"usd": "XFED", "gbp": "GB-ENG"}
"""The calendar of Stripe's business days by the currency of a card; every other one has the euro's."""

ARRIVED: Final = frozenset({"delivered", "active", "canceled"})
"""Stages of `bot.domain.lost_card` in which nobody waits for a card any more."""


def await_card(
    session: Session,
    *,
    subject: str,
    subject_id: int,
    team: str,
    program: Program | None,
    card: Card,
    at: datetime,
    now: datetime,
) -> None:
    """Start the clock: after ten business days a card that is not there is canceled and ordered again."""
    zone = program.zone if program else "UTC"
    calendar = CALENDARS.get(card.currency, "XECB")
    closed = closing_days(session, team)
    case_clock.start(
        session,
        team=team,
        subject=subject,
        subject_id=subject_id,
        ladder=LADDER,
        program=program,
        counted=count(at, zone, rules.DELIVERY_DAYS, "business_days", calendar, closed),
        length=rules.DELIVERY_DAYS,
        unit="business_days",
        zone=zone,
        source=SOURCE,
        at=at,
        now=now,
    )
