"""People, channels, messages and files, in memory. It knows no permissions, no HTTP and no bot."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count, takewhile
from typing import TYPE_CHECKING

from bot.playground.clock import Timestamps
from bot.playground.identity import BOT_USER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.playground.clock import PlayClock
    from bot.playground.identity import Json


@dataclass
class Person:
    """Somebody of the workspace; `role` is what the playground tells about them, Slack knows no roles."""

    id: str
    name: str
    title: str
    role: str
    locale: str
    tz: str
    color: str
    guest: bool = False
    deleted: bool = False
    is_bot: bool = False
    updated: int = 1_700_000_000

    @property
    def handle(self) -> str:
        """The user name: the first word of the name, small."""
        return self.name.split()[0].lower()

    @property
    def email(self) -> str:
        """An address in a reserved domain."""
        return f"{self.handle}@quayside.example"


@dataclass
class Channel:
    """A channel, or with `is_im` the conversation of `user` with the bot."""

    id: str
    name: str
    members: list[str]
    private: bool = False
    archived: bool = False
    shared: bool = False  # with another company (Slack Connect)
    is_im: bool = False
    user: str | None = None
    created: int = 1_700_000_000


@dataclass
class StoredFile:
    """A file with its bytes. The bot sees it once it was shared where it is, or submitted in a form."""

    id: str
    name: str
    title: str
    mimetype: str
    content: bytes
    user: str
    created: int
    channels: list[str] = field(default_factory=list)
    submitted: bool = False
    alt: str = ""


@dataclass
class Message:
    """One message; `at` is business time in unix seconds, `ts` its id within the channel."""

    channel: str
    ts: str
    user: str
    text: str
    at: float
    blocks: list[Json] | None = None
    attachments: list[Json] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    bot: bool = False
    edited_ts: str | None = None
    deleted: bool = False
    thread_ts: str | None = None
    broadcast: bool = False
    replies: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    metadata: Json | None = None
    subtype: str | None = None
    ephemeral_for: str | None = None

    @property
    def is_reply(self) -> bool:
        """True for a message that lives in a thread (also when it was sent to the channel too)."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class Workspace:
    """The model. Every change is told to `listeners` as (`message`|`changed`|`deleted`, message)."""

    def __init__(self, clock: PlayClock) -> None:
        self.clock = clock
        self.timestamps = Timestamps(clock.wall)
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, StoredFile] = {}
        self.ephemerals: dict[str, Message] = {}
        self.listeners: list[Callable[[str, Message], None]] = []
        self._messages: dict[str, dict[str, Message]] = {}
        self._numbers = count(1)

    def new_id(self, prefix: str) -> str:
        """An id no other object of this workspace has."""
        return f"{prefix}0PLAY{next(self._numbers):05X}"

    def add_person(self, person: Person) -> None:
        """Makes somebody known."""
        self.people[person.id] = person

    def add_channel(self, channel: Channel) -> None:
        """Makes a channel, without messages."""
        self.channels[channel.id] = channel
        self._messages[channel.id] = {}

    def direct(self, person: str) -> Channel:
        """The conversation of a person with the bot, made on first use."""
        for channel in self.channels.values():
            if channel.is_im and channel.user == person:
                return channel
        made = Channel(
            id=f"D0{person.removeprefix('U0')}",
            name="directmessage",
            members=[person, BOT_USER],
            private=True,
            is_im=True,
            user=person,
        )
        self.add_channel(made)
        return made

    def messages(self, channel: str) -> list[Message]:
        """All messages of a channel with thread replies and tombstones, oldest first."""
        return list(self._messages.get(channel, {}).values())

    def after(self, channel: str, ts: str) -> list[Message]:
        """The messages newer than `ts`, newest first, without walking through all of them."""
        shelf = self._messages.get(channel, {})
        return list(takewhile(lambda message: message.ts > ts, reversed(shelf.values())))

    def find(self, channel: str, ts: str) -> Message | None:
        """A message that is there; deleted ones are not."""
        message = self._messages.get(channel, {}).get(ts)
        return None if message is None or message.deleted else message

    def root(self, channel: str, ts: str) -> Message | None:
        """The message a thread hangs on, also when only its tombstone is left."""
        return self._messages.get(channel, {}).get(ts)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The root (or its tombstone) and the replies that are there, oldest first; empty without a root."""
        root = self.root(channel, ts)
        if root is None:
            return []
        replies = (self.find(channel, reply) for reply in root.replies)
        return [root, *(reply for reply in replies if reply is not None)]

    def post(self, message: Message) -> Message:
        """Adds a message (its `ts` may be empty) and hangs it on its thread."""
        if not message.ts:
            message.ts = self.timestamps.next()
        shelf = self._messages[message.channel]
        shelf[message.ts] = message
        if message.is_reply and message.thread_ts in shelf:
            root = shelf[message.thread_ts]
            root.thread_ts = root.ts
            root.replies.append(message.ts)
        for file in message.files:
            if message.channel not in self.files[file].channels:
                self.files[file].channels.append(message.channel)
        self._tell("message", message)
        if message.is_reply and (parent := self.find(message.channel, str(message.thread_ts))) is not None:
            self._tell("changed", parent)
        return message

    def whisper(self, message: Message) -> Message:
        """Shows a message to one person; it is kept only so that its buttons and its response URL work."""
        if not message.ts:
            message.ts = self.timestamps.next()
        self.ephemerals[message.ts] = message
        while len(self.ephemerals) > 500:  # noqa: PLR2004 - enough for any test, bounded for a long evening
            self.ephemerals.pop(next(iter(self.ephemerals)))
        self._tell("ephemeral", message)
        return message

    def changed(self, message: Message) -> None:
        """Says that a message has new content."""
        self._tell("changed" if message.ephemeral_for is None else "ephemeral_changed", message)

    def delete(self, message: Message) -> None:
        """Takes a message away; a root with replies leaves a tombstone, as in Slack."""
        if message.ephemeral_for is not None:
            self.ephemerals.pop(message.ts, None)
            self._tell("ephemeral_deleted", message)
            return
        message.deleted = True
        if any(self.find(message.channel, reply) for reply in message.replies):
            message.subtype = "tombstone"
            message.text, message.blocks, message.files = "This message was deleted.", None, []
            self._tell("changed", message)
            return
        self._messages[message.channel].pop(message.ts)
        if message.is_reply and (parent := self.root(message.channel, str(message.thread_ts))) is not None:
            parent.replies.remove(message.ts)
            self._tell("changed", parent)
        self._tell("deleted", message)

    def members(self, channel: str) -> Iterable[Person]:
        """The people of a channel, without the bot."""
        return (
            self.people[member] for member in self.channels[channel].members if not self.people[member].is_bot
        )

    def _tell(self, what: str, message: Message) -> None:
        for listener in self.listeners:
            listener(what, message)
