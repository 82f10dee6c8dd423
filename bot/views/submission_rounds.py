"""The rounds of a submission: every one that was sent, and what Stripe asks to change in the newest."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form, line
from bot.views.block import Json
from bot.views.submission import MOST_FILES, MOST_ITEMS, act, bullet, file, kind

CHANGE_MOST: Final = 500
NOTE_MOST: Final = 2000
MOST_ROUNDS: Final = 12
Facts = Mapping[str, Any]


def rounds(language: str, facts: Facts) -> Json:
    """Return the page of every round, newest first: who, when, files, Stripe's words, the answer."""
    program = facts["program"]
    said = text.mrkdwn(language, "form.program", name=program["name"], ref=program["ref"])
    blocks: list[Json] = [block.context(said)]
    if not facts["rounds"]:
        blocks.append(block.section(text.mrkdwn(language, "submission.no_rounds")))
    for one in facts["rounds"][:MOST_ROUNDS]:
        blocks += [block.divider(), *_round(language, facts, one)]
    hidden = len(facts["rounds"]) - MOST_ROUNDS
    if hidden > 0:
        blocks.append(block.context(text.mrkdwn(language, "notice.more", count=hidden)))
    back = act(language, "items", f"submission.items:{facts['id']}", facts)
    return form.modal(
        text.say(language, "submission.rounds_title"),
        [*blocks, block.actions(back)],
        callback_id="submission.rounds",
        close=text.say(language, "form.close"),
    )


def revision(
    language: str, facts: Facts, *, note: str, private: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> Json:
    """Return the second page of a revision: what must change, item by item; empty ones stay as they are."""
    blocks = [
        block.context(
            text.mrkdwn(language, "form.about", title=facts["title"], name=facts["program"]["name"])
        ),
        block.section(text.mrkdwn(language, "revision.what")),
    ]
    for number, item in enumerate(items[:MOST_ITEMS]):
        name = f"change_{number}"
        blocks.append(
            form.input(
                text.say(language, "revision.item", kind=kind(language, item), title=item["title"]),
                form.text_input(name, most=CHANGE_MOST),
                name,
                optional=True,
            )
        )
    blocks.append(
        form.input(
            text.say(language, "answered.note"),
            form.text_input("note", multiline=True, initial=note, most=NOTE_MOST),
            "note",
            hint=text.say(language, "revision.note_hint"),
        )
    )
    return form.modal(
        text.say(language, "revision.title"),
        blocks,
        callback_id="step.revision",
        submit=text.say(language, "answered.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata=private,
    )


def _round(language: str, facts: Facts, one: Mapping[str, Any]) -> list[Json]:
    title = text.mrkdwn(
        language,
        "submission.round",
        ref=one["ref"],
        number=one["number"],
        state=text.say(language, f"roundstate.{one['state']}"),
    )
    said = [title, _made(language, facts, one)]
    if one["sent_on"]:
        said.append(
            text.mrkdwn(
                language,
                "submission.was_sent",
                date=text.date(language, date.fromisoformat(one["sent_on"])),
                who=line.name(facts, one["sent_by"]),
            )
        )
    if one["reference"]:
        said.append(text.mrkdwn(language, "submission.has_reference", reference=one["reference"]))
    if one["answered_at"]:
        at = text.when(datetime.fromisoformat(one["answered_at"]), language, "day", facts["zone"])
        who = line.name(facts, one["answered_by"])
        said.append(text.mrkdwn(language, "submission.was_answered", date=at, who=who))
    blocks = [block.section(Mrkdwn("\n".join(said)))]
    listed = [
        text.mrkdwn(language, "submission.kept", file=file(each["name"]), sha256=each["sha256"])
        for each in one["files"][:MOST_FILES]
    ]
    listed += [bullet(language, link) for link in one["links"][:10]]
    if listed:
        blocks.append(block.context(Mrkdwn("\n".join(listed))))
    if one["words"]:
        blocks.append(block.quote(one["words"], most=600))
    for change in one["changes"][:MOST_ITEMS]:
        words = text.mrkdwn(
            language, "submission.change", title=change["title"], words=line.short(change["words"], 300)
        )
        blocks.append(block.context(words))
    return blocks


def _made(language: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    at = text.when(datetime.fromisoformat(one["at"]), language, "moment", facts["zone"])
    key = "submission.was_packed" if one["packed"] else "submission.was_not_packed"
    return text.mrkdwn(language, key, at=at, who=line.name(facts, one["by"]))
