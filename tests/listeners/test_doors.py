"""Signed bytes in, rows out: commands, mentions, buttons, forms and shortcuts of a whole bot."""

from __future__ import annotations

import json
from typing import Any

import pytest

import commands
from storage.tables import AuditEntry, Interaction, OutboxMessage, Program, Role, SlackEvent
from tests.reliability.rig import BOT_USER, CARDS, CLAIRE, LENA, MARC, OLGA, OPS, RANDOM, SAM, Bot

NOOR, GUS = "U0NOOR", "U0GUS"


def answer(bot: Bot, person: str, text: str, channel: str = CARDS) -> str:
    """What a command answers privately."""
    ack = bot.slack.command(person, channel, text)
    assert ack is not None
    assert ack.ok
    assert isinstance(ack.body, dict)
    assert ack.body["response_type"] == "ephemeral"
    said: str = ack.body["text"]
    return said


def opened(bot: Bot, person: str) -> Any:
    """The form in front of somebody."""
    return bot.slack.wait_for(lambda: bot.slack.view(person), what="the form")


@pytest.mark.parametrize("text", ["/gantry", "/gantry help", "/gantry aide"])
def test_help_is_private_and_lists_what_this_person_may_say(bot: Bot, text: str) -> None:
    said = answer(bot, NOOR, text)
    assert "/onboarding start" in said
    assert "/gantry roles" not in said
    assert not bot.rows(OutboxMessage)


def test_help_shows_an_administrator_more(bot: Bot) -> None:
    assert "/gantry roles" in answer(bot, OLGA, "/gantry help", OPS)


def test_help_speaks_the_readers_language(bot: Bot) -> None:
    assert answer(bot, LENA, "/gantry") != answer(bot, CLAIRE, "/gantry")


def test_an_unknown_word_is_shown_as_it_was_typed_with_the_way_out(bot: Bot) -> None:
    said = answer(bot, LENA, "/gantry quokka")
    assert "quokka" in said
    assert "/gantry help" in said


def test_a_typo_names_the_nearest_word(bot: Bot) -> None:
    assert "`/onboarding start`" in answer(bot, LENA, "/onboarding strat")


@pytest.mark.parametrize("typed", ["<!channel>", "<!here> `x` *bold*"])
def test_what_was_typed_by_mistake_notifies_nobody(bot: Bot, typed: str) -> None:
    said = answer(bot, LENA, f"/gantry {typed}")
    assert "<!" not in said


@pytest.mark.parametrize(
    "text", ["/onboarding start Zebra", "/gantry onboarding start Zebra", "/gantry démarrer Zebra"]
)
def test_every_way_to_say_start_opens_the_form_with_the_name(bot: Bot, text: str) -> None:
    bot.slack.command(LENA, CARDS, text)
    view = opened(bot, LENA)
    assert view.payload["callback_id"] == "onboarding.start"
    assert "Zebra" in json.dumps(view.blocks)
    assert not bot.rows(Program), "opening a form writes nothing"


def test_a_form_becomes_a_programme_with_its_lead_channel_and_place(bot: Bot) -> None:
    program = bot.start()
    assert (program.lead, program.channel, program.ref) == (LENA, CARDS, "P-1")
    assert (program.region, program.zone, program.country) == ("us", "America/New_York", "US")
    assert [entry.tag for entry in bot.rows(AuditEntry)][-1] == "program:start:active"
    [interaction] = bot.rows(Interaction)
    assert interaction.person == LENA


def test_page_two_keeps_page_one(bot: Bot) -> None:
    bot.slack.command(LENA, CARDS, "/onboarding start Zebra")
    opened(bot, LENA)
    bot.slack.click(LENA, "start.more")
    bot.slack.wait_for(
        lambda: opened(bot, LENA).payload["callback_id"] == "onboarding.start_more", what="page 2"
    )
    fields = {
        "purpose": "Cards",
        "physical_cards": "custom",
        "wallets": ["yes"],
        "manager": MARC,
        "language": "fr",
    }
    assert bot.slack.submit(LENA, fields)["ok"]
    program = bot.program("Zebra")
    assert (program.physical_cards, program.wallets, program.manager, program.language) == (
        "custom",
        True,
        MARC,
        "fr",
    )
    assert bot.slack.view(LENA) is None, "both pages are closed"


# fields of page 1: the field that is refused
WRONG = [
    ({"name": "   "}, "name"),
    ({"name": "A", "region": "eu"}, "region"),
    ({"name": "A", "region": "uk"}, "region"),
    ({"name": "A", "variant": "b2b_payments", "products": ["issuing", "treasury"]}, "products"),
    ({"name": "A", "variant": "expense_management", "region": "eu", "products": ["treasury"]}, "products"),
    ({"name": "A", "target_on": "2020-01-01"}, "target_on"),
    ({"name": "A", "region": "eu", "products": ["issuing", "treasury"]}, "region products"),
]


