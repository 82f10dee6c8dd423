"""A programme whose mornings pass: the clock is moved, and what reminders say is read from the outbox."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot.clock import FixedClock
from bot.domain.reminder import THREAD, Message
from bot.effects.reminder import Reminders
from bot.services import person
from bot.services.reminder import forecast
from storage.tables import OutboxMessage, Workspace
from storage.tables_reminder import Reminder
from tests.support.course import ADA, CLAIRE, LENA, MARC, NOOR, NOW, TEAM, Course

COUNTRY = "US"


@dataclass
class Morning:
    """A course with its clock and its tick, and what was said so far."""

    course: Course
    clock: FixedClock
    tick: Reminders
    seen: set[int] = field(default_factory=set)

    def pass_days(self, count: int, *, hours: int = 24) -> list[dict[str, Any]]:
        """Move the clock step by step, tick after each, and return what was put."""
        found = []
        for _ in range(count):
            self.course.now = self.clock.advance(timedelta(hours=hours))
            found += self.now()
        return found

    def now(self) -> list[dict[str, Any]]:
        """Tick, and return the new messages."""
        self.tick.tick()
        with self.course.database.reading() as session:
            rows = session.exec(
                select(OutboxMessage).where(col(OutboxMessage.view).startswith("reminder."))
            ).all()
        fresh = [row for row in rows if row.id not in self.seen]
        self.seen |= {row.id for row in fresh}
        return [
            {
                "to": row.person or THREAD,
                "view": row.view,
                "language": row.language,
                **json.loads(row.facts or "{}"),
            }
            for row in fresh
        ]

    def reminders(self) -> list[Reminder]:
        """Everything that was recorded, in the order of the ladder's moments."""
        return sorted(self.course.rows(Reminder), key=lambda row: (row.due, row.reader, row.rung))

    def forecast(self, days: int = 56) -> list[Message]:
        """What will be said if nobody moves."""
        with self.course.database.reading() as session:
            return forecast(session, TEAM, COUNTRY, self.clock.now(), days=days)[0]


def _person(session: Any, user: str, zone: str, locale: str = "en-US") -> None:
    found = {"real_name": user.removeprefix("U0").title(), "locale": locale, "tz": zone}
    person.remember(session, team=TEAM, user=user, found=found, now=NOW)


@pytest.fixture
def morning(course: Course) -> Morning:
    """A programme whose lead lives in New York and whose manager lives in Paris."""
    course.once(("morning",), lambda: _begin(course))
    clock = FixedClock(course.now)
    made = Morning(course, clock, Reminders(course.database, clock, COUNTRY))
    made.now()
    return made


def _begin(course: Course) -> None:
    course.start(manager=MARC.user)
    with course.database.transaction() as session:
        _person(session, LENA.user, "America/New_York")
        _person(session, MARC.user, "Europe/Paris", "fr-FR")
        _person(session, CLAIRE.user, "Europe/Paris", "fr-FR")
        _person(session, NOOR.user, "Asia/Tokyo")
        _person(session, ADA.user, "America/Los_Angeles")
        session.add(Workspace(team=TEAM, url="https://play.slack.com/", app_id="A1", refreshed_at=NOW))
        person.plant_roles(session, team=TEAM, wanted={"admin": [ADA.user], "manager": [MARC.user]}, now=NOW)


def said(messages: list[Message]) -> set[tuple[datetime, str, str, int]]:
    """Messages taken apart: moment, reader, rung, what about."""
    return {
        (message.at, message.reader, rung, item.subject_id)
        for message in messages
        for rung, item in message.lines
    }
