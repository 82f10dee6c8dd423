"""What only one person sees comes in their language; what a channel sees in the programme's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.playground.modals import View
from tests.reliability.rig import CARDS, CLAIRE, LENA, SAM, Bot

FIRST = {
    "en": "Check that Stripe supports our use case",
    "fr": "Vérifier que Stripe prend en charge notre cas",
}
PART = {"en": "Live access", "fr": "Accès au mode production"}
READERS = [(SAM, "en", "fr"), (CLAIRE, "fr", "en")]
PDF = b"%PDF-1.7 x"


@pytest.fixture(params=["en", "fr"])
def spoken(request: pytest.FixtureRequest, bot: Bot) -> Bot:
    """A programme in a channel that speaks this language."""
    bot.slack.command(LENA, CARDS, "/onboarding start Acme")
    view_of(bot, LENA)
    bot.slack.click(LENA, "start.more")
    bot.slack.wait_for(
        lambda: view_of(bot, LENA).payload["callback_id"] == "onboarding.start_more", what="page 2"
    )
    assert bot.slack.submit(LENA, {"language": request.param})["ok"]
    bot.settle()
    return bot


def language_of(bot: Bot) -> str:
    return bot.program().language


def seen(thing: Any) -> str:
    return json.dumps(thing, ensure_ascii=False)


def view_of(bot: Bot, person: str) -> View:
    found = bot.slack.wait_for(lambda: bot.slack.view(person), what="the page")
    assert isinstance(found, View)
    return found


@pytest.mark.parametrize(("person", "own", "other"), READERS)
def test_pages_that_one_person_opens_are_in_their_language(
    spoken: Bot, person: str, own: str, other: str
) -> None:
    step = spoken.step("supported_use_case")
    spoken.take()
    for act in ("step.open", "program.steps", "step.evidence", "step.block"):
        value = str(step.id) if act == "step.open" else None
        assert spoken.slack.click(person, act, channel=CARDS, value=value).ok
        page = seen(view_of(spoken, person).payload)
        assert FIRST[own] in page, act
        assert FIRST[other] not in page, act
        spoken.slack.close(person, everything=True)
    spoken.slack.command(person, CARDS, "/onboarding steps")
    page = seen(view_of(spoken, person).payload)
    assert PART[own] in page
    assert PART[other] not in page


@pytest.mark.parametrize(("person", "own", "other"), READERS)
def test_private_answers_are_in_the_readers_language(spoken: Bot, person: str, own: str, other: str) -> None:
    ack = spoken.slack.command(person, CARDS, "/onboarding show")
    assert ack is not None
    answer = seen(ack.body)
    assert FIRST[own] in answer
    assert FIRST[other] not in answer


@pytest.mark.parametrize(("person", "own", "other"), READERS)
def test_refusals_name_steps_in_the_readers_language(spoken: Bot, person: str, own: str, other: str) -> None:
    step = spoken.step("supported_use_case")
    where = spoken.button(f"step.take:{step.id}")
    assert spoken.slack.click_raw(LENA, *where).ok
    spoken.settle()
    assert spoken.slack.click_raw(person, *where).ok
    spoken.settle()
    refusal = spoken.told(person)[-1]
    assert FIRST[own] in refusal
    assert FIRST[other] not in refusal


@pytest.mark.parametrize(("person", "own", "other"), READERS)
def test_the_list_of_steps_for_evidence_is_in_the_readers_language(
    spoken: Bot, person: str, own: str, other: str
) -> None:
    file = spoken.slack.upload(person, "proof.pdf", PDF, "application/pdf")
    said = spoken.slack.say(person, CARDS, "Proof", files=[file.id])
    spoken.slack.shortcut(person, "evidence.from_message", CARDS, said.ts)
    form = seen(view_of(spoken, person).payload)
    assert FIRST[own] in form
    assert FIRST[other] not in form


def test_what_the_channel_sees_is_in_its_language(spoken: Bot) -> None:
    spoken.take()
    messages = [message for message in spoken.slack.messages(CARDS) if message.bot]
    said = seen([[message.text, message.blocks] for message in messages])
    own = language_of(spoken)
    assert FIRST[own] in said
    assert FIRST["fr" if own == "en" else "en"] not in said
