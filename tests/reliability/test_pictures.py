"""Pictures on their way to people: asked for, drawn, lost replies, a process that ends at any point."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.effects.picture import Pictures
from bot.effects.upload import CLAIM
from bot.playground.workspace import Message, StoredFile
from bot.services import digest
from storage.queries.upload import UNSETTLED
from storage.tables import OutboxMessage
from storage.tables_picture import Picture
from tests.reliability.rig import AGAIN, CARDS, LENA, MARC, SAM, Bot

TEAM = "T0PLAY"


class EndedError(BaseException):
    """The process ends here: nothing that would have followed happens."""


def pictures_of(bot: Bot) -> Pictures:
    """What brings pictures, as the worker has it."""
    found: Pictures = bot.tasks()["pictures"].work.__self__  # type: ignore[attr-defined]
    return found


def shown(bot: Bot, place: str = CARDS) -> list[tuple[Message, StoredFile]]:
    """The pictures people see in a channel, or somebody in their conversation with the bot."""
    files = bot.slack.slack.workspace.files
    return [(message, files[name]) for message in bot.slack.messages(place) for name in message.files]


def states(bot: Bot) -> list[str]:
    return [row.state for row in bot.rows(Picture)]


def calm(bot: Bot, seconds: float = 120) -> None:
    """Let time pass until every picture is settled and everything is said, or the seconds are over."""
    end = bot.clock.wall() + timedelta(seconds=seconds)
    while True:
        bot.work()
        if bot.clock.wall() >= end or not (set(states(bot)) & set(UNSETTLED) or bot.waiting()):
            return
        bot.clock.pass_wall(timedelta(seconds=1))


def ask(bot: Bot, person: str = LENA, where: str = "thread") -> None:
    """Ask for the forecast, then for its picture."""
    answer = bot.slack.command(person, CARDS, "/onboarding forecast")
    assert answer is not None
    assert answer.ok
    bot.slack.wait_for(lambda: bot.slack.ephemerals(person), what="the answer")
    element = {"type": "button", "action_id": f"forecast.{where}:{bot.program().id}", "block_id": "b"}
    container = {"type": "message", "channel": CARDS, "ts": bot.slack.ephemerals(person)[-1].ts, "is_ephemeral": True}  # fmt: skip
    assert bot.slack.click_raw(person, container, {**element, "value": f"{bot.program().id}"}).ok


def test_the_forecast_is_answered_at_once_and_nobody_else_sees_it(started: Bot) -> None:
    started.slack.command(SAM, CARDS, "/onboarding forecast")
    assert any("Earliest launch" in told for told in started.told(SAM))
    assert started.said("Earliest launch") == []
    assert started.rows(Picture) == []


def test_the_picture_comes_into_the_thread_with_its_numbers_and_says_who_asked(started: Bot) -> None:
    ask(started)
    calm(started)
    [(message, file)] = shown(started)
    assert message.thread_ts == started.root().ts
    assert file.name.startswith("P-1-2")
    assert file.name.endswith(".png")
    assert file.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert file.alt.startswith("Chart of Acme (P-1): 0 of ")
    assert "Likely launch" in message.text
    assert "Lena" in message.text.splitlines()[-1]
    [row] = started.rows(Picture)
    assert (row.state, row.sha256, row.size) == (
        "uploaded", hashlib.sha256(file.content).hexdigest(), len(file.content),
    )  # fmt: skip
    assert len(started.audited("picture:ask:waiting")) == 1


def test_asked_for_alone_the_picture_comes_into_the_conversation_with_the_bot(started: Bot) -> None:
    started.slack.change_person(LENA, locale="fr-FR")
    started.settle()
    ask(started, where="me")
    calm(started)
    assert shown(started) == []
    [(message, file)] = shown(started, LENA)
    assert not message.is_reply
    assert file.alt.startswith("Graphique")
    assert "Lancement" in message.text
    assert "a demandé" not in message.text, "only she reads it"
    assert started.calls("conversations.open") == 1
    [row] = started.rows(Picture)
    assert row.channel == message.channel


def test_asking_twice_while_one_is_on_its_way_gives_one_picture(started: Bot) -> None:
    ask(started)
    ask(started, SAM)
    calm(started)
    assert len(shown(started)) == 1
    ask(started, SAM)
    calm(started)
    assert len(shown(started)) == 2, "later it is a new one"


def drop(bot: Bot, monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    """Let the reply to the next call of a method be lost, and no other."""
    original = type(bot.slack.faults).drops
    spent: list[str] = []

    def drops(faults: Any, method: str) -> bool:
        if method == wanted and not spent:
            spent.append(method)
            return True
        return original(faults, method)

    monkeypatch.setattr(type(bot.slack.faults), "drops", drops)


@pytest.mark.parametrize("where", ["thread", "me"])
def test_a_lost_reply_to_the_sharing_is_looked_up_and_nothing_is_doubled(
    started: Bot, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    ask(started, where=where)
    drop(started, monkeypatch, "files.completeUploadExternal")
    calm(started)
    [(message, _)] = shown(started, CARDS if where == "thread" else LENA)
    assert AGAIN not in message.text
    assert started.calls("files.completeUploadExternal") == 1
    assert states(started) == ["uploaded"]


@pytest.mark.parametrize("method", ["conversations.open", "files.getUploadURLExternal"])
def test_a_reply_lost_before_anybody_could_see_it_starts_over(
    started: Bot, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    ask(started, where="me")
    drop(started, monkeypatch, method)
    calm(started)
    [(message, _)] = shown(started, LENA)
    assert AGAIN not in message.text
    assert states(started) == ["uploaded"]


def ends_after(bot: Bot, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the process end right after this step, once."""
    bringing = pictures_of(bot)
    target: Any = {"draw": bringing, "keep": bringing}.get(step, bot.gantry.slack)
    name = {"draw": "_make", "keep": "_move", "upload": "upload", "share": "share"}[step]
    original: Callable[..., Any] = getattr(target, name)
    calls: list[bool] = []

    def then_end(*args: Any, **more: Any) -> Any:
        found = original(*args, **more)
        calls.append(True)
        if len(calls) == (2 if step == "keep" else 1):  # the lease is renewed before
            raise EndedError
        return found

    monkeypatch.setattr(target, name, then_end)


