"""What time and changed rules ask for about Stripe: tasks of capabilities, programmes of cards."""

from collections.abc import Mapping
from typing import Final

from bot.clock import Clock
from bot.services import stripe_program, stripe_task
from storage import Database
from storage.queries import stripe_mirror as rows

BATCH: Final = 50


def look_at_tasks(database: Database, clock: Clock, channels: Mapping[str, str], language: str) -> int:
    """Open and drop tasks about capabilities, each in a transaction of its own; returns how many."""
    now = clock.now()
    with database.reading() as session:
        found = stripe_task.changed(session, now)
    for key in found:
        with database.transaction() as session:
            stripe_task.settle(session, key, channels, language, now)
    return len(found)


class CardMatch:
    """Finds the programmes of cards again after a rule has changed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self) -> list[int]:
        """Return one piece of work while there are cards to match."""
        with self._database.reading() as session:
            return [BATCH] if rows.unmatched(session, 1) else []

    def match(self, most: int) -> None:
        """Match some cards; whoever comes second finds them matched."""
        with self._database.transaction() as session:
            for trait in rows.unmatched(session, most):
                stripe_program.place(session, trait, self._clock.now())
