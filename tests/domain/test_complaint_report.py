"""The monthly report: which months, which days, what is missing, what no spreadsheet may run."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot import plans
from bot.domain.complaint_report import (
    Figures,
    Month,
    asks_at,
    business_day,
    closed,
    lacking,
    month_from,
    neutral,
)
from bot.domain.complaint_template import VALUES, template_from
from bot.domain.plan import PlanError

NEW_YORK, PARIS, LONDON = "America/New_York", "Europe/Paris", "Europe/London"


@pytest.mark.parametrize(
    ("region", "month", "number", "expected"),
    [
        ("us", "2026-11", 1, "2026-11-02"),  # the first is a Sunday
        ("us", "2026-11", 5, "2026-11-06"),
        ("us", "2027-01", 1, "2027-01-04"),  # New Year's Day is a Friday
        ("us", "2027-01", 5, "2027-01-08"),
        ("uk", "2026-05", 1, "2026-05-01"),
        ("uk", "2026-05", 2, "2026-05-05"),  # the early May bank holiday
        ("eu", "2026-05", 1, "2026-05-04"),  # Labour Day is a Friday
        ("us", "2026-07", 3, "2026-07-03"),  # the Fed works on the Friday before a holiday on Saturday
        ("eu", "2027-01", 1, "2027-01-04"),
    ],
)
def test_business_days_of_a_month_follow_the_calendar_of_the_region(
    region: str, month: str, number: int, expected: str
) -> None:
    assert business_day(month_from(month), number, region).isoformat() == expected


@pytest.mark.parametrize(
    ("about", "now", "zone", "region", "since", "until", "expected"),
    [
        ("weekend", "2026-11-01T20:00", NEW_YORK, "us", "2026-10-05T12:00", "", []),
        ("first business day begins", "2026-11-02T05:00", NEW_YORK, "us", "2026-10-05T12:00", "", ["2026-10"]),
        ("a second before", "2026-11-02T04:59", NEW_YORK, "us", "2026-10-05T12:00", "", []),
        ("live on the last evening", "2026-11-02T15:00", NEW_YORK, "us", "2026-11-01T03:00", "", ["2026-10"]),
        ("live in the new month", "2026-11-02T15:00", PARIS, "eu", "2026-10-31T23:30", "", []),
        ("year end", "2027-01-04T15:00", LONDON, "uk", "2026-11-05T12:00", "", ["2026-11", "2026-12"]),
        ("an outage", "2027-02-10T15:00", NEW_YORK, "us", "2026-12-05T12:00", "", ["2026-12", "2027-01"]),
        ("ended", "2027-02-10T15:00", NEW_YORK, "us", "2026-11-05T12:00", "2026-12-03T12:00", ["2026-11", "2026-12"]),
        ("live for years", "2027-02-10T15:00", NEW_YORK, "us", "2020-01-05T12:00", "", 12),
    ],
)  # fmt: skip
def test_months_with_live_access_are_reported_from_the_first_business_day_on(
    about: str, now: str, zone: str, region: str, since: str, until: str, expected: Any
) -> None:
    del about
    at = [datetime.fromisoformat(one).replace(tzinfo=UTC) if one else None for one in (now, since, until)]
    assert at[0] is not None
    assert at[1] is not None
    found = [one.name for one in closed(at[0], zone, region, at[1], at[2])]
    assert (len(found) if isinstance(expected, int) else found) == expected


@pytest.mark.parametrize(
    ("region", "month", "days", "zone", "expected"),
    [
        (
            "us",
            "2026-11",
            3,
            NEW_YORK,
            "2026-11-24T14:00",
        ),  # Thanksgiving is on the 26th, the last day the 30th
        ("us", "2026-12", 3, NEW_YORK, "2026-12-28T14:00"),  # the 31st is the last one
        ("uk", "2026-08", 1, LONDON, "2026-08-27T08:00"),  # the 31st is a bank holiday, the 29th a Saturday
        ("eu", "2026-12", 4, PARIS, "2026-12-24T08:00"),  # the 25th and 26th are no business days
        ("us", "2027-02", 10, NEW_YORK, "2027-02-11T14:00"),  # the 15th is a holiday
    ],
)
def test_what_is_missing_is_asked_for_on_a_morning_before_the_last_business_days(
    region: str, month: str, days: int, zone: str, expected: str
) -> None:
    assert f"{asks_at(month_from(month), days, zone, region):%Y-%m-%dT%H:%M}" == expected


def test_a_month_begins_and_ends_where_the_programme_is() -> None:
    first, end = Month(2026, 10).bounds(PARIS)
    assert first == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert end == datetime(2026, 10, 31, 23, tzinfo=UTC)  # the clocks have changed in between
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month(2027, 1).before() == Month(2026, 12)


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "october", "", "2026-10-01", "1999-01"])
def test_a_month_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError, match="2026-10"):
        month_from(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1 23", "'+33 1 23"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("\u00a0=1", "'\u00a0=1"),
        ("＝1", "'＝1"),  # noqa: RUF001 - the full-width sign is the case
        ("a=1", "a=1"),
        ("", ""),
        ("Zoé", "Zoé"),
    ],
)
def test_what_looks_like_a_formula_is_text(text: str, expected: str) -> None:
    assert neutral(text) == expected


def test_what_is_missing_depends_on_how_a_complaint_stands() -> None:
    columns = plans.complaint_report().columns
    empty = dict.fromkeys(VALUES, "")
    always = ["customer", "product", "channel", "category", "summary"]
    assert lacking(columns, empty, {"kind": "operational", "state": "received"}) == always
    resolved = lacking(columns, empty, {"kind": "executive", "state": "resolved"})
    assert resolved == [*always, "resolution", "root_cause"]
    assert lacking(columns, dict.fromkeys(VALUES, "x"), {"kind": "operational", "state": "resolved"}) == []


def test_figures_count_and_tell_half_and_nine_of_ten() -> None:
    found = Figures()
    for took in (1, 2, 5, 6, 15, 16, 36, None, 3, 4):
        found.add(kind="operational", state="resolved", category="fees", breaches=(), took=took)
    found.add(kind="executive", state="received", category="", breaches=("notify",), took=None)
    facts = found.facts()
    assert facts["total"] == 11
    assert facts["times"] == [5, 2, 1, 1]
    assert (facts["median"], facts["slow"]) == (5, 36)
    assert facts["kinds"] == {"operational": 10, "executive": 1}
    assert facts["breaches"] == {"notify": 1}
    assert Figures().facts()["median"] is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"due_business_days": 0}, "due_business_days"),
        ({"ask_business_days": 11}, "ask_business_days"),
        ({"nil": "yes"}, "nil"),
        ({"variants": {"b2b_payments": 1}}, "variants"),
        ({"column": []}, "column"),
        ({"column": [{"name": "a", "value": "colour"}]}, "value"),
        ({"column": [{"name": "a", "value": "ref"}, {"name": "a", "value": "ref"}]}, "used once"),
        ({"column": [{"name": "a", "value": "ref", "required": "always"}]}, "nobody fills in"),
        ({"column": [{"name": "a", "value": "bank", "required": "often"}]}, "required"),
        ({"columns": []}, "unknown"),
    ],
)
def test_a_template_with_a_mistake_says_what_is_wrong(change: dict[str, Any], problem: str) -> None:
    good: dict[str, Any] = {
        "due_business_days": 5,
        "ask_business_days": 3,
        "nil": True,
        "variants": {},
        "column": [{"name": "a", "value": "ref"}],
    }
    assert template_from(good, "x").due_business_days == 5
    with pytest.raises(PlanError, match=problem):
        template_from({**good, **change}, "x.toml")


def test_the_proposed_template_is_due_on_the_fifth_business_day() -> None:
    template = plans.complaint_report()
    assert template.due_business_days == 5
    assert template.nil
    assert [name for name, on in template.variants.items() if not on] == ["b2b_payments"]
    assert "complaint_channel" in {
        column.name for column in template.columns
    }  # the one that Stripe has named
    assert date(2026, 11, 6) == business_day(Month(2026, 11), 5, "us")
