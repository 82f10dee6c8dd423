"""`/lost-card`: find a card, freeze it with one click, revoke it for good; the list of cases."""

import re
from dataclasses import replace
from functools import partial
from typing import Any, Final

import commands
from bot.domain import lost_card as rules
from bot.domain.role import Right, may
from bot.listeners import field
from bot.listeners.door import (
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
from bot.services import card_find, card_search, lost_card, lost_page
from bot.services import lost_case as cases
from bot.services import person as people
from bot.services.lost_card import Place
from bot.views import lost_form
from storage import Session

LISTS: Final = frozenset({"liste", "list"})
_CARD: Final = re.compile(r"ic_[A-Za-z0-9_]{1,140}")
CARD: Final = field.Field(
    lambda value: value if isinstance(value, str) and _CARD.fullmatch(value) else None,
    error="lost.choose_card",
)


def report(session: Session, request: Request) -> Reply:
    """Show the card that words mean with the button that freezes it; without words, the search form.

    A card that no row knows is asked of Stripe after this answer, which says so.
    """
    if request.text.casefold() in LISTS:
        return listed(session, request)
    query = rules.read_query(request.text)
    if query.kind == "nothing" and not query.test:
        if request.door == "mention":
            return say("door.open_form", verb="lost.report", text="")
        return _form(session, request, "")
    found = _shown(session, request, request.text)
    if found.say != "lost.none" or not card_search.can_ask(session, request.text):
        return found
    card_search.ask(
        session,
        request.who,
        request.text,
        key=request.key,
        channel=request.channel,
        reply_ts=request.thread_ts,
        response_url=request.response_url,
        now=request.now,
    )
    return say("lost.asked", typed=found.facts["typed"], reading=found.facts["reading"])


def search(session: Session, request: Request) -> Reply:
    """Open the search form."""
    return _form(session, request, request.value)


def tests(session: Session, request: Request) -> Reply:
    """Show the test cards that fit what was typed."""
    return _shown(session, request, f"{request.value} test")


def global_shortcut(session: Session, request: Request) -> Reply:
    """Open the search form from anywhere."""
    return _form(session, request, "")


def message_shortcut(session: Session, request: Request) -> Reply:
    """Open the search form with the card that a message names by its last four digits."""
    return _form(session, request, rules.last4_in(str(request.message.get("text") or "")))


def suggest(session: Session, request: Request) -> list[dict[str, Any]]:
    """Return the cards that fit what is being typed."""
    found = card_find.search(session, request.who, rules.read_query(request.text))
    return [lost_form.option(request.language, one) for one in found.cards]


def _searching(request: Request) -> dict[str, Any]:
    return lost_form.searching(request.language)


def _late(session: Session, request: Request) -> dict[str, Any]:
    """Return the search form with what Stripe answered meanwhile."""
    found = card_find.search(session, request.who, rules.read_query(request.text), card_search.MOST_SHOWN)
    facts = {"reading": False, "names": card_find.sees_names(request.who)}
    return lost_form.search(request.language, facts, request.private, found=found.cards)


def _form(session: Session, request: Request, typed: str) -> Reply:
    query = rules.read_query(typed)
    found = card_find.search(session, request.who, query, card_search.MOST_SHOWN)
    cards = found.cards if query.kind != "nothing" else ()
    facts = {"reading": found.reading, "names": card_find.sees_names(request.who)}
    return form(partial(lost_form.search, request.language, facts, request.place(), found=cards))


def _shown(session: Session, request: Request, typed: str) -> Reply:
    view, facts = card_search.shown(session, request.who, typed, request.now)
    return Reply(say=view, facts=facts, how="replace")


def freeze(session: Session, request: Request) -> Reply:
    """Freeze the card of a button or of the search form: from the commit on it is declined here."""
    card = str(request.values.get("card") or "") if request.door == "form" else request.value
    answer = request.response_url if request.hidden else ""
    where = Place(request.defaults.channels, request.defaults.language, answer)
    case, _ = lost_card.freeze(session, request.who, card, where, request.now, request.moment)
    return Reply(say="lost.mine", facts=cases.mine(case, request.who, request.now), how="replace")


def release(session: Session, request: Request) -> Reply:
    """Take a freeze back."""
    case = lost_card.release(session, request.who, number(request.value), request.now)
    return Reply(say="lost.mine", facts=cases.mine(case, request.who, request.now), how="replace")


def ask_revoke(session: Session, request: Request) -> Reply:
    """Open the form that revokes a card; whoever may not is told who may."""
    case = cases.read(session, request.who.team, number(request.value))
    lost_card.still_frozen(case)
    reason = lost_card.needs_reason(case, request.who, request.now)
    facts = lost_page.ask_revoke(case, request.who, reason=reason)
    return form(partial(lost_form.revoke, request.language, facts, request.place()))


def revoke(session: Session, request: Request) -> Reply:
    """Revoke a card for good."""
    lost_card.revoke(
        session,
        request.who,
        number(request.private.get("case")),
        request.values["kind"],
        request.values["why"],
        request.now,
    )
    told = _mine(session, request, number(request.private.get("case")))
    return _back(session, request, told) if request.private.get("dispute") else told


def for_dispute(session: Session, request: Request) -> Reply:
    """Freeze the card of a fraud dispute and ask whether it is canceled for good; the draft is kept."""
    card, dispute, page = (*request.value.split(" "), "", "", "")[:3]
    if request.private.get("at"):
        _door("dispute.turn").run(session, replace(request, value=page))  # keeps what was typed
    where = Place(request.defaults.channels, request.defaults.language)
    case, _ = lost_card.freeze(session, request.who, card, where, request.now, request.moment)
    lost_card.still_frozen(case)
    reason = lost_card.needs_reason(case, request.who, request.now)
    facts = lost_page.ask_revoke(case, request.who, reason=reason)
    place = {**request.place(), "dispute": number(dispute), "back": page}
    return form(partial(lost_form.revoke, request.language, facts, place))


def _door(name: str) -> Button:
    door = commands.DOORS.button(name)
    assert door is not None, "disputes are a part of Gantry"  # noqa: S101 - commands/dispute.py has it
    return door


def _back(session: Session, request: Request, told: Reply) -> Reply:
    """Return to the page of the dispute from which the card was canceled."""
    page = request.private.get("back")
    name, value = ("dispute.check", request.private["dispute"]) if page == "check" else ("dispute.turn", page)
    below = _door(name).run(session, replace(request, value=str(value), values={}))
    return replace(told, form=below.form, how="page")


def opened(session: Session, request: Request) -> Reply:
    """Open the page with holder, address, purchases and wallets."""
    can = may(request.who, Right.DISPUTE)
    case_id = number(request.value)
    if not case_id:  # from the thread of a card that may not be reported
        card, case_id = card_find.known(session, request.who, request.value)
    if case_id:
        case = cases.read(session, request.who.team, case_id)
        facts = lost_page.details(case, request.who, request.now, can_dispute=can)
    else:
        facts = lost_page.card_details(session, card, request.who, can_dispute=can)
    return form(partial(lost_form.details, request.language, facts))


def listed(session: Session, request: Request) -> Reply:
    """Show open and recent cases with the times to revoke."""
    people.require(session, request.who, Right.LOST_CARDS, request.now)
    return say("lost.list", **lost_page.listed(session, request.who.team, request.now))


def _mine(session: Session, request: Request, case_id: int) -> Reply:
    case = cases.read(session, request.who.team, case_id)
    return Reply(say="lost.mine", facts=cases.mine(case, request.who, request.now), how="replace")


DOORS: Final = Doors(
    verbs=(
        Verb(
            "lost.report",
            "/lost-card",
            "",
            Right.FREEZE,
            report,
            aliases=("lost card", "lost", "carte perdue"),
            hint="<last four> | <ic_…>",
            writes=True,
            takes_words=1,
        ),
        Verb(
            "lost.list",
            "/lost-card",
            "list",
            Right.LOST_CARDS,
            listed,
            aliases=("lost cards", "cartes perdues"),
        ),
    ),
    buttons=(
        Button("lost.search", Right.FREEZE, search, writes=False),
        Button("lost.tests", Right.FREEZE, tests, writes=False),
        Button("lost.freeze", Right.FREEZE, freeze, urgent=True),
        Button("lost.release", Right.SEE, release),
        Button("lost.ask_revoke", Right.REVOKE, ask_revoke, writes=False),
        Button("lost.for_dispute", Right.DISPUTE, for_dispute),
        Button("lost.open", Right.CUSTOMER_DATA, opened, writes=False),
    ),
    forms=(
        Form("lost.freeze", Right.FREEZE, freeze, {"card": CARD}, urgent=True),
        Form(
            "lost.revoke",
            Right.REVOKE,
            revoke,
            {"kind": field.one_of(*rules.KINDS), "why": field.words(required=False)},
        ),
    ),
    shortcuts=(
        Shortcut(
            "lost.card",
            "Report a lost card",
            "Find the card and freeze it",
            "global",
            Right.FREEZE,
            global_shortcut,
        ),
        Shortcut(
            "lost.card_message",
            "Report a lost card",
            "Freeze the card this message is about",
            "message",
            Right.FREEZE,
            message_shortcut,
        ),
    ),
    options=(
        Options("lost.card", Right.FREEZE, suggest, asks_stripe=True, searching=_searching, form=_late),
    ),
)
