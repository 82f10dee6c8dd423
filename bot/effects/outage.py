"""What the real-time endpoint needs when the database does not answer, and who hears that it did not."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.services import outage as service
from storage.queries import policy as rows

if TYPE_CHECKING:
    from bot.clock import Clock
    from storage import Database

LOOK_SECONDS: Final = 0.5
OVER_AFTER: Final = timedelta(seconds=60)
"""An outage ends when no answer was the fallback's for so long; the next one is told again."""
_log: Final = logging.getLogger(__name__)


class Outage:
    """Keeps the reported cards in memory, and tells the operators once when fallbacks begin."""

    def __init__(self, database: Database, clock: Clock, *, owner: str, channel: str) -> None:
        """Wire it.

        Args:
            database: where reports are read and the message is put.
            clock: wall time for the outage, business time for the message.
            owner: this process, so that several tell once.
            channel: the operations channel; empty: each operator is written to.
        """
        self.reported: frozenset[str] = frozenset()
        self._database = database
        self._clock = clock
        self._owner = owner
        self._channel = channel
        self._lock = threading.Lock()
        self._noted = 0
        self._reason = ""
        self._since: datetime | None = None
        self._last: datetime | None = None
        self._told = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="authorization-outage", daemon=True)

    def start(self) -> None:
        """Look at once, then twice a second."""
        self.look()
        self._thread.start()

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(LOOK_SECONDS * 4)

    def note(self, reason: str) -> None:
        """Count an answer of the fallback."""
        with self._lock:
            self._noted += 1
            self._reason = reason

    def look(self) -> None:
        """Read the reported cards, and tell of an outage that nobody was told of yet."""
        try:
            with self._database.reading() as session:
                self.reported = rows.reported_cards(session)
            self._tell()
        except Exception as error:  # noqa: BLE001 - the database is away; the cards known before stay known
            _log.warning("the reported cards could not be read again: %s", type(error).__name__)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.look()

    def _tell(self) -> None:
        wall = self._clock.wall()
        with self._lock:
            noted, reason, self._noted = self._noted, self._reason, 0
        if noted:
            self._since = self._since or wall
            self._last = wall
        elif self._last is not None and wall - self._last > OVER_AFTER:
            self._since = self._last = None
            self._told = False
        if self._since is None or self._told:
            return
        with self._database.transaction() as session:
            service.tell(
                session,
                reason=reason,
                owner=self._owner,
                channel=self._channel,
                now=self._clock.now(),
                wall=wall,
                until=wall + OVER_AFTER,
            )
        self._told = True
