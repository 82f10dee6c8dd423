"""`/gantry channels`: a programme's own operations, complaints and managers channels over the defaults."""

from dataclasses import replace
from functools import partial
from typing import Final

from bot.domain.channel import PURPOSES
from bot.domain.error import NotFoundError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Verb, form, say
from bot.listeners.field import number
from bot.services import channel as service
from bot.services import person as people
from bot.views import channel as view
from commands import found
from storage import Session
from storage.tables import Program

CHANNELS: Final = {purpose: field.channel(required=False) for purpose in PURPOSES}


def show(session: Session, request: Request) -> Reply:
    """Show the channels of the programmes that words or the channel mean, then the defaults."""
    team, defaults = request.who.team, request.defaults.channels
    meant = found.several(session, request) if request.text else found.here(session, request)
    shown = [service.facts(session, program, team, defaults) for program in meant]
    return say("channels", programs=[*shown, service.facts(session, None, team, defaults)])


def ask(session: Session, request: Request) -> Reply:
    """Open the form of one programme."""
    program = _program(session, request)
    people.require(session, request.who, Right.CHANGE_PROGRAM, request.now, people.relations(program))
    facts = service.facts(session, program, request.who.team, request.defaults.channels)
    return form(partial(view.ask, request.language, facts))


def changed(session: Session, request: Request) -> Reply:
    """Set or clear the channels of one programme."""
    program = _program(session, replace(request, value=str(request.private.get("program", ""))))
    service.use(session, request.who, program.id, request.values, request.now)
    return NOTHING


def _program(session: Session, request: Request) -> Program:
    program = session.get(Program, number(request.value))
    if program is None or program.team != request.who.team:
        raise NotFoundError("program.not_found", ref=request.value)
    return program


DOORS: Final = Doors(
    verbs=(
        Verb(
            "gantry.channels",
            "/gantry",
            "channels",
            Right.SEE,
            show,
            aliases=("channels", "canaux"),
        ),
    ),
    buttons=(Button("channels.change", Right.CHANGE_PROGRAM, ask, writes=False),),
    forms=(Form("channels.set", Right.CHANGE_PROGRAM, changed, CHANNELS, asks=PURPOSES),),
)
