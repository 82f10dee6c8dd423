"""`/onboarding duties`: what lasts after launch, with owner, deputy, last done and next due."""

from datetime import date
from functools import partial
from typing import Final

from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Verb, form
from bot.services import duty as service
from bot.views import duty as view
from commands import found
from commands.step import step_of
from storage import Session
from storage.tables import Program

DONE: Final = {"on": field.day(), "note": field.words(required=False)}
PEOPLE: Final = {"owner": field.person(), "deputy": field.person()}


def ask(session: Session, request: Request) -> Reply:
    """Open the page of the launched programme that is meant."""
    program = found.one(session, request, which="duties.which", prefer="launched")
    return _page(session, request, program)


def opened(session: Session, request: Request) -> Reply:
    """Open the page of the programme behind a button."""
    return _page(session, request, found.at(session, request, request.value))


def ask_done(session: Session, request: Request) -> Reply:
    """Open the form that records a duty."""
    facts = service.one(session, request.who, step_of(session, request).id, request.now)
    return form(partial(view.done, request.language, facts))


def done(session: Session, request: Request) -> Reply:
    """Record a duty."""
    row, fields = step_of(session, request), request.values
    on = date.fromisoformat(fields["on"])
    walk = service.record(session, request.who, row.id, on, fields["note"][: view.NOTE_MOST], request.now)
    return _behind(session, request, walk.program)


def ask_people(session: Session, request: Request) -> Reply:
    """Open the form that changes owner and deputy."""
    facts = service.one(session, request.who, step_of(session, request).id, request.now)
    return form(partial(view.people, request.language, facts))


def changed(session: Session, request: Request) -> Reply:
    """Change owner and deputy."""
    row, fields = step_of(session, request), request.values
    walk = service.change(session, request.who, row.id, fields["owner"], fields["deputy"], request.now)
    return _behind(session, request, walk.program)


def _behind(session: Session, request: Request, program: Program) -> Reply:
    """Close the form; the page below it, if it lies on one, shows the new state."""
    return _page(session, request, program, "page") if request.private.get("page") else NOTHING


def _page(session: Session, request: Request, program: Program, how: str = "") -> Reply:
    return form(partial(view.page, request.language, service.facts(session, program, request.now)), how)


DOORS: Final = Doors(
    verbs=(
        Verb(
            "onboarding.duties",
            "/onboarding",
            "duties",
            Right.SEE,
            ask,
            aliases=("duties", "obligations"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("duty.page", Right.SEE, opened, writes=False),
        Button("duty.done", Right.STEP, ask_done, writes=False),
        Button("duty.people", Right.STEP, ask_people, writes=False),
    ),
    forms=(
        Form("duty.done", Right.STEP, done, DONE),
        Form("duty.people", Right.STEP, changed, PEOPLE, asks=("owner", "deputy")),
    ),
)
