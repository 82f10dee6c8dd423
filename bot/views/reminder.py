"""What reminders look like: the morning list, the line in a thread, the days to come, the snooze form."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.domain.submission import STEP as SUBMISSION
from bot.text import Mrkdwn
from bot.views import block, form, line
from bot.views.block import Json

MOST_MINE: Final = 12
MOST_OTHERS: Final = 15
MOST_CHARACTERS: Final = 3500
MOST_SHOWN: Final = 45  # of the days to come: with titles they fit into a page
Facts = Mapping[str, Any]


def morning(language: str, facts: Facts) -> Json:
    """Return the list of a morning: what is mine with its buttons, then what is overdue for others."""
    day = text.date(language, date.fromisoformat(facts["day"]))
    title = text.say(language, "reminder.title", date=day)
    said: list[Mrkdwn] = [text.mrkdwn(language, "reminder.title", date=day)]
    blocks: list[Json] = [block.header(title)]
    if facts["since"]:
        since = text.when(datetime.fromisoformat(facts["since"]), language, zone=facts["zone"])
        missed = text.mrkdwn(language, "reminder.missed", date=since)
        blocks.append(block.section(missed))
        said.append(missed)
    mine = _fitting([item(language, facts, one) for one in facts["mine"][:MOST_MINE]])
    for one, words in zip(facts["mine"], mine, strict=False):
        blocks += [block.section(words), block.actions(*buttons(language, one))]
    said += mine
    blocks += _more(language, facts["counts"]["mine"] - len(mine))
    for name in ("team", "long"):
        lines = _fitting([item(language, facts, one, owner=True) for one in facts[name][:MOST_OTHERS]])
        if lines:
            head = text.mrkdwn(language, f"reminder.{name}", count=facts["counts"][name])
            blocks += [*([block.divider()] if len(blocks) > 1 else []), block.section(head)]
            blocks += [block.section(Mrkdwn("\n".join(part))) for part in _parts(lines, 5)]
            blocks += _more(language, facts["counts"][name] - len(lines))
            said += [head, *lines]
    if facts["team"] or facts["long"]:
        everything = text.say(language, "reminder.approvals")
        button = block.button(everything, "verb.run:approvals", "approval.status overdue")
        blocks.append(block.actions(button))
    blocks.append(block.context(text.mrkdwn(language, "reminder.settings")))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def item(
    language: str, facts: Facts, one: Mapping[str, Any], *, owner: bool = False, dated: bool = True
) -> Mrkdwn:
    """Return what a list says about one deadline: what, where, when due, who, and who sleeps on it."""
    title = text.link(one["url"], one["title"]) if one["url"] else text.escape(one["title"])
    program = one["program"]
    parts = [text.mrkdwn(language, "reminder.program", **_named(program))] if program else []
    if dated:  # an emergency is counted in minutes
        parts.append(when(language, one))
    if owner:
        who = line.name(facts, one["owner"])
        key = "reminder.stripe_for" if one["actor"] == "stripe" else "reminder.owner"
        parts.append(text.mrkdwn(language, key, who=who))
    elif one["actor"] == "stripe":
        parts.append(text.mrkdwn(language, "line.stripe"))
    if one["asleep"]:
        until = text.date(language, date.fromisoformat(one["asleep"]["until"]))
        by = line.name(facts, one["asleep"]["by"])
        parts.append(text.mrkdwn(language, "reminder.asleep", date=until, who=by))
    return Mrkdwn(f"*{title}*\n{Mrkdwn(' · '.join(parts))}")


def when(language: str, one: Mapping[str, Any]) -> Mrkdwn:
    """Return how a deadline stands on the day of the list."""
    due = text.date(language, date.fromisoformat(one["due_on"]))
    if one["kind"] == "look_again":
        return text.mrkdwn(language, "reminder.look_again", date=due)
    if one["over"]:
        return text.mrkdwn(language, "reminder.over", date=due, count=one["over"])
    if one["rung"] in {"overdue", "team_overdue", "long_overdue"}:
        return text.mrkdwn(language, "reminder.passed", date=due)
    return text.mrkdwn(language, "reminder.last" if one["rung"] == "due" else "reminder.soon", date=due)


def buttons(language: str, one: Mapping[str, Any]) -> list[Json]:
    """Return what can be done about a deadline: its most likely act first, then snooze and reassign."""
    number, title = str(one["id"]), line.short(one["title"], 40)
    if one.get("acts"):
        return [*_acts(language, one, title), snooze(language, one["deadline"])]
    if one["kind"] == "duty":
        first = _act(language, "done", f"duty.done:{number}", number, title, primary=True)
    elif one["actor"] == "stripe":
        first = _act(language, "answered", f"step.answered:{number}", number, title, primary=True)
    elif one["kind"] == "look_again" or one["key"] == SUBMISSION:
        first = _act(language, "open", f"step.open:{number}", number, title, primary=True)
    else:
        first = _act(language, "done", f"step.done:{number}", number, title, primary=True)
    found = [first]
    if one["actor"] == "stripe":
        found.append(_act(language, "write", f"step.write:{number}", number, title))
    found.append(snooze(language, one["deadline"]))
    if one["kind"] != "duty":
        found.append(_act(language, "assign", f"step.assign:{number}", number, title))
    return found


def snooze(language: str, deadline_id: int) -> Json:
    """Return the menu that says until when nobody wants to hear of a deadline."""
    options = [
        form.option(text.say(language, f"snoozing.{choice}"), f"{deadline_id} {choice}")
        for choice in ("tomorrow", "working_day", "date")
    ]
    return form.select(
        f"reminder.snooze:{deadline_id}", options, placeholder=text.say(language, "snooze.button")
    )


def thread(language: str, facts: Facts) -> Json:
    """Return the line in a thread on the due day; it mentions whoever has to act."""
    one = facts["line"]
    due = text.date(language, date.fromisoformat(one["due_on"]))
    key = "reminder.thread_stripe" if one["actor"] == "stripe" else "reminder.thread"
    who = line.addressed(language, facts, one["owner"], set())
    words = text.mrkdwn(language, key, who=who, title=one["title"], date=due)
    number, title = str(one["id"]), line.short(one["title"], 40)
    if one.get("acts"):
        return block.message(words, [block.section(words), block.actions(*_acts(language, one, title))])
    found = [_act(language, "open", f"step.open:{number}", number, title)]
    if one["actor"] == "stripe":
        found.append(_act(language, "write", f"step.write:{number}", number, title))
    return block.message(words, [block.section(words), block.actions(*found)])


def emergency(language: str, facts: Facts) -> Json:
    """Return what a role hears of an emergency, at any hour, until somebody takes it."""
    said = [text.mrkdwn(language, "reminder.emergency")]
    blocks = [block.section(said[0])]
    for one in facts["lines"]:
        words = item(language, facts, one, owner=True, dated=not one.get("acts"))
        number = str(one["deadline"])
        style: block.Style | None = None if one.get("acts") else "danger"
        take = block.button(text.say(language, "button.take"), f"reminder.take:{number}", number, style=style)
        acts = _acts(language, one, line.short(one["title"], 40)) if one.get("acts") else []
        if one.get("takes", True):
            acts.append(take)
        blocks += [block.section(words), block.actions(*acts)]
        said.append(words)
    return block.message(Mrkdwn("\n".join(said)), blocks)


def ask_until(language: str, facts: Facts, first: date) -> Json:
    """Return the form that asks for the day on which to hear of a deadline again."""
    blocks = [
        block.section(text.mrkdwn(language, "step.title", title=facts["title"])),
        form.input(
            text.say(language, "snooze.until"),
            form.datepicker("until", initial=first),
            "until",
            hint=text.say(language, "snooze.hint"),
        ),
    ]
    return form.modal(
        text.say(language, "snooze.title"),
        blocks,
        callback_id="reminder.snooze",
        submit=text.say(language, "snooze.button"),
        close=text.say(language, "form.cancel"),
        private_metadata={"deadline": facts["deadline"]},
    )


def snoozed(language: str, facts: Facts) -> Json:
    """Return what somebody reads after they snoozed a deadline."""
    until = text.date(language, date.fromisoformat(facts["until"]))
    words = text.mrkdwn(language, "snooze.done", title=facts["title"], date=until)
    number = str(facts["deadline"])
    back = block.button(text.say(language, "snooze.cancel"), f"reminder.wake:{number}", number)
    return block.message(words, [block.section(words, accessory=back)])


def woken(language: str, facts: Facts) -> Json:
    """Return what somebody reads after they took a snooze back."""
    words = text.mrkdwn(language, "snooze.canceled", title=facts["title"])
    return block.message(words, [block.section(words)])


def taken(language: str, facts: Facts) -> Json:
    """Return what somebody reads who has taken an emergency."""
    words = text.mrkdwn(language, "reminder.taken", title=facts["title"])
    return block.message(words, [block.section(words)])


def upcoming(language: str, facts: Facts) -> Json:
    """Return the page of what will be said in the next days if nobody moves."""
    what = text.mrkdwn(language, "next.what", name=facts["name"], ref=facts["ref"], count=facts["days"])
    blocks = [block.section(what)]
    shown = facts["runs"][:MOST_SHOWN]
    blocks += [block.section(_run(language, facts, run)) for run in shown]
    if not shown:
        blocks.append(block.section(text.mrkdwn(language, "next.nothing")))
    blocks += _more(language, len(facts["runs"]) - len(shown))
    blocks.append(block.context(text.mrkdwn(language, "next.note")))
    return form.modal(
        text.say(language, "next.title"),
        blocks,
        callback_id="reminder.next",
        close=text.say(language, "form.close"),
    )


def _run(language: str, facts: Facts, run: Mapping[str, Any]) -> Mrkdwn:
    first = text.moment(language, datetime.fromisoformat(run["first"]), run["zone"])
    if run["times"] > 1:
        last = text.date(language, date.fromisoformat(run["last"]))
        moment = text.mrkdwn(language, "next.often", first=first, last=last, count=run["times"])
    else:
        moment = text.mrkdwn(language, "next.once", first=first)
    if run["reader"] == "thread":
        reader = text.mrkdwn(language, "next.thread", who=line.name(facts, run["owner"]))
    else:
        reader = text.mrkdwn(language, "next.private", who=line.name(facts, run["reader"]))
    said = [
        text.mrkdwn(language, f"next.{part['rung']}", steps=_titles(language, part["titles"]))
        for part in run["lines"]
    ]
    return Mrkdwn("\n".join([Mrkdwn(f"*{moment}* · {reader}"), *said]))


def _titles(language: str, titles: Sequence[str]) -> Mrkdwn:
    shown = line.titles(language, titles[:MOST_OTHERS])
    rest = len(titles) - MOST_OTHERS
    return Mrkdwn(f"{shown} {text.mrkdwn(language, 'notice.more', count=rest)}") if rest > 0 else shown


def _fitting(lines: Sequence[Mrkdwn]) -> list[Mrkdwn]:
    """Return as many lines as fit: the three parts of a list share one message."""
    kept: list[Mrkdwn] = []
    for words in lines:
        if kept and sum(map(len, kept)) + len(words) > MOST_CHARACTERS:
            break
        kept.append(words)
    return kept


def _more(language: str, count: int) -> list[Json]:
    return [block.context(text.mrkdwn(language, "notice.more", count=count))] if count > 0 else []


def _parts(words: Sequence[Mrkdwn], most: int) -> Iterable[Sequence[Mrkdwn]]:
    return (words[start : start + most] for start in range(0, len(words), most))


def _named(program: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": program["name"], "ref": program["ref"]}


def _acts(language: str, one: Mapping[str, Any], title: str) -> list[Json]:
    """Return the buttons of a case, which says itself what can be done about it."""
    return [
        _act(language, act["name"], act["action"], act["value"], title, primary=act["primary"])
        for act in one["acts"]
    ]


def _act(language: str, name: str, action: str, value: str, title: str, *, primary: bool = False) -> Json:
    key = "button.show_label" if name == "open" else f"button.{name}_label"
    return block.button(
        text.say(language, f"button.{name}"),
        action,
        value,
        style="primary" if primary else None,
        accessibility_label=text.say(language, key, title=title, name=title),
    )


RENDERERS: Final = {
    "reminder.list": morning,
    "reminder.thread": thread,
    "reminder.emergency": emergency,
    "reminder.snoozed": snoozed,
    "reminder.woken": woken,
    "reminder.taken": taken,
}
