"""The tick of reminders: look without a write, then write message by message."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.services import reminder
from bot.services.reminder import Due, Look, Turn
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
        self._offset = clock.offset()

    def tick(self) -> int:
        """Say everything that is due now; returns how many messages were put into the outbox."""
        now, moved = self._clock.now(), self._moved()
        with self._database.reading() as session:
            found = reminder.look(session, self._country, now, moved=moved)
        put, failed = 0, set[int]()
        for start in range(0, len(found.due), AT_ONCE):
            put += self._say(found.due[start : start + AT_ONCE], found, now, failed)
        # Only now: whoever dies in between finds the same deadlines again, and the rows of what was said.
        turns = [self._after(turn, failed, now) for turn in found.turns]
        for start in range(0, len(turns), TURNS_AT_ONCE):
            with self._database.transaction() as session:
                reminder.turn(session, turns[start : start + TURNS_AT_ONCE])
        if put:
            _log.info("reminders: %s messages about %s deadlines", put, len(turns))
        return put

    def _say(self, dues: Sequence[Due], found: Look, now: datetime, failed: set[int]) -> int:
        """Write messages together; when one of them cannot be written, each by itself."""
        try:
            with self._database.transaction() as session:
                return sum(say(session, due, found, now) for due in dues)
        except Exception:  # noqa: BLE001 - written one by one below, or logged
            if len(dues) == 1:
                _log.exception("the reminders of %s cannot be written; tried again later", dues[0].reader)
                failed |= {call.item.id for call in dues[0].said}
                return 0
        return sum(self._say([due], found, now, failed) for due in dues)

    @staticmethod
    def _after(turn: Turn, failed: set[int], now: datetime) -> Turn:
        """Return when a deadline is looked at again; after trouble soon, and as if nobody had looked."""
        if turn.deadline_id not in failed:
            return turn
        return replace(turn, next_at=now + reminder.AFTER_TROUBLE, reminded_to=turn.before)

    def _moved(self) -> bool:
        """Tell whether somebody moved the clock since the last tick or the start, as the playground does."""
        before, self._offset = self._offset, self._clock.offset()
        return abs(self._offset - before) > JUMP.total_seconds()
