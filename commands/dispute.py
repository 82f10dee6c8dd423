"""`/dispute`: open one in a form of several pages, have it submitted by two people, follow it to its end."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final

from bot import plans, text
from bot.domain.dispute_reason import EvidenceField, Reason, too_many
from bot.domain.error import FormError, NotFoundError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import (
    CLOSE,
    NOTHING,
    Button,
    Doors,
    Form,
    Options,
    Reply,
    Request,
    Shortcut,
    Verb,
    form,
    say,
)
from bot.listeners.field import number
from bot.services import dispute as service
from bot.services import dispute_case, dispute_list, dispute_paper
from bot.services import evidence as evidences
from bot.services.dispute import Choice
from bot.views import dispute_form as views
from storage import Session
from storage.queries import dispute as rows
from storage.queries import stripe_mirror as mirror
from storage.tables_dispute import Dispute

SEARCHED: Final = 300
SUGGESTED: Final = 20
REASONS: Final = (
    "fraudulent", "not_received", "canceled", "merchandise_not_as_described", "service_not_as_described",
    "duplicate", "no_valid_authorization", "other",
)  # fmt: skip
_TRANSACTION: Final = re.compile(r"\bipi_[A-Za-z0-9]{1,140}\b")
FIRST: Final = {
    "reason": field.one_of(*REASONS),
    "amount": field.words(),
    "from_account": field.some_of("yes", required=False),
}
CHECK: Final = {
    "sure": field.some_of("yes"),
    "with_card": field.some_of("yes", required=False),
    "alone": field.words(required=False),
}


@cache
def evidence() -> Mapping[str, field.Field]:
    """Return every field that any reason asks for; a page has some of them."""
    return {one.id: _reader(one) for one in plans.disputes().fields()}


def _reader(one: EvidenceField) -> field.Field:
    if one.kind == "date":
        return field.day(required=False)
    if one.kind == "file":
        return field.files()
    if one.kind in {"choice", "yes_no"}:
        return field.one_of(*(one.choices or ("yes", "no")), required=False)
    return field.words(required=False)


def new(session: Session, request: Request) -> Reply:
    """Open the form for a transaction; without one, a search. A draft of before is taken up again.

    A reason behind the transaction is chosen already: `ipi_… fraudulent`.
    """
    wanted, _, preset = (request.value or request.text).strip().partition(" ")
    if not wanted:
        return form(partial(views.search, request.language, private=_where(request)))
    row = service.check(session, request.who, wanted, request.now)
    if row is not None:
        return _taken_up(session, request, row, preset)
    return form(_first(session, request, wanted, {}, preset))


def search(session: Session, request: Request) -> Reply:
    """Open the search."""
    del session
    return form(partial(views.search, request.language, private=_where(request)))


def from_message(session: Session, request: Request) -> Reply:
    """Open the form for the transaction that a message names, else the search."""
    named = _TRANSACTION.search(str(request.message.get("text") or ""))
    return new(session, replace(request, value=named[0] if named else "", text=""))


def found(session: Session, request: Request) -> Reply:
    """Go on with the transaction that was found."""
    transaction = request.values["transaction"]
    row = service.check(session, request.who, transaction, request.now)
    if row is not None:
        shown = _taken_up(session, request, row)
        return shown if shown.form is None else form(shown.form, "update")
    return form(_first(session, request, transaction, {}), "update")


def suggest(session: Session, request: Request) -> list[dict[str, Any]]:
    """Return captures that fit what is typed: last four, amount, merchant, or the beginning of an id."""
    words = request.text.lower().split()
    fitting = []
    for paid, card in rows.captures(session, SEARCHED):
        about = dispute_case.about(paid, card)
        amount = text.bare_amount(about["amount"], about["currency"])
        whole = f"{about['merchant']} {about['last4']} {amount} {amount.replace('.', ',')} {paid.id}".lower()
        if all(word in whole for word in words):
            fitting.append(views.found(request.language, about))
    return fitting[:SUGGESTED]


def next_of_first(session: Session, request: Request) -> Reply:
    """Keep reason and amount, and go on to the first page of evidence."""
    row = _begin(session, request, request.values)
    return form(_page(session, request, row, 1), "update")


def next_of_page(session: Session, request: Request) -> Reply:
    """Keep a page of evidence and go on to the next one, or to the summary."""
    row = _row(session, request.private.get("dispute"), request)
    at = number(request.private.get("at")) or 1
    reason = _reason(row)
    _keep(session, request, row, at)
    case = dispute_case.of(session, row, request.now)
    doubled = [one for one in too_many(reason, case.given, case.with_files) if _on(reason, at, one)]
    if doubled:
        raise FormError({doubled[0]: ("dispute.one_of_them", {})})
    return form(_page(session, request, row, at + 1), "update")


def turn(session: Session, request: Request) -> Reply:
    """Turn to another page; what was typed on this one is kept."""
    row = _row(session, request.private.get("dispute"), request)
    at = number(request.private.get("at"))
    if at:
        _keep(session, request, row, at)
    return form(_page(session, request, row, number(request.value)), "update")


def remove(session: Session, request: Request) -> Reply:
    """Take the files of a field away."""
    ident, _, name = request.value.partition(":")
    row = _row(session, ident, request)
    at = number(request.private.get("at")) or 1
    _keep(session, request, row, at)
    dispute_paper.remove(session, request.who, row, name, request.now)
    return form(_page(session, request, row, at), "update")


def left(session: Session, request: Request) -> Reply:
    """Keep what the page held that somebody closed, and offer to go on."""
    at = number(request.private.get("at"))
    if request.private.get("dispute"):
        row = _row(session, request.private["dispute"], request)
        if row.state not in {"draft", "asked"}:
            return NOTHING
        if at:
            _keep(session, request, row, at, lenient=True)
    elif request.values.get("reason") and request.values.get("amount"):
        row = _begin(session, request, request.values)
    else:
        return NOTHING
    return say("dispute.kept", **dispute_case.facts(session, row, request.now))


def asked(session: Session, request: Request) -> Reply:
    """Ask for the second person."""
    row = _row(session, request.private.get("dispute"), request)
    service.ask(session, request.who, row, request.now)
    return CLOSE


def resume(session: Session, request: Request) -> Reply:
    """Open the form of a draft where something is missing, else its summary."""
    return _taken_up(session, request, _row(session, request.value, request))


def check(session: Session, request: Request) -> Reply:
    """Open the last look at a dispute."""
    row = _row(session, request.value, request)
    why = service.needs(session, request.who, row, request.now)
    case = dispute_case.of(session, row, request.now)
    render = partial(
        views.check,
        request.language,
        _reason(row),
        private={**_where(request), "dispute": row.id},
        facts=dispute_case.facts(session, row, request.now),
        given=case.given,
        alone=why,
    )
    return form(render)


def submitted(session: Session, request: Request) -> Reply:
    """Have it submitted, once and for good."""
    row = _row(session, request.private.get("dispute"), request)
    service.submit(
        session,
        request.who,
        row,
        request.now,
        reason=request.values["alone"],
        with_card="yes" in request.values["with_card"],
    )
    return CLOSE


def drop(session: Session, request: Request) -> Reply:
    """Give up a draft."""
    service.drop(session, request.who, _row(session, request.value, request), request.now)
    return NOTHING


def ask_task(session: Session, request: Request) -> Reply:
    """Open the form that records what an ended dispute asked for."""
    row = _row(session, request.value, request)
    facts = dispute_case.facts(session, row, request.now)
    if row.task_state != "open":
        return say("dispute.show", **facts)
    private = {**_where(request), "dispute": row.id}
    return form(partial(views.task, request.language, private=private, facts=facts))


def task_done(session: Session, request: Request) -> Reply:
    """Record that it is done."""
    row = _row(session, request.private.get("dispute"), request)
    if row.task == "review" and not request.values["note"]:
        raise FormError({"note": ("form.required", {})})
    service.finish(session, request.who, row, request.values["note"], request.now)
    return NOTHING


def listed(session: Session, request: Request) -> Reply:
    """Show the list."""
    return say("dispute.list", **dispute_list.page(session, request.who))


def show(session: Session, request: Request) -> Reply:
    """Show one dispute, named by its reference, its transaction or Stripe's id; by number from a button."""
    if request.value:
        row = _row(session, request.value, request)
    else:
        wanted = request.text.strip()
        by_ref = rows.by_ref(session, request.who.team, wanted) if wanted else None
        if by_ref is None:
            raise NotFoundError("dispute.not_found", ref=wanted or "?")
        row = by_ref
    return say("dispute.show", **dispute_case.facts(session, row, request.now))


