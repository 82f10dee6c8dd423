"""Working days and working time of a calendar: 09:00 to 17:00 of each business day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.domain.deadline import reason_to_skip

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENS: Final = time(9)
CLOSES: Final = time(17)
LONGEST_CLOSURE: Final = 60
"""Days: a calendar without a working day in two months is a mistake, and no loop follows it."""


@dataclass(frozen=True)
class WorkingDays:
    """The days on which a team works: a calendar (`bot.domain.deadline.calendar_for`) and closing days."""

    calendar: str
    closing_days: frozenset[date] = field(default_factory=frozenset)

    def includes(self, day: date) -> bool:
        """Tell whether the team works on this day."""
        return reason_to_skip(day, self.calendar, self.closing_days) is None

    def between(self, first: date, last: date) -> Iterator[date]:
        """Return the working days of a span, both ends included, in order."""
        day = first
        while day <= last:
            if self.includes(day):
                yield day
            day += timedelta(days=1)

    def after(self, day: date) -> date:
        """Return the next working day after this one."""
        return next(self.between(day + timedelta(days=1), day + timedelta(days=LONGEST_CLOSURE)))

    def from_(self, day: date) -> date:
        """Return this day where it is a working day, else the next one."""
        return day if self.includes(day) else self.after(day)


def moment_of_share(
    started_at: datetime, due_on: date, percent: int, zone: str, days: WorkingDays
) -> datetime:
    """Return when a share of the working time from the start to the end of the due date has passed, in UTC.

    Working time is 09:00 to 17:00 of each working day in the zone. A span without any has its share at once.

    Args:
        started_at: aware moment.
        due_on: the last day of the clock, in the zone.
        percent: 0 to 100.
        zone: IANA name.
        days: the working days that the clock counts.
    """
    place = ZoneInfo(zone)
    began = started_at.astimezone(place)
    spans = []
    for day in days.between(began.date(), due_on):
        opens = max(datetime.combine(day, OPENS, place), began).astimezone(UTC)
        closes = datetime.combine(day, CLOSES, place).astimezone(UTC)
        if opens < closes:
            spans.append((opens, closes - opens))
    left = sum((length for _, length in spans), timedelta()) * percent / 100
    for opens, length in spans:
        if left <= length:
            return opens + left
        left -= length
    return started_at.astimezone(UTC)
