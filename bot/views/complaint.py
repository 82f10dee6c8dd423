"""Complaints in messages: the board, what was done, lists, alerts. None of them holds a customer's words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot import plans, text
from bot.text import Mrkdwn
from bot.views import block, line
from bot.views.block import Json

Facts = Mapping[str, Any]
BOARD_ACTS: Final = 5
LOUD: Final = frozenset({"decide", "notified", "acknowledge", "released"})
WHICH: Final = ("mine", "open", "overdue", "executive", "breaches")


def board(language: str, facts: Facts) -> Json:
    """Return the root of a complaint's thread: class, lock, clocks, who has it, what can be done."""
    said = [title(language, facts), *standing(language, facts)]
    blocks = [block.section(said[0]), *(block.section(one) for one in said[1:])]
    dates = date_lines(language, facts)
    if dates:
        said += dates
        blocks.append(block.section(Mrkdwn("\n".join(dates))))
    late = breached(language, facts)
    if late:
        said.append(late)
        blocks.append(block.section(late))
    before = while_locked(language, facts)
    if before:
        said.append(before)
        blocks.append(block.section(before))
    about = about_line(language, facts)
    blocks.append(block.context(about))
    blocks.append(block.actions(*buttons(language, facts, facts["offers"][:BOARD_ACTS])))
    return block.message(Mrkdwn("\n".join([*said, about])), blocks)


def title(language: str, facts: Facts) -> Mrkdwn:
    """Return the first line: reference, class, state."""
    return text.mrkdwn(
        language,
        "complaint.headline",
        ref=facts["ref"],
        kind=text.say(
            language, "complaint.feedback" if facts.get("feedback") else f"complaint.kind.{facts['kind']}"
        ),
        state=text.say(language, f"complaint.state.{facts['state']}"),
    )


