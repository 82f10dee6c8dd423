"""Duties after launch: recorded, due again, given to others."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.error import FormError, NotFoundError, RefusedError, StaleError
from bot.services import away, board, duty
from bot.views import duty as view
from bot.views.registry import render
from storage.tables import DutyRecord
from tests.services.test_away import EVERYBODY, days
from tests.support.course import ADA, GUS, LENA, MARC, NOOR, OLGA, SAM, Course, remember


@pytest.fixture
def acme(course: Course) -> Course:
    """A launched programme: Sam owns its duties and Olga is their deputy."""
    with course.database.transaction() as session:
        remember(session, *EVERYBODY)
    course.start(manager=MARC.user)
    course.walk()
    return course


def page(course: Course) -> dict[str, dict[str, Any]]:
    with course.seen() as (session, walk):
        found = duty.facts(session, walk.program, course.now)["duties"]
        keys = {row.id: row.key for row in walk.rows.values()}
    return {keys[one["id"]]: one for one in found}


def test_a_programme_has_its_page_from_launch_on(course: Course) -> None:
    course.start()
    with course.seen() as (session, walk), pytest.raises(NotFoundError):
        duty.facts(session, walk.program, course.now)
    course.walk()
    assert list(page(course)) == [
        "duty_marketing",
        "duty_complaints",
        "duty_disputes",
        "duty_lost_cards",
        "duty_records",
    ]


def test_only_the_monthly_report_has_a_date_and_the_others_invent_none(acme: Course) -> None:
    found = page(acme)
    launched = acme.program.launched_at
    assert launched is not None
    assert {key: one["next_due"] for key, one in found.items() if one["next_due"]} == {
        "duty_complaints": "2026-12-23"
    }
    said = json.dumps(shown(acme))
    assert said.count("No fixed period") == 4
    assert "every month" in said


def shown(course: Course, language: str = "en") -> dict[str, Any]:
    with course.seen() as (session, walk):
        return view.page(language, duty.facts(session, walk.program, course.now))


def test_done_moves_the_next_date_and_is_said_once(acme: Course) -> None:
    number, before = acme.id("duty_complaints"), len(acme.outbox("notice"))
    acme.now += timedelta(days=20)
    acme.do(duty.record, SAM, number, date(2026, 12, 10), "November report", acme.now)
    one = page(acme)["duty_complaints"]
    assert (one["last_on"], one["last_by"], one["last_note"], one["next_due"]) == (
        "2026-12-10",
        SAM.user,
        "November report",
        "2027-01-10",
    )
    [notice] = acme.outbox("notice")[before:]
    said = render(notice.view, "en", json.loads(notice.facts or "{}"))["text"]
    assert "did “Owner: complaints and the monthly report” on December 10, 2026" in said
    assert "Due again by January 10, 2027" in said
    assert acme.tags()[-1] == "duty:do:done"
    with acme.seen() as (session, walk):
        assert "due January 10, 2027" in str(
            render("program", "en", board.program_facts(session, walk.program))["blocks"]
        )


def test_late_is_said_and_is_late_only_after_its_day(acme: Course) -> None:
    acme.now = acme.now.replace(year=2026, month=12, day=23, hour=15)
    assert not page(acme)["duty_complaints"]["late"]
    acme.now += timedelta(days=1)
    assert page(acme)["duty_complaints"]["late"]
    assert "Late" in json.dumps(shown(acme))


def test_an_older_record_does_not_move_the_date_back(acme: Course) -> None:
    number = acme.id("duty_complaints")
    acme.now += timedelta(days=20)
    for day in (10, 3):
        acme.do(duty.record, SAM, number, date(2026, 12, day), "", acme.now)
    assert page(acme)["duty_complaints"]["last_on"] == "2026-12-10"


def test_one_duty_is_recorded_once_a_day(acme: Course) -> None:
    number = acme.id("duty_disputes")
    acme.do(duty.record, SAM, number, acme.now.date(), "", acme.now)
    with pytest.raises(StaleError) as stale:
        acme.do(duty.record, OLGA, number, acme.now.date(), "", acme.now)
    assert stale.value.values["who"] == SAM.user
    assert len(acme.rows(DutyRecord)) == 1


def test_tomorrow_cannot_be_recorded(acme: Course) -> None:
    with pytest.raises(FormError):
        acme.do(duty.record, SAM, acme.id("duty_disputes"), acme.now.date() + timedelta(days=2), "", acme.now)


@pytest.mark.parametrize(
    ("who", "may"),
    [(SAM, True), (OLGA, True), (LENA, True), (MARC, True), (ADA, True), (NOOR, False), (GUS, False)],
)
def test_owner_deputy_lead_manager_and_admins_record_a_duty(acme: Course, who: Any, *, may: bool) -> None:
    number = acme.id("duty_records")
    if may:
        acme.do(duty.record, who, number, acme.now.date(), "", acme.now)
    else:
        with pytest.raises(RefusedError):
            acme.do(duty.record, who, number, acme.now.date(), "", acme.now)
    assert len(acme.rows(DutyRecord)) == may


def test_who_stands_in_for_the_owner_records_it(acme: Course) -> None:
    acme.do(away.leave, SAM, days(0, 60, deputy=NOOR), acme.now)
    acme.do(duty.record, NOOR, acme.id("duty_records"), acme.now.date(), "", acme.now)
    assert "deputy: Noor" in json.dumps(shown(acme))


def test_a_duty_gets_other_people_and_they_are_mentioned(acme: Course) -> None:
    number = acme.id("duty_lost_cards")
    acme.do(duty.change, LENA, number, NOOR.user, OLGA.user, acme.now)
    one = page(acme)["duty_lost_cards"]
    assert (one["owner"], one["deputy"]) == (NOOR.user, OLGA.user)
    notice = acme.outbox("notice")[-1]
    said = render(notice.view, "fr", json.loads(notice.facts or "{}"))["text"]
    assert f"<@{NOOR.user}>" in said
    assert f"<@{OLGA.user}>" in said
    before = len(acme.outbox("notice"))
    acme.do(duty.change, LENA, number, NOOR.user, OLGA.user, acme.now)
    assert len(acme.outbox("notice")) == before, "nothing changed, nothing is said"


@pytest.mark.parametrize(
    ("owner", "deputy", "field"),
    [(SAM, SAM, "deputy"), (GUS, SAM, "owner"), (SAM, GUS, "deputy")],
)
def test_owner_and_deputy_are_two_full_members(acme: Course, owner: Any, deputy: Any, field: str) -> None:
    with pytest.raises(FormError) as refused:
        acme.do(duty.change, LENA, acme.id("duty_records"), owner.user, deputy.user, acme.now)
    assert field in refused.value.fields


def test_a_step_that_is_no_duty_is_not_taken_for_one(acme: Course) -> None:
    with pytest.raises(NotFoundError):
        acme.do(duty.record, LENA, acme.id("launch"), acme.now.date(), "", acme.now)
