"""What is said about authorizations: an outage, and why one was approved or declined."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block
from bot.views.block import Json

MOST: Final = 20


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


def brakes(language: str, facts: Mapping[str, Any]) -> Json:
    """Return what is braked now, until when, and how to set or lift a brake."""
    said = [text.mrkdwn(language, "brake.title" if facts["brakes"] else "brake.none")]
    said += [
        text.mrkdwn(
            language,
            f"brake.line_{row['kind']}",
            value=row["value"],
            until=text.when(datetime.fromisoformat(row["until"]), language),
            who=facts["names"].get(row["by"], row["by"]),
        )
        for row in facts["brakes"][:MOST]
    ]
    hidden = len(facts["brakes"]) - MOST
    if hidden > 0:
        said.append(text.mrkdwn(language, "notice.more", count=hidden))
    words, last = Mrkdwn("\n".join(said)), text.mrkdwn(language, "brake.how")
    return block.message(Mrkdwn(f"{words}\n{last}"), [block.section(words), block.context(last)])


def brake_changed(language: str, facts: Mapping[str, Any]) -> Json:
    """Return that a brake was set or lifted."""
    if facts["what"] == "lifted":
        words = text.mrkdwn(language, "brake.lifted", value=facts["value"])
    else:
        until = text.when(datetime.fromisoformat(facts["until"]), language)
        words = text.mrkdwn(language, "brake.set", value=facts["value"], until=until)
        words = Mrkdwn("\n".join([words, *_shares(language, facts)]))
    return block.message(words, [block.section(words)])


def _shares(language: str, facts: Mapping[str, Any]) -> list[Mrkdwn]:
    """Return by currency how much of last week's spend a brake would have stopped."""
    if facts["kind"] == "category" and facts["value"].isdigit():
        return [text.mrkdwn(language, "brake.share_unknown")]
    if not facts["share"]:
        return [text.mrkdwn(language, "brake.share_none")]
    return [
        text.mrkdwn(
            language,
            "brake.share",
            share=text.percent(language, one["stopped"] / one["total"], 1),
            stopped=text.money(language, one["stopped"], one["currency"]),
            total=text.money(language, one["total"], one["currency"]),
        )
        for one in facts["share"]
    ]


RENDERERS: Final = {
    "authorization.outage": outage,
    "brake": brakes,
    "brake.changed": brake_changed,
}
