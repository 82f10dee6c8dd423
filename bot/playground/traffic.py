"""The raw traffic both ways, the last 500 exchanges, secrets masked."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.playground.identity import Json

KEPT: Final = 500
_SECRET = re.compile(r"(xox[a-z]-|xapp-)[A-Za-z0-9-]+|(/reply/[^/]+/)\w+")
_SECRET_FIELDS = frozenset({"token", "ticket", "client_secret"})


@dataclass
class Entry:
    """One exchange. `at` is wall time in unix seconds, `ms` how long the answer took."""

    n: int
    at: float
    direction: str
    kind: str
    request: object
    status: int | None = None
    ms: int | None = None
    response: object = None

    def shape(self) -> Json:
        """The exchange for the page, without secrets."""
        return {
            "n": self.n,
            "at": self.at,
            "direction": self.direction,
            "kind": self.kind,
            "status": self.status,
            "ms": self.ms,
            "request": masked(self.request),
            "response": masked(self.response),
        }


class Traffic:
    """Remembers exchanges in order; `on_entry` is called when an answer is there."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._count = 0
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self.on_entry: Callable[[Entry], None] | None = None

    def begin(self, direction: str, kind: str, request: object) -> Entry:
        """A request has left: `to_bot` or `from_bot`."""
        self._count += 1
        entry = Entry(self._count, self._wall(), direction, kind, request)
        self._entries.append(entry)
        return entry

    def end(self, entry: Entry, status: int | None, response: object) -> None:
        """Its answer is there; status None when there was none."""
        entry.status, entry.response = status, response
        entry.ms = round((self._wall() - entry.at) * 1000)
        if self.on_entry is not None:
            self.on_entry(entry)

    def after(self, n: int = 0) -> list[Entry]:
        """The exchanges with a greater number, oldest first."""
        return [entry for entry in self._entries if entry.n > n]

    def clear(self) -> None:
        """Forgets all; numbers go on."""
        self._entries.clear()


def masked(value: Any) -> Any:  # noqa: ANN401 - any JSON in, the same shape out
    """The value with tokens and the secret part of response URLs replaced by dots."""
    if isinstance(value, dict):
        return {
            key: "•••" if key in _SECRET_FIELDS and isinstance(held, str) else masked(held)
            for key, held in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    if isinstance(value, str):
        return _SECRET.sub(lambda found: f"{found.group(1) or found.group(2)}•••", value)
    return value
