"""A card number is refused at its field, and nowhere kept: not in a row, not in a log, not in an answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from storage.tables import Evidence, SlackEvent
from tests.reliability.rig import BOT_USER, CARDS, LENA, MARC, OLGA, SAM, Bot

PAN = "4242424242424242"
SAID = ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "card:378282246310005."]
DIGITS = ("4242424242424242", "378282246310005")


def everything(bot: Bot) -> str:
    """All that the database holds, with the separators of numbers taken out."""
    with bot.gantry.database.reading() as session:
        found = [
            [str(value) for value in row.model_dump().values()]
            for mapper in SQLModel._sa_registry.mappers
            if hasattr(mapper.class_, "__table__") and mapper.class_.__module__ == "storage.tables"
            for row in session.exec(select(mapper.class_)).all()
        ]
    return squeezed(json.dumps(found))


def squeezed(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def kept_nowhere(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    bot.settle()
    kept, logged = everything(bot), squeezed(caplog.text)
    shown = squeezed(str([m.text for m in bot.slack.slack.workspace.ephemerals.values() if m.bot]))
    for digits in DIGITS:
        assert digits not in kept
        assert digits not in logged
        assert digits not in shown


COMMANDS = ["/gantry {}", "/onboarding start {}", "/onboarding show {}", "/gantry onboarding list {}"]


def test_commands_refuse_a_card_number(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for text in COMMANDS:
        for pan in SAID:
            ack = bot.slack.command(LENA, CARDS, text.format(pan))
            assert ack is not None
            assert "E-" not in str(ack.json)
            assert not [digits for digits in DIGITS if digits in squeezed(str(ack.json))]
            assert ack.json["response_type"] == "ephemeral"
    kept_nowhere(bot, caplog)


def refused(bot: Bot, person: str, field: str, fields: dict[str, Any]) -> None:
    bot.slack.wait_for(lambda: bot.slack.view(person), what="the form")
    result = bot.slack.submit(person, fields)
    assert list(result["errors"]) == [field]
    assert "4242" not in str(result)


def page_two(bot: Bot) -> None:
    bot.slack.command(LENA, CARDS, "/onboarding start Zebra")
    bot.slack.wait_for(lambda: bot.slack.view(LENA), what="the form")
    bot.slack.click(LENA, "start.more")
    bot.slack.wait_for(
        lambda: bot.slack.view(LENA).payload["callback_id"] == "onboarding.start_more",  # type: ignore[union-attr]
        what="page 2",
    )


def by_command(text: str) -> Callable[[Bot], None]:
    return lambda bot: bot.slack.command(MARC, CARDS, text) and None


def by_button(action: str) -> Callable[[Bot], None]:
    return lambda bot: bot.click(SAM, f"{action}:{bot.take().id}")


# how the form is opened, by whom, the field, and what else the form needs
FIELDS: list[tuple[Callable[[Bot], None], str, str, dict[str, Any]]] = [
    (by_command("/onboarding start"), MARC, "name", {}),
    (page_two, LENA, "purpose", {}),
    (page_two, LENA, "contact_name", {}),
    (page_two, LENA, "contact_email", {}),
    (by_command("/onboarding pause Acme"), MARC, "reason", {}),
    (by_command("/onboarding cancel Acme"), MARC, "reason", {}),
    (by_button("step.block"), SAM, "reason", {}),
]


@pytest.mark.parametrize(("form", "person", "field", "more"), FIELDS, ids=[row[2] for row in FIELDS])
def test_forms_refuse_a_card_number_at_its_field(
    started: Bot,
    caplog: pytest.LogCaptureFixture,
    form: Callable[[Bot], None],
    person: str,
    field: str,
    more: dict[str, Any],
) -> None:
    caplog.set_level(logging.INFO)
    form(started)
    value = f"{PAN}@example.com" if field == "contact_email" else f"It is {PAN}, I think"
    refused(started, person, field, {field: value, **more})
    kept_nowhere(started, caplog)


def test_page_two_is_not_opened_over_a_card_number(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    bot.slack.command(LENA, CARDS, "/onboarding start")
    bot.slack.wait_for(lambda: bot.slack.view(LENA), what="the form")
    view = bot.slack.view(LENA)
    assert view is not None
    values = bot.slack.fill(LENA, {"name": PAN})
    block = next(block for block in view.blocks if block["block_id"] == "pages")
    action = {**block["elements"][0], "block_id": "pages"}
    bot.slack.click_raw(LENA, {"type": "view", "view_id": view.id}, action, values)
    bot.slack.idle()
    now = bot.slack.view(LENA)
    assert now is not None
    assert now.payload["callback_id"] != "onboarding.start_more"
    kept_nowhere(bot, caplog)


def test_a_mention_is_kept_without_the_number(started: Bot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    said = [words.format(pan) for words in ("start {}", "{}", "my card {} is gone") for pan in SAID]
    for words in said:
        started.slack.say(SAM, CARDS, f"<@{BOT_USER}> {words}")
    kept_nowhere(started, caplog)
    events = [row for row in started.rows(SlackEvent) if row.kind == "app_mention"]
    assert [event.state for event in events] == ["handled"] * len(said)


def test_links_of_evidence_refuse_a_card_number(started: Bot, caplog: pytest.LogCaptureFixture) -> None:
    by_button("step.evidence")(started)
    refused(started, SAM, "link", {"link": f"https://example.com/{PAN}"})
    assert not started.rows(Evidence)
    kept_nowhere(started, caplog)


def test_names_of_files_refuse_a_card_number(started: Bot, caplog: pytest.LogCaptureFixture) -> None:
    file = started.slack.upload(SAM, f"card {PAN}.pdf", b"%PDF-1.7 x", "application/pdf")
    by_button("step.evidence")(started)
    refused(started, SAM, "files", {"files": [file.id]})
    assert not started.rows(Evidence)
    kept_nowhere(started, caplog)


def test_a_message_whose_file_is_named_after_a_card_gives_no_evidence(
    started: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    file = started.slack.upload(SAM, f"card {PAN}.pdf", b"%PDF-1.7 x", "application/pdf")
    said = started.slack.say(SAM, CARDS, "Look", files=[file.id])
    started.slack.shortcut(SAM, "evidence.from_message", CARDS, said.ts)
    started.slack.idle()
    if started.slack.view(SAM) is not None:
        started.slack.submit(SAM, {"step": str(started.step("supported_use_case").id)})
    assert not started.rows(Evidence)
    kept_nowhere(started, caplog)


def test_roles_refuse_a_card_number(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    ack = bot.slack.command(OLGA, "C0OPS", f"/gantry roles grant {PAN} operator")
    assert ack is not None
    assert PAN not in str(ack.json)
    kept_nowhere(bot, caplog)


def test_numbers_that_are_no_cards_are_taken(bot: Bot) -> None:
    assert bot.start("Acme 4242424242424241").name == "Acme 4242424242424241"
