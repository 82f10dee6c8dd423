"""Notices that are edited in place after they were said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.role import Asker
from bot.effects.deliver import Delivery
from bot.outbox import amend_notice
from bot.playground.workspace import Message
from bot.services import board, notice, onboarding
from bot.services import step as service
from bot.views import registry
from storage.tables import OutboxMessage
from tests.reliability.rig import AGAIN, CARDS, CLAIRE, HOME, LENA, OLGA, OPS, SAM, Bot

FIRST = "supported_use_case"
TEAM = "T0PLAY"


def _first(bot: Bot) -> OutboxMessage:
    found: OutboxMessage = next(row for row in bot.rows(OutboxMessage) if row.kind == "notice")
    return found


def _edits(bot: Bot) -> list[OutboxMessage]:
    return [row for row in bot.rows(OutboxMessage) if row.kind == "amend"]


def _shown(bot: Bot) -> Message:
    first = _first(bot)
    found = bot.slack.slack.workspace.find(first.channel, first.ts)
    assert found is not None
    return found


def _buttons(message: Message) -> int:
    return json.dumps(message.blocks).count('"action_id"')


def _amend(bot: Bot, correction: Mapping[str, object] | None = None) -> None:
    number = _first(bot).id
    with bot.gantry.database.transaction() as session:
        amend_notice(session, number, now=bot.clock.now(), correction=correction)


def _undone(bot: Bot) -> dict[str, object]:
    at = bot.clock.now().isoformat()
    return {"what": "undone", "actor": CLAIRE, "at": at, "reason": "Wrong one", "names": {CLAIRE: "Claire"}}


def test_the_button_goes_when_somebody_takes_the_step(started: Bot) -> None:
    before = _shown(started)
    said, when = before.text, before.ts
    assert _buttons(before) == 1
    started.take()
    after = _shown(started)
    assert (_buttons(after), after.text, after.ts) == (0, said, when)
    assert [row.state for row in _edits(started)] == ["sent"]
    assert started.calls("chat.postMessage") == 3, "board, first notice, the step's own message"


def test_a_notice_that_leaves_late_has_no_dead_button(bot: Bot) -> None:
    bot.start()
    bot.slack.faults.outage = True
    bot.settle(2)
    step = bot.step(FIRST)
    with bot.gantry.database.transaction() as session:
        service.take(session, Asker(team=TEAM, user=SAM, role="support"), step.id, bot.clock.now())
    bot.slack.faults.outage = False
    bot.settle()
    assert _buttons(_shown(bot)) == 0
    assert bot.waiting() == []


def test_a_correction_stands_above_what_was_said_and_nothing_can_be_clicked(started: Bot) -> None:
    said = _shown(started).text
    _amend(started, _undone(started))
    started.settle()
    shown = _shown(started)
    assert shown.text.startswith("Taken back by Claire on ")
    assert shown.text.endswith(said)
    assert "Wrong one" in shown.text
    assert _buttons(shown) == 0
    _, first, *_ = shown.blocks or []
    assert first["text"]["text"].startswith("~")


def test_what_is_asked_while_an_edit_is_on_its_way_is_shown_next(started: Bot) -> None:
    gantry, asked = started.gantry, []

    def render(view: str, language: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        if not asked:
            asked.append(view)
            _amend(started, _undone(started))
        return registry.render(view, language, facts)

    _amend(started)
    busy = Delivery(
        gantry.database,
        gantry.slack,
        started.clock,
        owner="busy",
        render=render,
        boards=board.LOADERS,
        notice=notice.facts_of,
        home=HOME,
    )
    [number] = busy.claim()
    busy.deliver(number)
    assert "Taken back" not in _shown(started).text
    started.settle()
    assert "Taken back" in _shown(started).text
    assert len(_edits(started)) == 1


def test_a_lost_reply_to_an_edit_is_repeated_without_a_mark(started: Bot) -> None:
    started.slack.faults.drop_reply = True
    _amend(started, _undone(started))
    started.settle(10)
    started.slack.faults.drop_reply = False
    started.settle()
    assert [row.state for row in _edits(started)] == ["sent"]
    assert AGAIN not in _shown(started).text


def test_an_edit_keeps_the_mark_of_a_message_that_was_sent_again(bot: Bot) -> None:
    bot.start()
    bot.work()
    bot.slack.faults.drop_posts = 1
    bot.settle()
    assert _first(bot).again
    bot.take()
    assert AGAIN in _shown(bot).text
    assert _buttons(_shown(bot)) == 0


def test_an_edit_that_slack_holds_back_does_not_hold_up_the_thread(started: Bot) -> None:
    step = started.take()
    started.slack.faults.drop_reply = True
    _amend(started)
    started.work()
    started.block(step, "No answer")
    started.settle(4)
    assert started.said("is blocked")
    assert {row.kind for row in started.waiting()} >= {"amend"}


@pytest.mark.parametrize("how", ["deleted", "archived", "emptied"])
def test_an_edit_of_what_nobody_can_see_ends_quietly(started: Bot, how: str) -> None:
    if how == "deleted":
        started.slack.slack.workspace.delete(_shown(started))
    elif how == "archived":
        started.slack.slack.workspace.channels[CARDS].archived = True
    else:
        number = _first(started).id
        with started.gantry.database.transaction() as session:
            found = session.get(OutboxMessage, number)
            assert found is not None
            found.facts = None
    _amend(started, _undone(started))
    started.settle()
    assert [row.state for row in _edits(started)] == ["sent"]
    assert "dead" not in started.outcome()
    assert [message for message in started.slack.messages(LENA) if message.bot] == []


def test_a_dead_notice_that_an_operator_sends_leaves_corrected(bot: Bot) -> None:
    bot.start()
    bot.work()
    bot.slack.faults.drop_posts = 2
    bot.settle()
    dead = _first(bot)
    assert dead.state == "dead"
    _amend(bot, _undone(bot))
    assert _edits(bot) == []
    bot.slack.command(OLGA, OPS, "/gantry outbox")
    bot.slack.click(OLGA, f"outbox.again:{dead.id}", channel=OPS)
    bot.settle()
    assert "Taken back" in _shown(bot).text


def test_after_the_board_has_moved_the_notice_is_edited_where_it_is(started: Bot) -> None:
    step = started.step(FIRST)
    with started.gantry.database.transaction() as session:
        who = Asker(team=TEAM, user=LENA, role="member")
        onboarding.bring_board(session, who, step.program_id, OPS, started.clock.now())
    started.settle()
    started.clock.pass_wall(timedelta(seconds=5))
    _amend(started, _undone(started))
    started.settle()
    assert "Taken back" in _shown(started).text
    assert _shown(started).channel == CARDS
