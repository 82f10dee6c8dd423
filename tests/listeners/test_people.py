"""Away, hand-over and channels through the doors of a whole bot, with Slack's answers in between."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from bot.effects import away as effects
from storage.tables import Away, OutboxMessage, ProgramChannel, SlackEvent
from tests.listeners.test_doors import answer, opened
from tests.reliability.rig import CARDS, CLAIRE, LENA, MARC, SAM, Bot
from tests.support.course import Course

NOOR, GUS = "U0NOOR", "U0GUS"
COMPLAINTS, PARTNERS, PRIVATE = "C0COMPLAINTS", "C0PARTNERS", "C0PRIVATE"


def today(bot: Bot, person: str) -> date:
    """The day it is where somebody is."""
    return bot.clock.now().astimezone(ZoneInfo(bot.slack.slack.workspace.people[person].tz)).date()


def away(bot: Bot, person: str, deputy: str, days: int = 3) -> Any:
    """Somebody says that they are away from today on."""
    bot.slack.command(person, CARDS, "/gantry away")
    opened(bot, person)
    day = today(bot, person)
    fields = {
        "starts_on": day.isoformat(),
        "ends_on": (day + timedelta(days=days)).isoformat(),
        "deputy": deputy,
    }
    return bot.slack.submit(person, fields)


def home(bot: Bot, person: str) -> str:
    """What the Home tab of somebody shows."""
    bot.slack.open_home(person)
    bot.settle()
    view = bot.slack.home(person)
    assert view is not None
    return json.dumps(view.payload, ensure_ascii=False)


def test_a_deputy_whom_nobody_has_met_is_asked_of_slack_before_the_form_is_judged(started: Bot) -> None:
    assert away(started, LENA, CLAIRE) == {"ok": True}
    [row] = started.rows(Away)
    assert (row.user, row.deputy, row.zone) == (LENA, CLAIRE, "America/New_York")


def test_a_guest_cannot_stand_in(started: Bot) -> None:
    result = away(started, LENA, GUS)
    assert list(result["errors"]) == ["deputy"]
    assert not started.rows(Away)


def test_the_board_and_both_homes_say_who_is_away(started: Bot) -> None:
    assert "You stand in" not in home(started, SAM)
    away(started, LENA, SAM)
    started.settle()
    root = started.root()
    assert started.is_true(root)
    assert started.said("deputy: Sam Okoro")
    assert "You are away from" in home(started, LENA)
    assert "You stand in for Lena Vogt" in home(started, SAM)


def test_an_absence_ends_with_a_button_in_home(started: Bot) -> None:
    away(started, LENA, SAM)
    home(started, LENA)
    started.slack.click(LENA, "away.back", home=True)
    started.settle()
    assert [row.state for row in started.rows(Away)] == ["canceled"]
    assert "You are away" not in json.dumps(started.slack.home(LENA).payload)


def test_names_of_a_hand_over_come_as_mentions(started: Bot) -> None:
    started.slack.command(LENA, CARDS, f"/gantry hand-over <@{LENA}|lena> <@{SAM}>")
    view = opened(started, LENA)
    assert view.payload["callback_id"] == "handover.items"
    assert started.slack.submit(LENA, {"to": SAM, "what": "all"}) == {"ok": True}
    assert started.program().lead == SAM
    started.settle()
    assert len(started.said("handed over to")) == 1


def test_a_plain_name_gets_the_way_to_write_it(started: Bot) -> None:
    said = answer(started, LENA, "/gantry hand-over @somebody @else")
    assert "/gantry hand-over" in said
    assert "@" in said


def test_without_names_a_form_asks_for_them_and_then_lists(started: Bot) -> None:
    started.slack.command(MARC, CARDS, "/gantry transmettre")
    assert opened(started, MARC).payload["callback_id"] == "handover.people"
    result = started.slack.submit(MARC, {"from": LENA, "to": SAM})
    assert result["ok"]
    assert opened(started, MARC).payload["callback_id"] == "handover.items"
    box = f"lead:{started.program().id}"
    both = started.slack.submit(MARC, {"to": SAM, "what": "all", "items_0": [box]})
    assert list(both["errors"]) == ["what"]
    assert started.slack.submit(MARC, {"to": SAM, "what": "ticked", "items_0": [box]})["ok"]
    assert started.program().lead == SAM


def test_who_may_not_hand_over_sees_no_list(started: Bot) -> None:
    said = answer(started, NOOR, f"/gantry hand-over <@{LENA}> <@{SAM}>")
    assert f"<@{MARC}>" in said
    assert started.slack.view(NOOR) is None


def channels(bot: Bot, **chosen: str) -> Any:
    """Lena chooses channels for her programme."""
    bot.slack.command(LENA, CARDS, "/gantry channels")
    number = bot.program().id
    bot.slack.click(LENA, f"channels.change:{number}", channel=CARDS)
    opened(bot, LENA)
    return bot.slack.submit(LENA, chosen)


@pytest.mark.parametrize(
    ("channel", "said"),
    [(CARDS, "public"), (PARTNERS, "shared with another company"), (PRIVATE, "/invite @Gantry")],
)
def test_slack_is_asked_and_a_channel_that_does_not_fit_is_refused(
    started: Bot, channel: str, said: str
) -> None:
    result = channels(started, complaints=channel)
    assert said in result["errors"]["complaints"]
    assert _own(started) == []


def test_a_private_channel_with_the_bot_is_taken_and_left_when_it_is_shared(started: Bot) -> None:
    assert channels(started, complaints=COMPLAINTS) == {"ok": True}
    assert [row.channel for row in _own(started)] == [COMPLAINTS]
    started.slack.share(COMPLAINTS)
    started.settle()
    assert [row.state for row in started.rows(SlackEvent) if row.kind == "channel_shared"] == ["handled"]
    assert started.said("is no longer used")
    assert "Not used" in answer(started, LENA, "/gantry channels")


def test_while_slack_is_silent_nothing_is_taken(started: Bot) -> None:
    started.slack.command(LENA, CARDS, "/gantry channels")
    started.slack.click(LENA, f"channels.change:{started.program().id}", channel=CARDS)
    opened(started, LENA)
    started.slack.faults.outage = True
    result = started.slack.submit(LENA, {"complaints": COMPLAINTS})
    assert "Wait a moment" in result["errors"]["complaints"]


def _own(bot: Bot) -> list[ProgramChannel]:
    with bot.gantry.database.reading() as session:
        return list(session.exec(select(ProgramChannel)).all())


def test_a_deactivated_person_is_told_to_the_manager_once_with_a_button_that_works(started: Bot) -> None:
    started.slack.command(MARC, CARDS, "/onboarding reassign Acme")
    opened(started, MARC)
    assert started.slack.submit(MARC, {"lead": LENA, "manager": MARC}) == {"ok": True}
    started.take(SAM)
    for _ in range(2):
        started.slack.change_person(SAM, deleted=True)
        started.settle()
    [message] = [row for row in started.rows(OutboxMessage) if row.view == "person.left"]
    assert (message.person, message.state) == (MARC, "sent")
    assert started.is_true(started.root())
    assert started.said("Sam Okoro (injoignable") == []
    started.slack.click(MARC, f"handover.open:{SAM}", channel="dm")
    opened(started, MARC)
    assert started.slack.submit(MARC, {"to": CLAIRE, "what": "all"}) == {"ok": True}
    assert started.step("supported_use_case").assignee == CLAIRE
    started.settle()
    assert started.is_true(started.root())


def test_nobody_hears_twice(started: Bot) -> None:
    away(started, LENA, SAM)
    started.settle()
    told = [row for row in started.rows(OutboxMessage) if row.view == "away.stand_in"]
    assert [(row.person, row.state) for row in told] == [(SAM, "sent")]


def test_a_step_of_stripes_has_a_draft_that_follows_language_and_contact(started: Bot) -> None:
    for key in ("supported_use_case", "intake_form"):
        started.slack.click(LENA, f"step.take:{started.step(key).id}", channel=CARDS)
        started.settle()
        started.slack.click(LENA, f"step.done:{started.step(key).id}", channel=CARDS)
        started.settle()
    started.slack.command(LENA, CARDS, "/onboarding write")
    number = started.program().id
    english = opened(started, LENA)
    assert english.payload["callback_id"] == "letter.write"
    assert "without an address" in json.dumps(english.blocks)
    started.slack.click(LENA, f"letter.language:{number}", value="fr")
    started.slack.wait_for(lambda: "Bonjour" in json.dumps(opened(started, LENA).blocks), what="French")
    draft = next(
        block["element"]["initial_value"]
        for block in opened(started, LENA).blocks
        if block.get("block_id") == "text"
    )
    assert started.slack.submit(LENA, {"contact_name": "Ann", "text": draft})["ok"]
    assert "Bonjour Ann," in json.dumps(opened(started, LENA).blocks), "nobody changed it: it greets by name"
    fields = {"contact_name": "Ann", "contact_email": "ann@stripe.example", "text": "Bonjour Ann & merci"}
    assert started.slack.submit(LENA, fields)["ok"]
    assert started.program().contact_email == "ann@stripe.example"
    shown = json.dumps(opened(started, LENA).blocks)
    assert "<mailto:ann@stripe.example?subject=" in shown
    assert "Bonjour%20Ann%20%26%20merci" in shown
    assert not started.slack.submit(LENA, {**fields, "contact_email": "nobody"}).get("ok")


def test_stripes_steps_alone_have_the_button_to_write(started: Bot) -> None:
    step = started.take(SAM)
    assert not any(f"step.write:{step.id}" in json.dumps(m.blocks) for m in started.slack.messages(CARDS))


def launched(bot: Bot) -> None:
    """Acme is launched, with Sam as owner and Olga as deputy of each duty."""
    course = Course(bot.gantry.database, bot.program().id, now=bot.clock.now())
    course.walk()
    bot.settle()


def test_a_duty_is_recorded_from_the_page_behind_the_boards_button(started: Bot) -> None:
    launched(started)
    number = started.program().id
    started.slack.click(LENA, f"duty.page:{number}", channel=CARDS)
    page = opened(started, LENA)
    assert page.payload["callback_id"] == "duty.page"
    duty = started.step("duty_complaints")
    started.slack.click(LENA, f"duty.done:{duty.id}")
    started.slack.wait_for(
        lambda: opened(started, LENA).payload["callback_id"] == "duty.done", what="the form"
    )
    assert started.slack.submit(LENA, {"note": "November"}) == {"ok": True}
    started.slack.wait_for(
        lambda: "Last done on" in json.dumps(opened(started, LENA).blocks), what="the page with the record"
    )
    started.settle()
    assert len(started.said("Due again by")) == 1
    assert started.is_true(started.root())


def test_before_launch_there_are_no_duties_to_show(started: Bot) -> None:
    assert "/onboarding steps P-1" in answer(started, LENA, "/onboarding duties")


def test_a_day_that_begins_an_absence_changes_the_board(started: Bot) -> None:
    started.slack.command(LENA, CARDS, "/gantry away")
    opened(started, LENA)
    start = today(started, LENA) + timedelta(days=2)
    fields = {"starts_on": start.isoformat(), "ends_on": start.isoformat(), "deputy": SAM}
    assert started.slack.submit(LENA, fields) == {"ok": True}
    started.settle()
    assert not started.said("deputy: Sam Okoro")
    started.clock.advance(timedelta(days=2))
    assert effects.turn(started.gantry.database, started.clock) == 1
    assert effects.turn(started.gantry.database, started.clock) == 0
    started.settle()
    assert started.said("deputy: Sam Okoro")
    started.clock.advance(timedelta(days=1))
    assert effects.turn(started.gantry.database, started.clock) == 1
    started.settle()
    assert not started.said("deputy: Sam Okoro")
