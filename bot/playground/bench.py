"""`gantry bench slack`: how fast clicks are acknowledged while people click at once and slow jobs run.

The bot is an ordinary child process on SQLite with every commit on disk; the load is another process. Rounds
alternate between the floor (the same server's `/healthz`) and clicks, so that machines can be compared.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from bot.playground import bench_load, bench_seed, bench_slow
from bot.playground.asgi import build
from bot.playground.bench_slow import SlowJobs
from bot.playground.bot_process import BotProcess, database_url
from bot.playground.identity import BOT_USER
from bot.playground.running import ServerThread
from bot.playground.slack import Slack
from storage import connect, migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.playground.bench_seed import Clicks

    Order = Callable[[str, float], dict[str, Any]]

CLICK_TAGS: Final = ("step:take:open", "step:do:done")
_FILL_ROUNDS: Final = 3


@dataclass(frozen=True)
class Size:
    """How much is measured: people who click at once, slow jobs of each kind, rounds and their length."""

    people: int = 32
    slow_jobs: int = 50
    slow_seconds: float = 5.0
    rounds: int = 5
    click_seconds: float = 4.0
    floor_seconds: float = 1.5
    warm_seconds: float = 2.0
    programs_each: int = 6


@dataclass
class Figures:
    """What was measured, in milliseconds and requests a second; a list holds one value for each round."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    rps: list[float] = field(default_factory=list)
    floor_p50: list[float] = field(default_factory=list)
    floor_rps: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    longest: float = 0.0
    clicks: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, result: Mapping[str, Any], *, measured: bool = True) -> None:
        """Take in the answer of the load process to one round; the warm-up counts only as clicks."""
        answers: dict[str, int] = result["answers"]
        if kind == "click":
            self.clicks += answers.get("ok", 0)
        for name, number in answers.items():
            if name not in {"ok", bench_load.NOTHING_LEFT}:
                self.errors[name] = self.errors.get(name, 0) + number
        times = sorted(result["milliseconds"])
        if not measured or not times:
            return
        if kind == "floor":
            self.floor_p50.append(percentile(times, 50))
            self.floor_rps.append(len(times) / result["seconds"])
            return
        self.p50.append(percentile(times, 50))
        self.p99.append(percentile(times, 99))
        self.rps.append(len(times) / result["seconds"])
        self.longest = max(self.longest, times[-1])


def slack(*, as_json: bool, size: Size | None = None) -> int:
    """Measure, print a short table, and with `as_json` one JSON object as the last line.

    Returns:
        The exit code: 0, or 1 when a click failed or had not its effect.
    """
    report = measure(size or Size())
    for line in table(report):
        sys.stdout.write(f"{line}\n")
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
    return 0 if report["errors"] == 0 and report["effects"] == report["clicks"] else 1


