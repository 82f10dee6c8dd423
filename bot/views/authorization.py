"""What is said about authorizations: an outage, and why one was approved or declined."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block
from bot.views.block import Json


def outage(language: str, facts: Mapping[str, Any]) -> Json:
    """Return that authorizations get the fallback answer, since when, and what to do."""
    words = text.mrkdwn(
        language,
        "authorization.outage",
        at=text.when(datetime.fromisoformat(facts["at"]), language),
        reason=facts["reason"],
    )
    return block.message(words, [block.section(words)])


def why(language: str, rule: str) -> Mrkdwn:
    """Return one sentence that says why an authorization got its answer."""
    return text.mrkdwn(language, f"authorization.rule_{rule}")


RENDERERS: Final = {"authorization.outage": outage}
