"""What people choose for themselves, on a real database: what is kept, what is refused, what follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.error import FormError, RefusedError
from bot.domain.role import Asker
from bot.services import away, person, preference
from bot.services.preference import Choice
from storage.tables import Deadline
from storage.tables_reminder import Preference
from tests.support.course import GUS, LENA, MARC, NOOR, TEAM, Course, remember

USUAL = Choice("", "18:00", "09:00")


@pytest.fixture
def acme(course: Course) -> Course:
    """A programme of Lena's, among people who have all been met."""
    with course.database.transaction() as session:
        remember(session, LENA, MARC, NOOR)
    course.start(manager=MARC.user)
    return course


def asker(course: Course, user: str) -> Asker:
    with course.database.reading() as session:
        return person.asker(session, team=TEAM, user=user, now=course.now, language="en")


def changes(course: Course) -> list[str]:
    return [tag for tag in course.tags() if tag == "preference:change:changed"]


REFUSED = [
    (replace(USUAL, language="de"), "language", "form.choose"),
    (replace(USUAL, quiet_from="18:10"), "quiet_from", "settings.quarter"),
    (replace(USUAL, quiet_to="24:00"), "quiet_to", "settings.quarter"),
    (replace(USUAL, quiet_from="9:00"), "quiet_from", "settings.quarter"),
    (replace(USUAL, quiet_to="18:00"), "quiet_to", "settings.same_time"),
]


@pytest.mark.parametrize(("choice", "field", "text"), REFUSED)
def test_what_cannot_be_chosen_is_refused_at_its_field(
    acme: Course, choice: Choice, field: str, text: str
) -> None:
    with pytest.raises(FormError) as refused:
        acme.do(preference.change, LENA, choice, acme.now)
    assert list(refused.value.fields) == [field]
    assert refused.value.fields[field][0] == text
    assert acme.rows(Preference) == []
    assert changes(acme) == []


def test_a_guest_chooses_nothing(acme: Course) -> None:
    with pytest.raises(RefusedError):
        acme.do(preference.change, GUS, USUAL, acme.now)


def test_the_chosen_language_wins_over_slacks(acme: Course) -> None:
    assert (asker(acme, LENA.user).language, asker(acme, NOOR.user).language) == ("en", "fr")
    acme.do(preference.change, LENA, replace(USUAL, language="fr"), acme.now)
    acme.do(preference.change, NOOR, replace(USUAL, language="en"), acme.now)
    assert (asker(acme, LENA.user).language, asker(acme, NOOR.user).language) == ("fr", "en")
    acme.do(preference.change, LENA, USUAL, acme.now)
    assert asker(acme, LENA.user).language == "en"


def test_people_are_written_to_in_the_language_they_chose(acme: Course) -> None:
    acme.do(preference.change, NOOR, replace(USUAL, language="en"), acme.now)
    span = away.NewAbsence(acme.now.date(), acme.now.date() + timedelta(days=3), NOOR.user)
    acme.do(away.leave, LENA, span, acme.now)
    [told] = acme.outbox("direct")
    assert (told.person, told.language) == (NOOR.user, "en")


def test_only_what_changed_is_in_the_audit_and_nothing_twice(acme: Course) -> None:
    for _ in range(2):
        acme.do(preference.change, MARC, replace(USUAL, quiet_to="08:30", digest=False), acme.now)
    assert len(changes(acme)) == 1
    [row] = acme.rows(Preference)
    assert (row.language, row.quiet_from, row.quiet_to, row.digest) == ("", "18:00", "08:30", False)


def test_a_form_that_does_not_ask_about_the_digest_leaves_it(acme: Course) -> None:
    acme.do(preference.change, MARC, replace(USUAL, digest=False), acme.now)
    acme.do(preference.change, MARC, replace(USUAL, language="en"), acme.now)
    [row] = acme.rows(Preference)
    assert row.digest is False


def test_new_quiet_hours_have_the_reminders_of_that_person_looked_at(acme: Course) -> None:
    number = acme.rows(Deadline)[0].id
    with acme.database.transaction() as session:
        row = session.get(Deadline, number)
        assert row is not None
        row.next_at = acme.now + timedelta(days=3)
        session.add(row)
    acme.do(preference.change, LENA, replace(USUAL, language="fr"), acme.now)
    assert acme.rows(Deadline)[0].next_at > acme.now
    acme.do(preference.change, LENA, replace(USUAL, language="fr", quiet_to="07:00"), acme.now)
    assert acme.rows(Deadline)[0].next_at == acme.now
