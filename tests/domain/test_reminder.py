"""Who hears of a deadline when: a table of cases over zones, weekends, holidays and changing clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot import plans
from bot.domain.away import Absence
from bot.domain.deadline import end_of_day
from bot.domain.ladder import Ladder, Rung, ladders_from
from bot.domain.plan import PlanError
from bot.domain.reminder import (
    DIGEST,
    DUE,
    DUE_SOON,
    LONG_OVERDUE,
    OVERDUE,
    TEAM_OVERDUE,
    THREAD,
    Call,
    Item,
    Reader,
    Team,
    calls,
    digests,
    messages,
    next_call,
)
from bot.domain.working_time import WorkingDays

NEW_YORK, PARIS, SYDNEY, TOKYO, AUCKLAND, LOS_ANGELES = (
    "America/New_York",
    "Europe/Paris",
    "Australia/Sydney",
    "Asia/Tokyo",
    "Pacific/Auckland",
    "America/Los_Angeles",
)
OWNER, MANAGER, ADMIN = "U0OWNER", "U0MANAGER", "U0ADMIN"
START = datetime(2026, 1, 1, tzinfo=UTC)


def item(due: str, zone: str = NEW_YORK, ladder: str = "aim", **more: object) -> Item:
    day = date.fromisoformat(due)
    values: dict[str, object] = {
        "id": 1,
        "subject": "step",
        "subject_id": 7,
        "ladder": plans.ladders()[ladder],
        "started_at": START,
        "due_on": day,
        "due_at": end_of_day(day, zone),
        "zone": zone,
        "owner": OWNER,
        "manager": MANAGER,
        **more,
    }
    return Item(**values)  # type: ignore[arg-type]


def team(owner: str = NEW_YORK, calendar: str = "US", **more: object) -> Team:
    readers = {OWNER: Reader(OWNER, owner), MANAGER: Reader(MANAGER, PARIS), ADMIN: Reader(ADMIN, TOKYO)}
    return Team(WorkingDays(calendar), readers, admins=(ADMIN,), **more)  # type: ignore[arg-type]


def told(found: list[Call], reader: str, zone: str) -> list[tuple[str, str]]:
    """What one reader hears, in their own time."""
    return [
        (call.at.astimezone(ZoneInfo(zone)).isoformat(" ", "minutes")[:16], call.rung)
        for call in found
        if call.reader == reader
    ]


# due on, in which zone, the reader's zone, the team's calendar: the mornings up to two days after
MORNINGS = [
    pytest.param(
        "2026-11-18", NEW_YORK, NEW_YORK, "US",
        [("2026-11-16 09:00", DUE_SOON), ("2026-11-17 09:00", DUE_SOON), ("2026-11-18 09:00", DUE), ("2026-11-19 09:00", OVERDUE), ("2026-11-20 09:00", OVERDUE)],
        id="in the middle of a week",
    ),
    pytest.param(
        "2026-11-16", NEW_YORK, NEW_YORK, "US",
        [("2026-11-12 09:00", DUE_SOON), ("2026-11-13 09:00", DUE_SOON), ("2026-11-16 09:00", DUE), ("2026-11-17 09:00", OVERDUE), ("2026-11-18 09:00", OVERDUE)],
        id="on a Monday: over the weekend, and Veterans Day is none",
    ),
    pytest.param(
        "2026-11-14", NEW_YORK, NEW_YORK, "US",
        [("2026-11-10 09:00", DUE_SOON), ("2026-11-12 09:00", DUE_SOON), ("2026-11-13 09:00", DUE), ("2026-11-16 09:00", OVERDUE)],
        id="a Saturday is announced on Friday",
    ),
    pytest.param(
        "2026-11-26", NEW_YORK, NEW_YORK, "US",
        [("2026-11-23 09:00", DUE_SOON), ("2026-11-24 09:00", DUE_SOON), ("2026-11-25 09:00", DUE), ("2026-11-27 09:00", OVERDUE)],
        id="Thanksgiving is announced the day before",
    ),
    pytest.param(
        "2026-11-18", SYDNEY, LOS_ANGELES, "US",
        [("2026-11-13 09:00", DUE_SOON), ("2026-11-16 09:00", DUE_SOON), ("2026-11-17 09:00", DUE), ("2026-11-18 09:00", OVERDUE), ("2026-11-19 09:00", OVERDUE)],
        id="a due day in Sydney ends before the morning in Los Angeles",
    ),
    pytest.param(
        "2026-11-18", LOS_ANGELES, SYDNEY, "US",
        [("2026-11-17 09:00", DUE_SOON), ("2026-11-18 09:00", DUE_SOON), ("2026-11-19 09:00", DUE), ("2026-11-20 09:00", OVERDUE)],
        id="a due day in Los Angeles lasts into the next morning in Sydney",
    ),
    pytest.param(
        "2026-03-09", NEW_YORK, NEW_YORK, "US",
        [("2026-03-05 09:00", DUE_SOON), ("2026-03-06 09:00", DUE_SOON), ("2026-03-09 09:00", DUE), ("2026-03-10 09:00", OVERDUE), ("2026-03-11 09:00", OVERDUE)],
        id="clocks go forward in New York",
    ),
    pytest.param(
        "2026-11-02", NEW_YORK, NEW_YORK, "US",
        [("2026-10-29 09:00", DUE_SOON), ("2026-10-30 09:00", DUE_SOON), ("2026-11-02 09:00", DUE), ("2026-11-03 09:00", OVERDUE), ("2026-11-04 09:00", OVERDUE)],
        id="clocks go back in New York",
    ),
    pytest.param(
        "2026-10-26", PARIS, PARIS, "FR",
        [("2026-10-22 09:00", DUE_SOON), ("2026-10-23 09:00", DUE_SOON), ("2026-10-26 09:00", DUE), ("2026-10-27 09:00", OVERDUE), ("2026-10-28 09:00", OVERDUE)],
        id="clocks go back in Paris",
    ),
    pytest.param(
        "2026-03-30", PARIS, PARIS, "FR",
        [("2026-03-26 09:00", DUE_SOON), ("2026-03-27 09:00", DUE_SOON), ("2026-03-30 09:00", DUE), ("2026-03-31 09:00", OVERDUE), ("2026-04-01 09:00", OVERDUE)],
        id="clocks go forward in Paris",
    ),
    pytest.param(
        "2026-10-05", SYDNEY, SYDNEY, "AU",
        [("2026-10-01 09:00", DUE_SOON), ("2026-10-02 09:00", DUE_SOON), ("2026-10-05 09:00", DUE), ("2026-10-06 09:00", OVERDUE), ("2026-10-07 09:00", OVERDUE)],
        id="clocks go forward in Sydney",
    ),
    pytest.param(
        "2026-04-07", SYDNEY, SYDNEY, "AU",
        [("2026-04-01 09:00", DUE_SOON), ("2026-04-02 09:00", DUE_SOON), ("2026-04-07 09:00", DUE), ("2026-04-08 09:00", OVERDUE), ("2026-04-09 09:00", OVERDUE)],
        id="clocks go back in Sydney, and Easter lies between",
    ),
    pytest.param(
        "2026-09-28", AUCKLAND, AUCKLAND, "NZ",
        [("2026-09-24 09:00", DUE_SOON), ("2026-09-25 09:00", DUE_SOON), ("2026-09-28 09:00", DUE), ("2026-09-29 09:00", OVERDUE), ("2026-09-30 09:00", OVERDUE)],
        id="clocks go forward in Auckland",
    ),
    pytest.param(
        "2026-12-25", PARIS, PARIS, "FR",
        [("2026-12-22 09:00", DUE_SOON), ("2026-12-23 09:00", DUE_SOON), ("2026-12-24 09:00", DUE)],
        id="Christmas, then a weekend",
    ),
    pytest.param(
        "2027-01-01", NEW_YORK, NEW_YORK, "US",
        [("2026-12-29 09:00", DUE_SOON), ("2026-12-30 09:00", DUE_SOON), ("2026-12-31 09:00", DUE)],
        id="the first day of a year",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("due", "zone", "reader", "calendar", "expected"), MORNINGS)
def test_the_owner_hears_in_the_mornings_of_their_own_zone(
    due: str, zone: str, reader: str, calendar: str, expected: list[tuple[str, str]]
) -> None:
    wanted = item(due, zone)
    found = calls(wanted, team(reader, calendar), START, wanted.due_at + timedelta(days=2))
    assert told(found, OWNER, reader) == expected


@pytest.mark.parametrize(("due", "zone", "reader", "calendar", "expected"), MORNINGS)
def test_the_line_in_the_thread_comes_with_the_morning_of_the_due_day(
    due: str, zone: str, reader: str, calendar: str, expected: list[tuple[str, str]]
) -> None:
    wanted = item(due, zone)
    found = calls(wanted, team(reader, calendar), START, wanted.due_at + timedelta(days=2))
    assert told(found, THREAD, reader) == [one for one in expected if one[1] == DUE]


def test_the_manager_hears_from_the_first_morning_after_the_due_day_on() -> None:
    found = calls(item("2026-11-18"), team(), START, datetime(2026, 11, 25, tzinfo=UTC))
    mornings = [f"2026-11-{day} 09:00" for day in (19, 20, 23, 24)]
    assert told(found, MANAGER, PARIS) == [(one, TEAM_OVERDUE) for one in mornings]


def test_administrators_hear_after_five_working_days_and_then_every_fifth() -> None:
    found = calls(item("2026-11-04"), team(), START, datetime(2026, 12, 1, tzinfo=UTC))
    mornings = ["2026-11-13 09:00", "2026-11-20 09:00", "2026-11-30 09:00"]
    assert told(found, ADMIN, TOKYO) == [(one, LONG_OVERDUE) for one in mornings]


def test_a_wait_for_stripe_is_said_on_its_due_day_and_not_before() -> None:
    found = calls(item("2026-11-18", ladder="stripe"), team(), START, datetime(2026, 11, 21, tzinfo=UTC))
    assert [rung for _, rung in told(found, OWNER, NEW_YORK)] == [DUE, OVERDUE, OVERDUE]
    assert told(found, MANAGER, PARIS) == []


def test_an_owner_who_is_the_manager_hears_once() -> None:
    wanted = item("2026-11-18", manager=OWNER)
    found = calls(wanted, team(), START, datetime(2026, 11, 20, tzinfo=UTC))
    assert {call.rung for call in found if call.reader == OWNER} == {DUE_SOON, DUE, OVERDUE}


def test_without_a_manager_those_with_the_role_hear_and_else_administrators() -> None:
    wanted, until = item("2026-11-18", manager=""), datetime(2026, 11, 20, tzinfo=UTC)
    by_role = calls(wanted, team(managers=(MANAGER,)), START, until)
    assert {call.reader for call in by_role if call.rung == TEAM_OVERDUE} == {MANAGER}
    nobody = calls(wanted, team(), START, until)
    assert {call.reader for call in nobody if call.rung == TEAM_OVERDUE} == {ADMIN}


def test_who_stands_in_hears_on_the_days_of_the_absence_only() -> None:
    absence = Absence(OWNER, date(2026, 11, 17), date(2026, 11, 18), MANAGER, NEW_YORK)
    wanted = item("2026-11-18", manager="")
    found = calls(wanted, team(absences=(absence,)), START, datetime(2026, 11, 20, 15, tzinfo=UTC))
    mine = [
        (call.day.day, call.reader)
        for call in found
        if call.rung in {DUE_SOON, DUE, OVERDUE} and call.reader != THREAD
    ]
    assert mine == [(16, OWNER), (17, MANAGER), (18, MANAGER), (19, OWNER), (20, OWNER)]


def test_a_snooze_silences_the_owner_and_not_the_manager() -> None:
    wanted = item("2026-11-18", snoozed_until=date(2026, 11, 23))
    found = calls(wanted, team(), START, datetime(2026, 11, 24, tzinfo=UTC))
    assert told(found, OWNER, NEW_YORK) == [("2026-11-23 09:00", OVERDUE)]
    assert told(found, THREAD, NEW_YORK) == []
    assert len(told(found, MANAGER, PARIS)) == 3


def test_blocked_until_a_day_silences_everybody() -> None:
    wanted = item("2026-11-18", silent_until=date(2026, 11, 23))
    found = calls(wanted, team(), START, datetime(2026, 11, 24, tzinfo=UTC))
    assert {call.day for call in found} == {date(2026, 11, 23)}


def test_what_is_noted_on_its_last_day_after_the_morning_is_said_at_once() -> None:
    noted = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)  # 15:00 in New York
    found = calls(item("2026-11-18", noted_at=noted), team(), noted, noted + timedelta(days=1))
    assert [(call.at - noted, call.reader) for call in found if call.rung == DUE] == [
        (timedelta(seconds=1), OWNER),
        (timedelta(seconds=1), THREAD),
    ]
    early = noted.replace(hour=10)  # 05:00 in New York: the morning comes as usual
    usual = calls(item("2026-11-18", noted_at=early), team(), early, noted)
    assert told(usual, OWNER, NEW_YORK) == [("2026-11-18 09:00", DUE)]


def test_quiet_hours_move_the_morning() -> None:
    readers = {OWNER: Reader(OWNER, PARIS, time(20), time(10, 30))}
    found = calls(
        item("2026-11-18", PARIS), Team(WorkingDays("FR"), readers), START, item("2026-11-18").due_at
    )
    assert [one for one, rung in told(found, OWNER, PARIS) if rung == DUE] == ["2026-11-18 10:30"]


def test_shares_of_working_time_are_said_on_the_morning_after_they_have_passed() -> None:
    ladder = Ladder(soon_percents=(50, 80), thread=True)
    began = datetime(2026, 11, 9, 9, tzinfo=ZoneInfo(PARIS))
    wanted = item("2026-11-20", PARIS, started_at=began, calendar="FR")
    wanted = Item(**{**vars(wanted), "ladder": ladder})
    found = calls(wanted, team(PARIS, "FR"), START, wanted.due_at)
    # Nine working days, the 11th being a holiday: half of them on the 16th at 13:00, 80 % on the 19th at 10:36.
    expected = [("2026-11-17 09:00", DUE_SOON), ("2026-11-20 09:00", DUE)]
    assert told(found, OWNER, PARIS) == expected


def test_a_dispute_is_named_30_14_and_7_days_before_and_in_its_last_two_working_days() -> None:
    wanted = item("2026-11-20", PARIS, "dispute")  # a Friday; the 11th is a holiday in France
    found = told(calls(wanted, team(PARIS, "FR"), START, wanted.due_at), OWNER, PARIS)
    assert found == [
        ("2026-10-21 09:00", DUE_SOON),
        ("2026-11-06 09:00", DUE_SOON),
        ("2026-11-13 09:00", DUE_SOON),
        ("2026-11-18 09:00", DUE_SOON),
        ("2026-11-19 09:00", DUE_SOON),
        ("2026-11-20 09:00", DUE),
    ]


@pytest.mark.parametrize("ladder", ["aim", "stripe", "duty", "look_again", "dispute"])
def test_the_next_call_is_the_first_of_all_that_follow(ladder: str) -> None:
    wanted, people = item("2026-11-18", ladder=ladder), team()
    moments = sorted({call.at for call in calls(wanted, people, START, datetime(2027, 1, 10, tzinfo=UTC))})
    assert next_call(wanted, people, START) == moments[0]
    for before, after in pairwise(moments):
        assert next_call(wanted, people, before) == after


def test_a_deadline_far_away_is_looked_at_near_its_first_morning_only() -> None:
    wanted = item("2027-11-18")
    found = next_call(wanted, team(), START)
    assert found is not None
    assert found.date() == date(2027, 11, 16)


def test_a_deadline_nobody_can_hear_of_is_looked_at_again() -> None:
    wanted = item("2026-11-18", owner="", manager="")
    found = next_call(wanted, Team(WorkingDays("US")), datetime(2026, 11, 20, tzinfo=UTC))
    assert found is not None
    assert found > datetime(2026, 11, 20, tzinfo=UTC)


EMERGENCY = Ladder(emergency=(Rung(15, "operator"), Rung(60, "manager")))


def test_an_emergency_knows_no_night_and_each_rung_comes_once() -> None:
    began = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # a Sunday night
    wanted = Item(**{**vars(item("2026-11-22")), "ladder": EMERGENCY, "started_at": began})
    found = calls(wanted, team(), START, began + timedelta(days=30))
    assert [(call.at - began, call.reader) for call in found] == [
        (timedelta(minutes=15), "role:operator"),
        (timedelta(minutes=60), "role:manager"),
    ]
    assert next_call(wanted, team(), began) == began + timedelta(minutes=15)
    assert next_call(wanted, team(), began + timedelta(minutes=60)) is None


def test_a_list_holds_everything_of_a_morning_and_a_thread_line_stands_alone() -> None:
    one, two = item("2026-11-18"), Item(**{**vars(item("2026-11-19")), "id": 2, "subject_id": 8})
    called = [call for wanted in (one, two) for call in calls(wanted, team(), START, two.due_at)]
    found = {
        (message.at.day, message.reader): [rung for rung, _ in message.lines] for message in messages(called)
    }
    assert found[18, OWNER] == [DUE, DUE_SOON]
    assert found[19, OWNER] == [OVERDUE, DUE]
    assert [message.reader for message in messages(called)].count(THREAD) == 2


@pytest.mark.parametrize(
    ("zone", "calendar", "week", "expected"),
    [
        (PARIS, "FR", date(2026, 11, 23), "2026-11-23 09:00"),
        (PARIS, "FR", date(2026, 4, 6), "2026-04-07 09:00"),  # Easter Monday
        (NEW_YORK, "US", date(2026, 9, 7), "2026-09-08 09:00"),  # Labor Day
        (TOKYO, "US", date(2026, 11, 23), "2026-11-23 09:00"),
    ],
)
def test_the_digest_comes_on_the_first_working_morning_of_a_week(
    zone: str, calendar: str, week: date, expected: str
) -> None:
    after = datetime.combine(week, time.min, ZoneInfo(zone)).astimezone(UTC)
    found = digests(Reader(MANAGER, zone), WorkingDays(calendar), after, after + timedelta(days=7))
    assert [moment.astimezone(ZoneInfo(zone)).isoformat(" ", "minutes")[:16] for moment in found] == [
        expected
    ]


def test_a_digest_is_a_message_of_its_own() -> None:
    wanted = item("2026-11-18")
    found = [
        call
        for call in calls(wanted, team(), START, datetime(2026, 11, 24, tzinfo=UTC))
        if call.reader == MANAGER
    ]
    digest = found[-1]._replace(rung=DIGEST)
    assert [len(message.lines) for message in messages([*found, digest])] == [1] * (len(found) + 1)


WRONG_LADDERS = [
    ({"a": 3}, "x.toml: a: must be a table, not 3"),
    ({"a": {"soon": 1}}, "x.toml: a: soon: unknown field"),
    ({"a": {"soon_days": -1}}, "x.toml: a: soon_days: 0 to 60 working days, not -1"),
    ({"a": {"before_days": [61]}}, "x.toml: a: before_days: calendar days, 1 to 60, not [61]"),
    ({"a": {"soon_percents": [0]}}, "x.toml: a: soon_percents: numbers between 0 and 100, not [0]"),
    ({"a": {"thread": 1}}, "x.toml: a: thread: true or false, not 1"),
    ({"a": {"admin_after": 1}}, "x.toml: a: admin_every: missing beside admin_after"),
    (
        {"a": {"emergency": [{"minutes": 1, "role": "king"}]}},
        "x.toml: a: emergency: a list of minutes (up to 4320) with a role, not [{'minutes': 1, 'role': 'king'}]",
    ),
]


@pytest.mark.parametrize(("document", "expected"), WRONG_LADDERS)
def test_a_wrong_ladder_is_refused_with_its_place(document: dict[str, object], expected: str) -> None:
    with pytest.raises(PlanError) as caught:
        ladders_from(document, "x.toml")
    assert expected in str(caught.value)
