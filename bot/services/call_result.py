"""Who hears of the result of a call to Stripe, by its act; in the transaction that records it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bot.services import dispute_call, dispute_funds, lost_call, lost_card, lost_replace, lost_token
from bot.services.stripe_call import Outcome
from storage import Session
from storage.tables_call import StripeCall

Follow = Callable[[Session, StripeCall, Outcome, datetime], None]
"""Takes the call as recorded, what became of it, and business time."""

FOLLOW: Final[Mapping[str, Follow]] = {
    "dispute.create": dispute_call.created,
    "dispute.change": dispute_call.created,
    "dispute.look": dispute_call.looked,
    "dispute.read": dispute_call.was_read,
    "dispute.submit": dispute_call.submitted,
    dispute_funds.ACT: dispute_funds.fetched,
    lost_card.FREEZE: lost_call.frozen,
    lost_card.RELEASE: lost_call.released,
    lost_card.CANCEL: lost_call.canceled,
    lost_call.LOOK: lost_call.looked,
    lost_replace.LIMITS: lost_replace.limits_known,
    lost_replace.REPLACE: lost_replace.replaced,
    lost_token.CHANGE: lost_token.changed,
}
