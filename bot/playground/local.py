"""`LocalSlack`: a whole Slack for tests and measurements, driven by plain calls from any thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from bot.playground import forms, gestures, methods_files, state
from bot.playground.asgi import build
from bot.playground.clock import PlayClock
from bot.playground.errors import PlayError
from bot.playground.finding import button_in, choose
from bot.playground.identity import OLGA, VERIFICATION_TOKEN
from bot.playground.running import ServerThread
from bot.playground.slack import Slack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from bot.playground.ack import Ack
    from bot.playground.faults import Faults
    from bot.playground.identity import Json
    from bot.playground.modals import View
    from bot.playground.traffic import Entry
    from bot.playground.workspace import Message, StoredFile


class LocalSlack:
    """Runs a local Slack on a free loopback port while the `with` block lasts.

    Args:
        manifest: the app's manifest; None takes a small permissive one.
        wall: the wall clock in unix seconds (triggers, rates, signatures).
        clock_file: where the offset of the business time is written for the bot.
        rates: False switches the rate limits off.
        talk: True seeds the conversations people see in the browser.
        retry_delays: seconds before each further attempt to deliver an event.
        ack_seconds: how long the bot has to acknowledge.
        port: 0 for any free port; a fixed one to come back at the same address.
    """

    def __init__(
        self,
        *,
        manifest: Json | None = None,
        wall: Callable[[], float] = time.time,
        clock_file: Path | None = None,
        rates: bool = True,
        talk: bool = False,
        retry_delays: Sequence[float] = (0, 60, 300),
        ack_seconds: float = 3.0,
        port: int = 0,
    ) -> None:
        self.slack = Slack(
            manifest=manifest,
            clock=PlayClock(wall, clock_file),
            rates=rates,
            talk=talk,
            retry_delays=retry_delays,
            ack_seconds=ack_seconds,
        )
        self._server = ServerThread(build(self.slack), port)
        self.origin = f"http://127.0.0.1:{self._server.port}"
        self.slack.origin = self.origin

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def api_url(self) -> str:
        """The `base_url` of a `WebClient`, with its last slash."""
        return f"{self.origin}/api/"

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.slack.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token for Socket Mode."""
        return self.slack.app_token

    @property
    def signing_secret(self) -> str:
        """What requests to the bot are signed with."""
        return self.slack.signing_secret

    @property
    def faults(self) -> Faults:
        """The faults, as plain attributes."""
        return self.slack.faults

    @property
    def clock(self) -> PlayClock:
        """The business clock: `forward`, `to`, `reset`."""
        return self.slack.clock

    @property
    def traffic(self) -> list[Entry]:
        """The last exchanges with the bot, oldest first."""
        return self.slack.traffic.after()

    def attach(self, bot_url: str, signing_secret: str | None = None) -> None:
        """Sends to the bot at this origin or URL; a bare origin gets `/slack/events`."""
        bare = urlsplit(bot_url).path in ("", "/")
        url = f"{bot_url.rstrip('/')}/slack/events" if bare else bot_url
        self.slack.dispatcher.attach(url, signing_secret)

    def command(self, person: str, channel: str, text: str) -> Ack | None:
        """A person types `/word text`; returns the bot's acknowledgement.

        Raises:
            PlayError: Slack itself refuses.
        """
        return self._server.do(gestures.command(self.slack, person, channel, text))

    def say(
        self, person: str, channel: str, text: str, *, thread_ts: str | None = None, files: Sequence[str] = ()
    ) -> Message:
        """A person writes a message; `dm` as channel is their conversation with the bot."""

        async def work() -> Message:
            return gestures.say(self.slack, person, channel, text, thread_ts=thread_ts, files=files)

        return self._server.do(work())

    def upload(self, person: str, name: str, content: bytes, mimetype: str | None = None) -> StoredFile:
        """A person's file, ready to be said or put in a form by its `id`."""

        async def work() -> StoredFile:
            return methods_files.keep(self.slack, name, content, person, mimetype)

        return self._server.do(work())

    def click(
        self,
        person: str,
        button: str,
        *,
        channel: str | None = None,
        ts: str | None = None,
        value: object = None,
        home: bool = False,
    ) -> Ack:
        """A person uses an element, found by the start of its action id or by its words.

        Args:
            person: who.
            button: the start of an `action_id`, or the label.
            channel: look in this channel's messages, newest first, threads included (`dm` for the bot's).
            ts: only in this message.
            value: what is chosen in a select, datepicker, overflow or other element that is no button.
            home: look in the person's Home tab. Without channel and home: in the modal that is open.

        Raises:
            PlayError: there is no such element; the sentence names those that are there.
        """

        async def work() -> Ack:
            container, block, element = button_in(
                self.slack, person, button, channel=channel, ts=ts, home=home
            )
            return await forms.act(self.slack, person, container, choose(block, element, value))

        return self._server.do(work())

    def click_raw(self, person: str, container: Json, action: Json, values: Json | None = None) -> Ack:
        """A click exactly as given: also on buttons that are not there any more."""
        return self._server.do(forms.act(self.slack, person, container, action, values))

    def fill(self, person: str, fields: Mapping[str, object]) -> Json:
        """The `state.values` of the open modal with these fields (block id, action id or label) filled in."""
        return self._server.do(forms.filled(self.slack, person, fields))

    def submit(self, person: str, fields: Mapping[str, object] | None = None) -> Json:
        """A person fills in fields of the open modal and sends it.

        Returns:
            `{"ok": True}`, `{"errors": {block_id: text}}` or `{"error": text}`.

        Raises:
            PlayError: no modal is open, or a field or option does not exist.
        """

        async def work() -> Json:
            values = await forms.filled(self.slack, person, fields or {})
            top = self.slack.modals.top(person)
            if top is None:
                raise PlayError(f"{person} has no form open.")
            return await forms.submit(self.slack, person, top.id, values)

        return self._server.do(work())

    def close(
        self, person: str, *, everything: bool = False, fields: Mapping[str, object] | None = None
    ) -> None:
        """A person leaves the modal in front of them, or all of the stack; `fields` is what they typed."""

        async def work() -> None:
            top = self.slack.modals.top(person)
            if top is not None:
                values = await forms.filled(self.slack, person, fields) if fields else None
                await forms.close(self.slack, person, top.id, everything=everything, values=values)

        self._server.do(work())

    def suggest(
        self, person: str, field: str, value: str = "", *, channel: str | None = None, ts: str | None = None
    ) -> Json:
        """The options of an external select of the open modal, or of a message of this channel."""

        async def work() -> Json:
            if channel is not None:
                container, block, element = button_in(self.slack, person, field, channel=channel, ts=ts)
                return await forms.suggest(
                    self.slack, person, container, block["block_id"], element["action_id"], value
                )
            top = self.slack.modals.top(person)
            if top is None:
                raise PlayError(f"{person} has no form open.")
            block, element = state.find_field(top.blocks, field)
            where = {"view_id": top.id}
            return await forms.suggest(
                self.slack, person, where, block["block_id"], element["action_id"], value
            )

        return self._server.do(work())

    def shortcut(
        self, person: str, callback_id: str, channel: str | None = None, ts: str | None = None
    ) -> Ack:
        """A person uses a global shortcut, or with channel and ts a message shortcut."""
        return self._server.do(gestures.shortcut(self.slack, person, callback_id, channel, ts))

    def open_home(self, person: str, tab: str = "home") -> None:
        """A person opens the app's Home tab; the bot hears `app_home_opened`."""

        async def work() -> None:
            gestures.open_home(self.slack, person, tab)

        self._server.do(work())

    def event(self, inner: Json) -> str | None:
        """Sends an event (`app_uninstalled` …); gives its id, None when the app is not subscribed."""

        async def work() -> str | None:
            return self.slack.events.send(inner)

        return self._server.do(work())

    def verify_url(self, challenge: str = "a challenge") -> Ack:
        """Sends `url_verification`, as Slack does when the request URL is entered."""
        asked = {"token": VERIFICATION_TOKEN, "challenge": challenge, "type": "url_verification"}
        return self._server.do(self.slack.dispatcher.interact("url_verification", asked))

    def change_person(self, person: str, **fields: object) -> None:
        """Changes somebody (`locale`, `tz`, `deleted`, `guest` …); the bot hears `user_change`.

        Raises:
            AttributeError: people have no such field.
        """

        async def work() -> None:
            known = self.slack.workspace.people[person]
            for name, value in fields.items():
                getattr(known, name)
                setattr(known, name, value)
            known.updated = int(self.clock.wall())
            self.slack.events.user_changed(person)

        self._server.do(work())

    def archive(self, channel: str, *, on: bool = True) -> None:
        """Archives a channel, or brings it back."""

        async def work() -> None:
            self.slack.workspace.channels[channel].archived = on
            self.slack.events.archived(channel, OLGA, on=on)

        self._server.do(work())

    def share(self, channel: str, *, on: bool = True) -> None:
        """Shares a channel with another company, or takes that back."""

        async def work() -> None:
            self.slack.workspace.channels[channel].shared = on
            self.slack.events.shared(channel, on=on)

        self._server.do(work())

    def delete(self, channel: str, ts: str) -> None:
        """Somebody with the right to do so deletes a message, also one of the bot.

        Raises:
            PlayError: it is not there.
        """

        async def work() -> None:
            message = self.slack.workspace.find(channel, ts)
            if message is None:
                raise PlayError("This message is gone.")
            self.slack.workspace.delete(message)
            self.slack.events.removed(message)

        self._server.do(work())

    def messages(self, channel: str) -> list[Message]:
        """Messages of a channel with threads, oldest first; a person's id for their talk with the bot."""
        name = self.slack.workspace.direct(channel).id if channel in self.slack.workspace.people else channel
        return [message for message in self.slack.workspace.messages(name) if not message.deleted]

    def thread(self, channel: str, ts: str) -> list[Message]:
        """Root and replies."""
        return self.slack.workspace.thread(channel, ts)

    def ephemerals(self, person: str, channel: str | None = None) -> list[Message]:
        """What only this person was shown, oldest first."""
        return [
            message
            for message in list(self.slack.workspace.ephemerals.values())
            if message.ephemeral_for == person and channel in (None, message.channel)
        ]

    def view(self, person: str) -> View | None:
        """The modal in front of a person."""
        return self.slack.modals.top(person)

    def home(self, person: str) -> View | None:
        """A person's Home tab."""
        return self.slack.modals.homes.get(person)

    def wait_for(self, true: Callable[[], object], seconds: float = 5.0, what: str = "it") -> object:
        """Waits until a call gives something true, and gives that.

        Raises:
            PlayError: it did not within so many seconds.
        """
        until = time.monotonic() + seconds
        while not (found := true()):
            if time.monotonic() > until:
                raise PlayError(f"{what} did not happen within {seconds:g} seconds")
            time.sleep(0.01)
        return found

    def wait_message(self, channel: str, text: str, seconds: float = 5.0) -> Message:
        """The newest message of a channel whose text or blocks contain this text.

        Raises:
            PlayError: none appeared; the sentence quotes the last one.
        """

        def find() -> Message | None:
            found = [m for m in self.messages(channel) if text in m.text or text in str(m.blocks or "")]
            return found[-1] if found else None

        try:
            self.wait_for(find, seconds)
        except PlayError:
            last = [message.text for message in self.messages(channel)][-1:]
            raise PlayError(
                f"No message with “{text}” in {channel} within {seconds:g} s; the last: {last}"
            ) from None
        found = find()
        if found is None:
            raise PlayError(f"The message with “{text}” is gone again.")
        return found

    def reset(self) -> None:
        """A fresh workspace on the same address with the same tokens: quicker than another server."""

        async def work() -> None:
            self.slack.reset()

        self._server.do(work())

    def idle(self, seconds: float = 5.0) -> bool:
        """Waits until no delivery to the bot is under way."""
        return self._server.do(self.slack.dispatcher.idle(seconds))

    def refresh_sockets(self) -> None:
        """Asks the bot to open new Socket Mode connections, as Slack does every few hours."""
        self._server.do(self.slack.sockets.refresh())

    def drop_sockets(self) -> None:
        """Cuts all Socket Mode connections."""
        self._server.do(self.slack.sockets.drop())
