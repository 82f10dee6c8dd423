"""A message to Stripe's representative: the facts are in it, and nothing is sent."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.domain.error import RefusedError
from bot.services import letter
from bot.views import letter as view
from tests.support.course import LENA, NOOR, Course, remember


@pytest.fixture
def acme(course: Course) -> Course:
    """A programme in which Stripe decides whether it supports it."""
    with course.database.transaction() as session:
        remember(session, LENA, NOOR)
    course.start(contact_name="Ann Lee", contact_email="ann@stripe.example")
    course.walk(until="supportability")
    return course


def drafted(course: Course, key: str = "supportability", language: str = "en") -> tuple[str, str]:
    """The text of a draft, and the e-mail that its link opens."""
    with course.seen() as (session, walk):
        facts = letter.facts(session, LENA, walk.program, walk.rows[key].id)
    page = view.page("en", facts, language, course.now)
    field = next(block for block in page["blocks"] if block.get("block_id") == "text")
    shown = json.dumps(page, ensure_ascii=False)
    link = shown[shown.index("<mailto:") + 1 : shown.index("|Open it")].replace("&amp;", "&")
    return field["element"]["initial_value"], link


def test_the_facts_are_filled_in(acme: Course) -> None:
    text, link = drafted(acme)
    for said in (
        "Hello Ann Lee,",
        "“Acme” (Embedded finance, United States)",
        "“Stripe decides whether it supports us”",
        "with you since November 23, 2026",
        "by December 1, 2026",
        "where the decision stands",
        "Lena",
    ):
        assert said in text, text
    parts = urlsplit(link)
    assert parts.path == "ann@stripe.example"
    assert parse_qs(parts.query)["body"][0].replace("\r\n", "\n") == text
    assert parse_qs(parts.query)["subject"] == ["Acme: Stripe decides whether it supports us"]


def test_in_french_it_is_french_throughout(acme: Course) -> None:
    text, _ = drafted(acme, language="fr")
    assert text.startswith("Bonjour Ann Lee,")
    assert "23 novembre 2026" in text
    assert "where" not in text


def test_a_date_that_has_passed_is_said_as_passed(acme: Course) -> None:
    acme.now += timedelta(days=30)
    assert "We had expected your answer by December 1, 2026" in drafted(acme)[0]


def test_every_step_that_can_wait_for_stripe_has_its_question(acme: Course) -> None:
    with acme.seen() as (session, walk):
        facts = letter.facts(session, LENA, walk.program)
        for step in walk.plan.steps:
            if step.actor == "stripe":
                one = {**facts["steps"][0], "outcome": step.outcome or "answer"}
                assert "Could you tell us" in view.draft("en", facts, one, acme.now), step.id


def test_without_a_step_it_is_about_the_programme(acme: Course) -> None:
    with acme.seen() as (session, walk):
        facts = letter.facts(session, LENA, walk.program, walk.rows["intake_form"].id)
    assert facts["about"] == 0
    assert "our programme “Acme”" in view.draft("en", facts, None, acme.now)


def test_the_contact_is_kept_and_the_audit_holds_no_address(acme: Course) -> None:
    assert acme.do(letter.keep_contact, LENA, acme.program_id, name="Bo", email="bo@x.example", now=acme.now)
    assert (acme.program.contact_name, acme.program.contact_email) == ("Bo", "bo@x.example")
    assert not acme.do(
        letter.keep_contact, NOOR, acme.program_id, name="Bo", email="bo@x.example", now=acme.now
    )
    from storage.tables import AuditEntry

    [entry] = [row for row in acme.rows(AuditEntry) if row.tag == "program:contact:kept"]
    assert "bo@x.example" not in json.dumps([entry.before, entry.after])


def test_only_who_may_change_the_programme_keeps_another_contact(acme: Course) -> None:
    with pytest.raises(RefusedError):
        acme.do(letter.keep_contact, NOOR, acme.program_id, name="Eve", email="eve@x.example", now=acme.now)
    assert acme.program.contact_email == "ann@stripe.example"
