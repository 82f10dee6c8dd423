"""Handing over what somebody holds: listed, moved at once, said once in each programme."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.error import FormError, RefusedError, StaleError
from bot.services import away, handover, onboarding, step
from bot.views import handover as view
from bot.views import limits
from bot.views.registry import render
from storage.tables import Away, Program, Step
from tests.services.test_away import EVERYBODY, days
from tests.support.course import ADA, GUS, LENA, MARC, NOOR, OLGA, SAM, Course, remember, times


@pytest.fixture
def acme(course: Course) -> Course:
    """A launched programme of Lena's: Sam owns its duties and Olga is their deputy."""
    with course.database.transaction() as session:
        remember(session, *EVERYBODY)
    course.start(manager=MARC.user)
    course.walk()
    return course


@pytest.fixture
def zebra(acme: Course) -> Course:
    """A second programme, of Lena's too, which has just begun."""
    other = Course(acme.database, now=acme.now)
    other.start(name="Zebra", manager=MARC.user)
    other.do(step.assign, LENA, other.id("supported_use_case"), SAM.user, other.now)
    return other


def kinds(course: Course, user: str) -> dict[Any, int]:
    with course.database.reading() as session:
        return dict(times(item.kind for item in handover.held(session, LENA.team, user)))


def test_everything_somebody_holds_is_listed(acme: Course, zebra: Course) -> None:
    acme.do(away.leave, NOOR, days(0, 3, deputy=SAM), zebra.now)
    assert kinds(acme, SAM.user) == {"duty": 5, "step": 1, "away": 1}
    assert kinds(acme, OLGA.user) == {"duty_deputy": 5}
    assert kinds(acme, LENA.user) == {"lead": 2}
    assert kinds(acme, MARC.user) == {"manager": 2}
    assert kinds(acme, ADA.user) == {}


def test_a_canceled_programme_is_no_burden(acme: Course, zebra: Course) -> None:
    acme.do(onboarding.cancel, MARC, zebra.program_id, "no more", zebra.now)
    assert kinds(acme, LENA.user) == {"lead": 1}


def test_all_of_it_moves_at_once_and_each_programme_says_so_once(acme: Course, zebra: Course) -> None:
    acme.do(away.leave, NOOR, days(0, 3, deputy=SAM), zebra.now)
    before = len(acme.outbox("notice"))
    assert acme.do(handover.move, SAM, SAM.user, ADA.user, None, zebra.now) == 7
    assert kinds(acme, SAM.user) == {}
    assert kinds(acme, ADA.user) == {"duty": 5, "step": 1, "away": 1}
    said = acme.outbox("notice")[before:]
    assert [row.view for row in said] == ["program.handed_over"] * 2
    words = render(said[0].view, "en", json.loads(said[0].facts or "{}"))["text"]
    assert f"<@{ADA.user}>" in words
    assert "Owner: disputes" in words
    assert acme.tags().count("program:hand_over:moved") == 2
    assert acme.tags().count("away:deputy:moved") == 1
    assert [row.deputy for row in acme.rows(Away)] == [ADA.user]


def test_only_what_is_ticked_moves(acme: Course, zebra: Course) -> None:
    number = zebra.id("supported_use_case")
    assert acme.do(handover.move, SAM, SAM.user, ADA.user, [f"step:{number}"], zebra.now) == 1
    assert kinds(acme, SAM.user) == {"duty": 5}
    assert acme.do(handover.move, SAM, SAM.user, ADA.user, [f"program:{acme.program_id}"], zebra.now) == 5


def test_lead_manager_and_deputies_never_are_the_same_person_twice(acme: Course, zebra: Course) -> None:
    people = {"lead": LENA.user, "deputies": [SAM.user, OLGA.user], "manager": MARC.user}
    acme.do(onboarding.reassign, LENA, zebra.program_id, **people, now=zebra.now)
    acme.do(handover.move, LENA, LENA.user, SAM.user, [f"lead:{zebra.program_id}"], zebra.now)
    program = zebra.program
    assert (program.lead, program.deputies) == (SAM.user, [OLGA.user])
    acme.do(handover.move, MARC, OLGA.user, MARC.user, [f"deputy:{zebra.program_id}"], zebra.now)
    assert zebra.program.deputies == []


def test_an_owner_is_never_their_own_deputy(acme: Course) -> None:
    acme.do(handover.move, SAM, SAM.user, OLGA.user, None, acme.now)
    duties = [row for row in acme.rows(Step) if row.key.startswith("duty_")]
    assert {(row.assignee, row.deputy) for row in duties} == {(OLGA.user, "")}


def test_who_may_hand_over_what_others_hold(acme: Course, zebra: Course) -> None:
    for stranger in (NOOR, OLGA, GUS):
        with pytest.raises(RefusedError):
            acme.do(handover.move, stranger, SAM.user, ADA.user, None, zebra.now)
    assert kinds(acme, SAM.user) == {"duty": 5, "step": 1}
    with acme.database.reading() as session:
        assert len(handover.allowed(session, MARC, SAM.user, zebra.now)) == 6
        assert len(handover.allowed(session, ADA, SAM.user, zebra.now)) == 6


def test_a_lead_hands_over_within_their_own_programme_only(acme: Course, zebra: Course) -> None:
    people = {"lead": NOOR.user, "deputies": [], "manager": ""}
    acme.do(onboarding.reassign, LENA, zebra.program_id, **people, now=zebra.now)
    assert acme.do(handover.move, NOOR, SAM.user, ADA.user, None, zebra.now) == 1
    assert kinds(acme, SAM.user) == {"duty": 5}


@pytest.mark.parametrize(
    ("to", "text"),
    [(SAM.user, "handover.same"), ("U0NOBODY", "person.unknown"), (GUS.user, "person.unknown")],
)
def test_only_another_full_member_can_take_it(acme: Course, to: str, text: str) -> None:
    with pytest.raises(FormError) as refused:
        acme.do(handover.move, SAM, SAM.user, to, None, acme.now)
    assert refused.value.fields["to"][0] == text


def test_what_is_gone_meanwhile_is_not_moved_twice(acme: Course) -> None:
    acme.do(handover.move, SAM, SAM.user, ADA.user, None, acme.now)
    with pytest.raises(StaleError):
        acme.do(handover.move, SAM, SAM.user, ADA.user, None, acme.now)


def test_the_form_holds_forty_programmes(acme: Course) -> None:
    for number in range(39):
        other = Course(acme.database, now=acme.now)
        other.start(name=f"Programme number {number}", manager=LENA.user)
        for key in ("supported_use_case", "intake_form"):
            if other.step(key).state == "open":
                other.do(step.assign, LENA, other.id(key), LENA.user, other.now)
    with acme.database.reading() as session:
        facts = handover.facts(session, LENA, LENA.user, acme.now)
    assert len(facts["groups"]) == 40
    made = view.items("en", facts, SAM.user)
    assert limits.check(made, "modal") == []
    shown = json.dumps(made)
    assert all(item["value"] in shown for group in facts["groups"] for item in group["items"])


def test_with_more_lists_than_fit_whole_programmes_are_ticked(acme: Course) -> None:
    with acme.database.reading() as session:
        facts = handover.facts(session, SAM, SAM.user, acme.now)
    group = facts["groups"][0]
    many = {
        **facts,
        "groups": [{**group, "id": number, "items": group["items"] * 5} for number in range(1, 41)],
    }
    made = view.items("fr", many, "")
    assert limits.check(made, "modal") == []
    assert all(f'"program:{number}"' in json.dumps(made) for number in range(1, 41))
    assert acme.rows(Program)
