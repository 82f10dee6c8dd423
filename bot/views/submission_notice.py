"""What is said in the thread about a submission: prepared, each packet with its text to paste, complete."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, line, outcome
from bot.views.block import Json
from bot.views.submission import failure, kind

STRIPES: Final = "en"
"""The language of the text to paste: people at Stripe read it."""

WORDS_MOST: Final = 300
Facts = Mapping[str, Any]


def prepared(language: str, facts: Facts) -> Json:
    """Return that somebody had a round packed, and what it leaves out."""
    key = "submission.prepared" if facts["packets"] else "submission.prepared_links"
    words = text.mrkdwn(
        language,
        key,
        who=line.name(facts, facts["actor"]),
        title=facts["step"]["title"],
        ref=facts["ref"],
        round=facts["round"],
        count=facts["files"] or facts["links"],
        packets=facts["packets"],
    )
    said, blocks = [_named(facts, words)], [block.section(words)]
    if facts["left_out"]:
        left = text.mrkdwn(language, "submission.left", items=text.listing(language, facts["left_out"]))
        said.append(left)
        blocks.append(block.context(left))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def zipped(language: str, facts: Facts) -> Json:
    """Return the line above a ZIP."""
    words = text.mrkdwn(
        language,
        "submission.zip",
        name=facts["program"]["name"],
        ref=facts["ref"],
        packet=facts["packet"],
        packets=facts["packets"],
        count=facts["files"],
    )
    return block.message(words)


def packet(language: str, facts: Facts) -> Json:
    """Return the text to paste into Stripe's form for one packet, and the link to the form.

    What is pasted is in English, for Stripe; phones and screen readers tell it in the channel's language.
    """
    link = text.link(facts["url"], text.say(language, "submission.form"))
    key = "submission.paste" if facts["packets"] else "submission.paste_links"
    numbers = {"packet": facts["packet"], "packets": facts["packets"], "ref": facts["ref"]}
    title = text.mrkdwn(language, key, title=facts["step"]["title"], link=link, **numbers)
    spoken = Mrkdwn("\n".join([_named(facts, title), text.escape(paste(language, facts))]))
    return block.message(spoken, [block.section(title), block.preformatted(paste(STRIPES, facts))])


def paste(language: str, facts: Facts) -> str:
    """Return what Stripe reads: the type of each file, what changed since the round before, what did not."""
    parts = [
        text.say(
            language,
            "paste.head",
            name=facts["program"]["name"],
            ref=facts["ref"],
            round=facts["round"],
            packet=max(facts["packet"], 1),
            packets=max(facts["packets"], 1),
        )
    ]
    parts += ["\n".join([one["name"], *_about(language, one)]) for one in facts["files"]]
    if facts["links"]:
        listed = ["\n".join([one["name"], *_about(language, one)]) for one in facts["links"]]
        parts.append("\n".join([text.say(language, "paste.links"), *listed]))
    if facts["unchanged"]:
        kinds = list(dict.fromkeys(kind(language, item) for item in facts["unchanged"]))
        parts.append(text.say(language, "paste.unchanged", items=text.listing(language, kinds)))
    return "\n\n".join(parts)


def _about(language: str, one: Mapping[str, Any]) -> list[str]:
    said = [text.say(language, "paste.kind", kind=kind(language, one))]
    if one["was"]:
        said.append(text.say(language, "paste.changed", version=one["version"]))
    elif one["version"] > 1 or one["words"]:
        said.append(text.say(language, "paste.new"))
    if one["words"]:
        said.append(text.say(language, "paste.asked", words=line.short(one["words"], WORDS_MOST)))
    return said


def ready(language: str, facts: Facts) -> Json:
    """Return that everything is there to be sent, with the button that records the day."""
    words = text.mrkdwn(
        language,
        "submission.ready" if facts["packets"] else "submission.ready_links",
        to=text.person(facts["to"]),
        title=facts["step"]["title"],
        ref=facts["ref"],
        count=facts["packets"],
    )
    step = str(facts["step"]["id"])
    title = line.short(facts["step"]["title"], 40)
    button = block.button(
        text.say(language, "button.sent"),
        f"submission.sent:{step}",
        step,
        style="primary",
        accessibility_label=text.say(language, "button.sent_label", title=title),
    )
    return block.message(_named(facts, words), [block.section(words), block.actions(button)])


def packet_failed(language: str, facts: Facts) -> Json:
    """Return that a packet did not arrive, why, and a second try."""
    words = text.mrkdwn(
        language,
        "submission.packet_failed",
        to=text.person(facts["to"]),
        title=facts["step"]["title"],
        name=facts["name"],
        why=failure(language, facts["code"]),
    )
    again = block.button(
        text.say(language, "button.again"), f"packet.again:{facts['packet']}", str(facts["packet"])
    )
    return block.message(_named(facts, words), [block.section(words, accessory=again)])


def unapproved(language: str, facts: Facts) -> Json:
    """Return that something is in live use which was not approved, and what to do."""
    words = text.mrkdwn(
        language,
        "live.unapproved",
        name=facts["program"]["name"],
        ref=facts["program"]["ref"],
        capability=outcome.capabilities(language, [facts["capability"]]),
    )
    approved: Sequence[str] = facts["capabilities"]
    said = [words]
    if approved:
        listed = outcome.capabilities(language, approved)
        said.append(text.mrkdwn(language, "notice.capabilities", listed=listed))
    number = str(facts["program"]["id"])
    show = block.button(text.say(language, "button.show"), f"program.show:{number}", number)
    blocks = [block.section(words, accessory=show), *(block.context(one) for one in said[1:])]
    return block.message(Mrkdwn("\n".join(said)), blocks)


def _named(facts: Facts, words: Mrkdwn) -> Mrkdwn:
    """Return words with the programme before them: a phone shows no thread around a message."""
    return Mrkdwn(f"{text.escape(facts['program']['name'])} ({facts['program']['ref']}) · {words}")


RENDERERS: Final = {
    "submission.prepared": prepared,
    "submission.zip": zipped,
    "submission.packet": packet,
    "submission.ready": ready,
    "submission.packet_failed": packet_failed,
    "live.unapproved": unapproved,
}
