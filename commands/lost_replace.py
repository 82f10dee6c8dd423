"""After a lost card: a new one, wallets, and the question whether a late purchase was the holder's."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

import commands
from bot.domain import lost_card as rules
from bot.domain.error import FormError, StaleError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import Button, Doors, Form, Reply, Request, form, say
from bot.listeners.field import number
from bot.services import lost_case as cases
from bot.services import lost_late, lost_page, lost_replace, lost_token
from bot.services import person as people
from bot.services.lost_replace import Wanted
from bot.views import lost_form
from storage import Session

ADDRESS: Final = {name: field.words(required=name not in lost_form.OPTIONAL) for name in lost_form.ADDRESS}
CHOICES: Final = {
    "type": field.one_of(*lost_form.TYPES),
    "merchants": field.one_of(*lost_form.MERCHANTS),
    "where": field.one_of(*lost_form.PLACES),
    "speed": field.one_of(*rules.SHIPPING),
}


def ask(session: Session, request: Request) -> Reply:
    """Open the form that orders a new card."""
    people.require(session, request.who, Right.REVOKE, request.now)
    case = cases.read(session, request.who.team, number(request.value))
    lost_replace.may_order(case)
    facts = lost_page.ask_replace(case, request.who)
    return form(partial(lost_form.replacement, request.language, facts, request.place()))


def chosen(session: Session, request: Request) -> Reply:
    """Order the new card, or ask for the address it goes to."""
    values = request.values
    if values["type"] == "physical" and values["where"] == "another":
        kept = {name: values[name] for name in ("type", "merchants", "speed")}
        private = {"case": number(request.private.get("case")), **kept, **request.place()}
        return form(partial(lost_form.address, request.language, private), "update")
    return _order(session, request, values, {})


def shipped(session: Session, request: Request) -> Reply:
    """Order the new card to another address."""
    given = {name: request.values[name] for name in lost_form.ADDRESS}
    given["country"] = given["country"].upper()
    if len(given["country"]) != 2 or not given["country"].isascii() or not given["country"].isalpha():  # noqa: PLR2004 - a country code
        raise FormError({"country": ("lost.country", {})})
    return _order(session, request, field.lenient(CHOICES, request.private), given)


def _order(session: Session, request: Request, values: Any, address: dict[str, str]) -> Reply:  # noqa: ANN401
    wanted = Wanted(
        type=values["type"] or "physical",
        keep=values["merchants"] != "fresh",
        service=values["speed"] or "standard",
        address=address,
    )
    case_id = number(request.private.get("case"))
    case = lost_replace.order(session, request.who, case_id, wanted, request.now)
    return Reply(say="lost.mine", facts=cases.mine(case, request.who, request.now))


def token(session: Session, request: Request) -> Reply:
    """Suspend or delete a card in one wallet."""
    act, _, token_id = request.value.partition(" ")
    found = lost_token.change(session, request.who, act, token_id, request.now)
    return say("lost.token_asked", wallet=found.wallet_provider or found.network, act=act)


def was_ours(session: Session, request: Request) -> Reply:
    """Keep that a late purchase was the holder's."""
    lost_late.answer(session, request.who, request.value, "yes", request.now)
    return say("lost.late_kept", answer="yes")


def not_ours(session: Session, request: Request) -> Reply:
    """Keep that a late purchase was not the holder's, and open its dispute: fraud, until somebody chooses."""
    lost_late.answer(session, request.who, request.value, "no", request.now)
    door = commands.DOORS.button("dispute.new")
    assert door is not None, "disputes are a part of Gantry"  # noqa: S101 - commands/dispute.py has it
    try:
        return door.run(session, replace(request, value=f"{request.value} fraudulent"))
    except StaleError as error:  # the answer holds although Stripe would take no dispute
        return say("lost.late_kept", answer="no", why=error.key, values=error.values)


DOORS: Final = Doors(
    buttons=(
        Button("lost.ask_replace", Right.REVOKE, ask, writes=False),
        Button("lost.token", Right.REVOKE, token),
        Button("lost.was_ours", Right.CUSTOMER_DATA, was_ours),
        Button("lost.not_ours", Right.DISPUTE, not_ours),
    ),
    forms=(
        Form("lost.replace", Right.REVOKE, chosen, CHOICES),
        Form("lost.ship", Right.REVOKE, shipped, ADDRESS),
    ),
)
