"""The Home tab: the parts of its lists, and `/gantry settings`: language, quiet hours, the weekly digest."""

from functools import partial
from typing import Final

from bot.domain.error import NotFoundError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Verb, form
from bot.services import home, home_page
from bot.services import preference as service
from bot.views import settings as view
from storage import Session

SETTINGS: Final = {
    "language": field.one_of(*view.LANGUAGES),
    "quiet_from": field.one_of(*view.TIMES),
    "quiet_to": field.one_of(*view.TIMES),
    "digest": field.some_of("yes", required=False),
}


def part(session: Session, request: Request) -> Reply:
    """Show another part of a list: the button carries which one, such as `mine:2`."""
    what, colon, number = request.value.partition(":")
    if not colon or not (number.isascii() and number.isdigit()) or len(number) > 4:  # noqa: PLR2004 - enough parts
        raise NotFoundError("error.old_button")
    home.turn(session, request.who.team, request.who.user, what, int(number), request.now)
    return NOTHING


def ask(session: Session, request: Request) -> Reply:
    """Open the form, with what was chosen before."""
    facts = home_page.settings(session, request.who, request.now)
    return form(partial(view.ask, request.language, facts))


def change(session: Session, request: Request) -> Reply:
    """Keep what was chosen; Home shows it."""
    language = request.values["language"]
    choice = service.Choice(
        language="" if language == view.AS_SLACK else language,
        quiet_from=request.values["quiet_from"],
        quiet_to=request.values["quiet_to"],
        digest="yes" in request.values["digest"] if request.private.get("digest") else None,
    )
    service.change(session, request.who, choice, request.now)
    return NOTHING


DOORS: Final = Doors(
    verbs=(
        Verb(
            "gantry.settings",
            "/gantry",
            "settings",
            Right.SEE,
            ask,
            aliases=("settings", "préférences", "preferences", "réglages", "reglages"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("home.part", Right.SEE, part),
        Button("home.settings", Right.SEE, ask, writes=False),
    ),
    forms=(Form("home.settings", Right.SEE, change, SETTINGS),),
)
