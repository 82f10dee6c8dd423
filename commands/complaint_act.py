"""Everything that is done to one complaint: a button opens a form, the form records what happened."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from bot import plans
from bot.domain.error import FormError, NotFoundError, StaleError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, form, say
from bot.listeners.field import number
from bot.services import complaint, complaint_case, complaint_document, complaint_page
from bot.services import complaint_act as service
from bot.services.complaint_case import Case
from bot.text.reader import EXPONENT
from bot.views import complaint_form as forms
from bot.views import complaint_page as pages
from storage import Session
from storage.queries import complaint as rows

FIELDS: Final[Mapping[str, field.Field]] = {
    "at": field.moment(),
    "words": field.words(required=False),
    "resolution": field.words(),
    "root_cause": field.words(),
    "reason": field.words(),
    "note": field.words(),
    "answer": field.words(),
    "owner": field.person(),
    "target": field.words(),
    "files": field.files(),
}
DECIDE: Final = {"executive": field.one_of("yes", "no"), "reason": field.words(required=False)}
DETAILS: Final = {
    "customer": field.words(required=False),
    "contact": field.words(required=False),
    "received_through": field.words(required=False),
    "category": field.words(required=False),
    "product": field.one_of(*forms.PRODUCTS, required=False),
    "account": field.words(required=False),
    "program": field.row(required=False),
    "bank": field.words(required=False),
    "regulator": field.words(required=False),
    "summary": field.words(required=False),
    "refund": field.words(required=False),
    "submitted_at": field.moment(),
}
_MONEY: Final = re.compile(r"(?:([A-Za-z]{3}) ?)?([0-9]{1,12})(?:[.,]([0-9]{1,3}))?(?: ?([A-Za-z]{3}))?")
_SIGNS: Final = {"€": "EUR", "£": "GBP", "US$": "USD", "$": "USD"}


def case_of(session: Session, request: Request) -> Case:
    """Return the complaint that a button or a form means.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
    """
    wanted = number(request.value) or number(request.private.get("complaint"))
    row = rows.one(session, wanted) if wanted else None
    if row is None or row.team != request.who.team:
        raise NotFoundError("complaint.not_found", ref=f"#{wanted}")
    return complaint_case.of(session, row, request.defaults.channels)


def page_of(session: Session, request: Request, case: Case) -> Reply:
    """Open the page of a complaint."""
    del session
    facts = complaint_page.page_facts(case, request.who, request.now)
    return form(partial(pages.page, request.language, facts))


def ask(name: str) -> Callable[[Session, Request], Reply]:
    """Return what opens the form of one act."""

    def run(session: Session, request: Request) -> Reply:
        case = case_of(session, request)
        if name in {"mistake", "to_operational"}:
            case.require_manager(request.who, request.now)
        else:
            case.require(request.who, request.now)
        return form(partial(forms.act, request.language, name, complaint_page.board_facts(case), request.now))

    return run


def done(name: str) -> Callable[[Session, Request], Reply]:
    """Return what records one act."""

    def run(session: Session, request: Request) -> Reply:
        case = case_of(session, request)
        values = dict(request.values)
        if "at" in values:
            values["at"] = datetime.fromtimestamp(values["at"], UTC)
        arguments = [values[one] for one in forms.ACTS[name]]
        after = _ACTS[name](session, request.who, case.row.id, *arguments, request.now)
        return _behind(session, request, after)

    return run


def ask_decide(session: Session, request: Request) -> Reply:
    """Open the question whether it is executive."""
    case = case_of(session, request)
    case.require(request.who, request.now)
    if case.row.proposal != "asked":
        raise StaleError("complaint.answered", ref=case.row.ref)
    return form(partial(forms.decide, request.language, complaint_page.board_facts(case)))


def decided(session: Session, request: Request) -> Reply:
    """Answer the question."""
    case = case_of(session, request)
    yes = request.values["executive"] == "yes"
    after = complaint.decide(
        session, request.who, case.row.id, yes=yes, reason=request.values["reason"], now=request.now
    )
    return _behind(session, request, after)


def ask_details(session: Session, request: Request) -> Reply:
    """Open the form of what the report needs."""
    case = case_of(session, request)
    case.require(request.who, request.now)
    return form(partial(forms.details, request.language, complaint_page.detail_facts(case)))


def detailed(session: Session, request: Request) -> Reply:
    """Keep what the report needs."""
    case, values = case_of(session, request), dict(request.values)
    book = plans.complaints()
    if not book.channel(values["received_through"]):
        values["received_through"] = ""
    if not book.category(values["category"]):
        values["category"] = ""
    amount, currency = _money(values.pop("refund"))
    values |= {"refund_amount": amount, "refund_currency": currency}
    submitted = datetime.fromtimestamp(values["submitted_at"], UTC)
    # The picker knows minutes; a moment that was not touched keeps its seconds.
    same = submitted.replace(second=0) == case.row.submitted_at.replace(second=0, microsecond=0)
    values["submitted_at"] = None if same else submitted
    values["program"] = number(values["program"])
    after = service.detail(session, request.who, case.row.id, values, request.now)
    return _behind(session, request, after)


def draft(session: Session, request: Request) -> Reply:
    """Open a draft to the customer, unless nobody may write to them.

    Raises:
        StaleError: it is locked; the text says what to do instead.
    """
    case = case_of(session, request)
    case.require(request.who, request.now)
    if case.row.locked:
        raise StaleError("complaint.locked", ref=case.row.ref)
    return form(
        partial(pages.letter, request.language, complaint_page.letter_facts(case, request.who), request.now)
    )


def sent(session: Session, request: Request) -> Reply:
    """Record that the draft was sent: the first one acknowledges; one sent under the lock is a breach."""
    case = complaint_case.locked(session, case_of(session, request).row.id, request.who.team)
    first = case.row.acknowledged_at is None and case.row.state in {"received", "reopened"}
    act = service.acknowledge if first else service.contact
    after = act(session, request.who, case.row.id, request.now, "", request.now)
    return _behind(session, request, after)


def fetch(session: Session, request: Request) -> Reply:
    """Have documents fetched again that could not be; the page shows them arriving."""
    case = complaint_document.retry(session, request.who, case_of(session, request).row.id, request.now)
    facts = complaint_page.page_facts(case, request.who, request.now)
    return form(partial(pages.page, request.language, facts), "update")


def notice(session: Session, request: Request) -> Reply:
    """Open the notice to Stripe."""
    case = case_of(session, request)
    case.require(request.who, request.now)
    return form(partial(pages.notice, request.language, complaint_page.letter_facts(case, request.who)))


def notice_sent(session: Session, request: Request) -> Reply:
    """Record that the notice was sent to Stripe now."""
    case = case_of(session, request)
    after = service.notified(session, request.who, case.row.id, request.now, request.now)
    return _behind(session, request, after)


def _behind(session: Session, request: Request, case: Case) -> Reply:
    """Close the form; the page below it, if it lies on one, shows the new state."""
    told = say("complaint.broke_lock", ref=case.row.ref) if case.broke else NOTHING
    if not request.private.get("page"):
        return told
    del session
    facts = complaint_page.page_facts(case, request.who, request.now)
    view = partial(pages.page, request.language, facts)
    return Reply(say=told.say, facts=told.facts, form=view, how="page")


def _money(typed: str) -> tuple[int | None, str]:
    """Return an amount in minor units and its currency, as people write it: `12.50 EUR`, `€12,50`.

    Raises:
        FormError: it cannot be read.
    """
    words = " ".join(typed.replace("\u00a0", " ").replace("\u202f", " ").split())
    if not words:
        return None, ""
    for sign, code in _SIGNS.items():
        words = words.replace(sign, f" {code} ").strip()
    words = " ".join(re.sub(r"(?<=\d)[ ,](?=\d{3}\b)", "", words).split())
    found = _MONEY.fullmatch(words)
    currency = ((found[1] or found[4]) if found else "") or ""
    if found is None or not currency or (found[1] and found[4]):
        raise FormError({"refund": ("complaint.no_amount", {})})
    places = EXPONENT.get(currency.lower(), 2)
    cents = (found[3] or "").ljust(places, "0")
    if len(cents) > places:
        raise FormError({"refund": ("complaint.no_amount", {})})
    return int(found[2] + cents), currency.lower()


_ACTS: Final[Mapping[str, Callable[..., Case]]] = {
    "acknowledge": service.acknowledge,
    "resolve": service.resolve,
    "contact": service.contact,
    "withdraw": service.withdraw,
    "reopen": service.reopen,
    "mistake": service.mistake,
    "note": service.note,
    "assign": service.assign,
    "link": service.link,
    "documents": service.documents,
    "notified": service.notified,
    "released": service.released,
    "forwarded": service.forwarded,
    "to_executive": service.to_executive,
    "to_operational": service.to_operational,
    "extend": service.extend,
}


def _shape(name: str) -> dict[str, Any]:
    return {one: FIELDS[one] for one in forms.ACTS[name]}


# The door lets members in: who handles this complaint is known to the service.
DOORS: Final = Doors(
    buttons=(
        *(Button(f"complaint.{name}", Right.LOG_COMPLAINT, ask(name), writes=False) for name in forms.ACTS),
        Button("complaint.decide", Right.LOG_COMPLAINT, ask_decide, writes=False),
        Button("complaint.details", Right.LOG_COMPLAINT, ask_details, writes=False),
        Button("complaint.draft", Right.LOG_COMPLAINT, draft, writes=False),
        Button("complaint.fetch", Right.LOG_COMPLAINT, fetch),
        Button("complaint.notice", Right.LOG_COMPLAINT, notice, writes=False),
    ),
    forms=(
        *(Form(f"complaint.{name}", Right.LOG_COMPLAINT, done(name), _shape(name)) for name in forms.ACTS),
        Form("complaint.decide", Right.LOG_COMPLAINT, decided, DECIDE),
        Form("complaint.details", Right.LOG_COMPLAINT, detailed, DETAILS),
        Form("complaint.letter", Right.LOG_COMPLAINT, sent, {}),
        Form("complaint.notice", Right.LOG_COMPLAINT, notice_sent, {}),
    ),
)
