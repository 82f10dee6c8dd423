"""Approvals: of one programme, of a few, or a page of many; privately, or shared with who shared it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import text
from bot.domain.approval import FILTERS, GROUPS
from bot.text import Mrkdwn
from bot.views import block, form, line, outcome
from bot.views.block import Json
from bot.views.cut import length

NAME_MOST: Final = 48
WORDS_MOST: Final = 200  # of what was typed: it travels in the buttons that turn the pages
SECTION_MOST: Final = 2_400
FEW_MOST: Final = 1_200  # of one programme among a few: eight of them fit into a message
MOST_LISTED: Final = 3
MOST_ROWS: Final = 14
Facts = Mapping[str, Any]


def of_program(language: str, facts: Facts) -> Json:
    """Return every approval of a programme: what is under way first, then what comes, then what is over."""
    lines = facts["lines"]
    now = [one for one in lines if one["actor"] and one["state"] != "not_yet"]
    later = [one for one in lines if one["state"] == "not_yet"]
    ended = [one for one in lines if not one["actor"] and one["state"] != "not_yet"]
    title = text.mrkdwn(language, "approval.title", name=_name(facts), ref=facts["ref"])
    about = text.mrkdwn(
        language,
        "approval.about",
        count=facts["approved"],
        total=facts["total"],
        date=text.date(language, date.fromisoformat(facts["target_on"])),
        lead=line.standing(language, facts, facts["lead"]),
    )
    said = [title, about]
    blocks: list[Json] = [block.section(title), block.context(about)]
    if facts["state"] in {"paused", "canceled"}:
        still = text.mrkdwn(language, f"approval.is_{facts['state']}")
        said.append(still)
        blocks.append(block.section(still))
    for one in now:
        words = _under_way(language, facts, one)
        said.append(words)
        blocks.append(block.section(words))
    if not now and facts["state"] in {"active", "launched"}:
        nothing = text.mrkdwn(language, "approval.nothing")
        said.append(nothing)
        blocks.append(block.section(nothing))
    for key, rows in (
        ("approval.later", [_later(language, facts, one) for one in later]),
        ("approval.ended", [_ended(language, facts, one) for one in ended]),
    ):
        if rows:
            words = _list(language, text.mrkdwn(language, key), rows, newest=key == "approval.ended")
            said.append(words)
            blocks.append(block.context(words) if key == "approval.ended" else block.section(words))
    rest = [*_besides(language, facts), _as_of(language, facts)]
    blocks.append(block.context(Mrkdwn("\n".join(rest))))
    number = str(facts["id"])
    if facts.get("shared_by"):
        return _shared(language, facts, said, blocks, ("approval.show", number, number))
    blocks.append(
        block.actions(
            *_share(language, facts, f"p {number}"),
            block.button(text.say(language, "approval.all"), "approval.page:all", "all 1"),
            block.button(text.say(language, "board.all"), f"program.steps:{number}", number),
        )
    )
    return block.message(Mrkdwn("\n".join(said)), blocks)


def of_all(language: str, facts: Facts) -> Json:
    """Return a few programmes with what is under way in each, or a page of many with a line for each."""
    only, place = facts["only"], _place(facts["only"], facts["page"], facts)
    said = [_count(language, facts)]
    blocks: list[Json] = [block.section(said[0])]
    if facts["few"]:
        for program in facts["programs"]:
            words = _of_few(language, {**facts, "absent": program["absent"]}, program)
            said.append(words)
            blocks.append(block.section(words))
    for group in () if facts["few"] else GROUPS:
        rows = [
            _of_many(language, {**facts, "absent": program["absent"]}, program)
            for program in facts["programs"]
            if program["group"] == group
        ]
        if rows:
            head = text.mrkdwn(language, f"approval.group_{group}", count=facts["counts"][group])
            said += [head, *rows]
            blocks += [block.section(words) for words in _sections([head, *rows])]
    if not facts["programs"]:
        nothing = text.mrkdwn(
            language, f"approval.none_{only}" if only in FILTERS[1:] else "approval.nothing"
        )
        said.append(nothing)
        blocks.append(block.section(nothing))
    below = [_rest(language, facts["rest"])] if facts["rest"] and not facts["few"] else []
    if facts["pages"] > 1:
        below.append(text.mrkdwn(language, "approval.page", page=facts["page"], pages=facts["pages"]))
    below.append(_as_of(language, facts))
    blocks.append(block.context(Mrkdwn(" · ".join(below))))
    if facts.get("shared_by"):
        return _shared(language, facts, said, blocks, ("approval.page", "now", place))
    if not facts["few"]:
        blocks.append(block.actions(*_filters(language, facts)))
    blocks.append(block.actions(*_moves(language, facts), *_share(language, facts, f"l {place}")))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def not_shared(language: str, facts: Facts) -> Json:
    """Return that an answer could not be posted in a channel, and what helps."""
    key = "approval.share_archived" if facts["code"] == "is_archived" else "approval.share_not_member"
    words = text.mrkdwn(language, key, channel=text.channel(facts["channel"]))
    return block.message(words, [block.section(words)])


def _under_way(language: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    """Return an approval that waits for somebody: who, since, until, what is missing, and where."""
    parts = [_state(language, facts, one), *_times(language, one)]
    if one["link"]:
        parts.append(text.link(one["link"], text.say(language, "approval.link")))
    said = [text.strong(_title(language, one)), Mrkdwn(" · ".join(part for part in parts if part))]
    if one["note"]:
        said.append(text.mrkdwn(language, f"approval.note_{_noted(one)}", note=line.short(one["note"], 200)))
    if one["missing"]:
        said.append(text.mrkdwn(language, "approval.missing", items=_some(language, one["missing"])))
    elif one["next"]:
        said.append(text.mrkdwn(language, "approval.next", steps=_some(language, one["next"])))
    return Mrkdwn("\n".join(said))


def _later(language: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    """Return an approval that is not asked for yet: what is in hand before it, and after what it comes."""
    parts = []
    if one["step"]:
        steps = _some(language, [one["step"], *one["next"]])
        who = line.acting(language, facts, one)
        parts.append(text.mrkdwn(language, "approval.first", steps=steps, who=who))
        parts += [line.due(language, one), _left(language, one)] if one["late"] else []
    if one["after"]:
        parts.append(text.mrkdwn(language, "approval.after", steps=_some(language, one["after"])))
    return _row(language, _title(language, one), parts)


def _ended(language: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    """Return how an approval, or a round of one, ended: the day, and who recorded it."""
    key = one["state"] if one["state"] != "approved" or not one["ours"] else "done"
    parts = []
    if one["ended_at"]:
        parts.append(text.mrkdwn(language, f"approval.{key}_on", date=_day(language, one, "ended_at")))
    if one["ended_by"]:
        parts.append(text.mrkdwn(language, "approval.recorded", who=line.name(facts, one["ended_by"])))
    if set(one["fit"].values()) - {"fits"}:
        parts.append(outcome.answer(language, {"fit": one["fit"]}))
    return _row(language, _title(language, one), parts, one["link"])


def _of_few(language: str, facts: Facts, program: Mapping[str, Any]) -> Mrkdwn:
    head = text.mrkdwn(
        language,
        "approval.few",
        name=_name(program),
        ref=program["ref"],
        count=program["approved"],
        total=program["total"],
    )
    rows = []
    for one in program["lines"]:
        holder = text.mrkdwn(language, "approval.step", step=one["step"]) if one["step"] else Mrkdwn("")
        parts = [_state(language, facts, one), holder, line.due(language, one), _left(language, one)]
        rows.append(_row(language, _kind(language, one), [part for part in parts if part]))
    if not rows:
        key = "approval.nothing" if program["state"] in {"active", "launched"} else "approval.is_paused"
        return Mrkdwn(f"{head}\n{text.mrkdwn(language, key)}")
    return _list(language, head, rows, most=FEW_MOST, more=program["more"])


def _of_many(language: str, facts: Facts, program: Mapping[str, Any]) -> Mrkdwn:
    """Return the one line of a programme in a long list: what, how long still, who."""
    one, group = program["lines"][0], program["group"]
    parts = [_left(language, one, short=True), text.escape(_kind(language, one))]
    if one["state"] == "not_yet":
        parts.append(text.mrkdwn(language, "approval.step", step=line.short(one["step"], NAME_MOST)))
    if group == "stripe":
        parts += [_since(language, one)] if one["days"] is None else []
    elif one["actor"] == "stripe":
        parts.append(text.mrkdwn(language, "line.stripe"))
    else:
        parts.append(line.standing(language, facts, one["owner"]))
    said = Mrkdwn(" · ".join(part for part in parts if part))
    return text.mrkdwn(language, "approval.row", name=_name(program, link=one["link"]), said=said)


def _state(language: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    key = "with_us" if one["state"] == "not_yet" else one["state"]
    return text.mrkdwn(language, f"approval.{key}", who=line.acting(language, facts, one))


def _times(language: str, one: Mapping[str, Any]) -> list[Mrkdwn]:
    """Return which step it is, since when, until when, and how long that still is."""
    said = [text.mrkdwn(language, "approval.step", step=one["step"]) if one["step"] else Mrkdwn("")]
    said += [_since(language, one), line.due(language, one), _left(language, one)]
    if one["state"] == "with_stripe" and not one["due"]:
        said.append(text.mrkdwn(language, "approval.no_date"))
    if one["look_again_on"] and one["blocked"]:
        day = text.date(language, date.fromisoformat(one["look_again_on"]))
        said.append(text.mrkdwn(language, "line.look_again", date=day))
    return said


def _since(language: str, one: Mapping[str, Any]) -> Mrkdwn:
    """Return since when it waits, or nothing: short, for what counts is until when."""
    if not one["since"]:
        return Mrkdwn("")
    return text.mrkdwn(language, "line.since", date=_day(language, one, "since"))


def _day(language: str, one: Mapping[str, Any], name: str) -> str:
    """Return the date that a moment has in the programme's zone."""
    return text.date(language, datetime.fromisoformat(one[name]).astimezone(ZoneInfo(one["zone"])).date())


