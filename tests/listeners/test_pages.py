"""What lies under a form follows what the form does."""

from __future__ import annotations

import json

import pytest

from bot.playground.modals import View
from tests.reliability.rig import CARDS, CLAIRE, LENA, Bot

FIRST = "supported_use_case"


def stack(bot: Bot, person: str) -> list[View]:
    """The pages in front of somebody, the first one first."""
    return list(bot.slack.slack.modals.stacks.get(person, []))


def open_page(bot: Bot, *, through_all: bool) -> None:
    """Lena opens the page of the first step: from the board, or from the page of all steps."""
    number = str(bot.step(FIRST).id)
    if through_all:
        bot.slack.click(LENA, "program.steps", channel=CARDS)
        bot.slack.wait_for(lambda: len(stack(bot, LENA)) == 1, what="the page of all steps")
        bot.slack.click(LENA, "step.open:all", value=number)
    else:
        bot.slack.click(LENA, "step.open", channel=CARDS, value=number)
    bot.slack.wait_for(lambda: len(stack(bot, LENA)) == 1 + through_all, what="the page of the step")


def shows(bot: Bot, page: int, words: str) -> None:
    """Wait until a page of Lena's says this."""
    bot.slack.wait_for(
        lambda: words in json.dumps(stack(bot, LENA)[page].payload, ensure_ascii=False), what=words
    )


def assign(bot: Bot) -> None:
    """Give the step to Claire, with the form that lies on its page."""
    pages = len(stack(bot, LENA))
    bot.slack.click(LENA, "step.assign")
    bot.slack.wait_for(lambda: len(stack(bot, LENA)) == pages + 1, what="the form")
    assert bot.slack.submit(LENA, {"user": CLAIRE}) == {"ok": True}


@pytest.fixture
def met(started: Bot) -> Bot:
    """A bot that knows Claire by name."""
    started.slack.open_home(CLAIRE)
    started.settle()
    return started


def test_after_a_form_on_a_steps_page_the_page_of_all_steps_follows(met: Bot) -> None:
    open_page(met, through_all=True)
    assign(met)
    for page in (1, 0):
        shows(met, page, "Claire")
    assert [view.payload["callback_id"] for view in stack(met, LENA)] == ["program.steps", "step.page"]


@pytest.mark.parametrize(("act", "words"), [("step.take", "Lena"), ("step.done", "Done")])
def test_after_a_click_on_a_steps_page_the_page_of_all_steps_follows(
    started: Bot, act: str, words: str
) -> None:
    open_page(started, through_all=True)
    before = stack(started, LENA)[0].hash
    started.slack.click(LENA, act)
    started.slack.wait_for(lambda: stack(started, LENA)[0].hash != before, what="the page of all steps")
    shows(started, 0, words)


def test_a_steps_page_that_was_opened_from_the_board_stays_one(met: Bot) -> None:
    open_page(met, through_all=False)
    assign(met)
    shows(met, 0, "Claire")
    met.slack.idle()
    assert [view.payload["callback_id"] for view in stack(met, LENA)] == ["step.page"]
    assert met.step(FIRST).assignee == CLAIRE
