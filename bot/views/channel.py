"""A programme's own channels: the list, the form, and what is said when one cannot be used any more."""

from collections.abc import Mapping
from typing import Any, Final

from bot import text
from bot.domain.channel import PURPOSES, SETTINGS
from bot.text import Mrkdwn
from bot.views import block, form, line
from bot.views.block import Json

MOST: Final = 40
Facts = Mapping[str, Any]


def listing(language: str, facts: Facts) -> Json:
    """Return the channels in effect, by programme, each with where it comes from."""
    title = text.mrkdwn(language, "channels.heading")
    said, blocks = [title], [block.section(title)]
    for one in facts["programs"][:MOST]:
        lines = [
            _name(language, one),
            *(_line(language, channel, default=not one["id"]) for channel in one["channels"]),
        ]
        words = Mrkdwn("\n".join(lines))
        said.append(words)
        blocks.append(block.section(words, accessory=_change(language, one) if one["id"] else None))
    hidden = len(facts["programs"]) - MOST
    if hidden > 0:
        blocks.append(block.context(text.mrkdwn(language, "notice.more", count=hidden)))
    last = text.mrkdwn(language, "channels.how")
    return block.message(Mrkdwn("\n".join([*said, last])), [*blocks, block.context(last)])


def _change(language: str, one: Mapping[str, Any]) -> Json:
    return block.button(
        text.say(language, "button.change"),
        f"channels.change:{one['id']}",
        str(one["id"]),
        accessibility_label=text.say(language, "button.change_label", name=line.short(one["name"], 40)),
    )


def _name(language: str, one: Mapping[str, Any]) -> Mrkdwn:
    if not one["id"]:
        return text.mrkdwn(language, "channels.defaults")
    return text.strong(text.say(language, "form.program", name=one["name"], ref=one["ref"]))


def _line(language: str, one: Mapping[str, Any], *, default: bool) -> Mrkdwn:
    purpose = text.say(language, f"purpose.{one['purpose']}")
    if not one["channel"]:
        return text.mrkdwn(language, "channels.none", purpose=purpose, setting=SETTINGS[one["purpose"]])
    key = "channels.setting" if default else "channels.own" if one["own"] else "channels.default"
    words = text.mrkdwn(
        language, key, purpose=purpose, channel=text.channel(one["channel"]), setting=SETTINGS[one["purpose"]]
    )
    if not one["problem"]:
        return words
    why = text.mrkdwn(language, "channels.unused", why=_why(language, one))
    return Mrkdwn(f"{words}\n{why}")


def _why(language: str, one: Mapping[str, Any]) -> str:
    return text.say(language, f"channel.{one['problem']}", name=one["name"] or one["channel"])


def ask(language: str, facts: Facts) -> Json:
    """Return the form that sets the channels of one programme."""
    own = {one["purpose"]: one["channel"] for one in facts["channels"] if one["own"]}
    blocks: list[Json] = [
        block.context(text.mrkdwn(language, "form.program", name=facts["name"], ref=facts["ref"])),
        block.section(text.mrkdwn(language, "channels.what")),
    ]
    blocks += [
        form.input(
            text.say(language, f"purpose.{purpose}"),
            form.conversations_select(purpose, initial=own.get(purpose)),
            purpose,
            hint=text.say(language, f"purpose.{purpose}_hint"),
            optional=True,
        )
        for purpose in PURPOSES
    ]
    return form.modal(
        text.say(language, "channels.form_title"),
        blocks,
        callback_id="channels.set",
        submit=text.say(language, "channels.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"program": facts["id"]},
    )


def _lost(language: str, facts: Facts) -> Json:
    program = facts["program"]
    words = text.mrkdwn(
        language,
        "channels.lost",
        to=text.person(facts["to"]),
        purpose=text.say(language, f"purpose.{facts['purpose']}"),
        channel=text.channel(facts["channel"]),
        name=program["name"],
        ref=program["ref"],
        why=_why(language, facts),
    )
    return block.message(words, [block.section(words, accessory=_change(language, program))])


def _default_lost(language: str, facts: Facts) -> Json:
    words = text.mrkdwn(
        language,
        "channels.default_lost",
        setting=SETTINGS[facts["purpose"]],
        channel=text.channel(facts["channel"]),
        why=_why(language, facts),
    )
    return block.message(words, [block.section(words)])


RENDERERS: Final = {"channels": listing, "channel.lost": _lost, "channel.default_lost": _default_lost}
