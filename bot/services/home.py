"""What the Home tab of one person shows: who they are, what is theirs, when they are away."""

from datetime import datetime
from typing import Any

from bot.domain import onboarding
from bot.domain.away import stood_in_for
from bot.domain.role import Asker, Right, may
from bot.outbox import put_home
from bot.services import away, board, standing
from bot.services import person as people
from bot.services.walk import of
from storage import Session
from storage.queries import program as programs


def show(session: Session, who: Asker, now: datetime) -> None:
    """Publish the Home tab of somebody as it is now."""
    put_home(session, who, "home", facts(session, who, now), now=now)


def facts(session: Session, who: Asker, now: datetime) -> dict[str, Any]:
    """Return what the Home tab says; who may see nothing gets only who they are."""
    found: dict[str, Any] = {
        "user": who.user,
        "role": who.role,
        "programs": [],
        "mine": [],
        "away": [],
        "for": [],
        "names": people.names(session, who.team, [who.user]),
        "sees": may(who, Right.SEE),
    }
    if not found["sees"]:
        return found
    listed = board.list_facts(session, who.team)
    absence = away.facts(session, who)
    mine = steps(session, who, now)
    names = {**found["names"], **listed["names"], **absence["names"]}
    names |= people.names(session, who.team, [line["owner"] for line in mine])
    return {**found, **absence, "programs": listed["programs"], "mine": mine, "names": names}


def steps(session: Session, who: Asker, now: datetime) -> list[dict[str, Any]]:
    """Return the open steps of somebody and of those they stand in for, the earliest date first."""
    found: list[dict[str, Any]] = []
    for program in programs.all_of(session, who.team):
        if program.state not in {"active", "launched"}:
            continue
        walk = of(session, program)
        lines = walk.lines([key for key, state in walk.states.items() if state in onboarding.WORKABLE])
        owners = {line["owner"] for line in lines if line["owner"]}
        away_now = standing.at(session, who.team, owners, now)
        acts_for = stood_in_for(who.user, owners, away_now.away, gone=away_now.gone)
        about = {"id": program.id, "ref": program.ref, "name": program.name}
        found += [{**line, "program": about} for line in lines if line["owner"] in {who.user, *acts_for}]
    return sorted(found, key=lambda line: (line["due"] is None, line["due"] or "", line["program"]["id"]))
