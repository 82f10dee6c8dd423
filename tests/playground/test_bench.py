"""The measurement itself, tiny: its figures are complete and every click it counts had its effect."""

from __future__ import annotations

import json

import pytest

from bot.playground import bench
from bot.playground.bench import Figures, Size, percentile

TINY = Size(
    people=2,
    slow_jobs=2,
    slow_seconds=0.2,
    rounds=1,
    click_seconds=0.4,
    floor_seconds=0.1,
    warm_seconds=0.1,
    programs_each=1,
)
NUMBERS = (
    "ack_p50_ms",
    "ack_p99_ms",
    "ack_p99_worst_ms",
    "ack_max_ms",
    "rps",
    "floor_p50_ms",
    "floor_rps",
    "ratio",
    "seconds",
)


def test_a_tiny_run_prints_one_object_and_every_click_had_its_effect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = bench.slack(as_json=True, size=TINY)
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert all(isinstance(report[name], float) and report[name] > 0 for name in NUMBERS), report
    assert report["clicks"] == report["effects"] > 0, report
    assert report["errors"] == 0, report
    assert (report["rounds"], report["people"], report["slow_jobs"]) == (1, 2, 2)
    assert code == 0


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7.0], 99, 7.0),
        ([1.0, 2.0], 50, 1.0),
        ([float(n) for n in range(1, 101)], 99, 99.0),
        ([float(n) for n in range(1, 101)], 50, 50.0),
    ],
)
def test_a_percentile_is_one_of_the_values(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


def test_the_warm_up_counts_as_clicks_but_not_as_a_round() -> None:
    figures = Figures()
    result = {"seconds": 1.0, "milliseconds": [3.0, 1.0], "answers": {"ok": 2}}
    figures.add("click", result, measured=False)
    assert (figures.clicks, figures.p50) == (2, [])
    figures.add("click", result)
    assert (figures.clicks, figures.p50, figures.rps) == (4, [1.0], [2.0])


def test_what_is_not_acknowledged_is_an_error() -> None:
    figures = Figures()
    answers = {"ok": 1, "http 500": 2, "nothing left": 1}  # somebody has clicked everything: no error
    figures.add("click", {"seconds": 1.0, "milliseconds": [1.0] * 3, "answers": answers})
    assert figures.errors == {"http 500": 2}
