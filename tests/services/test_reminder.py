"""Reminders on a real database: what the tick writes is what the forecast said, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.clock import FixedClock
from bot.domain.error import FormError, RefusedError, StaleError
from bot.domain.reminder import THREAD
from bot.effects.reminder import Reminders
from bot.services import away, duty, onboarding, person, reminder, snooze, step
from storage.queries.reminder import wake_people
from storage.tables import Deadline, Workspace
from storage.tables_picture import Picture
from storage.tables_reminder import Preference
from tests.support.course import ADA, CLAIRE, LENA, MARC, NOOR, NOW, OLGA, TEAM, Course
from tests.support.mornings import COUNTRY, Morning, morning, said

__all__ = ["morning"]

DAY = timedelta(days=1)


def _die(*_: object) -> None:
    raise OSError("power")


def test_eight_weeks_without_a_move_are_said_as_they_were_forecast(morning: Morning) -> None:
    before = morning.forecast()
    morning.pass_days(56)
    kept = {(row.due, row.reader, row.rung, row.subject_id) for row in morning.reminders()}
    assert kept == said(before)
    assert len(kept) > 50
    grouped = {(row.due, row.reader, row.message_id) for row in morning.reminders() if row.message_id}
    apart = {(at, reader) for at, reader, _ in grouped if reader != THREAD}
    assert apart == {
        (one.at, one.reader) for one in before if one.reader != THREAD and one.lines[0][0] != "digest"
    }


def test_two_workers_and_a_restart_say_nothing_twice(morning: Morning) -> None:
    other = Reminders(morning.course.database, morning.clock, COUNTRY)
    before = morning.forecast(14)
    for _ in range(14):
        morning.clock.advance(DAY)
        morning.tick.tick()
        other.tick()
        Reminders(morning.course.database, morning.clock, COUNTRY).tick()
    kept = [(row.due, row.reader, row.rung, row.subject_id) for row in morning.reminders()]
    assert len(kept) == len(set(kept))
    assert set(kept) == said(before)


def test_nothing_is_lost_when_the_worker_dies_between_saying_and_putting_away(morning: Morning) -> None:
    before, died = morning.forecast(10), 0
    for _ in range(10):
        morning.clock.advance(DAY)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reminder, "turn", _die)
            try:
                morning.tick.tick()
            except OSError:
                died += 1
        morning.tick.tick()
    assert died > 5
    kept = [(row.due, row.reader, row.rung, row.subject_id) for row in morning.reminders()]
    assert sorted(kept) == sorted(said(before))


def test_the_list_of_the_lead_has_what_is_due_with_its_state(morning: Morning) -> None:
    first = morning.pass_days(4, hours=24)
    lists = [one for one in first if one["view"] == "reminder.list"]
    assert [(one["to"], one["mine"][0]["rung"]) for one in lists] == [
        (LENA.user, "due_soon"),
        (LENA.user, "due_soon"),
        (LENA.user, "due"),
    ]


def test_on_the_due_day_one_line_in_the_thread_mentions_the_owner(morning: Morning) -> None:
    lines = [one for one in morning.pass_days(14) if one["to"] == THREAD]
    assert [one["line"]["owner"] for one in lines] == [LENA.user]


def test_what_is_overdue_reaches_the_manager_as_one_list_a_working_day(morning: Morning) -> None:
    lists = [
        one for one in morning.pass_days(14) if one["to"] == MARC.user and one["view"] == "reminder.list"
    ]
    days = [date.fromisoformat(one["day"]) for one in lists]
    assert days == sorted(set(days))
    assert all(day.weekday() < 5 for day in days)
    assert {one["language"] for one in lists} == {"fr"}
    assert all(not one["mine"] and len(one["team"]) == 1 for one in lists)


def test_what_stays_overdue_reaches_the_admin_after_a_week_and_not_every_day(morning: Morning) -> None:
    days = [one["day"] for one in morning.pass_days(28) if one["to"] == ADA.user]
    assert 2 <= len(days) <= 4


def test_a_finished_step_is_never_mentioned_again(morning: Morning) -> None:
    morning.pass_days(2)
    morning.course.finish("supported_use_case")
    later = morning.pass_days(3)
    assert all(line["key"] != "supported_use_case" for one in later for line in one.get("mine", []))


def test_two_days_of_outage_give_one_message_that_lists_what_was_missed(morning: Morning) -> None:
    morning.pass_days(7)  # Monday again, 10:00 in New York: overdue
    morning.clock.pass_wall(timedelta(hours=52))  # Wednesday, 14:00
    found = [one for one in morning.now() if one["to"] == LENA.user]
    assert len(found) == 1
    assert found[0]["since"] is not None
    assert [line["rung"] for line in found[0]["mine"]] == ["overdue"]
    missed = [row for row in morning.reminders() if row.reader == LENA.user and row.state == "missed"]
    assert len(missed) == 1


def test_after_an_outage_nobody_is_woken_at_night(morning: Morning) -> None:
    morning.pass_days(7)
    morning.clock.pass_wall(timedelta(hours=41))  # Wednesday, 03:00 in New York
    assert [one["to"] for one in morning.now() if one["to"] == LENA.user] == []
    morning.clock.pass_wall(timedelta(hours=6, minutes=1))
    assert [one["to"] for one in morning.now() if one["to"] == LENA.user] == [LENA.user]


def test_a_line_in_a_thread_that_is_a_day_late_is_left_out_and_listed_instead(morning: Morning) -> None:
    morning.clock.pass_wall(timedelta(days=7))
    found = morning.now()
    assert [one["to"] for one in found if one["to"] == THREAD] == []
    assert [row.state for row in morning.reminders() if row.reader == THREAD] == ["missed"]
    assert any(line["key"] == "supported_use_case" for one in found for line in one.get("mine", []))


def test_a_snoozed_deadline_is_not_said_to_its_owner_and_shown_to_the_manager(morning: Morning) -> None:
    morning.pass_days(7)
    course = morning.course
    row = course.deadline("supported_use_case")
    assert row is not None
    course.do(snooze.put, LENA, row.id, course.now.date() + timedelta(days=7), course.now)
    later = morning.pass_days(5)
    assert [one for one in later if one["to"] == LENA.user] == []
    asleep = [
        one["team"][0]["asleep"] for one in later if one["to"] == MARC.user and one["view"] == "reminder.list"
    ]
    assert asleep
    assert all(one == {"until": "2026-12-07", "by": LENA.user} for one in asleep)
    assert "deadline:snooze:asleep" in course.tags()
    back = morning.pass_days(4)
    assert next(one["day"] for one in back if one["to"] == LENA.user) == "2026-12-07"


def test_a_snooze_that_is_canceled_ends_at_once(morning: Morning) -> None:
    morning.pass_days(7)
    course = morning.course
    row = course.deadline("supported_use_case")
    assert row is not None
    course.do(snooze.put, LENA, row.id, course.now.date() + timedelta(days=20), course.now)
    course.do(snooze.cancel, LENA, row.id, course.now)
    assert [one["to"] for one in morning.pass_days(1) if one["to"] == LENA.user] == [LENA.user]


def test_a_blocked_step_is_silent_until_its_day_and_then_asked_about(morning: Morning) -> None:
    morning.pass_days(7)
    course = morning.course
    course.do(
        step.block, LENA, course.id("supported_use_case"), "Legal is away", date(2026, 12, 9), course.now
    )
    assert morning.pass_days(8) == []
    back = morning.pass_days(2)
    assert next(one["day"] for one in back if one["to"] == LENA.user) == "2026-12-09"
    assert {one["to"] for one in back} >= {LENA.user, MARC.user}


def test_a_paused_programme_says_nothing_and_goes_on_afterwards(morning: Morning) -> None:
    morning.pass_days(7)
    course = morning.course
    course.do(onboarding.pause, MARC, course.program_id, "Budget", course.now)
    assert [one for one in morning.pass_days(7) if one["view"] == "reminder.list"] == []
    course.do(onboarding.resume, MARC, course.program_id, course.now)
    assert [one["to"] for one in morning.pass_days(2) if one["to"] == LENA.user]


def test_a_step_given_away_is_listed_for_its_new_owner_in_their_own_morning(morning: Morning) -> None:
    course = morning.course
    course.do(step.assign, LENA, course.id("supported_use_case"), NOOR.user, course.now)
    morning.pass_days(3, hours=24)
    theirs = [row for row in morning.reminders() if row.reader == NOOR.user]
    assert [row.due.hour for row in theirs][:1] == [0]  # 09:00 in Tokyo
    assert all(row.reader != LENA.user for row in morning.reminders())


def test_who_stands_in_gets_the_list_of_who_is_away(morning: Morning) -> None:
    course = morning.course
    new = away.NewAbsence(date(2026, 11, 24), date(2026, 12, 1), CLAIRE.user)
    course.do(away.leave, LENA, new, course.now)
    expected = said(morning.forecast(14))
    morning.pass_days(14)
    readers = {
        row.due.date(): row.reader
        for row in morning.reminders()
        if row.rung in {"due", "overdue", "due_soon"} and row.reader != THREAD
    }
    assert readers[date(2026, 12, 1)] == CLAIRE.user
    assert readers[date(2026, 12, 2)] == LENA.user
    assert {(row.due, row.reader, row.rung, row.subject_id) for row in morning.reminders()} == expected


def test_quiet_hours_that_were_chosen_move_the_list(morning: Morning) -> None:
    course = morning.course
    with course.database.transaction() as session:
        session.add(Preference(team=TEAM, user=LENA.user, quiet_from="17:00", quiet_to="07:30", at=NOW))
        wake_people(session, TEAM, [LENA.user], course.now)
    morning.pass_days(2)
    due = [row.due for row in morning.reminders() if row.reader == LENA.user]
    assert due[0].astimezone(UTC).strftime("%H:%M") == "12:30"


def test_a_clock_moved_at_night_right_after_the_start_waits_for_no_morning(morning: Morning) -> None:
    morning.tick = Reminders(morning.course.database, morning.clock, COUNTRY)
    night = datetime(2026, 12, 9, 3, tzinfo=UTC)  # 22:00 for Lena
    morning.clock.advance(night - morning.clock.now())
    assert LENA.user in {one["to"] for one in morning.now()}


def test_lasting_duties_are_reminded_after_launch(course: Course) -> None:
    course.start(manager=MARC.user)
    course.walk()
    with course.database.transaction() as session:
        session.add(Workspace(team=TEAM, url="https://play.slack.com/", app_id="A1", refreshed_at=NOW))
    dates = {
        row.ladder: row for row in course.rows(Deadline) if row.subject == "duty" and row.state == "open"
    }
    assert dates["duty"].due_on == date(2026, 12, 23)
    clock = FixedClock(course.now)
    morning = Morning(course, clock, Reminders(course.database, clock, COUNTRY))
    morning.now()
    found = [one for one in morning.pass_days(30) if one["view"] == "reminder.list" and one["mine"]]
    assert found[0]["mine"][0]["kind"] == "duty"
    number = found[0]["mine"][0]["id"]
    course.do(duty.record, LENA, number, course.now.date(), "", course.now)
    again = [row for row in course.rows(Deadline) if row.subject == "duty" and row.subject_id == number]
    assert [row.state for row in again] == ["met", "open"]


def test_forty_programmes_of_one_team_send_each_person_one_list_a_day(course: Course) -> None:
    with course.database.transaction() as session:
        session.add(Workspace(team=TEAM, url="https://play.slack.com/", app_id="A1", refreshed_at=NOW))
        person.plant_roles(session, team=TEAM, wanted={"admin": [ADA.user], "manager": [MARC.user]}, now=NOW)
    leads = [LENA, CLAIRE, NOOR, OLGA]
    for number in range(40):
        course.lead = leads[number % 4]
        course.start(name=f"Programme {number}", manager=MARC.user)
    clock = FixedClock(course.now)
    morning = Morning(course, clock, Reminders(course.database, clock, COUNTRY))
    morning.now()
    for _ in range(4):
        since = clock.now()
        morning.pass_days(7)
        with course.database.reading() as session:
            counted = reminder.per_person(session, since)
        counted.pop(THREAD, None)
        assert counted.pop(MARC.user) <= 6, "five mornings and the digest"
        assert max(counted.values()) <= 5, "five mornings"


def _frozen_card(morning: Morning) -> int:
    """An emergency, as the lost card will open one: a card frozen on a Saturday night, not revoked."""
    course = morning.course
    course.now = morning.clock.advance(timedelta(days=5, hours=12))
    step_id = course.id("supported_use_case")
    with course.database.transaction() as session:
        row = Deadline(
            team=TEAM,
            subject="step",
            subject_id=step_id,
            program_id=course.program_id,
            round=99,
            ladder="card_frozen",
            rule="date",
            length=0,
            unit="date",
            started_at=course.now,
            calendar="",
            zone="UTC",
            due_on=course.now.date(),
            due_at=course.now,
            source="",
            next_at=course.now,
            reminded_to=course.now,
        )
        session.add(row)
        session.flush()
        number = row.id
    morning.now()
    return number


def test_an_emergency_calls_each_role_once_at_night_too(morning: Morning) -> None:
    with morning.course.database.transaction() as session:
        person.plant_roles(session, team=TEAM, wanted={"operator": [OLGA.user]}, now=NOW)
    _frozen_card(morning)
    called = []
    for _ in range(24):
        morning.clock.pass_wall(timedelta(minutes=5))
        called += [(one["to"], one["role"]) for one in morning.now() if one["view"] == "reminder.emergency"]
    assert called == [(OLGA.user, "operator"), (MARC.user, "manager")]


def test_who_takes_an_emergency_ends_the_calls(morning: Morning) -> None:
    number = _frozen_card(morning)
    morning.clock.pass_wall(timedelta(minutes=20))
    called = [one["to"] for one in morning.now() if one["view"] == "reminder.emergency"]
    assert called == [ADA.user], "nobody is an operator: the admins hear"
    morning.course.do(snooze.take, OLGA, number, morning.clock.now())
    morning.clock.pass_wall(timedelta(hours=2))
    assert [one for one in morning.now() if one["view"] == "reminder.emergency"] == []
    with pytest.raises(StaleError):
        morning.course.do(snooze.take, ADA, number, morning.clock.now())


def test_nobody_can_snooze_an_emergency(morning: Morning) -> None:
    number = _frozen_card(morning)
    with pytest.raises(StaleError) as refused:
        morning.course.do(snooze.put, LENA, number, date(2027, 1, 1), morning.clock.now())
    assert refused.value.key == "snooze.emergency"


def test_a_member_who_has_nothing_to_do_with_a_programme_cannot_snooze_its_deadlines(
    morning: Morning,
) -> None:
    row = morning.course.deadline("supported_use_case")
    assert row is not None
    with pytest.raises(RefusedError):
        morning.course.do(snooze.put, NOOR, row.id, date(2026, 12, 1), NOW)


@pytest.mark.parametrize(
    ("until", "key"), [(date(2026, 11, 23), "form.in_future"), (date(2027, 3, 1), "snooze.too_long")]
)
def test_a_snooze_asks_for_a_day_that_can_be(morning: Morning, until: date, key: str) -> None:
    row = morning.course.deadline("supported_use_case")
    assert row is not None
    with pytest.raises(FormError) as refused:
        morning.course.do(snooze.put, LENA, row.id, until, NOW)
    assert refused.value.fields["until"][0] == key


def test_a_manager_gets_the_weekly_digest_once_and_only_if_wanted(morning: Morning) -> None:
    morning.pass_days(9)
    digests = [row for row in morning.course.rows(Picture) if row.kind == "digest"]
    assert [row.person for row in digests] == [MARC.user]
    with morning.course.database.transaction() as session:
        session.add(Preference(team=TEAM, user=MARC.user, digest=False, at=NOW))
    morning.pass_days(14)
    assert len([row for row in morning.course.rows(Picture) if row.kind == "digest"]) == 1
