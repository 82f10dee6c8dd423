"""The root of a card's thread in the operations channel: last four, id and how the card stands."""

from collections.abc import Mapping
from typing import Any, Final

from bot import text
from bot.domain.stripe_link import dashboard
from bot.text import Mrkdwn
from bot.views import block, lost_card
from bot.views.block import Json

Facts = Mapping[str, Any]


def board(language: str, facts: Facts) -> Json:
    """Return the board of a card."""
    title = text.mrkdwn(language, "card.title", last4=facts["last4"] or "????")
    if not facts["livemode"]:
        title = text.mrkdwn(language, "card.test", title=title)
    words = text.mrkdwn(language, "card.line", card=title, status=status(language, facts))
    report, blocks = lost_card.board_part(language, facts)
    spoken = Mrkdwn(f"{words}\n{report}") if report else words
    return block.message(spoken, [block.section(words), *blocks, block.context(*about(language, facts))])


def status(language: str, facts: Facts) -> Mrkdwn:
    """Return how the card stands, as Stripe last said."""
    known = facts["status"] if text.has(f"card.status.{facts['status']}") else "other"
    return text.mrkdwn(language, f"card.status.{known}", status=facts["status"])


def about(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return the small line: its programme, its id as a link into the Dashboard, its account."""
    url = dashboard(f"issuing/cards/{facts['card']}", account=facts["account"], livemode=facts["livemode"])
    program = facts["program"]
    parts = [text.link(url, facts["card"])]
    if program:
        parts.insert(0, text.mrkdwn(language, "card.program", name=program["name"], ref=program["ref"]))
    if facts["account"]:
        parts.append(text.mrkdwn(language, "card.account", account=facts["account"]))
    return parts


RENDERERS: Final = {"card": board}
