"""Slack's rate tiers, and about one message a second per channel with small bursts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from bot.playground.errors import SlackError

if TYPE_CHECKING:
    from collections.abc import Callable

BURST: Final = 4
# Requests per minute of Slack's tiers; the special tiers have no number.
TIERS: Final = {"t1": 10, "t2": 20, "t3": 50, "t4": 100}


class TooFastError(SlackError):
    """HTTP 429; `retry_after` in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


class Rates:
    """Token buckets on the wall clock, one per method, and one per channel for posts."""

    def __init__(self, wall: Callable[[], float], *, on: bool = True) -> None:
        self.on = on
        self._wall = wall
        self._buckets: dict[str, tuple[float, float]] = {}

    def post(self, channel: str) -> None:
        """Counts one message to a channel.

        Raises:
            TooFastError: more than about one a second, beyond a burst of four.
        """
        self._take(f"post:{channel}", BURST, 1.0)

    def call(self, method: str, tier: str | None) -> None:
        """Counts one call of a method.

        Raises:
            TooFastError: the minute's budget of its tier is used up.
        """
        if tier in TIERS:
            self._take(method, TIERS[tier], TIERS[tier] / 60)

    def _take(self, name: str, size: int, per_second: float) -> None:
        if not self.on:
            return
        now = self._wall()
        level, seen = self._buckets.get(name, (float(size), now))
        level = min(float(size), level + (now - seen) * per_second)
        if level < 1:
            self._buckets[name] = (level, now)
            raise TooFastError(max(1, math.ceil((1 - level) / per_second)))
        self._buckets[name] = (level - 1, now)
