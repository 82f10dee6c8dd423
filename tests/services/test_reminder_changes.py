"""Reminders while people, zones, clocks and rows change under them: each once, and none lost."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlmodel import Session, col, update

from bot.domain.reminder import THREAD
from bot.services import deadline, onboarding, person, reminder, reminder_say, snooze, step
from bot.services.walk import locked
from storage.tables import Deadline
from storage.tables_picture import Picture
from storage.tables_reminder import Reminder
from tests.support.course import ADA, LENA, MARC, NOOR, NOW, OLGA, SAM, TEAM
from tests.support.mornings import COUNTRY, Morning, morning

__all__ = ["morning"]
KEY = "supported_use_case"


def _moves(session: Session, user: str, zone: str, morning: Morning) -> None:
    found = {"real_name": user, "tz": zone, "locale": "en-US"}
    person.remember(session, team=TEAM, user=user, found=found, now=morning.clock.now())


def _deadline(morning: Morning) -> int:
    row = morning.course.deadline(KEY)
    assert row is not None
    return row.id


def test_a_click_between_looking_and_putting_away_is_not_lost(morning: Morning) -> None:
    morning.pass_days(2)
    course, now = morning.course, morning.clock.now()
    course.do(snooze.put, LENA, _deadline(morning), now.date() + timedelta(days=30), now)
    with course.database.reading() as session:
        found = reminder.look(session, COUNTRY, now)
    course.do(snooze.cancel, LENA, _deadline(morning), now)
    with course.database.transaction() as session:
        reminder.turn(session, found.turns)
    assert any(one["to"] == LENA.user for one in morning.pass_days(2))


def test_who_flies_west_on_the_due_day_reads_one_list_and_one_line(morning: Morning) -> None:
    with morning.course.database.transaction() as session:
        _moves(session, LENA.user, "Europe/Paris", morning)
    morning.pass_days(3, hours=24)
    morning.pass_days(4, hours=6)
    with morning.course.database.transaction() as session:
        _moves(session, LENA.user, "America/Los_Angeles", morning)
    morning.pass_days(8, hours=6)
    counted = Counter(
        (row.reader, row.slot) for row in morning.reminders() if row.reader in {LENA.user, THREAD}
    )
    assert set(counted.values()) == {1}
    assert sum(row.reader == THREAD for row in morning.reminders()) == 1


def test_a_manager_who_moves_gets_one_digest_a_week(morning: Morning) -> None:
    morning.pass_days(7)
    with morning.course.database.transaction() as session:
        _moves(session, MARC.user, "America/New_York", morning)
    morning.pass_days(8, hours=6)
    assert len([row for row in morning.course.rows(Picture) if row.kind == "digest"]) == 1


def test_readers_who_sleep_in_each_others_mornings_are_not_told_of_an_outage_for_ever(
    morning: Morning,
) -> None:
    with morning.course.database.transaction() as session:
        _moves(session, LENA.user, "America/Los_Angeles", morning)
    morning.pass_days(9)
    morning.clock.pass_wall(timedelta(hours=36))
    morning.now()
    since = []
    for _ in range(24 * 8):
        morning.clock.pass_wall(timedelta(hours=1))
        since += [(one["to"], one["since"]) for one in morning.now() if one["view"] == "reminder.list"]
    assert len(since) > 8
    assert all(not value for _, value in since[4:])


def test_a_deadline_that_cannot_be_read_stops_no_other(morning: Morning) -> None:
    morning.course.start(name="Other", manager=MARC.user)
    with morning.course.database.transaction() as session:
        session.exec(update(Deadline).where(col(Deadline.id) == 1).values(ladder="gone"))
    found = morning.pass_days(4)
    names = {line["program"]["name"] for one in found for line in one.get("mine", [])}
    assert names == {"Other"}


def test_a_message_that_cannot_be_written_stops_no_other_and_is_tried_again(morning: Morning) -> None:
    morning.pass_days(6)
    real = reminder_say.put_direct

    def fails(session: Session, *, user: str, **more: object) -> int:
        if user == LENA.user:
            raise OSError("disk")
        return real(session, user=user, **more)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reminder_say, "put_direct", fails)
        found = morning.pass_days(1)
    assert {one["to"] for one in found if one["view"] == "reminder.list"} == {MARC.user}
    morning.clock.pass_wall(timedelta(hours=2))
    assert [one["to"] for one in morning.now() if one["view"] == "reminder.list"] == [LENA.user]


def test_a_date_that_is_moved_to_today_in_the_afternoon_is_said_at_once(morning: Morning) -> None:
    course = morning.course
    for _ in range(2):
        morning.pass_days(1)
        course.finish(course.open()[0].id)
    course.now = morning.clock.advance(timedelta(hours=3))
    morning.now()
    today = course.now.date()
    with course.database.transaction() as session:
        walk = locked(session, course.program_id, TEAM)
        row = walk.rows["first_contact"]
        deadline.move(session, walk.program, row, until=today, at=course.now, source="", now=course.now)
    morning.clock.pass_wall(timedelta(seconds=5))
    said = {(one["to"], one["view"]) for one in morning.now()}
    assert said == {(LENA.user, "reminder.list"), (THREAD, "reminder.thread")}


def test_a_snooze_ends_with_its_owner(morning: Morning) -> None:
    course, now = morning.course, morning.clock.now()
    course.do(snooze.put, LENA, _deadline(morning), now.date() + timedelta(days=40), now)
    course.do(step.assign, LENA, course.id(KEY), NOOR.user, now)
    assert NOOR.user in {one["to"] for one in morning.pass_days(4)}


def test_a_snoozed_step_that_is_blocked_stays_silent_on_its_day(morning: Morning) -> None:
    morning.pass_days(7)
    course = morning.course
    course.do(step.block, LENA, course.id(KEY), "Legal is away", date(2026, 12, 2), course.now)
    course.do(snooze.put, LENA, _deadline(morning), date(2026, 12, 14), course.now)
    assert [one for one in morning.pass_days(10) if one["to"] == LENA.user] == []


def test_after_a_pause_nobody_reads_of_an_outage(morning: Morning) -> None:
    morning.pass_days(7)
    course = morning.course
    course.do(step.block, LENA, course.id(KEY), "Legal is away", date(2026, 12, 2), course.now)
    course.do(onboarding.pause, MARC, course.program_id, "Budget", course.now)
    morning.pass_days(14)
    course.do(onboarding.resume, MARC, course.program_id, course.now)
    assert all(one["since"] is None for one in morning.pass_days(3) if one["view"] == "reminder.list")


def test_an_admin_for_a_while_hears_until_the_role_ends(morning: Morning) -> None:
    with morning.course.database.transaction() as session:
        person.plant_roles(session, team=TEAM, wanted={"admin": [OLGA.user]}, now=NOW)
    from bot.services import role

    morning.course.do(role.grant, ADA, OLGA.user, "admin", date(2026, 12, 6), morning.clock.now())
    expected = {row.at.date() for row in morning.forecast(40) if row.reader == OLGA.user}
    morning.pass_days(40)
    assert {row.due.date() for row in morning.reminders() if row.reader == OLGA.user} == expected
    assert all(day <= date(2026, 12, 6) for day in expected)


def test_reminders_are_kept_under_a_key_that_no_zone_changes(morning: Morning) -> None:
    morning.pass_days(10)
    rows = morning.course.rows(Reminder)
    assert len({(row.subject, row.subject_id, row.reader, row.slot) for row in rows}) == len(rows)
    assert SAM.user not in {row.reader for row in rows}
