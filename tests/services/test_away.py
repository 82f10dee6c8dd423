"""Being away, on a real database: rights, boards, mentions, and the days on which it begins and ends."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.error import FormError, RefusedError, StaleError
from bot.domain.role import Asker
from bot.services import away, board, onboarding, person, step
from bot.views.registry import render
from storage.tables import Away, OutboxMessage
from tests.support.course import ADA, GUS, LENA, MARC, NOOR, NOW, OLGA, SAM, TEAM, Course, remember

TODAY = NOW.date()
EVERYBODY = (LENA, MARC, NOOR, SAM, OLGA, ADA)


def days(start: int, end: int, deputy: Asker = NOOR) -> away.NewAbsence:
    return away.NewAbsence(TODAY + timedelta(days=start), TODAY + timedelta(days=end), deputy.user)


@pytest.fixture
def acme(course: Course) -> Course:
    """A programme of Lena's, among people who have all been met."""
    with course.database.transaction() as session:
        remember(session, *EVERYBODY)
    course.start(manager=MARC.user)
    return course


def shown(course: Course) -> str:
    with course.seen() as (session, walk):
        return str(render("program", "en", board.program_facts(session, walk.program))["text"])


def test_the_deputy_has_the_rights_of_the_absent_from_the_first_to_the_last_day(acme: Course) -> None:
    number = acme.id("supported_use_case")
    with pytest.raises(RefusedError):
        acme.do(step.assign, NOOR, number, SAM.user, acme.now)
    acme.do(away.leave, LENA, days(1, 2), acme.now)
    with pytest.raises(RefusedError):
        acme.do(step.assign, NOOR, number, SAM.user, acme.now)
    acme.now += timedelta(days=1)
    acme.do(step.assign, NOOR, number, SAM.user, acme.now)
    acme.now += timedelta(days=2)
    with pytest.raises(RefusedError) as refused:
        acme.do(step.assign, NOOR, number, OLGA.user, acme.now)
    assert NOOR.user not in refused.value.values["users"]  # type: ignore[operator]


def test_a_refusal_names_the_deputy_instead_of_the_absent(acme: Course) -> None:
    acme.do(away.leave, LENA, days(0, 1, deputy=OLGA), acme.now)
    with pytest.raises(RefusedError) as refused:
        acme.do(step.assign, NOOR, acme.id("supported_use_case"), SAM.user, acme.now)
    users: Any = refused.value.values["users"]
    assert OLGA.user in users
    assert LENA.user not in users


def test_the_board_says_who_is_away_until_when_and_who_stands_in(acme: Course) -> None:
    assert "away" not in shown(acme)
    acme.do(away.leave, LENA, days(0, 8), acme.now)
    assert "Lena (away until December 1, 2026, deputy: Noor)" in shown(acme)


def test_boards_change_on_the_first_and_after_the_last_day(acme: Course) -> None:
    acme.do(away.leave, LENA, days(1, 1), acme.now)
    assert "away until" not in shown(acme)
    before = acme.outbox("board")[0].thread_id
    with acme.database.reading() as session:
        wanted = session.get(board.Thread, before).wanted  # type: ignore[union-attr]
    assert acme.do(away.turn, acme.now) == 0
    acme.now += timedelta(days=1)
    assert acme.do(away.turn, acme.now) == 1
    assert "away until" in shown(acme)
    acme.now += timedelta(days=1)
    assert acme.do(away.turn, acme.now) == 1
    assert acme.do(away.turn, acme.now) == 0
    assert "away until" not in shown(acme)
    with acme.database.reading() as session:
        assert session.get(board.Thread, before).wanted == wanted + 2  # type: ignore[union-attr]
    assert [tag for tag in acme.tags() if tag.startswith("away:")] == [
        "away:set:planned",
        "away:begin:begun",
        "away:end:ended",
    ]


