"""Two workers on one database, the clock stepped: each reminder once, none missing.

`DEADLINES=10000 pytest tests/services/test_two_workers.py` takes as many deadlines; docs/performance.md has
what was seen.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from datetime import timedelta

from sqlalchemy import text

from bot.clock import FixedClock
from bot.effects.reminder import Reminders
from bot.services import person
from bot.services.reminder import forecast
from storage import Database, connect
from storage.tables import OutboxMessage, Program, Workspace
from storage.tables_reminder import Reminder
from tests.support.course import ADA, MARC, NOW, TEAM, Asker, Course

DEADLINES = int(os.environ.get("DEADLINES", "400"))
DAYS = 6
COUNTRY = "US"
ZONES = ("America/New_York", "Europe/Paris", "Asia/Tokyo", "UTC", "Australia/Sydney")
LEADS = [Asker(team=TEAM, user=f"U0LEAD{number:02}", role="member") for number in range(20)]

# Each waiting step of the programmes gets a date of its own within the next two weeks.
SPREAD = """
INSERT INTO deadline (team, subject, subject_id, program_id, round, ladder, rule, length, unit, about, started_at,
    calendar, zone, due_on, due_at, skipped, source, state, next_at, reminded_to, woken)
SELECT step.team, 'step', step.id, step.program_id, 1, one.ladder, one.rule, one.length, one.unit, one.about,
    one.started_at, one.calendar, one.zone, {due_on}, {due_at}, one.skipped, one.source, 'open', one.started_at,
    one.started_at, 0
FROM step JOIN deadline one ON one.id = (SELECT min(id) FROM deadline) WHERE step.state = 'waiting'
ORDER BY step.id LIMIT :rows
"""  # fmt: skip
SQLITE = {
    "due_on": "date(one.due_on, '+' || (step.id % 10) || ' days')",
    "due_at": "strftime('%Y-%m-%d %H:%M:%S.000000', one.due_at, '+' || (step.id % 10) || ' days')",
}
POSTGRES = {
    "due_on": "one.due_on + CAST(step.id % 10 AS integer)",
    "due_at": "one.due_at + (step.id % 10) * interval '1 day'",
}


def _planted(course: Course, database: Database) -> None:
    with database.transaction() as session:
        session.add(Workspace(team=TEAM, url="https://play.slack.com/", refreshed_at=NOW))
        person.plant_roles(session, team=TEAM, wanted={"admin": [ADA.user], "manager": [MARC.user]}, now=NOW)
        for number, who in enumerate(LEADS):
            found = {"real_name": who.user, "tz": ZONES[number % len(ZONES)], "locale": "en-US"}
            person.remember(session, team=TEAM, user=who.user, found=found, now=NOW)
    for number in range(-(-DEADLINES // 35)):
        course.lead = LEADS[number % len(LEADS)]
        course.start(name=f"Programme {number}", manager=MARC.user)
    with database.transaction() as session:
        words = SQLITE if database.dialect == "sqlite" else POSTGRES
        session.connection().execute(text(SPREAD.format(**words)), {"rows": DEADLINES})


def test_two_workers_remind_once_and_miss_nothing(course: Course, database: Database) -> None:
    _planted(course, database)
    clock = FixedClock(NOW)
    with database.reading() as session:
        messages, facts, _ = forecast(session, TEAM, COUNTRY, NOW, days=DAYS)
    assert len(facts) >= DEADLINES
    others = [connect(_address(database)) for _ in range(2)]
    workers = [Reminders(other, clock, COUNTRY) for other in others]
    for worker in workers:
        worker.tick()
    failures: list[BaseException] = []
    for _ in range(DAYS * 4):
        clock.advance(timedelta(hours=6))
        ticks = [threading.Thread(target=_tick, args=(worker, failures)) for worker in workers]
        for one in ticks:
            one.start()
        for one in ticks:
            one.join()
    for other in others:
        other.close()
    assert failures == []
    kept = Counter((row.due, row.reader, row.rung, row.subject_id) for row in course.rows(Reminder))
    assert max(kept.values()) == 1
    wanted = {(one.at, one.reader, rung, item.subject_id) for one in messages for rung, item in one.lines}
    assert set(kept) == wanted
    lists = Counter(
        (row.person, row.put_at) for row in course.rows(OutboxMessage) if row.view == "reminder.list"
    )
    assert max(lists.values()) == 1, "one list for each person and morning"
    assert len(course.rows(Program)) == -(-DEADLINES // 35)


def _address(database: Database) -> str:
    if database.dialect != "sqlite":
        return database._writer.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with database.reading() as session:
        return session.get_bind().engine.url.render_as_string(hide_password=False)


def _tick(reminders: Reminders, failures: list[BaseException]) -> None:
    try:
        reminders.tick()
    except BaseException as error:  # noqa: BLE001 - the test tells
        failures.append(error)
