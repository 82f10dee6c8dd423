"""`/complaint`: logging one from a command, a message, a thread or a button; lists; the page of one."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from bot import plans
from bot.domain.card_number import redact
from bot.domain.deadline import LONGEST
from bot.domain.error import FormError, NotFoundError
from bot.domain.message_text import files_of, text_of
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import Button, Doors, Form, Reply, Request, Shortcut, Verb, form, say
from bot.listeners.field import number
from bot.services import complaint, complaint_act, complaint_case, complaint_page
from bot.services import person as people
from bot.views import complaint_form as forms
from commands import complaint_act as acts
from commands import found
from commands.complaint_act import case_of, page_of
from storage import Session
from storage.queries import complaint as rows
from storage.queries import entry as drafts
from storage.tables import Draft

FORM: Final = "complaint.log"
WHICH: Final[dict[str, str]] = {
    "": "mine",
    "mine": "mine",
    "open": "open",
    "overdue": "overdue",
    "executive": "executive",
    "breaches": "breaches",
    "miennes": "mine",
    "ouvertes": "open",
    "retard": "overdue",
    "exécutives": "executive",
    "manquements": "breaches",
}
LOG: Final = {
    "text": field.words(),
    "customer": field.words(required=False),
    "kind": field.one_of("operational", "executive", required=False),
    "owner": field.person(required=False),
    "submitted_at": field.moment(required=False),
    "employee": field.some_of("yes", required=False),
    "program": field.row(required=False),
    "received_through": field.words(required=False),
    "category": field.words(required=False),
    "product": field.one_of(*forms.PRODUCTS, required=False),
    "account": field.words(required=False),
    "files": field.Field(lambda value: value if isinstance(value, list) else None, [], required=False),
}
SETTINGS: Final = {
    "owner": field.person(required=False),
    "acknowledge": field.words(required=False),
    "resolve": field.words(required=False),
    "notify": field.words(required=False),
    "forward": field.one_of("on", "off", required=False),
}


def ask(session: Session, request: Request) -> Reply:
    """Open the form; words after the command become what was said, a thread where it comes from."""
    private: dict[str, Any] = {}
    submitted = request.now
    if request.thread_ts and request.channel:
        before = rows.by_source(session, request.who.team, f"{request.channel}/{request.thread_ts}")
        if before is not None:
            return page_of(session, request, complaint_case.of(session, before))
        private = {"channel": request.channel, "ts": request.thread_ts, "thread_ts": request.thread_ts}
        submitted = _moment(request.thread_ts, request.now)
    elif request.channel:
        private = {"channel": request.channel}
    return _form(session, request, {**private, "at": int(submitted.timestamp())}, request.text)


def shortcut(session: Session, request: Request) -> Reply:
    """Open the form for a message; one that was logged before shows its complaint."""
    message, channel = request.message, request.channel
    ts = str(message.get("ts") or "")
    before = rows.by_source(session, request.who.team, f"{channel}/{ts}") if channel and ts else None
    if before is not None:
        return page_of(session, request, complaint_case.of(session, before))
    whole = text_of(message)
    text = redact(whole)
    kept = {"text": text, "redacted": text != whole, "files": files_of(message)}
    row = Draft(team=request.who.team, user=request.who.user, form=FORM, at=request.now)
    row.fields = json.dumps(kept, ensure_ascii=False)
    session.add(row)
    session.flush()
    private = {
        "channel": channel,
        "ts": ts,
        "thread_ts": str(message.get("thread_ts") or ""),
        "at": int(_moment(ts, request.now).timestamp()),
        "draft": row.id,
    }
    return _form(session, request, private, text, redacted=text != whole)


def more(session: Session, request: Request) -> Reply:
    """Show the other fields; what was typed stays."""
    typed = field.lenient(LOG, request.values)
    private = {**{name: request.private[name] for name in _CARRIED if name in request.private}, "more": 1}
    kept = _kept(session, request)
    return _form(
        session,
        request,
        private,
        typed["text"],
        customer=typed["customer"],
        kind=typed["kind"],
        redacted=bool(kept.get("redacted")),
        how="update",
    )


_CARRIED: Final = ("channel", "ts", "thread_ts", "at", "draft")


def log(session: Session, request: Request) -> Reply:
    """Log it; where words look executive the form asks before it closes."""
    kept = _kept(session, request)
    logged = complaint.log(
        session,
        request.who,
        _said(request, kept),
        request.defaults.channels,
        request.defaults.language,
        request.now,
    )
    _forget(session, request)
    row = logged.case.row
    facts = {
        "id": row.id,
        "ref": row.ref,
        "new": logged.new,
        "redacted": row.redacted,
        "locked": row.locked,
        "proposal": row.proposal,
        "missing": list(complaint_page.missing(row)) if not row.feedback else [],
    }
    if row.proposal == "asked":
        board = complaint_page.board_facts(logged.case)
        view = partial(forms.decide, request.language, board)
        return Reply(say="complaint.logged", facts=facts, form=view, how="update")
    return say("complaint.logged", **facts)


def listed(session: Session, request: Request) -> Reply:
    """Show a list: mine, open, overdue, executive, breaches."""
    word, _, rest = request.text.strip().casefold().partition(" ")
    if word not in WHICH:
        raise NotFoundError("complaint.which_list")
    part = number(rest) - 1 if number(rest) else 0
    return say(
        "complaint.list", **complaint_page.listed(session, request.who, WHICH[word], part, request.now)
    )


def turned(session: Session, request: Request) -> Reply:
    """Show another list, or another page of it, in the place of the one that was clicked."""
    which, _, part = request.value.partition(":")
    if which not in rows.WHICH:
        raise NotFoundError("error.old_button")
    facts = complaint_page.listed(session, request.who, which, number(part), request.now)
    return Reply(say="complaint.list", facts=facts, how="replace")


def show(session: Session, request: Request) -> Reply:
    """Open the page of the complaint that words name."""
    if not request.text.strip():
        raise NotFoundError("complaint.which")
    return page_of(session, request, complaint_case.by_ref(session, request.who.team, request.text))


def opened(session: Session, request: Request) -> Reply:
    """Open the page of the complaint behind a button."""
    return page_of(session, request, case_of(session, request))


def settings(session: Session, request: Request) -> Reply:
    """Open the settings of the programme that words or the channel mean."""
    program = found.one(session, request, which="complaint.which_program")
    people.require(session, request.who, Right.CHANGE_PROGRAM, request.now, people.relations(program))
    book = plans.complaints()
    facts = {
        "id": program.id,
        "name": program.name,
        "ref": program.ref,
        "settings": rows.settings(session, program.id),
        "defaults": {name: rule.length for name, rule in book.clocks.items()},
        "forward": "on" if book.clocks["forward"].on else "off",
    }
    return form(partial(forms.settings, request.language, facts))


def set_(session: Session, request: Request) -> Reply:
    """Keep the settings of a programme."""
    program = found.at(session, request, str(request.private.get("program", "")))
    wrong: dict[str, tuple[str, dict[str, object]]] = {
        name: ("complaint.no_length", {"most": LONGEST})
        for name in ("acknowledge", "resolve", "notify")
        if request.values[name]
        and not (request.values[name].isdecimal() and 1 <= int(request.values[name]) <= LONGEST)
    }
    if wrong:
        raise FormError(wrong)
    complaint_act.choose(session, request.who, program, request.values, request.now)
    return Reply()


def _form(
    session: Session,
    request: Request,
    private: dict[str, Any],
    typed: str,
    *,
    customer: str = "",
    kind: str = "",
    redacted: bool = False,
    how: str = "",
) -> Reply:
    words = complaint.words_in(typed)
    kept = _kept(session, request, number(private.get("draft")))
    likely = complaint.likely_program(session, request.who, str(private.get("channel") or ""))
    facts = {
        "text": typed[: forms.SHOWN] if len(typed) > forms.SHOWN else typed,
        "cut": len(typed) > forms.SHOWN or len(str(kept.get("text", ""))) > forms.SHOWN,
        "customer": customer,
        "kind": kind or ("executive" if words else "operational"),
        "words": words,
        "redacted": redacted,
    }
    if private.get("more"):
        own = rows.settings(session, likely.id).get("owner", likely.lead) if likely else request.who.user
        facts |= {
            "programs": complaint_page.choices(session, request.who.team),
            "program_id": likely.id if likely else 0,
            "product": likely.products[0] if likely and len(likely.products) == 1 else "",
            "owner": own,
            "submitted": number(private.get("at")) or int(request.now.timestamp()),
            "files": kept.get("files", []),
        }
    return form(partial(forms.log, request.language, facts, private), how)


def _said(request: Request, kept: dict[str, Any]) -> complaint.Said:
    values, private = request.values, request.private
    channel, ts = str(private.get("channel") or ""), str(private.get("ts") or "")
    whole, typed = str(kept.get("text") or ""), values["text"]
    if len(whole) > forms.SHOWN:
        typed += whole[forms.SHOWN :]  # the form showed the beginning, and the whole is kept
    seconds = values["submitted_at"] or number(private.get("at"))
    at = datetime.fromtimestamp(seconds, UTC) if seconds else request.now
    book = plans.complaints()
    offered = kept.get("files") or []
    files = [one for one in offered if not private.get("more") or one["id"] in values["files"]]
    known = {
        "received_through": values["received_through"] if book.channel(values["received_through"]) else "",
        "category": values["category"] if book.category(values["category"]) else "",
        "product": values["product"],
        "account": values["account"][:100],
    }
    return complaint.Said(
        text=typed,
        source=f"{channel}/{ts}" if channel and ts else request.key,
        submitted_at=at,
        customer=values["customer"][: forms.NAME_MOST],
        kind=values["kind"] or "operational",
        channel=channel if ts else "",
        ts=ts,
        thread_ts=str(private.get("thread_ts") or ""),
        redacted=bool(kept.get("redacted")),
        feedback="yes" in values["employee"],
        program_id=number(values["program"]),
        owner=values["owner"],
        files=files,
        more=known,
    )


def _kept(session: Session, request: Request, draft: int = 0) -> dict[str, Any]:
    wanted = draft or number(request.private.get("draft"))
    row = drafts.draft(session, request.who.team, request.who.user, wanted)
    kept: dict[str, Any] = json.loads(row.fields or "{}") if row is not None and row.form == FORM else {}
    return kept


def _forget(session: Session, request: Request) -> None:
    wanted = number(request.private.get("draft"))
    row = drafts.draft(session, request.who.team, request.who.user, wanted)
    if row is not None and row.form == FORM:
        session.delete(row)


def _moment(ts: str, now: datetime) -> datetime:
    """Return when a message was sent: the first half of its `ts` is unix seconds."""
    seconds = number(ts.partition(".")[0])
    if not field.FIRST_SECOND <= seconds <= field.LAST_SECOND:
        return now
    return min(datetime.fromtimestamp(seconds, UTC), now)


DOORS: Final = (
    Doors(
        verbs=(
            Verb(
                "complaint.log",
                "/complaint",
                "",
                Right.LOG_COMPLAINT,
                ask,
                aliases=("complaint", "réclamation", "reclamation"),
                hint="[what was said]",
                opens_form=True,
                takes_words=3,
            ),
            Verb(
                "complaint.list",
                "/complaint",
                "list",
                Right.LOG_COMPLAINT,
                listed,
                aliases=("complaints", "réclamations", "reclamations"),
                hint="[mine | open | overdue | executive | breaches]",
            ),
            Verb(
                "complaint.show",
                "/complaint",
                "show",
                Right.LOG_COMPLAINT,
                show,
                aliases=("complaint show", "réclamation voir"),
                hint="C-7",
                opens_form=True,
            ),
            Verb(
                "complaint.settings",
                "/complaint",
                "settings",
                Right.CHANGE_PROGRAM,
                settings,
                aliases=("complaint settings", "réclamations réglages"),
                hint="[P-7]",
                opens_form=True,
            ),
        ),
        buttons=(
            Button("complaint.more", Right.LOG_COMPLAINT, more, writes=False),
            Button("complaint.open", Right.LOG_COMPLAINT, opened, writes=False),
            Button("complaint.list", Right.LOG_COMPLAINT, turned, writes=False),
        ),
        forms=(
            Form(FORM, Right.LOG_COMPLAINT, log, LOG),
            Form("complaint.settings", Right.CHANGE_PROGRAM, set_, SETTINGS),
        ),
        shortcuts=(
            Shortcut(
                "complaint.message",
                "Log a complaint",
                "Log this message as a complaint",
                "message",
                Right.LOG_COMPLAINT,
                shortcut,
                writes=True,
            ),
        ),
    )
    + acts.DOORS
)
