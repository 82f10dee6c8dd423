"""How many authorizations one `gantry web` answers, against a floor and against the usual quick start.

The load is wrk: every request is another event of 6 to 7 KB, signed while it runs, over connections on the
loopback that are kept alive. All servers run throughout; each round asks them in another order, and ratios
are taken within a round before the median. At the end each answer must have its decision.
"""

from __future__ import annotations

import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from bot.playground import bench_postgres, bench_pressure, bench_table
from bot.playground.bench_request import CARDS, POLICY, body, decided, plant
from bot.playground.bot_process import environment, free_port
from bot.playground.local import LocalSlack
from storage import connect, migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage import Database

    Start = Callable[[str], AbstractContextManager["Server"]]

SECRET: Final = "whsec_bench"  # noqa: S105 - of a server that lives for a minute
WEBHOOK_SECRET: Final = "whsec_bench_inbox"  # noqa: S105 - the same
SCRIPT: Final = Path(__file__).with_name("bench_wrk.lua")
QUICKSTART: Final = f"""\
import stripe
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.post("/stripe/authorizations")
def authorize():
    event = stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], "{SECRET}")
    approved = event["data"]["object"]["pending_request"]["amount"] < 100000
    return jsonify(approved=approved), 200, {{"Stripe-Version": stripe.api_version}}


@app.get("/healthz")
def healthz():
    return "ok"
"""
_NUMBERS: Final = 100_000_000  # events of one run; runs never share any


class CannotMeasureError(Exception):
    """Something that the measurement needs is missing; the message says how to get it."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    connections: int = 64
    rounds: int = 5
    seconds: float = 3.0
    warm_seconds: float = 1.0
    old_decisions: int = 20_000
    pressure: bool = True
    millions: int = 0


@dataclass
class Server:
    """A server that runs, and what was measured of it, one value for each round."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    rps: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    one_p50: list[float] = field(default_factory=list)
    one_p99: list[float] = field(default_factory=list)
    answered: int = 0
    errors: int = 0


def authorizations(
    *,
    as_json: bool,
    backend: str,
    rounds: int,
    full: bool = False,
    say: Any = print,  # noqa: ANN401 - print or a test's
) -> int:
    """Measure, print a short table, and with `as_json` one JSON object as the last line.

    Returns:
        The exit code: 0, or 1 when an answer failed or has no decision, or 2 when something is missing.
    """
    try:
        report = measure(backend, Size(rounds=rounds, millions=bench_pressure.MILLIONS if full else 0))
    except CannotMeasureError as error:
        say(f"{error}")
        return 2
    for line in bench_table.lines(report):
        say(line)
    if as_json:
        say(json.dumps(report))
    return 1 if report["errors"] or report["missing"] or report["fallbacks"] else 0


def measure(backend: str, size: Size) -> dict[str, Any]:
    """Run everything once and return the figures under their names of the JSON object.

    Raises:
        CannotMeasureError: wrk, Flask, gunicorn or PostgreSQL is missing and cannot be installed from here.
    """
    needed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gantry-bench-")))
        url = stack.enter_context(_database(backend, folder))
        migrate(url)
        database = connect(url)
        stack.callback(database.close)
        plant(database, size.old_decisions)
        bench_postgres.analyze(database)
        (folder / "body.json").write_bytes(body())
        local = stack.enter_context(LocalSlack(rates=False))
        start = partial(_ours, local, folder, url)
        running = stack.enter_context(ExitStack())
        servers = [running.enter_context(one) for one in (start("web"), *_others(folder))]
        ours = servers[0]
        for server in servers:
            _wait(server)
            _load(folder, server, size.connections, size.warm_seconds)
        for _ in range(size.rounds):
            for server in random.sample(servers, len(servers)):
                before = _cpu(server.process.pid)
                found = _load(folder, server, size.connections, size.seconds)
                server.cpu.append((_cpu(server.process.pid) - before) / found["requests"] * 1e6)
                server.rps.append(found["requests"] / found["seconds"])
                server.p50.append(found["p50_ms"])
                server.p99.append(found["p99_ms"])
            alone = _load(folder, ours, 1, size.seconds / 2)
            ours.one_p50.append(alone["p50_ms"])
            ours.one_p99.append(alone["p99_ms"])
        load = os.getloadavg()[0]
        report = _report(backend, size, servers, decided(database), load)
        if size.pressure:
            report |= _pressure(local, folder, database, start, ours, size)
        running.close()
        if size.millions:
            report |= _millions(local, folder, url, database, size)
        return report


