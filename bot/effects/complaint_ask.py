"""The tick that asks, before a month ends, for what its complaints lack."""

from bot.clock import Clock
from bot.services import complaint_ask as service
from storage import Database


class Asks:
    """Asks once about each complaint; what one process has looked through it does not read again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._done: frozenset[service.Round] = frozenset()

    def tick(self) -> int:
        """Ask about what is to be asked now; returns how many people heard."""
        now = self._clock.now()
        with self._database.reading() as session:
            due = service.rounds(session, now)
            waiting = service.open_rounds(session, (one for one in due if one not in self._done))
        # A round holds only what was logged before it began, so that one without a gap stays so.
        self._done = frozenset(one for one in due if one not in waiting)
        if not waiting:
            return 0
        with self._database.transaction() as session:
            return service.ask(session, waiting, now)
