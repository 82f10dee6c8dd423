"""What is asked from Home is answered there: pages instead of messages that nobody would see."""

from __future__ import annotations

import json
import re

import pytest

from bot.playground.modals import View
from storage.tables import OutboxMessage
from tests.listeners.test_doors import opened
from tests.listeners.test_pages import stack
from tests.reliability.rig import CARDS, LENA, SAM, Bot

NOOR, GUS = "U0NOOR", "U0GUS"
DIRECT = "D0NOOR"


@pytest.fixture
def looking(started: Bot) -> Bot:
    """Noor, who has nothing, looks at her Home."""
    started.slack.open_home(NOOR)
    started.settle()
    return started


def front(bot: Bot, person: str, callback: str) -> View:
    """Wait for the page with this callback id in front of somebody."""
    bot.slack.wait_for(
        lambda: [page.payload["callback_id"] for page in stack(bot, person)][-1:] == [callback], what=callback
    )
    return stack(bot, person)[-1]


def words(view: View) -> str:
    return json.dumps(view.payload, ensure_ascii=False)


def private(bot: Bot, person: str) -> list[OutboxMessage]:
    return [
        row for row in bot.rows(OutboxMessage) if row.kind in {"private", "direct"} and row.person == person
    ]


@pytest.mark.parametrize(("button", "said"), [("verb.run:help", "/gantry"), ("verb.run:list", "Acme")])
def test_help_and_the_list_open_as_pages(looking: Bot, button: str, said: str) -> None:
    looking.slack.click(NOOR, button, home=True)
    assert said in words(front(looking, NOOR, "answer"))
    looking.settle()
    assert private(looking, NOOR) == []


def test_a_page_that_an_answer_opens_takes_its_place(looking: Bot) -> None:
    looking.slack.click(NOOR, "verb.run:list", home=True)
    front(looking, NOOR, "answer")
    number = str(looking.program().id)
    looking.slack.click(NOOR, "program.show", value=number)
    looking.slack.wait_for(lambda: "program.steps" in words(stack(looking, NOOR)[-1]), what="the board")
    looking.slack.click(NOOR, "program.steps", value=number)
    front(looking, NOOR, "program.steps")
    assert len(stack(looking, NOOR)) == 1, "room for a step and its form above"


def test_a_refusal_in_home_is_a_page(looking: Bot) -> None:
    number = looking.step("supported_use_case").id
    looking.slack.open_home(LENA)
    looking.settle()
    looking.click(SAM, f"step.take:{number}")
    looking.slack.click(LENA, f"step.done:{number}", home=True)  # her page is older than that
    looking.settle()
    looking.slack.open_home(SAM)
    looking.settle()
    shown = looking.slack.home(SAM)
    assert shown is not None
    old = {"type": "home", "view_id": shown.id}
    looking.slack.click_raw(
        SAM,
        old,
        {"type": "button", "action_id": f"step.done:{number}", "block_id": "b", "value": str(number)},
    )
    assert "Lena" in words(front(looking, SAM, "failure")) or f"<@{LENA}>" in words(
        front(looking, SAM, "failure")
    )
    assert private(looking, SAM) == []


def test_a_programme_can_be_started_from_home_in_a_channel_that_is_chosen_there(looking: Bot) -> None:
    looking.slack.click(NOOR, "verb.run:start", home=True)
    opened(looking, NOOR)
    refused = looking.slack.submit(NOOR, {"name": "Quay"})
    assert list(refused["errors"]) == ["channel"]
    assert looking.slack.submit(NOOR, {"name": "Quay", "channel": CARDS}) == {"ok": True}
    found = looking.program("Quay")
    assert (found.channel, found.lead) == (CARDS, NOOR)
    looking.settle()
    assert "Quay" in words(looking.slack.home(NOOR))  # type: ignore[arg-type]


def test_the_channel_is_kept_while_other_pages_of_the_form_are_looked_at(looking: Bot) -> None:
    looking.slack.click(NOOR, "verb.run:start", home=True)
    opened(looking, NOOR)
    form = stack(looking, NOOR)[-1]
    typed = looking.slack.fill(NOOR, {"name": "Quay", "channel": CARDS})
    looking.slack.slack.modals.enter(form, typed)
    looking.slack.click(NOOR, "start.more")
    front(looking, NOOR, "onboarding.start_more")
    assert looking.slack.submit(NOOR, {"purpose": "Cards"}) == {"ok": True}
    assert looking.program("Quay").channel == CARDS


def test_an_item_is_snoozed_and_woken_in_home(looking: Bot) -> None:
    looking.slack.open_home(LENA)
    looking.settle()
    page = looking.slack.home(LENA)
    assert page is not None
    found = re.search(r"reminder\.snooze:(\d+)", words(page))
    assert found
    looking.slack.click(LENA, found[0], value=f"{found[1]} working_day", home=True)
    front(looking, LENA, "answer")
    looking.settle()
    shown = looking.slack.home(LENA)
    assert shown is not None
    assert "snoozed until" in words(shown)
    looking.slack.click(LENA, "reminder.wake", home=True)
    looking.settle()
    assert "snoozed until" not in words(shown)


def test_a_guest_gets_help_from_home_and_nothing_else(started: Bot) -> None:
    started.slack.open_home(GUS)
    started.settle()
    started.slack.click(GUS, "verb.run:help", home=True)
    assert "/gantry help" in words(front(started, GUS, "answer"))
    home = started.slack.home(GUS)
    assert home is not None
    assert "Acme" not in words(home)
