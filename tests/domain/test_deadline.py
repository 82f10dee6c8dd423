from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.deadline import (
    CLOSING_DAY,
    WEEKEND,
    Skipped,
    calendar_for,
    count,
    earlier,
    end_of_day,
    later,
    reason_in,
)

NEW_YORK, LONDON, PARIS = "America/New_York", "Europe/London", "Europe/Paris"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CD, BD = "calendar_days", "business_days"
CASES = [
    ("2026-11-23T15:00", NEW_YORK, 5, CD, "XFED", "2026-11-28", "2026-11-29T04:59:59", "5 days end on a Saturday and are not moved (design 7)"),
    ("2026-11-23T15:00", NEW_YORK, 14, CD, "XFED", "2026-12-07", "2026-12-08T04:59:59", "two weeks are 14 days (design 7)"),
    ("2026-11-23T15:00", NEW_YORK, 5, BD, "XFED", "2026-12-01", "2026-12-02T04:59:59", "decision over Thanksgiving (stripe 1.2)"),
    ("2026-06-18T15:00", NEW_YORK, 1, BD, "XFED", "2026-06-22", "2026-06-23T03:59:59", "Juneteenth on a Friday"),
    ("2026-07-02T15:00", NEW_YORK, 1, BD, "XFED", "2026-07-03", "2026-07-04T03:59:59", "the Federal Reserve opens on Friday when 4 July is a Saturday"),
    ("2027-07-02T15:00", NEW_YORK, 1, BD, "XFED", "2027-07-06", "2027-07-07T03:59:59", "4 July on a Sunday moves to Monday"),
    ("2026-04-02T15:00", NEW_YORK, 1, BD, "XFED", "2026-04-03", "2026-04-04T03:59:59", "Good Friday is a business day in the US"),
    ("2026-04-02T15:00", LONDON, 1, BD, "GB-ENG", "2026-04-07", "2026-04-07T22:59:59", "Good Friday and Easter Monday in England"),
    ("2026-04-02T15:00", PARIS, 1, BD, "XECB", "2026-04-07", "2026-04-07T21:59:59", "Good Friday and Easter Monday at the ECB"),
    ("2026-04-02T15:00", PARIS, 1, BD, "FR", "2026-04-03", "2026-04-03T21:59:59", "Good Friday is worked in most of France"),
    ("2026-12-24T15:00", LONDON, 1, BD, "GB-ENG", "2026-12-29", "2026-12-29T23:59:59", "Boxing Day on a Saturday has a substitute on Monday"),
    ("2021-12-24T15:00", LONDON, 1, BD, "GB-ENG", "2021-12-29", "2021-12-29T23:59:59", "Christmas on a Saturday: two substitutes"),
    ("2026-12-24T15:00", PARIS, 1, BD, "XECB", "2026-12-28", "2026-12-28T22:59:59", "26 December at the ECB has no substitute"),
    ("2026-12-30T15:00", NEW_YORK, 3, BD, "XFED", "2027-01-05", "2027-01-06T04:59:59", "over the end of the year"),
    ("2026-12-30T15:00", NEW_YORK, 5, CD, "XFED", "2027-01-04", "2027-01-05T04:59:59", "calendar days over the end of the year"),
    ("2028-02-28T15:00", NEW_YORK, 2, BD, "XFED", "2028-03-01", "2028-03-02T04:59:59", "29 February counts"),
    ("2026-11-21T15:00", NEW_YORK, 1, BD, "XFED", "2026-11-23", "2026-11-24T04:59:59", "a start on Saturday: Monday is the first day"),
    ("2026-11-26T15:00", NEW_YORK, 1, BD, "XFED", "2026-11-27", "2026-11-28T04:59:59", "a start on a holiday: the next day is the first"),
    ("2026-11-21T15:00", NEW_YORK, 0, BD, "XFED", "2026-11-21", "2026-11-22T04:59:59", "length 0 is due the same day, even a Saturday"),
    ("2026-11-23T15:00", PARIS, 0, CD, "XECB", "2026-11-23", "2026-11-23T22:59:59", "length 0 in calendar days"),
    ("2026-03-27T15:00", PARIS, 1, CD, "XECB", "2026-03-28", "2026-03-28T22:59:59", "the day before clocks go forward in Europe"),
    ("2026-03-27T15:00", PARIS, 2, CD, "XECB", "2026-03-29", "2026-03-29T21:59:59", "the day clocks go forward in Europe has 23 hours"),
    ("2026-10-24T15:00", PARIS, 1, CD, "XECB", "2026-10-25", "2026-10-25T22:59:59", "the day clocks go back in Europe has 25 hours"),
    ("2026-03-07T15:00", NEW_YORK, 1, CD, "XFED", "2026-03-08", "2026-03-09T03:59:59", "clocks go forward in New York"),
    ("2026-10-31T15:00", NEW_YORK, 1, CD, "XFED", "2026-11-01", "2026-11-02T04:59:59", "clocks go back in New York"),
    ("2026-09-05T12:00", "America/Santiago", 0, CD, "XFED", "2026-09-05", "2026-09-06T03:59:59", "clocks jump over midnight in Chile"),
    ("2026-04-04T12:00", "America/Santiago", 0, CD, "XFED", "2026-04-04", "2026-04-05T03:59:59", "the last hour comes twice in Chile"),
    ("2026-11-24T03:00", NEW_YORK, 1, CD, "XFED", "2026-11-24", "2026-11-25T04:59:59", "still Monday in New York when it is Tuesday in UTC"),
    ("2026-11-23T22:00", "Asia/Tokyo", 1, CD, "XFED", "2026-11-25", "2026-11-25T14:59:59", "already Tuesday in Tokyo when it is Monday in UTC"),
    ("2026-11-23T11:00", "Pacific/Kiritimati", 0, CD, "XFED", "2026-11-24", "2026-11-24T09:59:59", "14 hours east of UTC"),
    ("2026-11-23T11:00", "Pacific/Pago_Pago", 0, CD, "XFED", "2026-11-23", "2026-11-24T10:59:59", "11 hours west of UTC"),
    ("2026-11-23T00:00", "UTC", 0, CD, "XFED", "2026-11-23", "2026-11-23T23:59:59", "midnight belongs to the day that begins"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("started", "zone", "length", "unit", "calendar", "due_on", "due_at"),
    [pytest.param(*row[:-1], id=row[-1]) for row in CASES],
)
def test_a_deadline_is_the_last_second_of_its_date(
    started: str, zone: str, length: int, unit: str, calendar: str, due_on: str, due_at: str
) -> None:
    counted = count(at(started), zone, length, unit, calendar)

    assert (counted.due_on, counted.due_at) == (date.fromisoformat(due_on), at(due_at))
    assert counted.due_at.utcoffset() == timedelta(0)
    assert (counted.calendar, counted.zone, counted.rule) == (calendar, zone, f"{length} {unit}")


def test_the_days_that_did_not_count_are_named() -> None:
    counted = count(at("2026-11-24T15:00"), NEW_YORK, 3, BD, "XFED", [date(2026, 11, 27)])

    assert counted.due_on == date(2026, 12, 1)
    assert counted.skipped == (
        (date(2026, 11, 26), "Thanksgiving Day"),
        (date(2026, 11, 27), CLOSING_DAY),
        (date(2026, 11, 28), WEEKEND),
        (date(2026, 11, 29), WEEKEND),
    )


def test_calendar_days_skip_nothing() -> None:
    assert count(at("2026-12-24T15:00"), PARIS, 14, CD, "XECB", [date(2026, 12, 28)]).skipped == ()


def test_a_moment_counts_the_same_in_whatever_zone_it_is_written() -> None:
    moment = at("2026-11-24T03:00")

    assert count(moment, NEW_YORK, 5, BD, "XFED") == count(
        moment.astimezone(ZoneInfo("Asia/Tokyo")), NEW_YORK, 5, BD, "XFED"
    )


REASONS = [
    (Skipped(date(2026, 11, 28), WEEKEND), "XFED", "weekend", "week-end"),
    (Skipped(date(2026, 11, 27), CLOSING_DAY), "XFED", "closing day", "jour de fermeture"),
    (Skipped(date(2026, 12, 25), "Christmas Day"), "XFED", "Christmas Day", "Noël"),
    (
        Skipped(date(2026, 12, 28), "Boxing Day (observed)"),
        "GB-ENG",
        "Boxing Day (observed)",
        "Lendemain de Noël (reporté)",
    ),
    (Skipped(date(2026, 4, 3), "Good Friday"), "XECB", "Good Friday", "Vendredi saint"),
    (Skipped(date(2026, 7, 14), "National Day"), "FR", "National Day", "Fête nationale"),
    (Skipped(date(2026, 1, 1), "New Year's Day"), "FR", "New Year's Day", "Jour de l\u2019an"),
    (Skipped(date(2026, 1, 1), "Some day"), "GB-ENG", "Some day", "Some day"),
]


@pytest.mark.parametrize(("skipped", "calendar", "english", "french"), REASONS)
def test_a_skipped_day_is_explained_in_the_readers_language(
    skipped: Skipped, calendar: str, english: str, french: str
) -> None:
    assert reason_in(skipped, calendar, "en") == english
    assert reason_in(skipped, calendar, "fr_FR") == french


@pytest.mark.parametrize("calendar", ["XFED", "GB-ENG", "XECB"])
@pytest.mark.parametrize("year", [2025, 2026, 2027, 2028])
def test_every_holiday_of_stripes_calendars_has_a_french_name(calendar: str, year: int) -> None:
    counted = count(at(f"{year}-01-01T00:00") - timedelta(days=1), "UTC", 262, BD, calendar)
    names = {one for one in counted.skipped if one.reason != WEEKEND}

    assert len(names) >= 3
    same_in_both = {"Memorial Day", "Columbus Day"}
    assert [
        one
        for one in names
        if reason_in(one, calendar, "fr") == one.reason and one.reason not in same_in_both
    ] == []


CALENDARS = [
    ("stripe", "us", "XFED"),
    ("stripe", "uk", "GB-ENG"),
    ("stripe", "eu", "XECB"),
    ("team", "FR", "FR"),
    ("team", "GB-SCT", "GB-SCT"),
    ("team", "us", "US"),
    ("team", "", "XECB"),
]


@pytest.mark.parametrize(("kind", "place", "calendar"), CALENDARS)
def test_a_calendar_belongs_to_the_clock(kind: str, place: str, calendar: str) -> None:
    assert calendar_for(kind, place) == calendar


@pytest.mark.parametrize(
    ("kind", "place", "message"),
    [
        ("stripe", "mars", "unknown region 'mars'"),
        ("team", "ZZ", "unknown calendar 'ZZ'"),
        ("team", "GB-XX", "unknown calendar 'GB-XX'"),
        ("moon", "us", "unknown kind of calendar 'moon'"),
    ],
)
def test_an_unknown_place_is_refused(kind: str, place: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calendar_for(kind, place)


NOON = at("2026-11-23T12:00")
IMPOSSIBLE = [
    (NOON.replace(tzinfo=None), PARIS, 1, CD, "XECB", "naive"),
    (NOON, "Mars/Base", 1, CD, "XECB", "unknown time zone 'Mars/Base'"),
    (NOON, "../etc/passwd", 1, CD, "XECB", "unknown time zone"),
    (NOON, "", 1, CD, "XECB", "unknown time zone"),
    (NOON, PARIS, 1, BD, "ZZ", "unknown calendar 'ZZ'"),
    (NOON, PARIS, -1, BD, "XECB", "not -1"),
    (NOON, PARIS, 4000, BD, "XECB", "not 4000"),
    (NOON, PARIS, 1, "weeks", "XECB", "unknown unit 'weeks'"),
]


@pytest.mark.parametrize(("started", "zone", "length", "unit", "calendar", "message"), IMPOSSIBLE)
def test_what_cannot_be_counted_is_refused_clearly(
    started: datetime, zone: str, length: int, unit: str, calendar: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        count(started, zone, length, unit, calendar)


def test_where_the_source_is_silent_waits_take_the_later_calendar_and_duties_the_earlier() -> None:
    american = count(at("2026-04-02T12:00"), PARIS, 1, BD, "XFED")
    european = count(at("2026-04-02T12:00"), PARIS, 1, BD, "XECB")

    assert later(american, european) == european
    assert earlier(american, european) == american


def test_the_end_of_a_day_is_one_second_before_the_next() -> None:
    assert end_of_day(date(2026, 11, 23), LONDON) == at("2026-11-23T23:59:59")
