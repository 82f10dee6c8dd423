"""The approvals of real programmes: states, dates, what is missing, lists, who sees what, sharing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.domain.error import NotFoundError, RefusedError, StaleError
from bot.services import approval, away, onboarding, step
from storage import Database
from storage.queries import thread as threads
from storage.tables import AuditEntry, Channel, OutboxMessage, Program, Workspace
from tests.support.course import (
    BOTH,
    CLAIRE,
    EVERYTHING,
    GUS,
    LENA,
    MARC,
    NOOR,
    SAM,
    USUAL,
    Course,
    remember,
)
from tests.support.packing import arrived, begin, page, prepare, put, send


@pytest.fixture
def course(database: Database) -> Course:
    with database.transaction() as session:
        remember(session, LENA, MARC, NOOR, SAM, CLAIRE)
    return Course(database)


def told(course: Course, days: float = 0, **more: Any) -> dict[str, Any]:
    """What an answer says about the programme some days later."""
    with course.seen() as (session, walk):
        return approval.of_program(session, LENA, walk.program, course.now + timedelta(days=days), **more)


def line(facts: dict[str, Any], key: str) -> dict[str, Any]:
    """The newest line of an approval."""
    found: dict[str, Any] = [one for one in facts["lines"] if one["key"] == key][-1]
    return found


def listed(course: Course, who: Any = LENA, days: float = 0, **more: Any) -> dict[str, Any]:
    """What a list says some days later."""
    with course.database.reading() as session:
        return approval.of_all(session, who, course.now + timedelta(days=days), **more)


def names(facts: dict[str, Any]) -> list[str]:
    return [program["name"] for program in facts["programs"]]


def test_the_wait_for_stripe_has_its_date_its_days_and_its_link(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="first_contact")
    number_ = course.id("first_contact")
    course.do(step.assign, LENA, number_, SAM.user, course.now)
    with course.database.transaction() as session:
        session.add(Workspace(team="T0PLAY", url="https://quayside.slack.com/", refreshed_at=course.now))
        for subject, number, ts in (("program", course.program_id, "17.01"), ("step", number_, "17.02")):
            row = threads.of(session, subject, number)
            assert row is not None
            row.ts = ts
            session.add(row)
    found = told(course, days=1)
    one = line(found, "first_contact")
    assert (one["state"], one["actor"], one["owner"]) == ("with_stripe", "stripe", SAM.user)
    assert (one["days"], one["working"]) == (4, 2), "Thanksgiving lies between, and Saturday is the last"
    assert (one["about"], one["late"]) == (True, False)
    assert one["link"] == "https://quayside.slack.com/archives/C0CARDS/p1702"
    assert found["link"] == "https://quayside.slack.com/archives/C0CARDS/p1701"
    late = line(told(course, days=8), "first_contact")
    assert (late["days"], late["working"], late["late"]) == (-3, -2, True)


def test_without_a_message_of_its_own_the_link_is_that_of_the_board(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="first_contact")
    with course.database.transaction() as session:
        session.add(Workspace(team="T0PLAY", url="https://quayside.slack.com", refreshed_at=course.now))
        row = threads.of(session, "program", course.program_id)
        assert row is not None
        row.ts = "17.01"
        session.add(row)
    assert line(told(course), "first_contact")["link"].endswith("/p1701")


def test_who_recorded_an_approval_and_when_is_said(course: Course) -> None:
    course.start(USUAL, manager=MARC.user)
    course.walk(until="supportability")
    course.answer("supportability", who=MARC)
    one = line(told(course), "supportability")
    assert (one["state"], one["ended_by"]) == ("approved", MARC.user)
    assert one["ended_at"] == course.step("supportability").happened_at.isoformat()


@pytest.mark.parametrize(
    ("choice", "state", "actor"),
    [
        ("more_asked", "changes_asked", "us"),
        ("needs_longer", "with_stripe", "stripe"),
        ("declined", "refused", "us"),
    ],
)
def test_what_stripe_answered_says_who_must_act(course: Course, choice: str, state: str, actor: str) -> None:
    course.start(USUAL)
    course.walk(until="supportability")
    until = date(2026, 12, 24) if choice == "needs_longer" else None
    course.answer("supportability", choice, note="Show the fees", until=until)
    one = line(told(course), "supportability")
    assert (one["state"], one["actor"]) == (state, actor)
    if actor == "us":
        assert (one["owner"], one["note"]) == (LENA.user, "Show the fees")
    else:
        assert one["due"].startswith("2026-12-25"), "the date that Stripe named, at its end in New York"
        assert (one["days"], one["note"]) == (31, "")


def test_a_named_date_is_counted_in_stripes_working_days(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="supportability")
    course.answer("supportability", "needs_longer", until=date(2026, 11, 30))
    assert line(told(course), "supportability")["working"] == 4


def test_every_round_of_a_review_has_a_line(course: Course) -> None:
    begin(course, USUAL)
    for number, item in enumerate(page(course)["items"]):
        put(course, item["key"], f"one{number}")
    assert line(told(course), "review")["round"] == 1
    prepare(course)
    arrived(course)
    send(course)
    first = line(told(course), "review")
    assert (first["round"], first["state"]) == (1, "with_stripe")
    key = page(course)["items"][0]["key"]
    course.answer("review", "revision", note="One thing", changes={key: "In full, please"})
    found = told(course)
    rounds = [(one["round"], one["state"], one["actor"]) for one in found["lines"] if one["key"] == "review"]
    assert rounds == [(1, "changes_asked", ""), (2, "with_us", "us")]
    assert line(found, "review")["missing"] == [page(course)["items"][0]["title"]]
    assert [one["ended_by"] for one in found["lines"] if one["key"] == "review"] == [LENA.user, ""]
    put(course, key, "two")
    send(course)
    assert line(told(course), "review")["round"] == 2
    course.answer("review")
    found = told(course)
    rounds = [(one["round"], one["state"], one["actor"]) for one in found["lines"] if one["key"] == "review"]
    assert rounds == [(1, "changes_asked", ""), (2, "approved", "")]


def test_what_a_submission_lacks_is_listed_in_the_readers_language(course: Course) -> None:
    begin(course, USUAL)
    english, french = told(course), told(course, language="fr")
    assert line(english, "review")["state"] == "with_us"
    assert len(line(english, "review")["missing"]) == len(line(french, "review")["missing"]) > 0
    assert line(english, "review")["missing"] != line(french, "review")["missing"]
    assert line(french, "review")["title"] == "Stripe examine la soumission"


def test_what_a_programme_does_without_is_named(course: Course) -> None:
    course.start(USUAL)
    assert told(course)["not_needed"] == ["cards", "wallets"]
    course.start(EVERYTHING)
    assert told(course)["not_needed"] == []


def test_a_programme_that_stands_still_has_no_dates(course: Course) -> None:
    course.start(USUAL, manager=MARC.user)
    course.walk(until="first_contact")
    course.do(onboarding.pause, MARC, course.program_id, "Budget", course.now)
    found = told(course, days=90)
    assert found["state"] == "paused"
    assert [one["days"] for one in found["lines"]] == [None] * len(found["lines"])
    assert not any(one["late"] for one in found["lines"])


def test_after_launch_it_says_who_sends_new_material(course: Course) -> None:
    course.start(USUAL)
    assert told(course)["marketing"] is None
    course.walk()
    found = told(course)
    assert (found["approved"], found["total"]) == (7, 7)
    assert found["marketing"]["owner"] == SAM.user


def test_a_list_puts_late_ones_first_then_ours_then_stripes(course: Course) -> None:
    for until in ("configuration", "agreements", "first_contact"):
        course.start(USUAL, name=until)
        course.walk(until=until)
    course.start(USUAL, name="launched")
    course.walk()
    found = listed(course, days=1)
    assert names(found) == ["agreements", "first_contact", "configuration", "launched"]
    assert found["counts"] == {"overdue": 0, "us": 1, "stripe": 2}
    late = listed(course, days=8)
    assert names(late)[0] == "first_contact"
    assert late["counts"]["overdue"] == 1
    assert late["few"]
    assert late["programs"][-1]["lines"] == []


def many(course: Course, count: int) -> None:
    """Programmes of Lena's, each with the same step before Stripe."""
    for number in range(count):
        course.start(USUAL, name=f"Programme {number}")


