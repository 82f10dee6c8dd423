"""Who stands in for whom, case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.domain.away import Absence, current, hears, stand_in, stood_in_for
from bot.domain.role import Asker, Relations, Right, holders, may

ANA, MAX, EVA, LEA, MIA, ADA = "U0ANA", "U0MAX", "U0EVA", "U0LEA", "U0MIA", "U0ADA"
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 3)


def away(**deputies: str) -> dict[str, Absence]:
    """Who is away, and the deputy each has named."""
    found = {f"U0{name.upper()}": deputy for name, deputy in deputies.items()}
    return {user: Absence(user, FIRST, LAST, deputy) for user, deputy in found.items()}


# who is away (with deputy), who is gone, whom we look for, who acts
CASES = [
    ("she is here", {}, (), ANA, ANA),
    ("her deputy", {"ana": MAX}, (), ANA, MAX),
    ("the deputy's deputy", {"ana": MAX, "max": EVA}, (), ANA, EVA),
    ("a circle of two leads to the manager", {"ana": MAX, "max": ANA}, (), ANA, MIA),
    ("a circle further on", {"ana": MAX, "max": EVA, "eva": MAX}, (), ANA, MIA),
    ("her own deputy", {"ana": ANA}, (), ANA, MIA),
    ("the deputy is gone", {"ana": MAX}, (MAX,), ANA, MIA),
    ("she is gone, not away", {}, (ANA,), ANA, MIA),
    ("gone and away: her deputy has no say any more", {"ana": MAX}, (ANA,), ANA, MIA),
    ("the manager is away too", {"ana": MAX, "max": ANA, "mia": LEA}, (), ANA, LEA),
    ("the manager is gone: an admin", {"ana": MAX}, (MAX, MIA), ANA, ADA),
    ("the admin is away: who stands in for them", {"ana": MAX, "ada": EVA}, (MAX, MIA), ANA, EVA),
    ("nobody at all", {"ana": MAX}, (MAX, MIA, ADA), ANA, ""),
    ("no name: the manager", {}, (), "", MIA),
    ("the manager is away and gone is her deputy", {"mia": MAX}, (MAX, ANA), ANA, ADA),
]


@pytest.mark.parametrize(
    ("deputies", "gone", "user", "acts"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_who_acts(deputies: dict[str, str], gone: tuple[str, ...], user: str, acts: str) -> None:
    assert stand_in(user, away(**deputies), gone=gone, manager=MIA, admins=[ADA]) == acts


# who is away, who is gone, who hears that something has no owner
HEARING = [
    ("the manager", {}, (), (MIA,)),
    ("the manager's deputy", {"mia": EVA}, (), (EVA,)),
    ("the lead, when the manager is gone", {}, (MIA,), (LEA,)),
    ("the lead's deputy", {"lea": MAX}, (MIA,), (MAX,)),
    ("all admins", {}, (MIA, LEA), (ADA, "U0BEA")),
    ("each admin once", {"ada": "U0BEA"}, (MIA, LEA), ("U0BEA",)),
    ("nobody", {}, (MIA, LEA, ADA, "U0BEA"), ()),
]


@pytest.mark.parametrize(
    ("deputies", "gone", "told"), [case[1:] for case in HEARING], ids=[case[0] for case in HEARING]
)
def test_who_hears_of_something_without_an_owner(
    deputies: dict[str, str], gone: tuple[str, ...], told: tuple[str, ...]
) -> None:
    assert hears(away(**deputies), gone=gone, manager=MIA, lead=LEA, admins=[ADA, "U0BEA"]) == told


# zone of the person, a moment in UTC, whether they are away
MOMENTS = [
    ("UTC", datetime(2026, 11, 30, 23, 59, tzinfo=UTC), False),
    ("UTC", datetime(2026, 12, 1, 0, 0, tzinfo=UTC), True),
    ("UTC", datetime(2026, 12, 3, 23, 59, tzinfo=UTC), True),
    ("UTC", datetime(2026, 12, 4, 0, 0, tzinfo=UTC), False),
    ("Asia/Tokyo", datetime(2026, 11, 30, 15, 0, tzinfo=UTC), True),
    ("Asia/Tokyo", datetime(2026, 12, 3, 15, 0, tzinfo=UTC), False),
    ("America/New_York", datetime(2026, 12, 1, 4, 59, tzinfo=UTC), False),
    ("America/New_York", datetime(2026, 12, 4, 4, 59, tzinfo=UTC), True),
]


@pytest.mark.parametrize(("zone", "now", "yes"), MOMENTS)
def test_days_are_counted_in_the_persons_own_zone(zone: str, now: datetime, yes: bool) -> None:  # noqa: FBT001 - a case's column
    absence = Absence(ANA, FIRST, LAST, MAX, zone)
    assert absence.covers(now) is yes
    assert (ANA in current([absence], now)) is yes


def test_of_two_absences_the_one_that_ends_last_counts() -> None:
    short, long_ = Absence(ANA, FIRST, FIRST, MAX), Absence(ANA, FIRST, LAST, EVA)
    now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert current([long_, short], now)[ANA].deputy == EVA


def test_a_deputy_knows_for_whom_they_act() -> None:
    absent = away(ana=MAX, eva=ANA)
    assert stood_in_for(MAX, [ANA, EVA, MAX, LEA], absent) == {ANA, EVA}
    assert stood_in_for(LEA, [ANA, EVA, MAX, LEA], absent) == frozenset()


@pytest.mark.parametrize(
    ("right", "relation"),
    [
        (Right.STEP, "assignee"),
        (Right.STEP, "lead"),
        (Right.CHANGE_PROGRAM, "lead"),
        (Right.STEER_PROGRAM, "manager"),
    ],
)
def test_who_stands_in_has_the_rights_of_the_absent_and_no_others(right: Right, relation: str) -> None:
    who = Asker(team="T0PLAY", user=MAX, role="member")
    team = Relations(**{relation: ANA})
    assert not may(who, right, team)
    covered = Relations(**{relation: ANA}, stand_ins=frozenset({(ANA, MAX)}))
    assert may(who, right, covered)
    assert not may(who, Right.ROLES, covered)
    assert not may(Asker(team="T0PLAY", user=MAX, role="guest"), right, covered)
    assert MAX in holders(right, covered)
    assert ANA not in holders(right, covered)
