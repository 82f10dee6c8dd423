"""A fair line in front of the work of requests: few at once, first come, first served.

Every SQL statement lets other threads run. With 80 threads at work, the one that holds the write lock waits
for all of them at each statement, and everybody waits for it: fewer at once are faster for all (measured in
docs/performance.md). For the same reason nobody else is let in while something urgent is under way.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


class Line:
    """Lets `places` pass at once; the others wait in the order in which they came.

    Args:
        places: how many pass at once.
        others: lines that rest as well while this one has something urgent.
    """

    def __init__(self, places: int, *others: "Line") -> None:
        self._guard = threading.Lock()
        self._free = places
        self._waiting: deque[threading.Lock] = deque()
        self._hushed = 0
        self._others = others

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place, and hold it for the block."""
        gate: threading.Lock | None = None
        with self._guard:
            if self._free and not self._hushed:
                self._free -= 1
            else:
                gate = threading.Lock()
                gate.acquire()
                self._waiting.append(gate)
        if gate is not None:
            gate.acquire()
        try:
            yield
        finally:
            with self._guard:
                self._free += 1
                self._let_in()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Pass at once. Whoever is at work goes on, but nobody is let in before the end of the block."""
        with ExitStack() as stack:
            for line in (self, *self._others):
                stack.enter_context(line.hushed())
            yield

    @contextmanager
    def hushed(self) -> Iterator[None]:
        """Let nobody in before the end of the block."""
        with self._guard:
            self._hushed += 1
        try:
            yield
        finally:
            with self._guard:
                self._hushed -= 1
                self._let_in()

    def _let_in(self) -> None:
        """Hand free places to those who wait; under the guard, so that nobody can overtake."""
        while self._free and self._waiting and not self._hushed:
            self._free -= 1
            self._waiting.popleft().release()
