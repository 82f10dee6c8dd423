"""Channels that Gantry may not write in, boards that are gone, tokens that were taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.role import Asker
from bot.outbox import put_board
from bot.playground.workspace import Message
from bot.services import onboarding
from bot.services import step as service
from storage.queries import thread as threads
from storage.tables import OutboxMessage, Program
from tests.reliability.rig import BOT_USER, CARDS, LENA, OPS, RANDOM, SAM, Bot


def _dead(bot: Bot) -> list[OutboxMessage]:
    return [row for row in bot.rows(OutboxMessage) if row.state == "dead"]


def test_a_channel_without_gantry_gives_a_dead_letter_and_one_note_with_the_line_that_helps(
    bot: Bot,
) -> None:
    bot.start(channel=RANDOM)
    bot.settle(20, step=2)
    assert [(row.kind, row.error) for row in _dead(bot)] == [("board", "not_in_channel")]
    [note] = [message for message in bot.slack.messages(LENA) if message.bot]
    assert "/invite @Gantry" in note.text
    assert f"<#{RANDOM}>" in note.text


def test_after_the_invitation_an_operator_sends_the_board_and_its_thread_follows(bot: Bot) -> None:
    bot.start(channel=RANDOM)
    bot.settle(20, step=2)
    bot.slack.command(LENA, RANDOM, "/invite @Gantry")
    bot.slack.command("U0OLGA", OPS, "/gantry outbox")
    bot.slack.click("U0OLGA", f"outbox.again:{_dead(bot)[0].id}", channel=OPS)
    bot.settle()
    assert bot.waiting() == []
    root, first = [message for message in bot.slack.messages(RANDOM) if message.bot]
    assert (root.ts, first.thread_ts) == (bot.root().ts, root.ts)
    assert bot.is_true(bot.root())


def test_a_note_about_a_channel_is_not_repeated_within_the_hour(started: Bot) -> None:
    started.slack.slack.workspace.channels[CARDS].members.remove(BOT_USER)
    step = started.step("supported_use_case")
    where = started.button(f"step.take:{step.id}")
    started.slack.click_raw(SAM, *where)
    started.settle(30, step=2)
    with started.gantry.database.reading() as session:
        assert session.get(Program, step.program_id) is not None
    notes = [message for message in started.slack.messages(LENA) if message.bot]
    assert len(notes) == 1


@pytest.mark.parametrize("act", ["a post", "an edit"])
def test_an_archived_channel_is_told_to_the_lead_and_not_tried_again(started: Bot, act: str) -> None:
    step = started.take()
    where = started.button(f"step.assign:{step.id}")
    started.slack.slack.workspace.channels[CARDS].archived = True
    if act == "a post":
        started.slack.click_raw(LENA, *where)
        started.slack.wait_for(lambda: started.slack.view(LENA), what="the form")
        started.slack.submit(LENA, {"user": "U0CLAIRE"})
    else:
        with started.gantry.database.transaction() as session:
            row = threads.of(session, "program", step.program_id)
            assert row is not None
            put_board(session, row, language="en", now=started.clock.now())
    started.settle(30, step=2)
    assert {row.error for row in _dead(started)} <= {"is_archived", "is_inactive"}
    notes = [message.text for message in started.slack.messages(LENA) if message.bot]
    assert len(notes) == 1
    assert "/invite" not in notes[0]
    calls = len(started.slack.traffic)
    started.settle(60)
    assert len(started.slack.traffic) == calls


def test_with_a_revoked_token_nothing_is_given_up_and_everything_is_said_afterwards(started: Bot) -> None:
    step = started.take()
    started.slack.faults.token_revoked = True
    _blocked(started, step.id)
    tried = started.calls("chat.update") + started.calls("chat.postMessage")
    started.settle(25, step=2)
    assert started.calls("chat.update") + started.calls("chat.postMessage") <= tried + 3
    assert _dead(started) == []
    assert started.said("is blocked") == []
    started.slack.faults.token_revoked = False
    started.settle()
    assert len(started.said("is blocked")) == 1
    assert not any(row.again for row in started.rows(OutboxMessage))
    assert started.is_true(started.root())


def _blocked(bot: Bot, step_id: int) -> None:
    """Block a step without its form, which a revoked token cannot open."""
    with bot.gantry.database.transaction() as session:
        service.block(
            session,
            Asker(team="T0PLAY", user=SAM, role="support"),
            step_id,
            "No answer",
            (bot.clock.now() + timedelta(days=3)).date(),
            bot.clock.now(),
        )


def test_an_app_that_is_removed_says_nothing_until_it_is_back(started: Bot) -> None:
    step = started.take()
    assert started.slack.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}})
    started.work()
    _blocked(started, step.id)
    started.settle(60, step=10)
    assert started.said("is blocked") == []
    started.settle(600, step=10)
    assert len(started.said("is blocked")) == 1


def _board(bot: Bot) -> Message:
    found = bot.slack.slack.workspace.find(CARDS, bot.root().ts)
    assert found is not None
    return found


def test_a_deleted_board_is_posted_afresh_with_a_hint_and_its_thread_follows(started: Bot) -> None:
    step = started.take()
    old = _board(started)
    started.slack.slack.workspace.delete(old)
    _blocked(started, step.id)
    started.settle()
    new = _board(started)
    assert new.ts != old.ts
    assert started.root().previous.endswith(old.ts)
    assert old.ts.replace(".", "") in str(new.blocks)
    assert started.thread("step", step.id).ts > new.ts
    _blocked(started, step.id)
    started.settle()
    replies = [message for message in started.slack.messages(CARDS) if message.thread_ts == new.ts]
    assert any("is blocked" in message.text for message in replies)
    assert started.is_true(started.root())
    assert started.is_true(started.thread("step", step.id))
    assert started.waiting() == []


def test_a_deleted_step_message_is_posted_afresh_in_the_same_thread(started: Bot) -> None:
    step = started.take()
    row = started.thread("step", step.id)
    gone = started.slack.slack.workspace.find(CARDS, row.ts)
    assert gone is not None
    started.slack.slack.workspace.delete(gone)
    _blocked(started, step.id)
    started.settle()
    fresh = started.thread("step", step.id)
    assert fresh.ts != row.ts
    shown = started.slack.slack.workspace.find(CARDS, fresh.ts)
    assert shown is not None
    assert shown.thread_ts == started.root().ts
    assert started.is_true(fresh)


def test_a_deleted_thread_is_begun_again(started: Bot) -> None:
    step = started.take()
    for message in reversed(started.slack.thread(CARDS, started.root().ts)):
        started.slack.slack.workspace.delete(message)
    _blocked(started, step.id)
    started.settle()
    assert started.waiting() == []
    assert started.is_true(started.root())
    assert started.is_true(started.thread("step", step.id))
    assert len(started.said("is blocked")) == 1


def test_a_board_that_moves_while_messages_wait_takes_them_along(started: Bot) -> None:
    step = started.take()
    started.slack.faults.rate_limit = True
    _blocked(started, step.id)
    started.settle(2)
    _move(started)
    started.slack.faults.rate_limit = False
    started.settle()
    assert started.waiting() == []
    boards = [message for message in started.slack.messages(OPS) if message.bot and not message.is_reply]
    assert [message.ts for message in boards] == [started.root().ts]
    assert [message.thread_ts for message in started.said("is blocked", OPS)] == [started.root().ts]
    assert started.is_true(started.root())
    assert _dead(started) == []


def _move(bot: Bot) -> None:
    """Bring the board to the operations channel, where Lena herself cannot type."""
    program = bot.program()
    with bot.gantry.database.transaction() as session:
        onboarding.bring_board(
            session,
            Asker(team="T0PLAY", user=LENA, role="member"),
            program.id,
            OPS,
            bot.clock.now(),
        )


def test_a_board_that_moves_before_it_was_posted_appears_once_in_its_new_place(bot: Bot) -> None:
    bot.start()
    _move(bot)
    bot.settle()
    assert bot.said("Acme", CARDS) == []
    assert len([message for message in bot.said("Acme", OPS) if not message.is_reply]) == 1
    assert bot.waiting() == []
