"""Home, on a real database: what each kind of viewer sees, in which order, and whose page follows what."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.domain.error import NotFoundError
from bot.domain.plan import Answers
from bot.domain.role import Asker
from bot.services import away, home, home_page, onboarding, preference, role, step
from bot.views import limits
from bot.views.registry import render
from storage.tables import OutboxMessage
from storage.tables_home import HomeMark, HomePage
from tests.support.course import ADA, CLAIRE, GUS, LENA, MARC, NOOR, NOW, OLGA, SAM, TEAM, Course, remember

EVERYBODY = (LENA, MARC, NOOR, SAM, OLGA, ADA, CLAIRE)
LATER = NOW + timedelta(hours=9)


@pytest.fixture
def acme(course: Course) -> Course:
    """A programme of Lena's with Marc as manager, among people who have all been met."""
    with course.database.transaction() as session:
        remember(session, *EVERYBODY)
    course.start(manager=MARC.user)
    course.do(home.follow, NOW, LATER)  # what is noted so far concerns nobody
    return course


def facts(course: Course, who: Asker, **place: int) -> dict[str, Any]:
    with course.database.reading() as session:
        return home_page.facts(session, who, place, course.now)


def page(course: Course, who: Asker, language: str = "en", **place: int) -> str:
    """All words and buttons of a page, which keeps Slack's limits."""
    view = render("home", language, facts(course, who, **place))
    assert limits.check(view, "home") == []
    return json.dumps(view, ensure_ascii=False)


def titles(found: dict[str, Any]) -> list[str]:
    return [one["title"] for one in found["mine"]["lines"]]


def looks(course: Course, *people: Asker) -> None:
    """These people open Home, and what they asked for has arrived."""
    for who in people:
        course.do(home.opened, TEAM, who.user, course.now)
    arrive(course)


def arrive(course: Course) -> None:
    with course.database.transaction() as session:
        for row in session.exec(select(OutboxMessage).where(OutboxMessage.kind == "home")).all():
            row.state = "sent"
            session.add(row)


def follow(course: Course) -> set[str]:
    """Whose pages follow now."""
    course.do(home.follow, course.now, LATER)
    found = {row.person for row in course.outbox("home") if row.state == "pending"}
    arrive(course)
    return found


# Who sees what


def test_somebody_who_has_nothing_reads_what_gantry_is_for_and_gets_three_buttons(acme: Course) -> None:
    said = page(acme, NOOR)
    assert "intake form to launch day, step by step" in said
    for action in ("verb.run:start", "verb.run:list", "verb.run:help", "home.settings", "away.set"):
        assert said.count(f'"{action}"') == 1, action
    assert "overdue" not in said.casefold()
    assert "1 other programme" in said or "Other programme" in said


def test_a_guest_and_somebody_unknown_see_nothing_but_whom_to_ask(acme: Course) -> None:
    acme.do(role.grant, ADA, ADA.user, "admin", None, acme.now)
    unknown = Asker(team=TEAM, user="U0GHOST", verified=False)
    for who in (GUS, unknown):
        said = page(acme, who)
        assert "Acme" not in said
        assert f"<@{ADA.user}>" in said
        assert "verb.run:help" in said
        for action in ("verb.run:start", "home.settings", "away.set", "step."):
            assert action not in said
        assert facts(acme, who)["touches"] == []
    assert "full members" in page(acme, GUS)
    assert "Slack has not said" in page(acme, unknown)


def test_the_lead_sees_what_is_open_with_its_buttons_and_their_programme(acme: Course) -> None:
    found = facts(acme, LENA)
    assert found["mine"]["total"] == len(acme.open())
    assert [one["name"] for one in found["programs"]["lines"]] == ["Acme"]
    assert found["others"]["total"] == 0
    said = page(acme, LENA)
    number = acme.id("supported_use_case")
    for action in ("step.done", "step.open", "step.assign"):
        assert f'"{action}:{number}"' in said
    assert "days left" in said
    assert "Next: " in said
    assert "of 4" in said or "steps done" in said


def test_a_wait_for_stripe_is_an_item_of_the_lead_with_the_button_that_records_the_answer(
    acme: Course,
) -> None:
    acme.walk(until="first_contact")
    [one] = [item for item in facts(acme, LENA)["mine"]["lines"] if item["actor"] == "stripe"]
    assert one["id"] == acme.id("first_contact")
    said = page(acme, LENA)
    assert "Waiting for Stripe" in said
    assert f"step.answered:{one['id']}" in said
    assert f"step.done:{one['id']}" not in said


