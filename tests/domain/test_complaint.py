"""Clocks of complaints, case by case, with the source of each; the lock; what was late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import plans
from bot.domain.complaint import Facts, breaches, breaks_lock, dues, extendable, next_due

NY, LONDON, PARIS = "America/New_York", "Europe/London", "Europe/Paris"
ON: dict[str, str] = {"forward": "on"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# submitted (UTC), region, zone, clock, due date there, source and what the case shows
# CPL: docs.stripe.com/treasury/connect/handling-complaints; D7: design.md section 7; OLD: the older support
# article (issuing-complaints@); STRC: support.stripe.com/questions/submit-a-complaint; FED, ENG, ECB: the
# calendars of the Federal Reserve, of England and Wales, and of the European Central Bank.
PLAIN = [
    ("2026-11-02T15:00", "us", NY, "acknowledge", "2026-11-09", "CPL 5 business days, an ordinary week"),
    ("2026-11-02T15:00", "us", NY, "resolve", "2026-11-24", "CPL 15 business days; FED Veterans Day does not count"),
    ("2026-11-23T15:00", "us", NY, "acknowledge", "2026-12-01", "CPL FED over Thanksgiving"),
    ("2026-11-23T15:00", "us", NY, "resolve", "2026-12-15", "CPL FED 15 days over Thanksgiving"),
    ("2026-11-21T15:00", "us", NY, "acknowledge", "2026-11-30", "D7 received on a Saturday: Monday is day 1, Thanksgiving skipped"),
    ("2026-11-22T15:00", "us", NY, "acknowledge", "2026-11-30", "D7 received on a Sunday: the same"),
    ("2026-11-26T15:00", "us", NY, "acknowledge", "2026-12-03", "D7 received on a holiday: Friday is day 1"),
    ("2026-12-25T15:00", "us", NY, "acknowledge", "2027-01-04", "FED received on Christmas, over the end of the year"),
    ("2026-12-28T15:00", "us", NY, "acknowledge", "2027-01-05", "FED New Year's Day does not count"),
    ("2026-12-28T15:00", "us", NY, "resolve", "2027-01-20", "FED New Year and Martin Luther King Day do not count"),
    ("2026-12-31T15:00", "us", NY, "acknowledge", "2027-01-08", "FED the last day of a year"),
    ("2026-06-18T15:00", "us", NY, "acknowledge", "2026-06-26", "FED Juneteenth on a Friday"),
    ("2026-07-02T15:00", "us", NY, "acknowledge", "2026-07-09", "FED open on the Friday before a Saturday 4 July"),
    ("2027-07-02T15:00", "us", NY, "acknowledge", "2027-07-12", "FED 4 July on a Sunday moves to Monday"),
    ("2026-04-02T15:00", "us", NY, "acknowledge", "2026-04-09", "FED Good Friday counts in the US"),
    ("2026-05-22T15:00", "us", NY, "acknowledge", "2026-06-01", "FED Memorial Day"),
    ("2026-09-04T15:00", "us", NY, "acknowledge", "2026-09-14", "FED Labor Day"),
    ("2026-10-09T15:00", "us", NY, "acknowledge", "2026-10-19", "FED Columbus Day"),
    ("2028-02-25T15:00", "us", NY, "acknowledge", "2028-03-03", "D7 29 February is a day like others"),
    ("2026-11-24T03:30", "us", NY, "acknowledge", "2026-12-01", "D7 Tuesday in UTC is still Monday in New York"),
    ("2026-11-24T05:30", "us", NY, "acknowledge", "2026-12-02", "D7 half past midnight in New York is Tuesday"),
    ("2026-11-03T07:30", "us", "America/Los_Angeles", "acknowledge", "2026-11-09", "D7 Monday evening in Los Angeles"),
    ("2026-11-03T09:30", "us", "Pacific/Honolulu", "acknowledge", "2026-11-09", "D7 Monday night in Honolulu"),
    ("2026-03-06T15:00", "us", NY, "acknowledge", "2026-03-13", "D7 clocks go forward in between"),
    ("2026-10-30T15:00", "us", NY, "acknowledge", "2026-11-06", "D7 clocks go back in between"),
    ("2026-11-02T15:00", "uk", LONDON, "acknowledge", "2026-11-09", "CPL ENG an ordinary week"),
    ("2026-11-02T15:00", "uk", LONDON, "resolve", "2026-11-23", "CPL ENG no holiday in November"),
    ("2026-04-02T15:00", "uk", LONDON, "acknowledge", "2026-04-13", "ENG Good Friday and Easter Monday"),
    ("2026-04-03T15:00", "uk", LONDON, "acknowledge", "2026-04-13", "ENG received on Good Friday"),
    ("2026-05-01T15:00", "uk", LONDON, "acknowledge", "2026-05-11", "ENG early May bank holiday"),
    ("2026-05-22T15:00", "uk", LONDON, "acknowledge", "2026-06-01", "ENG spring bank holiday"),
    ("2026-08-28T15:00", "uk", LONDON, "acknowledge", "2026-09-07", "ENG late summer bank holiday"),
    ("2026-12-24T15:00", "uk", LONDON, "acknowledge", "2027-01-05", "ENG Boxing Day's substitute and New Year"),
    ("2026-12-24T15:00", "uk", LONDON, "resolve", "2027-01-19", "ENG 15 days over the end of the year"),
    ("2021-12-24T15:00", "uk", LONDON, "acknowledge", "2022-01-05", "ENG three substitutes in ten days"),
    ("2026-11-22T23:30", "uk", LONDON, "acknowledge", "2026-11-27", "D7 Sunday before midnight in London"),
    ("2026-11-23T00:30", "uk", LONDON, "acknowledge", "2026-11-30", "D7 Monday after midnight in London"),
    ("2026-07-05T23:30", "uk", LONDON, "acknowledge", "2026-07-13", "D7 summer time: Sunday in UTC is Monday in London"),
    ("2026-11-02T15:00", "eu", PARIS, "acknowledge", "2026-11-09", "CPL ECB an ordinary week"),
    ("2026-11-02T15:00", "eu", PARIS, "resolve", "2026-11-23", "CPL ECB 11 November counts"),
    ("2026-04-02T15:00", "eu", PARIS, "acknowledge", "2026-04-13", "ECB Good Friday and Easter Monday"),
    ("2026-04-30T15:00", "eu", PARIS, "acknowledge", "2026-05-08", "ECB 1 May; 8 May counts though France rests"),
    ("2026-12-24T15:00", "eu", PARIS, "acknowledge", "2027-01-04", "ECB Christmas and New Year, 26 December is a Saturday"),
    ("2026-12-31T15:00", "eu", PARIS, "resolve", "2027-01-22", "ECB 15 days from the last day of a year"),
    ("2026-07-13T15:00", "eu", PARIS, "acknowledge", "2026-07-20", "ECB 14 July counts"),
    ("2026-11-22T23:30", "eu", PARIS, "acknowledge", "2026-11-30", "D7 Sunday in UTC is Monday in Paris"),
    ("2026-10-23T15:00", "eu", PARIS, "acknowledge", "2026-10-30", "D7 summer time ends in between"),
    ("2026-04-02T15:00", "", "UTC", "acknowledge", "2026-04-09", "D7 no known region: the earliest calendar (FED)"),
    ("2026-11-23T15:00", "", "UTC", "acknowledge", "2026-11-30", "D7 no known region: the earliest calendar (ENG, ECB)"),
]  # fmt: skip

# more facts, at 15:00 UTC on Monday 2 November 2026 in New York unless the row says otherwise
TURNED: list[tuple[dict[str, Any], dict[str, str], str, dict[str, str], str]] = [
    ({"kind": "executive"}, {}, "us", {"notify": "2026-11-03"}, "CPL executive: notify in 1 business day, no 5 and 15"),
    ({"kind": "executive", "submitted_at": at("2026-11-06T15:00")}, {}, "us", {"notify": "2026-11-09"}, "CPL executive on a Friday"),
    ({"kind": "executive", "submitted_at": at("2026-11-07T15:00")}, {}, "us", {"notify": "2026-11-09"}, "CPL executive received on a Saturday"),
    ({"kind": "executive", "submitted_at": at("2026-11-11T15:00")}, {}, "us", {"notify": "2026-11-12"}, "CPL executive received on a holiday"),
    ({"kind": "executive", "submitted_at": at("2026-11-25T15:00")}, {}, "us", {"notify": "2026-11-27"}, "CPL executive before Thanksgiving"),
    ({"kind": "executive", "submitted_at": at("2026-12-31T15:00")}, {}, "us", {"notify": "2027-01-04"}, "CPL executive at the end of the year"),
    ({"kind": "executive", "submitted_at": at("2026-04-02T15:00")}, {}, "uk", {"notify": "2026-04-07"}, "CPL ENG executive over Easter"),
    ({"kind": "executive", "aware_at": at("2026-11-10T15:00")}, {}, "us", {"notify": "2026-11-03"}, "issue 7: reclassified later, the clock counts from the earlier moment"),
    ({"kind": "executive", "aware_at": at("2026-10-30T15:00")}, {}, "us", {"notify": "2026-11-02"}, "issue 7: known before it was submitted in writing"),
    ({"asked": True}, {}, "us", {"acknowledge": "2026-11-09", "resolve": "2026-11-24"}, "issue 7: a proposal alone changes no clock"),
    ({"acknowledged_at": at("2026-11-04T09:00")}, {}, "us", {"acknowledge": "2026-11-09", "resolve": "2026-11-24"}, "CPL resolve counts from submission, not from the acknowledgement"),
    ({"extended": True}, {}, "uk", {"acknowledge": "2026-11-09", "resolve": "2026-12-21"}, "STRC 35 business days in the UK"),
    ({"extended": True}, {}, "eu", {"acknowledge": "2026-11-09", "resolve": "2026-12-21"}, "STRC 35 business days in the EU"),
    ({"reopened_at": at("2026-12-01T15:00"), "state": "reopened", "acknowledged_at": at("2026-11-04T09:00")}, {}, "us", {"acknowledge": "2026-11-09", "resolve": "2026-12-22"}, "ours: reopened counts anew to resolve"),
    ({"reopened_at": at("2026-12-01T15:00"), "state": "reopened"}, {}, "us", {"acknowledge": "2026-12-08", "resolve": "2026-12-22"}, "ours: reopened and never acknowledged counts anew"),
    ({}, ON, "us", {"acknowledge": "2026-11-09", "resolve": "2026-11-24", "forward": "2026-11-05"}, "OLD forward every complaint in 3 business days"),
    ({"kind": "executive"}, ON, "us", {"notify": "2026-11-03", "forward": "2026-11-05"}, "OLD executive ones are forwarded too"),
    ({}, {"acknowledge": "2", "resolve": "10"}, "us", {"acknowledge": "2026-11-04", "resolve": "2026-11-17"}, "issue 7: a programme sets its own lengths"),
    ({}, {"acknowledge": "0", "resolve": "soon", "forward": "perhaps"}, "us", {"acknowledge": "2026-11-09", "resolve": "2026-11-24"}, "what cannot be read leaves the default"),
    ({"feedback": True}, ON, "us", {}, "CPL an employee's remark has no clocks"),
    ({"state": "mistake"}, ON, "us", {}, "issue 7: logged by mistake has no clocks"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "region", "zone", "clock", "due"), [c[:5] for c in PLAIN], ids=[c[5] for c in PLAIN]
)
def test_a_clock_ends_on_this_day(sent: str, region: str, zone: str, clock: str, due: str) -> None:
    found = dues(Facts(at(sent)), plans.complaints(), region, zone)
    assert found[clock].counted.due_on.isoformat() == due


@pytest.mark.parametrize(
    ("facts", "settings", "region", "expected"), [c[:4] for c in TURNED], ids=[c[4] for c in TURNED]
)
def test_these_clocks_run(
    facts: dict[str, Any], settings: dict[str, str], region: str, expected: dict[str, str]
) -> None:
    book = plans.complaints().with_settings(settings)
    found = dues(Facts(**{"submitted_at": at("2026-11-02T15:00"), **facts}), book, region, NY)
    assert {name: due.counted.due_on.isoformat() for name, due in found.items()} == expected


def test_the_table_is_long_enough() -> None:
    assert len(PLAIN) + len(TURNED) >= 60


# facts, the moment somebody looks, what was late
SUBMITTED = at("2026-11-02T15:00")  # acknowledge until the 9th, resolve until the 24th, notify until the 3rd
LATE: list[tuple[dict[str, Any], str, tuple[str, ...], str]] = [
    ({}, "2026-11-10T04:59:59", (), "the last second of the day in New York"),
    ({}, "2026-11-10T05:00:00", ("acknowledge",), "the next second"),
    ({"acknowledged_at": at("2026-11-09T23:00")}, "2026-11-20T00:00", (), "acknowledged on the last day"),
    ({"acknowledged_at": at("2026-11-10T06:00")}, "2026-11-20T00:00", ("acknowledge",), "acknowledged late stays late"),
    ({"acknowledged_at": at("2026-11-03T06:00")}, "2026-11-25T06:00", ("resolve",), "never resolved"),
    ({"state": "resolved", "resolved_at": at("2026-11-05T06:00")}, "2027-01-01T00:00", (), "resolved at once needs no acknowledgement"),
    ({"state": "withdrawn", "withdrawn_at": at("2026-11-05T06:00")}, "2027-01-01T00:00", (), "withdrawn in time"),
    ({"state": "withdrawn", "withdrawn_at": at("2026-11-12T06:00")}, "2027-01-01T00:00", ("acknowledge",), "withdrawn after the first date"),
    ({"kind": "executive"}, "2026-11-04T05:00", ("notify",), "Stripe was not told"),
    ({"kind": "executive", "notified_at": at("2026-11-03T20:00")}, "2027-01-01T00:00", (), "Stripe was told in time"),
    ({"kind": "executive", "aware_at": at("2026-11-10T15:00"), "notified_at": at("2026-11-10T16:00")}, "2026-11-11T00:00", ("notify",), "issue 7: reclassified after the date is shown as a breach"),
    ({"feedback": True}, "2027-01-01T00:00", (), "an employee's remark is never late"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "now", "expected"), [c[:3] for c in LATE], ids=[c[3] for c in LATE])
def test_this_was_late(facts: dict[str, Any], now: str, expected: tuple[str, ...]) -> None:
    found = dues(Facts(**{"submitted_at": SUBMITTED, **facts}), plans.complaints(), "us", NY)
    assert breaches(found, at(now)) == expected


LOCK = at("2026-11-02T15:10")
RELEASE = at("2026-11-04T10:00")
# facts, when the lock fell, when the customer was contacted, one too many?
CONTACTS: list[tuple[dict[str, Any], datetime | None, datetime, bool, str]] = [
    ({"asked": True}, LOCK, LOCK, True, "from the very moment of the proposal"),
    ({"asked": True}, LOCK, LOCK - timedelta(seconds=1), False, "a second before it"),
    ({"asked": True}, LOCK + timedelta(seconds=40), LOCK, True, "in the same minute: people give minutes"),
    ({"kind": "executive"}, LOCK, RELEASE, True, "not reviewed yet"),
    ({"kind": "executive", "released_at": RELEASE}, LOCK, RELEASE, False, "after Stripe's answer"),
    ({"kind": "executive", "released_at": RELEASE}, LOCK, RELEASE - timedelta(seconds=1), True, "recorded later, happened before Stripe's answer"),
    ({}, None, LOCK, False, "never locked"),
    ({"released_at": RELEASE}, LOCK, LOCK, True, "while it was thought executive, downgraded since"),
    ({"released_at": RELEASE}, LOCK, RELEASE, False, "after the downgrade"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "locked_at", "when", "expected"), [c[:4] for c in CONTACTS], ids=[c[4] for c in CONTACTS]
)
def test_a_contact_breaks_the_lock(
    facts: dict[str, Any], locked_at: datetime | None, when: datetime, *, expected: bool
) -> None:
    assert breaks_lock(Facts(SUBMITTED, **facts), locked_at, when) is expected


def test_what_is_locked_is_never_over() -> None:
    over = Facts(SUBMITTED, kind="executive", state="resolved", resolved_at=LOCK)
    assert over.open
    assert not Facts(SUBMITTED, kind="executive", state="resolved", released_at=RELEASE).open
    assert not Facts(SUBMITTED, kind="executive", state="mistake").locked
    assert not Facts(SUBMITTED, kind="executive", feedback=True).locked


def test_the_next_date_is_that_of_the_clocks_that_still_run() -> None:
    facts = Facts(SUBMITTED, acknowledged_at=LOCK)
    found = dues(facts, plans.complaints(), "us", NY)
    assert next_due(found) == found["resolve"].counted.due_at
    assert next_due({}) is None


@pytest.mark.parametrize(
    ("facts", "region", "expected"),
    [({}, "uk", True), ({}, "us", False), ({"extended": True}, "eu", False), ({"kind": "executive"}, "uk", False)],
    ids=["STRC in the UK", "not in the US", "once", "an executive one has no such clock"],
)  # fmt: skip
def test_the_time_to_resolve_can_be_extended(facts: dict[str, Any], region: str, *, expected: bool) -> None:
    assert extendable(plans.complaints(), Facts(SUBMITTED, **facts), region) is expected
