"""What people read about Stripe's events: how a dispute ended, what is in trouble, what is to be done."""

from collections.abc import Mapping
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block
from bot.views.block import Json

Facts = Mapping[str, Any]


def dispute_closed(language: str, facts: Facts) -> Json:
    """Return how a dispute ended, and what that asks for."""
    status = facts["status"] if text.has(f"dispute.closed.{facts['status']}") else "other"
    words = text.mrkdwn(
        language,
        f"dispute.closed.{status}",
        amount=text.money(language, facts["amount"], facts["currency"]),
        last4=facts["last4"],
        status=facts["status"],
        dispute=facts["dispute"],
    )
    said = [words]
    if facts["loss_reason"]:
        said.append(text.mrkdwn(language, "dispute.closed.why", reason=facts["loss_reason"]))
    if not facts["livemode"]:
        said.append(text.mrkdwn(language, "stripe.test_mode"))
    program = facts["program"]
    spoken = Mrkdwn(f"{text.escape(program['name'])} ({program['ref']}) · {words}")
    return block.message(spoken, [block.section(words), *(block.context(one) for one in said[1:])])


RENDERERS: Final = {"dispute.closed": dispute_closed}