def test_somebody_with_one_step_sees_it_and_the_programme_as_theirs(acme: Course) -> None:
    acme.do(step.assign, LENA, acme.id("supported_use_case"), NOOR.user, acme.now)
    found = facts(acme, NOOR)
    assert found["mine"]["total"] == 1
    assert found["programs"]["total"] == 1
    assert found["steers"] == ""
    assert "supported_use_case" not in titles(facts(acme, LENA))
    assert acme.id("supported_use_case") not in {one["id"] for one in facts(acme, LENA)["mine"]["lines"]}


def test_only_managers_and_admins_see_what_is_overdue_in_the_team(acme: Course) -> None:
    acme.now += timedelta(days=60)
    for who, steers in ((MARC, "all"), (ADA, "all"), (LENA, ""), (NOOR, ""), (OLGA, ""), (SAM, "")):
        found = facts(acme, who)
        assert found["steers"] == steers
        assert bool(found["late"]["total"]) == bool(steers), who.user
    said = page(acme, ADA)
    assert "Overdue in your team" in said
    assert "days overdue*" in said
    assert "Lena" in said
    assert "Overdue in your team" not in page(acme, LENA)


def test_the_manager_of_one_programme_sees_what_is_overdue_in_that_one(acme: Course) -> None:
    other = Course(acme.database)
    other.start(name="Zebra", manager=NOOR.user)
    acme.now = other.now = acme.now + timedelta(days=60)
    found = facts(acme, NOOR)
    assert found["steers"] == "own"
    assert {one["program"]["name"] for one in found["late"]["lines"]} == {"Zebra"}
    names = {one["program"]["name"] for one in facts(acme, MARC)["late"]["lines"]}
    assert names == {"Acme", "Zebra"}


def test_what_is_overdue_longest_comes_first_and_says_how_long(acme: Course) -> None:
    other = Course(acme.database, now=acme.now + timedelta(days=3))
    other.start(name="Zebra")
    acme.now += timedelta(days=60)
    late = facts(acme, ADA)["late"]["lines"]
    assert [one["late"] for one in late] == sorted((one["late"] for one in late), reverse=True)
    assert late[0]["program"]["name"] == "Acme"


def test_a_deputy_of_somebody_away_sees_their_items_and_programmes(acme: Course) -> None:
    assert facts(acme, NOOR)["mine"]["total"] == 0
    span = away.NewAbsence(acme.now.date(), acme.now.date() + timedelta(days=8), NOOR.user)
    acme.do(away.leave, LENA, span, acme.now)
    found = facts(acme, NOOR)
    assert {one["owner"] for one in found["mine"]["lines"]} == {LENA.user}
    assert found["programs"]["total"] == 1
    assert [one["user"] for one in found["for"]] == [LENA.user]
    said = page(acme, NOOR)
    assert "You stand in for Lena" in said
    assert "for Lena" in said
    acme.now += timedelta(days=10)
    acme.do(away.turn, acme.now)
    assert facts(acme, NOOR)["mine"]["total"] == 0


def test_items_come_by_date_over_all_programmes_and_undated_ones_last(acme: Course) -> None:
    other = Course(acme.database)
    other.start(name="Zebra")
    acme.now += timedelta(days=1)
    acme.walk(until="first_contact")
    lines = facts(acme, LENA)["mine"]["lines"]
    dated = [one["due_on"] for one in lines if one["due_on"]]
    assert dated == sorted(dated)
    assert [one["due_on"] for one in lines][: len(dated)] == dated
    assert {one["program"]["name"] for one in lines} == {"Acme", "Zebra"}


def test_a_blocked_step_shows_the_day_to_look_again_and_is_still_overdue_for_its_manager(
    acme: Course,
) -> None:
    number = acme.id("supported_use_case")
    acme.do(step.block, LENA, number, "The bank is closed", date(2026, 12, 1), acme.now)
    [one] = [item for item in facts(acme, LENA)["mine"]["lines"] if item["id"] == number]
    assert (one["look_again"], one["due_on"], one["days"]) == (True, "2026-12-01", 8)
    assert "look again on December 1, 2026" in page(acme, LENA)
    acme.now += timedelta(days=60)
    assert number in {item["id"] for item in facts(acme, MARC)["late"]["lines"]}
    said = page(acme, LENA)
    assert "days ago" in said


