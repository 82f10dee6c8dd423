"""The tick of exceptions about cards: what events recorded is told, listed or only counted."""

import logging
from collections.abc import Mapping
from typing import Final

from bot.clock import Clock
from bot.services import card_exception as service
from storage import Database
from storage.queries import exception as rows

BATCH: Final = 50
_log: Final = logging.getLogger(__name__)


class Exceptions:
    """Looks at what waits; several may run side by side.

    Args:
        database: where.
        clock: business time for what is said, wall time for how often.
        channels: the default channels by purpose.
        language: of the default channels.
    """

    def __init__(self, database: Database, clock: Clock, channels: Mapping[str, str], language: str) -> None:
        self._database = database
        self._clock = clock
        self._channels = channels
        self._language = language

    def tick(self) -> int:
        """Settle what waits, and say the line of the hour; returns how many exceptions were told."""
        with self._database.reading() as session:
            waiting, rest = rows.waiting(session, BATCH), rows.over(session)
        turn = service.Turn(self._clock.now(), self._clock.wall(), self._channels, self._language)
        told, declining = 0, set[str]()
        for row_id in waiting:
            with self._database.transaction() as session:
                state = service.settle(session, row_id, turn)
                program = rows.program_of(session, row_id)
            told += state == "told"
            declining |= {program} if state == "quiet" and program else set()
        for ref in sorted(declining):
            with self._database.transaction() as session:
                service.tell_spike(session, turn, ref)
        if rest:
            with self._database.transaction() as session:
                service.tell_rest(session, turn)
        if told:
            _log.info("exceptions: %d told in the threads of cards", told)
        return told
