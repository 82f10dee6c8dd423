"""Complaints on a real database: logged once, locked from the proposal on, counted, never refusing a fact."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlmodel import select

from bot.clock import Clock
from bot.domain.error import FormError, NotFoundError, RefusedError, StaleError
from bot.effects import complaint as ticks
from bot.services import (
    board,
    complaint,
    complaint_act,
    complaint_case,
    complaint_page,
    complaint_subject,
    person,
)
from bot.services.complaint import Logged, Said
from bot.views import complaint_page as pages
from bot.views.registry import render
from storage import Database
from storage.queries import complaint as rows
from storage.tables import AuditEntry, Channel, Deadline, OutboxMessage, Program, Thread
from storage.tables_complaint import Complaint, ComplaintEntry
from tests.support.course import ADA, LENA, MARC, NOOR, NOW, OLGA, SAM, TEAM, Course, remember
from tests.support.mornings import Morning, morning

__all__ = ["morning"]

CALM = "My card was declined at the petrol station twice."
ANGRY = "You will hear from my lawyer about the frozen balance."
CHANNELS = {"complaints": "C0COMPLAINTS"}
SOON = NOW + timedelta(minutes=10)


@pytest.fixture
def course(database: Database) -> Course:
    """A programme in the US, a private channel for complaints, and people with roles."""
    found = Course(database)
    with database.transaction() as session:
        remember(session, LENA, NOOR, SAM, OLGA, MARC, ADA)
        wanted = {"support": [SAM.user], "manager": [MARC.user], "admin": [ADA.user]}
        person.plant_roles(session, team=TEAM, wanted=wanted, now=NOW)
        place = {"private": True, "member": True, "checked_at": NOW}
        session.add(Channel(team=TEAM, channel="C0COMPLAINTS", name="complaints", **place))
        session.add(Channel(team=TEAM, channel="C0CARDS", name="cards", **place))
    found.start()
    return found


def log(
    course: Course, text: str = CALM, *, source: str = "C0HELP/1.1", now: datetime = NOW, **more: Any
) -> Logged:
    channel, _, ts = source.partition("/")
    said = Said(text=text, source=source, channel=channel, ts=ts, submitted_at=more.pop("at", now), **more)
    return course.do(complaint.log, SAM, said, CHANNELS, "en", now)  # type: ignore[no-any-return]


def row(course: Course) -> Complaint:
    with course.database.reading() as session:
        [found] = session.exec(select(Complaint)).all()
    return found


def running(course: Course) -> dict[str, str]:
    """The clocks that run, with their due dates."""
    found = [one for one in course.rows(Deadline) if one.subject.startswith("complaint_")]
    return {one.subject[10:]: one.due_on.isoformat() for one in found if one.state == "open"}


def alerts(course: Course) -> list[tuple[str, str]]:
    found = [one for one in course.rows(OutboxMessage) if one.view == "complaint.alert"]
    return [(one.person, one.facts.partition('"act":"')[2].partition('"')[0]) for one in found]


def board_of(course: Course) -> str:
    with course.database.reading() as session:
        [thread] = session.exec(select(Thread).where(Thread.subject == "complaint")).all()
        return str(render("complaint", "en", board.LOADERS["complaint"](session, thread) or {})["blocks"])


def pass_time(course: Course, now: datetime) -> int:
    class Later(Clock):
        def now(self) -> datetime:
            return now

    return ticks.turn(course.database, Later(None))


def test_a_complaint_is_logged_with_its_clocks_and_its_thread(course: Course) -> None:
    log(course)
    found = row(course)
    assert (found.ref, found.owner, found.program_id) == ("C-1", LENA.user, course.program_id)
    assert (found.kind, found.state, found.locked, found.product) == (
        "operational",
        "received",
        False,
        "issuing",
    )
    assert running(course) == {"acknowledge": "2026-12-01", "resolve": "2026-12-15"}
    [thread] = [one for one in course.rows(Thread) if one.subject == "complaint"]
    assert thread.channel == "C0COMPLAINTS"
    shown = board_of(course)
    assert "complaint.acknowledge:" in shown
    assert "petrol" not in shown


def test_the_complaints_behind_deadlines_are_read_at_once_however_many(course: Course) -> None:
    def asked() -> int:
        said: list[str] = []

        def note(*words: Any) -> None:
            said.append(words[2])

        found = [one for one in course.rows(Deadline) if one.subject == "complaint_acknowledge"]
        event.listen(Engine, "before_cursor_execute", note)
        try:
            with course.database.reading() as session:
                assert len(complaint_subject.read(session, found)) == len(found)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(said)

    log(course)
    few = asked()
    for number in range(2, 5):
        log(course, source=f"C0HELP/{number}.1")
    assert asked() == few


def test_the_same_message_is_the_same_complaint(course: Course) -> None:
    assert log(course).new
    again = log(course, ANGRY)
    assert (again.new, again.case.row.ref) == (False, "C-1")
    assert len(course.rows(Complaint)) == 1


def test_two_agents_who_log_one_message_at_once_make_one_complaint(course: Course) -> None:
    barrier, results = threading.Barrier(4), []

    def one(agent: int) -> None:
        barrier.wait()
        results.append(log(course, f"{CALM} {agent}").case.row.ref)

    threads = [threading.Thread(target=one, args=(agent,)) for agent in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["C-1"] * 4
    log(course, source="C0HELP/2.2")
    assert sorted(one.ref for one in course.rows(Complaint)) == ["C-1", "C-2"]


def test_clocks_start_when_it_was_submitted_and_never_in_the_future(course: Course) -> None:
    log(course, at=datetime(2026, 11, 2, 15, tzinfo=UTC))
    found = row(course)
    assert found.breaches == ["acknowledge"]  # logged three weeks late: shown, not hidden
    with pytest.raises(FormError):
        log(course, source="C0HELP/2.2", at=NOW + timedelta(hours=1))


def test_a_card_number_is_never_kept(course: Course) -> None:
    log(course, "Card 4242 4242 4242 4242 is blocked", customer="Ada 4242424242424242")
    found = row(course)
    assert found.redacted
    assert "4242" not in f"{found.text}{found.customer}"


def test_feedback_of_an_employee_has_no_clocks_and_no_lock(course: Course) -> None:
    log(course, ANGRY, feedback=True, kind="executive")
    found = row(course)
    assert (found.kind, found.locked, found.proposal, running(course)) == ("operational", False, "", {})
    assert alerts(course) == []


def test_the_lock_falls_with_the_proposal_and_an_hour_of_silence_is_a_yes(course: Course) -> None:
    log(course, ANGRY)
    found = row(course)
    assert (found.kind, found.proposal, found.locked) == ("operational", "asked", True)
    assert alerts(course) == []
    shown = board_of(course)
    assert "complaint.decide:" in shown
    assert not any(f"complaint.{name}:" in shown for name in ("acknowledge", "resolve", "draft", "withdraw"))

    assert pass_time(course, NOW + timedelta(minutes=59)) == 0
    assert pass_time(course, NOW + timedelta(minutes=60)) == 1
    found = row(course)
    assert (found.kind, found.proposal, found.locked, found.executive_at) == (
        "executive",
        "silent",
        True,
        NOW,
    )
    assert running(course) == {"notify": "2026-11-24"}
    assert alerts(course) == [(MARC.user, "executive")]
    assert pass_time(course, NOW + timedelta(minutes=61)) == 0
    with pytest.raises(StaleError):
        course.do(complaint.decide, SAM, found.id, yes=False, reason="late", now=NOW + timedelta(hours=2))


def test_a_no_needs_a_reason_and_lifts_the_lock(course: Course) -> None:
    number = log(course, ANGRY).case.row.id
    with pytest.raises(FormError):
        course.do(complaint.decide, SAM, number, yes=False, reason="", now=SOON)
    with pytest.raises(RefusedError):
        course.do(complaint.decide, NOOR, number, yes=False, reason="no", now=SOON)
    course.do(complaint.decide, SAM, number, yes=False, reason="Only a figure of speech", now=SOON)
    found = row(course)
    assert (found.locked, found.released_by, found.release_reason) == (
        False,
        SAM.user,
        "Only a figure of speech",
    )
    assert running(course) == {"acknowledge": "2026-12-01", "resolve": "2026-12-15"}
    assert pass_time(course, NOW + timedelta(hours=3)) == 0


def test_an_executive_choice_stands_at_once_and_is_still_asked_about(course: Course) -> None:
    number = log(course, ANGRY, kind="executive").case.row.id
    assert alerts(course) == [(MARC.user, "executive")]
    assert row(course).proposal == "asked"
    course.do(complaint.decide, SAM, number, yes=True, reason="", now=SOON)
    assert alerts(course) == [(MARC.user, "executive")]
    assert (row(course).proposal, row(course).kind) == ("yes", "executive")


def test_a_contact_under_the_lock_is_kept_and_shown_as_a_breach(course: Course) -> None:
    number = log(course, ANGRY, kind="executive").case.row.id
    course.do(complaint_act.acknowledge, SAM, number, SOON, "We are on it", SOON)
    found = row(course)
    assert (found.state, found.acknowledged_at, found.breaches) == ("acknowledged", SOON, ["contact"])
    assert alerts(course)[-1] == (MARC.user, "breach_contact")
    assert "the customer was contacted while that was not allowed" in board_of(course)
    with course.database.reading() as session:
        listed = complaint_page.listed(session, MARC, "breaches", 0, SOON)
    assert [one["ref"] for one in listed["lines"]] == ["C-1"]


def test_a_contact_before_the_proposal_is_no_breach(course: Course) -> None:
    before = NOW - timedelta(hours=2)
    number = log(course, ANGRY, at=NOW - timedelta(hours=3)).case.row.id
    course.do(complaint_act.contact, SAM, number, before, "", SOON)
    assert row(course).breaches == []
    assert "*Recorded while locked:* a contact from before the lock" in board_of(course)
    with course.database.reading() as session:
        facts = complaint_page.page_facts(complaint_case.by_ref(session, TEAM, "C-1"), SAM, SOON)
    assert "Contact, recorded while locked: …" in f"{pages.page('en', facts)}"
    [kept] = [one for one in course.rows(AuditEntry) if one.tag == "complaint:contact:recorded"]
    assert kept.after["locked"] is True


def test_a_reply_and_a_proposal_at_once_never_slip_past_each_other(course: Course) -> None:
    """Whichever commits first: a contact after the lock is a breach, one before it is none."""
    number = log(course).case.row.id
    barrier = threading.Barrier(2)

    def reply() -> None:
        barrier.wait()
        course.do(complaint_act.contact, SAM, number, SOON, "hello", SOON)

    def turn() -> None:
        barrier.wait()
        course.do(complaint_act.to_executive, LENA, number, SOON, "regulator called", SOON)

    pair = [threading.Thread(target=reply), threading.Thread(target=turn)]
    for one in pair:
        one.start()
    for one in pair:
        one.join()
    found = row(course)
    order = [
        one.tag
        for one in course.rows(AuditEntry)
        if one.tag in {"complaint:contact:recorded", "complaint:classify:executive"}
    ]
    replied_first = order[0] == "complaint:contact:recorded"
    assert found.locked
    assert found.breaches == ([] if replied_first else ["contact"])


def test_stripes_answer_releases_the_lock_and_nothing_else_does(course: Course) -> None:
    number = log(course, kind="executive").case.row.id
    for act in (complaint_act.note, complaint_act.assign):
        value = "still waiting" if act is complaint_act.note else NOOR.user
        course.do(act, SAM, number, value, SOON)
        assert row(course).locked
    course.do(complaint_act.notified, SAM, number, SOON, SOON)
    assert row(course).locked
    assert running(course) == {}
    course.do(complaint_act.resolve, SAM, number, SOON, "refund", "bug", SOON)
    assert (row(course).open, row(course).locked) == (True, True)  # a fact, and still not over
    later = SOON + timedelta(days=1)
    course.do(complaint_act.released, SAM, number, later, "Answer with our text", later)
    found = row(course)
    assert (found.locked, found.open, found.released_by) == (False, False, SAM.user)
    assert found.stripe_answer == "Answer with our text"
    course.do(complaint_act.contact, SAM, number, later, "as agreed", later)
    assert row(course).breaches == ["contact"]  # that of the resolution, not this one


def test_a_breach_is_not_undone_by_a_release_with_an_earlier_date(course: Course) -> None:
    number = log(course, kind="executive").case.row.id
    course.do(complaint_act.contact, SAM, number, SOON, "oops", SOON)
    later = SOON + timedelta(hours=3)
    course.do(complaint_act.released, SAM, number, SOON, "go on", later)
    assert row(course).breaches == ["contact"]


def test_reclassified_later_the_clock_counts_from_submission_and_the_breach_is_shown(course: Course) -> None:
    number = log(course).case.row.id
    later = NOW + timedelta(days=4)
    course.do(complaint_act.to_executive, SAM, number, later, "a letter of the CFPB", later)
    found = row(course)
    assert found.breaches == ["notify"]
    assert running(course) == {"notify": "2026-11-24"}
    with pytest.raises(RefusedError):
        course.do(complaint_act.to_operational, SAM, number, "not really", later)
    course.do(complaint_act.to_operational, MARC, number, "The letter was of somebody else", later)
    found = row(course)
    assert (found.breaches, found.locked, found.kind) == (["notify"], False, "operational")
    assert running(course) == {"acknowledge": "2026-12-01", "resolve": "2026-12-15"}
    course.do(complaint_act.to_executive, SAM, number, later, "and now one of ours", later)
    assert row(course).locked
    course.do(complaint_act.contact, SAM, number, later, "hm", later)
    assert row(course).breaches == ["notify", "contact"]


def test_what_was_only_recorded_late_is_no_breach_any_more(course: Course) -> None:
    number = log(course).case.row.id
    late = NOW + timedelta(days=12)
    assert pass_time(course, late) == 1
    assert row(course).breaches == ["acknowledge"]
    assert pass_time(course, late) == 0
    course.do(complaint_act.acknowledge, SAM, number, NOW + timedelta(days=1), "", late)
    assert (row(course).breaches, row(course).breached) == ([], False)
    with course.database.reading() as session:
        page = complaint_page.page_facts(complaint_case.by_ref(session, TEAM, "c1"), SAM, late)
    assert "No breach after all" in str(pages.page("en", page))


def test_states_go_from_received_to_resolved_and_back(course: Course) -> None:
    number = log(course).case.row.id
    course.do(complaint_act.acknowledge, SAM, number, SOON, "", SOON)
    with pytest.raises(StaleError):
        course.do(complaint_act.acknowledge, SAM, number, SOON, "", SOON)
    course.do(complaint_act.resolve, SAM, number, SOON, "Refunded", "Wrong limit", SOON)
    assert (row(course).state, row(course).open, running(course)) == ("resolved", False, {})
    with pytest.raises(StaleError):
        course.do(complaint_act.resolve, SAM, number, SOON, "Again", "x", SOON)
    course.do(complaint_act.reopen, SAM, number, "It happened again", SOON)
    assert (row(course).state, running(course)) == ("reopened", {"resolve": "2026-12-15"})
    course.do(complaint_act.withdraw, SAM, number, SOON, "The customer is happy", SOON)
    assert (row(course).state, running(course)) == ("withdrawn", {})


def test_a_mistake_needs_a_manager_and_stays_in_the_audit(course: Course) -> None:
    number = log(course, ANGRY).case.row.id
    with pytest.raises(RefusedError):
        course.do(complaint_act.mistake, SAM, number, "test", SOON)
    course.do(complaint_act.mistake, MARC, number, "a test", SOON)
    found = row(course)
    assert (found.state, found.open, found.locked, running(course)) == ("mistake", False, False, {})
    assert pass_time(course, NOW + timedelta(hours=2)) == 0
    assert "complaint:mistake:mistake" in {one.tag for one in course.rows(AuditEntry)}


def test_words_that_come_later_propose_too(course: Course) -> None:
    number = log(course).case.row.id
    course.do(complaint_act.note, SAM, number, "Now they threaten to sue", SOON)
    found = row(course)
    assert (found.proposal, found.locked, found.proposal_words) == ("asked", True, ["sue"])
    course.do(complaint.decide, SAM, number, yes=False, reason="said in jest", now=SOON)
    course.do(complaint_act.note, SAM, number, "again: sue, and now the ombudsman", SOON)
    assert row(course).proposal == "asked"


def test_where_it_came_through_proposes_too(course: Course) -> None:
    log(course, more={"received_through": "cfpb"})
    assert (row(course).proposal, row(course).proposal_words) == ("asked", ["cfpb"])


def test_a_programme_sets_its_owner_and_the_older_rule(course: Course) -> None:
    number = log(course).case.row.id
    with course.database.transaction() as session:
        found = session.get_one(Program, course.program_id)
        complaint_act.choose(
            session, LENA, found, {"owner": NOOR.user, "forward": "on", "acknowledge": "2"}, SOON
        )
    assert running(course) == {"acknowledge": "2026-11-25", "resolve": "2026-12-15", "forward": "2026-11-27"}
    log(course, source="C0HELP/2.2")
    with course.database.reading() as session:
        assert rows.by_ref(session, TEAM, "C-2").owner == NOOR.user  # type: ignore[union-attr]
    course.do(complaint_act.forwarded, SAM, number, SOON, SOON)


def test_only_who_handles_complaints_reads_what_was_said(course: Course) -> None:
    log(course, CALM, customer="Ada L.")
    seen = {}
    with course.database.reading() as session:
        case = complaint_case.by_ref(session, TEAM, "C-1")
        for who in (SAM, LENA, NOOR, MARC):
            facts = complaint_page.page_facts(case, who, SOON)
            seen[who.user] = "petrol" in str(pages.page(who.language, facts))
    assert seen == {SAM.user: True, LENA.user: True, NOOR.user: False, MARC.user: True}


def test_links_and_documents_are_kept_once(course: Course) -> None:
    number = log(course, files=[{"id": "F1", "name": "a.png"}]).case.row.id
    for target in ("ipi_1abc", "ipi_1abc", "d-3"):
        course.do(complaint_act.link, SAM, number, target, SOON)
    course.do(complaint_act.documents, SAM, number, [{"id": "F1", "name": "a.png"}, {"id": "F2"}], SOON)
    with pytest.raises(FormError):
        course.do(complaint_act.link, SAM, number, "my cat", SOON)
    kept = sorted((one.kind, one.key) for one in course.rows(ComplaintEntry))
    assert kept == [("document", "F1"), ("document", "F2"), ("link", "D-3"), ("link", "ipi_1abc")]


def test_without_a_channel_that_may_know_nothing_is_logged(course: Course) -> None:
    with course.database.transaction() as session:
        for name in ("C0COMPLAINTS", "C0CARDS"):
            found = session.get_one(Channel, (TEAM, name))
            found.external = True
            session.add(found)
    with pytest.raises(NotFoundError, match=r"complaint\.no_channel"):
        log(course)
    assert course.rows(Complaint) == []


def test_a_complaint_of_another_workspace_is_not_found(course: Course) -> None:
    number = log(course).case.row.id
    stranger = type(SAM)(team="T0OTHER", user="U0SAM", role="admin")
    with pytest.raises(NotFoundError):
        course.do(complaint_act.note, stranger, number, "hello", SOON)


def test_the_ladder_tells_owner_thread_and_manager_in_turn(morning: Morning) -> None:
    course = morning.course
    now = morning.clock.now()
    log(course, now=now, program_id=course.program_id)
    morning.pass_days(25)
    heard = [(one.subject.removeprefix("complaint_"), one.reader, one.rung) for one in morning.reminders()]
    lena = [rung for subject, reader, rung in heard if (subject, reader) == ("resolve", LENA.user)]
    assert lena[:4] == ["due_soon", "due_soon", "due", "overdue"]  # 50 %, 80 %, the day, the day after
    assert ("acknowledge", "thread", "due") in heard
    assert ("acknowledge", MARC.user, "team_overdue") in heard
