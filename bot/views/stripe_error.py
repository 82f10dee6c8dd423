"""What Stripe's errors mean to people: one sentence with what to do."""

from typing import Final

from bot import text
from bot.text import Mrkdwn

AWAY: Final = frozenset({"no_answer", "rate_limited"})
"""Stripe gives no result at present; so does any `http_5…`."""


def sentence(language: str, code: str, request: str = "") -> Mrkdwn:
    """Return what an error of Stripe's means and what to do about it.

    Args:
        language: the reader's.
        code: as rows keep it: Stripe's own, or one of `bot.effects.stripe_call`.
        request: Stripe's id of the request (`req_…`), named where somebody has to ask Stripe.
    """
    if code in AWAY or code.startswith("http_"):
        return text.mrkdwn(language, "stripe_error.away")
    if text.has(f"stripe_code.{code}"):
        return text.mrkdwn(language, f"stripe_code.{code}")
    if request:
        return text.mrkdwn(language, "stripe_error.other", code=code, request=request)
    return text.mrkdwn(language, "stripe_error.unknown", code=code)