def test_more_than_eight_programmes_are_a_line_each(course: Course) -> None:
    many(course, 8)
    assert listed(course)["few"]
    many(course, 1)
    found = listed(course)
    assert not found["few"]
    assert {len(program["lines"]) for program in found["programs"]} == {1}
    assert found["counts"] == {"overdue": 0, "us": 9, "stripe": 0}


def test_long_lists_have_pages_that_together_hold_each_programme_once(course: Course) -> None:
    many(course, 43)
    pages = [listed(course, page=number) for number in (1, 2, 3)]
    assert [page["pages"] for page in pages] == [3, 3, 3]
    seen = [name for page in pages for name in names(page)]
    assert sorted(seen) == sorted(f"Programme {number}" for number in range(43))
    assert names(listed(course, page=99)) == names(pages[2])


def test_filters_keep_one_group_and_mine_the_programmes_of_who_asks(course: Course) -> None:
    many(course, 9)
    course.start(USUAL, name="Of Marc", manager=MARC.user)
    course.walk(until="first_contact")
    assert names(listed(course, only="stripe")) == ["Of Marc"]
    assert names(listed(course, only="overdue")) == []
    assert len(names(listed(course, only="us"))) == 9
    assert names(listed(course, MARC, only="mine")) == ["Of Marc"]
    assert listed(course, NOOR, only="mine")["total"] == 0
    assert listed(course, LENA, only="mine")["total"] == 10