def test_what_opens_is_said_to_the_deputy(acme: Course) -> None:
    acme.do(away.leave, LENA, days(0, 8), acme.now)
    acme.walk(until="first_contact")
    notice = acme.outbox("notice")[-1]
    acme.answer("first_contact", who=MARC)
    notice = acme.outbox("notice")[-1]
    said = render(notice.view, "en", json.loads(notice.facts or "{}"))["text"]
    assert f"<@{NOOR.user}> for Lena, away until December 1, 2026" in said
    assert f"<@{LENA.user}>" not in said


def test_what_is_given_to_somebody_who_is_away_is_said_to_their_deputy(acme: Course) -> None:
    acme.do(away.leave, SAM, days(0, 8), acme.now)
    acme.do(step.assign, LENA, acme.id("supported_use_case"), SAM.user, acme.now)
    notice = acme.outbox("notice")[-1]
    said = render(notice.view, "en", json.loads(notice.facts or "{}"))["text"]
    assert f"<@{NOOR.user}> for Sam, away until" in said
    assert f"<@{SAM.user}>" not in said


# first day, last day, deputy: field and text of the refusal
REFUSED = [
    (2, 1, NOOR, "ends_on", "away.ends_first"),
    (-3, -1, NOOR, "ends_on", "away.in_past"),
    (0, 400, NOOR, "ends_on", "away.too_long"),
    (0, 1, LENA, "deputy", "away.self"),
    (0, 1, GUS, "deputy", "person.unknown"),
    (4, 6, OLGA, "deputy", "away.deputy_away"),
]


@pytest.mark.parametrize(("start", "end", "deputy", "field", "text"), REFUSED)
def test_days_and_deputies_that_do_not_fit_are_refused_at_their_field(
    acme: Course, start: int, end: int, deputy: Asker, field: str, text: str
) -> None:
    acme.do(away.leave, OLGA, days(5, 9, deputy=SAM), acme.now)
    with pytest.raises(FormError) as refused:
        acme.do(away.leave, LENA, days(start, end, deputy=deputy), acme.now)
    assert refused.value.fields[field][0] == text
    assert [row.user for row in acme.rows(Away)] == [OLGA.user]


@pytest.mark.parametrize("found", [{"deleted": True}, {"is_restricted": True}, {"is_bot": True}])
def test_only_a_full_member_stands_in(acme: Course, found: dict[str, Any]) -> None:
    acme.do(person.remember, team=TEAM, user=GUS.user, found={"real_name": "Gus", **found}, now=NOW)
    with pytest.raises(FormError) as refused:
        acme.do(away.leave, LENA, days(0, 1, deputy=GUS), acme.now)
    assert refused.value.fields["deputy"] == ("person.no_member", {"name": "Gus"})


def test_a_new_absence_replaces_the_one_before(acme: Course) -> None:
    acme.do(away.leave, LENA, days(0, 1), acme.now)
    acme.do(away.leave, LENA, days(3, 4, deputy=OLGA), acme.now)
    assert [row.state for row in acme.rows(Away)] == ["canceled", "planned"]
    assert "away until" not in shown(acme)
    told = [(row.view, row.person) for row in acme.outbox("direct")]
    assert told == [("away.stand_in", NOOR.user), ("away.stand_in", OLGA.user)]


def test_coming_back_early_ends_it_and_tells_the_deputy(acme: Course) -> None:
    acme.do(away.leave, LENA, days(0, 8), acme.now)
    acme.do(away.come_back, LENA, acme.now)
    assert "away until" not in shown(acme)
    assert acme.outbox("direct")[-1].view == "away.no_longer"
    with pytest.raises(StaleError):
        acme.do(away.come_back, LENA, acme.now)


def test_reassigned_to_a_deputy_chain_the_programme_is_never_without_somebody(acme: Course) -> None:
    acme.do(away.leave, OLGA, days(0, 8, deputy=SAM), acme.now)
    acme.do(
        onboarding.reassign,
        MARC,
        acme.program_id,
        lead=OLGA.user,
        deputies=[],
        manager=MARC.user,
        now=acme.now,
    )
    assert "Olga (away until December 1, 2026, deputy: Sam)" in shown(acme)
    assert date(2026, 12, 1) == acme.rows(Away)[0].ends_on
    assert acme.rows(OutboxMessage)
