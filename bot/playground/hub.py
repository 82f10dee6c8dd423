"""Server-Sent Events: what happens is told at once to every open page that may see it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.playground.identity import Json

_BACKLOG: Final = 2_000


@dataclass(eq=False)
class Listener:
    """One open page: its person (None hears everything) and the events not yet sent."""

    person: str | None
    queue: asyncio.Queue[Json] = field(default_factory=lambda: asyncio.Queue(_BACKLOG))


class Hub:
    """Sends events to people's pages. A page that does not read is told to load again."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self.revision = 0

    @property
    def heard(self) -> bool:
        """True while any page listens."""
        return bool(self._listeners)

    @contextmanager
    def listening(self, person: str | None) -> Iterator[Listener]:
        """A page's events while it listens."""
        listener = Listener(person)
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)

    def close(self) -> None:
        """Ends the streams of all pages: the playground stops."""
        self.tell({"type": "end"})

    def tell(self, event: Json, people: list[str] | None = None) -> None:
        """Sends an event to these people's pages, or to all."""
        self.revision += 1
        for listener in self._listeners:
            if people is not None and listener.person is not None and listener.person not in people:
                continue
            if listener.queue.full():
                while not listener.queue.empty():
                    listener.queue.get_nowait()
                listener.queue.put_nowait({"type": "reset"})
            listener.queue.put_nowait(event)