def _left(language: str, one: Mapping[str, Any], *, short: bool = False) -> Mrkdwn:
    """Return how many days are left, and how many of them one works; nothing without a date."""
    days, working = one["days"], one["working"]
    if days is None:
        return Mrkdwn("")
    if not days:
        return text.mrkdwn(language, "approval.today")
    said = text.mrkdwn(language, "approval.late" if days < 0 else "approval.left", count=abs(days))
    counted = text.mrkdwn(language, "approval.working", count=abs(working))
    return said if short else Mrkdwn(f"{said} ({counted})")


def _noted(one: Mapping[str, Any]) -> str:
    return "blocked" if one["state"] not in {"changes_asked", "refused"} else one["state"]


def _title(language: str, one: Mapping[str, Any]) -> str:
    if not one["round"]:
        return str(one["title"])
    return text.say(language, "approval.round", title=one["title"], number=one["round"])


def _kind(language: str, one: Mapping[str, Any]) -> str:
    kind = text.say(language, f"approval.kind_{one['kind']}")
    return text.say(language, "approval.round", title=kind, number=one["round"]) if one["round"] else kind


def _name(program: Mapping[str, Any], link: str = "") -> Mrkdwn:
    name = line.short(program["name"], NAME_MOST)
    address = link or program["link"]
    return text.strong(text.link(address, name) if address else text.escape(name))


