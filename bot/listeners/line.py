"""A fair line in front of the work of requests: few at once, first come, first served.

Every SQL statement lets other threads run. With 80 threads at work, the one that holds the write lock waits
for all of them at each statement, and everybody waits for it: fewer at once are faster for all (measured in
docs/performance.md).
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Line:
    """Lets `places` pass at once; the others wait in the order in which they came."""

    def __init__(self, places: int) -> None:
        self._guard = threading.Lock()
        self._free = places
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place, and hold it for the block."""
        gate: threading.Lock | None = None
        with self._guard:
            if self._free:
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
                if self._waiting:
                    self._waiting.popleft().release()  # the place is handed on: nobody can overtake
                else:
                    self._free += 1
