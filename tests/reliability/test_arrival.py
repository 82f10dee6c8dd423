"""With a history scope, a message that may have arrived is looked up before it is sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from bot.effects import workspace
from storage.tables import OutboxMessage
from tests.reliability.rig import AGAIN, CARDS, LENA, SAM, Bot

HISTORY = ("channels:history", "groups:history")
LOOKS = ("conversations.history", "conversations.replies")


@pytest.fixture
def seeing(bot: Bot) -> Iterator[Bot]:
    """A bot that may read channels, which it has learned from Slack, with one programme."""
    granted = bot.slack.slack.manifest["oauth_config"]["scopes"]["bot"]
    before = list(granted)
    granted.extend(HISTORY)
    try:
        assert workspace.refresh(bot.gantry.database, bot.gantry.slack, bot.clock, bot.gantry.roles)
        yield bot
    finally:
        granted[:] = before


def _board(bot: Bot) -> str:
    bot.start("Lost")
    return "Lost (P-2): "


def _notice(bot: Bot) -> str:
    bot.block(bot.take(), "No answer")
    return "is blocked"


def _step(bot: Bot) -> str:
    bot.click(SAM, f"step.take:{bot.step('supported_use_case').id}")
    return "(Acme)"


def _looks(bot: Bot) -> int:
    return sum(bot.calls(method) for method in LOOKS)


@pytest.mark.parametrize("put", [_board, _notice, _step], ids=["a board", "a notice", "a step"])
def test_what_arrived_is_found_and_not_sent_again(seeing: Bot, put: Callable[[Bot], str]) -> None:
    seeing.start()
    seeing.settle()
    words = put(seeing)
    posts = seeing.calls("chat.postMessage")
    seeing.slack.faults.drop_posts = 1
    seeing.settle()
    [one] = seeing.said(words)
    assert AGAIN not in one.text
    assert _looks(seeing) == 1
    assert seeing.waiting() == []
    assert not any(row.again for row in seeing.rows(OutboxMessage))
    new = [row for row in seeing.rows(OutboxMessage) if row.ts == one.ts]
    assert [row.state for row in new] == ["sent"]
    assert seeing.calls("chat.postMessage") - posts == 1 + (words.startswith("Lost")), "its notice follows"


def test_a_board_that_was_found_is_edited_to_what_is_true_now(seeing: Bot) -> None:
    seeing.start()
    seeing.slack.faults.drop_posts = 1
    seeing.work()
    seeing.settle()
    assert seeing.is_true(seeing.root())
    assert not seeing.root().again
    assert seeing.root().shown == seeing.root().wanted
    assert seeing.calls("chat.update") >= 1


@pytest.mark.parametrize("put", [_board, _notice], ids=["a board", "a notice"])
def test_what_did_not_arrive_is_sent_and_says_so(seeing: Bot, put: Callable[[Bot], str]) -> None:
    seeing.start()
    seeing.settle()
    words = put(seeing)
    seeing.slack.faults.outage = True
    seeing.settle(1)
    seeing.slack.faults.outage = False
    seeing.settle()
    [one] = seeing.said(words)
    assert AGAIN in one.text
    assert _looks(seeing) >= 1


def test_a_look_that_fails_is_repeated_and_nothing_is_sent_meanwhile(seeing: Bot) -> None:
    seeing.start()
    seeing.settle()
    words = _notice(seeing)
    seeing.slack.faults.drop_posts = 1
    seeing.work()
    seeing.slack.faults.drop_reply = True
    seeing.clock.pass_wall(timedelta(seconds=5))
    seeing.settle(10)
    assert _looks(seeing) > 1
    assert len(seeing.said(words)) == 1
    assert "dead" not in seeing.outcome()
    seeing.slack.faults.drop_reply = False
    seeing.settle()
    assert len(seeing.said(words)) == 1
    assert seeing.waiting() == []


def test_a_scope_that_does_not_reach_this_channel_does_not_stop_the_message(seeing: Bot) -> None:
    seeing.slack.slack.manifest["oauth_config"]["scopes"]["bot"].remove("channels:history")
    seeing.start()
    seeing.settle()
    words = _notice(seeing)
    seeing.slack.faults.drop_posts = 1
    seeing.settle()
    plain, marked = seeing.said(words)
    assert (AGAIN in plain.text, AGAIN in marked.text) == (False, True)


def test_without_the_scope_nothing_is_looked_up(started: Bot) -> None:
    words = _notice(started)
    started.slack.faults.drop_posts = 1
    started.settle()
    assert _looks(started) == 0
    assert [AGAIN in message.text for message in started.said(words)] == [False, True]


def test_every_message_carries_the_number_of_its_row_and_nothing_else(started: Bot) -> None:
    _notice(started)
    started.settle()
    rows: dict[str, int] = {}  # the first row of a board posted it, the others edit it
    for row in started.rows(OutboxMessage):
        rows.setdefault(row.ts, row.id)
    said = [message for message in started.slack.messages(CARDS) if message.bot]
    assert len(said) >= 4
    for message in said:
        assert message.metadata == {
            "event_type": "gantry_message",
            "event_payload": {"id": rows[message.ts]},
        }, json.dumps(message.metadata)
    assert all(message.metadata is None for message in started.slack.ephemerals(LENA))
