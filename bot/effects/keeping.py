"""What need not be kept: keys of clicks, waits that ended, forms left, buttons, pictures, old bodies."""

from datetime import datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.domain.spend import windows
from bot.services import entry
from storage import Database
from storage.queries import card_search as searches
from storage.queries import entry as entries
from storage.queries import exception as exceptions
from storage.queries import keeping as rows
from storage.queries import lost_card as lost_cards
from storage.queries import picture as pictures
from storage.queries import policy_draft as drafts

KEEP_KEYS: Final = timedelta(days=3)
KEEP_WAITS: Final = timedelta(days=1)
KEEP_DRAFTS: Final = timedelta(days=1)
KEEP_PICTURES: Final = timedelta(days=30)
KEEP_EXCEPTIONS: Final = timedelta(days=30)
KEEP_DRAFTS_OF_POLICY: Final = timedelta(days=30)
KEEP_BODIES: Final = timedelta(days=90)
"""Longer than Stripe keeps an event: until then events can be handled again, decisions decided again."""
KEEP_SPEND: Final = timedelta(days=100)
"""No limit reaches further than a month, and captures come within weeks of their authorization."""
AT_ONCE: Final = 500
MOST: Final = 100 * AT_ONCE
"""In one turn: what is left waits for the next one."""
MOST_INPUTS: Final = 8 * MOST
"""Decisions come by the million: four turns a day empty more than a million."""


def forget(database: Database, clock: Clock) -> int:
    """Forget keys of clicks and searches after three days, waits that ended and forms left after one.

    Slack repeats a request within minutes; nothing looks at a wait that has ended. Of a picture nothing is
    kept after thirty days: people have it in Slack, and the audit tells who asked.
    """
    with database.transaction() as session:
        return (
            rows.forget_interactions(session, clock.now() - KEEP_KEYS)
            + rows.forget_leases(session, clock.wall() - KEEP_WAITS)
            + searches.forget(session, clock.now() - KEEP_KEYS)
            + entries.forget_drafts(session, clock.now() - KEEP_DRAFTS)
            + pictures.forget(session, clock.now() - KEEP_PICTURES)
            + exceptions.forget_watches(session, clock.now() - KEEP_EXCEPTIONS)
            + drafts.forget(session, clock.now() - KEEP_DRAFTS_OF_POLICY)
        )


def forget_of_stripe(database: Database, clock: Clock) -> int:
    """Empty what is old of events and decisions, remove old spend and exceptions; returns how many rows.

    The rows are looked for without a write, and changed some at a time: an authorization never waits for it.
    """
    now = clock.now()
    with database.reading() as session:
        spent = rows.old_spend(session, windows(now - KEEP_SPEND), MOST)
    done = _empty_bodies(database, now - KEEP_BODIES) + _empty_inputs(database, now - KEEP_BODIES)
    for start in range(0, len(spent), AT_ONCE):
        with database.transaction() as session:
            done += rows.forget_spend(session, spent[start : start + AT_ONCE])
    return done + _forget_exceptions(database, now - KEEP_EXCEPTIONS)


def _empty_bodies(database: Database, before: datetime) -> int:
    done, after = 0, 0
    for _ in range(MOST // AT_ONCE):
        with database.reading() as session:
            page = rows.old_bodies(session, before, after, AT_ONCE)
        if page.old:
            with database.transaction() as session:
                done += rows.empty_bodies(session, page.old)
        if page.last is None:
            break
        after = page.last
    return done


def _empty_inputs(database: Database, before: datetime) -> int:
    done = 0
    for _ in range(MOST_INPUTS // AT_ONCE):
        with database.reading() as session:
            found = rows.old_inputs(session, before, AT_ONCE)
        if found is None:
            break
        with database.transaction() as session:
            done += rows.empty_inputs(session, *found)
    return done


def _forget_exceptions(database: Database, before: datetime) -> int:
    done = 0
    for _ in range(MOST // AT_ONCE):
        with database.reading() as session:
            found = exceptions.settled(session, before, AT_ONCE)
        if not found:
            break
        with database.transaction() as session:
            done += exceptions.forget(session, found)
    return done


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
