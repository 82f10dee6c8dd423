"""What can go wrong between Slack and the bot, switched on by people or by tests."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

# name -> (title, help), in the order in which the page shows them
TEXTS: Final = {
    "duplicate": ("Send twice", "Every event, click and command reaches the bot two times."),
    "delay": ("Late delivery", "Everything reaches the bot two seconds late."),
    "reorder": ("Wrong order", "Two deliveries that follow each other change places."),
    "drop_reply": (
        "Lost reply",
        "Slack does what it was asked, then cuts the line: once for a new message, always for other calls.",
    ),
    "rate_limit": ("Slow down", "Slack refuses new messages and says: again in 3 seconds."),
    "token_revoked": ("Token revoked", "Slack refuses every call of the bot: token_revoked."),
    "channel_archived": ("Channel archived", "#acme-cards is archived; nobody can write there."),
    "slow": ("Slow answers", "Slack answers each call of the bot after 5 seconds."),
    "outage": ("Outage", "Slack answers each call of the bot with 503."),
}


# What cannot be repeated without being seen twice.
_POSTS: Final = frozenset({"chat.postMessage", "chat.postEphemeral", "files.completeUploadExternal"})


@dataclass
class Faults:
    """Plain attributes; `set` is for the page. Seconds are wall seconds.

    Attributes:
        drop_posts: how many of the next new messages lose their reply (switching `drop_reply` on sets 1).
    """

    duplicate: bool = False
    delay: bool = False
    reorder: bool = False
    drop_reply: bool = False
    rate_limit: bool = False
    token_revoked: bool = False
    channel_archived: bool = False
    slow: bool = False
    outage: bool = False
    drop_posts: int = 0
    delay_seconds: float = 2.0
    slow_seconds: float = 5.0
    reorder_seconds: float = 1.0
    retry_after: int = 3

    def set(self, name: str, *, on: bool) -> None:
        """Switches one fault.

        Raises:
            KeyError: there is no fault of this name.
        """
        if name not in TEXTS:
            raise KeyError(name)
        setattr(self, name, on)
        if name == "drop_reply":
            self.drop_posts = 1 if on else 0

    def clear(self) -> None:
        """Everything works again."""
        for field in fields(self):
            setattr(self, field.name, field.default)

    def drops(self, method: str) -> bool:
        """True when the reply to this call is to be lost; a new message uses one up."""
        if method in _POSTS:
            if self.drop_posts > 0:
                self.drop_posts -= 1
                return True
            return False
        return self.drop_reply

    def listing(self) -> list[dict[str, object]]:
        """Name, title, state and help of every fault, for the page."""
        return [
            {"name": name, "title": title, "on": getattr(self, name), "help": text}
            for name, (title, text) in TEXTS.items()
        ]
