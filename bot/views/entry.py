"""Taking back, correcting and reopening: what the thread says, and the forms that ask."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.domain.timeline import day
from bot.text import Mrkdwn
from bot.views import block, form, line, outcome, step_form
from bot.views.block import Json
from bot.views.notice import with_opened

MOST_NAMED: Final = 8
REASON_MOST: Final = 1000
Facts = Mapping[str, Any]


def changed(key: str) -> Any:  # noqa: ANN401 - a renderer
    """Return the renderer of a message that says what was taken back, and what follows."""

    def render(language: str, facts: Facts) -> Json:
        words = text.mrkdwn(language, key, who=line.name(facts, facts["actor"]), title=facts["step"]["title"])
        details = [*_difference(language, facts), *_follows(language, facts)]
        more = [block.context(Mrkdwn("\n".join(details)))] if details else []
        spoken = list(details)
        for name in ("reason", "note"):
            if facts.get(name):
                more.append(block.quote(facts[name]))
                spoken.append(text.escape(line.short(facts[name], 200)))
        return with_opened(language, facts, words, *more, spoken=spoken)

    return render


def _difference(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return what a correction changed: the date, Stripe's answer."""
    if "before" not in facts:
        return []
    zone = facts["step"]["zone"]
    dates = [day(datetime.fromisoformat(facts[name]["happened_at"]), zone) for name in ("before", "after")]
    said = []
    if dates[0] != dates[1]:
        said.append(text.mrkdwn(language, "entry.date", before=dates[0], after=dates[1]))
    answers = [_answer(language, facts, facts[name]["outcome"]) for name in ("before", "after")]
    if answers[0] != answers[1]:
        none = text.mrkdwn(language, "line.none")
        said.append(
            text.mrkdwn(language, "entry.answer", before=answers[0] or none, after=answers[1] or none)
        )
    return said


def _answer(language: str, facts: Facts, given: Mapping[str, Any]) -> Mrkdwn:
    parts = [outcome.answer(language, given), *outcome.details(language, facts, given)]
    return Mrkdwn(" · ".join(part for part in parts if part))


def _follows(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return which steps wait again, and which dates moved."""
    said = []
    waiting: Sequence[str] = facts.get("waiting", ())
    if waiting:
        said.append(text.mrkdwn(language, "entry.waiting", steps=_few(language, waiting)))
    said += [
        text.mrkdwn(
            language,
            "entry.moved",
            title=one["title"],
            before=date.fromisoformat(one["before"]),
            after=date.fromisoformat(one["after"]),
        )
        for one in facts.get("moved", ())[:MOST_NAMED]
    ]
    return said


def _few(language: str, titles: Sequence[str]) -> str:
    shown = list(titles[:MOST_NAMED])
    if len(titles) > MOST_NAMED:
        shown.append(text.say(language, "entry.others", count=len(titles) - MOST_NAMED))
    return text.listing(language, shown)


def done_on(language: str, facts: Facts, today: date) -> Json:
    """Return the form that finishes a step which was done on another day."""
    return step_form.modal(
        language,
        "done_on",
        facts,
        [
            step_form.happened_on(language, today),
            form.input(
                text.say(language, "done_on.note"),
                form.text_input("note", multiline=True, most=step_form.NOTE_MOST),
                "note",
                optional=True,
            ),
        ],
    )


def correction(language: str, facts: Facts) -> Json:
    """Return the form that corrects what was recorded last: the form of the recording, and the reason."""
    entry = facts["entry"]
    moment = datetime.fromisoformat(entry["happened_at"])
    private = {"entry": entry["id"]}
    if facts["actor"] == "stripe":
        given = {**entry["outcome"], "note": entry["note"]}
        return step_form.answered(
            language,
            facts,
            moment,
            given=given,
            name="correct",
            private=private,
            more=[_reason(language, "correct")],
        )
    return step_form.modal(
        language,
        "correct",
        facts,
        [
            step_form.happened_on(language, day(moment, facts["zone"])),
            form.input(
                text.say(language, "done_on.note"),
                form.text_input("note", multiline=True, initial=entry["note"], most=step_form.NOTE_MOST),
                "note",
                optional=True,
            ),
            _reason(language, "correct"),
        ],
        private,
    )


def reopening(language: str, facts: Facts, waits: Sequence[str]) -> Json:
    """Return the form that opens a finished step again; it lists what will wait."""
    blocks = [block.section(text.mrkdwn(language, "reopen.what"))]
    if waits:
        blocks.append(block.section(text.mrkdwn(language, "reopen.waits", steps=_few(language, waits))))
    blocks.append(_reason(language, "reopen"))
    return step_form.modal(language, "reopen", facts, blocks, {"entry": facts["entry"]["id"]})


def _reason(language: str, name: str) -> Json:
    return form.input(
        text.say(language, f"{name}.reason"),
        form.text_input("reason", multiline=True, most=REASON_MOST),
        "reason",
        hint=text.say(language, "correct.reason_hint"),
    )


RENDERERS: Final = {
    "entry.undone": changed("entry.undone_said"),
    "entry.corrected": changed("entry.corrected_said"),
    "entry.reopened": changed("entry.reopened_said"),
}
