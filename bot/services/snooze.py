"""Not hearing of a deadline for a while. The manager goes on hearing of it, and sees the snooze."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot import plans
from bot.domain.deadline import calendar_for
from bot.domain.error import FormError, NotFoundError, StaleError
from bot.domain.role import Asker, Right
from bot.domain.working_time import WorkingDays
from bot.services import person as people
from bot.services.walk import Walk, locked
from storage import Session
from storage.queries import calendar
from storage.queries import reminder as rows
from storage.tables import Deadline, Step
from storage.tables_reminder import Snooze

LONGEST: Final = timedelta(days=60)
CHOICES: Final = ("tomorrow", "working_day", "date")
"""Until when somebody can sleep on a deadline; the last one asks for a day."""


@dataclass(frozen=True)
class Target:
    """A deadline that is open, its programme under lock, and its step."""

    walk: Walk
    row: Step
    deadline: Deadline


def target(session: Session, who: Asker, deadline_id: int, now: datetime) -> Target:
    """Return a deadline that the person may sleep on.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
        StaleError: it is met, another date has taken its place, or it is an emergency.
        RefusedError: the person may not.
    """
    deadline = session.get(Deadline, deadline_id)
    if deadline is None or deadline.team != who.team:
        raise NotFoundError("error.old_button")
    walk = locked(session, deadline.program_id or 0, who.team)
    row = next(row for row in walk.rows.values() if row.id == deadline.subject_id)
    people.require(session, who, Right.STEP, now, people.relations(walk.program, row.assignee))
    if deadline.state != "open":
        raise StaleError("snooze.over", step=walk.named(row.key))
    if plans.ladders()[deadline.ladder].emergency:
        raise StaleError("snooze.emergency", step=walk.named(row.key))
    return Target(walk, row, deadline)


def choose(session: Session, who: Asker, choice: str, country: str, now: datetime) -> date:
    """Return the day that a choice of `CHOICES` means for this person."""
    today = now.astimezone(ZoneInfo(who.zone)).date()
    if choice == "tomorrow":
        return today + timedelta(days=1)
    days = WorkingDays(calendar_for("team", country), calendar.closing_days(session, who.team))
    return days.after(today)


def put(session: Session, who: Asker, deadline_id: int, until: date, now: datetime) -> Target:
    """Say nothing of a deadline to its owner before a day.

    Raises:
        FormError: the day is not after today, or too far away (field `until`).
    """
    it = target(session, who, deadline_id, now)
    today = now.astimezone(ZoneInfo(who.zone)).date()
    if until <= today:
        raise FormError({"until": ("form.in_future", {})})
    if until > today + LONGEST:
        raise FormError({"until": ("snooze.too_long", {"date": today + LONGEST})})
    session.add(
        Snooze(
            team=who.team,
            subject=it.deadline.subject,
            subject_id=it.deadline.subject_id,
            deadline_id=it.deadline.id,
            owner=it.row.assignee or it.walk.program.lead,
            until=until,
            by=who.user,
            at=now,
        )
    )
    session.flush()
    _changed(session, it, who, "deadline:snooze:asleep", until, now)
    return it


def cancel(session: Session, who: Asker, deadline_id: int, now: datetime) -> Target:
    """Hear of a deadline again.

    Raises:
        StaleError: nobody sleeps on it any more.
    """
    it = target(session, who, deadline_id, now)
    found = rows.snoozes(session, who.team, [it.deadline.subject_id])
    row = found.get((it.deadline.subject, it.deadline.subject_id))
    if row is None:
        raise StaleError("snooze.none", step=it.walk.named(it.row.key))
    row.state = "canceled"
    session.add(row)
    session.flush()
    _changed(session, it, who, "deadline:snooze:canceled", row.until, now)
    return it


def _changed(session: Session, it: Target, who: Asker, tag: str, until: date, now: datetime) -> None:
    it.walk.record(it.row, who, tag, now, after={"until": until.isoformat(), "subject": it.deadline.subject})
    rows.wake(session, now, steps_=[it.row.id])
    it.walk.show(now, it.row.key)


def take(session: Session, who: Asker, deadline_id: int, now: datetime) -> Target:
    """Take an emergency: nobody else is called any more.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
        StaleError: somebody has taken it, or it is over.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.OUTBOX, now)
    deadline = session.get(Deadline, deadline_id)
    if deadline is None or deadline.team != who.team:
        raise NotFoundError("error.old_button")
    walk = locked(session, deadline.program_id or 0, who.team)
    session.refresh(deadline)
    row = next(row for row in walk.rows.values() if row.id == deadline.subject_id)
    if deadline.state != "open":
        raise StaleError("snooze.over", step=walk.named(row.key))
    deadline.state, deadline.next_at = "taken", None
    session.add(deadline)
    session.flush()
    walk.record(row, who, "deadline:take:taken", now, after={"deadline": deadline.id})
    return Target(walk, row, deadline)
