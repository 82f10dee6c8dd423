"""One fair queue for the writers of an SQLite file.

SQLite has one writer at a time and no queue: whoever asks at the right moment wins; under load some
wait for seconds. Here the waiters of one process stand in line. Each turn is handed to the next waiter, so
nobody can overtake; the priority lane (the authorization writer, which has two seconds in all) goes first.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final
from weakref import WeakValueDictionary

from storage.errors import DatabaseBusyError


class Turns:
    """Hands out one turn at a time, first come, first served, the priority lane before the other."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._first: deque[threading.Lock] = deque()
        self._others: deque[threading.Lock] = deque()

    def take(self, *, priority: bool = False, wait: float) -> None:
        """Return when the turn is ours.

        Raises:
            DatabaseBusyError: it was not ours within `wait` seconds.
        """
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            gate = threading.Lock()
            gate.acquire()
            lane = self._first if priority else self._others
            lane.append(gate)
        try:
            ours = gate.acquire(timeout=wait)
        except BaseException:  # an interrupt while waiting must not leave a gate that nobody walks through
            if not self._withdraw(lane, gate):
                self.give()
            raise
        if not ours and self._withdraw(lane, gate):
            raise DatabaseBusyError(f"waited {wait:g} s for the other writers of this process")

    def give(self) -> None:
        """Hand the turn to the next in line; call it once for each `take`."""
        with self._guard:
            lane = self._first or self._others
            if not lane:
                self._taken = False
                return
            gate = lane.popleft()
        gate.release()

    def waiting(self) -> int:
        """How many stand in line now."""
        return len(self._first) + len(self._others)

    def _withdraw(self, lane: deque[threading.Lock], gate: threading.Lock) -> bool:
        """Leave the line; False when the turn was handed to us in the very moment we gave up."""
        with self._guard:
            try:
                lane.remove(gate)
            except ValueError:
                return False
            return True


_turns: Final[WeakValueDictionary[str, Turns]] = WeakValueDictionary()
_turns_guard: Final = threading.Lock()


def turns_of(path: str) -> Turns:
    """The queue of one database file: the same for everybody in this process."""
    with _turns_guard:
        turns = _turns.get(path)
        if turns is None:
            turns = _turns[path] = Turns()
        return turns
