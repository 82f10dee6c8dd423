"""`/gantry watch`: every use of a card is told in its thread for a week."""

from typing import Final

from bot.domain.error import NotFoundError
from bot.domain.role import Right
from bot.listeners.door import Doors, Reply, Request, Verb, say
from bot.services import card_exception as service
from storage import Session

END: Final = frozenset({"end", "fin"})
MOST_WORDS: Final = 2


def watch(session: Session, request: Request) -> Reply:
    """Show the cards on watch, watch one, or stop: `/gantry watch 4242`, `/gantry watch end 4242`."""
    words = request.text.split()
    if not words:
        return say("watch", cards=service.watched(session, request.now))
    ends = words[0].casefold() in END
    rest = words[1:] if ends else words
    if len(rest) != 1:
        raise NotFoundError("watch.usage")
    return say("watch.changed", **service.watch(session, request.who, rest[0], request.now, on=not ends))


DOORS: Final = Doors(
    verbs=(
        Verb(
            "gantry.watch",
            "/gantry",
            "watch",
            Right.BRAKE,
            watch,
            aliases=("watch", "surveiller"),
            hint="[end] 4242|ic_…",
            writes=True,
        ),
    ),
)
