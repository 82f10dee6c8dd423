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
from bot.services import reminder_subject
from bot.services.subject import Subject
from bot.services.walk import locked
from storage import Session
from storage.queries import calendar
from storage.queries import reminder as rows
from storage.tables import Deadline
from storage.tables_reminder import Snooze

LONGEST: Final = timedelta(days=60)
CHOICES: Final = ("tomorrow", "working_day", "date")
"""Until when somebody can sleep on a deadline; the last one asks for a day."""


@dataclass(frozen=True)
class Target:
    """A deadline that is open, and what it is about."""

    subject: Subject
    deadline: Deadline


def target(session: Session, who: Asker, deadline_id: int, now: datetime) -> Target:
    """Return a deadline that the person may sleep on; nobody else can change it until the commit.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
        StaleError: it is met, another date has taken its place, or it is an emergency.
        RefusedError: the person may not.
    """
    it = _locked(session, who, deadline_id)
    people.require(session, who, Right.STEP, now, it.subject.relations)
    if it.deadline.state != "open":
        raise StaleError("snooze.over", step=it.subject.names())
    if plans.ladders()[it.deadline.ladder].emergency:
        raise StaleError("snooze.emergency", step=it.subject.names())
    return it


def _locked(session: Session, who: Asker, deadline_id: int) -> Target:
    deadline = session.get(Deadline, deadline_id)
    if deadline is None or deadline.team != who.team:
        raise NotFoundError("error.old_button")
    if deadline.program_id:
        locked(session, deadline.program_id, who.team)
    deadline = rows.lock(session, deadline_id)
    return Target(reminder_subject.read(session, [deadline])[deadline.id], deadline)


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
            owner=it.subject.owner,
            until=until,
            by=who.user,
            at=now,
        )
    )
    session.flush()
    _changed(it, who, "deadline:snooze:asleep", until, now)
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
        raise StaleError("snooze.none", step=it.subject.names())
    row.state = "canceled"
    session.add(row)
    session.flush()
    _changed(it, who, "deadline:snooze:canceled", row.until, now)
    return it


def _changed(it: Target, who: Asker, tag: str, until: date, now: datetime) -> None:
    it.subject.changed(who, it.deadline, tag, now, {"until": until.isoformat()})


def take(session: Session, who: Asker, deadline_id: int, now: datetime) -> Target:
    """Take an emergency: nobody else is called any more.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
        StaleError: somebody has taken it, or it is over.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.OUTBOX, now)
    it = _locked(session, who, deadline_id)
    if it.deadline.state != "open":
        raise StaleError("snooze.over", step=it.subject.names())
    if not it.subject.takes:
        raise StaleError("snooze.not_taken", step=it.subject.names())
    it.deadline.state, it.deadline.next_at = "taken", None
    session.add(it.deadline)
    session.flush()
    it.subject.changed(who, it.deadline, "deadline:take:taken", now, {"deadline": it.deadline.id})
    return it
