"""Where scenes play: one workspace, its clock, and what the bot says will happen next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bot.playground.errors import PlayError
from bot.playground.spoken import Words, both

if TYPE_CHECKING:
    from bot.playground.identity import Json
    from bot.playground.slack import Slack

_log = logging.getLogger(__name__)

# Unix second (business time) and what will happen; the first is the next.
Upcoming = Callable[[], Sequence[tuple[int, Words]]]


class Stage:
    """A workspace with a movable clock.

    Args:
        slack: the workspace.
        upcoming: reads what will happen next from the bot's database; called in a thread.
    """

    def __init__(self, slack: Slack, upcoming: Upcoming | None = None) -> None:
        self.slack = slack
        self.upcoming = upcoming
        self._next: list[tuple[int, Words]] = []

    async def look_ahead(self) -> None:
        """Asks the bot's database what will happen next."""
        if self.upcoming is None:
            return
        try:
            now = self.slack.clock.now()
            found = [one for one in await asyncio.to_thread(self.upcoming) if one[0] > now]
            self._next = sorted(found, key=lambda one: one[0])[:10]
        except Exception:  # noqa: BLE001 - whatever it is, the page shows no next event and goes on
            # While the bot starts, its database has no tables yet; the page must answer all the same.
            _log.debug("nothing to see in the bot's database", exc_info=True)
            self._next = []

    def clock(self) -> Json:
        """The clock as the page shows it."""
        now = self.slack.clock.now()
        return {
            "now": int(now),
            "offset": int(self.slack.clock.offset),
            "next": [{"at": at, "what": both(what)} for at, what in self._next if at > now],
        }

    def forward(self, seconds: float) -> None:
        """Moves the business time and tells the pages."""
        self.slack.clock.forward(seconds)
        self._told()

    def to(self, moment: float) -> None:
        """Moves the business time to a unix second and tells the pages."""
        self.slack.clock.to(moment)
        self._told()

    async def next_event(self) -> None:
        """Moves one second past the next thing that will happen.

        Raises:
            PlayError: nothing is known to happen.
        """
        await self.look_ahead()
        coming = self.clock()["next"]
        if not coming:
            raise PlayError("Nothing is planned: the clock has nowhere to go.")
        self.to(coming[0]["at"] + 1)

    def _told(self) -> None:
        self.slack.hub.tell({"type": "clock", "clock": self.clock()})