def test_days_are_counted_in_the_zone_of_the_programme(acme: Course) -> None:
    [one] = [
        item for item in facts(acme, LENA)["mine"]["lines"] if item["id"] == acme.id("supported_use_case")
    ]
    due, left = date.fromisoformat(one["due_on"]), one["days"]
    assert left == (due - date(2026, 11, 23)).days
    acme.now += timedelta(hours=13)  # 04:00 UTC on the next day: still the same day in New York
    assert facts(acme, LENA)["mine"]["lines"][0]["days"] == left
    acme.now += timedelta(hours=2)
    assert facts(acme, LENA)["mine"]["lines"][0]["days"] == left - 1


def test_the_page_changes_by_itself_when_a_day_begins_somewhere(acme: Course) -> None:
    next_at = facts(acme, Asker(team=TEAM, user=LENA.user, role="member", zone="Europe/Paris"))["next_at"]
    assert next_at == "2026-11-24T00:00:00+01:00"
    assert facts(acme, LENA)["next_at"] == "2026-11-24T00:00:00+00:00"


def test_a_lasting_duty_shows_when_its_day_is_near_and_goes_with_the_record(acme: Course) -> None:
    acme.walk()
    duties = [one for one in facts(acme, SAM)["mine"]["lines"] if one["kind"] == "duty"]
    assert duties
    said = page(acme, SAM)
    assert "Lasting duty" in said
    for one in duties:
        assert f"duty.done:{one['id']}" in said
    acme.now += timedelta(days=90)
    assert [one for one in facts(acme, MARC)["late"]["lines"] if one["kind"] == "duty"]


@pytest.mark.parametrize("state", ["pause", "cancel"])
def test_a_programme_that_stands_still_has_no_open_items(acme: Course, state: str) -> None:
    acme.do(getattr(onboarding, state), MARC, acme.program_id, "Not now", acme.now)
    found = facts(acme, LENA)
    assert found["mine"]["total"] == 0
    assert found["programs"]["total"] == (state == "pause")


def test_a_page_speaks_the_language_that_its_reader_chose(acme: Course) -> None:
    choice = preference.Choice("fr", "19:00", "08:30")
    acme.do(preference.change, LENA, choice, acme.now)
    looks(acme, LENA)
    with acme.database.reading() as session:
        row = session.get(HomePage, (TEAM, LENA.user))
        assert row is not None
        found = home.load(session, row, acme.now, language="en")
    assert found["language"] == "fr"
    said = json.dumps(render("home", found["language"], found), ensure_ascii=False)
    assert "Votre tâche ouverte" in said
    assert "Vérifier" in said, "titles of steps too"
    assert "19:00" in said


def test_everybody_reads_whom_to_ask(acme: Course) -> None:
    assert "GANTRY_ADMINS" in page(acme, NOOR)
    acme.do(role.grant, ADA, ADA.user, "admin", None, acme.now)
    for who in (NOOR, GUS, MARC):
        assert f"<@{ADA.user}>" in page(acme, who)


# Long lists


def test_forty_programmes_and_sixty_items_are_shown_in_parts(acme: Course) -> None:
    for number in range(39):
        one = Course(acme.database)
        one.start(Answers("eu", frozenset({"issuing"}), "expense_management"), name=f"Programme {number}")
        one.walk(until="first_contact")
    acme.now += timedelta(days=90)
    found = facts(acme, LENA)
    total = found["mine"]["total"]
    assert total >= 60
    seen: list[int] = []
    for number in range(found["mine"]["last"] + 1):
        lines = facts(acme, LENA, mine=number)["mine"]["lines"]
        assert len(lines) <= home_page.PARTS["mine"]
        seen += [one["id"] for one in lines]
        page(acme, LENA, "fr", mine=number)
    assert len(seen) == len(set(seen)) == total
    assert facts(acme, LENA, mine=999)["mine"]["part"] == found["mine"]["last"]
    for who in (MARC, ADA):
        assert "Part 1 of" in page(acme, who)
        assert facts(acme, who)["programs"]["total"] + facts(acme, who)["others"]["total"] == 40


def test_a_part_that_was_turned_to_stays_until_somebody_comes_back_later(acme: Course) -> None:
    looks(acme, LENA)
    acme.do(home.turn, TEAM, LENA.user, "mine", 2, acme.now)
    assert acme.rows(HomePage)[0].place == {"mine": 2}
    acme.do(home.opened, TEAM, LENA.user, acme.now + timedelta(minutes=5))
    assert acme.rows(HomePage)[0].place == {"mine": 2}
    acme.do(home.opened, TEAM, LENA.user, acme.now + timedelta(hours=1))
    assert acme.rows(HomePage)[0].place == {}
    for what, number in (("nothing", 0), ("mine", -1)):
        with pytest.raises(NotFoundError):
            acme.do(home.turn, TEAM, LENA.user, what, number, acme.now)


