"""Being away: from when to when, who stands in, and what changes on the first and on the last day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from bot.domain.away import Absence
from bot.domain.error import FormError, StaleError
from bot.domain.onboarding import WORKABLE
from bot.domain.role import Asker, Right
from bot.outbox import mark_home, put_board, put_direct
from bot.services import audit, preference, standing
from bot.services import person as people
from storage import Session
from storage.queries import away as rows
from storage.queries import holding
from storage.queries import program as programs
from storage.queries import reminder as reminders
from storage.queries import thread as threads
from storage.tables import Away

LONGEST_DAYS: Final = 366
TURNS: Final = {"begun": "away:begin:begun", "ended": "away:end:ended"}
Problems = dict[str, tuple[str, Mapping[str, object]]]


@dataclass(frozen=True)
class NewAbsence:
    """What somebody typed on the form: first and last day, and who stands in."""

    starts_on: date
    ends_on: date
    deputy: str


def leave(session: Session, who: Asker, new: NewAbsence, now: datetime) -> Away:
    """Say that the person is away; what they had said before is replaced. The deputy is told.

    Raises:
        FormError: the days or the deputy do not fit; the text says why, at the field.
        RefusedError: a guest asked.
    """
    people.require(session, who, Right.SEE, now)
    asked = Absence(who.user, new.starts_on, new.ends_on, new.deputy, who.zone)
    found = [row for row in rows.open_ones(session, who.team) if row.user != who.user]
    problems = _problems(session, who, asked, [standing.absence(row) for row in found], now)
    if problems:
        raise FormError(problems)
    before = _close(session, who, now)
    row = Away(
        team=who.team,
        user=who.user,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        zone=who.zone,
        deputy=new.deputy,
        state="begun" if asked.covers(now) else "planned",
        by=who.user,
        at=now,
    )
    session.add(row)
    session.flush()
    _record(session, who.user, "away:set:planned", row, now, before)
    _tell(session, row, "away.stand_in", now)
    refresh(session, who.team, who.user, now)
    return row


def come_back(session: Session, who: Asker, now: datetime) -> None:
    """Take back an absence that is planned or has begun. The deputy is told.

    Raises:
        StaleError: there is none any more.
    """
    people.require(session, who, Right.SEE, now)
    found = rows.of(session, who.team, who.user)
    if not found:
        raise StaleError("away.none")
    for row in found:
        _tell(session, row, "away.no_longer", now)
    _close(session, who, now)
    refresh(session, who.team, who.user, now)


def give(session: Session, who: Asker, row: Away, deputy: str, now: datetime) -> None:
    """Name another deputy for an absence of somebody; the old one and the new one are told."""
    before = _kept(row)
    _tell(session, row, "away.no_longer", now)
    row.deputy = deputy
    session.add(row)
    session.flush()
    _record(session, who.user, "away:deputy:moved", row, now, before)
    _tell(session, row, "away.stand_in", now)
    refresh(session, row.team, row.user, now)


def turn(session: Session, now: datetime) -> int:
    """Begin and end the absences whose day has come; return how many. Their boards change."""
    turned = due(session, now)
    for row, state in turned:
        row.state = state
        session.add(row)
        session.flush()
        _record(session, "clock", TURNS[state], row, now)
        refresh(session, row.team, row.user, now)
        mark_home(session, row.team, row.deputy, now=now)
    return len(turned)


def due(session: Session, now: datetime) -> list[tuple[Away, str]]:
    """Return the absences that begin or end by now, each with its next state."""
    found: list[tuple[Away, str]] = []
    for row in rows.every_open(session):
        absence = standing.absence(row)
        today = absence.today(now)
        if today > row.ends_on:
            found.append((row, "ended"))
        elif row.state == "planned" and today >= row.starts_on:
            found.append((row, "begun"))
    return found


def refresh(session: Session, team: str, user: str, now: datetime) -> None:
    """Bring the boards and the steps up to date that name this person, and their Home."""
    mark_home(session, team, user, now=now)
    reminders.wake_people(session, team, [user], now)
    touched = {program.id: program for program in holding.programs(session, team, user)}
    for _, program in holding.steps(session, team, user):
        touched[program.id] = program
    for number in sorted(touched):
        program = touched[number]
        # The board first, as everywhere: two who bring the same messages up to date wait in no circle.
        found = [threads.of(session, "program", program.id)]
        for row in programs.steps(session, program.id):
            owner = row.assignee or program.lead
            if row.state in WORKABLE and user in {owner, row.deputy}:
                found.append(threads.of(session, "step", row.id))
        for thread in found:
            if thread is not None:
                put_board(session, thread, language=program.language, now=now)


def facts(session: Session, who: Asker) -> dict[str, Any]:
    """Return what is said about somebody's absence, and about those they stand in for."""
    mine = rows.of(session, who.team, who.user)
    others = holding.stands_in(session, who.team, who.user)
    return {
        "away": [shape(row) for row in mine],
        "for": [shape(row) for row in others],
        "names": people.names(
            session, who.team, [*(row.deputy for row in mine), *(row.user for row in others)]
        ),
    }


