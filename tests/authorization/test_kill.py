"""kill -9 under load: whoever was answered has a decision on disk."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlmodel import select

from storage.tables_stripe import AuthorizationDecision
from tests.authorization.site import Site, child_site
from tests.support.authorizing import body, event, signed

if TYPE_CHECKING:
    from storage import Database

CONNECTIONS = 16


async def answered_until_dead(site: Site, run: int) -> list[str]:
    """The events that were answered while the process was killed in the middle of the load."""
    assert site.process is not None
    acknowledged: list[str] = []
    enough = asyncio.Event()

    async def load(connection: int) -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            for n in range(10_000):
                name = f"{run}_{connection}_{n}"
                raw = body(event(name))
                try:
                    answer = await client.post(
                        f"{site.url}/stripe/authorizations", content=raw, headers=signed(raw)
                    )
                except httpx.TransportError:
                    return
                assert answer.status_code == 200
                acknowledged.append(f"evt_{name}")
                if len(acknowledged) > 100 * (1 + run):
                    enough.set()

    async def kill(pid: int) -> None:
        await enough.wait()
        os.kill(pid, signal.SIGKILL)

    await asyncio.gather(kill(site.process.pid), *[load(n) for n in range(CONNECTIONS)])
    return acknowledged


@pytest.mark.parametrize("run", [0, *(pytest.param(n, marks=pytest.mark.crash) for n in range(1, 6))])
def test_every_answer_that_was_given_is_on_disk_after_kill_9(
    database: Database, database_url: str, run: int
) -> None:
    with child_site(database_url) as site:
        acknowledged = asyncio.run(answered_until_dead(site, run))
    with database.reading() as session:
        stored = set(session.exec(select(AuthorizationDecision.event)).all())
    assert len(acknowledged) > 100
    assert set(acknowledged) <= stored
    assert len(stored) - len(acknowledged) <= CONNECTIONS  # committed, and killed before the answer
