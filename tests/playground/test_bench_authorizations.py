"""The measurement of authorizations: what it asks is real, and what it lacks it says."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.authorization_body import read
from bot.domain.policy import RULES, parse
from bot.domain.rule import ruling
from bot.playground import bench_authorizations as bench
from bot.playground import bench_open, bench_pressure, bench_table
from bot.playground.bench_floor import floor
from bot.playground.bench_request import POLICY, body, decided, event, plant
from bot.playground.running import ServerThread
from storage import connect
from tests.support.authorizing import SECRET, signed
from tests.support.migrated import lay


def test_a_request_is_as_large_as_stripes_and_can_be_read() -> None:
    raw = body().replace(b"XNOWX", b"1764072000").replace(b"XCARDX", b"000001").replace(b"XIDX", b"00000001")
    assert 6 * 1024 <= len(raw) <= 7 * 1024
    assert read(json.loads(raw)) == read(event("00000001", "000001", 1764072000))


def test_the_policy_has_every_rule_on() -> None:
    policy = parse(POLICY)
    assert set(policy.settings) == set(RULES)
    enforced = dict.fromkeys(RULES, "enforced")
    standing = ruling(policy, version=1, states=enforced, brakes={}, launched=())
    assert {rule.name for rule in standing.rules} | {"partial"} == set(RULES)


def test_the_floor_checks_the_signature_and_reads_the_body() -> None:
    async def behind(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await floor(SECRET.encode())(scope, receive, send)

    server = ServerThread(behind)  # type: ignore[arg-type]
    server._server.config.lifespan = "off"
    server.start()
    raw = json.dumps(event("1", "1", 1764072000)).encode()
    url = f"http://127.0.0.1:{server.port}/"
    try:
        assert httpx.post(url, content=raw, headers=signed(raw)).json() == {"approved": True}
        assert httpx.post(url, content=raw, headers=signed(raw + b" ")).status_code == 500
    finally:
        server.stop()


def test_without_wrk_it_refuses_and_names_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(bench.os, "geteuid", lambda: 1000)
    assert bench.authorizations(as_json=True, backend="sqlite", rounds=1) == 2
    assert "apt-get install wrk" in capsys.readouterr().out


def test_a_database_can_be_filled_with_decisions_that_differ(tmp_path: Path, migrated: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bench.sqlite3'}"
    lay(url, migrated)
    database = connect(url)
    plant(database, 100)
    bench_pressure.fill(database, 1000)
    assert decided(database)["decisions"] == 1000
    database.close()


@pytest.mark.parametrize(("share", "found"), [(50, 5.0), (99, 10.0), (10, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, found: float) -> None:
    assert bench_pressure.percentile([float(one) for one in range(1, 11)], share) == found


def test_the_open_loop_counts_from_the_moment_at_which_a_request_was_to_leave(tmp_path: Path) -> None:
    async def behind(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await floor(SECRET.encode())(scope, receive, send)

    server = ServerThread(behind)  # type: ignore[arg-type]
    server._server.config.lifespan = "off"
    server.start()
    (tmp_path / "body.json").write_bytes(body())
    order = {
        "port": server.port,
        "secret": SECRET,
        "body": f"{tmp_path / 'body.json'}",
        "first": 1,
        "cards": 9,
    }
    try:
        for more in ({"burst": 5}, {"rate": 50, "seconds": 0.1}):
            load = bench_open.Load({**order, **more})
            asyncio.run(load.run())
            assert (len(load.milliseconds), load.failed) == (5, {})
    finally:
        server.stop()


@pytest.mark.crash
@pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk")
def test_a_tiny_run_gives_every_answer_its_decision(tmp_path: Path) -> None:
    pytest.importorskip("gunicorn")
    pytest.importorskip("flask")
    size = bench.Size(connections=4, rounds=1, seconds=1, warm_seconds=1, old_decisions=100, pressure=False)
    report = bench.measure("sqlite", size)
    assert report["answered"] > 0
    assert (report["missing"], report["errors"], report["fallbacks"]) == (0, 0, 0)
    for name in ("ratio_to_floor", "ratio_to_quickstart", "p99_ms", "rps"):
        assert report[name] > 0
    assert all(line for line in bench_table.lines(report))
