"""The monthly report of complaints: what managers and agents are told, the list, the page, the forms."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import plans, text
from bot.domain.complaint_report import month_from
from bot.text import Mrkdwn
from bot.views import block, complaint, form, line
from bot.views.block import Json

NOTE_MOST: Final = 1000
REFERENCE_MOST: Final = 200
MOST_LINES: Final = 10
MOST_REPORTS: Final = 30
"""Reports of one list: each takes one block, and a view holds 100."""

MOST_NIL: Final = 20
MOST_IDS: Final = 250
"""Nil reports of one confirmation: their numbers travel with the form."""

Facts = Mapping[str, Any]


def title(language: str, one: Facts) -> str:
    """Return what a report is called: its month, and which addendum it is."""
    month = text.month(language, month_from(one["month"]).first)
    key = "report.title_addendum" if one["addendum"] else "report.title"
    return text.say(language, key, month=month, number=one["addendum"])


def ready(language: str, facts: Facts) -> Json:
    """Return that the reports of a month wait for a manager: how many, with what, until when."""
    reports = facts["reports"]
    full, nil = [one for one in reports if one["rows"]], [one for one in reports if not one["rows"]]
    month = text.month(language, month_from(facts["month"]).first)
    first = min(date.fromisoformat(one["due_on"]) for one in reports)
    words = [text.mrkdwn(language, "report.ready", month=month, date=first)]
    words += [_line(language, one) for one in full[:MOST_LINES]]
    if len(full) > MOST_LINES:
        words.append(text.mrkdwn(language, "notice.more", count=len(full) - MOST_LINES))
    if nil:
        words.append(text.mrkdwn(language, "report.nil_count", count=len(nil)))
    said = Mrkdwn("\n".join(words))
    button = block.button(text.say(language, "button.report_list"), "report.list", "", style="primary")
    return block.message(said, [block.section(said), block.actions(button)])


def missing(language: str, facts: Facts) -> Json:
    """Return which complaints lack something that this person can fill in."""
    lines = facts["lines"]
    month = text.month(language, month_from(facts["month"]).first)
    first = text.mrkdwn(language, "report.missing", count=len(lines), month=month, ref=facts["program"])
    return _to_fill_in(language, first, lines)


def asks(language: str, facts: Facts) -> Json:
    """Return which complaints of the running month lack something that this person may know."""
    lines = facts["lines"]
    month = text.month(language, month_from(facts["month"]).first)
    return _to_fill_in(language, text.mrkdwn(language, "report.asks", count=len(lines), month=month), lines)


def _to_fill_in(language: str, first: Mrkdwn, lines: Sequence[Sequence[Any]]) -> Json:
    """Return a list of complaints, each with what it lacks and the button that opens its form."""
    said, blocks = [first], [block.section(first)]
    for ref, lacks, number in lines[:MOST_LINES]:
        said.append(_lack(language, ref, lacks))
        fill = complaint.button(language, "details", str(number), ref)
        blocks.append(block.section(said[-1], accessory=fill))
    if len(lines) > MOST_LINES:
        said.append(text.mrkdwn(language, "notice.more", count=len(lines) - MOST_LINES))
        blocks.append(block.context(said[-1]))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def file(language: str, facts: Facts) -> Json:
    """Return what is said beside a file: what it is, and its hash."""
    words = text.mrkdwn(
        language,
        f"report.file_{facts['kind']}",
        title=title(language, facts),
        name=line.short(facts["program"]["name"], 60),
        ref=facts["program"]["ref"],
        count=facts["rows"],
        hash=facts["sha256"],
    )
    return block.message(words, [block.section(words)])


def file_failed(language: str, facts: Facts) -> Json:
    """Return that a file did not arrive and why, with a second try."""
    code, _, scope = facts["code"].partition(" ")
    if code == "file_too_long":
        why = text.mrkdwn(language, "report.too_long")
    else:
        kind = "bug" if code.startswith("bug:") else code
        key = f"picture.error.{kind}" if text.has(f"picture.error.{kind}") else "picture.error.other"
        why = text.mrkdwn(language, key, code=facts["code"], scope=scope)
    words = text.mrkdwn(language, "report.file_failed", file=facts["name"], why=why)
    number = str(facts["file"])
    again = block.button(text.say(language, "button.again"), f"report.again:{number}", number)
    return block.message(words, [block.section(words, accessory=again)])


def picture(language: str, facts: Facts) -> Json:
    """Return the numbers of the picture in words."""
    words = Mrkdwn("\n".join(_numbers(language, facts)))
    return block.message(words, [block.section(words)])


def alt(language: str, facts: Facts) -> str:
    """Return what the picture shows, in plain words."""
    figures = facts["figures"]
    said = [
        text.say(language, "report.total", count=figures["total"]),
        *(f"{name} {number}" for name, number in classes(language, figures)),
        *(f"{name} {number}" for name, number in times(language, figures)),
    ]
    return line.short(" · ".join([title(language, facts), *said]), 900)


def classes(language: str, figures: Facts) -> list[tuple[str, int]]:
    """Return the classes with their numbers."""
    kinds = figures["kinds"]
    return [
        (text.say(language, f"report.kind_{one}"), kinds.get(one, 0)) for one in ("operational", "executive")
    ]


def states(language: str, figures: Facts) -> list[tuple[str, int]]:
    """Return the states that occur, with their numbers."""
    found = figures["states"]
    order = ("received", "acknowledged", "reopened", "resolved", "withdrawn", "mistake")
    return [(text.say(language, f"report.state_{one}"), found[one]) for one in order if found.get(one)]


def times(language: str, figures: Facts) -> list[tuple[str, int]]:
    """Return how many were resolved within how many business days."""
    keys = ("report.time_5", "report.time_15", "report.time_35", "report.time_more")
    return [(text.say(language, key), number) for key, number in zip(keys, figures["times"], strict=True)]


def categories(language: str, figures: Facts, most: int) -> list[tuple[str, int]]:
    """Return the categories with most complaints."""
    book = plans.complaints()
    found = []
    for name, number in list(figures["categories"].items())[:most]:
        known = book.category(name)
        found.append((known.title[language] if known else text.say(language, "report.no_category"), number))
    return found


def listed(language: str, facts: Facts) -> Json:
    """Return the list of a manager: what waits, what was sent, who reports nothing."""
    blocks: list[Json] = []
    if facts["nil"]:
        blocks += _nil(language, facts["nil"], "nil", "report.nil")
    if facts["nil_signed"]:
        blocks += _nil(language, facts["nil_signed"], "nil_signed", "report.nil_sent")
    for one in facts["reports"][:MOST_REPORTS]:
        number = str(one["id"])
        waits = one["state"] in {"open", "ready", "signed"}
        button = block.button(
            text.say(language, "button.report_open"),
            f"report.page:{number}",
            number,
            style="primary" if waits else None,
            accessibility_label=line.short(f"{title(language, one)}: {one['program']['name']}", 70),
        )
        blocks.append(block.section(_line(language, one), accessory=button))
    if len(facts["reports"]) > MOST_REPORTS:
        more = text.mrkdwn(language, "notice.more", count=len(facts["reports"]) - MOST_REPORTS)
        blocks.append(block.context(more))
    if not blocks:
        blocks.append(block.section(text.mrkdwn(language, "report.nothing")))
    for name in ("silent", "switched"):
        blocks += [_switch(language, one, name) for one in facts[name][:MOST_NIL]]
    return form.modal(
        text.say(language, "report_list.title"),
        blocks,
        callback_id="report.list",
        close=text.say(language, "form.close"),
    )


def page(language: str, facts: Facts, brought: str = "") -> Json:
    """Return the page of one report: its numbers, what is missing and who can fill it in, what to do."""
    about = text.mrkdwn(language, "form.program", name=facts["program"]["name"], ref=facts["program"]["ref"])
    blocks: list[Json] = [block.context(about), block.section(_state(language, facts))]
    if brought:
        blocks.append(block.section(text.mrkdwn(language, "report.brought")))
    if facts["figures"]:
        blocks.append(block.section(Mrkdwn("\n".join(_numbers(language, facts)))))
    if facts["missing"]:
        blocks.append(block.section(_lacking(language, facts)))
    if facts["note"]:
        blocks.append(block.context(text.mrkdwn(language, "report.note_was")))
        blocks.append(block.quote(facts["note"], most=NOTE_MOST))
    buttons = _buttons(language, facts)
    if buttons:
        blocks.append(block.actions(*buttons))
    if facts["sha256"]:
        hashes = text.mrkdwn(language, "report.hashes", csv=facts["sha256"], xlsx=facts["xlsx_sha256"])
        blocks.append(block.context(hashes))
    return form.modal(
        title(language, {**facts, "addendum": 0}),
        blocks,
        callback_id="report.page",
        close=text.say(language, "form.close"),
        private_metadata={"report": facts["id"]},
    )


def sign(language: str, facts: Facts) -> Json:
    """Return the form in which a manager signs what they have seen."""
    blocks: list[Json] = [
        block.section(
            text.mrkdwn(
                language,
                "report_sign.about",
                title=title(language, facts),
                name=facts["program"]["name"],
                count=facts["rows"],
            )
        )
    ]
    if facts["missing"]:
        blocks += [
            block.section(_lacking(language, facts)),
            form.input(
                text.say(language, "report_sign.note"),
                form.text_input("note", multiline=True, most=NOTE_MOST),
                "note",
                hint=text.say(language, "report_sign.note_hint"),
                optional=True,
            ),
        ]
    blocks.append(block.context(text.mrkdwn(language, "report.hash", hash=facts["sha256"])))
    return form.modal(
        text.say(language, "report_sign.title"),
        blocks,
        callback_id="report.sign",
        submit=text.say(language, "report_sign.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"report": facts["id"], "sha256": facts["sha256"]},
    )


def sign_nil(language: str, reports: Sequence[Facts]) -> Json:
    """Return the one confirmation for all months without a complaint."""
    shown = reports[:MOST_IDS]
    words = text.mrkdwn(language, "report_nil.about", count=len(shown))
    return form.modal(
        text.say(language, "report_nil.title"),
        [block.section(words), block.section(_names(language, shown))],
        callback_id="report.nil",
        submit=text.say(language, "report_nil.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"reports": [one["id"] for one in shown]},
    )


def sent(language: str, reports: Sequence[Facts], today: str) -> Json:
    """Return the form that records on which day reports were sent to Stripe."""
    shown = reports[:MOST_IDS]
    return form.modal(
        text.say(language, "report_sent.title"),
        [
            block.section(_names(language, shown)),
            form.input(
                text.say(language, "report_sent.on"),
                form.datepicker("sent_on", initial=date.fromisoformat(today)),
                "sent_on",
            ),
            form.input(
                text.say(language, "report_sent.reference"),
                form.text_input("reference", most=REFERENCE_MOST),
                "reference",
                hint=text.say(language, "report_sent.reference_hint"),
                optional=True,
            ),
        ],
        callback_id="report.sent",
        submit=text.say(language, "report_sent.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"reports": [one["id"] for one in shown]},
    )


def _line(language: str, one: Facts) -> Mrkdwn:
    key = f"report.line_{one['state']}"
    name = text.mrkdwn(
        language,
        "report.named",
        title=title(language, one),
        name=line.short(one["program"]["name"], 60),
        ref=one["program"]["ref"],
    )
    day = one["sent_on"] or one["due_on"]
    said = text.mrkdwn(language, key, count=one["rows"], date=date.fromisoformat(day))
    if one["missing"] and one["state"] == "open":
        said = Mrkdwn(f"{said} · {text.mrkdwn(language, 'report.lacks', count=one['missing'])}")
    return Mrkdwn(f"{name}\n{said}")


def _state(language: str, facts: Facts) -> Mrkdwn:
    said = [_line(language, facts)]
    if facts["signed_by"]:
        who, at = line.name(facts, facts["signed_by"]), datetime.fromisoformat(facts["signed_at"])
        said.append(text.mrkdwn(language, "report.signed", who=who, at=text.when(at, language)))
    if facts["sent_by"]:
        key = "report.sent_with" if facts["reference"] else "report.sent"
        day = date.fromisoformat(facts["sent_on"])
        who = line.name(facts, facts["sent_by"])
        said.append(text.mrkdwn(language, key, who=who, date=day, reference=facts["reference"]))
    if facts["snapshot_at"]:
        at = datetime.fromisoformat(facts["snapshot_at"])
        said.append(text.mrkdwn(language, "report.snapshot", at=text.when(at, language)))
    if facts["stale"]:
        after = facts["state"] in {"signed", "sent"}
        said.append(text.mrkdwn(language, "report.changed_after" if after else "report.changed_before"))
    return Mrkdwn("\n".join(said))


def _numbers(language: str, facts: Facts) -> list[Mrkdwn]:
    figures = facts["figures"]
    if not figures["total"]:
        return [text.mrkdwn(language, "report.no_complaint")]
    said = [text.mrkdwn(language, "report.total", count=figures["total"])]
    said.append(_counted(language, "report.by_class", classes(language, figures)))
    said.append(_counted(language, "report.by_state", states(language, figures)))
    said.append(_counted(language, "report.by_category", categories(language, figures, 5)))
    if sum(figures["times"]):
        said.append(_counted(language, "report.by_time", times(language, figures)))
        said.append(text.mrkdwn(language, "report.median", median=figures["median"], slow=figures["slow"]))
    late = sum(figures["breaches"].values())
    if late:
        said.append(text.mrkdwn(language, "report.breaches", count=late))
    return said


def _counted(language: str, key: str, found: Sequence[tuple[str, int]]) -> Mrkdwn:
    listed_ = [
        text.say(language, "chart.named", what=name, value=text.number(language, number))
        for name, number in found
    ]
    return text.mrkdwn(language, key, listed=" · ".join(listed_))


def _lacking(language: str, facts: Facts) -> Mrkdwn:
    said = [text.mrkdwn(language, "report.lacks_title", count=facts["missing"])]
    for ref, user, lacks in facts["lacking"]:
        who = line.name(facts, user) if user else Mrkdwn("-")
        said.append(text.mrkdwn(language, "report.lacks_line", what=_lack(language, ref, lacks), who=who))
    if facts["missing"] > len(facts["lacking"]):
        said.append(text.mrkdwn(language, "notice.more", count=facts["missing"] - len(facts["lacking"])))
    return Mrkdwn("\n".join(said))


def _lack(language: str, ref: str, lacks: Sequence[str]) -> Mrkdwn:
    fields = ", ".join(text.say(language, f"report_field.{one}") for one in lacks)
    return text.mrkdwn(language, "report.lack", ref=ref, fields=fields)


def _nil(language: str, reports: Sequence[Facts], which: str, action: str) -> list[Json]:
    words = text.mrkdwn(language, f"report.{which}", count=len(reports))
    style: block.Style | None = "primary" if which == "nil" else None
    button = block.button(text.say(language, f"button.report_{which}"), action, which, style=style)
    return [block.section(Mrkdwn(f"{words}\n{_names(language, reports)}"), accessory=button)]


def _names(language: str, reports: Sequence[Facts]) -> Mrkdwn:
    said = [
        text.mrkdwn(
            language,
            "report.named",
            title=title(language, one),
            name=line.short(one["program"]["name"], 60),
            ref=one["program"]["ref"],
        )
        for one in reports[:MOST_NIL]
    ]
    if len(reports) > MOST_NIL:
        said.append(text.mrkdwn(language, "notice.more", count=len(reports) - MOST_NIL))
    return Mrkdwn("\n".join(said))


def _switch(language: str, one: Facts, which: str) -> Json:
    value = "on" if which == "silent" else "off"
    button = block.button(
        text.say(language, f"button.report_switch_{value}"),
        f"report.switch:{one['id']}",
        f"{one['id']}:{value}",
    )
    words = text.mrkdwn(language, f"report.{which}", name=line.short(one["name"], 60), ref=one["ref"])
    return block.section(words, accessory=button)


def _buttons(language: str, facts: Facts) -> list[Json]:
    found = []
    if facts["state"] in {"open", "ready"}:
        found.append(_button(language, "sign", facts, "primary"))
    if facts["state"] == "signed":
        found.append(_button(language, "sent", facts, "primary"))
    if facts["state"] != "making":
        found.append(_button(language, "files", facts))
    if facts["addable"]:
        found.append(_button(language, "add", facts))
    return found


def _button(language: str, name: str, facts: Facts, style: block.Style | None = None) -> Json:
    number = str(facts["id"])
    label = text.say(language, f"button.report_{name}")
    return block.button(label, f"report.{name}:{number}", number, style=style)


def tried(language: str, _facts: Facts) -> Json:
    """Return that a file is on its way."""
    words = text.mrkdwn(language, "report.tried")
    return block.message(words, [block.section(words)])


RENDERERS: Final = {
    "report.tried": tried,
    "report.ready": ready,
    "report.missing": missing,
    "report.asks": asks,
    "report.file": file,
    "report.file_failed": file_failed,
    "report.picture": picture,
}
