"""Who hears of the result of a call to Stripe, by its act; in the transaction that records it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bot.services import dispute_call
from bot.services.stripe_call import Outcome
from storage import Session
from storage.tables_call import StripeCall

Follow = Callable[[Session, StripeCall, Outcome, datetime], None]
"""Takes the call as recorded, what became of it, and business time."""

FOLLOW: Final[Mapping[str, Follow]] = {
    "dispute.create": dispute_call.created,
    "dispute.change": dispute_call.created,
    "dispute.look": dispute_call.looked,
    "dispute.submit": dispute_call.submitted,
}