# Whose page follows


def test_nothing_is_noted_while_nobody_looks(acme: Course) -> None:
    acme.do(step.take, NOOR, acme.id("supported_use_case"), acme.now)
    noted = acme.rows(HomeMark)
    assert acme.database.dialect == "postgresql" or noted == []
    assert follow(acme) == set()
    assert acme.rows(HomeMark) == []


def test_a_change_reaches_whoever_it_concerns_and_nobody_else(acme: Course) -> None:
    acme.do(role.grant, ADA, ADA.user, "admin", None, acme.now)
    looks(acme, *EVERYBODY)
    follow(acme)
    acme.do(step.take, NOOR, acme.id("supported_use_case"), acme.now)
    assert follow(acme) == {LENA.user, MARC.user, NOOR.user, ADA.user}
    assert follow(acme) == set()


def test_whoever_loses_a_step_sees_it_go(acme: Course) -> None:
    number = acme.id("supported_use_case")
    acme.do(step.take, NOOR, number, acme.now)
    looks(acme, NOOR, SAM)
    with acme.database.transaction() as session:  # as the delivery records it
        row = session.get(HomePage, (TEAM, NOOR.user))
        assert row is not None
        row.programs = facts_in(session, acme)["touches"]
        session.add(row)
    acme.do(step.assign, LENA, number, OLGA.user, acme.now)
    assert follow(acme) == {NOOR.user}


def facts_in(session: Any, course: Course) -> dict[str, Any]:
    return home_page.facts(session, NOOR, {}, course.now)


def test_deputies_follow_what_happens_to_those_who_are_away(acme: Course) -> None:
    looks(acme, NOOR, SAM, LENA)
    span = away.NewAbsence(acme.now.date(), acme.now.date() + timedelta(days=8), NOOR.user)
    acme.do(away.leave, LENA, span, acme.now)
    assert follow(acme) == {NOOR.user, LENA.user}
    acme.do(step.take, SAM, acme.id("supported_use_case"), acme.now)
    assert follow(acme) == {NOOR.user, LENA.user, SAM.user}


def test_two_changes_become_one_page_and_a_look_does_not_wait_for_more(acme: Course) -> None:
    looks(acme, LENA)
    number = acme.id("supported_use_case")
    acme.do(step.take, NOOR, number, acme.now)
    acme.do(home.follow, acme.now, LATER)
    acme.do(step.assign, LENA, number, SAM.user, acme.now)
    acme.do(home.follow, acme.now, LATER)
    [waiting] = [row for row in acme.outbox("home") if row.state == "pending"]
    assert waiting.next_attempt_at == LATER
    acme.do(home.opened, TEAM, LENA.user, acme.now)
    [waiting] = [row for row in acme.outbox("home") if row.state == "pending"]
    assert waiting.next_attempt_at < LATER
    [wanted] = [row.wanted for row in acme.rows(HomePage)]
    assert wanted == 4


def test_a_page_follows_until_the_evening_after_the_last_look(acme: Course) -> None:
    looks(acme, LENA)
    acme.now += timedelta(hours=35)
    acme.do(step.take, NOOR, acme.id("supported_use_case"), acme.now)
    assert follow(acme) == {LENA.user}
    acme.now += timedelta(hours=2)
    acme.do(step.assign, LENA, acme.id("supported_use_case"), SAM.user, acme.now)
    assert follow(acme) == set()


def test_the_page_of_somebody_who_looks_is_renewed_when_a_day_begins_once(acme: Course) -> None:
    looks(acme, LENA, NOOR)
    with acme.database.transaction() as session:
        row = session.get(HomePage, (TEAM, LENA.user))
        assert row is not None
        row.next_at = acme.now + timedelta(hours=9)
        session.add(row)
    with acme.database.reading() as session:
        assert not home.due(session, acme.now)
    acme.now += timedelta(hours=9)
    with acme.database.reading() as session:
        assert home.due(session, acme.now)
    assert follow(acme) == {LENA.user}
    assert follow(acme) == set()


def test_a_role_changes_the_page_of_who_has_it(acme: Course) -> None:
    looks(acme, NOOR, SAM)
    acme.do(role.grant, ADA, NOOR.user, "manager", None, acme.now)
    assert follow(acme) == {NOOR.user}
