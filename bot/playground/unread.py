"""Who has read what: unread messages and mentions per person and channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.playground.identity import Json
    from bot.playground.workspace import Message, Workspace


class Unread:
    """Counts from the last `ts` a person has seen in a channel."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._last: dict[tuple[str, str], str] = {}

    def last(self, person: str, channel: str) -> str:
        """The `ts` read last, `0` for never."""
        return self._last.get((person, channel), "0")

    def read(self, person: str, channel: str, ts: str) -> None:
        """Everything up to `ts` is read; the mark never goes back."""
        self._last[person, channel] = max(self.last(person, channel), ts)

    def all_read(self) -> None:
        """Nobody has anything to read: the state in which a newcomer finds the workspace."""
        for channel in self._workspace.channels.values():
            messages = self._workspace.messages(channel.id)
            for person in self._workspace.members(channel.id):
                self.read(person.id, channel.id, messages[-1].ts if messages else "0")

    def count(self, person: str, channel: str) -> Json:
        """Messages of the channel not yet read, and how many of those (threads included) name the person."""
        last = self.last(person, channel)
        fresh = [
            message
            for message in self._workspace.after(channel, last)
            if message.user != person and not message.deleted
        ]
        seen = [message for message in fresh if not message.is_reply or message.broadcast]
        direct = self._workspace.channels[channel].is_im
        return {"unread": len(seen), "mentions": sum(direct or _names(message, person) for message in fresh)}

    def everywhere(self, person: str) -> Json:
        """The counts of every channel the person is in."""
        return {
            channel.id: self.count(person, channel.id)
            for channel in self._workspace.channels.values()
            if person in channel.members
        }


def _names(message: Message, person: str) -> bool:
    return f"<@{person}>" in message.text or f"<@{person}>" in str(message.blocks or "")
