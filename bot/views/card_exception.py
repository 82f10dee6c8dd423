"""What is said of cards in the operations channel: exceptions in their threads, one line for the rest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.domain.card_exception import KINDS
from bot.domain.stripe_link import dashboard
from bot.text import Mrkdwn
from bot.views import block, lost_card
from bot.views.block import Json

Facts = Mapping[str, Any]


def exception(language: str, facts: Facts) -> Json:
    """Return an exception: one sentence that explains it, the one thing to do, and when it was."""
    words = Mrkdwn(" ".join(_sentences(language, facts)))
    at = text.when(datetime.fromisoformat(facts["at"]), language)
    about = text.mrkdwn(language, "exception.at", at=at)
    parts = [text.mrkdwn(language, "exception.test", at=about) if not facts["livemode"] else about]
    if facts["authorization"]:
        path = f"issuing/authorizations/{facts['authorization']}"
        url = dashboard(path, account=facts["account"], livemode=facts["livemode"])
        parts.append(text.link(url, facts["authorization"]))
    blocks = [block.section(words), block.context(*parts)]
    if facts["kind"] == "fraud_warning":
        blocks.append(block.actions(*lost_card.card_buttons(language, facts)))
    return block.message(words, blocks)


def _sentences(language: str, facts: Facts) -> list[Mrkdwn]:
    kind, why = facts["kind"], facts["why"]
    if kind == "declined":
        return explained(language, why)
    if kind == "watched":
        used = "exception.used_approved" if facts["approved"] else "exception.used_declined"
        return [text.mrkdwn(language, used)]
    known = kind if kind in KINDS else "other"
    return [text.mrkdwn(language, f"exception.{known}", type=why)]


def explained(language: str, why: str) -> list[Mrkdwn]:
    """Return why an authorization was declined, and the one thing to do.

    `why` is a rule of ours, or a reason of Stripe's in request_history.
    """
    if text.has(f"authorization.do_{why}"):
        return [
            text.mrkdwn(language, f"authorization.rule_{why}"),
            text.mrkdwn(language, f"authorization.do_{why}"),
        ]
    known = why if text.has(f"decline.{why}") else "other"
    return [text.mrkdwn(language, f"decline.{known}", reason=why)]


def rest(language: str, facts: Facts) -> Json:
    """Return in one line what else there was, beyond the threads of the day."""
    counted = [
        text.mrkdwn(language, f"exceptions.{kind}", count=facts["counts"][kind])
        for kind in KINDS
        if facts["counts"].get(kind)
    ]
    words = text.mrkdwn(
        language, "exception.rest", whose=_whose(language, facts), what=Mrkdwn(", ".join(counted))
    )
    return block.message(words, [block.section(words)])


def spike(language: str, facts: Facts) -> Json:
    """Return that far more is declined than usual, and what to do."""
    words = text.mrkdwn(
        language,
        "exception.spike",
        whose=_whose(language, facts),
        count=facts["count"],
        before=facts["before"],
    )
    return block.message(words, [block.section(words)])


def _whose(language: str, facts: Facts) -> Mrkdwn:
    program = facts["program"]
    if program is None:
        return text.mrkdwn(language, "exception.nobody")
    return text.mrkdwn(language, "card.program", name=program["name"], ref=program["ref"])


def watch(language: str, facts: Facts) -> Json:
    """Return the cards on watch, and how to watch one."""
    said = [text.mrkdwn(language, "watch.title" if facts["cards"] else "watch.none")]
    said += [
        text.mrkdwn(
            language,
            "watch.line",
            last4=one["last4"] or "????",
            card=one["card"],
            until=text.when(datetime.fromisoformat(one["until"]), language),
        )
        for one in facts["cards"]
    ]
    words, last = Mrkdwn("\n".join(said)), text.mrkdwn(language, "watch.how")
    return block.message(Mrkdwn(f"{words}\n{last}"), [block.section(words), block.context(last)])


def watch_changed(language: str, facts: Facts) -> Json:
    """Return that a card is watched from now on, or not any more."""
    until = text.when(datetime.fromisoformat(facts["until"]), language)
    words = text.mrkdwn(language, f"watch.{facts['what']}", last4=facts["last4"] or "????", until=until)
    return block.message(words, [block.section(words)])


RENDERERS: Final = {
    "card.exception": exception,
    "card.rest": rest,
    "card.spike": spike,
    "watch": watch,
    "watch.changed": watch_changed,
}
