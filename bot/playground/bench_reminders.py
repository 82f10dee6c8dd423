"""`gantry bench reminders`: a tick's time with a million deadlines that are not due, against ten thousand.

Both databases hold the same 500 deadlines that are due, of programmes made by the real services; what else
they hold is written by one statement. Rounds alternate, and each begins with the same rows.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from bot.clock import Clock
from bot.domain.plan import Answers
from bot.domain.role import Asker
from bot.effects.reminder import Reminders
from bot.plans import load
from bot.playground.identity import TEAM_ID
from bot.services import onboarding, person
from storage import connect, migrate
from storage.queries import bench_reminder as measured
from storage.tables import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage import Database, Session

BEGAN: Final = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
LOOKED: Final = datetime(2026, 11, 6, 15, 0, tzinfo=UTC)
"""A Friday: by then the aim of each programme's first step, three working days, has passed."""

COUNTRY: Final = "US"
_ANSWERS: Final = Answers("us", frozenset({"issuing"}), "embedded_finance")


@dataclass(frozen=True)
class Size:
    """How many deadlines are due, how many are not in the two databases, and how many rounds are run."""

    due: int = 500
    people: int = 50
    few: int = 10_000
    many: int = 1_000_000
    rounds: int = 9


def reminders(*, as_json: bool, size: Size | None = None) -> int:
    """Measure, print a short table, and with `as_json` one JSON object as the last line.

    Returns:
        The exit code: 0, or 1 when a tick said another number of things than there were.
    """
    report = measure(size or Size())
    for line in table(report):
        sys.stdout.write(line + "\n")
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    return 0 if report["said"] == report["due"] else 1


def measure(size: Size) -> dict[str, Any]:
    """Return the medians of the ticks in milliseconds, and their ratio."""
    with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder, ExitStack() as stack:
        databases = {
            name: stack.enter_context(_Bench(Path(folder) / f"{name}.sqlite3", rows, size))
            for name, rows in (("few", size.few), ("many", size.many))
        }
        took: dict[str, list[float]] = {name: [] for name in databases}
        for number in range(size.rounds + 1):
            names = list(databases) if number % 2 else list(reversed(databases))
            for name in names:
                seconds = databases[name].tick()
                if number:  # the first round warms up
                    took[name].append(seconds * 1000)
        said = min(one.said for one in databases.values())
    few, many = (statistics.median(took[name]) for name in ("few", "many"))
    return {
        "ratio": round(many / few, 3),
        "few_ms": round(few, 1),
        "many_ms": round(many, 1),
        "rounds_ms": {name: [round(one, 1) for one in found] for name, found in took.items()},
        "due": size.due,
        "said": said,
        "not_due": [size.few, size.many],
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def table(report: Mapping[str, Any]) -> list[str]:
    """Return the figures for people."""
    few, many = report["not_due"]
    return [
        f"One tick with {report['due']} deadlines due, beside deadlines that are not (median of the rounds):",
        f"  {few:>9,} not due  {report['few_ms']:>8.1f} ms",
        f"  {many:>9,} not due  {report['many_ms']:>8.1f} ms",
        f"  ratio {report['ratio']:.2f} (aim: at most 1.3)",
    ]


class _Bench:
    """A database with deadlines, and a tick that can be run again and again."""

    def __init__(self, file: Path, rows: int, size: Size) -> None:
        url = f"sqlite:///{file}"
        migrate(url)
        self._database = connect(url)
        _plant(self._database, size)
        with self._database.transaction() as session:
            measured.fill(session, rows)
        self._reminders = Reminders(self._database, Clock.fixed(LOOKED), COUNTRY)
        self.said = 0

    def tick(self) -> float:
        """Run one tick on the rows as they were at first, and return its seconds."""
        with self._database.transaction() as session:
            measured.begin_again(session, BEGAN)
        start = time.perf_counter()
        self._reminders.tick()
        seconds = time.perf_counter() - start
        with self._database.reading() as session:
            self.said = measured.said(session)
        return seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()


def _plant(database: Database, size: Size) -> None:
    """Start as many programmes as deadlines are to be due, shared among the people."""
    users = [f"U0P{number:05}" for number in range(size.people)]
    with database.transaction() as session:
        session.add(Workspace(team=TEAM_ID, url="https://play.slack.com/", refreshed_at=BEGAN))
        for user in users:
            found = {"name": user.lower(), "locale": "en-US", "tz": "America/New_York"}
            person.remember(session, team=TEAM_ID, user=user, found=found, now=BEGAN)
    for start in range(0, size.due, 50):
        with database.transaction() as session:
            _start(session, users, range(start, min(start + 50, size.due)))


def _start(session: Session, users: Sequence[str], numbers: range) -> None:
    for number in numbers:
        who = Asker(team=TEAM_ID, user=users[number % len(users)], role="member", language="en")
        new = onboarding.NewProgram(
            name=f"Programme {number + 1}",
            answers=_ANSWERS,
            target_on=BEGAN.date() + timedelta(days=120),
            lead=who.user,
            channel="C0BENCH",
            language="en",
            zone="America/New_York",
            country=COUNTRY,
        )
        onboarding.start(session, who, new, load(_ANSWERS.variant), BEGAN)