@pytest.mark.parametrize("step", ["draw", "upload", "keep", "share"])
def test_a_process_that_ends_anywhere_leaves_one_picture_once(
    started: Bot, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ask(started)
    with monkeypatch.context() as patch:
        ends_after(started, patch, step)
        task = started.tasks()["pictures"]
        [picture] = task.claim()
        with pytest.raises(EndedError):
            task.work(picture)
    pictures_of(started)._in_hand.clear()  # a new process holds nothing in its hands
    calm(started, 30)
    assert len(shown(started)) == (1 if step == "share" else 0), "the lease of the one that ended still holds"
    started.clock.pass_wall(CLAIM)
    calm(started)

    [(message, _)] = shown(started)
    assert states(started) == ["uploaded"]
    # After `keep` it was never shared, but nobody can tell: Slack is asked, and then it says so.
    assert (AGAIN in message.text) == (step == "keep")


def unclear(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Slack neither show a file nor say whether it was shared."""
    from bot.slack_api import SlackUnclearError

    def share(*_args: Any, **_more: Any) -> None:
        raise SlackUnclearError("files.completeUploadExternal", "TimeoutError")

    monkeypatch.setattr(bot.gantry.slack, "share", share)


def test_a_second_doubt_is_left_to_who_asked_with_the_numbers_and_a_button(
    started: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(started)
    with monkeypatch.context() as patch:
        unclear(started, patch)
        calm(started, 600)
    [row] = started.rows(Picture)
    assert (row.state, row.error, row.again) == ("failed", "unclear", True)
    [told] = started.said("could not be put into the thread", LENA)
    assert "Look for it" in told.text
    assert "Earliest launch" in told.text
    assert len(started.audited("picture:upload:failed")) == 1

    started.click(LENA, f"picture.again:{row.id}", LENA)
    calm(started)
    [(message, _)] = shown(started)
    assert AGAIN in message.text, "what may be there twice says so"
    assert states(started) == ["uploaded"]


def test_an_outage_is_waited_out(started: Bot) -> None:
    ask(started)
    started.slack.faults.outage = True
    calm(started, 60)
    assert shown(started) == []
    assert states(started)[0] in UNSETTLED
    started.slack.faults.outage = False
    calm(started, 600)
    assert len(shown(started)) == 1


def put_digest(bot: Bot) -> None:
    with bot.gantry.database.transaction() as session:
        digest.put(session, team=TEAM, user=MARC, now=bot.clock.now())


def test_the_digest_arrives_in_the_managers_conversation(started: Bot) -> None:
    put_digest(started)
    calm(started)
    [(message, file)] = shown(started, MARC)
    assert file.content.startswith(b"\x89PNG")
    assert "Acme" in file.alt
    assert "Acme" in message.text
    assert "P-1" in message.text
    assert shown(started) == []


def test_without_the_scope_the_manager_still_gets_the_numbers(started: Bot) -> None:
    granted = started.slack.slack.manifest["oauth_config"]["scopes"]["bot"]
    granted.remove("im:write")
    try:
        put_digest(started)
        calm(started)
    finally:
        granted.append("im:write")
    assert states(started) == ["failed"]
    assert shown(started, MARC) == []
    [told] = [message for message in started.slack.messages(MARC) if "im:write" in message.text]
    assert "Acme" in told.text
    [row] = [row for row in started.rows(OutboxMessage) if row.view == "picture.failed"]
    assert row.state == "sent"
    started.click(MARC, f"picture.again:{started.rows(Picture)[0].id}", MARC)
    calm(started)
    [(message, _)] = shown(started, MARC)
    assert AGAIN not in message.text, "nothing can have arrived before"


def test_drawing_is_never_done_inside_a_transaction(started: Bot) -> None:
    from storage import InsideTransactionError

    with started.gantry.database.transaction(), pytest.raises(InsideTransactionError):
        pictures_of(started)._make("program", "en", {})


def test_a_mistake_of_ours_in_drawing_is_told_and_stops_no_other_picture(
    started: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(started, where="me")
    ask(started)
    real = pictures_of(started)._draw
    spent: list[bool] = []

    def draw(*args: Any) -> bytes:
        if not spent:
            spent.append(True)
            raise ZeroDivisionError
        return real(*args)

    monkeypatch.setattr(pictures_of(started), "_draw", draw)
    calm(started)
    assert sorted(states(started)) == ["failed", "uploaded"]
    [told] = started.said("could not draw it", LENA)
    assert "Earliest launch" in told.text


def test_a_picture_that_arrived_is_forgotten_after_thirty_days(started: Bot) -> None:
    from bot.effects import keeping

    ask(started)
    calm(started)
    ask(started, where="me")
    started.clock.advance(timedelta(days=31))
    keeping.forget(started.gantry.database, started.clock)
    assert states(started) == ["waiting"], "what is on its way stays"
