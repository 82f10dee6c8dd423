"""What else presses on authorizations: two servers, a worker beside, bursts, a table of ten million rows.

Parts of `gantry bench authorizations`; each returns figures under their names of the JSON object.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.outbox import put_direct
from bot.playground.bench_request import CARDS
from bot.playground.identity import TEAM_ID
from bot.playground.workspace import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from bot.playground.bench_authorizations import Server
    from bot.playground.slack import Slack
    from storage import Database

    Load = Callable[[Server, int, float], dict[str, Any]]
    """server, connections, seconds → what wrk says"""
    Start = Callable[[str], AbstractContextManager[int]]
    """a command of `gantry` (web, worker, run) → the port at which it serves"""

READERS: Final = 200
MESSAGES: Final = 1_000
WEBHOOKS: Final = 200
RATE: Final = 100
BESIDE_SECONDS: Final = 12.0
LONGEST_WAIT: Final = 60.0
MILLIONS: Final = 10_000_000
_FIRST: Final = iter(range(4_000_000_000, 4_100_000_000, 1_000_000))
"""Above the numbers of every run of wrk."""


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share of the sorted values lies (nearest rank)."""
    return values[max(0, math.ceil(len(values) * share / 100) - 1)] if values else math.nan


def two_servers(
    load: Load, one: Server, other: Server, *, connections: int, seconds: float
) -> dict[str, Any]:
    """Compare one server with two on the same database, in turn; the connections are shared between them."""
    alone: list[float] = []
    both: list[float] = []
    p99: list[float] = []
    for _ in range(3):
        alone.append(_rps(load(one, connections, seconds)))
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda server: load(server, connections // 2, seconds), (one, other)))
        both.append(sum(_rps(each) for each in found))
        p99.append(max(each["p99_ms"] for each in found))
    ratio = statistics.median(b / a for a, b in zip(alone, both, strict=True))
    return {
        "two_servers_rps": round(statistics.median(both), 1),
        "two_servers_ratio": round(ratio, 3),
        "two_servers_p99_ms": round(statistics.median(p99), 2),
    }


def _rps(found: dict[str, Any]) -> float:
    return float(found["requests"]) / float(found["seconds"])


def open_loop(order: dict[str, Any]) -> dict[str, Any]:
    """Ask 100 times a second for ten seconds, then 500 times at one instant, each on its own connection."""
    steady = asked({**order, "rate": RATE, "seconds": 10})
    bursts = [asked({**order, "burst": 500}) for _ in range(3)]
    return {
        "open_p50_ms": round(percentile(steady["milliseconds"], 50), 2),
        "open_p99_ms": round(percentile(steady["milliseconds"], 99), 2),
        "burst_last_ms": round(statistics.median(one["milliseconds"][-1] for one in bursts), 1),
        "open_failed": sum(sum(one["failed"].values()) for one in (steady, *bursts)),
        "open_answered": sum(len(one["milliseconds"]) for one in (steady, *bursts)),
    }


def asked(order: dict[str, Any]) -> dict[str, Any]:
    """Run the open loop in a process of its own."""
    order = {"cards": CARDS, "first": next(_FIRST), **order}
    command = [sys.executable, "-m", "bot.playground.bench_open", json.dumps(order)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def beside(
    database: Database, slack: Slack, start: Start, order: dict[str, Any], secret: str
) -> dict[str, Any]:
    """Measure while 1,000 messages are delivered and 200 webhooks a second come in.

    First `gantry web` beside a `gantry worker`, which has a limit; then `gantry run`, both in one process,
    which is only reported.
    """
    for number in range(READERS):
        user = f"U0READ{number:03}"
        slack.workspace.add_person(Person(user, user.lower(), "Lead", "lead", "en-US", "UTC", "808080"))
    report: dict[str, Any] = {}
    for name, commands in (("beside", ("web", "worker")), ("run", ("run",))):
        with ExitStack() as stack:
            ports = [stack.enter_context(start(command)) for command in commands]
            before = delivered(slack)
            began = time.monotonic()
            _put(database)
            pressed = {"rate": RATE, "seconds": BESIDE_SECONDS, "webhooks": WEBHOOKS}
            found = asked({**order, "port": ports[0], **pressed, "webhook_secret": secret})
            while delivered(slack) - before < MESSAGES and time.monotonic() - began < LONGEST_WAIT:
                time.sleep(0.05)
            took = time.monotonic() - began
        times, webhooks = found["milliseconds"], found["webhooks"]
        report |= {
            f"{name}_p50_ms": round(percentile(times, 50), 2),
            f"{name}_p99_ms": round(percentile(times, 99), 2),
            f"{name}_longest_ms": round(times[-1], 1),
            f"{name}_webhook_p99_ms": round(percentile(webhooks, 99), 1),
            f"{name}_delivered": delivered(slack) - before,
            f"{name}_seconds": round(took, 1),
            f"{name}_failed": sum(found["failed"].values()),
            f"{name}_answered": len(times),
        }
    return report


def delivered(slack: Slack) -> int:
    """Return how many messages the readers have got."""
    return sum(len(slack.workspace.messages(channel.id)) for channel in _conversations(slack))


def _conversations(slack: Slack) -> Iterator[Any]:
    for channel in list(slack.workspace.channels.values()):
        if channel.is_im and (channel.user or "").startswith("U0READ"):
            yield channel


def _put(database: Database) -> None:
    now = datetime.now(UTC)
    for user in range(READERS):
        with database.transaction() as session:
            for _ in range(MESSAGES // READERS):
                put_direct(
                    session,
                    team=TEAM_ID,
                    user=f"U0READ{user:03}",
                    view="task.done",
                    facts={},
                    language="en",
                    now=now,
                )


def fill(database: Database, rows: int = MILLIONS) -> float:
    """Multiply the decisions of a database to so many, by one statement; returns the seconds it took."""
    began = time.monotonic()
    with database.transaction() as session:
        connection = session.connection()
        have = connection.exec_driver_sql("SELECT count(*) FROM authorization_decision").scalar_one()
        connection.exec_driver_sql(_MANY.format(copies=math.ceil(rows / have) - 1))
    return time.monotonic() - began


_MANY: Final = """
WITH RECURSIVE copies (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copies WHERE number < {copies})
INSERT INTO authorization_decision (event, "authorization", entries, account, livemode, card, cardholder,
  amount, currency, approved, answer_amount, counted, rule, policy, inputs, outcomes, at)
SELECT event || '_' || number, "authorization" || '_' || number, entries, account, livemode, card, cardholder,
  amount, currency, approved, answer_amount, counted, rule, policy, inputs, outcomes, at
FROM copies CROSS JOIN authorization_decision
"""