def standing(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return the question that is open, and whether the customer may be answered."""
    said = []
    if facts["proposal"] == "asked":
        until = _when(language, facts["proposal_until"], facts["zone"])
        words = words_of(language, facts["words"])
        said.append(text.mrkdwn(language, "complaint.asked", words=words, until=until))
    if facts["locked"]:
        key = "complaint.locked_told" if facts["notified_at"] else "complaint.locked_line"
        said.append(text.mrkdwn(language, key, since=_when(language, facts["locked_at"], facts["zone"])))
    return said


def words_of(language: str, words: Sequence[str]) -> str:
    """Return what led to a proposal: words of the list, or the channel it came through."""
    known = plans.complaints()
    shown = []
    for word in words:
        source = known.channel(word)
        shown.append(source.title[language] if source else word)
    return text.listing(language, shown) if shown else "…"


def date_lines(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return one line for each clock: until when, or when it ended and whether that was in time."""
    said = []
    for one in facts["dates"]:
        name = text.say(language, f"complaint.date.{one['name']}")
        due = text.when(datetime.fromisoformat(one["due"]), language, style="day", zone=facts["zone"])
        if not one["ended"]:
            key, on = "complaint.due", due
        else:
            key = "complaint.kept" if one["kept"] else "complaint.missed"
            on = text.when(datetime.fromisoformat(one["ended"]), language, style="day", zone=facts["zone"])
        said.append(text.mrkdwn(language, key, name=name, due=due, on=on))
    return said


def breached(language: str, facts: Facts) -> Mrkdwn:
    """Return what was late, or one contact too many; nothing when nothing was."""
    if not facts["breaches"]:
        return Mrkdwn("")
    named = [text.say(language, f"complaint.breach.{name}") for name in facts["breaches"]]
    return text.mrkdwn(language, "complaint.breached", names=text.listing(language, named))


def while_locked(language: str, facts: Facts) -> Mrkdwn:
    """Return that contacts from before the lock were recorded under it; nothing when none was."""
    found = facts["while_locked"]
    if not found:
        return Mrkdwn("")
    at = _when(language, found[-1], facts["zone"])
    return text.mrkdwn(language, "complaint.while_locked", count=len(found), at=at)


def about_line(language: str, facts: Facts) -> Mrkdwn:
    """Return the small line: who has it, since when, of which programme."""
    program = facts["program"]
    named = text.say(language, "form.program", name=program["name"], ref=program["ref"]) if program else ""
    return text.mrkdwn(
        language,
        "complaint.about" if program else "complaint.about_nobody",
        owner=line.name(facts, facts["owner"]),
        submitted=_when(language, facts["submitted_at"], facts["zone"]),
        program=named,
    )


def buttons(language: str, facts: Facts, names: Sequence[str]) -> list[Json]:
    """Return a button for the page and one for each of these acts."""
    number = str(facts["id"])
    made = [button(language, "open", number, facts["ref"])]
    return made + [button(language, name, number, facts["ref"]) for name in names]


def button(language: str, name: str, number: str, ref: str) -> Json:
    """Return the button of one act (of `complaint.<act>`), with the complaint that it means."""
    return block.button(
        text.say(language, f"button.complaint_{name}"),
        f"complaint.{name}:{number}",
        number,
        style="primary" if name in LOUD else "danger" if name == "mistake" else None,
        accessibility_label=text.say(
            language, "button.complaint_label", what=text.say(language, f"button.complaint_{name}"), ref=ref
        ),
    )


def said(language: str, facts: Facts) -> Json:
    """Return what somebody did, as a line of the thread; it mentions who has to act now."""
    told = {facts["actor"]}

    def person(user: str) -> Mrkdwn:
        return line.addressed(language, facts, user, told) if user else Mrkdwn("")

    words = text.mrkdwn(
        language,
        f"complaint.said.{facts['act']}",
        who=line.name(facts, facts["actor"]) if facts["actor"] else Mrkdwn("Gantry"),
        ref=facts["ref"],
        at=_when(language, facts["at"], facts["zone"]) if facts.get("at") else Mrkdwn(""),
        to=person(facts.get("to", "")),
        owner=person(facts["owner"]),
    )
    return block.message(words, [block.section(words)])


def alert(language: str, facts: Facts) -> Json:
    """Return what a manager must know at once, with the button that opens the complaint."""
    program = facts["program"]
    words = text.mrkdwn(
        language,
        f"complaint.alert.{facts['act']}",
        ref=facts["ref"],
        program=text.say(language, "form.program", name=program["name"], ref=program["ref"])
        if program
        else "…",
    )
    opens = button(language, "open", str(facts["id"]), facts["ref"])
    blocks = [block.section(words, accessory=opens)]
    if facts.get("link"):
        blocks.append(block.context(text.link(facts["link"], text.say(language, "complaint.thread"))))
    return block.message(words, blocks)


def public(language: str, facts: Facts) -> Json:
    """Return the line under the customer's message: a number and nothing else."""
    words = text.mrkdwn(language, "complaint.public", ref=facts["ref"])
    return block.message(words, [block.section(words)])


def logged(language: str, facts: Facts) -> Json:
    """Return the private answer to the agent: the number, what to do, what is missing."""
    key = "complaint.logged" if facts["new"] else "complaint.logged_before"
    first = text.mrkdwn(language, key, ref=facts["ref"])
    said_ = [first]
    if facts["redacted"]:
        said_.append(text.mrkdwn(language, "complaint.delete_original"))
    if facts["locked"]:
        said_.append(text.mrkdwn(language, "complaint.do_not_answer"))
    if facts["missing"]:
        names = [text.say(language, f"complaint.field.{name}") for name in facts["missing"]]
        said_.append(text.mrkdwn(language, "complaint.missing", names=text.listing(language, names)))
    acts = ["decide"] if facts["proposal"] == "asked" else []
    acts += ["details"] if facts["missing"] else []
    blocks = [*(block.section(one) for one in said_), block.actions(*buttons(language, facts, acts))]
    return block.message(Mrkdwn("\n".join(said_)), blocks)


def done(language: str, facts: Facts) -> Json:
    """Return the private answer after a fact that broke the lock, so that it is not missed."""
    words = text.mrkdwn(language, "complaint.broke_lock", ref=facts["ref"])
    return block.message(words, [block.section(words)])


def listed(language: str, facts: Facts) -> Json:
    """Return a page of a list, with the other lists and pages a click away."""
    which = facts["which"]
    first = text.mrkdwn(language, f"complaint.list.{which}")
    said_, blocks = [first], [block.section(first)]
    for one in facts["lines"]:
        words = list_line(language, facts, one)
        said_.append(words)
        blocks.append(block.section(words, accessory=button(language, "open", str(one["id"]), one["ref"])))
    if not facts["lines"]:
        words = text.mrkdwn(language, "complaint.none")
        said_.append(words)
        blocks.append(block.context(words))
    turns = [
        block.button(text.say(language, f"button.{way}"), f"complaint.list:{way}", f"{which}:{part}")
        for way, part, there in (
            ("earlier_part", facts["part"] - 1, facts["part"] > 0),
            ("later_part", facts["part"] + 1, facts["more"]),
        )
        if there
    ]
    others = [_list_button(language, name) for name in WHICH if name != which]
    blocks.append(block.actions(*turns, *others))
    return block.message(Mrkdwn("\n".join(said_)), blocks)


def home(language: str, facts: Facts) -> list[Json]:
    """Return the part of a Home page about complaints; managers also find the breaches there.

    Who has none and steers nothing sees no such part.
    """
    found = facts["complaints"]
    if not found["total"] and not facts["steers"]:
        return []
    blocks: list[Json] = [
        block.divider(),
        block.header(text.say(language, "complaint.home", count=found["total"])),
    ]
    for one in found["lines"]:
        opens = button(language, "open", str(one["id"]), one["ref"])
        blocks.append(block.section(list_line(language, facts, {**one, "owner": ""}), accessory=opens))
    names = ["mine", "overdue", *(["breaches"] if facts["steers"] else [])]
    blocks.append(block.actions(*(_list_button(language, name) for name in names)))
    return blocks


def _list_button(language: str, name: str) -> Json:
    label = text.say(language, f"complaint.which.{name}")
    return block.button(label, f"complaint.list:{name}", f"{name}:0")


def list_line(language: str, facts: Facts, one: Facts) -> Mrkdwn:
    """Return one line: what it is, until when, who has it, what was late."""
    parts = [title(language, one), line.name(facts, one["owner"]) if one["owner"] else Mrkdwn("")]
    if one["due"]:
        due = text.when(datetime.fromisoformat(one["due"]), language, style="day", zone=one["zone"])
        parts.append(text.mrkdwn(language, "line.due", date=due))
    if one["locked"]:
        parts.append(text.mrkdwn(language, "complaint.locked_short"))
    parts.append(breached(language, one))
    return Mrkdwn(" · ".join(part for part in parts if part))


def _when(language: str, iso: str, zone: str) -> Mrkdwn:
    return text.when(datetime.fromisoformat(iso), language, style="moment", zone=zone)


RENDERERS: Final = {
    "complaint": board,
    "complaint.said": said,
    "complaint.alert": alert,
    "complaint.public": public,
    "complaint.logged": logged,
    "complaint.broke_lock": done,
    "complaint.list": listed,
}
