"""A notice that turned out to be wrong: who took it back, when and why, above the words struck through."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, line
from bot.views.block import Json

REASON_MOST: Final = 300
SECTION_MOST: Final = 2_900
LEAD_MOST: Final = 48  # Slack's 50 blocks, less the line and one to spare for "sent again"


def corrected(language: str, message: Json, correction: Mapping[str, Any]) -> Json:
    """Return a rendered notice as corrected: one line says what became of it, and nothing can be clicked.

    Args:
        language: of the channel.
        message: the notice as it was said.
        correction: as `bot.outbox.amend_notice` takes it, with the `zone` of the programme.
    """
    words = _line(language, correction)
    kept = [_struck(each) for each in message.get("blocks", []) if each["type"] != "actions"]
    said = "\n".join([words, message["text"]])
    return block.message(Mrkdwn(said), [block.section(words), *kept[:LEAD_MOST]])


def _line(language: str, correction: Mapping[str, Any]) -> Mrkdwn:
    key = f"amended.{correction['what']}"
    if not text.has(key):
        key = "amended.changed"  # a correction of a newer release, while the old one still delivers
    actor = str(correction.get("actor", ""))
    at = datetime.fromisoformat(correction["at"])
    words = text.mrkdwn(
        language,
        key,
        who=line.name(correction, actor) if actor else Mrkdwn("Gantry"),
        at=text.when(at, language, style="moment", zone=correction["zone"]),
    )
    reason = line.short(str(correction.get("reason") or ""), REASON_MOST)
    if not reason:
        return words
    return text.mrkdwn(language, "amended.reason", said=words, reason=reason)


def _struck(one: Json) -> Json:
    """Return a block without anything to click, its words struck through."""
    kept = {name: value for name, value in one.items() if name != "accessory"}
    words = one.get("text")
    if one["type"] != "section" or not words or words["type"] != "mrkdwn":
        return kept
    lines = [_crossed(each) for each in words["text"].split("\n")]
    struck = "\n".join(lines)
    if len(struck) > SECTION_MOST:
        return kept  # two signs a line must not push what was said over Slack's limit
    return {**kept, "text": {**words, "text": struck}}


def _crossed(words: str) -> str:
    bare = words.strip()
    return f"~{bare}~" if bare and "~" not in bare else words
