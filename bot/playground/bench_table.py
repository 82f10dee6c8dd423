"""The figures of `gantry bench authorizations`, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def lines(report: dict[str, Any]) -> list[str]:
    """Return the figures as a few lines for people."""
    one = {name: f"{value:,.0f}" for name, value in report.items() if name.endswith(("_us", "rps"))}
    times = f"p50 {report['p50_ms']} ms, p99 {report['p99_ms']} ms"
    floor = (
        f"Gantry does {report['ratio_to_floor']} of it at {report['cpu_to_floor']} times the processor time"
    )
    proof = f"{report['missing']} without a decision, {report['fallbacks']} by the fallback"
    quick = f"{one['quickstart_rps']}/s, {one['quickstart_cpu_us']} µs"
    run = f"{report['rounds']} rounds, {report['connections']} connections, all rules on"
    rows = (
        ("gantry web", f"{report['backend']}: {one['rps']}/s, {times}, {one['cpu_us']} µs of processor time"),
        ("one connection", f"p50 {report['p50_ms_at_1']} ms, p99 {report['p99_ms_at_1']} ms"),
        ("floor", f"{one['floor_rps']}/s, {one['floor_cpu_us']} µs: {floor}"),
        ("quick start", f"{quick}: Gantry does {report['ratio_to_quickstart']} times as many"),
        ("proof", f"{report['answered']} answered, {proof}, {report['errors']} errors"),
        ("commits", f"{report['per_commit']} answers in each, one connection included"),
        ("run", f"{run}; load of the machine {report['load']}"),
    )
    return [f"{name:<16}{words}" for name, words in (*rows, *_more(report))]


def _more(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "open_p99_ms" in report:
        yield from _pressure(report)
    if "full_ratio" in report:
        made = f"{report['full_rows']:,} decisions (made in {report['full_seconds']} s)"
        yield "ten million", f"{made}: {report['full_ratio']} of a server with few"


def _pressure(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    burst = f"500 at once: the last after {report['burst_last_ms']} ms"
    yield "open loop", f"100/s: p99 {report['open_p99_ms']} ms; {burst}"
    two = f"{report['two_servers_rps']:,.0f}/s, {report['two_servers_ratio']} of one"
    yield "two servers", f"{two}, p99 {report['two_servers_p99_ms']} ms"
    for name, what in (("beside", "beside worker"), ("run", "gantry run")):
        times = f"p99 {report[f'{name}_p99_ms']} ms, longest {report[f'{name}_longest_ms']} ms"
        left = f"{report[f'{name}_delivered']} messages left in {report[f'{name}_seconds']} s"
        webhooks = f"200 webhooks a second came (p99 {report[f'{name}_webhook_p99_ms']} ms)"
        yield what, f"{times} while {left} and {webhooks}"
    failed = sum(report[f"{name}_failed"] for name in ("open", "beside", "run"))
    yield "proof", f"{report['pressure_missing']} of these without a decision, {failed} failed"
