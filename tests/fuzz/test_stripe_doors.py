"""Damaged requests at Stripe's two doors, in this process: no answer of 500 or more, nothing left unhandled.

`make test` sends the same ones every time; `make fuzz` sends a hundred thousand new ones.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlmodel import col, select

from bot import web
from bot.authorization import Endpoint
from bot.clock import Clock
from bot.listeners.stripe_event import Inbox
from bot.setting_rules import Entry
from storage import Database
from storage.tables_stripe_event import StripeEvent
from tests.authorization.site import endpoint
from tests.fuzz.mutation import mutated
from tests.stripe.rig import Rig
from tests.support import authorizing
from tests.support.databases import database
from tests.support.stripe_lives import (
    life_of_authorization,
    life_of_card,
    life_of_dispute,
)

__all__ = ["database"]

USUAL = settings().derandomize
EACH = 600 if USUAL else 2_000
PARTS = 1 if USUAL else 25
"""Of 2,000 requests at each of two doors: a hundred thousand, and no test longer than its time."""
AT_ONCE = 64
SECRET = authorizing.SECRET
MAY_FAIL = {"NoObjectError"}
"""What the handler of an event may say of one that is about nothing: it becomes a dead letter."""


@dataclass
class Doors:
    """Both doors of one Gantry, and what the log said of failures."""

    app: Endpoint
    rig: Rig
    failed: list[str] = field(default_factory=list)

    async def send(self, path: str, raw: bytes, headers: dict[str, str]) -> int:
        """The status of the answer to one request."""
        status: list[int] = []
        parts = iter([{"type": "http.request", "body": raw, "more_body": False}])

        async def receive() -> Any:
            return next(parts, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [
                (name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        await self.app(scope, receive, send)
        return status[0]

    def in_trouble(self) -> list[StripeEvent]:
        """The events that could not be handled."""
        with self.rig.database.reading() as session:
            wanted = select(StripeEvent).where(col(StripeEvent.state).not_in(("handled", "ignored")))
            return list(session.exec(wanted).all())

    async def all(self, path: str, sent: list[tuple[bytes, dict[str, str]]]) -> list[int]:
        return list(await asyncio.gather(*(self.send(path, *one) for one in sent)))


class Failures(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


@pytest.fixture
def backend() -> str:
    """SQLite: what is read is the same everywhere."""
    return "sqlite"


@pytest.fixture
def doors(database: Database) -> Iterator[Doors]:
    pool = ThreadPoolExecutor(8)
    secrets = (Entry("", SecretStr(SECRET)),)
    inbox = Inbox(database, Clock(), secrets=secrets)
    behind = web.build(
        dispatch=None,
        pool=pool,
        ready=list,
        registry=CollectorRegistry(),
        stripe=inbox.record,
        stripe_pool=pool,
    )
    app, _ = endpoint(database, database, behind)
    made = Doors(app, Rig(database))
    errors = Failures(made.failed)
    logging.getLogger().addHandler(errors)
    app.start()
    yield made
    app.end()
    logging.getLogger().removeHandler(errors)
    pool.shutdown()


def signed(raw: bytes, random: Random) -> dict[str, str]:
    """The headers of a request: mostly right, for what is not signed is refused at once."""
    headers = authorizing.signed(raw, secret=SECRET)
    if random.random() < 0.03:
        headers["stripe-signature"] = random.choice(
            ["", "t=1", "t=,v1=", "v1=" + "0" * 64, "t=9" * 400, "t=1,v1=é", "t=-1,v1=x,v1=y"]
        )
    return headers


def whole(door: str, random: Random) -> dict[str, Any]:
    """A request as Stripe sends it, of a card and an authorization among few, so that they meet."""
    if door == "authorizations":
        return authorizing.event(
            f"{random.randrange(10**9)}",
            card=f"ic_{random.randrange(5)}",
            cardholder=f"ich_{random.randrange(3)}",
            request_history=[{}] * random.randrange(2),
        )
    life = random.choice([life_of_card, life_of_authorization, life_of_dispute])
    made = random.choice(list(life()))
    return {**made, "id": f"evt_{random.randrange(10**9)}"}


@pytest.mark.fuzz
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("door", ["authorizations", "webhook"])
def test_damaged_requests_of_stripe_are_answered_and_handled(doors: Doors, door: str, part: int) -> None:
    seed = 7 + part if USUAL else int.from_bytes(os.urandom(6))
    random = Random(seed)  # noqa: S311 - damage that can be repeated, no secret
    statuses: Counter[int] = Counter()
    left = EACH
    while left > 0:
        batch = []
        for _ in range(min(AT_ONCE, left)):
            raw = mutated(whole(door, random), "event", random).body
            batch.append((raw, signed(raw, random)))
        found = asyncio.run(doors.all(f"/stripe/{door}", batch))
        wrong = [(status, raw) for status, (raw, _) in zip(found, batch, strict=True) if status >= 500]
        assert not wrong, f"seed {seed}: {wrong[0][0]} {wrong[0][1][:3000]!r}"
        statuses.update(found)
        left -= len(batch)
        if door == "webhook":
            doors.rig.work()
            troubled = [row for row in doors.in_trouble() if row.error not in MAY_FAIL]
            assert not troubled, f"seed {seed}: {troubled[0].error} {troubled[0].body}"
    assert doors.failed == [] or all("NoObjectError" in one for one in doors.failed), f"seed {seed}"
    assert set(statuses) <= {200, 400, 413}
    assert statuses[200] > statuses[400] / 4, "most requests must get further than the signature"
