"""Counting deadlines: which calendar, which days are skipped, and the last second of the due date.

Day 0 is the local date of the starting moment. Business days count the next working days of the calendar;
calendar days are added and never moved. A deadline is the end of its date in the zone of the clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

if TYPE_CHECKING:
    from collections.abc import Collection

UNITS: Final = ("calendar_days", "business_days")
LONGEST: Final = 3660
"""Days: ten years; a longer clock is a mistake."""

WEEKEND: Final = "weekend"
CLOSING_DAY: Final = "closing day"
PAUSED: Final = "programme paused"

STRIPE_CALENDARS: Final = {"us": "XFED", "uk": "GB-ENG", "eu": "XECB"}
"""Calendars of Stripe's and the statutory clocks: Federal Reserve, England, European Central Bank."""

FRENCH: Final = {
    "New Year's Day": "Jour de l\u2019an",
    "Birthday of Martin Luther King, Jr.": "Anniversaire de Martin Luther King",
    "Washington's Birthday": "Anniversaire de Washington",
    "Memorial Day": "Memorial Day",
    "Juneteenth National Independence Day": "Juneteenth",
    "Independence Day": "Fête de l\u2019Indépendance",
    "Labor Day": "Fête du Travail",
    "Labour Day": "Fête du Travail",
    "Columbus Day": "Columbus Day",
    "Veterans Day": "Jour des anciens combattants",
    "Thanksgiving Day": "Thanksgiving",
    "Christmas Day": "Noël",
    "Christmas Holiday": "Lendemain de Noël",
    "Boxing Day": "Lendemain de Noël",
    "Good Friday": "Vendredi saint",
    "Easter Monday": "Lundi de Pâques",
    "May Day": "Fête du Travail",
    "Spring Bank Holiday": "Jour férié de printemps",
    "Late Summer Bank Holiday": "Jour férié d\u2019été",
}
"""Names of holidays in calendars that the library does not speak French for."""


class Skipped(NamedTuple):
    """A day that did not count, and why: `weekend`, `closing day`, a pause, or the holiday's English name."""

    on: date
    reason: str


class Counted(NamedTuple):
    """A counted deadline with all that explains it: `due_at` is the last second of `due_on`, in UTC."""

    due_on: date
    due_at: datetime
    skipped: tuple[Skipped, ...]
    calendar: str
    zone: str
    rule: str


def calendar_for(kind: str, place: str) -> str:
    """Return the calendar of a clock.

    Args:
        kind: `stripe` for the waits and statutory clocks, `team` for our own steps.
        place: for `stripe` the region (us, uk, eu); for `team` a country with an optional subdivision,
            such as `FR` or `GB-ENG`. A team without a country counts by the calendar of the euro (`XECB`).

    Raises:
        ValueError: the kind, the region or the country is unknown.
    """
    if kind == "stripe":
        if place not in STRIPE_CALENDARS:
            raise ValueError(f"unknown region {place!r}: one of {', '.join(STRIPE_CALENDARS)}")
        return STRIPE_CALENDARS[place]
    if kind != "team":
        raise ValueError(f"unknown kind of calendar {kind!r}: stripe or team")
    calendar = place.upper() or STRIPE_CALENDARS["eu"]
    _open(calendar, "")
    return calendar


def count(
    started_at: datetime,
    zone: str,
    length: int,
    unit: str,
    calendar: str,
    closing_days: Collection[date] = (),
    paused: Collection[date] = (),
) -> Counted:
    """Count a deadline.

    Args:
        started_at: aware moment at which the clock starts.
        zone: IANA name of the zone in which days begin and end.
        length: number of days, 0 or more; 0 is due at the end of the starting day.
        unit: `calendar_days` or `business_days`.
        calendar: as returned by `calendar_for`.
        closing_days: further days on which nobody works.
        paused: days on which the programme stood still; they count in neither unit.

    Raises:
        ValueError: the moment is naive, the length or unit impossible, the zone or calendar unknown.
    """
    if started_at.tzinfo is None or started_at.utcoffset() is None:
        raise ValueError(f"a deadline starts at an aware moment, not at the naive {started_at}")
    if unit not in UNITS:
        raise ValueError(f"unknown unit {unit!r}: one of {', '.join(UNITS)}")
    if not 0 <= length <= LONGEST:
        raise ValueError(f"a deadline is 0 to {LONGEST} days long, not {length}")
    place = _zone(zone)
    _open(calendar, "")
    day = started_at.astimezone(place).date()
    skipped: list[Skipped] = []
    if unit == "calendar_days" and not paused:
        day += timedelta(days=length)
    else:
        left = length
        while left:
            day += timedelta(days=1)
            reason = PAUSED if day in paused else None
            if reason is None and unit == "business_days":
                reason = reason_to_skip(day, calendar, closing_days)
            if reason is None:
                left -= 1
            else:
                skipped.append(Skipped(day, reason))
    return Counted(day, end_of_day(day, zone), tuple(skipped), calendar, zone, f"{length} {unit}")


