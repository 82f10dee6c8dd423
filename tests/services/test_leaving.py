"""Somebody left: never silent, never forty messages, and always somebody who can decide."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.role import Asker
from bot.services import away, board, channel, handover, leaving, onboarding, person, role, step
from bot.views.registry import render
from storage.tables import OutboxMessage
from tests.services.test_away import EVERYBODY, days
from tests.support.course import ADA, LENA, MARC, NOOR, NOW, OLGA, SAM, TEAM, Course, remember

OPERATIONS = "C0OPS"
DEFAULTS = {"operations": OPERATIONS}


@pytest.fixture
def acme(course: Course) -> Course:
    """A programme of Lena's with a manager, an admin and an operations channel; Sam has its first step."""
    with course.database.transaction() as session:
        remember(session, *EVERYBODY)
        role.grant(session, ADA, ADA.user, "admin", None, NOW)
        channel.remember(
            session,
            team=TEAM,
            channel=OPERATIONS,
            found={"name": "ops", "is_private": True, "is_member": True},
            error="",
            defaults=DEFAULTS,
            now=NOW,
        )
    course.start(manager=MARC.user)
    course.do(step.assign, LENA, course.id("supported_use_case"), SAM.user, course.now)
    return course


def leaves(course: Course, who: Asker, **found: Any) -> list[OutboxMessage]:
    """Slack says that somebody is deactivated; return what is said to people and channels."""
    before = {row.id for row in course.outbox()}

    def work(session: Any) -> None:
        gone = {"real_name": who.user.removeprefix("U0").title(), "deleted": True, **found}
        person.remember(session, team=TEAM, user=who.user, found=gone, now=course.now)
        leaving.left(session, TEAM, who.user, DEFAULTS, course.now)

    course.do(work)
    return [row for row in course.outbox("direct") if row.id not in before]


def said(row: OutboxMessage) -> str:
    return str(render(row.view, "en", json.loads(row.facts or "{}"))["text"])


def shown(course: Course) -> str:
    with course.seen() as (session, walk):
        return str(render("program", "en", board.program_facts(session, walk.program))["text"])


def test_the_manager_hears_of_everything_in_one_message(acme: Course) -> None:
    other = Course(acme.database, now=acme.now)
    other.start(name="Zebra", manager=MARC.user)
    other.do(step.assign, LENA, other.id("supported_use_case"), SAM.user, other.now)
    [message] = leaves(acme, SAM)
    assert (message.person, message.view) == (MARC.user, "person.left")
    words = said(message)
    assert "Acme (P-1)" in words
    assert "Zebra (P-2)" in words
    assert words.count("Step: ") == 2
    assert f"handover.open:{SAM.user}" in json.dumps(
        render(message.view, "fr", json.loads(message.facts or ""))
    )


def test_two_managers_hear_each_of_their_own_programme(acme: Course) -> None:
    other = Course(acme.database, now=acme.now)
    other.start(name="Zebra", manager=OLGA.user)
    other.do(step.assign, LENA, other.id("supported_use_case"), SAM.user, other.now)
    told = {row.person: said(row) for row in leaves(acme, SAM)}
    assert set(told) == {MARC.user, OLGA.user}
    assert "Zebra" not in told[MARC.user]
    assert "Acme" not in told[OLGA.user]


# who cannot be reached beside Sam, and who hears of his step
HEARING = [
    ((), [MARC.user]),
    ((MARC,), [LENA.user]),
    ((MARC, LENA), [ADA.user]),
    ((MARC, LENA, ADA), [OPERATIONS]),
]


@pytest.mark.parametrize(("gone", "told"), HEARING)
def test_who_hears_when_others_are_gone_too(acme: Course, gone: tuple[Asker, ...], told: list[str]) -> None:
    for who in gone:
        found = {"real_name": "Gone", "deleted": True}
        acme.do(person.remember, team=TEAM, user=who.user, found=found, now=acme.now)
    messages = leaves(acme, SAM)
    assert [row.channel for row in messages] == told
    words = shown(acme)
    assert "cannot be reached" in words
    if told == [OPERATIONS]:
        assert messages[0].view == "person.left_alone"
        assert "Sam (cannot be reached, ask an admin)" in words


def test_an_absent_manager_is_spoken_for_by_their_deputy(acme: Course) -> None:
    acme.do(away.leave, MARC, days(0, 3, deputy=OLGA), acme.now)
    assert [row.person for row in leaves(acme, SAM)] == [OLGA.user]


def test_somebody_of_whom_slack_never_said_who_they_are_is_not_told_alone(acme: Course) -> None:
    people = {"lead": LENA.user, "deputies": [], "manager": "U0STRANGER"}
    acme.do(onboarding.reassign, MARC, acme.program_id, **people, now=acme.now)
    with acme.database.reading() as session:
        assert "U0STRANGER" in leaving.strangers(session, TEAM, SAM.user, acme.now)
    assert [row.person for row in leaves(acme, SAM)] == [LENA.user]


def test_when_the_one_who_was_told_leaves_too_the_next_hears_of_both(acme: Course) -> None:
    leaves(acme, SAM)
    acme.now += timedelta(days=1)
    [message] = leaves(acme, MARC)
    assert message.person == LENA.user
    assert "Step: " in said(message)
    assert "Manager of the programme" in said(message)


def test_when_the_only_admin_who_was_told_leaves_operations_hear_of_it(acme: Course) -> None:
    other = Course(acme.database, now=acme.now)
    other.start(name="Zebra", manager=OLGA.user)
    for who in (MARC, LENA):
        found = {"real_name": "Gone", "deleted": True}
        acme.do(person.remember, team=TEAM, user=who.user, found=found, now=acme.now)
    assert [row.channel for row in leaves(acme, SAM)] == [ADA.user]
    [message] = leaves(acme, ADA)
    assert (message.channel, message.view) == (OPERATIONS, "person.left_alone")
    assert "Zebra" not in said(message), "its manager decides, and was told already"


def test_a_guest_without_a_role_cannot_act_and_one_with_a_role_can(acme: Course) -> None:
    guest = {"real_name": "Sam", "is_restricted": True}
    acme.do(person.remember, team=TEAM, user=SAM.user, found=guest, now=acme.now)
    with acme.database.reading() as session:
        assert leaving.unreachable(session, TEAM, SAM.user, acme.now)
    acme.do(role.grant, ADA, SAM.user, "support", None, acme.now)
    with acme.database.reading() as session:
        assert not leaving.unreachable(session, TEAM, SAM.user, acme.now)


def test_who_is_away_hears_that_their_deputy_is_gone(acme: Course) -> None:
    acme.do(away.leave, NOOR, days(0, 3, deputy=SAM), acme.now)
    messages = {row.person: row.view for row in leaves(acme, SAM)}
    assert messages[NOOR.user] == "away.deputy_gone"


def test_who_holds_nothing_leaves_without_a_word(acme: Course) -> None:
    assert leaves(acme, NOOR) == []
    assert "person:leave:told" not in acme.tags()


def test_what_opens_later_is_said_to_who_decides_instead_of_who_left(acme: Course) -> None:
    leaves(acme, LENA)
    acme.finish("supported_use_case", who=MARC)
    acme.finish("intake_form", who=MARC)
    notice = acme.outbox("notice")[-1]
    words = said(notice)
    assert f"<@{LENA.user}>" not in words


def test_after_the_hand_over_the_board_is_quiet_again(acme: Course) -> None:
    leaves(acme, SAM)
    assert "cannot be reached" in shown(acme)
    acme.do(handover.move, MARC, SAM.user, NOOR.user, None, acme.now)
    assert "cannot be reached" not in shown(acme)
