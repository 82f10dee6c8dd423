"""`/onboarding forecast`: when a programme can launch, and the picture of it."""

from collections.abc import Callable
from functools import partial
from typing import Final

from bot.domain.error import NotFoundError
from bot.domain.role import Right
from bot.listeners.door import Button, Doors, Reply, Request, Verb, form, say
from bot.listeners.field import number
from bot.services import forecast as service
from bot.services import picture
from bot.views import forecast as view
from commands import found
from storage import Session


def told(session: Session, request: Request) -> Reply:
    """Answer privately with the forecast of the programme that is meant."""
    program = found.one(session, request)
    return say("forecast", **service.facts(session, program, request.now, request.language))


def opened(session: Session, request: Request) -> Reply:
    """Open the forecast of the programme behind a button."""
    program = found.at(session, request, request.value)
    facts = service.facts(session, program, request.now, request.language)
    return form(partial(view.page, request.language, facts))


def drawn(where: str) -> Callable[[Session, Request], Reply]:
    """Return the door that asks for the picture, for the thread or for one person."""

    def ask(session: Session, request: Request) -> Reply:
        program = found.at(session, request, request.value)
        picture.ask(session, request.who, program, request.now, private=where == "me")
        if request.in_view:
            facts = service.facts(session, program, request.now, request.language)
            return form(partial(view.page, request.language, facts, where), "update")
        return say("forecast.drawing", name=program.name, ref=program.ref, where=where)

    return ask


def again(session: Session, request: Request) -> Reply:
    """Draw a picture once more that did not arrive."""
    if not number(request.value):
        raise NotFoundError("picture.none")
    picture.again(session, request.who, number(request.value), request.now)
    return say("picture.tried")


DOORS: Final = Doors(
    verbs=(
        Verb(
            "onboarding.forecast",
            "/onboarding",
            "forecast",
            Right.SEE,
            told,
            aliases=("forecast", "chart", "prévision", "prévisions", "graphique"),
        ),
    ),
    buttons=(
        Button("forecast.page", Right.SEE, opened, writes=False),
        Button("forecast.thread", Right.SEE, drawn("thread")),
        Button("forecast.me", Right.SEE, drawn("me")),
        Button("picture.again", Right.SEE, again),
    ),
)
