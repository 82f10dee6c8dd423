"""What need not be kept: keys of old clicks, waits that ended, forms left, buttons, pictures."""

from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.services import entry
from storage import Database
from storage.queries import entry as entries
from storage.queries import keeping as rows
from storage.queries import lost_card as lost_cards
from storage.queries import picture as pictures

KEEP_KEYS: Final = timedelta(days=3)
KEEP_WAITS: Final = timedelta(days=1)
KEEP_DRAFTS: Final = timedelta(days=1)
KEEP_PICTURES: Final = timedelta(days=30)


def forget(database: Database, clock: Clock) -> int:
    """Forget keys of clicks older than three days, waits that ended a day ago, and forms left a day ago.

    Slack repeats a request within minutes; nothing looks at a wait that has ended. Of a picture nothing is
    kept after thirty days: people have it in Slack, and the audit tells who asked.
    """
    with database.transaction() as session:
        return (
            rows.forget_interactions(session, clock.now() - KEEP_KEYS)
            + rows.forget_leases(session, clock.wall() - KEEP_WAITS)
            + entries.forget_drafts(session, clock.now() - KEEP_DRAFTS)
            + pictures.forget(session, clock.now() - KEEP_PICTURES)
        )


def end_undo(database: Database, clock: Clock) -> int:
    """Take *Undo* out of the messages whose ten minutes are over; returns how many."""
    now = clock.now()
    with database.reading() as session:
        if not entries.expired(session, now, 1):
            return 0  # a transaction with nothing to write would still make everybody else wait
    with database.transaction() as session:
        return entry.expire(session, now)


def look_at_decisions(database: Database) -> int:
    """Note when each account last asked us about an authorization; returns how many answers were read."""
    read = 0
    while True:
        with database.transaction() as session:
            found = lost_cards.look_at_decisions(session)
        read += found
        if found < lost_cards.MOST_READ:
            return read
