"""What the local Stripe holds: objects and events of each account and mode."""

from __future__ import annotations

import copy
import itertools
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.playground.stripe.errors import missing

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
VERSION: Final = "2026-10-28.endive"
KEEPS_SECONDS: Final = 30 * 86400
"""Stripe lists the events of the last 30 days."""


@dataclass(frozen=True)
class Whose:
    """A connected account, or `''` for the platform, in one mode."""

    account: str = ""
    livemode: bool = False


@dataclass
class Vault:
    """Objects by kind and id, and every event in the order in which it was made.

    `lock` is held by whoever reads and changes; `on_event` hears of each event after it was made.
    """

    now: Callable[[], float]
    objects: dict[tuple[Whose, str, str], Json] = field(default_factory=dict)
    events: list[tuple[Whose, Json]] = field(default_factory=list)
    done: dict[str, Json] = field(default_factory=dict)  # answers by idempotency key
    lock: threading.RLock = field(default_factory=threading.RLock)
    on_event: Callable[[Whose, Json], None] | None = None
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def new_id(self, prefix: str) -> str:
        """Return an id that nothing has yet."""
        return f"{prefix}_{next(self._numbers):06d}LOCAL"

    def put(self, whose: Whose, found: Json) -> Json:
        """Keep an object under its kind and id."""
        self.objects[whose, found["object"], found["id"]] = found
        return found

    def get(self, whose: Whose, kind: str, object_id: str) -> Json:
        """Return the object itself, to be read or changed under the lock.

        Raises:
            StripeProblem: there is none, as Stripe says it.
        """
        try:
            return self.objects[whose, kind, object_id]
        except KeyError:
            raise missing(kind, object_id) from None

    def all(self, whose: Whose, kind: str) -> list[Json]:
        """Return the objects of a kind, the newest first."""
        found = [one for (owner, what, _), one in self.objects.items() if (owner, what) == (whose, kind)]
        return sorted(found, key=lambda one: (one.get("created", 0), one["id"]), reverse=True)

    def tell(self, whose: Whose, kind: str, about: Json) -> Json:
        """Make an event that shows an object as it is now."""
        event: Json = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": VERSION,
            "created": int(self.now()),
            "data": {"object": copy.deepcopy(about)},
            "livemode": whose.livemode,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        if whose.account:
            event["account"] = whose.account
        self.events.append((whose, event))
        if self.on_event is not None:
            self.on_event(whose, event)
        return event

    def listed(self, whose: Whose) -> list[Json]:
        """Return the events Stripe still lists, the newest first."""
        oldest = self.now() - KEEPS_SECONDS
        found = [event for owner, event in self.events if owner == whose and event["created"] >= oldest]
        return found[::-1]
