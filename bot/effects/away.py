"""The days on which absences begin and end."""

from bot.clock import Clock
from bot.services import away
from storage import Database


def turn(database: Database, clock: Clock) -> int:
    """Begin and end the absences whose day has come; return how many."""
    with database.reading() as session:
        if not away.due(session, clock.now()):
            return 0  # a transaction with nothing to write would still make everybody else wait
    with database.transaction() as session:
        return away.turn(session, clock.now())
