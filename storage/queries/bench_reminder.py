"""Statements of `gantry bench reminders` alone: SQLite full of deadlines, and its rows as they were."""

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlmodel import Session

_FILL: Final = text("""
INSERT INTO deadline (team, subject, subject_id, program_id, round, ladder, rule, length, unit, about,
    started_at, calendar, zone, due_on, due_at, skipped, source, state, next_at, reminded_to)
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :rows)
SELECT team, 'step', -n, program_id, 1, ladder, rule, length, unit, about, started_at,
    calendar, zone, due_on, due_at, skipped, source, 'open',
    datetime('2031-01-01', '+' || n || ' seconds'), reminded_to
FROM counted, (SELECT * FROM deadline WHERE state = 'open' ORDER BY id LIMIT 1)
""")
_FORGET: Final = (
    text("DELETE FROM reminder"),
    text("DELETE FROM outbox_message WHERE view LIKE 'reminder.%'"),
)
_BEGIN: Final = text(
    "UPDATE deadline SET next_at = :began, reminded_to = :began WHERE subject_id > 0 AND state = 'open'"
)
_SAID: Final = text("SELECT count(DISTINCT subject_id) FROM reminder WHERE subject = 'step'")


def fill(session: Session, rows: int) -> None:
    """Add so many deadlines that are due in years, made from the first one there is."""
    session.connection().execute(_FILL, {"rows": rows})
    session.connection().execute(text("ANALYZE"))


def begin_again(session: Session, began: datetime) -> None:
    """Forget what was said, and have every real deadline looked at from this moment on."""
    for statement in _FORGET:
        session.connection().execute(statement)
    session.connection().execute(_BEGIN, {"began": began.replace(tzinfo=None).isoformat(" ")})


def said(session: Session) -> int:
    """Return of how many deadlines something was said."""
    return int(session.connection().execute(_SAID).scalar_one())
