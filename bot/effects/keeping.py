"""What need not be kept: keys of old clicks, and bodies of events that were handled long ago."""

from datetime import timedelta
from typing import Final

from bot.clock import Clock
from storage import Database
from storage.queries import keeping as rows

KEEP_KEYS: Final = timedelta(days=3)


def forget(database: Database, clock: Clock) -> int:
    """Forget keys of clicks older than three days; Slack repeats a request within minutes."""
    before = clock.now() - KEEP_KEYS
    with database.transaction() as session:
        return rows.forget_interactions(session, before)
