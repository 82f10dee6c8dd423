"""What was recorded, and what became of it: lines for the page of a step, and a page for a programme."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form, line, outcome
from bot.views.block import Json

MOST_LINES: Final = 12
CHUNK: Final = 8
REASON_MOST: Final = 160
Facts = Mapping[str, Any]


def lines(language: str, facts: Facts) -> list[Json]:
    """Return the history of a step, if there is more to tell than how it ended."""
    found = facts.get("history", ())
    if not any(one["state"] != "stands" or one["late"] for one in found) and len(found) <= 1:
        return []
    said = [text.mrkdwn(language, "history.title")]
    said += [_line(language, facts, one) for one in found[-MOST_LINES:]]
    return [block.context(Mrkdwn("\n".join(said)))]


def act_row(language: str, facts: Facts) -> list[Json]:
    """Return the buttons that take back, correct or reopen what was recorded last."""
    entry = facts.get("entry")
    if entry is None or facts["program"]["state"] not in {"active", "launched"}:
        return []
    number, title = str(entry["id"]), line.short(facts["title"], 40)
    names = [("undo", "undo")] if entry["undo"] else []
    names += [("correct", "correct")]
    names += [("reopen", "reopen_step")] if facts["state"] == "done" else []
    buttons = [
        block.button(
            text.say(language, f"button.{words}"),
            f"entry.{name}:{number}",
            number,
            accessibility_label=text.say(language, f"button.{words}_label", title=title),
        )
        for name, words in names
    ]
    return [block.actions(*buttons)]


def page(language: str, facts: Facts) -> Json:
    """Return the page of everything recorded of a programme, newest first."""
    blocks = [block.context(text.mrkdwn(language, "form.program", name=facts["name"], ref=facts["ref"]))]
    said = [_line(language, facts, one, titled=True) for one in facts["history"]]
    chunks = [said[first : first + CHUNK] for first in range(0, len(said), CHUNK)]
    blocks += [block.context(Mrkdwn("\n".join(chunk))) for chunk in chunks]
    if not said:
        blocks.append(block.section(text.mrkdwn(language, "history.none")))
    return form.modal(
        text.say(language, "history.page"),
        blocks,
        callback_id="program.history",
        close=text.say(language, "form.close"),
    )


def _line(language: str, facts: Facts, one: Facts, *, titled: bool = False) -> Mrkdwn:
    names = {"names": facts["entry_names"]}
    zone = one["zone"]

    def when(name: str, style: Any = "day") -> Mrkdwn:  # noqa: ANN401 - a style of text.when
        return text.when(datetime.fromisoformat(one[name]), language, style=style, zone=zone)

    what = outcome.answer(language, one["outcome"]) or text.mrkdwn(language, "stepstate.done")
    parts = [
        *([text.strong(line.short(one["title"], 60))] if titled else []),
        what,
        text.mrkdwn(language, "history.happened", date=when("happened_at")),
        text.mrkdwn(
            language,
            "history.recorded_late" if one["late"] else "history.recorded",
            who=line.name(names, one["by"]),
            date=when("recorded_at"),
        ),
    ]
    if one["state"] not in {"stands", "revised"}:
        parts.append(
            text.mrkdwn(
                language,
                f"amended.{one['state']}",
                who=line.name(names, one["ended_by"]),
                at=when("ended_at"),
            )
        )
    if one["reason"]:
        parts.append(text.escape(line.short(one["reason"], REASON_MOST)))
    return Mrkdwn("• " + " · ".join(parts))
