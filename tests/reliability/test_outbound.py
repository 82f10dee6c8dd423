"""What is on its way to Slack when a reply is lost, Slack asks to wait, or a sender vanishes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from bot import plans
from bot.domain.plan import Answers
from bot.domain.role import Asker
from bot.effects.deliver import Delivery
from bot.outbox import put_direct
from bot.services import board, notice, onboarding
from bot.services import step as service
from bot.views import registry
from storage import DatabaseBusyError
from storage.queries import outbox
from storage.tables import OutboxMessage
from tests.reliability.rig import AGAIN, CARDS, CLAIRE, HOME, LENA, MARC, OLGA, OPS, SAM, Bot

TEAM = "T0PLAY"


def _board(bot: Bot) -> tuple[str, str]:
    bot.start("Lost")
    return "board", "Lost (P-2): "


def _notice(bot: Bot) -> tuple[str, str]:
    bot.block(bot.take(), "No answer")
    return "notice", "is blocked"


def _step(bot: Bot) -> tuple[str, str]:
    bot.click(SAM, f"step.take:{bot.step('supported_use_case').id}")
    return "board", "(Acme)"


def _direct(bot: Bot) -> tuple[str, str]:
    _tell(bot, "Ropery")
    return "direct", "Ropery"


def _tell(bot: Bot, name: str, person: str = LENA) -> None:
    facts = {"channel": CARDS, "code": "not_in_channel", "program": "P-9", "name": name}
    with bot.gantry.database.transaction() as session:
        put_direct(
            session,
            team=TEAM,
            user=person,
            view="outbox.no_entry",
            facts=facts,
            language="en",
            now=bot.clock.now(),
        )


KINDS = (_board, _notice, _step, _direct)


@pytest.mark.parametrize("put", KINDS, ids=["a board", "a notice", "a step", "a direct message"])
def test_after_a_lost_reply_a_message_is_sent_once_more_and_says_so(
    started: Bot, put: Callable[[Bot], tuple[str, str]]
) -> None:
    kind, words = put(started)
    started.slack.faults.drop_posts = 1
    started.settle()
    place = LENA if kind == "direct" else CARDS
    plain, marked = started.said(words, place)[-2:]
    assert (AGAIN in plain.text, AGAIN in marked.text) == (False, True)
    assert started.waiting() == []
    assert "dead" not in started.outcome()
    assert len(started.said(words, place)) == 2


def test_the_thread_hangs_on_the_board_that_is_known_after_a_lost_reply(bot: Bot) -> None:
    bot.start()
    bot.slack.faults.drop_posts = 1
    bot.settle()
    bot.block(bot.take(), "No answer")
    bot.settle()
    root = bot.root()
    _, known = (message for message in bot.said("Acme") if not message.is_reply)
    assert root.ts == known.ts
    assert {m.thread_ts for m in bot.slack.messages(CARDS) if m.bot and m.is_reply} == {root.ts}
    assert bot.is_true(root)


def test_after_a_second_lost_reply_it_is_a_dead_letter_that_an_operator_sends_again(started: Bot) -> None:
    _notice(started)
    started.slack.faults.drop_posts = 2
    started.settle()
    [dead] = [row for row in started.rows(OutboxMessage) if row.state == "dead"]
    assert dead.view == "step.blocked"
    assert len(started.said("is blocked")) == 2
    started.slack.command(OLGA, OPS, "/gantry outbox")
    assert f"{dead.id}" in started.told(OLGA)[-1]
    assert dead.error in started.told(OLGA)[-1]
    started.slack.click(OLGA, f"outbox.again:{dead.id}", channel=OPS)
    started.settle()
    assert [row.state for row in started.rows(OutboxMessage) if row.id == dead.id] == ["sent"]
    assert [AGAIN in message.text for message in started.said("is blocked")] == [False, True, True]
    assert len(started.audited("outbox:retry:pending")) == 1


def test_what_follows_a_dead_letter_is_not_held_up(started: Bot) -> None:
    _notice(started)
    started.slack.faults.drop_posts = 2
    started.settle()
    started.unblock(started.step("supported_use_case"))
    started.settle()
    assert started.waiting() == []
    assert started.said("no longer blocked")


def test_a_lost_reply_to_an_edit_heals_by_the_next_one(started: Bot) -> None:
    step = started.take()
    started.slack.faults.drop_reply = True
    started.block(step, "No answer")
    started.settle(20)
    assert {row.kind for row in started.waiting()} == {"board"}
    started.slack.faults.drop_reply = False
    started.settle()
    assert started.is_true(started.root())
    assert started.is_true(started.thread("step", step.id))
    assert [AGAIN in message.text for message in started.slack.messages(CARDS)].count(True) == 0
    assert "dead" not in started.outcome()


def test_the_mark_of_a_board_that_may_be_there_twice_stays_at_each_edit(bot: Bot) -> None:
    bot.start()
    bot.slack.faults.drop_posts = 1
    bot.settle()
    step = bot.take()
    bot.block(step, "No answer")
    bot.settle()
    shown = bot.slack.slack.workspace.find(CARDS, bot.root().ts)
    assert shown is not None
    assert "blocked" in str(shown.blocks).lower()
    assert shown.text.count(AGAIN) == 1
    assert bot.root().again
    assert not bot.thread("step", step.id).again


def test_a_board_that_is_posted_afresh_carries_no_old_mark(bot: Bot) -> None:
    bot.start()
    bot.slack.faults.drop_posts = 1
    bot.settle()
    old = bot.slack.slack.workspace.find(CARDS, bot.root().ts)
    assert old is not None
    bot.slack.slack.workspace.delete(old)
    bot.take()
    fresh = bot.slack.slack.workspace.find(CARDS, bot.root().ts)
    assert fresh is not None
    assert fresh.ts != old.ts
    assert AGAIN not in fresh.text


def test_retry_after_holds_back_one_method_and_keeps_the_order(started: Bot) -> None:
    step = started.take()
    started.slack.faults.rate_limit = True
    started.slack.faults.retry_after = 30
    posts, edits = started.calls("chat.postMessage"), started.calls("chat.update")
    started.block(step, "First reason")
    started.work()
    started.unblock(started.step("supported_use_case"))
    started.work()
    _tell(started, "Ropery")
    started.settle(25)
    assert started.calls("chat.postMessage") == posts + 1
    assert started.calls("chat.update") > edits
    assert started.is_true(started.root())
    started.slack.faults.rate_limit = False
    started.settle()
    said = [m.text for m in started.slack.thread(CARDS, started.root().ts)][-2:]
    assert "is blocked" in said[0]
    assert "no longer blocked" in said[1]
    assert started.said("Ropery", LENA)
    assert not any(row.again for row in started.rows(OutboxMessage))


def test_a_channel_that_waits_does_not_hold_up_the_others(started: Bot) -> None:
    for number in range(80):
        _crowd(started, number)
    started.start("Calm", OLGA, OPS)
    started.settle(5)
    assert started.said("Calm", OPS)


def test_a_method_that_waits_does_not_hold_up_the_others(started: Bot) -> None:
    step = started.take()
    for number in range(80):
        _crowd(started, number)
    started.slack.faults.rate_limit, started.slack.faults.retry_after = True, 60
    for _ in range(2):
        started.clock.pass_wall(timedelta(seconds=5))
        started.work()
    started.block(step, "No answer")
    started.settle(10)
    assert started.is_true(started.root())


def _crowd(bot: Bot, number: int) -> None:
    """Start a programme in the busy channel, without the form."""
    new = onboarding.NewProgram(
        name=f"Crowd {number}",
        answers=Answers("us", frozenset({"issuing"}), "embedded_finance"),
        target_on=date(2030, 1, 1),
        lead=LENA,
        channel=CARDS,
        language="en",
        zone="America/New_York",
        country="US",
    )
    who = Asker(team=TEAM, user=LENA, role="member")
    with bot.gantry.database.transaction() as session:
        onboarding.start(session, who, new, plans.load("embedded_finance"), bot.clock.now())


def test_a_channel_gets_about_one_message_a_second(started: Bot) -> None:
    for number in range(5):
        _crowd(started, number)
    before = len(started.slack.messages(CARDS))
    started.settle(4.5)
    assert 4 <= len(started.slack.messages(CARDS)) - before <= 6


def test_changes_that_come_quickly_are_shown_by_few_edits(started: Bot) -> None:
    step = started.take()
    before = started.calls("chat.update")
    for round_ in range(4):
        started.block(started.step("supported_use_case"), f"Reason {round_}")
        with started.gantry.database.transaction() as session:
            service.unblock(session, Asker(team=TEAM, user=SAM, role="support"), step.id, started.clock.now())
    started.settle()
    assert started.calls("chat.update") - before <= 4
    assert started.is_true(started.root())


def test_a_message_whose_sender_vanished_is_sent_again_and_says_so(started: Bot) -> None:
    _notice(started)
    gantry = started.gantry
    gone = Delivery(
        gantry.database,
        gantry.slack,
        started.clock,
        owner="gone",
        render=registry.render,
        boards=board.LOADERS,
        notice=notice.facts_of,
        home=HOME,
    )
    for _ in range(3):
        gone.claim()
        started.clock.pass_wall(timedelta(seconds=2))
    started.settle(4)
    assert started.said("is blocked") == []
    started.clock.pass_wall(timedelta(seconds=20))
    started.settle()
    assert [AGAIN in message.text for message in started.said("is blocked")] == [True]
    assert started.is_true(started.root())


def test_a_message_that_waited_too_long_for_a_hand_leaves_once(started: Bot) -> None:
    _tell(started, "Ropery")
    task = started.tasks()["outbox"]
    claimed = list(task.claim())
    for _ in range(2):
        started.clock.pass_wall(timedelta(seconds=20))
        claimed += task.claim()
    started.slack.faults.slow, started.slack.faults.slow_seconds = True, 0.3
    hands = [threading.Thread(target=task.work, args=(piece,)) for piece in claimed]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    started.slack.faults.slow = False
    started.settle()
    assert len(started.said("Ropery", LENA)) == 1


def test_blocks_that_slack_refuses_become_plain_text_and_are_reported(
    started: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def too_long(language: str, facts: Any) -> dict[str, Any]:
        text = {"type": "mrkdwn", "text": "x" * 4000}
        return {"text": "Blocked, in plain words", "blocks": [{"type": "section", "text": text}]}

    monkeypatch.setitem(registry.RENDERERS, "step.blocked", too_long)
    _notice(started)
    with caplog.at_level(logging.ERROR, "bot.effects.deliver"):
        started.settle()
    [said] = started.said("Blocked, in plain words")
    assert not said.blocks
    assert "Slack refused the blocks of step.blocked" in caplog.text


def test_an_expired_response_url_gives_way_to_a_private_message(started: Bot) -> None:
    step = started.take()
    where = started.button(f"step.done:{step.id}")
    started.click(SAM, f"step.done:{step.id}")
    started.settle()
    assert started.slack.click_raw(LENA, *where).ok
    started.slack.slack.reply_urls._issued.clear()
    before = started.calls("chat.postEphemeral")
    started.settle()
    assert started.calls("chat.postEphemeral") == before + 1
    [told] = started.told(LENA)
    assert f"<@{SAM}>" in told


def test_an_outage_of_slack_loses_nothing(started: Bot) -> None:
    started.slack.faults.outage = True
    step = started.step("supported_use_case")
    started.click(LENA, f"step.take:{step.id}")
    started.settle(0.5)
    started.slack.faults.outage = False
    started.settle()
    assert len(started.pages(step)) == 1
    assert started.is_true(started.root())


def test_a_longer_outage_leaves_every_message_visible_to_operators(started: Bot) -> None:
    _tell(started, "Ropery")
    started.slack.faults.outage = True
    started.settle(60)
    started.slack.faults.outage = False
    for row in [row for row in started.rows(OutboxMessage) if row.state == "dead"]:
        started.slack.command(OLGA, OPS, "/gantry outbox")
        started.slack.click(OLGA, f"outbox.again:{row.id}", channel=OPS)
    started.settle()
    assert started.said("Ropery", LENA)
    assert set(started.outcome()) == {"sent"}


def test_answers_that_come_at_once_are_recorded_once_each(started: Bot) -> None:
    people = (LENA, SAM, OLGA, CLAIRE, MARC)
    for person in people:
        _tell(started, "Ropery", person)
    task = started.tasks()["outbox"]
    with ThreadPoolExecutor(len(people)) as hands:
        list(hands.map(task.work, task.claim()))
    told = [row for row in started.rows(OutboxMessage) if row.view == "outbox.no_entry"]
    assert [row.state for row in told] == ["sent"] * len(people)
    assert len({row.ts for row in told}) == len(people)
    assert started.waiting() == []


def test_answers_that_could_not_be_recorded_are_recorded_with_the_next_one(
    started: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise DatabaseBusyError

    _tell(started, "Ropery")
    task = started.tasks()["outbox"]
    [first] = task.claim()
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "settle", busy)
        with pytest.raises(DatabaseBusyError):
            task.work(first)
    assert started.outcome()["sending"] == 1
    _tell(started, "Chandlery", OLGA)
    started.work()
    assert started.waiting() == []
    assert len(started.said("Ropery", LENA)) == 1
