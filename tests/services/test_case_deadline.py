"""A case (a complaint, a dispute, a card) has deadlines like a step, with or without a programme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from bot.domain.error import RefusedError, StaleError
from bot.services import card_board, case_clock, person, reminder_subject, snooze
from bot.services.subject import Act, Case, Subject
from storage import Session
from storage.queries import thread as threads
from storage.tables import AuditEntry, Deadline, OutboxMessage
from storage.tables_stripe import Card
from tests.support.course import ADA, NOOR, OLGA, TEAM
from tests.support.mornings import Morning, morning

__all__ = ["morning"]
TITLES = {"en": "L-1: card •••• 4242", "fr": "L-1 : carte •••• 4242"}


def cases(session: Session, deadlines: Sequence[Deadline]) -> Mapping[int, Subject]:
    """Read every deadline as that of one case, which belongs to Noor."""
    root = threads.of(session, "card", 1)
    assert root is not None
    return {
        row.id: Case(
            session,
            ref="L-1",
            kind="lost_card",
            number=row.subject_id,
            owner=NOOR.user,
            program=None,
            titles=TITLES,
            thread=root,
            spoken="fr",
            acts=(Act("open", "step.open:1", "1", primary=True),),
        )
        for row in deadlines
    }


@pytest.fixture
def case(morning: Morning, monkeypatch: pytest.MonkeyPatch) -> Morning:
    """A morning on which a card has a thread."""
    monkeypatch.setitem(reminder_subject.READERS, "lost_card", cases)  # type: ignore[arg-type]
    with morning.course.database.transaction() as session:
        session.add(Card(id="ic_1", livemode=True, last4="4242", event_at=morning.clock.now()))
        session.flush()
        card = session.get(Card, "ic_1")
        assert card is not None
        card_board.open_board(
            session, card, team=TEAM, channel="C0OPS", language="fr", now=morning.clock.now()
        )
        person.plant_roles(session, team=TEAM, wanted={"operator": [OLGA.user]}, now=morning.clock.now())
    return morning


def starts(case: Morning, ladder: str, days: int) -> int:
    now = case.clock.now()
    with case.course.database.transaction() as session:
        return case_clock.on_day(
            session,
            team=TEAM,
            subject="lost_card",
            subject_id=1,
            ladder=ladder,
            program=None,
            zone="UTC",
            due_on=(now + timedelta(days=days)).date(),
            source="",
            at=now,
            now=now,
        ).id


def test_the_owner_reads_of_a_case_without_a_programme(case: Morning) -> None:
    starts(case, "aim", 1)
    found = [one for one in case.pass_days(3) if any(line["kind"] == "lost_card" for line in _lines(one))]
    assert {one["to"] for one in found} >= {NOOR.user, "thread"}
    line = next(line for one in found for line in _lines(one) if line["kind"] == "lost_card")
    assert (line["program"], line["acts"][0]["action"]) == (None, "step.open:1")


def _lines(message: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [*message.get("mine", ()), *([message["line"]] if "line" in message else [])]  # type: ignore[misc, list-item]


def test_its_line_stands_in_its_own_thread(case: Morning) -> None:
    starts(case, "aim", 1)
    with case.course.database.reading() as session:
        root = threads.of(session, "card", 1)
    case.pass_days(6, hours=12)
    said = [
        row
        for row in case.course.rows(OutboxMessage)
        if row.view == "reminder.thread" and row.channel == "C0OPS"
    ]
    assert root is not None
    assert [(row.thread_id, row.language) for row in said] == [(root.id, "fr")]


def test_the_forecast_tells_what_the_tick_will_say(case: Morning) -> None:
    starts(case, "aim", 1)
    expected = {
        (one.at, one.reader)
        for one in case.forecast(5)
        for _, item in one.lines
        if item.subject == "lost_card"
    }
    case.pass_days(5)
    told = {(row.due, row.reader) for row in case.reminders() if row.subject == "lost_card"}
    assert told == expected


def test_its_owner_may_snooze_it_and_nobody_else(case: Morning) -> None:
    number, now = starts(case, "aim", 3), case.clock.now()
    until = now.date() + timedelta(days=10)
    with pytest.raises(RefusedError):
        case.course.do(snooze.put, OLGA, number, until, now)
    case.course.do(snooze.put, NOOR, number, until, now)
    [entry] = [row for row in case.course.rows(AuditEntry) if row.tag == "deadline:snooze:asleep"]
    assert entry.subject == "L-1"
    heard = [line for one in case.pass_days(3) if one["to"] == NOOR.user for line in _lines(one)]
    assert not any(line["kind"] == "lost_card" for line in heard)


def test_an_emergency_of_a_case_is_taken_once(case: Morning) -> None:
    now = case.clock.now()
    with case.course.database.transaction() as session:
        number = case_clock.begin_emergency(
            session,
            team=TEAM,
            subject="lost_card",
            subject_id=1,
            ladder="card_frozen",
            program=None,
            zone="UTC",
            at=now,
            now=now,
        ).id
    case.course.now = case.clock.advance(timedelta(minutes=16))
    [call] = case.now()
    assert (call["to"], call["view"]) == (OLGA.user, "reminder.emergency")
    case.course.do(snooze.take, OLGA, number, case.clock.now())
    with pytest.raises(StaleError):
        case.course.do(snooze.take, ADA, number, case.clock.now())
    case.course.now = case.clock.advance(timedelta(minutes=60))
    assert case.now() == []
