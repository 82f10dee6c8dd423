"""The tick of reminders: look without a write, then write message by message."""

import logging
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.services import reminder
from bot.services.reminder_say import say
from storage import Database

JUMP: Final = timedelta(minutes=1)
"""A clock whose offset changed by more was moved by somebody."""

AT_ONCE: Final = 20
"""Messages written in one transaction: clicks wait no longer than that takes."""

TURNS_AT_ONCE: Final = 400
_log: Final = logging.getLogger(__name__)


class Reminders:
    """Says what is due. Several may run side by side: whatever they both find is said once."""

    def __init__(self, database: Database, clock: Clock, country: str) -> None:
        self._database = database
        self._clock = clock
        self._country = country
        self._offset: float | None = None

    def tick(self) -> int:
        """Say everything that is due now; returns how many messages were put into the outbox."""
        now, moved = self._clock.now(), self._moved()
        with self._database.reading() as session:
            found = reminder.look(session, self._country, now, moved=moved)
        put = 0
        for start in range(0, len(found.due), AT_ONCE):
            with self._database.transaction() as session:
                put += sum(say(session, due, found, now) for due in found.due[start : start + AT_ONCE])
        # Only now: whoever dies in between finds the same deadlines again, and the rows of what was said.
        for start in range(0, len(found.turns), TURNS_AT_ONCE):
            with self._database.transaction() as session:
                reminder.turn(session, found.turns[start : start + TURNS_AT_ONCE])
        if put:
            _log.info("reminders: %s messages about %s deadlines", put, len(found.turns))
        return put

    def _moved(self) -> bool:
        """Tell whether somebody moved the clock since the last tick, as the playground does."""
        before, self._offset = self._offset, self._clock.offset()
        return before is not None and abs(self._offset - before) > JUMP.total_seconds()
