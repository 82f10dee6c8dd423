"""Signed delivery of events, with everything that can go wrong on the way."""

from __future__ import annotations

import logging
import ssl
from collections import deque
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Final

import httpx

from bot.domain.stripe_signature import sign
from bot.playground.stripe.api import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.playground.stripe.vault import Json, Whose

_log: Final = logging.getLogger(__name__)


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities we trust: reading them takes longer than most deliveries."""
    return ssl.create_default_context()


@dataclass
class StripeFaults:
    """What can go wrong between Stripe and Gantry; plain attributes.

    `drop`: events are lost. `duplicate`: each comes twice. `reorder`: the last one waiting comes first.
    `delay`: nothing is delivered for now. `lost_reply`: a call has its effect, and its answer is cut off.
    `lost_path`: only calls whose path ends so lose theirs.
    `rate_limit`: calls are refused with 429. `outage`: calls are answered with 503.
    """

    drop: bool = False
    duplicate: bool = False
    reorder: bool = False
    delay: bool = False
    lost_reply: bool = False
    lost_path: str = ""
    rate_limit: bool = False
    outage: bool = False

    def clear(self) -> None:
        """Everything works again."""
        for one in fields(self):
            setattr(self, one.name, one.default)


@dataclass
class Deliveries:
    """Brings events to one endpoint; what was refused is tried again by the next `flush()`."""

    faults: StripeFaults
    wall: Callable[[], float]
    url: str = ""
    secret: str = ""
    waiting: deque[Json] = field(default_factory=deque)
    statuses: list[int] = field(default_factory=list)

    def attach(self, url: str, secret: str) -> None:
        """Deliver to this address, signed with this secret."""
        self.url, self.secret = url, secret

    def take(self, whose: Whose, event: Json) -> None:
        """An event was made: it waits for `flush()`, or is lost."""
        del whose
        if self.faults.drop or not self.url:
            return
        self.waiting.extend([event, event] if self.faults.duplicate else [event])

    def flush(self) -> int:
        """Deliver what waits, and return how many deliveries were accepted."""
        if self.faults.delay:
            return 0
        if not self.waiting:
            return 0
        batch = list(self.waiting)
        self.waiting.clear()
        if self.faults.reorder:
            batch.reverse()
        accepted = 0
        with httpx.Client(verify=_trusted(), timeout=30) as client:
            for event in batch:
                body = written(event)
                headers = {
                    "stripe-signature": sign(body, self.secret, int(self.wall())),
                    "user-agent": "Stripe/1.0",
                }
                try:
                    status = client.post(self.url, content=body, headers=headers).status_code
                except httpx.HTTPError as error:
                    _log.info("delivery failed: %s", type(error).__name__)
                    status = 0
                self.statuses.append(status)
                if status == httpx.codes.OK:
                    accepted += 1
                else:
                    self.waiting.append(event)
        return accepted
