from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.domain.error import FormError, NotFoundError, RefusedError, StaleError
from bot.domain.plan import Answers
from bot.domain.timeline import day
from bot.services import step, submission
from storage.tables import AuditEntry, Evidence, OutboxMessage
from storage.tables_submission import Packet
from tests.support.course import BOTH, GUS, LENA, MARC, NOOR, SAM, USUAL, Course
from tests.support.packing import (
    ACCOUNT,
    SENT,
    SIGN_UP,
    STEP,
    arrive,
    arrived,
    begin,
    held,
    only_files,
    page,
    prepare,
    put,
    reopen,
    required,
    rounds,
    send,
    states,
)


def said(course: Course, view: str) -> list[dict[str, Any]]:
    """What was put for the thread, oldest first."""
    return [json.loads(row.facts or "{}") for row in course.outbox("notice") if row.view == view]


def fail_all(course: Course) -> None:
    """Let everything that was added be gone."""
    with course.database.transaction() as session:
        for row in session.exec(select(Evidence)).all():
            row.state = "failed"
            session.add(row)


# ---- putting a round together


def test_a_round_names_its_files_packs_five_at_a_time_and_says_so(course: Course) -> None:
    only_files(begin(course))
    put(course, "review_fees/fee_list", "fees")
    put(course, "review_marketing/marketing", "page1", "page2")
    prepare(course)

    [made] = rounds(course)
    assert (made.ref, made.number, made.state, made.packed) == ("S-1", 1, "packing", True)
    assert [(row.packet, row.name) for row in held(course)] == [
        (1, "1-disclosures-signup-v1.pdf"),
        (1, "1-disclosures-account-v1.pdf"),
        (1, "2-complaints-account-v1.pdf"),
        (1, "2-disputes-account-v1.pdf"),
        (1, "3-emails-v1.pdf"),
        (2, "6-fees-v1.pdf"),
        (2, "8-marketing-v1.pdf"),
        (2, "8-marketing-v1-2.pdf"),
    ]
    assert [(row.number, row.name) for row in course.rows(Packet)] == [
        (1, "S-1-packet-1-of-2.zip"),
        (2, "S-1-packet-2-of-2.zip"),
    ]
    [notice] = said(course, "submission.prepared")
    assert (notice["files"], notice["packets"]) == (8, 2)
    assert notice["left_out"] == [
        "Disclosures on the marketing pages",
        "Terms of service",
        "Screenshots of the dashboard and support pages",
    ]
    assert course.tags()[-1] == "submission:prepare:packing"


def test_what_is_missing_is_said_first_and_sent_without_only_on_demand(course: Course) -> None:
    only_files(begin(course))
    with pytest.raises(FormError) as refused:
        prepare(course, without=False)

    assert refused.value.fields == {"without": ("submission.say_without", {})}
    assert rounds(course) == []
    prepare(course)
    assert len(rounds(course)) == 1


def test_nothing_is_asked_when_nothing_is_missing(course: Course) -> None:
    only_files(begin(course))
    for number, item in enumerate(page(course)["items"]):
        if item["state"] == "missing":
            put(course, item["key"], f"more{number}")
    prepare(course, without=False)

    assert said(course, "submission.prepared")[0]["left_out"] == []


def test_a_required_item_that_is_missing_is_refused_by_name(course: Course) -> None:
    only_files(begin(course))
    with course.database.transaction() as session:
        rows = session.exec(select(Evidence).where(Evidence.item == "complaints")).all()
        for row in rows:
            row.state = "failed"
            session.add(row)
    with pytest.raises(StaleError) as refused:
        prepare(course)

    assert (refused.value.key, refused.value.values) == (
        "submission.lacking",
        {"items": ["Screenshot: how to complain"]},
    )


def test_a_required_file_on_its_way_is_waited_for(course: Course) -> None:
    begin(course)
    fail_all(course)
    for number, key in enumerate(required(course)):
        put(course, key, f"first{number}", arrived=number > 0)
    with pytest.raises(StaleError, match=r"submission\.lacking"):
        prepare(course)

    assert states(course)[SIGN_UP] == "arriving"
    arrive(course, "first0")
    prepare(course)
    assert len(held(course)) == 5


