"""Two clocks: business time, which the playground and tests can move, and wall time, which nothing moves.

Deadlines, reminders, audit entries and what people read come from `now()`. Leases, back-off, rates,
signatures and latency come from `wall()`; tests/test_architecture.py names who may call it.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# A century either way: further than any plan, and far from the ends of `datetime`.
_FURTHEST_SECONDS = 100 * 366 * 86400


class ClockError(Exception):
    """The clock file cannot be used; the message says what to do."""


class Clock:
    """The time of this process, shifted by the clock file when there is one."""

    def __init__(self, file: Path | None = None) -> None:
        """Use the machine's clock, moved by the seconds in `file`; without a file nothing is moved."""
        self._file = file

    def now(self) -> datetime:
        """Business time, in UTC.

        The file is read at each call, so that every process steps at the same moment.

        Raises:
            ClockError: the file is missing, or does not hold a number of seconds.
        """
        return self.wall() + timedelta(seconds=self.offset())

    def wall(self) -> datetime:
        """The machine's time, in UTC."""
        return datetime.now(UTC)

    def offset(self) -> float:
        """Seconds by which business time is ahead of the machine's; 0 without a clock file.

        Raises:
            ClockError: as `now()`.
        """
        if self._file is None:
            return 0.0
        try:
            text = self._file.read_text(encoding="ascii").strip()
            seconds = float(text)
        except OSError as error:
            raise ClockError(
                f"GANTRY_CLOCK_FILE: {self._file} cannot be read ({error.strerror}). "
                "Create it with the text 0, or remove the setting."
            ) from error
        except ValueError as error:
            raise ClockError(
                f"GANTRY_CLOCK_FILE: {self._file} does not hold a number. Write seconds, such as 0 or 86400."
            ) from error
        if not math.isfinite(seconds) or abs(seconds) > _FURTHEST_SECONDS:
            raise ClockError(
                f"GANTRY_CLOCK_FILE: {self._file} is more than a century away. Write fewer seconds."
            )
        return seconds

    @staticmethod
    def fixed(moment: datetime) -> FixedClock:
        """A clock for tests that stands still at an aware moment until it is moved."""
        return FixedClock(moment)


class FixedClock(Clock):
    """Stands still; `advance()` moves business time, `pass_wall()` moves wall time."""

    def __init__(self, moment: datetime) -> None:
        """Stand at an aware moment on both clocks."""
        super().__init__()
        if moment.utcoffset() is None:
            raise ValueError("A clock needs an aware time: give the datetime a zone.")
        self._now = moment.astimezone(UTC)
        self._wall = self._now

    def now(self) -> datetime:
        """The business time it was set to, in UTC."""
        return self._now

    def wall(self) -> datetime:
        """The wall time it was set to, in UTC."""
        return self._wall

    def offset(self) -> float:
        """Seconds between the two."""
        return (self._now - self._wall).total_seconds()

    def advance(self, by: timedelta) -> datetime:
        """Move business time only, as the clock file does; returns the new time."""
        self._now += by
        return self._now

    def pass_wall(self, by: timedelta) -> datetime:
        """Let real time pass, which moves both clocks; returns the new wall time."""
        self._wall += by
        self._now += by
        return self._wall