def end_of_day(day: date, zone: str) -> datetime:
    """Return the last second of a local date, in UTC.

    Raises:
        ValueError: the zone is unknown.
    """
    # The first moment of the next date is exact even where clocks change at midnight.
    midnight = datetime.combine(day + timedelta(days=1), time.min, _zone(zone))
    return midnight.astimezone(UTC) - timedelta(seconds=1)


def reason_to_skip(day: date, calendar: str, closing_days: Collection[date] = ()) -> str | None:
    """Return why nobody works on a day in a calendar (`Skipped.reason`), or None on a working day."""
    working, weekend, name = _year(calendar, day.year).get(day, (True, False, ""))
    if not working:
        return WEEKEND if weekend else name
    return CLOSING_DAY if day in closing_days else None


def reason_in(skipped: Skipped, calendar: str, language: str) -> str:
    """Return why a day did not count, in the language of the reader where there is a word for it."""
    french = language.partition("_")[0] == "fr"
    if skipped.reason == WEEKEND:
        return "week-end" if french else WEEKEND
    if skipped.reason == CLOSING_DAY:
        return "jour de fermeture" if french else CLOSING_DAY
    if skipped.reason == PAUSED:
        return "programme en pause" if french else PAUSED
    if not french:
        return skipped.reason
    if _speaks_french(calendar):
        name = str(_open(calendar, "fr").get(skipped.on) or skipped.reason)
        return name.replace("'", "\u2019")  # the library types the straight apostrophe
    return _french(skipped.reason)


def later(*counted: Counted) -> Counted:
    """Return the later one: for waits for Stripe whose source leaves the calendar open."""
    return max(counted, key=lambda one: one.due_at)


def earlier(*counted: Counted) -> Counted:
    """Return the earlier one: for duties of ours whose source leaves the calendar open."""
    return min(counted, key=lambda one: one.due_at)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


@lru_cache(maxsize=128)
def _open(calendar: str, language: str) -> holidays.HolidayBase:
    """Return the library's calendar; without a language it speaks American English or its own tongue."""
    country, _, subdivision = calendar.partition("-")
    try:
        if calendar in STRIPE_CALENDARS.values() and not subdivision:
            return holidays.financial_holidays(calendar, language=language or None)
        found = holidays.country_holidays(country, subdiv=subdivision or None, language=language or None)
        if not language and "en_US" in found.supported_languages:
            return holidays.country_holidays(country, subdiv=subdivision or None, language="en_US")
    except (NotImplementedError, ValueError) as error:
        raise ValueError(f"unknown calendar {calendar!r}: {error}") from error
    return found


def _speaks_french(calendar: str) -> bool:
    return "fr" in _open(calendar, "").supported_languages


@lru_cache(maxsize=512)
def _year(calendar: str, year: int) -> dict[date, tuple[bool, bool, str]]:
    """Return the days of a year that are weekend or holiday: working, weekend, name of the holiday."""
    # A calendar of its own, for the library's grows while it is read, and threads share this cache.
    country, _, subdivision = calendar.partition("-")
    shared = _open(calendar, "")
    if calendar in STRIPE_CALENDARS.values() and not subdivision:
        found = holidays.financial_holidays(calendar, years=year, language=shared.language)
    else:
        found = holidays.country_holidays(
            country, subdiv=subdivision or None, years=year, language=shared.language
        )
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    return {
        day: (found.is_working_day(day), found.is_weekend(day), found.get(day) or "")
        for day in days
        if day.year == year and (day in found or found.is_weekend(day))
    }


def _french(name: str) -> str:
    names = []
    for one in name.split("; "):
        bare = one.removesuffix(" (observed)")
        observed = " (reporté)" if bare != one else ""
        names.append(FRENCH[bare] + observed if bare in FRENCH else one)
    return "; ".join(names)
