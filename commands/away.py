"""`/gantry away`: from when to when somebody is away, and who stands in."""

from datetime import date
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Verb, form
from bot.services import away as service
from bot.services import home
from bot.views import away as view
from storage import Session

AWAY: Final = {"starts_on": field.day(), "ends_on": field.day(), "deputy": field.person()}


def ask(session: Session, request: Request) -> Reply:
    """Open the form, with what was said before."""
    return _form(session, request)


def leave(session: Session, request: Request) -> Reply:
    """Say that the person is away; their Home shows it."""
    new = service.NewAbsence(
        starts_on=date.fromisoformat(request.values["starts_on"]),
        ends_on=date.fromisoformat(request.values["ends_on"]),
        deputy=request.values["deputy"],
    )
    service.leave(session, request.who, new, request.now)
    home.show(session, request.who.team, request.who.user, request.now)
    return NOTHING


def back(session: Session, request: Request) -> Reply:
    """Say that the person is here again."""
    service.come_back(session, request.who, request.now)
    home.show(session, request.who.team, request.who.user, request.now)
    return _form(session, request, "update") if request.in_view else NOTHING


def _form(session: Session, request: Request, how: str = "") -> Reply:
    today = request.now.astimezone(ZoneInfo(request.who.zone)).date()
    return form(partial(view.ask, request.language, service.facts(session, request.who), today), how)


DOORS: Final = Doors(
    verbs=(
        Verb(
            "gantry.away",
            "/gantry",
            "away",
            Right.SEE,
            ask,
            aliases=("away", "absence", "absent", "absente"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("away.set", Right.SEE, ask, writes=False),
        Button("away.back", Right.SEE, back),
    ),
    forms=(Form("away.set", Right.SEE, leave, AWAY, asks=("deputy",)),),
)
