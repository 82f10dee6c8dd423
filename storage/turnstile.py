"""Who writes next to an SQLite file, between processes.

A process with much to write would otherwise take the lock again in the instant in which it gave it back, and
others, who look every millisecond, would find it taken for a third of a second (measured). So whoever wants
the lock first passes a turnstile, a lock on a file of its own, and stays in it until the other lock is
theirs: the neighbour's next writer waits outside meanwhile. A process that dies leaves both.
"""

from __future__ import annotations

import fcntl
import os
import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST_PAUSE: Final = 0.0002
LONGEST_PAUSE: Final = 0.001
PATIENCE: Final = 0.3


class Turnstile:
    """Lets one process at a time wait for the write lock of a database file."""

    def __init__(self, path: str, *, patience: float = PATIENCE) -> None:
        """Stand before the file at `path`; the lock is on a file beside it, `…-turn`."""
        self._path = f"{path}-turn"
        self._patience = patience
        self._file = -1

    @contextmanager
    def next(self) -> Iterator[None]:
        """Be the one who gets the write lock next, for the length of the block.

        Only fairness hangs on it: whoever stood here for `patience` seconds goes on without, so that one that
        was stopped in the turnstile stops nobody else.
        """
        if self._file < 0:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        entered = self._enter()
        try:
            yield
        finally:
            if entered:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _enter(self) -> bool:
        # Patience is real time, not business time: the clock people move has no say here.
        give_up = 0.0
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                now = time.monotonic()
                give_up = give_up or now + self._patience
                if now > give_up:
                    return False
                time.sleep(random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))  # noqa: S311 - spreads waiters
            else:
                return True