@pytest.mark.parametrize(("fields", "wrong"), WRONG)
def test_a_wrong_choice_is_said_at_its_field_and_names_what_fits(
    bot: Bot, fields: dict[str, Any], wrong: str
) -> None:
    bot.slack.command(LENA, CARDS, "/onboarding start")
    opened(bot, LENA)
    result = bot.slack.submit(LENA, fields)
    assert " ".join(result["errors"]) == wrong
    for name, fits in {"region": ("United States", "Europe"), "products": ("Issuing",)}.items():
        if name in result["errors"]:
            assert any(one in result["errors"][name] for one in fits)
    assert not bot.rows(Program)
    assert not bot.rows(Interaction)


def test_a_corrected_form_is_taken(bot: Bot) -> None:
    bot.slack.command(LENA, CARDS, "/onboarding start")
    opened(bot, LENA)
    assert "errors" in bot.slack.submit(LENA, {"name": "Acme", "region": "eu"})
    assert bot.slack.submit(LENA, {"name": "Acme", "region": "us"}) == {"ok": True}
    assert len(bot.rows(Program)) == 1


@pytest.mark.parametrize("words", ["help", "aide", "", "zebra", "list", "start", "status", "statut"])
def test_a_mention_is_answered_privately_in_its_thread(started: Bot, words: str) -> None:
    root = started.root()
    started.slack.say(SAM, CARDS, f"<@{BOT_USER}> {words}", thread_ts=root.ts)
    started.work()
    [event] = [row for row in started.rows(SlackEvent) if row.kind == "app_mention"]
    assert event.state == "handled"
    [private] = [row for row in started.rows(OutboxMessage) if row.kind == "private"]
    assert (private.person, private.channel, private.reply_ts) == (SAM, CARDS, root.ts)
    assert len(started.told(SAM)) == 1


def test_a_mention_that_needs_a_form_becomes_a_button_that_opens_it(started: Bot) -> None:
    started.slack.say(SAM, CARDS, f"<@{BOT_USER}> start Zebra")
    started.work()
    [message] = started.slack.ephemerals(SAM)
    assert started.slack.click(SAM, "verb.run", channel=CARDS, ts=message.ts).ok
    assert "Zebra" in json.dumps(opened(started, SAM).blocks)


def refused_rows(bot: Bot) -> tuple[int, int]:
    return len(bot.rows(Program)), len(bot.rows(AuditEntry))


def test_a_refusal_is_private_and_names_who_may(started: Bot) -> None:
    before = refused_rows(started)
    said = answer(started, NOOR, "/onboarding resume Acme")
    assert f"<@{MARC}>" in said
    assert refused_rows(started) == before
    roles = answer(started, NOOR, "/gantry roles")
    assert f"<@{OLGA}>" in roles


def test_a_refused_button_is_answered_only_to_who_pressed_it(started: Bot) -> None:
    step = started.take(SAM)
    started.click(NOOR, f"step.done:{step.id}")
    started.settle()
    assert started.step("supported_use_case").state == "open"
    [said] = started.told(NOOR)
    assert f"<@{SAM}>" in said
    assert f"<@{LENA}>" in said
    assert not [m for m in started.slack.messages(CARDS) if said in m.text and m.ephemeral_for is None]


def test_without_an_administrator_a_refusal_names_the_setting(bot: Bot) -> None:
    rows = bot.rows(Role)
    with bot.gantry.database.transaction() as session:
        for row in rows:
            session.delete(session.get(Role, row.id))
    assert "GANTRY_ADMINS" in answer(bot, NOOR, "/gantry roles")
    assert "GANTRY_MANAGERS" in answer(bot, NOOR, "/gantry outbox") or "GANTRY_OPERATORS" in answer(
        bot, NOOR, "/gantry outbox"
    )


def test_a_guest_is_refused_in_a_sentence(started: Bot) -> None:
    before = refused_rows(started)
    said = answer(started, GUS, "/onboarding list", RANDOM)
    assert len(said) > 20
    assert f"<@{OLGA}>" in said
    bot_view = started.slack.command(GUS, RANDOM, "/onboarding start")
    assert bot_view is not None
    assert started.slack.view(GUS) is None
    assert refused_rows(started) == before


def test_somebody_slack_does_not_answer_for_is_refused_in_a_sentence(bot: Bot) -> None:
    bot.slack.faults.slow = True
    said = answer(bot, SAM, "/onboarding list")
    bot.slack.faults.slow = False
    assert "Slack" in said
    assert "Slack" not in answer(bot, SAM, "/onboarding list"), "the next time Slack answers, they may"


