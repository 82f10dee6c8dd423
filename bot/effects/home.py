"""Home pages follow what changes: marks left by changes become pages in the outbox, once for each person."""

from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.services import home
from storage import Database

SETTLE: Final = timedelta(seconds=1.5)
"""For how long a page waits for more changes before it leaves: people rarely click only once."""


class Pages:
    """Looks for pages that have to follow. Several may work side by side, in one process or many."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self) -> list[None]:
        """Look whether there is something to do; a transaction with nothing to write would hold up others."""
        with self._database.reading() as session:
            return [None] if home.due(session, self._clock.now()) else []

    def follow(self, _: None = None) -> None:
        """Put every page that has to follow; they leave a moment later, with what changes until then."""
        with self._database.transaction() as session:
            home.follow(session, self._clock.now(), self._clock.wall() + SETTLE)
