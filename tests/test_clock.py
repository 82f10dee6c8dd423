"""The two clocks: only business time can be moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.clock import Clock, ClockError

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Europe/Paris"))


def test_without_a_file_both_clocks_agree_and_are_aware() -> None:
    clock = Clock()
    before = clock.wall()
    assert before <= clock.now() <= clock.wall()
    assert clock.now().tzinfo is UTC


def test_the_file_moves_business_time_at_the_next_call(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = Clock(file)
    for days in (0, 3, -2):
        file.write_text(f"{days * 86400}\n", encoding="ascii")
        assert abs(clock.now() - clock.wall() - timedelta(days=days)) < timedelta(minutes=1)


def test_two_clocks_on_one_file_step_together(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("86400.5", encoding="ascii")
    assert Clock(file).offset() == Clock(file).offset() == 86400.5


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "1e300", "1 2", "é"])
def test_a_file_without_seconds_is_refused_with_its_repair(tmp_path: Path, text: str) -> None:
    file = tmp_path / "clock"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ClockError, match=r"GANTRY_CLOCK_FILE: .*Write"):
        Clock(file).now()


def test_a_missing_file_is_refused_with_its_repair(tmp_path: Path) -> None:
    with pytest.raises(ClockError, match="Create it with the text 0"):
        Clock(tmp_path / "none").now()


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = Clock.fixed(NOON)
    assert clock.now() == clock.wall() == NOON
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(days=1))
    assert clock.now() == NOON + timedelta(days=1)
    assert clock.wall() == NOON
    clock.pass_wall(timedelta(seconds=5))
    assert clock.wall() == NOON + timedelta(seconds=5)
    assert clock.offset() == 86400


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Clock.fixed(NOON.replace(tzinfo=None))