def test_the_programmes_of_who_is_away_are_mine_too(course: Course) -> None:
    course.start(USUAL, name="Of Lena")
    today = course.now.date()
    absence = away.NewAbsence(today, today + timedelta(days=3), NOOR.user)
    course.do(away.leave, LENA, absence, course.now)
    assert names(listed(course, NOOR, only="mine")) == ["Of Lena"]


def test_canceled_programmes_are_only_counted_unless_they_are_asked_for(course: Course) -> None:
    course.start(USUAL, name="Gone", manager=MARC.user)
    course.do(onboarding.cancel, MARC, course.program_id, "No", course.now)
    gone = course.program_id
    course.start(USUAL, name="Here")
    found = listed(course)
    assert names(found) == ["Here"]
    assert found["rest"] == {"canceled": 1}
    assert names(listed(course, among=[gone])) == ["Gone"]


def test_a_guest_sees_nothing(course: Course) -> None:
    course.start(BOTH)
    with course.seen() as (session, walk):
        with pytest.raises(RefusedError):
            approval.of_program(session, GUS, walk.program, course.now)
        with pytest.raises(RefusedError):
            approval.of_all(session, GUS, course.now)


def test_another_workspace_has_its_own_programmes(course: Course) -> None:
    course.start(BOTH)
    with pytest.raises(NotFoundError):
        listed(course, replace(LENA, team="T0OTHER"))


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that are run meanwhile."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_more_programmes_make_no_more_queries(course: Course) -> None:
    many(course, 2)
    with counting() as few:
        listed(course)
    many(course, 20)
    with counting() as more:
        listed(course)
    assert len(few) == len(more) < 20


def share(course: Course, channel: str = "C0CARDS", *, own: bool = True, **more: Any) -> None:
    with course.database.transaction() as session:
        program = session.get(Program, course.program_id)
        assert program is not None
        facts = approval.of_program(session, LENA, program, course.now)
        place: dict[str, Any] = {"channel": channel, "thread_ts": "", "language": "en", **more}
        one = program if own else None
        listed_ = facts if own else approval.of_all(session, LENA, course.now)
        approval.share(session, LENA, "approval.program", listed_, program=one, now=course.now, **place)


def test_sharing_posts_once_with_a_name_and_leaves_a_trace(course: Course) -> None:
    course.start(USUAL)
    share(course, thread_ts="17.01")
    row = course.rows(OutboxMessage)[-1]
    assert (row.channel, row.reply_ts, row.person, row.kind) == ("C0CARDS", "17.01", LENA.user, "direct")
    facts = json.loads(row.facts or "{}")
    assert facts["shared_by"] == LENA.user
    assert facts["names"][LENA.user] == "Lena"
    trace = course.rows(AuditEntry)[-1]
    assert (trace.tag, trace.subject, trace.after) == ("approval:share:shared", "P-1", {"channel": "C0CARDS"})


@pytest.mark.parametrize(
    ("channel", "own", "key"),
    [
        ({"archived": True, "member": True}, True, "approval.share_archived"),
        ({"member": False}, True, "approval.share_not_member"),
        ({"error": "channel_not_found"}, True, "approval.share_not_member"),
        ({"external": True, "member": True}, False, "approval.share_external"),
        ({"external": True, "member": True}, True, ""),
        ({"error": "missing_scope"}, True, ""),
        ({"member": True}, False, ""),
    ],
)
def test_nothing_is_shared_where_others_read_along_or_nobody_may_write(
    course: Course, channel: dict[str, Any], *, own: bool, key: str
) -> None:
    course.start(USUAL)
    with course.database.transaction() as session:
        session.add(Channel(team="T0PLAY", channel="C0CARDS", checked_at=course.now, **channel))
    before = len(course.rows(OutboxMessage))
    if not key:
        share(course, own=own)
        assert len(course.rows(OutboxMessage)) == before + 1
        return
    with pytest.raises(StaleError) as refused:
        share(course, own=own)
    assert refused.value.key == key
    assert len(course.rows(OutboxMessage)) == before


@pytest.mark.parametrize("channel", ["", "D0LENA"])
def test_outside_of_channels_there_is_nobody_to_share_with(course: Course, channel: str) -> None:
    course.start(USUAL)
    with pytest.raises(NotFoundError):
        share(course, channel)
