from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.working_time import WorkingDays, moment_of_share

US = WorkingDays("XFED")
PARIS, SYDNEY, NEW_YORK = "Europe/Paris", "Australia/Sydney", "America/New_York"


def at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


# started, due on, percent, zone, days: the moment, in the same zone
SHARES = [
    ("2026-11-23 09:00", "2026-11-23", 50, PARIS, WorkingDays("FR"), "2026-11-23 13:00"),
    ("2026-11-23 09:00", "2026-11-27", 50, PARIS, WorkingDays("FR"), "2026-11-25 13:00"),
    ("2026-11-23 09:00", "2026-11-27", 80, PARIS, WorkingDays("FR"), "2026-11-26 17:00"),
    ("2026-11-23 13:00", "2026-11-24", 50, PARIS, WorkingDays("FR"), "2026-11-24 11:00"),
    ("2026-11-23 20:00", "2026-11-24", 50, PARIS, WorkingDays("FR"), "2026-11-24 13:00"),
    ("2026-11-23 03:00", "2026-11-23", 50, PARIS, WorkingDays("FR"), "2026-11-23 13:00"),
    ("2026-11-20 13:00", "2026-11-23", 50, PARIS, WorkingDays("FR"), "2026-11-23 11:00"),  # over a weekend
    ("2026-11-21 13:00", "2026-11-23", 50, PARIS, WorkingDays("FR"), "2026-11-23 13:00"),  # from a Saturday
    ("2026-11-25 09:00", "2026-11-27", 50, NEW_YORK, US, "2026-11-25 17:00"),  # Thanksgiving between
    ("2026-11-25 09:00", "2026-11-27", 75, NEW_YORK, US, "2026-11-27 13:00"),
    ("2026-10-23 13:00", "2026-10-26", 50, PARIS, WorkingDays("FR"), "2026-10-26 11:00"),  # clocks go back
    ("2026-10-02 13:00", "2026-10-05", 50, SYDNEY, WorkingDays("AU"), "2026-10-05 11:00"),  # and forward
    ("2026-11-23 09:00", "2026-11-23", 0, PARIS, WorkingDays("FR"), "2026-11-23 09:00"),
    ("2026-11-23 09:00", "2026-11-23", 100, PARIS, WorkingDays("FR"), "2026-11-23 17:00"),
    ("2026-11-21 09:00", "2026-11-22", 50, PARIS, WorkingDays("FR"), "2026-11-21 09:00"),  # no working time
    (
        *("2026-11-23 09:00", "2026-11-25", 50, PARIS),
        *(WorkingDays("FR", frozenset({date(2026, 11, 24)})), "2026-11-23 17:00"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("started", "due", "percent", "zone", "days", "expected"), SHARES)
def test_a_share_of_the_working_time_has_passed(
    started: str, due: str, percent: int, zone: str, days: WorkingDays, expected: str
) -> None:
    found = moment_of_share(at(zone, started), date.fromisoformat(due), percent, zone, days)
    assert found.astimezone(ZoneInfo(zone)).isoformat(" ", "minutes")[:16] == expected


def test_the_next_working_day_leaves_out_weekends_holidays_and_closing_days() -> None:
    closed = WorkingDays("US", frozenset({date(2026, 11, 27)}))
    assert closed.after(date(2026, 11, 25)) == date(2026, 11, 30)
    assert closed.from_(date(2026, 11, 25)) == date(2026, 11, 25)
    assert closed.from_(date(2026, 11, 26)) == date(2026, 11, 30)
