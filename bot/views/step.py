"""The message of one step: what to do, who does it, its evidence and its buttons."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.domain.submission import STEP as SUBMISSION
from bot.text import Mrkdwn
from bot.views import block, line, outcome
from bot.views.block import Json

MOST_EVIDENCE: Final = 10
Facts = Mapping[str, Any]


def message(language: str, facts: Facts) -> Json:
    """Return the message of a step; a finished one is a record without buttons."""
    if facts["state"] == "done":
        return _record(language, facts)
    if facts["state"] == "dropped":
        words = text.mrkdwn(language, "step.dropped", title=facts["title"])
        return block.message(words, [block.section(words)])
    blocks = [*details(language, facts), actions(language, facts)]
    if facts["program"]["state"] not in {"active", "launched"} or facts["state"] == "waiting":
        blocks.pop()
    return block.message(spoken(language, facts), blocks)


def details(language: str, facts: Facts) -> list[Json]:
    """Return what a step says about itself, for its message and for its page."""
    blocks = [
        block.section(Mrkdwn(f"{_title(language, facts)}\n{status(language, facts)}")),
        block.section(
            text.mrkdwn(language, "step.do", do=facts["do"], url=text.link(facts["url"], _guide(language)))
        ),
    ]
    if facts["needs"]:
        listed = line.titles(language, facts["needs"])
        key = "step.locked_live" if facts["mode"] == "live" and not facts["live"] else "step.locked"
        blocks.append(block.context(text.mrkdwn(language, key, needs=listed)))
    if facts["state"] == "blocked" and facts["note"]:
        blocks.append(block.quote(facts["note"]))
    if facts["purpose"]:
        blocks.append(block.context(text.mrkdwn(language, "step.purpose")))
        blocks.append(block.quote(facts["purpose"]))
    if facts["items"]:
        blocks.append(block.section(Mrkdwn("\n".join(_item(language, item) for item in facts["items"]))))
    if facts["evidence"]:
        blocks.append(block.context(_evidence(language, facts)))
    return blocks


def status(language: str, facts: Facts) -> Mrkdwn:
    """Return state, person, since and until in one line."""
    state = "waiting" if facts["state"] == "waiting" else facts["state"]
    parts = [
        text.mrkdwn(language, f"stepstate.{state}"),
        line.acting(language, facts, facts),
        line.since(language, facts),
        line.due(language, facts),
    ]
    if facts["round"] > 1:
        parts.append(text.mrkdwn(language, "step.round", number=facts["round"]))
    return Mrkdwn(" · ".join(part for part in parts if part))


def spoken(language: str, facts: Facts) -> Mrkdwn:
    """Return a step in words."""
    return text.mrkdwn(
        language,
        "step.spoken",
        title=facts["title"],
        name=facts["program"]["name"],
        status=status(language, facts),
        do=facts["do"],
    )


def _title(language: str, facts: Facts) -> Mrkdwn:
    return text.mrkdwn(language, "step.title", title=facts["title"])


def _guide(language: str) -> str:
    return text.say(language, "step.guide")


def _item(language: str, item: Mapping[str, Any]) -> Mrkdwn:
    if item["there"]:
        key = f"step.item_{item['there']}"
    else:
        key = "step.item_required" if item["required"] else "step.item"
    words = text.mrkdwn(language, key, title=item["title"])
    return Mrkdwn(f"{words} {text.escape(item['good'])}") if item["good"] else words


def _evidence(language: str, facts: Facts) -> Mrkdwn:
    shown = facts["evidence"][-MOST_EVIDENCE:]
    said = [_piece(language, piece) for piece in shown]
    hidden = len(facts["evidence"]) - len(shown)
    if hidden:
        said.append(text.mrkdwn(language, "notice.more", count=hidden))
    return Mrkdwn("\n".join(said))


def _piece(language: str, piece: Mapping[str, Any]) -> Mrkdwn:
    name = line.short(piece["name"], 80)
    if piece["kind"] == "link":
        return text.mrkdwn(language, "evidence.link", link=text.link(piece["link"], name))
    if piece["state"] == "stored":
        return text.mrkdwn(language, "evidence.stored", name=name, size=_size(language, piece["size"]))
    if piece["state"] == "failed":
        why = text.say(language, f"evidence.error.{piece['error']}")
        return text.mrkdwn(language, "evidence.failed", name=name, why=why)
    return text.mrkdwn(language, "evidence.arriving", name=name)


def _size(language: str, size: int) -> str:
    if size >= 1024 * 1024:
        return text.say(language, "size.mb", number=text.number(language, round(size / 1024 / 1024, 1)))
    return text.say(language, "size.kb", number=text.number(language, max(1, round(size / 1024))))


def _record(language: str, facts: Facts) -> Json:
    happened = datetime.fromisoformat(facts["happened_at"]) if facts["happened_at"] else None
    words = text.mrkdwn(
        language,
        "step.record",
        title=facts["title"],
        who=line.name(facts, facts["done_by"]),
        at=text.when(happened, language, style="moment", zone=facts["zone"]) if happened else Mrkdwn(""),
    )
    ended = [outcome.answer(language, facts["outcome"]), *outcome.details(language, facts, facts["outcome"])]
    said = [part for part in ended if part]
    blocks = [block.section(words), *([block.context(Mrkdwn("\n".join(said)))] if said else [])]
    if facts["note"]:
        blocks.append(block.quote(facts["note"]))
    if facts["evidence"]:
        blocks.append(block.context(_evidence(language, facts)))
    return block.message(Mrkdwn("\n".join([words, *said])), blocks)


def actions(language: str, facts: Facts) -> Json:
    """Return the buttons of a step that can be worked on."""
    number = str(facts["id"])
    title = line.short(facts["title"], 40)
    if facts["actor"] == "stripe":
        first = _act(language, "answered", f"step.answered:{number}", number, title, primary=True)
    else:
        first = _act(language, "done", f"step.done:{number}", number, title, primary=True)
    elements = [first]
    if facts["key"] == SUBMISSION:
        elements = [
            _act(language, "submit", f"submission.submit:{number}", number, title, primary=True),
            _act(language, "items", f"submission.items:{number}", number, title),
            _act(language, "sent", f"step.done:{number}", number, title),
        ]
    elif facts["actor"] == "us" and not facts["outcome_form"]:
        elements.append(_act(language, "done_on", f"step.done_on:{number}", number, title))
    if not facts["assignee"]:
        elements.append(_act(language, "take", f"step.take:{number}", number, title))
    elements.append(_act(language, "assign", f"step.assign:{number}", number, title))
    if facts["key"] != SUBMISSION:  # its evidence belongs to items, which have their own page
        elements.append(_act(language, "evidence", f"step.evidence:{number}", number, title))
    if facts["state"] == "blocked":
        elements.append(_act(language, "unblock", f"step.unblock:{number}", number, title))
    else:
        elements.append(_act(language, "block", f"step.block:{number}", number, title))
    if facts["actor"] == "stripe":
        elements.append(_act(language, "write", f"step.write:{number}", number, title))
    if facts["due"]:
        elements.append(_act(language, "why", f"step.why:{number}", number, title))
    return block.actions(*elements)


def _act(language: str, name: str, action_id: str, value: str, title: str, *, primary: bool = False) -> Json:
    return block.button(
        text.say(language, f"button.{name}"),
        action_id,
        value,
        style="primary" if primary else None,
        accessibility_label=text.say(language, f"button.{name}_label", title=title),
    )


RENDERERS: Final = {"step": message}