def test_without_any_file_there_is_nothing_to_send(course: Course) -> None:
    begin(course, Answers("us", frozenset({"issuing"}), "b2b_payments"))
    fail_all(course)
    with pytest.raises(StaleError, match=r"submission\.nothing_yet"):
        prepare(course)


def test_links_go_into_the_text_and_need_no_packet(course: Course) -> None:
    begin(course)
    prepare(course)

    assert {row.kind for row in held(course)} == {"link"}
    assert course.rows(Packet) == []
    assert rounds(course)[0].state == "prepared"
    [packet] = said(course, "submission.packet")
    assert len(packet["links"]) == 5
    assert [row.view for row in course.outbox("notice")][-3:] == [
        "submission.prepared",
        "submission.packet",
        "submission.ready",
    ]


def test_the_same_round_is_not_prepared_twice(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    with pytest.raises(StaleError) as refused:
        prepare(course)

    assert refused.value.key == "submission.prepared_already"
    assert refused.value.values["ref"] == "S-1"
    assert len(course.rows(Packet)) == 1


def test_a_round_that_was_not_sent_gives_way_to_one_with_more(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    put(course, "review_fees/fee_list", "fees")
    prepare(course)

    assert [(row.ref, row.number, row.state) for row in rounds(course)] == [
        ("S-1", 1, "replaced"),
        ("S-2", 1, "packing"),
    ]
    assert [row.state for row in course.rows(Packet)] == ["dropped", "waiting", "waiting"]
    assert [one["ref"] for one in page(course)["rounds"]] == ["S-2"], "what was not sent is no round"
    assert course.tags()[-2:] == ["submission:prepare:replaced", "submission:prepare:packing"]


def test_references_count_on_across_programmes(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    other = begin(Course(course.database))
    prepare(other)

    assert [row.ref for row in rounds(course)] == ["S-1", "S-2"]


REFUSED = [(NOOR, RefusedError), (SAM, RefusedError), (GUS, RefusedError), (replace(LENA, team="T0OTHER"), NotFoundError)]  # fmt: skip


@pytest.mark.parametrize(("who", "error"), REFUSED, ids=["a member", "support", "a guest", "another team"])
def test_who_may_not_finish_the_step_sends_nothing(course: Course, who: Any, error: type[Exception]) -> None:
    only_files(begin(course))
    for work in (prepare, send):
        with pytest.raises(error):
            work(course, who=who)

    assert rounds(course) == []


def test_nothing_is_sent_before_the_step_is_open_or_while_the_programme_rests(course: Course) -> None:
    course.start()
    with pytest.raises(StaleError, match=r"submission\.not_open"):
        prepare(course)
    with pytest.raises(StaleError, match=r"step\.is_locked"):
        send(course)


# ---- the packets in the thread


def test_each_packet_brings_its_text_and_the_last_one_the_button(course: Course) -> None:
    only_files(begin(course))
    put(course, "review_fees/fee_list", "fees")
    prepare(course)
    arrived(course)

    first, second = said(course, "submission.packet")
    assert [one["name"] for one in second["files"]] == ["6-fees-v1.pdf"]
    assert first["url"].startswith("https://form.asana.com/")
    assert (first["packet"], first["packets"]) == (1, 2)
    [ready] = said(course, "submission.ready")
    assert (ready["to"], ready["packets"]) == (LENA.user, 2)
    assert rounds(course)[0].state == "prepared"


def test_a_round_recorded_as_sent_while_it_is_packed_is_not_announced_again(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    send(course)
    arrived(course)

    assert said(course, "submission.ready") == []
    assert rounds(course)[0].state == "sent"


# ---- sent to Stripe


def test_the_day_it_was_sent_ends_the_step_and_starts_the_review_from_that_day(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    arrived(course)
    course.now += timedelta(days=3)
    send(course, SENT, "CASE-77")

    [made] = rounds(course)
    assert (made.state, made.sent_on, made.sent_by, made.reference) == ("sent", SENT, LENA.user, "CASE-77")
    row, due = course.step(STEP), course.deadline("review")
    assert due is not None
    assert row.state == "done"
    assert row.outcome == {"sent_on": "2026-11-23", "submission": "S-1", "round": 1}
    assert row.happened_at is not None
    assert day(row.happened_at, "America/New_York") == SENT, "that day, and after what was done the same day"
    assert (due.started_at, due.due_on) == (row.happened_at, SENT + timedelta(days=14))
    assert set(states(course).values()) == {"sent", "missing"}


def test_today_counts_from_now_at_the_latest(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    send(course, course.now.date())

    happened = course.step(STEP).happened_at
    assert happened is not None
    assert happened <= course.now


def test_a_day_in_the_future_is_refused(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    with pytest.raises(FormError) as refused:
        send(course, course.now.date() + timedelta(days=1))

    assert refused.value.fields == {"sent_on": ("form.not_future", {})}
    assert course.step(STEP).state == "open"


def test_a_reference_of_stripes_is_no_word_of_the_audit(course: Course) -> None:
    only_files(begin(course))
    send(course, SENT, "CASE-77")

    assert "CASE-77" not in str([(row.before, row.after) for row in course.rows(AuditEntry)])
    assert course.tags()[-1] == "submission:send:sent"


def test_a_team_that_sent_everything_by_itself_records_the_day_and_what_there_was(course: Course) -> None:
    only_files(begin(course))
    send(course)

    [made] = rounds(course)
    assert (made.number, made.state, made.packed) == (1, "sent", False)
    assert [row.packet for row in held(course)] == [0] * 5
    assert course.rows(Packet) == []
    assert course.step("review").state == "open"


def test_even_without_any_file_the_day_can_be_recorded(course: Course) -> None:
    begin(course, Answers("eu", frozenset({"issuing"}), "b2b_payments"))
    fail_all(course)
    send(course)

    assert (rounds(course)[0].state, held(course)) == ("sent", [])
    assert course.step(STEP).state == "done"


def test_a_step_that_was_opened_again_corrects_its_round(course: Course) -> None:
    only_files(begin(course))
    send(course, SENT)
    reopen(course, STEP)
    course.now += timedelta(days=2)
    send(course, date(2026, 11, 25), "CASE-78")

    [made] = rounds(course)
    assert (made.sent_on, made.reference) == (date(2026, 11, 25), "CASE-78")


# ---- which evidence counts


def test_a_file_added_without_naming_an_item_counts_for_the_first(course: Course) -> None:
    begin(course, BOTH)
    fail_all(course)
    put(course, "evidence_disclosures/", "loose")

    assert states(course)[SIGN_UP] == "ready"
    assert states(course)[ACCOUNT] == "missing"


def test_items_are_collected_by_who_has_their_step_or_by_the_lead(course: Course) -> None:
    course.start(manager=MARC.user)
    with course.seen() as (_, walk):
        target = walk.rows["review_fees"].id
    course.walk(until="review_fees")
    course.do(step.take, SAM, target, course.now)

    who = {item["key"]: (item["collector"], item["taken"]) for item in page(course)["items"]}
    assert who["review_fees/fee_list"] == (SAM.user, True)
    assert who["review_terms/terms"] == (LENA.user, False)


def test_a_programme_that_loses_treasury_loses_its_items(course: Course) -> None:
    course.start(BOTH)
    assert "evidence_receipts/receipts" in states(course)
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "fits", "treasury": "no"})

    assert "evidence_receipts/receipts" not in states(course)
    assert course.start(USUAL)


def test_two_at_once_prepare_one_round(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    with pytest.raises(StaleError, match=r"prepared_already"):
        course.do(submission.prepare, LENA, course.id(STEP), course.now, without=True)

    assert [row.view for row in course.rows(OutboxMessage)].count("submission.prepared") == 1
