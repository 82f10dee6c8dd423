"""Reminders: snooze a deadline, take an emergency, and `/onboarding next`: what happens if nobody moves."""

from datetime import date, timedelta
from functools import partial
from typing import Final

from bot.domain.error import NotFoundError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import Button, Doors, Form, Reply, Request, Verb, form, say
from bot.listeners.field import number
from bot.services import reminder_next, snooze
from bot.views import reminder as view
from commands import found
from storage import Session

UNTIL: Final = {"until": field.day()}


def sleep(session: Session, request: Request) -> Reply:
    """Snooze the deadline behind a menu, or open the form that asks until when."""
    wanted, _, choice = request.value.partition(" ")
    if choice not in snooze.CHOICES:
        raise NotFoundError("error.old_button")
    until = snooze.choose(session, request.who, choice, request.defaults.country, request.now)
    if choice == "date":
        it = snooze.target(session, request.who, number(wanted), request.now)
        facts = {"deadline": it.deadline.id, "title": it.subject.title(request.language)}
        return form(partial(view.ask_until, request.language, facts, until + timedelta(days=6)))
    return _asleep(session, request, number(wanted), until)


def slept(session: Session, request: Request) -> Reply:
    """Snooze a deadline until the day that was typed."""
    wanted = number(request.private.get("deadline"))
    return _asleep(session, request, wanted, date.fromisoformat(request.values["until"]))


def wake(session: Session, request: Request) -> Reply:
    """Take a snooze back."""
    it = snooze.cancel(session, request.who, number(request.value), request.now)
    return say("reminder.woken", title=it.subject.title(request.language))


def take(session: Session, request: Request) -> Reply:
    """Take an emergency: its ladder ends."""
    it = snooze.take(session, request.who, number(request.value), request.now)
    return say("reminder.taken", title=it.subject.title(request.language))


def upcoming(session: Session, request: Request) -> Reply:
    """Show what will be said in the next thirty days if nobody moves."""
    program = found.one(session, request)
    facts = reminder_next.facts(session, program, request.language, request.defaults.country, request.now)
    return form(partial(view.upcoming, request.language, facts))


def _asleep(session: Session, request: Request, deadline_id: int, until: date) -> Reply:
    it = snooze.put(session, request.who, deadline_id, until, request.now)
    title = it.subject.title(request.language)
    return say("reminder.snoozed", title=title, until=until.isoformat(), deadline=deadline_id)


DOORS: Final = Doors(
    verbs=(
        Verb(
            "onboarding.next",
            "/onboarding",
            "next",
            Right.SEE,
            upcoming,
            aliases=("next", "upcoming", "prochaines échéances", "échéances"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("reminder.snooze", Right.STEP, sleep),
        Button("reminder.wake", Right.STEP, wake),
        Button("reminder.take", Right.SEE, take),
        Button("reminder.next", Right.SEE, upcoming, writes=False),
    ),
    forms=(Form("reminder.snooze", Right.STEP, slept, UNTIL),),
)
