"""`/gantry events` and `/gantry stripe-account`: what Stripe told, and which cards are whose."""

from functools import partial
from typing import Any, Final

from bot.domain.error import NotFoundError
from bot.domain.role import Right
from bot.domain.stripe_match import TELLS
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Verb, form, say
from bot.listeners.field import number
from bot.services import person as people
from bot.services import stripe_account as accounts
from bot.services import stripe_desk as desk
from bot.services import stripe_task as tasks
from bot.views import stripe_account as view
from commands import found
from storage import Session
from storage.tables import Program

ACCOUNT: Final[dict[str, Any]] = {
    "stripe_account": field.words(required=False),
    "tell": field.one_of(*TELLS, required=False),
    "tell_value": field.words(required=False),
}


def chosen(request: Request) -> accounts.Chosen:
    """Return what a form says about the account."""
    values = request.values
    return accounts.Chosen(
        values.get("stripe_account") or "", values.get("tell") or "all", values.get("tell_value") or ""
    )


def events(session: Session, request: Request) -> Reply:
    """Show how Stripe's events fare, what is in trouble, and what is to be done."""
    del request
    return say("events", **desk.page(session))


def again(session: Session, request: Request) -> Reply:
    """Handle a dead letter once more."""
    row = number(request.value)
    desk.retry(session, request.who, row, request.now)
    return say("events.revived", id=row)


def task_done(session: Session, request: Request) -> Reply:
    """Mark what a capability asked for as done."""
    tasks.finish(session, request.who, number(request.value), request.now)
    return say("task.done")


def account(session: Session, request: Request) -> Reply:
    """Show the account of the programmes that words or the channel mean, each with its form."""
    meant = found.several(session, request)
    return say("stripe.accounts", programs=[accounts.facts(session, program) for program in meant])


def ask(session: Session, request: Request) -> Reply:
    """Open the form of one programme."""
    program = _program(session, request, request.value)
    people.require(session, request.who, Right.CHANGE_PROGRAM, request.now, people.relations(program))
    return form(partial(view.ask, request.language, accounts.facts(session, program)))


def changed(session: Session, request: Request) -> Reply:
    """Set the account of one programme."""
    program = _program(session, request, str(request.private.get("program", "")))
    platforms = request.defaults.platforms
    accounts.choose(session, request.who, program.id, chosen(request), platforms, request.now)
    return NOTHING


def _program(session: Session, request: Request, value: str) -> Program:
    program = session.get(Program, number(value))
    if program is None or program.team != request.who.team:
        raise NotFoundError("program.not_found", ref=value)
    return program


DOORS: Final = Doors(
    verbs=(
        Verb(
            "gantry.events",
            "/gantry",
            "events",
            Right.EVENTS,
            events,
            aliases=("events", "événements", "evenements"),
        ),
        Verb(
            "gantry.stripe_account",
            "/gantry",
            "stripe-account",
            Right.SEE,
            account,
            aliases=("stripe-account", "compte-stripe"),
            hint="[P-7]",
        ),
    ),
    buttons=(
        Button("events.again", Right.EVENTS, again),
        Button("task.done", Right.EVENTS, task_done),
        Button("stripe.account", Right.CHANGE_PROGRAM, ask, writes=False),
    ),
    forms=(Form("stripe.account", Right.CHANGE_PROGRAM, changed, ACCOUNT),),
)