def _row(language: str, title: str, parts: Sequence[Mrkdwn], link: str = "") -> Mrkdwn:
    shown = text.link(link, title) if link else text.escape(title)
    return text.mrkdwn(
        language, "line.step", title=shown, said=Mrkdwn(" · ".join(part for part in parts if part))
    )


def _some(language: str, names: Sequence[str]) -> Mrkdwn:
    shown = line.titles(language, names[:MOST_LISTED])
    more = len(names) - MOST_LISTED
    return text.mrkdwn(language, "approval.and_more", steps=shown, count=more) if more > 0 else shown


def _list(
    language: str,
    head: Mrkdwn,
    rows: Sequence[Mrkdwn],
    *,
    most: int = SECTION_MOST,
    more: int = 0,
    newest: bool = False,
) -> Mrkdwn:
    """Return rows under their head as far as they fit; with `newest` the last ones, else the first."""
    shown: list[Mrkdwn] = []
    for row in reversed(rows) if newest else rows:
        if len(shown) == MOST_ROWS or sum(map(length, [head, *shown, row])) > most:
            break
        shown.append(row)
    left_out = len(rows) - len(shown) + more
    if newest:
        shown.reverse()
    tail = [text.mrkdwn(language, "notice.more", count=left_out)] if left_out else []
    return Mrkdwn("\n".join([head, *shown, *tail]))


