"""How far a new card has come: made, shipped, delivered, activated; each stage is said once."""

from datetime import datetime

from bot.domain import lost_card as rules
from bot.services import case_clock
from bot.services import lost_case as cases
from bot.services.delivery import ARRIVED
from bot.services.lost_case import DELIVERY, Case
from storage.queries import stripe_mirror as mirror


def follow(case: Case, now: datetime) -> None:
    """Say how far the new card has come, each stage once; it never goes back."""
    row = case.row
    new = mirror.card(case.session, row.new_card) if row.new_card else None
    if new is None:
        return
    stage = rules.stage_of(status=new.status, shipping=new.shipping_status)
    if not rules.is_further(row.new_state, stage):
        return
    row.new_state = stage
    case.session.add(row)
    case.session.flush()
    if stage in ARRIVED:
        case_clock.end(case.session, DELIVERY, row.id)
    cases.say(case, "lost.new_card", now, new_last4=new.last4, stage=stage)
    cases.show(case, now)