@pytest.mark.parametrize(
    "action", ["zebra:1", "step.take:x", "step.take:999999", "step.take:-1", "step.take:"]
)
def test_a_button_that_means_nothing_is_acknowledged_and_changes_nothing(started: Bot, action: str) -> None:
    before = refused_rows(started)
    container, sent = started.button(f"step.take:{started.step('supported_use_case').id}")
    value = action.partition(":")[2]
    ack = started.slack.click_raw(SAM, container, {**sent, "action_id": action, "value": value})
    assert ack.ok
    assert refused_rows(started) == before
    assert not [told for told in started.told(SAM) if "E-" in told]


@pytest.mark.parametrize(
    "verb", ["list", "show Acme", "show", "steps Acme", "people Acme", "show zebra", "pause zebra"]
)
def test_every_verb_of_a_programme_answers(started: Bot, verb: str) -> None:
    ack = started.slack.command(LENA, CARDS, f"/onboarding {verb}")
    assert ack is not None
    assert ack.ok
    assert "E-" not in json.dumps(ack.body or {})
    if not ack.body:
        assert opened(started, LENA).blocks


def test_two_programmes_of_one_name_are_asked_about(started: Bot) -> None:
    started.start("Acme two")
    said = answer(started, LENA, "/onboarding show Acme t")
    assert "Acme two" in said
    said = answer(started, MARC, "/onboarding resume ac")
    assert "P-1" in said
    assert "P-2" in said


def test_a_role_is_granted_shown_and_withdrawn(bot: Bot) -> None:
    answer(bot, OLGA, f"/gantry roles grant <@{SAM}> operator 2099-12-31", OPS)
    assert f"<@{SAM}>" in answer(bot, OLGA, "/gantry roles", OPS)
    assert "0" in answer(bot, SAM, "/gantry outbox")
    answer(bot, OLGA, f"/gantry roles withdraw <@{SAM}> operator", OPS)
    assert f"<@{OLGA}>" in answer(bot, SAM, "/gantry outbox")
    tags = [entry.tag for entry in bot.rows(AuditEntry)]
    assert tags[-2:] == ["role:grant:granted", "role:withdraw:withdrawn"]


def test_the_last_administrator_stays(bot: Bot) -> None:
    answer(bot, OLGA, f"/gantry roles withdraw <@{OLGA}> admin", OPS)
    assert next(row for row in bot.rows(Role) if row.role == "admin").state == "granted"


@pytest.mark.parametrize(
    "words",
    [
        "grant",
        "grant nobody operator",
        f"grant <@{SAM}> owner",
        f"grant <@{SAM}> operator 2020-01-01",
        f"grant <@{SAM}> operator soon",
        "zebra zebra zebra",
    ],
)
def test_wrong_words_after_roles_are_explained(bot: Bot, words: str) -> None:
    before = len(bot.rows(Role))
    said = answer(bot, OLGA, f"/gantry roles {words}", OPS)
    assert len(said) > 10
    assert len(bot.rows(Role)) == before


def test_every_button_that_a_view_shows_has_a_door(started: Bot) -> None:
    shown: set[str] = set()
    for turn in (lambda: None, lambda: started.take(SAM)):
        turn()
        shown |= {
            element["action_id"]
            for message in started.slack.messages(CARDS)
            for block in message.blocks or []
            for element in [*block.get("elements", []), block.get("accessory") or {}]
            if "action_id" in element
        }
    assert len(shown) >= 8
    assert [name for name in shown if commands.DOORS.button(name) is None] == []


def test_a_button_that_says_a_verb_asks_for_the_right_of_the_verb(started: Bot) -> None:
    answer(started, GUS, "/gantry help", RANDOM)
    [helped] = started.slack.ephemerals(GUS)
    before = len(started.slack.ephemerals(GUS))
    for name in ("verb.run:list", "verb.run:start"):
        assert started.slack.click(GUS, name, channel=RANDOM, ts=helped.ts).ok
    started.settle()
    told = [message.text for message in started.slack.ephemerals(GUS)[before:]]
    assert len(told) == 2
    assert not [words for words in told if "Acme" in words]
    assert started.slack.view(GUS) is None


def test_the_page_below_a_form_shows_what_the_form_did(bot: Bot) -> None:
    program = bot.start()
    bot.settle()
    step = bot.step("supported_use_case")
    bot.slack.click(LENA, f"step.open:{program.id}", channel=CARDS, value=str(step.id))
    bot.slack.wait_for(lambda: opened(bot, LENA).payload["callback_id"] == "step.page", what="the page")
    page = opened(bot, LENA).id
    bot.slack.click(LENA, "step.block")
    bot.slack.wait_for(lambda: opened(bot, LENA).payload["callback_id"] == "step.block", what="the form")
    assert bot.slack.submit(LENA, {"reason": "Waiting for the bank"})["ok"]
    bot.slack.wait_for(
        lambda: "Waiting for the bank" in json.dumps(opened(bot, LENA).payload), what="the news"
    )
    assert opened(bot, LENA).id == page
    assert "step.unblock" in json.dumps(opened(bot, LENA).payload)