def shape(row: Away) -> dict[str, Any]:
    """Return an absence as JSON values."""
    return {
        "id": row.id,
        "user": row.user,
        "deputy": row.deputy,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "state": row.state,
    }


def _problems(session: Session, who: Asker, asked: Absence, others: list[Absence], now: datetime) -> Problems:
    problems: Problems = {}
    if asked.ends_on < asked.starts_on:
        problems["ends_on"] = ("away.ends_first", {})
    elif asked.ends_on < asked.today(now):
        problems["ends_on"] = ("away.in_past", {})
    elif (asked.ends_on - asked.starts_on).days > LONGEST_DAYS:
        problems["ends_on"] = ("away.too_long", {})
    if asked.deputy == who.user:
        problems["deputy"] = ("away.self", {})
        return problems
    unfit = people.no_member(session, who.team, asked.deputy)
    if unfit is not None:
        problems["deputy"] = unfit
        return problems
    for one in others:
        if one.user == asked.deputy and one.overlaps(asked.starts_on, asked.ends_on):
            called = people.names(session, who.team, [asked.deputy]).get(asked.deputy, asked.deputy)
            values = {"name": called, "start": one.starts_on, "end": one.ends_on}
            problems["deputy"] = ("away.deputy_away", values)
    return problems


def _close(session: Session, who: Asker, now: datetime) -> dict[str, str]:
    """End what the person had said before; return it for the audit."""
    before: dict[str, str] = {}
    for row in rows.of(session, who.team, who.user):
        before = _kept(row)
        row.state = "canceled"
        session.add(row)
        session.flush()
        _record(session, who.user, "away:cancel:canceled", row, now)
    return before


def _record(
    session: Session, actor: str, tag: str, row: Away, now: datetime, before: Mapping[str, str] | None = None
) -> None:
    audit.record(
        session,
        team=row.team,
        actor=actor,
        tag=tag,
        subject=row.user,
        now=now,
        before=before,
        after=_kept(row),
    )


def _kept(row: Away) -> dict[str, str]:
    return {
        "from": row.starts_on.isoformat(),
        "to": row.ends_on.isoformat(),
        "deputy": row.deputy,
        "state": row.state,
    }


def _tell(session: Session, row: Away, view: str, now: datetime) -> None:
    """Write to the deputy: what was asked of them, or that it is over; their Home says it too."""
    mark_home(session, row.team, row.deputy, now=now)
    put_direct(
        session,
        team=row.team,
        user=row.deputy,
        view=view,
        facts={**shape(row), "names": people.names(session, row.team, [row.user])},
        language=preference.language(session, row.team, row.deputy),
        now=now,
    )
