"""Approvals through the doors of a whole bot: commands, mentions, buttons, menus, and sharing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.playground import state
from bot.playground.workspace import Message
from storage.tables import AuditEntry, OutboxMessage
from tests.listeners.test_doors import answer
from tests.reliability.rig import BOT_USER, CARDS, CLAIRE, LENA, MARC, RANDOM, SAM, Bot

GUS = "U0GUS"
PARTNERS = "C0PARTNERS"
ONE, ALL = "Approvals of", "programmes"


def asked(bot: Bot, person: str, words: str, *, thread_ts: str = "") -> list[Message]:
    """Somebody mentions the bot; returns what only they are shown since."""
    before = len(bot.slack.ephemerals(person))
    bot.slack.say(person, CARDS, f"<@{BOT_USER}> {words}", thread_ts=thread_ts or None)
    bot.settle()
    found: list[Message] = bot.slack.ephemerals(person)[before:]
    return found


def labels(message: Message) -> list[str]:
    """What its buttons and menus do."""
    return [str(element.get("action_id")) for _, element in state.elements(message.blocks or [])]


def shown(bot: Bot, person: str) -> Message:
    """The newest answer that only this person sees."""
    found: Message = bot.slack.ephemerals(person)[-1]
    return found


def filled(bot: Bot, count: int) -> None:
    """So many programmes beside the first."""
    for number in range(count):
        bot.start(f"Harbour {number}")
    bot.settle()


@pytest.mark.parametrize(
    "said",
    ["/approval-status acme", "/onboarding status ACME", "/gantry approvals p-1", "/gantry statut acm"],
)
def test_every_way_to_ask_gives_the_same_private_answer(started: Bot, said: str) -> None:
    words = answer(started, LENA, said)
    assert "P-1" in words
    assert words.split("\n", 2)[:2] == answer(started, LENA, "/approval-status Acme").split("\n", 2)[:2]
    assert not [row for row in started.rows(OutboxMessage) if row.kind == "direct"]


def test_one_programme_alone_is_told_with_what_is_under_way(started: Bot) -> None:
    said = answer(started, LENA, "/approval-status")
    assert "*Approvals of 1 programme*" in said
    assert "Use case" in said


def test_the_answer_speaks_the_readers_language(started: Bot) -> None:
    assert "Approbations de" in answer(started, CLAIRE, "/approval-status acme")
    assert "Approvals of" in answer(started, LENA, "/approval-status acme")


def test_an_unknown_name_lists_the_nearest(started: Bot) -> None:
    filled(started, 1)
    said = answer(started, LENA, "/approval-status zebra")
    assert "zebra" in said
    assert "P-1 Acme" in said


@pytest.mark.parametrize(
    "said",
    [
        "/approval-status overdue",
        "/approval-status en retard",
        "/approval-status Mine",
        "/approval-status stripe",
    ],
)
def test_words_choose_a_part_of_the_list(started: Bot, said: str) -> None:
    assert "P-1" in answer(started, LENA, said) or "Nothing" in answer(started, LENA, said)


@pytest.mark.parametrize("words", ["status", "approvals", "statut", "approbations"])
def test_a_mention_in_a_thread_means_the_programme_of_the_thread(started: Bot, words: str) -> None:
    started.start("Harbour")
    started.settle()
    [message] = asked(started, SAM, words, thread_ts=started.root().ts)
    assert "(P-1)" in message.text
    assert message.thread_ts == started.root().ts


def test_a_mention_in_a_channel_means_all_and_with_a_name_that_one(started: Bot) -> None:
    started.start("Harbour")
    started.settle()
    assert "2 programmes" in asked(started, SAM, "status")[0].text
    assert "(P-2)" in asked(started, SAM, "status harbor")[0].text


def test_the_button_of_the_board_answers_where_people_look(started: Bot) -> None:
    number = started.program().id
    started.click(SAM, f"approval.show:{number}")
    started.settle()
    message = shown(started, SAM)
    assert "(P-1)" in message.text
    assert message.thread_ts is None, "the board lies in the channel, and so does the answer"


def test_more_than_eight_programmes_come_in_groups_with_filters(started: Bot) -> None:
    filled(started, 8)
    said = answer(started, LENA, "/approval-status")
    assert "*Approvals of 9 programmes*" in said
    assert "*Waits for us* (9)" in said


def test_a_filter_takes_the_place_of_the_answer_it_was_clicked_in(started: Bot) -> None:
    filled(started, 8)
    [message] = asked(started, LENA, "status")
    before = len(started.slack.ephemerals(LENA))
    assert started.slack.click(LENA, "approval.page:stripe", channel=CARDS, ts=message.ts).ok
    started.settle()
    assert len(started.slack.ephemerals(LENA)) == before
    assert "Nothing waits for Stripe." in message.text
    assert started.slack.click(LENA, "approval.page:us", channel=CARDS, ts=message.ts).ok
    started.settle()
    assert "*Waits for us* (9)" in message.text


def test_pages_are_turned_and_hold_what_the_others_do_not(started: Bot) -> None:
    filled(started, 20)
    [message] = asked(started, LENA, "status")
    first = message.text
    assert "approval.page:previous" not in labels(message)
    assert started.slack.click(LENA, "approval.page:next", channel=CARDS, ts=message.ts).ok
    started.settle()
    assert "Harbour 19" in message.text
    assert "Harbour 19" not in first
    assert "approval.page:next" not in labels(message)


def test_the_menu_finds_programmes_as_the_words_do_and_shows_the_one_chosen(started: Bot) -> None:
    filled(started, 1)
    [message] = asked(started, LENA, "status")
    found = started.slack.suggest(LENA, "approval.find", "harbur", channel=CARDS, ts=message.ts)
    options = found["options"]
    assert [option["text"]["text"] for option in options] == ["Harbour 0 · P-2"]
    place = {"type": "message", "channel": CARDS, "ts": message.ts}
    chosen = {
        "type": "external_select",
        "action_id": "approval.find",
        "block_id": "b",
        "selected_option": options[0],
    }
    assert started.slack.click_raw(LENA, place, chosen).ok
    started.settle()
    assert "(P-2)" in message.text


def test_sharing_posts_in_the_channel_once_and_says_who(started: Bot) -> None:
    answer(started, LENA, "/approval-status acme")
    message = shown(started, LENA)
    assert "approval.share" in labels(message)
    assert started.slack.click(LENA, "approval.share", channel=CARDS, ts=message.ts).ok
    started.settle()
    [posted] = started.said("Shared by Lena Vogt")
    assert posted.thread_ts is None
    assert "(P-1)" in posted.text
    assert "approval.share" not in labels(message), "the private answer offers it no more"
    assert [entry.tag for entry in started.rows(AuditEntry)][-1] == "approval:share:shared"
    assert labels(posted) == [f"approval.show:{started.program().id}"]


def test_what_was_asked_in_a_thread_is_shared_in_the_thread(started: Bot) -> None:
    root = started.root().ts
    [message] = asked(started, LENA, "status", thread_ts=root)
    assert started.slack.click(LENA, "approval.share", channel=CARDS, ts=message.ts).ok
    started.settle()
    [posted] = started.said("Shared by Lena Vogt")
    assert posted.thread_ts == root


def test_a_shared_answer_opens_what_is_true_now_for_whoever_asks(started: Bot) -> None:
    [message] = asked(started, LENA, "status acme")
    started.slack.click(LENA, "approval.share", channel=CARDS, ts=message.ts)
    started.settle()
    [posted] = started.said("Shared by")
    text = posted.text
    assert started.slack.click(CLAIRE, "approval.show", channel=CARDS, ts=posted.ts).ok
    started.settle()
    assert "Approbations de" in shown(started, CLAIRE).text
    assert posted.text == text, "nobody replaces what others read"


def test_a_list_is_shared_in_the_language_of_the_channel(started: Bot) -> None:
    filled(started, 8)
    [message] = asked(started, CLAIRE, "statut")
    assert "Approbations de 9 programmes" in message.text
    assert started.slack.click(CLAIRE, "approval.share", channel=CARDS, ts=message.ts).ok
    started.settle()
    assert len(started.said("*Approvals of 9 programmes*")) == 1


def test_where_the_bot_is_not_nothing_is_shared_and_the_way_is_named(started: Bot) -> None:
    answer(started, LENA, "/approval-status acme", RANDOM)
    assert started.slack.click(LENA, "approval.share", channel=RANDOM, ts=shown(started, LENA).ts).ok
    started.settle()
    assert "/invite @Gantry" in shown(started, LENA).text
    assert not started.said("Shared by", RANDOM)


def test_a_list_is_not_shared_where_another_company_reads(started: Bot) -> None:
    answer(started, LENA, "/approval-status", PARTNERS)
    assert started.slack.click(LENA, "approval.share", channel=PARTNERS, ts=shown(started, LENA).ts).ok
    started.settle()
    assert "another company" in shown(started, LENA).text
    assert not started.said("Shared by", PARTNERS)


@pytest.mark.parametrize(
    "said", ["/approval-status", "/approval-status acme", "/onboarding status", "/gantry status"]
)
def test_a_guest_gets_a_refusal_and_no_approval(started: Bot, said: str) -> None:
    words = answer(started, GUS, said, RANDOM)
    assert f"<@{MARC}>" in words or "admin" in words.casefold() or "<@" in words
    assert "Acme" not in words
    assert "P-1" not in words


def test_a_guest_gets_nothing_by_buttons_and_menus(started: Bot) -> None:
    before = len(started.rows(AuditEntry))
    answer(started, GUS, "/gantry help", RANDOM)
    container = {"type": "message", "channel": RANDOM, "ts": shown(started, GUS).ts}
    told = len(started.told(GUS))
    number = str(started.program().id)
    for name, value in (
        ("approval.show", number),
        ("approval.page", "all 1"),
        ("approval.share", f"p {number}"),
        ("approval.find", number),
    ):
        action: dict[str, Any] = {"type": "button", "action_id": name, "block_id": "b", "value": value}
        assert started.slack.click_raw(GUS, container, action).ok
    started.settle()
    assert not [words for words in started.told(GUS) if "P-1" in words]
    assert len(started.told(GUS)) == told + 4, "each is answered"
    assert not started.said("Shared by", RANDOM)
    assert len(started.rows(AuditEntry)) == before


@pytest.mark.parametrize(
    "value",
    [
        "",
        "p",
        "p x",
        "p 999999",
        "l",
        "l all",
        "l all x",
        "l zebra 1",
        "l all 99999999999999999999",
        "l us 1 nobody",
    ],
)
def test_a_button_with_another_value_shares_only_what_there_is(started: Bot, value: str) -> None:
    container, _ = started.button(f"approval.show:{started.program().id}")
    action = {"type": "button", "action_id": "approval.share", "block_id": "b", "value": value}
    assert started.slack.click_raw(LENA, container, action).ok
    started.settle()
    assert not [words for words in started.told(LENA) if "E-" in words]
    assert len(started.said("Shared by")) == (value.startswith("l all 9"))


@pytest.mark.parametrize("verb", ["resume", "reopen", "here"])
def test_a_misspelled_name_is_never_enough_to_change_something(started: Bot, verb: str) -> None:
    before = len(started.rows(AuditEntry))
    said = answer(started, MARC, f"/onboarding {verb} acne")
    assert "P-1 Acme" in said
    assert len(started.rows(AuditEntry)) == before


@pytest.mark.parametrize(
    "verb",
    [
        "/onboarding show",
        "/onboarding steps",
        "/onboarding write",
        "/onboarding reassign",
        "/onboarding duties",
        "/gantry channels",
        "/onboarding history",
    ],
)
def test_every_verb_forgives_a_misspelled_name_or_lists_the_nearest(started: Bot, verb: str) -> None:
    filled(started, 1)
    ack = started.slack.command(LENA, CARDS, f"{verb} harbur")
    assert ack is not None
    assert "No programme is called" not in json.dumps(ack.body or {}, ensure_ascii=False)
    words = answer(started, LENA, f"{verb} zebra")
    assert "P-2 Harbour 0" in words
