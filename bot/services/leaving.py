"""Somebody left, or cannot act any more: whoever decides hears of it once, with all that has no owner now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.outbox import put_channel, put_direct
from bot.services import audit, away, channel, handover, preference, standing
from bot.services import person as people
from storage import Session
from storage.queries import away as rows
from storage.queries import holding
from storage.queries import person as person_rows
from storage.tables import Away, Program


@dataclass(frozen=True)
class Orphans:
    """What has no owner who can be reached, in one programme, and who hears of it, if anybody."""

    program: Program
    items: tuple[tuple[str, handover.Held], ...]  # who held it, and what
    told: tuple[str, ...]


def unreachable(session: Session, team: str, user: str, now: datetime) -> bool:
    """Tell whether somebody is known to have left, or to be a guest or an outsider without a role."""
    return bool(rows.unreachable(session, team, [user], now.date()))


def strangers(session: Session, team: str, user: str, now: datetime) -> list[str]:
    """Return those who would have to hear of it and about whom Slack has never been asked."""
    asked: set[str] = set()
    for program in _touched(session, team, user):
        asked |= {program.manager, program.lead}
    asked |= set(person_rows.holders(session, team, ["admin"], now.date()))
    asked -= {"", user}
    return sorted(asked - rows.verified(session, team, asked))


def left(session: Session, team: str, user: str, defaults: Mapping[str, str], now: datetime) -> None:
    """Tell who decides, each in one message: the manager of each programme, else its lead, else all admins.

    What nobody can be told of goes to the operations channel; boards show it in any case.
    """
    away.refresh(session, team, user, now)
    found = orphans(session, team, user, now)
    for person in dict.fromkeys(one for each in found for one in each.told):
        mine = [each for each in found if person in each.told]
        _tell(session, team, person, mine, now)
    for each in found:
        if not each.told:
            _tell_operations(session, each, defaults, now)
    for row in holding.stands_in(session, team, user):
        _tell_absent(session, row, now)
    if found:
        audit.record(
            session,
            team=team,
            actor="slack",
            tag="person:leave:told",
            subject=user,
            now=now,
            after={each.program.ref: list(each.told) for each in found},
        )


def orphans(session: Session, team: str, user: str, now: datetime) -> list[Orphans]:
    """Return what has no owner now in the programmes in which somebody held something.

    Also what others who left before still hold there: whoever heard of it may just have gone. An admin may
    have been the only one who heard, in any programme without a manager and a lead who can be told.
    """
    found = []
    admins = person_rows.holders(session, team, ["admin"], now.date())
    theirs = {program.id for program in _touched(session, team, user)}
    asked = holding.every_program(session, team) if user in admins else _touched(session, team, user)
    for program in asked:
        owners = {program.lead, program.manager, *program.deputies, *_owners(session, program)} - {""}
        state = standing.at(session, team, {*owners, *admins}, now)
        items = [
            (owner, item)
            for owner in sorted(owners & {*state.gone})
            for item in handover.held(session, team, owner)
            if item.program_id == program.id
        ]
        if items and (program.id in theirs or not state.decides(program.lead, program.manager)):
            found.append(Orphans(program, tuple(items), state.hears(program.lead, program.manager)))
    return found


def _touched(session: Session, team: str, user: str) -> list[Program]:
    found = {program.id: program for program in holding.programs(session, team, user)}
    found |= {program.id: program for _, program in holding.steps(session, team, user)}
    return [found[number] for number in sorted(found)]


def _owners(session: Session, program: Program) -> Collection[str]:
    return {
        user
        for step, _ in holding.of_program(session, program.id)
        for user in (step.assignee, step.deputy)
        if user
    }


def _tell(session: Session, team: str, person: str, mine: list[Orphans], now: datetime) -> None:
    put_direct(
        session,
        team=team,
        user=person,
        view="person.left",
        facts=_facts(session, team, mine),
        language=preference.language(session, team, person),
        now=now,
    )


def _tell_operations(session: Session, each: Orphans, defaults: Mapping[str, str], now: datetime) -> None:
    place = channel.usable(session, each.program, "operations", defaults)
    if place:
        put_channel(
            session,
            team=each.program.team,
            channel=place,
            view="person.left_alone",
            facts=_facts(session, each.program.team, [each]),
            language=each.program.language,
            now=now,
        )


def _tell_absent(session: Session, row: Away, now: datetime) -> None:
    """Who is away has to know that nobody stands in any more."""
    put_direct(
        session,
        team=row.team,
        user=row.user,
        view="away.deputy_gone",
        facts={**away.shape(row), "names": people.names(session, row.team, [row.user, row.deputy])},
        language=preference.language(session, row.team, row.user),
        now=now,
    )


def _facts(session: Session, team: str, mine: list[Orphans]) -> dict[str, Any]:
    gone = list(dict.fromkeys(owner for each in mine for owner, _ in each.items))
    return {
        "gone": gone,
        "programs": [
            {
                "id": each.program.id,
                "ref": each.program.ref,
                "name": each.program.name,
                "items": [
                    {"owner": owner, "kind": item.kind, "title": item.title, "value": item.value}
                    for owner, item in each.items
                ],
            }
            for each in mine
        ],
        "names": people.names(session, team, gone),
    }
