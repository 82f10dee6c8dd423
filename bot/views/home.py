"""The Home tab: your open items, your programmes, what is overdue, your settings, and whom to ask."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, complaint, line
from bot.views.block import Json
from bot.views.help_page import starters
from bot.views.reminder import snooze
from bot.views.settings import clock

MOST_STAND_INS: Final = 10
BAR: Final = 12
Facts = Mapping[str, Any]


def home(language: str, facts: Facts) -> Json:
    """Return the Home tab, for whoever may see programmes and for whoever may not."""
    if not facts["sees"]:
        return block.home([*_head(language, facts), *_closed(language, facts), *_support(language, facts)])
    new = not facts["mine"]["total"] and not facts["programs"]["total"]
    blocks = [
        *_head(language, facts),
        *_absences(language, facts),
        *(_welcome(language) if new else _mine(language, facts)),
        *_programs(language, facts, "programs"),
        *complaint.home(language, facts),
        *_late(language, facts),
        *_programs(language, facts, "others"),
        *_settings(language, facts),
        block.divider(),
        *([] if new else [starters(language)]),
        *_support(language, facts),
    ]
    return block.home(blocks)


def plain(language: str, facts: Facts) -> Json:
    """Return a page of the simplest kind, for when Slack refuses the full one."""
    return block.home(
        [
            *_head(language, facts),
            block.section(text.mrkdwn(language, "home.refused")),
            *([starters(language)] if facts["sees"] else []),
            *_support(language, facts),
        ]
    )


def span(language: str, key: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    """Return from when to when somebody is away, and who stands in."""
    return text.mrkdwn(
        language,
        key,
        start=text.date(language, date.fromisoformat(one["starts_on"])),
        end=text.date(language, date.fromisoformat(one["ends_on"])),
        who=line.name(facts, one["user"]),
        deputy=line.name(facts, one["deputy"]),
    )


def _head(language: str, facts: Facts) -> list[Json]:
    who = text.mrkdwn(
        language,
        "home.you",
        name=line.name(facts, facts["user"]),
        role=text.say(language, f"role.{facts['role']}"),
    )
    return [block.header(text.say(language, "home.title")), block.context(who)]


def _welcome(language: str) -> list[Json]:
    """Return what Gantry is for, and what somebody can do who has nothing yet."""
    return [block.section(text.mrkdwn(language, "home.welcome")), starters(language)]


def _closed(language: str, facts: Facts) -> list[Json]:
    """Return what somebody reads who may see no programme: why, and what to do."""
    key = "home.guest" if facts["verified"] else "home.unverified"
    aid = block.button(text.say(language, "button.help"), "verb.run:help", "gantry.help")
    return [
        block.section(text.mrkdwn(language, "home.welcome")),
        block.section(text.mrkdwn(language, key)),
        block.actions(aid),
    ]


def _absences(language: str, facts: Facts) -> list[Json]:
    said = [span(language, f"home.away_{one['state']}", facts, one) for one in facts["away"]]
    said += [span(language, "home.stands_in", facts, one) for one in facts["for"][:MOST_STAND_INS]]
    return [block.section(Mrkdwn("\n".join(said)))] if said else []


def _mine(language: str, facts: Facts) -> list[Json]:
    found = facts["mine"]
    if not found["total"]:
        title = text.say(language, "home.heading_nothing")
        return [block.header(title), block.section(text.mrkdwn(language, "home.nothing"))]
    blocks = [_heading(language, "mine", found["total"])]
    for one in found["lines"]:
        blocks += [block.section(_item(language, facts, one)), block.actions(*_acts(language, one))]
    return [*blocks, *_pager(language, "mine", found)]


def _item(language: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    """Return an open item: what it is, then its state, date, days left, programme, and for whom it is."""
    parts = [
        _state(language, one),
        _due(language, one),
        _left(language, one),
        _of(language, one),
    ]
    if one["asleep"]:
        until = text.date(language, date.fromisoformat(one["asleep"]["until"]))
        who = line.name(facts, one["asleep"]["by"])
        parts.append(text.mrkdwn(language, "reminder.asleep", date=until, who=who))
    if one["owner"] != facts["user"]:
        parts.append(text.mrkdwn(language, "home.for", who=line.name(facts, one["owner"])))
    said = Mrkdwn(" · ".join(part for part in parts if part))
    return text.mrkdwn(language, "home.item", title=one["title"], said=said)


def _of(language: str, one: Mapping[str, Any]) -> Mrkdwn:
    program = one["program"]
    return text.mrkdwn(language, "home.of", name=line.short(program["name"], 80), ref=program["ref"])


def _state(language: str, one: Mapping[str, Any]) -> Mrkdwn:
    if one["kind"] == "duty":
        return text.mrkdwn(language, "home.duty")
    if one["actor"] == "stripe" and one["state"] == "open":
        return text.mrkdwn(language, "home.waits")
    return text.mrkdwn(language, f"stepstate.{one['state']}")


def _due(language: str, one: Mapping[str, Any]) -> Mrkdwn:
    if not one["due_on"]:
        return Mrkdwn("")
    if one["look_again"]:
        key = "line.look_again"
    else:
        key = "line.aim" if one["aim"] else "line.due_about" if one["about"] else "line.due"
    return text.mrkdwn(language, key, date=text.date(language, date.fromisoformat(one["due_on"])))


def _left(language: str, one: Mapping[str, Any]) -> Mrkdwn:
    """Return how many days are left, counted in the zone of the programme; what is late stands out."""
    days = one["days"]
    if days is None:
        return Mrkdwn("")
    if days == 0:
        return text.mrkdwn(language, "home.today")
    if days > 0:
        return text.mrkdwn(language, "home.left", count=days)
    if one["look_again"]:
        return text.mrkdwn(language, "home.passed", count=-days)
    return text.mrkdwn(language, "home.overdue", count=-days)


def _acts(language: str, one: Mapping[str, Any]) -> Iterable[Json]:
    """Return the buttons of an open item: the one that moves it on first."""
    number, title = str(one["id"]), line.short(one["title"], 40)
    if one["kind"] == "duty":
        program = str(one["program"]["id"])
        yield _act(language, "duty_done", f"duty.done:{number}", number, title, primary=True)
        yield _act(language, "open", f"duty.page:{number}", program, title, spoken="show")
        yield _act(language, "duty_people", f"duty.people:{number}", number, title)
        yield from _sleep(language, one)
        return
    if one["actor"] == "stripe":
        yield _act(language, "answered", f"step.answered:{number}", number, title, primary=True)
    elif one["submission"]:
        yield _act(language, "submit", f"submission.submit:{number}", number, title, primary=True)
    else:
        yield _act(language, "done", f"step.done:{number}", number, title, primary=True)
    yield _act(language, "open", f"step.open:{number}", number, title, spoken="show")
    yield _act(language, "assign", f"step.assign:{number}", number, title)
    yield from _sleep(language, one)


def _sleep(language: str, one: Mapping[str, Any]) -> Iterable[Json]:
    """Return the menu that snoozes an item with a date, or the button that takes a snooze back."""
    if one["asleep"]:
        number = str(one["deadline"])
        yield block.button(text.say(language, "snooze.cancel"), f"reminder.wake:{number}", number)
    elif one["deadline"] and not one["look_again"]:
        yield snooze(language, one["deadline"])


def _act(
    language: str,
    name: str,
    action_id: str,
    value: str,
    title: str,
    spoken: str = "",
    *,
    primary: bool = False,
) -> Json:
    return block.button(
        text.say(language, f"button.{name}"),
        action_id,
        value,
        style="primary" if primary else None,
        accessibility_label=text.say(language, f"button.{spoken or name}_label", title=title, name=title),
    )


def _programs(language: str, facts: Facts, what: str) -> list[Json]:
    found = facts[what]
    if not found["total"]:
        return []
    blocks: list[Json] = [block.divider(), _heading(language, what, found["total"])]
    for one in found["lines"]:
        number = str(one["id"])
        steps = block.button(
            text.say(language, "board.all"),
            f"program.steps:{number}",
            number,
            accessibility_label=text.say(language, "button.show_label", name=line.short(one["name"], 40)),
        )
        blocks.append(block.section(_program(language, facts, one), accessory=steps))
    return [*blocks, *_pager(language, what, found)]


def _program(language: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    full = round(BAR * one["done"] / one["total"]) if one["total"] else 0
    first = text.mrkdwn(
        language,
        "home.program",
        name=line.short(one["name"], 80),
        ref=one["ref"],
        state=text.say(language, f"state.{one['state']}"),
    )
    bar = Mrkdwn("▰" * full + "▱" * (BAR - full))
    progress = text.mrkdwn(language, "home.progress", bar=bar, done=one["done"], total=one["total"])
    where = text.mrkdwn(
        language,
        "home.where",
        channel=text.channel(one["channel"]),
        lead=line.standing(language, facts, one["lead"]),
    )
    return Mrkdwn("\n".join(part for part in (first, progress, _next(language, one["next"]), where) if part))


def _next(language: str, coming: Mapping[str, Any] | None) -> Mrkdwn:
    if coming is None:
        return Mrkdwn("")
    on = text.date(language, date.fromisoformat(coming["due_on"]))
    left = _left(language, {**coming, "look_again": coming["state"] == "blocked"})
    return text.mrkdwn(language, "home.next", title=line.short(coming["title"], 80), date=on, left=left)


def _late(language: str, facts: Facts) -> list[Json]:
    """Return what is overdue in the programmes that this person steers; others have no such list."""
    found = facts["late"]
    if not facts["steers"]:
        return []
    blocks: list[Json] = [block.divider(), _heading(language, "late", found["total"])]
    if not found["total"]:
        blocks.append(block.section(text.mrkdwn(language, "home.nothing_late")))
    for one in found["lines"]:
        who = line.standing(language, facts, one["owner"])
        if one["actor"] == "stripe":
            who = text.mrkdwn(language, "line.stripe_followed", who=who)
        words = text.mrkdwn(
            language,
            "home.late",
            title=one["title"],
            left=text.mrkdwn(language, "home.overdue", count=one["late"]),
            who=who,
            program=_of(language, one),
        )
        number, title = str(one["id"]), line.short(one["title"], 40)
        action, value = "step.open", number
        if one["kind"] == "duty":
            action, value = "duty.page", str(one["program"]["id"])
        opens = _act(language, "open", f"{action}:{number}", value, title, spoken="show")
        blocks.append(block.section(words, accessory=opens))
    return [*blocks, *_pager(language, "late", found)]


def _heading(language: str, what: str, count: int) -> Json:
    return block.header(text.say(language, f"home.heading_{what}", count=count))


def _pager(language: str, what: str, found: Mapping[str, Any]) -> list[Json]:
    """Return which part of a list is shown, and the buttons to the parts beside it."""
    if not found["last"]:
        return []
    part = found["part"]
    said = text.mrkdwn(language, "home.part", part=part + 1, parts=found["last"] + 1)
    heading = text.say(language, f"home.heading_{what}", count=found["total"])
    elements = [
        block.button(
            text.say(language, f"button.{way}"),
            f"home.part:{what}:{way}",
            f"{what}:{to}",
            accessibility_label=text.say(language, f"button.{way}_label", title=heading),
        )
        for way, to in (("earlier_part", part - 1), ("later_part", part + 1))
        if 0 <= to <= found["last"]
    ]
    return [block.context(said), block.actions(*elements)]


def _settings(language: str, facts: Facts) -> list[Json]:
    chosen = facts["settings"]
    said = [
        text.mrkdwn(language, f"home.language_{chosen['language'] or 'slack'}"),
        text.mrkdwn(
            language,
            "home.quiet",
            start=clock(language, chosen["quiet_from"]),
            end=clock(language, chosen["quiet_to"]),
            zone=chosen["zone"],
        ),
    ]
    if chosen["digest"] is not None:
        said.append(text.mrkdwn(language, "home.digest_on" if chosen["digest"] else "home.digest_off"))
    leave = "button.away_change" if facts["away"] else "button.away"
    buttons = [
        block.button(text.say(language, "button.settings"), "home.settings"),
        block.button(text.say(language, leave), "away.set"),
    ]
    if facts["away"]:
        buttons.append(block.button(text.say(language, "button.back"), "away.back"))
    return [
        block.divider(),
        block.header(text.say(language, "home.heading_settings")),
        block.section(Mrkdwn("\n".join(said))),
        block.actions(*buttons),
    ]


def _support(language: str, facts: Facts) -> list[Json]:
    """Return how to say things, and whom to ask. A mention in Home notifies nobody, and leads to them."""
    admins = [text.person(user) for user in facts["admins"]]
    if admins:
        whom = text.mrkdwn(language, "home.support", who=text.listing(language, admins))
    else:
        whom = text.mrkdwn(language, "home.support_nobody")
    return [block.context(whom), block.context(text.mrkdwn(language, "help.mention"))]


RENDERERS: Final[Mapping[str, Callable[[str, Facts], Json]]] = {"home": home, "home.plain": plain}
