"""`/onboarding write`: a message to Stripe's representative, drafted with the facts filled in."""

import re
from functools import partial
from typing import Final

from bot import text
from bot.domain.error import FormError, NotFoundError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import Button, Doors, Form, Reply, Request, Verb, form
from bot.listeners.field import number
from bot.services import letter as service
from bot.views import letter as view
from commands import found
from commands.step import step_of
from storage import Session
from storage.tables import Program

EMAIL: Final = re.compile(r"[^@\s<>?&]+@[^@\s<>?&]+\.[^@\s<>?&]+")
LETTER: Final = {
    "about": field.words(required=False),
    "language": field.one_of(*text.LANGUAGES),
    "contact_name": field.words(required=False),
    "contact_email": field.words(required=False),
    "text": field.words(),
}


def ask(session: Session, request: Request) -> Reply:
    """Open the draft about what waits longest for Stripe in the programme that is meant."""
    facts = service.facts(session, request.who, found.one(session, request, which="letter.which"))
    waiting = sorted(facts["steps"], key=lambda step: step["since"] or "")
    about = waiting[0]["id"] if waiting else 0
    return form(
        partial(view.page, request.language, {**facts, "about": about}, facts["language"], request.now)
    )


def about_step(session: Session, request: Request) -> Reply:
    """Open the draft about the step behind a button."""
    row = step_of(session, request)
    program = session.get(Program, row.program_id)
    assert program is not None, "a step belongs to a programme"  # noqa: S101 - a foreign key says so
    facts = service.facts(session, request.who, program, row.id)
    return form(partial(view.page, request.language, facts, facts["language"], request.now))


def redraft(session: Session, request: Request) -> Reply:
    """Draft anew, about another step or in another language; what was typed about the contact stays."""
    # What was clicked says it best: the state of the other fields comes along.
    clicked = {"language" if request.value in text.LANGUAGES else "about": request.value}
    fields = field.lenient(LETTER, {**request.values, **clicked})
    facts = service.facts(session, request.who, _program(session, request), number(fields["about"]))
    facts |= {name: fields[name] for name in ("contact_name", "contact_email")}
    written = fields["language"] or facts["language"]
    return form(partial(view.page, request.language, facts, written, request.now), "update")


def kept(session: Session, request: Request) -> Reply:
    """Keep the contact, and make the link from the text as it is now."""
    fields, program = request.values, _program(session, request)
    email = fields["contact_email"]
    if email and not EMAIL.fullmatch(email):
        raise FormError({"contact_email": ("form.email", {})})
    name = " ".join(fields["contact_name"].split())[: view.NAME_MOST]
    before = {"contact_name": program.contact_name or ""}
    service.keep_contact(session, request.who, program.id, name=name, email=email, now=request.now)
    facts = service.facts(session, request.who, program, number(fields["about"]))
    words = fields["text"]
    return form(
        partial(view.page, request.language, facts, fields["language"], request.now, words, before), "update"
    )


def _program(session: Session, request: Request) -> Program:
    wanted = number(request.private.get("program"))
    program = session.get(Program, wanted)
    if program is None or program.team != request.who.team:
        raise NotFoundError("program.not_found", ref=f"#{wanted}")
    return program


DOORS: Final = Doors(
    verbs=(
        Verb(
            "onboarding.write",
            "/onboarding",
            "write",
            Right.SEE,
            ask,
            aliases=("write", "écrire", "écrire à stripe"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("step.write", Right.SEE, about_step, writes=False),
        Button("letter.about", Right.SEE, redraft, writes=False),
        Button("letter.language", Right.SEE, redraft, writes=False),
    ),
    forms=(Form("letter.write", Right.SEE, kept, LETTER),),
)
