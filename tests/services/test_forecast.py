"""Forecasts of real programmes: what the rows say, the team's own pace, closing days, pauses, blocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.error import NotFoundError, StaleError
from bot.services import closing_day, forecast, onboarding, picture, step
from bot.services.walk import of
from storage import Database
from storage.queries import upload as uploads
from storage.tables import AuditEntry, OutboxMessage, Program
from storage.tables_picture import Picture
from tests.support.course import GUS, LENA, MARC, NOW, OLGA, SAM, TEAM, USUAL, Course, remember
from tests.support.packing import begin

WORKING_DAY = timedelta(days=1)


def facts(course: Course, language: str = "") -> dict[str, Any]:
    """The forecast as it is read now."""
    with course.seen() as (session, walk):
        return forecast.facts(session, walk.program, course.now, language)


def paced(database: Database, days: int, *, until: str = "agreements") -> Course:
    """A programme of the same team whose steps each took so many calendar days."""
    course = Course(database)
    course.start(USUAL, name="Before")
    for _ in range(60):
        ready = [one for one in course.open() if one.id != until]
        if not ready or course.step(until).state == "open":
            return course
        course.now += timedelta(days=days)
        for one in ready:
            course.finish(one.id) if one.actor == "us" else course.answer(one.id)
    raise AssertionError(f"{until} never opened")


def test_a_new_programme_counts_stripes_clocks_and_the_aims(course: Course) -> None:
    course.start(USUAL)
    found = facts(course)
    assert (found["done"], found["standing"]) == (0, "late")
    # First contact 5 calendar days, the decision 5 business days, the review 14 calendar days.
    assert [(one["key"], one["days"]) for one in found["chain"] if one["days"]] == [
        ("first_contact", 5), ("supportability", 6), ("review", 14),
    ]  # fmt: skip
    assert found["earliest"] == "2026-12-18"
    assert found["pace"] == {"own": False, "steps": 0, "soon": 0.75, "late": 1.25}
    assert found["earliest"] < found["soon"] < found["late"]
    assert [one["title"] for one in found["parts"]]


def test_an_open_wait_ends_on_the_date_of_its_deadline(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="first_contact")
    deadline = course.deadline("first_contact")
    assert deadline is not None
    [first] = [one for one in facts(course)["chain"] if one["key"] == "first_contact"]
    assert (first["ends"], first["reason"]) == (deadline.due_on.isoformat(), "clock")


def test_a_date_that_stripe_named_replaces_the_clock(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="supportability")
    until = date(2027, 1, 29)
    course.answer("supportability", "needs_longer", until=until)
    [wait] = [one for one in facts(course)["chain"] if one["key"] == "supportability"]
    assert (wait["ends"], wait["reason"]) == ("2027-01-29", "date")


def test_an_overdue_wait_counts_as_the_next_working_day(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="supportability")
    course.now = datetime(2026, 12, 11, 15, tzinfo=NOW.tzinfo)  # a Friday, days after the due date
    [wait] = [one for one in facts(course)["chain"] if one["key"] == "supportability"]
    assert (wait["ends"], wait["reason"]) == ("2026-12-14", "overdue")


def test_a_blocked_step_is_named_until_its_day(course: Course) -> None:
    course.start(USUAL)
    course.do(step.block, LENA, course.id("supported_use_case"), "Waiting", date(2026, 12, 24), course.now)
    first = facts(course)["chain"][0]
    assert (first["ends"], first["reason"]) == ("2026-12-24", "blocked")


def test_a_closing_day_moves_the_forecast(course: Course) -> None:
    course.start(USUAL)
    before = facts(course)["earliest"]
    course.do(closing_day.add, MARC, date(2026, 12, 1), course.now)
    assert facts(course)["earliest"] > before


def test_a_paused_programme_is_forecast_as_if_it_went_on_today(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="review")
    due = date.fromisoformat(facts(course)["earliest"])
    course.do(onboarding.pause, MARC, course.program_id, "Budget", course.now)
    course.now += timedelta(days=7)
    found = facts(course)
    assert found["state"] == "paused"
    assert date.fromisoformat(found["earliest"]) >= due + timedelta(days=6), "as many days are left as before"
    course.do(onboarding.resume, MARC, course.program_id, course.now)
    assert facts(course)["earliest"] == found["earliest"], "and resuming it today changes nothing"


def test_a_launched_programme_says_when(course: Course) -> None:
    course.start(USUAL)
    course.walk()
    found = facts(course)
    assert (found["standing"], found["launched_on"]) == ("launched", course.now.date().isoformat())
    assert found["done"] == found["total"]


def test_a_canceled_programme_has_no_dates_and_no_picture(course: Course) -> None:
    course.start(USUAL)
    course.do(onboarding.cancel, MARC, course.program_id, "No", course.now)
    assert "earliest" not in facts(course)
    with pytest.raises(StaleError):
        course.do(ask, course)


def test_the_pace_is_that_of_all_programmes_of_the_team(database: Database) -> None:
    paced(database, 7)
    second = paced(database, 7)
    with second.seen() as (session, _):
        pace = forecast.pace(session, TEAM)
        assert not forecast.pace(session, "T0OTHER").ratios
    assert len(pace.ratios) == 12
    # Each step took five working days of its calendar, less where a holiday lies between.
    assert pace.own
    assert {round(ratio, 2) for ratio in pace.ratios} >= {0.8, 1.0}
    assert {key: len(days) for key, days in pace.seen.items()} == {"first_contact": 2, "supportability": 2}


def test_steps_recorded_for_the_past_and_at_once_do_not_hide_the_pace(database: Database) -> None:
    course = Course(database)
    course.start(USUAL, done={"supported_use_case": date(2026, 10, 1), "intake_form": date(2026, 10, 20)})
    with course.seen() as (session, _):
        assert forecast.pace(session, TEAM).ratios == [], "nobody knows when they could have begun"


def test_the_reader_gets_titles_in_their_language(course: Course) -> None:
    course.start(USUAL, language="en")
    assert facts(course, "fr")["chain"][0]["title"].startswith("Vérifier")
    assert facts(course)["chain"][0]["title"].startswith("Check")


def ask(session: Any, course: Course, who: Any = LENA, *, private: bool = False) -> None:
    program = session.get(Program, course.program_id)
    picture.ask(session, who, program, course.now, private=private)


def test_a_picture_keeps_what_was_true_when_somebody_asked(course: Course) -> None:
    begin(course)
    course.do(ask, course)
    [row] = course.rows(Picture)
    before = picture.facts_of(row)
    course.walk()
    [row] = course.rows(Picture)
    assert picture.facts_of(row) == before
    assert (row.kind, row.person, row.asked_by) == ("program", "", LENA.user)


def test_asking_alone_speaks_the_language_of_who_asks(course: Course) -> None:
    course.start(USUAL)
    course.do(ask, course, MARC, private=True)
    [row] = course.rows(Picture)
    assert (row.person, row.language) == (MARC.user, "fr")
    assert picture.facts_of(row)["chain"][0]["title"].startswith("Vérifier")


def test_guests_ask_for_nothing(course: Course) -> None:
    from bot.domain.error import RefusedError

    course.start(USUAL)
    with pytest.raises(RefusedError):
        course.do(ask, course, GUS)
    assert course.rows(Picture) == []


def failed(course: Course) -> Picture:
    """Let the picture fail, as the worker records it."""
    [row] = course.rows(Picture)
    wall = NOW + timedelta(days=900)
    with course.database.transaction() as session:
        assert uploads.claim(session, Picture, row.id, owner="w", wall=wall, until=wall)
        assert picture.failed(session, row.id, owner="w", code="is_archived", now=course.now)
        assert not picture.failed(session, row.id, owner="w", code="is_archived", now=course.now)
    found: Picture = row
    return found


def test_a_failed_picture_is_told_to_who_asked_once(course: Course) -> None:
    course.start(USUAL)
    with course.database.transaction() as session:
        remember(session, LENA)
    course.do(ask, course)
    row = failed(course)
    [told] = [one for one in course.rows(OutboxMessage) if one.view == "picture.failed"]
    assert told.person == LENA.user
    assert [one.after for one in course.rows(AuditEntry) if one.tag == "picture:upload:failed"] == [
        {"code": "is_archived"}
    ]
    course.do(picture.again, SAM, row.id, course.now)
    with pytest.raises(StaleError):
        course.do(picture.again, SAM, row.id, course.now)


def test_somebody_elses_picture_is_not_theirs_to_try_again(course: Course) -> None:
    course.start(USUAL)
    course.do(ask, course, private=True)
    row = failed(course)
    with pytest.raises(NotFoundError):
        course.do(picture.again, OLGA, row.id, course.now)
    course.do(picture.again, LENA, row.id, course.now)
    assert [one.state for one in course.rows(Picture)] == ["waiting"]


def test_a_picture_waits_until_the_board_is_there(course: Course) -> None:
    course.start(USUAL)
    course.do(ask, course)
    [row] = course.rows(Picture)
    with course.seen() as (session, walk):
        assert picture.place(session, row) is None, "the board has not been posted"
        assert of(session, walk.program).program.id == row.program_id
