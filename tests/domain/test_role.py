"""The rights as they were asked for, row by row."""

from __future__ import annotations

import pytest

from bot.domain.role import (
    LEAST_ROLE,
    RELATIONS,
    ROLES,
    SETTING_OF_ROLE,
    Asker,
    Relations,
    Right,
    highest,
    holders,
    may,
    rank,
)

TEAM = Relations(
    lead="U0LEAD", manager="U0MANAGER", deputies=frozenset({"U0DEP1", "U0DEP2"}), assignee="U0HAS"
)

# right: who holds it by role, and who as somebody of the programme
ASKED_FOR = [
    (Right.HELP, "guest", ()),
    (Right.SEE, "member", ()),
    (Right.ADD_EVIDENCE, "member", ()),
    (Right.TAKE, "member", ()),
    (Right.FREEZE, "member", ()),
    (Right.LOG_COMPLAINT, "member", ()),
    (Right.START_PROGRAM, "member", ()),
    (Right.CUSTOMER_DATA, "support", ()),
    (Right.DISPUTE, "support", ()),
    (Right.SUBMIT_DISPUTE, "operator", ()),
    (Right.REVOKE, "support", ()),
    (Right.LOST_CARDS, "operator", ()),
    (Right.OUTBOX, "operator", ()),
    (Right.BRAKE, "operator", ()),
    (Right.EVENTS, "operator", ()),
    (Right.STEP, "admin", ("assignee", "lead", "deputy", "manager")),
    (Right.CHANGE_PROGRAM, "manager", ("lead", "deputy", "manager")),
    (Right.STEER_PROGRAM, "manager", ("manager",)),
    (Right.HAND_OVER, "manager", ()),
    (Right.CALENDAR, "manager", ()),
    (Right.ROLES, "admin", ()),
]
USER_OF = {"assignee": "U0HAS", "lead": "U0LEAD", "deputy": "U0DEP1", "manager": "U0MANAGER"}


def person(role: str, user: str = "U0SOMEBODY", *, verified: bool = True) -> Asker:
    return Asker(team="T0PLAY", user=user, role=role, verified=verified)


def test_the_table_has_every_right() -> None:
    assert [right for right, _, _ in ASKED_FOR] == list(Right)
    assert set(LEAST_ROLE) == set(Right)
    assert set(RELATIONS) <= set(Right)


@pytest.mark.parametrize(("right", "least", "relations"), ASKED_FOR)
def test_a_role_holds_its_rights_and_those_of_lower_roles(
    right: Right, least: str, relations: tuple[str, ...]
) -> None:
    holders_of_it = list(ROLES[ROLES.index(least) :])
    assert [role for role in ROLES if may(person(role), right)] == holders_of_it
    strangers = [role for role in ROLES if may(person(role), right, TEAM)]
    assert strangers == holders_of_it, "a stranger to the programme holds no more"


@pytest.mark.parametrize(("right", "least", "relations"), ASKED_FOR)
def test_people_of_a_programme_hold_their_rights_in_it_alone(
    right: Right, least: str, relations: tuple[str, ...]
) -> None:
    everybody = least in {"guest", "member"}
    for relation, user in USER_OF.items():
        who = person("member", user)
        assert may(who, right, TEAM) is (relation in relations or everybody), relation
        assert may(who, right) is everybody, "elsewhere they are members like all others"


@pytest.mark.parametrize("user", ["U0GUEST", *USER_OF.values()])
def test_a_guest_holds_no_right_even_when_named_by_a_programme(user: str) -> None:
    assert [right for right in Right if may(person("guest", user), right, TEAM)] == [Right.HELP]


@pytest.mark.parametrize("role", ROLES)
def test_somebody_unverified_may_only_freeze_and_ask_for_help(role: str) -> None:
    who = person(role, "U0LEAD", verified=False)
    assert {right for right in Right if may(who, right, TEAM)} == {Right.HELP, Right.FREEZE}


@pytest.mark.parametrize("right", [right for right in Right if right is not Right.HELP])
def test_an_unknown_role_holds_nothing(right: Right) -> None:
    assert not may(person("owner"), right, TEAM)
    assert rank("owner") == -1


def test_nobody_is_related_to_an_empty_place() -> None:
    assert Relations().of("") == frozenset()
    assert not may(person("member", ""), Right.STEP, Relations())


HIGHEST = [
    ((), True, "member"),
    ((), False, "guest"),
    (("support",), True, "support"),
    (("operator", "support"), True, "operator"),
    (("admin", "member"), True, "admin"),
    (("support",), False, "support"),
    (("owner",), True, "member"),
]


@pytest.mark.parametrize(("roles", "full", "wanted"), HIGHEST)
def test_the_highest_role_counts(roles: tuple[str, ...], full: bool, wanted: str) -> None:  # noqa: FBT001 - a column of the table
    assert highest(roles, full_member=full) == wanted


def test_who_may_is_named_once_in_a_fixed_order() -> None:
    assert holders(Right.STEP, TEAM) == ("U0HAS", "U0LEAD", "U0DEP1", "U0DEP2", "U0MANAGER")
    assert holders(Right.CHANGE_PROGRAM, TEAM) == ("U0LEAD", "U0DEP1", "U0DEP2", "U0MANAGER")
    assert holders(Right.STEER_PROGRAM, Relations(lead="U0LEAD")) == ()
    assert holders(Right.STEP, Relations(lead="U0A", manager="U0A", assignee="U0A")) == ("U0A",)
    assert holders(Right.STEP) == ()


def test_every_role_that_can_be_granted_has_a_setting() -> None:
    assert tuple(SETTING_OF_ROLE) == ROLES[2:]
