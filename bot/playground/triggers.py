"""Trigger ids (3 seconds, single use) and response URLs (30 minutes, five uses)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.playground.errors import SlackError
from bot.playground.identity import TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable

TRIGGER_SECONDS: Final = 3.0
REPLY_URL_SECONDS: Final = 30 * 60
REPLY_URL_USES: Final = 5
_KEPT: Final = 10_000


@dataclass
class Trigger:
    """One permission to open a view for a person; `view` is the modal it came from."""

    person: str
    born: float
    view: str | None
    used: bool = False


class Triggers:
    """Issues trigger ids and takes each back once."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._issued: dict[str, Trigger] = {}

    def issue(self, person: str, view: str | None = None) -> str:
        """A fresh trigger id."""
        name = f"{int(self._wall() * 1000)}.{TEAM_ID}.{secrets.token_hex(16)}"
        self._issued[name] = Trigger(person, self._wall(), view)
        if len(self._issued) > _KEPT:
            self._issued.pop(next(iter(self._issued)))
        return name

    def redeem(self, name: str) -> Trigger:
        """Uses a trigger.

        Raises:
            SlackError: `invalid_trigger_id`, `expired_trigger_id` or `exchanged_trigger_id`.
        """
        trigger = self._issued.get(name)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._wall() - trigger.born > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger


@dataclass
class ReplyUrl:
    """Where a response URL writes: the channel, for whom, and the message it may replace."""

    channel: str
    person: str
    born: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


class ReplyUrls:
    """Issues response URLs and counts their uses."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._issued: dict[str, ReplyUrl] = {}

    def issue(
        self, channel: str, person: str, message_ts: str | None = None, thread_ts: str | None = None
    ) -> str:
        """The path of a fresh response URL."""
        name = secrets.token_hex(12)
        self._issued[name] = ReplyUrl(channel, person, self._wall(), message_ts, thread_ts)
        if len(self._issued) > _KEPT:
            self._issued.pop(next(iter(self._issued)))
        return f"/reply/{TEAM_ID}/{name}"

    def redeem(self, name: str) -> ReplyUrl:
        """Counts one use.

        Raises:
            SlackError: `no_such_url`, `expired_url` or `used_url`.
        """
        url = self._issued.get(name)
        if url is None:
            raise SlackError("no_such_url")
        if self._wall() - url.born > REPLY_URL_SECONDS:
            raise SlackError("expired_url")
        if url.uses >= REPLY_URL_USES:
            raise SlackError("used_url")
        url.uses += 1
        return url
