from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage.plain import add_numbered
from storage.queries import claim as rows
from storage.tables import SlackEvent

if TYPE_CHECKING:
    from storage import Database

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def put(database: Database, *waits: tuple[str, int]) -> list[int]:
    """Add rows in these states that wait until so many seconds after now; return their ids."""
    with database.transaction() as session:
        return [
            add_numbered(
                session,
                SlackEvent,
                {
                    "team": "T0",
                    "event_id": f"Ev{place}",
                    "kind": "app_mention",
                    "body": "{}",
                    "received_at": NOW,
                    "state": state,
                    "next_attempt_at": NOW + timedelta(seconds=seconds),
                },
            )
            for place, (state, seconds) in enumerate(waits)
        ]


def claim(database: Database, ids: list[int]) -> list[tuple[int, int]]:
    """Claim as a worker does; return ids with their attempts."""
    with database.transaction() as session:
        found = rows.claim(session, SlackEvent, ids, "pending", wall=NOW, until=LATER)
        assert all(row.next_attempt_at == LATER for row in found)
        return [(row.id or 0, row.attempts) for row in found]


def test_what_is_claimed_comes_in_the_order_in_which_it_was_asked_for(database: Database) -> None:
    one, two, three = put(database, ("pending", 0), ("pending", -5), ("pending", -9))
    with database.reading() as session:
        assert rows.due(session, SlackEvent, "pending", NOW, 2) == [three, two]
    assert claim(database, [three, two, one]) == [(three, 1), (two, 1), (one, 1)]


@pytest.mark.parametrize("waits", [("handled", 0), ("dead", -5), ("pending", 1)])
def test_what_no_longer_waits_is_not_claimed(database: Database, waits: tuple[str, int]) -> None:
    ids = put(database, waits, ("pending", 0))
    assert claim(database, ids) == [(ids[1], 1)]
    assert claim(database, ids) == []
    assert claim(database, []) == []


def test_workers_that_claim_the_same_rows_at_once_share_them(database: Database) -> None:
    ids = put(database, *[("pending", 0)] * 20)
    gate = threading.Barrier(3)

    def work(order: int) -> list[tuple[int, int]]:
        gate.wait()
        return claim(database, ids[::order])

    with ThreadPoolExecutor(3) as pool:
        found = [one for each in pool.map(work, (1, -1, 1)) for one in each]
    assert sorted(found) == [(one, 1) for one in ids]
