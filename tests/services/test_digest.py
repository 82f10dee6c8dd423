"""The weekly digest: who gets one, what it counts, and in which order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot.services import away, digest, onboarding, picture, preference, step
from storage import Database
from storage.tables import Role, Workspace
from storage.tables_picture import Picture
from storage.tables_reminder import Preference, Snooze
from tests.support.course import ADA, CLAIRE, LENA, MARC, NOW, SAM, TEAM, USUAL, Course, remember


def program(database: Database, name: str = "Acme", manager: str = MARC.user, **more: Any) -> Course:
    """A programme with its manager; everybody is known."""
    with database.transaction() as session:
        remember(session, LENA, MARC, SAM, CLAIRE)
    course = Course(database)
    course.start(USUAL, name=name, manager=manager, **more)
    return course


def put(database: Database, user: str = MARC.user, **more: Any) -> dict[str, Any] | None:
    """Put the digest of somebody; returns its facts, None when they get none."""
    with database.transaction() as session:
        digest.put(session, team=TEAM, user=user, now=more.pop("now", NOW), **more)
    rows = Course(database).rows(Picture)
    return picture.facts_of(rows[-1]) if rows else None


def grant(database: Database, user: str, role: str) -> None:
    with database.transaction() as session:
        session.add(Role(team=TEAM, user=user, role=role, by="settings", at=NOW))


def test_a_manager_gets_their_programmes_in_their_language(database: Database) -> None:
    program(database)
    program(database, "Other", manager=CLAIRE.user)
    found = put(database)
    assert found is not None
    assert [one["name"] for one in found["programs"]] == ["Acme"]
    [row] = Course(database).rows(Picture)
    assert (row.kind, row.person, row.language, row.asked_by) == ("digest", MARC.user, "fr", "")


def test_a_chosen_language_wins_over_slacks(database: Database) -> None:
    program(database)
    with database.transaction() as session:
        session.add(Preference(team=TEAM, user=MARC.user, language="en", at=NOW))
    found = put(database)
    assert found is not None
    assert found["language"] == "en"
    with database.reading() as session:
        assert preference.language(session, TEAM, MARC.user) == "en"


def test_who_answers_for_nothing_that_runs_gets_none(database: Database) -> None:
    course = program(database)
    assert put(database, SAM.user) is None
    course.do(onboarding.cancel, MARC, course.program_id, "No", course.now)
    assert put(database) is None


def test_programmes_without_a_manager_go_to_who_steers(database: Database) -> None:
    program(database, manager="")
    program(database, "Marcs")
    assert put(database, ADA.user) is None
    grant(database, ADA.user, "admin")
    found = put(database, ADA.user)
    assert found is not None
    assert [one["name"] for one in found["programs"]] == ["Acme"]


def test_who_stands_in_for_a_manager_gets_theirs(database: Database) -> None:
    program(database)
    with database.transaction() as session:
        new = away.NewAbsence(date(2026, 11, 23), date(2026, 11, 27), SAM.user)
        away.leave(session, MARC, new, NOW)
    found = put(database, SAM.user)
    assert found is not None
    assert [one["name"] for one in found["programs"]] == ["Acme"]


def test_it_counts_the_week_and_what_is_overdue_on_both_sides(database: Database) -> None:
    course = program(database)
    course.walk(until="first_contact")
    week_later = course.now + timedelta(days=6)
    found = put(database, now=week_later)
    assert found is not None
    [line] = found["programs"]
    assert line["week"] == 2, "the check and the intake form"
    assert (line["late_ours"], line["late_stripe"]) == (0, 1), "first contact was due after five days"
    assert line["next"] is not None
    found = put(database, now=course.now + timedelta(days=60))
    assert found is not None
    [line] = found["programs"]
    assert line["week"] == 0
    assert line["late_ours"] >= 2
    assert line["next"] is None


def test_what_needs_attention_comes_first_and_what_is_paused_last(database: Database) -> None:
    paused = program(database, "Paused", target_on=date(2026, 12, 1))
    paused.do(onboarding.pause, MARC, paused.program_id, "Budget", paused.now)
    program(database, "Calm", target_on=date(2028, 1, 1))
    program(database, "Late", target_on=date(2026, 12, 1))
    found = put(database)
    assert found is not None
    assert [one["name"] for one in found["programs"]] == ["Late", "Calm", "Paused"]


def test_snoozes_that_still_run_are_listed(database: Database) -> None:
    course = program(database)
    other = program(database, "Other", manager=CLAIRE.user)
    mine = [course.id(key) for key in ("supported_use_case", "intake_form", "test_build")]
    theirs = other.id("supported_use_case")
    dated = course.deadline("supported_use_case")
    assert dated is not None
    with database.transaction() as session:
        for number, until, state in (
            (mine[0], date(2026, 12, 1), "asleep"),
            (mine[1], date(2026, 11, 20), "asleep"),
            (mine[2], date(2026, 12, 9), "asleep"),
            (mine[2], date(2026, 12, 9), "canceled"),
            (theirs, date(2026, 12, 1), "asleep"),
        ):
            session.add(
                Snooze(
                    team=TEAM,
                    subject="step",
                    subject_id=number,
                    deadline_id=dated.id,
                    owner=LENA.user,
                    until=until,
                    by=LENA.user,
                    at=NOW,
                    state=state,
                )
            )
            session.flush()
    found = put(database)
    assert found is not None
    assert [(one["ref"], one["until"]) for one in found["asleep"]] == [("P-1", "2026-12-01")]


def test_it_leads_to_the_home_where_the_app_is_known(database: Database) -> None:
    program(database)
    found = put(database)
    assert found is not None
    assert found["home"] == ""
    with database.transaction() as session:
        session.add(Workspace(team=TEAM, app_id="A0GANTRY", refreshed_at=NOW))
    found = put(database)
    assert found is not None
    assert found["home"] == "slack://app?team=T0PLAY&id=A0GANTRY&tab=home"


def test_facts_can_be_read_before_the_transaction(database: Database) -> None:
    course = program(database)
    with database.reading() as session:
        facts = digest.facts_for(session, TEAM, MARC.user, NOW)
    course.do(step.take, LENA, course.id("supported_use_case"), course.now)
    assert put(database, facts=facts) == facts


@pytest.mark.parametrize("count", [40])
def test_forty_programmes_are_one_row_and_short_words(database: Database, count: int) -> None:
    from bot.views import digest as view

    for number in range(count):
        program(database, f"Programme {number}")
    found = put(database)
    assert found is not None
    assert len(found["programs"]) == count
    said = view.picture("fr", found)["text"]
    assert len(said) < 4000
    assert "et 30 autres programmes" in said