def _pressure(
    local: LocalSlack, folder: Path, database: Database, start: Start, ours: Server, size: Size
) -> dict[str, Any]:
    """Measure what else presses on a server, and prove that each answer has its decision."""
    before = decided(database)["decisions"]
    ours.answered = 0

    def load(server: Server, connections: int, seconds: float) -> dict[str, Any]:
        return _load(folder, server, connections, seconds)

    order = {"port": ours.port, "secret": SECRET, "body": f"{folder / 'body.json'}"}
    report = bench_pressure.open_loop(order)
    with start("web") as second:
        _wait(second)
        found = bench_pressure.two_servers(
            load, ours, second, connections=size.connections, seconds=size.seconds
        )
        answered = ours.answered + second.answered
    ours.process.terminate()
    ours.process.wait(timeout=30)
    report |= found | bench_pressure.beside(database, local.slack, _ready(start), order, WEBHOOK_SECRET)
    answered += sum(report[f"{name}_answered"] for name in ("open", "beside", "run"))
    report["pressure_missing"] = max(0, answered - (decided(database)["decisions"] - before))
    return report


def _ready(start: Start) -> Callable[[str], Any]:
    """Return how to start a command of `gantry` and wait until it serves."""

    @contextmanager
    def run(command: str) -> Iterator[int]:
        with start(command) as server:
            if command != "worker":
                _wait(server)
            yield server.port

    return run


def _millions(local: LocalSlack, folder: Path, url: str, database: Database, size: Size) -> dict[str, Any]:
    """Compare a server on few decisions with one on ten million: another database, the same load in turn."""
    with ExitStack() as stack:
        small = f"sqlite:///{folder / 'small.sqlite3'}" if url.startswith("sqlite") else ""
        if not small:
            raise CannotMeasureError("--full needs --backend sqlite: two databases are compared")
        migrate(small)
        fresh = connect(small)
        stack.callback(fresh.close)
        plant(fresh, size.old_decisions)
        took = bench_pressure.fill(database, size.millions)
        rows = decided(database)["decisions"]
        servers = [stack.enter_context(_ours(local, folder, one, "web")) for one in (url, small)]
        rps: list[list[float]] = [[], []]
        for server in servers:
            _wait(server)
            _load(folder, server, size.connections, size.warm_seconds * 3)
        for _ in range(size.rounds):
            for place in random.sample((0, 1), 2):
                found = _load(folder, servers[place], size.connections, size.seconds)
                rps[place].append(found["requests"] / found["seconds"])
        ratio = statistics.median(a / b for a, b in zip(*rps, strict=True))
    return {"full_rows": rows, "full_seconds": round(took), "full_ratio": round(ratio, 3)}


def needed() -> None:
    """Install wrk where that can be done without asking, and check the rest.

    Raises:
        CannotMeasureError: with the command that installs what is missing.
    """
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "wrk"], check=False, capture_output=True)
    if shutil.which("wrk") is None:
        raise CannotMeasureError("The load needs wrk. On Debian or Ubuntu: sudo apt-get install wrk")
    if find_spec("flask") is None or find_spec("gunicorn") is None:
        raise CannotMeasureError("The quick start needs Flask and gunicorn: pip install -e '.[bench]'")


@contextmanager
def _database(backend: str, folder: Path) -> Iterator[str]:
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    with bench_postgres.server() as url:
        if url is None:
            raise CannotMeasureError(
                "PostgreSQL is missing. On Debian or Ubuntu: sudo apt-get install postgresql"
            )
        yield url


