"""What Slack sends twice, late, in another order or while the database is away has one effect."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest

from bot.playground.local import LocalSlack
from bot.views import step_form
from storage.tables import AuditEntry, Evidence, Interaction, OutboxMessage, Program, SlackEvent
from tests.reliability.rig import BOT_USER, CARDS, CLAIRE, LENA, MARC, OLGA, OPS, SAM, Bot


def _form(bot: Bot, person: str, action: str, fields: dict[str, Any]) -> None:
    bot.click(person, action)
    bot.slack.wait_for(lambda: bot.slack.view(person), what="the form")
    assert bot.slack.submit(person, fields) == {"ok": True}


def _start(bot: Bot) -> None:
    bot.start("Twin")


def _take(bot: Bot) -> None:
    bot.click(SAM, f"step.take:{bot.step('supported_use_case').id}")


def _done(bot: Bot) -> None:
    bot.take()
    bot.click(SAM, f"step.done:{bot.step('supported_use_case').id}")


def _block(bot: Bot) -> None:
    bot.block(bot.take(), "No answer")


def _unblock(bot: Bot) -> None:
    _block(bot)
    bot.settle()
    bot.unblock(bot.step("supported_use_case"))


def _assign(bot: Bot) -> None:
    _form(bot, LENA, f"step.assign:{bot.take().id}", {"user": CLAIRE})


def _link(bot: Bot) -> None:
    _form(bot, SAM, f"step.evidence:{bot.take().id}", {"link": "https://docs.example/terms"})


def _pause(bot: Bot) -> None:
    bot.slack.command(MARC, CARDS, "/onboarding pause Acme")
    bot.slack.wait_for(lambda: bot.slack.view(MARC), what="the form")
    assert bot.slack.submit(MARC, {"reason": "Budget"}) == {"ok": True}


def _resume(bot: Bot) -> None:
    _pause(bot)
    assert bot.slack.command(MARC, CARDS, "/onboarding resume Acme") is not None


def _role(bot: Bot) -> None:
    assert bot.slack.command(OLGA, OPS, f"/gantry roles grant <@{SAM}> operator") is not None


KINDS = (
    (_start, "program:start:active", "a form"),
    (_take, "step:take:open", "a button of a message"),
    (_done, "step:do:done", "a button of a step"),
    (_block, "step:block:blocked", "a form behind a button"),
    (_unblock, "step:unblock:open", "a button that leads back"),
    (_assign, "step:assign:open", "a form about a person"),
    (_link, "evidence:add:stored", "a form with a link"),
    (_pause, "program:pause:paused", "a form behind a command"),
    (_resume, "program:resume:active", "a command"),
)


@pytest.mark.parametrize(("act", "tag"), [kind[:2] for kind in KINDS], ids=[kind[2] for kind in KINDS])
def test_what_is_delivered_twice_has_one_effect(started: Bot, act: Callable[[Bot], None], tag: str) -> None:
    before = len(started.audited(tag))
    started.slack.faults.duplicate = True
    act(started)
    started.slack.idle()
    started.settle()
    assert len(started.audited(tag)) == before + 1
    assert len({(row.stream, row.position) for row in started.rows(OutboxMessage)}) == len(
        started.rows(OutboxMessage)
    )
    notices = [m.text for m in started.slack.messages(CARDS) if m.bot]
    assert len(set(notices)) == len(notices)
    assert started.told(LENA) == [] == [told for told in started.told(SAM) if "E-" in told]


def test_a_role_granted_twice_is_granted_once(started: Bot) -> None:
    started.slack.faults.duplicate = True
    _role(started)
    started.settle()
    assert len(started.audited("role:grant:granted")) == 1


def test_a_form_asked_for_twice_opens_once(started: Bot) -> None:
    started.slack.faults.duplicate = True
    started.slack.command(LENA, CARDS, "/onboarding start")
    started.slack.wait_for(lambda: started.slack.view(LENA), what="the form")
    started.slack.idle()
    started.settle()
    assert len(started.slack.slack.modals.stacks[LENA]) == 1
    assert started.told(LENA) == []


def test_a_mention_delivered_twice_is_answered_once(started: Bot) -> None:
    started.slack.faults.duplicate = True
    started.slack.say(SAM, CARDS, f"<@{BOT_USER}> help")
    started.settle()
    [event] = [row for row in started.rows(SlackEvent) if row.kind == "app_mention"]
    assert (event.state, event.attempts) == ("handled", 1)
    assert len(started.told(SAM)) == 1


def test_a_message_shortcut_delivered_twice_opens_one_form_and_keeps_one_file(started: Bot) -> None:
    file = started.slack.upload(SAM, "terms.pdf", b"%PDF-1.7 terms", "application/pdf")
    said = started.slack.say(SAM, CARDS, "The terms", files=[file.id])
    started.slack.faults.duplicate = True
    started.slack.shortcut(SAM, "evidence.from_message", CARDS, said.ts)
    started.slack.wait_for(lambda: started.slack.view(SAM), what="the form")
    step = started.step("supported_use_case")
    assert started.slack.submit(SAM, {"step": str(step.id)}) == {"ok": True}
    started.settle()
    assert [row.state for row in started.rows(Evidence)] == ["stored"]
    assert started.slack.view(SAM) is None


def test_a_second_click_has_one_effect(started: Bot) -> None:
    step = started.step("supported_use_case")
    where = started.button(f"step.take:{step.id}")
    for _ in range(3):
        assert started.slack.click_raw(SAM, *where).ok
    started.settle()
    assert len(started.audited("step:take:open")) == 1
    assert len(started.pages(step)) == 1


def test_a_form_sent_again_after_a_lost_acknowledgement_is_saved_once(started: Bot) -> None:
    step = started.take()
    started.click(SAM, f"step.block:{step.id}")
    started.slack.wait_for(lambda: started.slack.view(SAM), what="the form")
    dispatcher = started.slack.slack.dispatcher
    patience, dispatcher.ack_seconds = dispatcher.ack_seconds, 0.0
    try:
        assert "error" in started.slack.submit(SAM, {"reason": "No answer"})
    finally:
        dispatcher.ack_seconds = patience
    started.slack.wait_for(lambda: True)
    assert started.slack.submit(SAM, {"reason": "No answer"}) == {"ok": True}
    started.settle()
    assert len(started.audited("step:block:blocked")) == 1
    assert len(started.said("is blocked")) == 1


def test_two_people_who_finish_a_step_at_once_have_one_winner_and_the_other_reads_who_and_when(
    started: Bot,
) -> None:
    step = started.take()
    where = started.button(f"step.done:{step.id}")
    gate = threading.Barrier(2)

    def finish(person: str) -> None:
        gate.wait()
        started.slack.click_raw(person, *where)

    both = [threading.Thread(target=finish, args=(person,)) for person in (LENA, SAM)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    started.settle()
    [entry] = started.audited("step:do:done")
    loser = SAM if entry.actor == LENA else LENA
    assert started.told(entry.actor) == []
    [told] = started.told(loser)
    assert f"<@{entry.actor}>" in told
    assert "<!date^" in told


def test_two_clicks_that_change_places_both_have_their_effect(started: Bot) -> None:
    started.start("Bold", OLGA, OPS)
    started.settle()
    one, other = started.step("supported_use_case"), started.step("supported_use_case", "Bold")
    first, second = started.button(f"step.take:{one.id}"), started.button(f"step.take:{other.id}", OPS)
    started.slack.faults.reorder = True
    clicks = [
        threading.Thread(target=started.slack.click_raw, args=(SAM, *first)),
        threading.Thread(target=started.slack.click_raw, args=(OLGA, *second)),
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    started.settle()
    assert {entry.actor for entry in started.audited("step:take:open")} == {SAM, OLGA}


def test_mentions_that_change_places_are_each_answered_once(started: Bot) -> None:
    started.slack.faults.reorder = True
    started.slack.faults.duplicate = True
    said = [started.slack.say(SAM, CARDS, f"<@{BOT_USER}> help") for _ in range(4)]
    started.slack.idle()
    started.settle()
    answers = [message.thread_ts for message in started.slack.ephemerals(SAM)]
    assert sorted(map(str, answers)) == sorted(message.ts for message in said)


def test_what_arrives_late_has_its_effect(started: Bot) -> None:
    started.slack.faults.delay, started.slack.faults.delay_seconds = True, 0.2
    _take(started)
    started.slack.say(SAM, CARDS, f"<@{BOT_USER}> help")
    started.slack.idle()
    started.settle()
    assert len(started.audited("step:take:open")) == 1
    assert len(started.told(SAM)) == 1


@pytest.fixture
def impatient(build: Callable[..., Bot]) -> Bot:
    """A bot that waits only a moment for a locked database."""
    return build(wait=0.1)


def _locked(bot: Bot) -> sqlite3.Connection:
    path = bot.gantry.settings.database_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_an_event_gets_its_200_only_after_its_row_is_committed(impatient: Bot, root: Any) -> None:
    other = _locked(impatient)
    impatient.slack.say(SAM, CARDS, f"<@{BOT_USER}> help")
    impatient.slack.wait_for(lambda: _answers(impatient.slack), what="an answer to the event")
    assert _answers(impatient.slack)[0] == 500
    assert impatient.rows(SlackEvent) == []
    other.rollback()
    other.close()
    impatient.slack.wait_for(lambda: 200 in _answers(impatient.slack), what="the second delivery")
    impatient.settle()
    [event] = [row for row in impatient.rows(SlackEvent) if row.kind == "app_mention"]
    assert event.state == "handled"
    assert len(impatient.told(SAM)) == 1


def _answers(slack: LocalSlack) -> list[int | None]:
    return [entry.status for entry in slack.traffic if entry.kind == "app_mention" and entry.ms is not None]


def test_a_click_while_the_database_is_locked_has_no_effect_and_the_person_reads_an_id(
    impatient: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    impatient.start()
    impatient.settle()
    step = impatient.step("supported_use_case")
    where = impatient.button(f"step.take:{step.id}")
    impatient.slack.command(SAM, CARDS, "/gantry help")  # from now on Sam is known
    impatient.slack.slack.workspace.ephemerals.clear()
    other = _locked(impatient)
    with caplog.at_level(logging.CRITICAL):
        assert impatient.slack.click_raw(SAM, *where).ok
        impatient.slack.wait_for(lambda: impatient.told(SAM), what="an answer")
    other.rollback()
    other.close()
    assert "E-" in impatient.told(SAM)[0]
    assert impatient.audited("step:take:open") == []
    assert impatient.rows(Interaction)[1:] == []
    impatient.take()
    assert len(impatient.audited("step:take:open")) == 1


def test_a_form_that_slack_does_not_open_is_told_with_an_id(started: Bot) -> None:
    step = started.take()
    where = started.button(f"step.block:{step.id}")
    started.slack.faults.outage = True
    assert started.slack.click_raw(SAM, *where).ok
    started.slack.wait_for(
        lambda: [row for row in started.rows(OutboxMessage) if row.view == "failure"], what="the note"
    )
    started.slack.faults.outage = False
    started.settle()
    [told] = started.told(SAM)
    assert "E-" in told


def test_a_form_that_cannot_be_rendered_is_told_with_an_id(
    started: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = started.take()

    def broken(*_: object) -> dict[str, Any]:
        raise RuntimeError("a hole in the text")

    monkeypatch.setattr(step_form, "obstacle", broken)
    started.click(SAM, f"step.block:{step.id}")
    started.slack.wait_for(
        lambda: [row for row in started.rows(OutboxMessage) if row.view == "failure"], what="the note"
    )
    started.settle()
    assert "E-" in started.told(SAM)[0]


def test_an_exception_in_a_handler_is_acknowledged_undone_and_told_with_an_id(
    started: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.services import walk

    monkeypatch.setattr(walk, "put_board_of", lambda *_, **__: 1 / 0)
    before = len(started.rows(AuditEntry))
    _take(started)
    monkeypatch.undo()
    started.settle()
    assert "E-" in started.told(SAM)[0]
    assert len(started.rows(AuditEntry)) == before
    assert len(started.rows(Program)) == 1