def picture(session: Session, request: Request) -> Reply:
    """Have win rate and money at stake drawn for who asks."""
    coming = dispute_list.ask_picture(session, request.who, request.now)
    return say("dispute.ordered", coming=coming)


def _where(request: Request) -> dict[str, Any]:
    """Return where it was asked, to answer there."""
    if request.private.get("channel"):
        return {"channel": request.private["channel"], "thread_ts": request.private.get("thread_ts", "")}
    return {"channel": request.channel, "thread_ts": request.thread_ts} if request.channel else {}


def _row(session: Session, value: object, request: Request) -> Dispute:
    row = rows.lock(session, number(value)) if number(value) else None
    if row is None or row.team != request.who.team:
        raise NotFoundError("dispute.not_found", ref=str(value or "?"))
    return row


def _reason(row: Dispute) -> Reason:
    found_reason = plans.disputes().get(row.reason)
    if found_reason is None:
        raise NotFoundError("dispute.no_reason", ref=row.ref)
    return found_reason


def _on(reason: Reason, page: int, name: str) -> bool:
    return any(one.id == name for one in reason.on_page(page))


def _begin(session: Session, request: Request, values: Mapping[str, Any]) -> Dispute:
    transaction = str(request.private.get("transaction", ""))
    if request.private.get("dispute"):
        transaction = _row(session, request.private["dispute"], request).transaction
    paid = service.paid(session, transaction)
    amount = text.minor_units(values["amount"], paid.currency)
    if amount is None:
        raise FormError({"amount": ("dispute.amount_wrong", {})})
    paid_card = mirror.card(session, paid.card)
    program = dispute_case.program_of(session, paid_card)
    place = dispute_case.place(session, program, request.defaults.channels, request.defaults.language)
    trait = mirror.trait(session, paid.card)
    platforms = request.defaults.platforms
    platform = trait.platform if trait is not None else platforms[0] if len(platforms) == 1 else ""
    choice = Choice(values["reason"], amount, from_account="yes" in (values.get("from_account") or ()))
    return service.begin(session, request.who, transaction, choice, place, platform, request.now)


