"""Days on which nobody works: adding or removing one moves open deadlines, and says so."""

from datetime import date, datetime

from bot.domain.error import StaleError
from bot.domain.role import Asker, Right
from bot.services import audit
from bot.services import deadline as clocks
from bot.services import person as people
from bot.services.walk import locked
from storage import Session
from storage.queries import calendar as rows
from storage.queries import program as programs
from storage.queries import reminder as reminders
from storage.tables import ClosingDay


def add(session: Session, who: Asker, on: date, now: datetime) -> int:
    """Close a day; returns how many open deadlines moved.

    Raises:
        StaleError: the day is closed already.
        RefusedError: the person is no manager.
    """
    people.require(session, who, Right.CALENDAR, now)
    if rows.row(session, who.team, on) is not None:
        raise StaleError("closing.already", date=on)
    session.add(ClosingDay(team=who.team, on=on, by=who.user, at=now))
    session.flush()
    _record(session, who, "calendar:close:closed", on, now)
    return _recount(session, who, now)


def remove(session: Session, who: Asker, on: date, now: datetime) -> int:
    """Open a closed day again; returns how many open deadlines moved.

    Raises:
        StaleError: the day is not closed.
        RefusedError: the person is no manager.
    """
    people.require(session, who, Right.CALENDAR, now)
    found = rows.row(session, who.team, on)
    if found is None:
        raise StaleError("closing.not_closed", date=on)
    session.delete(found)
    session.flush()
    _record(session, who, "calendar:open:open", on, now)
    return _recount(session, who, now)


def _recount(session: Session, who: Asker, now: datetime) -> int:
    """Count open deadlines again; each one that moves is audited and said in its thread."""
    moved = 0
    for old, program in rows.open_business_deadlines(session, who.team):
        before = old.due_on
        row = programs.step(session, old.subject_id)
        if row is None:
            continue
        walk = locked(session, program.id, who.team)
        fresh = clocks.recount(session, program, row, walk.step(row.key), old, now)
        if fresh is None:
            continue
        moved += 1
        audit.record(
            session,
            team=who.team,
            actor=who.user,
            tag="deadline:recount:moved",
            subject=f"{program.ref}/{row.key}",
            now=now,
            before={"due_on": before.isoformat()},
            after={"due_on": fresh.due_on.isoformat()},
        )
        walk.show(now, row.key)
        if fresh.ladder != "aim":  # the aims of a whole team move at once: their boards say it
            walk.say("deadline.moved", who, now, step=walk.line(row.key))
    reminders.wake(session, now, programs_=[program.id for program in programs.all_of(session, who.team)])
    return moved


def _record(session: Session, who: Asker, tag: str, on: date, now: datetime) -> None:
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag=tag,
        subject="calendar",
        now=now,
        after={"on": on.isoformat()},
    )
