"""`/gantry brake`: decline a merchant, a category or a country for some hours, whatever the policy says."""

from datetime import timedelta
from typing import Any, Final

from bot.domain.error import NotFoundError
from bot.domain.policy import brake_value
from bot.domain.role import Right
from bot.listeners.door import Doors, Reply, Request, Verb, say
from bot.services import policy
from storage import Session
from storage.queries import policy as rows

KINDS: Final = {
    "merchant": "merchant",
    "category": "category",
    "country": "country",
    "commerçant": "merchant",
    "commercant": "merchant",
    "catégorie": "category",
    "categorie": "category",
    "pays": "country",
}
HOURS: Final = {"1": 1, "4": 4, "24": 24}
LIFT: Final = frozenset({"lift", "lever"})


def brake(session: Session, request: Request) -> Reply:
    """Show the brakes, set one, or lift one: `/gantry brake merchant 9900112233 4`."""
    words = request.text.split()
    if not words:
        found: list[dict[str, Any]] = [
            {"kind": row.kind, "value": row.value, "until": row.until.isoformat(), "by": row.by}
            for row in rows.brakes(session, request.now)
        ]
        names = policy.names(session, request.who.team, found)
        return say("brake", brakes=found, names=names)
    lifts = words[0].casefold() in LIFT
    kind, value, hours = _read(words[1:] if lifts else words, lifts=lifts)
    act: dict[str, Any] = {"team": request.who.team, "by": request.who.user, "now": request.now}
    if lifts:
        if not policy.lift(session, kind, value, **act):
            raise NotFoundError("brake.not_held", value=value)
        return say("brake.changed", what="lifted", kind=kind, value=value, until="", share=[])
    length = timedelta(hours=hours)
    policy.brake(session, kind, value, length=length, **act)
    until = (request.now + length).isoformat()
    share = policy.share(session, kind, value, request.now)
    return say("brake.changed", what="set", kind=kind, value=value, until=until, share=share)


def _read(words: list[str], *, lifts: bool) -> tuple[str, str, int]:
    kind = KINDS.get(words[0].casefold(), "") if words else ""
    rest = words[1:]
    hours = 1
    if len(rest) == 2 and not lifts:  # noqa: PLR2004 - the value and the hours
        hours = HOURS.get(rest.pop().rstrip("h"), 0)
    value = brake_value(kind, rest[0]) if len(rest) == 1 else ""
    if not kind or not value or not hours:
        raise NotFoundError("brake.usage")
    return kind, value, hours


DOORS: Final = Doors(
    verbs=(
        Verb(
            "gantry.brake",
            "/gantry",
            "brake",
            Right.BRAKE,
            brake,
            aliases=("brake", "frein"),
            hint="[lift] merchant|category|country … [1|4|24]",
            writes=True,
        ),
    ),
)
