"""The two ways in which the local Slack says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.playground.identity import Json


class SlackError(Exception):
    """A refusal of the Web API, by Slack's own error name.

    Attributes:
        error: the name Slack documents for the method, such as `not_in_channel`.
        extra: further fields of the reply (`needed`, `provided`, `response_metadata` …).
    """

    def __init__(self, error: str, **extra: object) -> None:
        super().__init__(error)
        self.error = error
        self.extra: Json = dict(extra)

    @classmethod
    def with_messages(cls, error: str, messages: list[str]) -> SlackError:
        """The same refusal with the findings where Slack puts them."""
        return cls(
            error, errors=messages, response_metadata={"messages": [f"[ERROR] {text}" for text in messages]}
        )


class PlayError(Exception):
    """A person asked the playground for something that Slack's own client would not do; one sentence."""


class SceneError(PlayError):
    """An act went wrong in a way that trying again would not repair; one sentence."""
