"""`gantry bench complaints`: a month of a million complaints: its report, the memory of it, the lists.

The report is made by the command line in a process of its own, whose peak memory the system tells. The lists
are put together and rendered as `/complaint list` does it, in this process.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.domain.complaint_report import of as month_of
from bot.domain.plan import Answers
from bot.domain.role import Asker
from bot.plans import load
from bot.playground.identity import TEAM_ID
from bot.services import complaint_page, onboarding, person
from bot.views.registry import render
from storage import connect, migrate
from storage.queries import bench_complaint as measured
from storage.queries.complaint import WHICH
from storage.tables import Program, Workspace
from storage.tables_complaint import Complaint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.complaint_report import Month
    from storage import Database

MOST_MEGABYTES: Final = 200
MOST_MS: Final = 100
LISTS: Final = 40
"""How often each list is asked for."""

_USER: Final = "U0P1"
_WORDS: Final = (
    "My card was declined at the petrol station twice although there was money on the account, and the "
    "person on the telephone could not tell me why. I want to know what happened, and never see it again."
)


def complaints(*, as_json: bool, rows: int) -> int:
    """Measure, print a short table, and with `as_json` one JSON object as the last line.

    Returns:
        The exit code: 0, or 1 when the report lacks a complaint.
    """
    report = measure(rows)
    for line in table(report):
        sys.stdout.write(line + "\n")
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    return 0 if report["lines"] == rows else 1


def measure(rows: int) -> dict[str, Any]:
    """Return seconds and peak memory of the report, and the slowest and usual times of the lists."""
    month = month_of(datetime.now(UTC).date()).before().before()  # over in every zone and calendar
    with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
        url = f"sqlite:///{folder}/gantry.sqlite3"
        migrate(url)
        database = connect(url)
        try:
            _plant(database, month, rows)
            lists = _lists(database, month)
        finally:
            database.close()
        out = Path(folder) / "out"
        seconds, megabytes = _report(url, folder, month, out)
        files = {one.suffix: one for one in out.iterdir()}
        with files[".csv"].open("rb") as file:
            lines = sum(1 for _ in file) - 1
        sizes = {kind: round(one.stat().st_size / 1e6, 1) for kind, one in files.items()}
    return {
        "complaints": rows,
        "lines": lines,
        "report_seconds": round(seconds, 1),
        "peak_megabytes": round(megabytes, 1),
        "csv_megabytes": sizes[".csv"],
        "xlsx_megabytes": sizes[".xlsx"],
        "list_ms": {name: round(sorted(found)[len(found) // 2], 1) for name, found in lists.items()},
        "list_worst_ms": round(max(max(found) for found in lists.values()), 1),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def table(report: Mapping[str, Any]) -> list[str]:
    """Return the figures for people."""
    lists = ", ".join(f"{name} {value:.1f}" for name, value in report["list_ms"].items())
    return [
        f"The report of {report['complaints']:,} complaints, as CSV and XLSX:",
        f"  {report['report_seconds']:>8.1f} s ({report['csv_megabytes']} and {report['xlsx_megabytes']} MB)",
        f"  {report['peak_megabytes']:>8.1f} MB at its peak (aim: under {MOST_MEGABYTES})",
        f"/complaint list beside them, milliseconds (aim: under {MOST_MS}):",
        f"  median: {lists}",
        f"  slowest of all: {report['list_worst_ms']:.1f}",
    ]


def _plant(database: Database, month: Month, rows: int) -> None:
    """Start one programme that is live, and fill a month of it."""
    first, end = month.bounds("America/New_York")
    before = first - timedelta(days=60)
    answers = Answers("us", frozenset({"issuing"}), "embedded_finance")
    with database.transaction() as session:
        session.add(Workspace(team=TEAM_ID, url="https://play.slack.com/", refreshed_at=before))
        found = {"name": "pat", "locale": "en-US", "tz": "America/New_York"}
        person.remember(session, team=TEAM_ID, user=_USER, found=found, now=before)
        new = onboarding.NewProgram(
            name="Acme",
            answers=answers,
            target_on=first.date(),
            lead=_USER,
            channel="C0BENCH",
            language="en",
            zone="America/New_York",
            country="US",
        )
        who = Asker(team=TEAM_ID, user=_USER, role="member", language="en")
        started = onboarding.start(session, who, new, load(answers.variant), before).program
        program = session.get(Program, started.id)
        assert program is not None, "it was started just now"  # noqa: S101 - for the type checker
        program.live_at = first
        session.add(program)
        session.add(
            Complaint(
                team=TEAM_ID,
                ref="C-1",
                program_id=program.id,
                source="bench/0",
                text=_WORDS,
                customer="Zoé Martin",
                contact="zoe@example.com",
                received_through="telephone",
                category="declined_payment",
                product="issuing",
                account="acct_1",
                owner=_USER,
                received_by=_USER,
                logged_by=_USER,
                logged_at=first,
                submitted_at=first,
                acknowledged_at=first + timedelta(days=1),
                resolved_at=first + timedelta(days=4),
                resolution="Explained, and the limit was raised.",
                root_cause="A daily limit that was too low.",
                state="resolved",
                open=False,
                livemode=True,
                changed_at=first,
            )
        )
    if rows > 1:
        with database.transaction() as session:
            measured.fill(session, rows, first, int((end - first).total_seconds()) - 1)


def _lists(database: Database, month: Month) -> dict[str, list[float]]:
    """Return how long each list took, in milliseconds, its words included; the first ask warms up."""
    now = month.next().bounds("UTC")[1]
    who = Asker(team=TEAM_ID, user=_USER, role="manager", language="en")
    took: dict[str, list[float]] = {name: [] for name in WHICH}
    for number in range(LISTS + 1):
        for name in WHICH:
            start = time.perf_counter()
            with database.reading() as session:
                facts = complaint_page.listed(session, who, name, number % 3, now)
            render("complaint.list", "en", facts)
            if number:
                took[name].append((time.perf_counter() - start) * 1000)
    return took


def _report(url: str, folder: str, month: Month, out: Path) -> tuple[float, float]:
    """Run the command line, and return its seconds and its peak memory in megabytes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GANTRY_")}
    environment |= {"DATABASE_URL": url, "FILES_URL": f"file://{folder}/files"}
    command = [sys.executable, "-m", "bot", "report", "complaints", "--month", month.name, "--out", str(out)]
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, env=environment) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"gantry report complaints ended with {child.returncode}")
    scale = 1 if sys.platform == "darwin" else 1024  # the system's own unit
    return time.perf_counter() - start, used.ru_maxrss * scale / 1e6
