"""What the bot answered to one delivery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.playground.identity import Json

OK: Final = 200


@dataclass(frozen=True)
class Ack:
    """What the bot answered. `problem` is None, `http_timeout`, `connection_failed` or `http_error`."""

    status: int | None
    body: object = None
    problem: str | None = None
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        """True for an acknowledgement in time."""
        return self.problem is None

    @property
    def json(self) -> Json:
        """The body as an object; empty when it is something else."""
        return self.body if isinstance(self.body, dict) else {}