def _sections(rows: Iterable[Mrkdwn]) -> list[Mrkdwn]:
    """Return rows as paragraphs that each fit into a block."""
    found: list[Mrkdwn] = []
    for row in rows:
        if found and length(found[-1]) + length(row) < SECTION_MOST:
            found[-1] = Mrkdwn(f"{found[-1]}\n{row}")
        else:
            found.append(row)
    return found


def _count(language: str, facts: Facts) -> Mrkdwn:
    counts = facts["counts"]
    key = "approval.count_mine" if facts["only"] == "mine" else "approval.count"
    said = [text.mrkdwn(language, key, count=facts["total"])]
    said += [
        text.mrkdwn(language, f"approval.count_{group}", count=counts[group])
        for group in GROUPS
        if counts[group]
    ]
    return Mrkdwn(" · ".join(said))


def _rest(language: str, rest: Mapping[str, int]) -> Mrkdwn:
    listed = [text.say(language, f"approval.rest_{state}", count=number) for state, number in rest.items()]
    return text.mrkdwn(language, "approval.rest", listed=text.listing(language, listed))


def _besides(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return what the programme does without, and who sends new material after launch."""
    said = []
    if facts["not_needed"]:
        listed = [text.say(language, f"approval.kind_{kind}") for kind in facts["not_needed"]]
        said.append(text.mrkdwn(language, "approval.without", listed=text.listing(language, listed)))
    marketing = facts["marketing"]
    if marketing:
        who = line.standing(language, facts, marketing["owner"])
        said.append(text.mrkdwn(language, "approval.marketing", who=who))
        if marketing["last_on"]:
            day = text.date(language, date.fromisoformat(marketing["last_on"]))
            said.append(text.mrkdwn(language, "approval.marketing_last", date=day))
    return said


def _as_of(language: str, facts: Facts) -> Mrkdwn:
    at = text.when(datetime.fromisoformat(facts["as_of"]), language, zone=facts.get("zone", "UTC"))
    return text.mrkdwn(language, "approval.as_of", at=at)


def _place(only: str, page: int, facts: Facts) -> str:
    """Return what a button carries: filter, page, and the words that were typed."""
    return f"{only} {page} {facts['words'][:WORDS_MOST]}".rstrip()


def _filters(language: str, facts: Facts) -> list[Json]:
    return [
        block.button(
            text.say(language, f"approval.only_{only}"),
            f"approval.page:{only}",
            _place(only, 1, facts),
            style="primary" if only == facts["only"] else None,
        )
        for only in FILTERS
    ]


def _moves(language: str, facts: Facts) -> list[Json]:
    """Return the menu that shows one programme, and the buttons to the pages beside this one."""
    page = facts["page"]
    menu = form.external_select("approval.find", placeholder=text.say(language, "approval.find"))
    steps = [("previous", page - 1), ("next", page + 1)]
    return [
        menu,
        *(
            block.button(
                text.say(language, f"approval.turn_{name}"),
                f"approval.page:{name}",
                _place(facts["only"], number, facts),
            )
            for name, number in steps
            if 1 <= number <= facts["pages"]
        ),
    ]


def _share(language: str, facts: Facts, value: str) -> list[Json]:
    """Return the button that posts an answer in the channel, where there is one and nobody did yet."""
    if not facts.get("shareable"):
        return []
    return [block.button(text.say(language, "approval.share"), "approval.share", value)]


def _shared(
    language: str, facts: Facts, said: list[Mrkdwn], blocks: list[Json], fresh: tuple[str, str, str]
) -> Json:
    """Return an answer as others see it: who shared it, and a button to what is true now."""
    name, part, value = fresh
    by = text.mrkdwn(language, "approval.shared", who=line.name(facts, facts["shared_by"]))
    button = block.button(text.say(language, "approval.now"), f"{name}:{part}", value)
    return block.message(Mrkdwn("\n".join([by, *said])), [block.context(by), *blocks, block.actions(button)])


RENDERERS: Final = {
    "approval.program": of_program,
    "approval.list": of_all,
    "approval.not_shared": not_shared,
}