def _others(folder: Path) -> Iterator[Any]:
    port = free_port()
    yield _running(
        "floor", port, [sys.executable, "-m", "bot.playground.bench_floor", f"{port}", SECRET], folder
    )
    (folder / "quickstart.py").write_text(QUICKSTART, encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers", "1", "--worker-class", "sync"]
    command += [
        "--bind",
        f"127.0.0.1:{port}",
        "--chdir",
        f"{folder}",
        "--no-control-socket",
        "quickstart:app",
    ]
    yield _running("quickstart", port, command, folder)


def _ours(local: LocalSlack, folder: Path, url: str, command: str) -> AbstractContextManager[Server]:
    """Start a command of `gantry` on this database."""
    port = free_port()
    ours = {
        "GANTRY_CLOCK_FILE": "",
        "STRIPE_AUTHORIZATION_SECRETS": SECRET,
        "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "GANTRY_FALLBACK": "decline",
        "GANTRY_PARENT_PIPE": "",
    }
    env = environment(local.slack, folder, url, port, ours)
    return _running(f"{command}-{port}", port, [sys.executable, "-m", "bot", command], folder, env)


@contextmanager
def _running(
    name: str, port: int, command: Sequence[str], folder: Path, env: dict[str, str] | None = None
) -> Iterator[Server]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        yield Server(name, port, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(server: Server) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        try:
            httpx.get(f"http://127.0.0.1:{server.port}/healthz", timeout=5)
        except httpx.ConnectError:
            time.sleep(0.1)
        except httpx.HTTPError:
            return  # the floor knows no other path, and answers
        else:
            return
    raise RuntimeError(f"{server.name} did not start")


_runs = iter(range(1, 40))


def _load(folder: Path, server: Server, connections: int, seconds: float) -> dict[str, Any]:
    """Play one round and return what wrk says of it."""
    time.sleep(0.1)  # what the last round left to be done should not be in this one
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", f"{SCRIPT}"]
    command += [f"http://127.0.0.1:{server.port}", "--", SECRET, f"{folder / 'body.json'}"]
    command += [f"{next(_runs) * _NUMBERS}", f"{CARDS}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    server.answered += found["requests"]
    server.errors += found["errors"]
    if not found["requests"]:
        raise RuntimeError(f"{server.name} answered nothing: {done.stdout}")
    return found


def _cpu(pid: int) -> float:
    """Return the processor seconds a process and its children have used."""
    total = 0.0
    for one in [pid, *_children(pid)]:
        stat = Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        user, system = stat[11:13]  # proc(5): utime and stime, the 14th and 15th with pid and name
        total += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return total


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in path.read_text(encoding="ascii").split()] if path.exists() else []


def _report(
    backend: str, size: Size, servers: Sequence[Server], counts: dict[str, int], load: float
) -> dict[str, Any]:
    ours, floor, quickstart = servers

    def ratio(other: Server) -> float:
        return statistics.median(a / b for a, b in zip(ours.rps, other.rps, strict=True))

    def middle(values: Sequence[float], digits: int = 1) -> float:
        return round(statistics.median(values), digits)

    return {
        "backend": backend,
        "ratio_to_floor": round(ratio(floor), 3),
        "ratio_to_quickstart": round(ratio(quickstart), 2),
        "rps": middle(ours.rps),
        "p50_ms": middle(ours.p50, 2),
        "p99_ms": middle(ours.p99, 2),
        "p50_ms_at_1": middle(ours.one_p50, 2),
        "p99_ms_at_1": middle(ours.one_p99, 2),
        "cpu_us": middle(ours.cpu),
        "floor_rps": middle(floor.rps),
        "floor_cpu_us": middle(floor.cpu),
        "quickstart_rps": middle(quickstart.rps),
        "quickstart_cpu_us": middle(quickstart.cpu),
        "cpu_to_floor": round(statistics.median(a / b for a, b in zip(ours.cpu, floor.cpu, strict=True)), 2),
        "answered": ours.answered,
        "missing": max(0, ours.answered - counts["decisions"] + size.old_decisions),
        "fallbacks": counts["fallbacks"],
        "per_commit": round((counts["decisions"] - size.old_decisions) / max(1, counts["commits"] - 1), 1),
        "errors": sum(server.errors for server in servers),
        "rounds": size.rounds,
        "connections": size.connections,
        "rules": len(POLICY.split("\n[")),
        "load": round(load, 1),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
