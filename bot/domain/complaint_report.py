"""The monthly report of complaints: which month, when, what is missing, what it counts.

Source: https://docs.stripe.com/treasury/connect/handling-complaints (an aggregated list every month).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.domain.deadline import STRIPE_CALENDARS
from bot.domain.working_time import OPENS, WorkingDays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.domain.complaint_template import Column

SIGNABLE: Final = ("open", "ready")
STATES: Final = ("making", *SIGNABLE, "signed", "sent")
"""A new one is *open* while required fields are empty, else *ready*; *making* is an addendum not made yet."""

MOST_BACK: Final = 12
"""Months that are made up for, at most, when nobody made their reports."""

_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width signs
_BUCKETS: Final = (5, 15, 35)
"""Business days to resolve: up to 5, to 15 (the duty), to 35 (the extension), longer."""


class Month(NamedTuple):
    """A calendar month."""

    year: int
    month: int

    @property
    def name(self) -> str:
        """As it is kept and typed: `2026-10`."""
        return f"{self.year:04}-{self.month:02}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    def next(self) -> Month:
        """Return the following month."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def before(self) -> Month:
        """Return the month before."""
        return of(self.first - timedelta(days=1))

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """Return its first moment and the first one after it, in UTC, as a zone counts days."""
        place = ZoneInfo(zone)
        first, end = (
            datetime.combine(day, time.min, place).astimezone(UTC) for day in (self.first, self.next().first)
        )
        return first, end


def of(day: date) -> Month:
    """Return the month of a day."""
    return Month(day.year, day.month)


def month_from(text: str) -> Month:
    """Return the month written as `2026-10`.

    Raises:
        ValueError: it is written otherwise.
    """
    if not _MONTH.fullmatch(text):
        raise ValueError(f"a month is written as 2026-10, not as {text!r}")
    return Month(int(text[:4]), int(text[5:]))


def business_day(month: Month, number: int, region: str) -> date:
    """Return a business day of a month, counted from 1, in the calendar of the region."""
    working = WorkingDays(STRIPE_CALENDARS[region])
    day = month.first - timedelta(days=1)
    for _ in range(number):
        day = working.after(day)
    return day


def asks_at(month: Month, days: int, zone: str, region: str) -> datetime:
    """Return when people are asked for what a month's complaints lack, in UTC: in the morning of that day.

    Args:
        month: the month.
        days: business days of the region's calendar before the last one of the month.
        zone: IANA name, in which the morning begins.
        region: us, uk or eu.
    """
    working = WorkingDays(STRIPE_CALENDARS[region])
    found = list(working.between(month.first, month.next().first - timedelta(days=1)))
    return datetime.combine(found[-1 - days], OPENS, ZoneInfo(zone)).astimezone(UTC)


def closed(now: datetime, zone: str, region: str, since: datetime, until: datetime | None) -> Iterator[Month]:
    """Return the months to report, the oldest first: with live access, and over.

    A month is over on the first business day of the next one.

    Args:
        now: business time.
        zone: of the programme; months begin in it.
        region: us, uk or eu, for the business day.
        since: since when there is live access.
        until: when the programme ended, if it has.
    """
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    last = of(today).before()
    if today < business_day(last.next(), 1, region):
        last = last.before()
    if until is not None:
        last = min(last, of(until.astimezone(place).date()))
    month = of(since.astimezone(place).date())
    earliest = last
    for _ in range(MOST_BACK - 1):
        earliest = earliest.before()
    month = max(month, earliest)
    while month <= last:
        yield month
        month = month.next()


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes before what looks like one.

    Source: https://owasp.org/www-community/attacks/CSV_Injection.
    """
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_STARTS) or text.startswith(_STARTS) else text


def lacking(columns: Iterable[Column], values: Mapping[str, str], facts: Mapping[str, Any]) -> list[str]:
    """Return which values a complaint lacks: required where it is, and empty.

    `facts`: its `kind` and `state`.
    """
    holds = {
        "always": True,
        "executive": facts["kind"] == "executive",
        "resolved": facts["state"] == "resolved",
    }
    return [
        column.value
        for column in columns
        if column.required and holds[column.required] and not values[column.value]
    ]


class Days:
    """Counts business days between two dates of a calendar; each pair is counted once."""

    def __init__(self, calendar: str) -> None:
        self._working = WorkingDays(calendar)
        self._known: dict[tuple[date, date], int] = {}

    def between(self, first: date, last: date) -> int:
        """Return how many business days come after the first date, up to and with the last."""
        found = self._known.get((first, last))
        if found is None:
            found = sum(1 for _ in self._working.between(first + timedelta(days=1), last))
            self._known[first, last] = found
        return found


@dataclass
class Figures:
    """What a report counts, in constant memory."""

    total: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)
    resolved: Counter[int] = field(default_factory=Counter)

    def add(self, *, kind: str, state: str, category: str, breaches: Iterable[str], took: int | None) -> None:
        """Count one complaint; `took` are the business days until it was resolved or withdrawn."""
        self.total += 1
        self.kinds[kind] += 1
        self.states[state] += 1
        self.categories[category] += 1
        self.breaches.update(breaches)
        if took is not None:
            self.resolved[took] += 1

    def facts(self) -> dict[str, Any]:
        """Return the counts as JSON values; `times` are how many took up to 5, 15, 35 days, or longer."""
        times = [0] * (len(_BUCKETS) + 1)
        for days, count in self.resolved.items():
            times[sum(days > most for most in _BUCKETS)] += count
        return {
            "total": self.total,
            "kinds": dict(self.kinds),
            "states": dict(self.states),
            "categories": dict(self.categories.most_common()),
            "breaches": dict(self.breaches),
            "times": times,
            "median": _percentile(self.resolved, 50),
            "slow": _percentile(self.resolved, 90),
        }


def _percentile(counted: Counter[int], percent: int) -> int | None:
    wanted = -(-counted.total() * percent // 100)
    for days in sorted(counted):
        wanted -= counted[days]
        if wanted <= 0:
            return days
    return None
