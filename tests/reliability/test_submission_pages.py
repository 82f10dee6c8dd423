"""The submission through its pages, as people click: items, submit, the day it was sent, what must change, rounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.services import step
from bot.services.submission import sent
from tests.reliability.beginnings import once
from tests.reliability.rig import CARDS, LENA, MARC, Bot
from tests.reliability.test_packets import WHO, begun, calm, keep, states, zips
from tests.support.course import Course
from tests.support.packing import SIGN_UP, STEP, page, rounds

NOOR = "U0NOOR"

pytestmark = pytest.mark.usefixtures("at_once")


def shown(bot: Bot, person: str = LENA) -> str:
    """What the form in front of somebody says."""
    view = bot.slack.view(person)
    return json.dumps(view.payload, ensure_ascii=False) if view else ""


def opens(bot: Bot, action: str, callback: str, person: str = LENA, channel: str | None = CARDS) -> None:
    """Click, and wait for the form."""
    bot.slack.click(person, action, channel=channel)
    bot.slack.wait_for(lambda: is_open(bot, callback, person), what=callback)


def is_open(bot: Bot, callback: str, person: str = LENA) -> bool:
    view = bot.slack.view(person)
    return view is not None and view.payload["callback_id"] == callback


def filled(bot: Bot, fields: Mapping[str, object], person: str = LENA) -> dict[str, Any]:
    answer: dict[str, Any] = bot.slack.submit(person, fields)
    bot.slack.idle()
    return answer


@pytest.fixture
def course(bot: Bot) -> Course:
    """A programme whose submission is open, has an owner, and lies in the thread with its buttons."""
    course = begun(bot)

    def work() -> None:
        course.do(step.take, WHO, course.id(STEP), course.now)
        calm(bot)

    once(bot, "its submission is taken", work)
    return course


def test_the_items_say_what_a_good_file_has_who_collects_it_and_how_it_stands(
    bot: Bot, course: Course
) -> None:
    opens(bot, "submission.items", "submission.items")
    said = shown(bot)

    assert "5 of 10 items are ready" in said
    assert "*1 · Agreements and disclosures, sign-up*" in said
    assert "Full pages in order, with header and footer and the date of the version" in said
    assert "*ready to send*" in said
    assert "*missing*" in said
    assert "Collected by the lead, Lena" in said
    assert "first0.pdf" in said


def test_evidence_is_added_from_the_page_of_items_which_then_shows_it(bot: Bot, course: Course) -> None:
    opens(bot, "submission.items", "submission.items")
    opens(bot, "submission.add:review_fees/fee_list", "submission.evidence", channel=None)
    file = bot.slack.upload(LENA, "fees.pdf", b"%PDF-1.4 fees")
    assert filled(bot, {"files": [file.id]}) == {"ok": True}
    bot.slack.wait_for(lambda: "arriving" in shown(bot), what="the page of items")

    assert is_open(bot, "submission.items")
    bot.work()
    assert next(one for one in page(course)["items"] if one["id"] == "fee_list")["state"] == "ready"


def test_submit_names_what_is_missing_and_wants_a_tick(bot: Bot, course: Course) -> None:
    opens(bot, "submission.submit", "submission.submit")
    said = shown(bot)
    assert "*Not in this round:* " in said
    assert "List of fees, credits and rewards" in said
    assert "`1-disclosures-signup-v1.pdf`" in said.replace("\u2068", "").replace("\u2069", "")

    assert "without" in filled(bot, {})["errors"]
    assert filled(bot, {"without": ["yes"]}) == {"ok": True}
    calm(bot)
    assert states(bot) == ["uploaded"]
    assert len(zips(bot)) == 1


def test_the_button_below_the_packets_records_the_day_and_opens_the_review(bot: Bot, course: Course) -> None:
    opens(bot, "submission.submit", "submission.submit")
    filled(bot, {"without": ["yes"]})
    calm(bot)
    opens(bot, "submission.sent", "submission.sent")
    assert "S-1" in shown(bot)
    assert filled(bot, {"reference": "CASE-7"}) == {"ok": True}
    calm(bot)

    assert [(one.state, one.reference) for one in rounds(course)] == [("sent", "CASE-7")]
    assert (course.step(STEP).state, course.step("review").state) == ("done", "open")
    assert bot.said("Stripe reviews the submission")


def test_a_day_in_the_future_is_refused_at_its_field(bot: Bot, course: Course) -> None:
    opens(bot, "step.done", "submission.sent")
    answer = filled(bot, {"sent_on": "2099-01-01"})

    assert "in the future" in answer["errors"]["sent_on"]
    assert course.step(STEP).state == "open"


def test_plain_done_asks_for_the_day_and_needs_no_packets(bot: Bot, course: Course) -> None:
    opens(bot, f"step.done:{course.id(STEP)}", "submission.sent")
    assert "No packets were prepared" in shown(bot)
    assert filled(bot, {}) == {"ok": True}
    calm(bot)

    assert [(one.state, one.packed) for one in rounds(course)] == [("sent", False)]
    assert course.step("review").state == "open"


def test_who_may_not_finish_the_step_sees_the_items_and_is_told_who_may_submit(
    bot: Bot, course: Course
) -> None:
    opens(bot, "submission.items", "submission.items", NOOR)
    bot.slack.click(NOOR, "submission.submit")
    bot.slack.wait_for(lambda: is_open(bot, "failure", NOOR), what="the refusal")

    assert "Lena" in shown(bot, NOOR) or LENA in shown(bot, NOOR)
    assert rounds(course) == []


def revised(bot: Bot, course: Course, fields: Mapping[str, object]) -> dict[str, Any]:
    """Record that Stripe asks for a revision, on both pages."""
    course.do(sent, WHO, course.id(STEP), course.today, "", course.now)
    calm(bot)
    opens(bot, "step.answered", "step.answered")
    filled(bot, {"choice": "revision", "note": "Two things"})
    bot.slack.wait_for(lambda: is_open(bot, "step.revision"), what="the second page")
    return filled(bot, fields)


def test_a_revision_asks_item_by_item_on_a_second_page(bot: Bot, course: Course) -> None:
    answer = revised(bot, course, {"change_0": "Show the bank's name"})
    assert answer == {"ok": True}
    calm(bot)

    [first] = rounds(course)
    assert (first.state, first.words) == ("revision", "Two things")
    assert {item["key"]: item["words"] for item in page(course)["items"] if item["words"]} == {
        SIGN_UP: "Show the bank's name"
    }
    [told] = bot.said("Stripe asks for changes")
    assert "Show the bank's name" in told.text
    assert "Two things" in told.text


def test_a_revision_that_names_no_item_stays_open_with_what_was_typed(bot: Bot, course: Course) -> None:
    answer = revised(bot, course, {})

    assert "change_0" in answer["errors"]
    assert "Two things" in shown(bot)
    assert rounds(course)[0].state == "sent"


def test_the_second_round_compares_itself_with_the_first(bot: Bot, course: Course) -> None:
    revised(bot, course, {"change_0": "Show the bank's name"})
    keep(bot, course, SIGN_UP, "better")
    calm(bot)
    opens(bot, "submission.submit", "submission.submit")
    said = shown(bot)

    assert "*Since the round before*" in said
    assert "Screenshots of the sign-up: changed (`" in said
    assert "Unchanged, not sent again: " in said
    assert "Show the bank" in said
    assert "submission.without" not in said


def test_the_shortcut_offers_the_steps_of_items_again_while_the_submission_is_open(
    bot: Bot, course: Course
) -> None:
    revised(bot, course, {"change_0": "Show the bank's name"})
    file = bot.slack.upload(LENA, "better.pdf", b"%PDF-1.4 better")
    said = bot.slack.say(LENA, CARDS, "the new sign-up", files=[file.id])
    bot.slack.shortcut(LENA, "evidence.from_message", CARDS, said.ts)
    bot.slack.wait_for(lambda: is_open(bot, "evidence.message"), what="the form of the shortcut")
    assert filled(bot, {"step": f"{course.id('evidence_disclosures')}:sign_up"}) == {"ok": True}
    bot.work()

    item = next(one for one in page(course)["items"] if one["key"] == SIGN_UP)
    assert (item["state"], item["files"]) == ("ready", ["better.pdf"])


def test_every_round_is_found_by_word_and_by_button(bot: Bot, course: Course) -> None:
    revised(bot, course, {"change_0": "Show the bank's name"})
    calm(bot)
    bot.slack.command(MARC, CARDS, "/onboarding submissions Acme")
    bot.slack.wait_for(lambda: is_open(bot, "submission.rounds", MARC), what="the rounds")
    french = shown(bot, MARC)
    assert "S-1 · envoi n°" in french
    assert "modifications demandées" in french

    opens(bot, "submission.items", "submission.items")
    opens(bot, "submission.rounds", "submission.rounds", channel=None)
    said = shown(bot)
    assert "*S-1 · round 1* — revision asked" in said
    assert "Two things" in said
    assert "Show the bank's name" in said


def test_the_pages_of_a_submission_leave_room_for_a_form_on_top(bot: Bot, course: Course) -> None:
    bot.slack.command(LENA, CARDS, "/onboarding steps Acme")
    bot.slack.wait_for(lambda: is_open(bot, "program.steps"), what="all steps")
    bot.slack.click(LENA, "step.open", value="Submit everything to Stripe")
    bot.slack.wait_for(lambda: is_open(bot, "step.page"), what="the step")
    opens(bot, "submission.items", "submission.items", channel=None)
    opens(bot, "submission.add:review_fees/fee_list", "submission.evidence", channel=None)
    assert filled(bot, {"link": "https://example.com/fees"}) == {"ok": True}
    bot.slack.wait_for(lambda: is_open(bot, "submission.items"), what="the items")
    opens(bot, "submission.step", "step.page", channel=None)


def test_a_programme_without_a_submission_says_so(bot: Bot) -> None:
    from bot.domain.plan import Answers

    course = Course(bot.gantry.database, now=bot.clock.now(), channel=CARDS)
    course.start(Answers("uk", frozenset({"issuing"}), "expense_management"), name="Thames")
    bot.settle()
    bot.slack.command(LENA, CARDS, "/onboarding submissions Thames")
    bot.settle()

    assert "has no submission to Stripe" in bot.told(LENA)[-1]
