"""How an SQLite connection of ours is set up, and how a write transaction begins.

Between processes there is no queue: `storage.turnstile` decides who comes next, and whoever finds the file
locked tries again after a short random time. SQLite's own `busy_timeout` sleeps up to 100 ms between two
tries and starves beside a busy neighbour.
"""

from __future__ import annotations

import random
import sqlite3
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from storage.errors import DatabaseBusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.turnstile import Turnstile

SHORTEST_PAUSE: Final = 0.0001
LONGEST_PAUSE: Final = 0.0003
"""Short, for only one process waits here: the others stand before the turnstile."""
READER_PATIENCE_MS: Final = 5000  # readers meet a lock only while a crashed process's journal is replayed

# Held by another process; a snapshot that just moved on; the journal's index being taken over.
_LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})


def set_up_writer(connection: sqlite3.Connection, *, wait: float) -> None:
    """Foreign keys checked, every commit on disk before it returns, our own waiting.

    Raises:
        DatabaseBusyError: others held the file for `wait` seconds.
    """
    _say(connection, "busy_timeout=0", "foreign_keys=ON", "synchronous=FULL", wait=wait)


def set_up_migration(connection: sqlite3.Connection, *, wait: float) -> None:
    """WAL for good (readers and the writer no longer block each other), and tables that may be copied.

    Raises:
        DatabaseBusyError: others held the file for `wait` seconds.
    """
    # Copying a table drops the old one, which would delete whatever points to it; checked before the commit.
    _say(connection, "busy_timeout=0", "foreign_keys=OFF", "synchronous=FULL", "journal_mode=WAL", wait=wait)


def set_up_reader(connection: sqlite3.Connection) -> None:
    """A connection that cannot write."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={READER_PATIENCE_MS}").close()
    connection.execute("PRAGMA query_only=ON").close()


def begin_reading(connection: sqlite3.Connection) -> None:
    """Begin a snapshot: everything read until the end of the transaction is of one moment."""
    connection.execute("BEGIN").close()


def begin_writing(connection: sqlite3.Connection, turnstile: Turnstile, *, wait: float) -> None:
    """Take the write lock at once, so that nothing read in the transaction can be out of date.

    Raises:
        DatabaseBusyError: other processes held it for `wait` seconds.
    """
    with turnstile.next():
        retry(partial(_run, connection, "BEGIN IMMEDIATE"), wait=wait)


def _say(connection: sqlite3.Connection, *pragmas: str, wait: float) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own begins too late to be safe
    for pragma in pragmas:
        # Some read the file first, and meet the lock of a neighbour that changes its journal's mode.
        retry(partial(_run, connection, f"PRAGMA {pragma}"), wait=wait)


def _run(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement).close()


def retry(statement: Callable[[], None], *, wait: float) -> None:
    """Run `statement` until the file is not locked.

    Raises:
        DatabaseBusyError: it was locked for `wait` seconds.
    """
    give_up: float | None = None
    while True:
        try:
            return statement()
        except sqlite3.OperationalError as error:
            if (error.sqlite_errorcode & 0xFF) not in _LOCKED:
                raise
            # A lease on real time, not on business time: the clock people move has no say here.
            now = time.monotonic()
            give_up = give_up or now + wait
            if now > give_up:
                raise DatabaseBusyError(f"another process held the database for {wait:g} s") from error
        time.sleep(random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))  # noqa: S311 - spreads waiters, guards nothing