def measure(size: Size) -> dict[str, Any]:
    """Run everything once and return the figures under their names of the JSON object."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gantry-bench-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        local = Slack(rates=False, talk=False)
        members = bench_slow.people(size.people)
        bench_slow.settle(local, members, BOT_USER)
        planted = _plant(folder, members, size.programs_each)
        before = _effects(folder)
        (folder / "clock").write_text("0", encoding="ascii")
        seeded = time.perf_counter() - began
        figures, jobs = _measured(local, folder, planted, size)
        report = _report(figures, jobs, size)
        report["effects"] = _effects(folder) - before
    return {
        **report,
        "seed_seconds": round(seeded, 1),
        "seconds": round(time.perf_counter() - began, 1),
    }


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the value that so many percent of the ordered values do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def table(report: Mapping[str, Any]) -> list[str]:
    """Return the figures as a few lines for people."""
    one = {name: f"{value:,.1f}" for name, value in report.items() if isinstance(value, float)}
    slow = report["slow_jobs"]
    beside = f"{slow} clicks and {slow} messages whose Slack calls take {one['slow_seconds']} s beside them"
    least = f"{report['slow_clicks_min']} clicks and {report['slow_messages_min']} messages"
    rows = (
        ("load", f"{report['people']} people click at once, {beside}; SQLite FULL"),
        ("acknowledged", f"p50 {one['ack_p50_ms']} ms, p99 {one['ack_p99_ms']} ms, {one['rps']} clicks/s"),
        ("worst", f"p99 of a round {one['ack_p99_worst_ms']} ms, longest of all {one['ack_max_ms']} ms"),
        ("floor /healthz", f"p50 {one['floor_p50_ms']} ms, {one['floor_rps']} requests/s"),
        (
            "cost",
            f"{one['cpu_ms']} ms of processor time for each click, {one['ratio']} times the floor's p50",
        ),
        ("slow under way", f"at least {least} at every look"),
        ("proof", f"{report['clicks']} acknowledged, {report['effects']} effects, {report['errors']} errors"),
        ("run", f"{report['rounds']} rounds, {one['seconds']} s with {one['seed_seconds']} s of preparation"),
    )
    return [f"{name:<16}{words}" for name, words in rows]


def _plant(folder: Path, members: Sequence[tuple[str, str]], programs_each: int) -> list[Clicks]:
    url = database_url(folder)
    migrate(url)
    database = connect(url)
    try:
        return bench_seed.plant(database, members, programs_each)
    finally:
        database.close()


def _measured(local: Slack, folder: Path, planted: Sequence[Clicks], size: Size) -> tuple[Figures, SlowJobs]:
    server = ServerThread(build(local))
    local.origin = f"http://127.0.0.1:{server.port}"
    bot = BotProcess(local, folder, extra={"GANTRY_CLOCK_FILE": ""})
    jobs = SlowJobs(local, planted, size.slow_jobs, size.slow_seconds)
    figures = Figures()
    server.start()
    try:
        server.do(bot.start())
        server.do(jobs.start())
        with _load_process(local, bot.port, planted) as order:
            _fill(jobs, size)
            figures.add("click", order("click", size.warm_seconds), measured=False)
            jobs.look_anew()
            for _ in range(size.rounds):
                figures.add("floor", order("floor", size.floor_seconds))
                before = _cpu_seconds(bot.pid)
                result = order("click", size.click_seconds)
                spent = _cpu_seconds(bot.pid) - before
                figures.add("click", result)
                figures.cpu.append(spent * 1000 / max(1, len(result["milliseconds"])))
        server.do(jobs.stop())
        server.do(bot.stop())
    finally:
        server.do(bot.stop())
        server.stop()
    return figures, jobs


def _fill(jobs: SlowJobs, size: Size) -> None:
    """Wait until all slow jobs are under way, but not for longer than three of them take."""
    end = time.monotonic() + _FILL_ROUNDS * size.slow_seconds
    while min(jobs.under_way()) < size.slow_jobs and time.monotonic() < end:
        time.sleep(0.1)


@contextmanager
def _load_process(local: Slack, port: int, planted: Sequence[Clicks]) -> Iterator[Order]:
    """Start the load; the function it gives plays one round and returns its result."""
    body = bench_slow.click_body(local, "XUSERX", "XCHANNELX", ("XACTIONX", "XVALUEX"), "XTRIGGERX")
    plan = {
        "port": port,
        "secret": local.signing_secret,
        "template": urlencode({"payload": json.dumps(body)}),
        "people": [{"user": one.user, "channel": one.channel, "buttons": one.buttons} for one in planted],
    }
    command = [sys.executable, "-m", bench_load.__name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        put, get = process.stdin, process.stdout
        if put is None or get is None:
            raise RuntimeError("the load process has no pipes")

        def order(kind: str, seconds: float) -> dict[str, Any]:
            put.write(json.dumps({"kind": kind, "seconds": seconds}) + "\n")
            put.flush()
            line = get.readline()
            if not line:
                raise RuntimeError("the load process ended")
            result: dict[str, Any] = json.loads(line)
            return result

        put.write(json.dumps(plan) + "\n")
        try:
            yield order
        finally:
            put.close()


def _cpu_seconds(pid: int | None) -> float:
    """Return what a process has used of the processors; 0 where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="ascii").rpartition(")")[2].split()
    user, system = fields[11:13]  # proc(5): utime and stime, the 14th and 15th with pid and name
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _effects(folder: Path) -> int:
    """Return how many clicks have their audit entry, read past all the code that is measured."""
    with closing(sqlite3.connect(folder / "gantry.sqlite3")) as database:
        found = database.execute("SELECT count(*) FROM audit_entry WHERE tag IN (?, ?)", CLICK_TAGS)
        return int(found.fetchone()[0])


def _report(figures: Figures, jobs: SlowJobs, size: Size) -> dict[str, Any]:
    p50, floor = statistics.median(figures.p50), statistics.median(figures.floor_p50)
    return {
        "ack_p50_ms": round(p50, 2),
        "ack_p99_ms": round(statistics.median(figures.p99), 2),
        "rps": round(statistics.median(figures.rps), 1),
        "ack_p99_worst_ms": round(max(figures.p99), 2),
        "ack_max_ms": round(figures.longest, 2),
        "floor_p50_ms": round(floor, 2),
        "floor_rps": round(statistics.median(figures.floor_rps), 1),
        "ratio": round(p50 / floor, 1),
        "cpu_ms": round(statistics.median(figures.cpu), 2),
        "clicks": figures.clicks,
        "errors": sum(figures.errors.values()) + jobs.refused,
        "errors_by_kind": {**figures.errors, "slow click refused": jobs.refused},
        "rounds": size.rounds,
        "people": size.people,
        "slow_jobs": size.slow_jobs,
        "slow_seconds": size.slow_seconds,
        "slow_clicks_min": min(jobs.views, default=0),
        "slow_messages_min": min(jobs.messages, default=0),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
