"""A programme's own channels over the defaults, and channels that change under us."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.channel import PURPOSES
from bot.domain.error import FormError, RefusedError
from bot.services import channel, role
from bot.views.registry import render
from storage.tables import ProgramChannel
from tests.support.course import ADA, LENA, NOOR, NOW, TEAM, Course, remember

OWN, DEFAULT = "C0OWN", "C0DEFAULT"
DEFAULTS = {"operations": DEFAULT, "complaints": DEFAULT}
FINE = {"name": "own", "is_private": True, "is_member": True}


@pytest.fixture
def acme(course: Course) -> Course:
    with course.database.transaction() as session:
        remember(session, LENA, NOOR, ADA)
        role.grant(session, ADA, ADA.user, "admin", None, NOW)
    course.start()
    for known in (OWN, DEFAULT):
        told(course, known, **FINE)
    return course


def told(course: Course, asked: str, error: str = "", **found: Any) -> None:
    """Slack says what kind of channel this is."""
    course.do(
        channel.remember,
        team=TEAM,
        channel=asked,
        found=None if error else found,
        error=error,
        defaults=DEFAULTS,
        now=course.now,
    )


def usable(course: Course, purpose: str) -> str:
    with course.seen() as (session, walk):
        return channel.usable(session, walk.program, purpose, DEFAULTS)


def test_a_programme_uses_the_default_until_it_has_its_own(acme: Course) -> None:
    assert [usable(acme, purpose) for purpose in PURPOSES] == [DEFAULT, DEFAULT, ""]
    acme.do(
        channel.use, LENA, acme.program_id, {"complaints": OWN, "managers": OWN, "operations": ""}, acme.now
    )
    assert [usable(acme, purpose) for purpose in PURPOSES] == [DEFAULT, OWN, OWN]
    acme.do(channel.use, LENA, acme.program_id, dict.fromkeys(PURPOSES, ""), acme.now)
    assert [usable(acme, purpose) for purpose in PURPOSES] == [DEFAULT, DEFAULT, ""]
    assert acme.rows(ProgramChannel) == []
    assert acme.tags().count("program:channels:changed") == 2


# what Slack says, and the text at the field
REFUSED = [
    ({"is_private": False, "is_member": True}, "channel.public"),
    ({"is_private": True, "is_member": True, "is_ext_shared": True}, "channel.external"),
    ({"is_private": True, "is_member": True, "is_pending_ext_shared": True}, "channel.external"),
    ({"is_private": True, "is_member": True, "is_archived": True}, "channel.archived"),
    ({"is_private": True, "is_member": False}, "channel.not_member"),
    ({"error": "channel_not_found"}, "channel.not_member"),
    ({"error": "missing_scope"}, "channel.scope"),
]


@pytest.mark.parametrize(("found", "text"), REFUSED)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_channel_that_others_can_read_is_refused_at_its_field(
    acme: Course, purpose: str, found: dict[str, Any], text: str
) -> None:
    told(acme, "C0OTHER", **found)
    with pytest.raises(FormError) as refused:
        acme.do(channel.use, LENA, acme.program_id, {purpose: "C0OTHER"}, acme.now)
    assert {name: one[0] for name, one in refused.value.fields.items()} == {purpose: text}
    assert acme.rows(ProgramChannel) == []


def test_a_channel_that_slack_was_never_asked_about_is_refused(acme: Course) -> None:
    with pytest.raises(FormError) as refused:
        acme.do(channel.use, LENA, acme.program_id, {"complaints": "C0NEW"}, acme.now)
    assert refused.value.fields["complaints"][0] == "channel.unknown"


def test_shared_within_the_company_is_not_shared_with_others(acme: Course) -> None:
    told(acme, OWN, **FINE, is_shared=True, is_org_shared=True)
    acme.do(channel.use, LENA, acme.program_id, {"complaints": OWN}, acme.now)
    assert usable(acme, "complaints") == OWN


def test_only_who_may_change_the_programme_chooses(acme: Course) -> None:
    with pytest.raises(RefusedError):
        acme.do(channel.use, NOOR, acme.program_id, {"complaints": OWN}, acme.now)


def test_a_channel_that_becomes_readable_for_others_is_left_at_once_and_the_lead_is_told(
    acme: Course,
) -> None:
    acme.do(channel.use, LENA, acme.program_id, {"complaints": OWN}, acme.now)
    before = len(acme.outbox())
    told(acme, OWN, **FINE, is_ext_shared=True)
    assert usable(acme, "complaints") == DEFAULT
    [notice] = acme.outbox()[before:]
    said = render(notice.view, "en", json.loads(notice.facts or "{}"))["text"]
    assert f"<@{LENA.user}>" in said
    assert "shared with another company" in said
    told(acme, OWN, **FINE, is_ext_shared=True)
    assert len(acme.outbox()) == before + 1, "it is said once"
    told(acme, OWN, **FINE)
    assert usable(acme, "complaints") == OWN


def test_a_default_that_becomes_readable_for_others_is_told_to_the_admins(acme: Course) -> None:
    told(acme, DEFAULT, **{**FINE, "is_private": False})
    [direct] = acme.outbox("direct")[-1:]
    assert (direct.view, direct.person) == ("channel.default_lost", ADA.user)
    assert usable(acme, "operations") == ""


def test_the_list_says_where_each_channel_comes_from(acme: Course) -> None:
    acme.do(channel.use, LENA, acme.program_id, {"complaints": OWN}, acme.now)
    with acme.seen() as (session, walk):
        facts = channel.facts(session, walk.program, TEAM, DEFAULTS)
    said = render("channels", "en", {"programs": [facts]})["text"]
    assert f"Operations: <#{DEFAULT}> (default)" in said
    assert f"Complaints: <#{OWN}>, chosen for this programme" in said
    assert "Managers: none" in said
