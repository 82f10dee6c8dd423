"""What need not be kept: keys of old clicks, and waits that ended."""

from datetime import timedelta
from typing import Final

from bot.clock import Clock
from storage import Database
from storage.queries import keeping as rows

KEEP_KEYS: Final = timedelta(days=3)
KEEP_WAITS: Final = timedelta(days=1)


def forget(database: Database, clock: Clock) -> int:
    """Forget keys of clicks older than three days, and waits that ended a day ago.

    Slack repeats a request within minutes; nothing looks at a wait that has ended.
    """
    with database.transaction() as session:
        return rows.forget_interactions(session, clock.now() - KEEP_KEYS) + rows.forget_leases(
            session, clock.wall() - KEEP_WAITS
        )
