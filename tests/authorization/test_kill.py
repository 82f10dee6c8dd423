"""kill -9 under load: whoever was answered has a decision on disk, and it is the one that was answered.

`make test` kills once; `make crash` a hundred times, at random moments.
"""

from __future__ import annotations

import asyncio
import os
import signal
from random import Random
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlmodel import col, select

from storage.tables_stripe import AuthorizationDecision
from tests.authorization.site import Site, child, serve
from tests.support.authorizing import body, event, signed

if TYPE_CHECKING:
    from storage import Database

CONNECTIONS = 16
KILLS = int(os.environ.get("KILLS", "100"))
Told = dict[str, tuple[bool, str]]
"""By event: whether it was approved, and the rule."""


async def answered_until_dead(site: Site, run: int, wait: float) -> Told:
    """What was answered until the process was killed, so many seconds after the hundredth answer."""
    assert site.process is not None
    told: Told = {}
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
                found = answer.json()
                told[f"evt_{name}"] = (found["approved"], found["metadata"]["rule"])
                if len(told) > 100:
                    enough.set()

    async def kill(pid: int) -> None:
        await enough.wait()
        await asyncio.sleep(wait)
        os.kill(pid, signal.SIGKILL)

    await asyncio.gather(kill(site.process.pid), *[load(n) for n in range(CONNECTIONS)])
    return told


def killed(database: Database, url: str, run: int, wait: float) -> int:
    """Kill once, compare every answer with its row, and return how many there were."""
    with child() as process:
        told = asyncio.run(answered_until_dead(serve(process, url), run, wait))
    with database.reading() as session:
        rows = session.exec(
            select(AuthorizationDecision).where(col(AuthorizationDecision.event).startswith(f"evt_{run}_"))
        ).all()
    stored = {row.event: (row.approved, row.rule) for row in rows}
    assert len(told) > 100
    lost = {name: answer for name, answer in told.items() if stored.get(name) != answer}
    assert not lost, f"answered, and not on disk: {list(lost.items())[:5]}"
    assert len(stored) - len(told) <= CONNECTIONS  # committed, and killed before the answer
    return len(told)


def test_every_answer_that_was_given_is_on_disk_after_kill_9(database: Database, database_url: str) -> None:
    killed(database, database_url, 0, 0.05)


@pytest.mark.crash
@pytest.mark.parametrize("run", range(1, KILLS + 1))
def test_kills_at_random_moments_lose_no_answer(database: Database, database_url: str, run: int) -> None:
    wait = Random().uniform(0, 0.4)  # noqa: S311 - a moment, no secret
    print(f"kill {run}: {killed(database, database_url, run, wait)} answers, all on disk")
