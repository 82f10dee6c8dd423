"""What is said in a thread: one event, and what it opened, with at most one mention for each person."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.domain.onboarding import LAUNCH
from bot.domain.timeline import day
from bot.text import Mrkdwn
from bot.views import block, line, outcome, signal
from bot.views.block import Json

MOST_LINES: Final = 5
MOST_STAYS: Final = 12
Facts = Mapping[str, Any]


def with_opened(
    language: str, facts: Facts, first: Mrkdwn, *more: Json, spoken: Sequence[Mrkdwn] = ()
) -> Json:
    """Return a message: the event, and a line with its button for each step that it opened.

    `more` are blocks below the event; `spoken` says the same in the text for phones and screen readers.
    """
    opened: Sequence[Mapping[str, Any]] = facts.get("opened", ())
    told = {facts["actor"], facts.get("to", "")}
    shown = opened if len(opened) <= MOST_LINES else opened[: MOST_LINES - 1]
    said = [_named(facts, first), *spoken]
    blocks = [block.section(first, accessory=_undo(language, facts)), *more]
    if opened:
        title = text.mrkdwn(language, "notice.opened", count=len(opened))
        said.append(title)
        blocks.append(block.context(title))
    for step in shown:
        words = _opened_line(language, facts, step, told)
        said.append(words)
        offered = step.get("offered", True)
        blocks.append(block.section(words, accessory=_button(language, step) if offered else None))
    if len(shown) < len(opened):
        rest = text.mrkdwn(language, "notice.more", count=len(opened) - len(shown))
        said.append(rest)
        blocks.append(block.context(rest))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def _undo(language: str, facts: Facts) -> Json | None:
    """Return the button that takes back what was recorded, for as long as it can be."""
    if not facts.get("undo"):
        return None
    number, title = str(facts["entry"]), line.short(facts["step"]["title"], 40)
    label = text.say(language, "button.undo_label", title=title)
    return block.button(
        text.say(language, "button.undo"), f"entry.undo:{number}", number, accessibility_label=label
    )


def _named(facts: Facts, words: Mrkdwn) -> Mrkdwn:
    """Return words with the programme before them: a phone shows no thread around a message."""
    program = facts["program"]
    if program["ref"] in words:
        return words
    return Mrkdwn(f"{text.escape(program['name'])} ({program['ref']}) · {words}")


def typed(facts: Facts, *names: str) -> tuple[list[Json], list[Mrkdwn]]:
    """Return what somebody typed, as quotes and as words."""
    found = [facts[name] for name in names if facts.get(name)]
    return [block.quote(words) for words in found], [text.escape(line.short(words, 200)) for words in found]


def _opened_line(language: str, facts: Facts, step: Mapping[str, Any], told: set[str]) -> Mrkdwn:
    if step["actor"] == "stripe":
        who = text.mrkdwn(language, "line.stripe")
    else:
        who = line.addressed(language, facts, step["owner"], told) if step["owner"] else Mrkdwn("")
    parts = [who, line.due(language, step)]
    said = Mrkdwn(" · ".join(part for part in parts if part))
    return text.mrkdwn(language, "line.step", title=step["title"], said=said)


def _button(language: str, step: Mapping[str, Any]) -> Json:
    if step["actor"] == "stripe":
        return block.button(
            text.say(language, "button.answered"),
            f"step.answered:{step['id']}",
            str(step["id"]),
            accessibility_label=text.say(
                language, "button.answered_label", title=line.short(step["title"], 40)
            ),
        )
    return block.button(
        text.say(language, "button.take"),
        f"step.take:{step['id']}",
        str(step["id"]),
        accessibility_label=text.say(language, "button.take_label", title=line.short(step["title"], 40)),
    )


def _event(key: str, told: Mrkdwn | None = None) -> Callable[[str, Facts], Json]:
    """Return the renderer of a plain event: who did what to what, and what is `told` with it."""

    def render(language: str, facts: Facts) -> Json:
        step = facts.get("step") or {}
        to = facts.get("to") or ""
        words = text.mrkdwn(
            language,
            key,
            who=line.name(facts, facts["actor"]) if facts["actor"] else Mrkdwn(""),
            title=step.get("title", ""),
            name=facts["program"]["name"],
            ref=facts["program"]["ref"],
            to=line.addressed(language, facts, to, {facts["actor"]}) if to else Mrkdwn(""),
            due=_tail(line.due(language, step)) if step else Mrkdwn(""),
        )
        more, spoken = typed(facts, "reason", "note")
        extra = [one for one in (happened(language, facts), told) if one]
        more = [*(block.context(one) for one in extra), *more]
        spoken = [*extra, *spoken]
        return with_opened(language, facts, words, *more, spoken=spoken)

    return render


def happened(language: str, facts: Facts) -> Mrkdwn:
    """Return on which day it happened, unless it was recorded the same day; late entries are marked."""
    if not facts.get("happened_at") or "step" not in facts:
        return Mrkdwn("")
    zone = facts["step"]["zone"]
    on, recorded = (day(datetime.fromisoformat(facts[name]), zone) for name in ("happened_at", "recorded_at"))
    if on == recorded:
        return Mrkdwn("")
    return text.mrkdwn(language, "notice.happened_late" if facts.get("late") else "notice.happened", date=on)


def _tail(words: Mrkdwn) -> Mrkdwn:
    return Mrkdwn(f" · {words}") if words else Mrkdwn("")


def _done(language: str, facts: Facts) -> Json:
    key = "notice.launched" if facts["step"]["key"] == LAUNCH else "notice.done"
    return _event(key, signal.shown(language, facts["shown"]) if facts.get("shown") else None)(
        language, facts
    )


def _answered(language: str, facts: Facts) -> Json:
    step = facts["step"]
    words = text.mrkdwn(
        language,
        "notice.answered",
        who=line.name(facts, facts["actor"]),
        title=step["title"],
        answer=outcome.answer(language, facts["outcome"]),
    )
    when = happened(language, facts)
    details = [*([when] if when else []), *outcome.details(language, facts, facts["outcome"])]
    more = [block.context(*details)] if details else []
    quotes, quoted = typed(facts, "note")
    more += quotes
    changes = facts.get("changes", ())
    shown = [_change(language, change, 300) for change in changes]
    more += [block.context(*shown[at : at + 10]) for at in range(0, len(shown), 10)]
    quoted += [_change(language, change, 80) for change in changes[:MOST_LINES]]
    if len(changes) > MOST_LINES:
        quoted.append(text.mrkdwn(language, "notice.more", count=len(changes) - MOST_LINES))
    if facts["effect"] == "drop_treasury":
        more.append(block.context(text.mrkdwn(language, "notice.treasury_dropped")))
    if facts["effect"] == "ask_close":
        more.append(block.section(text.mrkdwn(language, "notice.ask_close")))
        more.append(
            block.actions(
                block.button(
                    text.say(language, "button.cancel"),
                    f"program.cancel:{facts['program']['id']}",
                    str(facts["program"]["id"]),
                    style="danger",
                )
            )
        )
    return with_opened(language, facts, words, *more, spoken=[*details, *quoted])


def _change(language: str, change: Mapping[str, Any], most: int) -> Mrkdwn:
    """Return what Stripe asks to change about one item, cut to so many characters."""
    words = line.short(change["words"], most)
    return text.mrkdwn(language, "submission.change", title=change["title"], words=words)


def _started(language: str, facts: Facts) -> Json:
    target = text.date(language, date.fromisoformat(facts["target_on"]))
    words = text.mrkdwn(
        language,
        "notice.started",
        who=line.name(facts, facts["actor"]),
        name=facts["program"]["name"],
        ref=facts["program"]["ref"],
        date=target,
    )
    said = []
    if facts.get("done"):
        said.append(text.mrkdwn(language, "notice.done_before", count=facts["done"]))
    return with_opened(language, facts, words, *[block.context(one) for one in said], spoken=said)


def _canceled(language: str, facts: Facts) -> Json:
    """Return the message of a cancellation: what stays open and who has it, and what runs on."""
    stays = facts.get("stays", ())
    lines = [
        text.mrkdwn(
            language,
            "notice.stays_line",
            title=one["title"],
            who=text.mrkdwn(language, "line.stripe")
            if one["actor"] == "stripe"
            else _owner(language, facts, one),
        )
        for one in stays[:MOST_STAYS]
    ]
    if len(stays) > MOST_STAYS:
        lines.append(text.mrkdwn(language, "notice.more", count=len(stays) - MOST_STAYS))
    said = [text.mrkdwn(language, "notice.stays"), *lines] if lines else []
    said.append(text.mrkdwn(language, "notice.runs_on"))
    return _event("notice.canceled", Mrkdwn("\n".join(said)))(language, facts)


def _owner(language: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    return line.name(facts, one["owner"]) if one["owner"] else text.mrkdwn(language, "line.none")


def _reassigned(language: str, facts: Facts) -> Json:
    told = {facts["actor"]}

    def person(user: str) -> Mrkdwn:
        if not user:
            return text.mrkdwn(language, "line.none")
        if user in told:
            return line.name(facts, user)
        told.add(user)
        return text.person(user)

    deputies = [person(user) for user in facts["deputies"]]
    words = text.mrkdwn(
        language,
        "notice.reassigned",
        who=line.name(facts, facts["actor"]),
        lead=person(facts["lead"]),
        manager=person(facts["manager"]),
        deputies=Mrkdwn(text.listing(language, deputies)) if deputies else text.mrkdwn(language, "line.none"),
    )
    return with_opened(language, facts, words)


def _evidence_added(language: str, facts: Facts) -> Json:
    names = text.listing(language, [line.short(piece["name"], 80) for piece in facts["added"]])
    words = text.mrkdwn(
        language,
        "notice.evidence",
        who=line.name(facts, facts["actor"]),
        title=facts["step"]["title"],
        names=names,
        count=len(facts["added"]),
    )
    return with_opened(language, facts, words)


def _evidence_failed(language: str, facts: Facts) -> Json:
    words = text.mrkdwn(
        language,
        "notice.evidence_failed",
        to=text.person(facts["to"]),
        name=line.short(facts["name"], 80),
        title=facts["step"]["title"],
        why=text.say(language, f"evidence.error.{facts['code']}"),
    )
    again = block.button(
        text.say(language, "button.again"), f"evidence.again:{facts['evidence']}", str(facts["evidence"])
    )
    return block.message(words, [block.section(words, accessory=again)])


def _again(language: str, facts: Facts) -> Json:
    del facts
    words = text.mrkdwn(language, "notice.again")
    return block.message(words, [block.context(words)])


def _no_entry(language: str, facts: Facts) -> Json:
    key = "notice.archived" if facts["code"] == "is_archived" else "notice.no_entry"
    words = text.mrkdwn(
        language,
        key,
        channel=text.channel(facts["channel"]),
        name=facts["name"],
        ref=facts["program"],
    )
    return block.message(words, [block.section(words)])


def moment(language: str, iso: str, zone: str) -> Mrkdwn:
    """Return a moment in the reader's own zone."""
    return text.when(datetime.fromisoformat(iso), language, style="moment", zone=zone)


RENDERERS: Final = {
    "program.started": _started,
    "program.paused": _event("notice.paused"),
    "program.resumed": _event("notice.resumed"),
    "program.canceled": _canceled,
    "program.reopened": _event("notice.reopened"),
    "program.reassigned": _reassigned,
    "step.done": _done,
    "step.assigned": _event("notice.assigned"),
    "step.blocked": _event("notice.blocked"),
    "step.unblocked": _event("notice.unblocked"),
    "deadline.moved": _event("notice.moved"),
    "step.answered": _answered,
    "evidence.added": _evidence_added,
    "evidence.failed": _evidence_failed,
    "outbox.again": _again,
    "outbox.no_entry": _no_entry,
}
