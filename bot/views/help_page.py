"""Help: what Gantry does, what can be said, and the nearest word after a typo."""

from collections.abc import Mapping
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block
from bot.views.block import Json

Facts = Mapping[str, Any]


def help_page(language: str, facts: Facts) -> Json:
    """Return the help, made from the verbs: each with the words that say it."""
    first = text.mrkdwn(language, "help.title")
    lines = [
        text.mrkdwn(language, "help.line", said=verb["said"], what=text.say(language, verb["key"]))
        for verb in facts["verbs"]
    ]
    last = text.mrkdwn(language, "help.mention")
    role = text.mrkdwn(language, "help.role", role=text.say(language, f"role.{facts['role']}"))
    blocks = [
        block.section(first),
        block.section(Mrkdwn("\n".join(lines))),
        block.context(last),
        block.context(role),
        starters(language),
    ]
    return block.message(Mrkdwn("\n".join([first, *lines, last])), blocks)


def unknown(language: str, facts: Facts) -> Json:
    """Return the answer to words that mean nothing to us: what was typed, and the nearest we know."""
    typed = " ".join(str(facts["typed"]).split())[:100]
    command = facts["command"]
    if not typed:
        words = text.mrkdwn(language, "help.empty", command=command)
    elif facts["nearest"]:
        ways = [f"{command} {way}" for way in facts["nearest"]]
        words = text.mrkdwn(language, "help.nearest", typed=typed, ways=_ways(language, ways))
    else:
        words = text.mrkdwn(language, "help.unknown", typed=typed)
    return block.message(words, [block.section(words), starters(language)])


def open_form(language: str, facts: Facts) -> Json:
    """Return a button that opens a form: a mention alone cannot."""
    words = text.mrkdwn(language, "help.open_form", what=text.say(language, f"verb.{facts['verb']}"))
    value = " ".join(part for part in (facts["verb"], facts["text"]) if part)
    button = block.button(
        text.say(language, "button.open"), "verb.run", value[:1000], style="primary"
    )  # Slack counts an emoji twice
    return block.message(words, [block.section(words, accessory=button)])


def _ways(language: str, ways: list[str]) -> Mrkdwn:
    return Mrkdwn(text.listing(language, [f"`{text.escape(way)}`" for way in ways]))


def starters(language: str) -> Json:
    """Return the buttons with which everything begins."""
    return block.actions(
        block.button(
            text.say(language, "button.start"), "verb.run:start", "onboarding.start", style="primary"
        ),
        block.button(text.say(language, "button.list"), "verb.run:list", "onboarding.list"),
        block.button(text.say(language, "button.help"), "verb.run:help", "gantry.help"),
    )


RENDERERS: Final = {"help": help_page, "help.unknown": unknown, "door.open_form": open_form}