def _keep(session: Session, request: Request, row: Dispute, at: int, *, lenient: bool = False) -> None:
    """Keep what a page of evidence holds; a file that cannot be evidence is refused, or left out."""
    reason = plans.disputes().get(row.reason)
    if reason is None or at > reason.pages:
        return
    values = field.lenient(evidence(), request.values)
    fields = reason.on_page(at)
    for one in fields:
        files = values[one.id] if one.kind == "file" else []
        wrong = next((kind for file in files if (kind := _kind(file)) != "ok"), "")
        if lenient:
            files = [file for file in files if _kind(file) == "ok"]
        elif wrong:
            raise FormError({one.id: (f"evidence.error.{wrong}", {})})
        if files:
            dispute_paper.add(session, request.who, row, one.id, files, request.now)
    given = {one.id: values[one.id] for one in fields if one.kind != "file"}
    service.keep(session, request.who, row, given, request.now)


def _kind(file: Mapping[str, Any]) -> str:
    return evidences.kind_of(file) if file.get("name") or file.get("mimetype") else "ok"


def _first(
    session: Session, request: Request, transaction: str, private: Mapping[str, Any], preset: str = ""
) -> Any:  # noqa: ANN401 - a function
    """Return what renders the first page; `preset` is the reason until somebody chose one."""
    paid = service.paid(session, transaction)
    row = rows.of_transaction(session, transaction)
    about = {**dispute_case.about(paid, mirror.card(session, paid.card)), "account": paid.account}
    most = dispute_case.purchase(session, paid, request.now).most
    amount = row.amount if row is not None and row.reason else most
    chosen = {
        "reason": (row.reason if row else "") or (preset if preset in REASONS else ""),
        "amount": text.bare_amount(amount, paid.currency),
        "from_account": row.from_account if row else False,
    }
    carried = {**_where(request), **private, "transaction": transaction}
    return partial(
        views.first, request.language, plans.disputes(), private=carried, about=about, chosen=chosen
    )


