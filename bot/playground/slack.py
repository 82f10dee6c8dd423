"""The local Slack as one object: everything hangs on it, nothing is global. Use it on its event loop only."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bot.playground import seed, shapes
from bot.playground.clock import PlayClock
from bot.playground.dispatch import Dispatcher
from bot.playground.events import Events
from bot.playground.faults import Faults
from bot.playground.hub import Hub
from bot.playground.identity import BOT_USER, Json
from bot.playground.manifest import DEFAULT
from bot.playground.modals import Modals
from bot.playground.rates import Rates
from bot.playground.sockets import Sockets
from bot.playground.traffic import Entry, Traffic
from bot.playground.triggers import ReplyUrls, Triggers
from bot.playground.unread import Unread
from bot.playground.workspace import Message, Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence


class Slack:
    """A workspace with its one app.

    Args:
        manifest: the app's manifest: scopes, events, commands and shortcuts are taken from it.
        clock: wall and business time.
        rates: False switches the rate limits off.
        talk: False leaves the channels silent.
        retry_delays: wall seconds before each further attempt to deliver an event.
        ack_seconds: how long the bot has to acknowledge.
    """

    def __init__(
        self,
        *,
        manifest: Json | None = None,
        clock: PlayClock | None = None,
        rates: bool = True,
        talk: bool = True,
        retry_delays: Sequence[float] = (0, 60, 300),
        ack_seconds: float = 3.0,
    ) -> None:
        self.manifest = DEFAULT if manifest is None else manifest
        self.clock = clock or PlayClock()
        self.origin = "http://127.0.0.1"
        self.bot_token = f"xoxb-play-{secrets.token_hex(12)}"
        self.app_token = f"xapp-play-{secrets.token_hex(12)}"
        self.signing_secret = secrets.token_hex(16)
        self._talk = talk
        self.hub = Hub()
        self.faults = Faults()
        self.rates = Rates(self.clock.wall, on=rates)
        self.traffic = Traffic(self.clock.wall)
        self.traffic.on_entry = self._traffic
        self.triggers = Triggers(self.clock.wall)
        self.reply_urls = ReplyUrls(self.clock.wall)
        self.sockets = Sockets(self)
        self.dispatcher = Dispatcher(self, ack_seconds=ack_seconds, retry_delays=tuple(retry_delays))
        self.events = Events(self)
        self.uploads: dict[str, str] = {}
        self._fill()

    @property
    def scopes(self) -> list[str]:
        """The bot's scopes, as granted by the manifest."""
        return list(self.manifest.get("oauth_config", {}).get("scopes", {}).get("bot", []))

    def person_event(self, person: str, event: Json) -> None:
        """Tells one person's pages something."""
        self.hub.tell(event, [person])

    def error(self, person: str, title: str, detail: str, hint: str = "") -> None:
        """Shows a person an error as Slack's client does."""
        self.person_event(person, {"type": "error", "title": title, "detail": detail, "hint": hint})

    def reset(self, *, tell: bool = True) -> None:
        """Start over: the workspace as at the start, no faults, wall time; tokens stay.

        Without `tell` the pages hear of it later, from whoever still has a bot to start.
        """
        self.clock.reset()
        self.faults.clear()
        self.traffic.clear()
        self.dispatcher.forget()
        self.uploads.clear()
        self._fill()
        if tell:
            self.hub.tell({"type": "reset"})

    def _fill(self) -> None:
        self.workspace = Workspace(self.clock)
        self.modals = Modals(self.clock.wall, self.workspace.new_id)
        seed.settle(self.workspace, talk=self._talk)
        self.unread = Unread(self.workspace)
        self.unread.all_read()
        self.workspace.listeners.append(self._told)
        self.modals.on_change = self._view

    def _told(self, what: str, message: Message) -> None:
        # Measurements and tests have no page; shapes nobody reads would cost them their time.
        if not self.hub.heard:
            return
        shape = shapes.page_message(self.workspace, message)
        if message.ephemeral_for is not None:
            event = {"type": what, "channel": message.channel, "ts": message.ts, "message": shape}
            self.person_event(message.ephemeral_for, {**event, "thread_ts": message.thread_ts})
            return
        members = self.workspace.channels[message.channel].members
        if what == "deleted":
            self.hub.tell({"type": what, "channel": message.channel, "ts": message.ts}, members)
        else:
            self.hub.tell({"type": what, "channel": message.channel, "message": shape}, members)
        if what == "message":
            for person in members:
                if person not in (message.user, BOT_USER):
                    counts = self.unread.count(person, message.channel)
                    self.person_event(person, {"type": "unread", "channel": message.channel, **counts})

    def _view(self, person: str, what: str) -> None:
        if what == "home":
            self.person_event(person, {"type": "home", "view": self.modals.homes[person].page()})
            return
        top = self.modals.top(person)
        stack = len(self.modals.stacks.get(person, []))
        self.person_event(person, {"type": "view", "view": top.page() if top else None, "stack": stack})

    def _traffic(self, entry: Entry) -> None:
        # Masking costs time; nobody listens while a measurement or a test runs.
        if self.hub.heard:
            self.hub.tell({"type": "traffic", "entry": entry.shape()})
