"""What Stripe answers to a round: approved, or what must change, and how the next round follows."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.error import FormError, StaleError
from storage.tables import AuditEntry
from tests.support.course import LENA, Course
from tests.support.packing import (
    ACCOUNT,
    COMPLAINTS,
    SENT,
    SIGN_UP,
    STEP,
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


def asked(course: Course, changes: dict[str, str], note: str = "Two things, please") -> None:
    """Stripe asks for a revision."""
    course.answer("review", "revision", note=note, changes=changes)


def test_a_revision_keeps_what_must_change_and_the_next_round_holds_only_that(course: Course) -> None:
    only_files(begin(course))
    prepare(course)
    arrived(course)
    send(course)
    course.now += timedelta(days=9)
    asked(course, {SIGN_UP: "Show the bank's name", f"{COMPLAINTS}/complaints": "In the footer too"})

    [first] = rounds(course)
    assert (first.state, first.words, first.answered_by) == ("revision", "Two things, please", LENA.user)
    assert states(course) | {SIGN_UP: "to_change", ACCOUNT: "sent"} == states(course)
    words = {item["key"]: item["words"] for item in page(course)["items"] if item["words"]}
    assert words == {SIGN_UP: "Show the bank's name", f"{COMPLAINTS}/complaints": "In the footer too"}
    assert page(course)["left_out"] == ["Screenshots of the sign-up", "Screenshot: how to complain"]
    with pytest.raises(StaleError, match=r"submission\.nothing_new"):
        prepare(course)

    put(course, SIGN_UP, "better")
    put(course, f"{COMPLAINTS}/complaints", "clearer")
    prepare(course, without=False)
    assert [row.name for row in held(course)] == [
        "1-disclosures-signup-v2.pdf",
        "2-complaints-account-v2.pdf",
    ]
    assert rounds(course)[-1].number == 2
    arrived(course)
    packet = said(course, "submission.packet")[-1]
    assert [one["words"] for one in packet["files"]] == ["Show the bank's name", "In the footer too"]
    assert [one["version"] for one in packet["files"]] == [2, 2]
    assert {one["proof"] for one in packet["unchanged"]} == {"disclosures", "disputes", "emails"}


def test_the_clock_of_the_review_starts_again_with_each_round(course: Course) -> None:
    only_files(begin(course))
    send(course)
    course.now += timedelta(days=9)
    asked(course, {SIGN_UP: "Show the bank's name"})
    put(course, SIGN_UP, "better")
    prepare(course)
    course.now += timedelta(days=2)
    send(course, date(2026, 12, 4))

    due = course.deadline("review")
    assert due is not None
    assert (due.round, due.due_on) == (2, date(2026, 12, 18))


def test_an_unchanged_item_is_said_and_may_be_left_as_it_is(course: Course) -> None:
    only_files(begin(course))
    send(course)
    asked(course, {SIGN_UP: "Show the bank's name", ACCOUNT: "Show the date"})
    put(course, SIGN_UP, "better")
    with pytest.raises(FormError):
        prepare(course, without=False)
    prepare(course)

    assert [row.item for row in held(course)] == [SIGN_UP]
    send(course)
    assert states(course)[ACCOUNT] == "to_change", "it stays until Stripe has answered"


def test_stripe_can_ask_for_what_was_never_sent(course: Course) -> None:
    only_files(begin(course))
    send(course)
    asked(course, {"review_fees/fee_list": "Please add your fees"})

    assert states(course)["review_fees/fee_list"] == "to_change"
    put(course, "review_fees/fee_list", "fees")
    prepare(course, without=False)
    assert [row.name for row in held(course)] == ["6-fees-v1.pdf"]


def test_approved_approves_everything_that_was_sent(course: Course) -> None:
    only_files(begin(course))
    send(course)
    asked(course, {SIGN_UP: "Show the bank's name"})
    put(course, SIGN_UP, "better")
    prepare(course)
    send(course)
    course.answer("review", "approved", note="Thank you")

    assert [row.state for row in rounds(course)] == ["revision", "approved"]
    assert {states(course)[key] for key in required(course)} == {"approved"}
    assert course.tags()[-1] == "submission:answer:approved"


def test_every_round_is_kept_with_files_words_and_answer(course: Course) -> None:
    only_files(begin(course))
    for number in range(3):
        prepare(course)
        arrived(course)
        send(course, SENT, f"CASE-{number}")
        asked(course, {SIGN_UP: f"words {number}"}, note=f"note {number}")
        put(course, SIGN_UP, f"version{number}")

    shown = page(course)["rounds"]
    assert [one["number"] for one in shown] == [3, 2, 1]
    assert [one["reference"] for one in shown] == ["CASE-2", "CASE-1", "CASE-0"]
    assert [one["words"] for one in shown] == ["note 2", "note 1", "note 0"]
    assert [one["changes"][0]["words"] for one in shown] == ["words 2", "words 1", "words 0"]
    assert [len(one["files"]) for one in shown] == [1, 1, 5]
    assert len({file["sha256"] for one in shown for file in one["files"]}) == 7
    assert {len(file["sha256"]) for one in shown for file in one["files"]} == {12}


def test_an_answer_recorded_again_takes_the_place_of_the_first(course: Course) -> None:
    only_files(begin(course))
    send(course)
    asked(course, {SIGN_UP: "a", "review_fees/fee_list": "b"})
    reopen(course, "review")
    asked(course, {ACCOUNT: "c"})

    shown = states(course)
    assert (shown[SIGN_UP], shown[ACCOUNT], shown["review_fees/fee_list"]) == ("sent", "to_change", "missing")
    assert len(rounds(course)) == 1


def test_a_round_sent_before_rounds_were_kept_is_written_down_with_its_answer(course: Course) -> None:
    begin(course)
    course.finish(STEP)  # as a release without rounds did
    asked(course, {SIGN_UP: "Show the bank's name"})

    [made] = rounds(course)
    assert (made.state, made.packed, made.sent_by) == ("revision", False, LENA.user)
    assert states(course)[SIGN_UP] == "ready", "its file was never counted as sent"
    assert said(course, "step.answered")[-1]["changes"] == [
        {"title": "Screenshots of the sign-up", "words": "Show the bank's name"}
    ]


def test_stripes_words_are_no_words_of_the_audit(course: Course) -> None:
    only_files(begin(course))
    send(course)
    asked(course, {SIGN_UP: "Show the bank's name"})

    entries = str([(row.before, row.after) for row in course.rows(AuditEntry)])
    assert "bank's name" not in entries
    assert "Two things" not in entries
    assert SIGN_UP in entries