def _page(session: Session, request: Request, row: Dispute, at: int, preset: str = "") -> Any:  # noqa: ANN401 - a function
    """Return what renders a page: 0 asks for the reason, the one after the last sums up."""
    reason = plans.disputes().get(row.reason)
    if at < 1 or reason is None:
        return _first(session, request, row.transaction, {"dispute": row.id}, preset)
    case = dispute_case.of(session, row, request.now)
    facts = dispute_case.facts(session, row, request.now)
    private = {**_where(request), "dispute": row.id}
    if at > reason.pages:
        return partial(
            views.summary, request.language, reason, private=private, facts=facts, given=case.given
        )
    return partial(views.page, request.language, reason, at, private=private, facts=facts, given=case.given)


def _taken_up(session: Session, request: Request, row: Dispute, preset: str = "") -> Reply:
    """Go on with a draft: at the field Stripe refused, at what is missing, else at the summary."""
    facts = dispute_case.facts(session, row, request.now)
    if row.state not in {"draft", "asked"}:
        return say("dispute.show", **facts)
    reason = plans.disputes().get(row.reason)
    at = 0
    if reason is not None:
        wrong = [row.error_param, *(one["field"] for one in facts["files"] if one["state"] == "failed")]
        fields = [one for name in (*wrong, *facts["missing"]) if (one := reason.field(name)) is not None]
        at = fields[0].page if fields else reason.pages + 1
    return form(_page(session, request, row, at, preset))


DOORS: Final = Doors(
    verbs=(
        Verb(
            "dispute.new",
            "/dispute",
            "new",
            Right.DISPUTE,
            new,
            aliases=("dispute", "litige", "dispute new", "litige nouveau"),
            hint="[ipi_…]",
            writes=True,
            opens_form=True,
        ),
        Verb(
            "dispute.list",
            "/dispute",
            "list",
            Right.DISPUTE,
            listed,
            aliases=("disputes", "litiges", "dispute list", "litige liste"),
        ),
        Verb(
            "dispute.show",
            "/dispute",
            "show",
            Right.DISPUTE,
            show,
            aliases=("dispute show", "litige voir"),
            hint="D-3",
        ),
        Verb(
            "dispute.picture",
            "/dispute",
            "picture",
            Right.DISPUTE,
            picture,
            aliases=("dispute picture", "litige image"),
            writes=True,
        ),
    ),
    buttons=(
        Button("dispute.new", Right.DISPUTE, new),
        Button("dispute.search", Right.DISPUTE, search, writes=False),
        Button("dispute.turn", Right.DISPUTE, turn),
        Button("dispute.remove", Right.DISPUTE, remove),
        Button("dispute.resume", Right.DISPUTE, resume),
        Button("dispute.check", Right.DISPUTE, check, writes=False),
        Button("dispute.drop", Right.DISPUTE, drop),
        Button("dispute.task", Right.DISPUTE, ask_task, writes=False),
        Button("dispute.show", Right.DISPUTE, show, writes=False),
        Button("dispute.picture", Right.DISPUTE, picture),
    ),
    forms=(
        Form(views.SEARCH, Right.DISPUTE, found, {"transaction": field.words()}),
        Form(views.FIRST, Right.DISPUTE, next_of_first, FIRST, closed=left),
        Form(views.PAGE, Right.DISPUTE, next_of_page, evidence, closed=left),
        Form(views.SUMMARY, Right.DISPUTE, asked, {}, closed=left),
        Form(views.CHECK, Right.DISPUTE, submitted, CHECK),
        Form(views.TASK, Right.DISPUTE, task_done, {"note": field.words(required=False)}),
    ),
    shortcuts=(
        Shortcut(
            "dispute.message",
            "Dispute a purchase",
            "Dispute the purchase this message names",
            "message",
            Right.DISPUTE,
            from_message,
        ),
    ),
    options=(Options("dispute.find", Right.DISPUTE, suggest),),
)
