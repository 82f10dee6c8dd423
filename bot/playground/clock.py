"""The two clocks of the playground: the wall, and the business time that people move."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class PlayClock:
    """Tells wall time and business time in unix seconds; only the second can be moved.

    The offset is written to a file that the bot reads at each look at its clock, so that all
    processes step together. Signatures, triggers and rates stay on the wall.
    """

    def __init__(self, wall: Callable[[], float] = time.time, file: Path | None = None) -> None:
        self.wall = wall
        self.file = file
        self.offset = 0.0
        self._write()

    def now(self) -> float:
        """Business time: what deadlines and people go by."""
        return self.wall() + self.offset

    def forward(self, seconds: float) -> None:
        """Moves the business time by so many seconds, also backwards."""
        self.offset += seconds
        self._write()

    def to(self, moment: float) -> None:
        """Moves the business time to this unix second."""
        self.offset = moment - self.wall()
        self._write()

    def reset(self) -> None:
        """Business time is wall time again."""
        self.offset = 0.0
        self._write()

    def _write(self) -> None:
        if self.file is None:
            return
        # The bot may read at any moment: it sees the old number or the new one, never half of one.
        fresh = self.file.with_name(f"{self.file.name}.new")
        fresh.write_text(f"{self.offset:.3f}\n", encoding="ascii")
        fresh.replace(self.file)


class Timestamps:
    """Hands out Slack's `ts` strings: unique, increasing, seconds and six digits, wall time."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._last = 0

    def next(self) -> str:
        """A `ts` that is greater than all before."""
        self._last = max(self._last + 1, int(self._wall() * 1_000_000))
        return self.at(self._last)

    @staticmethod
    def at(microseconds: int) -> str:
        """The `ts` of a moment in microseconds since 1970."""
        seconds, rest = divmod(microseconds, 1_000_000)
        return f"{seconds}.{rest:06d}"
