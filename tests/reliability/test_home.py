"""Home between a whole bot and a local Slack: in time, once for many changes, in order, and after trouble."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest

from bot.effects.deliver import Delivery
from bot.effects.home import SETTLE, Pages
from bot.playground.modals import View
from bot.services import board, notice
from bot.services import step as service
from bot.views import registry
from storage.tables import OutboxMessage
from storage.tables_home import HomePage
from tests.reliability.rig import CARDS, HOME, LENA, MARC, SAM, Bot
from tests.support.course import SAM as SAM_ASKS

FIRST = "supported_use_case"
TEAM = "T0PLAY"


@pytest.fixture
def looking(started: Bot) -> Bot:
    """Lena looks at her Home."""
    started.slack.open_home(LENA)
    started.settle()
    return started


def page(bot: Bot, person: str = LENA) -> View:
    found = bot.slack.home(person)
    assert found is not None
    return found


def said(bot: Bot, person: str = LENA) -> str:
    return json.dumps(page(bot, person).payload, ensure_ascii=False)


def row_of(bot: Bot, person: str = LENA) -> HomePage:
    with bot.gantry.database.reading() as session:
        found = session.get(HomePage, (TEAM, person))
    assert found is not None
    return found


def homes(bot: Bot) -> list[OutboxMessage]:
    return [row for row in bot.rows(OutboxMessage) if row.kind == "home"]


def published(bot: Bot) -> int:
    return bot.calls("views.publish")


def block(bot: Bot, reason: str) -> None:
    """Sam blocks the first step, straight in the database."""
    number, on = bot.step(FIRST).id, bot.clock.now().date() + timedelta(days=30)
    with bot.gantry.database.transaction() as session:
        service.block(session, SAM_ASKS, number, reason, on, bot.clock.now())


def unblock(bot: Bot) -> None:
    number = bot.step(FIRST).id
    with bot.gantry.database.transaction() as session:
        service.unblock(session, SAM_ASKS, number, bot.clock.now())


def worker(bot: Bot, owner: str, render: Callable[..., Any] = registry.render) -> Delivery:
    """Another worker on the same database."""
    return Delivery(
        bot.gantry.database,
        bot.gantry.slack,
        bot.clock,
        owner=owner,
        render=render,
        boards=board.LOADERS,
        notice=notice.facts_of,
        home=HOME,
    )


def test_opening_home_shows_it_at_once(started: Bot) -> None:
    started.slack.open_home(LENA)
    started.work()
    assert "Acme" in said(started)
    assert row_of(started).hash == page(started).hash
    assert row_of(started).shown == row_of(started).wanted
    assert row_of(started).programs == [started.program().id]


def test_a_change_is_on_the_page_within_five_seconds(looking: Bot) -> None:
    before, start = said(looking), looking.clock.wall()
    looking.click(SAM, f"step.take:{looking.step(FIRST).id}")
    while said(looking) == before:
        looking.work()
        looking.clock.pass_wall(timedelta(seconds=0.25))
        assert looking.clock.wall() - start < timedelta(seconds=5)
    assert "Nothing waits for you" in said(looking)


def test_two_quick_changes_become_one_page_that_shows_the_last(looking: Bot) -> None:
    before = published(looking)
    block(looking, "One")
    looking.work()
    unblock(looking)
    looking.work()
    block(looking, "Two")
    looking.settle()
    assert published(looking) == before + 1
    assert "Blocked" in said(looking)
    assert row_of(looking).shown == row_of(looking).wanted


def test_opening_home_again_and_again_is_answered_no_faster_than_once_a_second(looking: Bot) -> None:
    before = published(looking)
    for _ in range(6):
        looking.slack.open_home(LENA)
        looking.work()
    assert published(looking) <= before + 1
    looking.settle()
    assert published(looking) <= before + 2


def test_what_changes_while_a_page_is_on_its_way_is_shown_next(looking: Bot) -> None:
    asked: list[str] = []

    def render(view: str, language: str, facts: Any) -> dict[str, Any]:
        if view == "home" and not asked:
            asked.append(view)
            block(looking, "Meanwhile")
            looking.tasks()["home"].work(None)
        return registry.render(view, language, facts)

    looking.slack.open_home(LENA)
    looking.slack.idle()
    looking.clock.pass_wall(timedelta(seconds=2))
    for event in looking.tasks()["inbox"].claim():
        looking.tasks()["inbox"].work(event)
    busy = worker(looking, "busy", render)
    for number in busy.claim():
        busy.deliver(number)
    assert asked
    assert "Blocked" not in said(looking)
    looking.settle()
    assert "Blocked" in said(looking)


def test_a_change_whose_process_died_before_the_page_left_is_shown_by_the_next(looking: Bot) -> None:
    block(looking, "Then the power failed")
    gone = worker(looking, "gone")
    Pages(looking.gantry.database, looking.clock).follow()
    looking.clock.pass_wall(SETTLE)
    assert gone.claim()  # and never sends
    assert "Blocked" not in said(looking)
    looking.clock.pass_wall(timedelta(seconds=20))
    looking.settle()
    assert "Blocked" in said(looking)


def test_two_workers_put_and_send_a_page_once(looking: Bot) -> None:
    before = published(looking)
    block(looking, "Once")
    for _ in range(2):
        Pages(looking.gantry.database, looking.clock).follow()
    looking.clock.pass_wall(SETTLE)
    one, other = worker(looking, "one"), worker(looking, "other")
    for each in (one, other):
        for number in each.claim():
            each.deliver(number)
    looking.settle()
    assert published(looking) == before + 1


def test_a_slow_worker_cannot_cover_what_a_faster_one_has_shown(looking: Bot) -> None:
    block(looking, "First")
    looking.work()
    looking.clock.pass_wall(SETTLE)
    overtaken: list[str] = []

    def render(view: str, language: str, facts: Any) -> dict[str, Any]:
        found = registry.render(view, language, facts)
        if view == "home" and not overtaken:
            overtaken.append(view)
            looking.clock.pass_wall(timedelta(seconds=20))  # its lease is over: another worker takes over
            unblock(looking)
            looking.settle()
        return found

    slow = worker(looking, "slow", render)
    for number in slow.claim():
        slow.deliver(number)
    assert overtaken
    looking.settle()
    assert "Blocked" not in said(looking)
    assert row_of(looking).hash == page(looking).hash


def test_another_page_in_slack_is_replaced_by_what_the_rows_say(looking: Bot) -> None:
    looking.gantry.slack.publish(LENA, {"type": "home", "blocks": [{"type": "divider"}]})
    assert row_of(looking).hash != page(looking).hash
    block(looking, "And then")
    looking.settle()
    assert sum("hash_conflict" in repr(entry) for entry in looking.slack.traffic) == 1
    assert "Blocked" in said(looking)
    assert row_of(looking).hash == page(looking).hash
    assert {row.state for row in homes(looking)} == {"sent"}


def test_a_lost_reply_is_harmless(looking: Bot) -> None:
    looking.slack.faults.drop_reply = True
    block(looking, "And then")
    looking.settle(4)
    looking.slack.faults.drop_reply = False
    looking.settle()
    assert "Blocked" in said(looking)
    assert row_of(looking).hash == page(looking).hash
    assert {row.state for row in homes(looking)} == {"sent"}


def test_a_page_that_slack_refuses_as_wrong_becomes_a_plain_one(
    looking: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong: dict[str, Any] = {"type": "home", "blocks": [{"type": "nonsense"}]}
    renderers = cast("dict[str, Any]", registry.RENDERERS)
    monkeypatch.setitem(renderers, "home", lambda *_: wrong)
    block(looking, "And then")
    looking.settle()
    assert "Slack could not show your page" in said(looking)
    monkeypatch.undo()
    unblock(looking)
    looking.settle()
    assert "Slack could not show your page" not in said(looking)


def test_a_new_day_renews_the_pages_of_those_who_look(looking: Bot) -> None:
    before = published(looking)
    looking.clock.advance(timedelta(hours=23, minutes=50))
    looking.settle()
    assert published(looking) == before + 1
    assert (row_of(looking).next_at or looking.clock.now()) > looking.clock.now()
    looking.settle()
    assert published(looking) == before + 1


def test_a_click_in_home_shows_its_effect_without_waiting_for_more(looking: Bot) -> None:
    looking.clock.pass_wall(timedelta(seconds=5))
    looking.slack.click(LENA, f"step.done:{looking.step(FIRST).id}", home=True)
    looking.work()
    assert f"step.done:{looking.step(FIRST).id}" not in said(looking)


def test_the_parts_of_a_long_list_turn_with_their_buttons(looking: Bot) -> None:
    for number in range(12):
        looking.start(f"More {number}", channel=CARDS)
    looking.settle()
    assert "Part 1 of 2" in said(looking)
    looking.slack.click(LENA, "home.part:mine:later_part", home=True)
    looking.settle()
    assert "Part 2 of 2" in said(looking)
    block(looking, "And then")
    looking.settle()
    assert "Part 2 of 2" in said(looking), "a change of somebody else does not turn the page back"


def test_the_chosen_language_wins_everywhere(looking: Bot) -> None:
    looking.slack.click(LENA, "home.settings", home=True)
    looking.slack.wait_for(lambda: looking.slack.view(LENA), what="the form")
    chosen = {"language": "fr", "quiet_from": "19:00", "quiet_to": "08:30"}
    assert looking.slack.submit(LENA, chosen) == {"ok": True}
    looking.settle()
    assert "Vos préférences" in said(looking)
    assert "19:00" in said(looking)
    looking.slack.command(LENA, CARDS, "/gantry help")
    looking.settle()
    assert any("votre équipe" in told for told in looking.told(LENA))
    assert [entry.after for entry in looking.audited("preference:change:changed")] == [
        {"language": "fr", "quiet_from": "19:00", "quiet_to": "08:30"}
    ]


def test_times_that_are_the_same_are_refused_at_their_field(looking: Bot) -> None:
    looking.slack.command(LENA, CARDS, "/gantry settings")
    looking.slack.wait_for(lambda: looking.slack.view(LENA), what="the form")
    answer = looking.slack.submit(LENA, {"quiet_from": "09:00", "quiet_to": "09:00"})
    assert list(answer["errors"]) == ["quiet_to"]


def test_only_who_manages_is_asked_about_the_digest(looking: Bot) -> None:
    for person, asked in ((LENA, False), (MARC, True)):
        looking.slack.command(person, CARDS, "/gantry settings")
        looking.slack.wait_for(partial(looking.slack.view, person), what="the form")
        view = looking.slack.view(person)
        assert view is not None
        assert ('"digest"' in json.dumps(view.blocks)) == asked
