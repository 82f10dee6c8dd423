"""Cards from before Gantry are read at first start, and one that is missing is asked for while people type."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from bot.effects.card_lookup import CardLookup
from bot.effects.stripe_fill import StripeFilling
from bot.playground.identity import BOT_USER
from bot.playground.stripe import acts
from bot.playground.stripe.vault import Whose
from storage.queries import stripe_fill
from storage.tables_lost import CardSearch
from storage.tables_stripe import Cardholder
from tests.lost_card.rig import LIVE, Scene
from tests.reliability.rig import LENA, OLGA, OPS, SAM

SHOP = Whose("acct_shop", livemode=True)


def issue(scene: Scene, whose: Whose, name: str, last4: str) -> str:
    """A card that Gantry never hears of by an event."""
    scene.local.faults.drop = True
    holder = acts.cardholder(
        scene.local.vault, whose, name, email=f"{name.split(maxsplit=1)[0].lower()}@example.com"
    )
    found = acts.card(scene.local.vault, whose, holder["id"], last4=last4, status="active")
    scene.local.deliver()
    scene.local.faults.drop = False
    return str(found["id"])


def filling(scene: Scene) -> StripeFilling:
    gantry = scene.bot.gantry
    return StripeFilling(gantry.database, gantry.clock, gantry.stripe, rest=lambda _: None)


def test_the_first_start_reads_every_account_and_says_so_meanwhile(scene: Scene) -> None:
    for number in range(101):
        issue(scene, LIVE, f"Holder {number}", f"{number:04d}")
    theirs = issue(scene, SHOP, "Bob Shop", "7777")
    work = filling(scene)
    with scene.bot.gantry.database.transaction() as session:
        stripe_fill.want(session, scene.bot.clock.wall())
    assert "still reading" in scene.ask(LENA, "7777")

    work.turn()

    with scene.bot.gantry.database.reading() as session:
        assert not stripe_fill.unfinished(session)
        rows: list[Any] = list(stripe_fill.progress(session))
    assert {(row.account, row.livemode): (row.stage, row.cards) for row in rows if row.livemode} == {
        ("", True): ("done", 102),
        ("acct_shop", True): ("done", 1),
    }
    assert scene.row(theirs).account == "acct_shop"
    assert "Bob Shop" in scene.ask(SAM, "bob")


def test_a_reading_that_was_interrupted_goes_on_where_it_stopped(scene: Scene) -> None:
    for number in range(101):
        issue(scene, LIVE, f"Holder {number}", f"{number:04d}")
    first = filling(scene)
    with scene.bot.gantry.database.transaction() as session:
        stripe_fill.want(session, scene.bot.clock.wall())
        [row] = [one for one in stripe_fill.progress(session) if one.livemode]
    for _ in range(2):  # accounts, and the first page of cardholders
        assert first._page(row)
        row = next(one for one in scene.fills() if one.livemode)
    assert (row.stage, row.cardholders) == ("cardholders", 100)
    assert "cards so far: 0, cardholders: 100" in events(scene)
    scene.local.faults.outage = True
    filling(scene).turn()
    scene.local.faults.outage = False
    scene.bot.clock.pass_wall(timedelta(minutes=2))
    filling(scene).turn()
    row = next(one for one in scene.fills() if one.livemode)
    assert (row.stage, row.cardholders, row.cards) == ("done", 102, 102)
    assert "cards complete since" in events(scene)
    assert "cards read: 102, cardholders: 102" in events(scene)


def events(scene: Scene) -> str:
    """What operators read of how far accounts were read."""
    scene.bot.slack.command(OLGA, OPS, "/gantry events")
    return scene.bot.told(OLGA)[-1]


def test_a_miss_asks_stripe_while_somebody_types(scene: Scene) -> None:
    fresh = issue(scene, LIVE, "Zoe New", "8181")
    lookup = CardLookup(scene.bot.gantry.database, scene.bot.clock, scene.bot.gantry.stripe)
    assert not lookup.ask("zoe")  # Stripe has no list by name
    assert lookup.ask("8181")
    assert scene.row(fresh).last4 == "8181"
    assert not lookup.ask("0000")
    other = issue(scene, LIVE, "Max New", "9191")
    assert lookup.ask("max@example.com")
    assert scene.row(other).last4 == "9191"
    assert "Max New" in scene.ask(SAM, "max")


def test_the_menu_of_the_form_offers_what_stripe_just_told(scene: Scene) -> None:
    fresh = issue(scene, LIVE, "Zoe New", "8181")
    scene.bot.slack.command(SAM, "C0RANDOM", "/lost-card")
    view = scene.bot.slack.wait_for(lambda: scene.bot.slack.view(SAM), what="the form")
    assert view
    options = scene.bot.slack.suggest(SAM, "card", "8181")["options"]
    assert [option["value"] for option in options] == [fresh]
    assert options[0]["text"]["text"].startswith("•••• 8181")


def test_a_cardholder_of_an_older_gantry_gets_their_addresses(scene: Scene) -> None:
    holder = scene.row().cardholder
    with scene.bot.gantry.database.transaction() as session:
        row = session.get(Cardholder, holder)
        assert row is not None
        row.email = row.address = None
        session.add(row)
    filling(scene).turn()
    with scene.bot.gantry.database.reading() as session:
        row = session.get(Cardholder, holder)
    assert row is not None
    assert (row.email, "Boston" in (row.address or "")) == ("jenny@example.com", True)


def test_a_stripe_slower_than_slack_waits_answers_in_the_form(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = issue(scene, LIVE, "Zoe New", "8181")
    desk = scene.bot.gantry.desk
    answered, goes_on = threading.Event(), threading.Event()
    ask = desk.lookup
    assert ask is not None

    def slow(said: str) -> bool:
        goes_on.wait(10)
        learned = ask(said)
        answered.set()
        return learned

    monkeypatch.setattr("bot.listeners.desk.STRIPE_SECONDS", 0.05)
    object.__setattr__(desk, "lookup", slow)
    scene.bot.slack.command(SAM, "C0RANDOM", "/lost-card")
    scene.bot.slack.wait_for(lambda: scene.bot.slack.view(SAM), what="the form")
    [option] = scene.bot.slack.suggest(SAM, "card", "8181")["options"]
    assert "Searching" in option["text"]["text"]
    goes_on.set()
    assert answered.wait(10)
    shown = scene.bot.slack.wait_for(
        lambda: (view := scene.bot.slack.view(SAM)) and fresh in str(view.payload), what="the answer"
    )
    assert shown


def test_a_card_that_no_row_knows_is_asked_of_stripe_after_the_answer(scene: Scene) -> None:
    fresh = issue(scene, LIVE, "Zoe New", "8181")
    before = len(scene.local.calls)
    assert "Searching at Stripe" in scene.ask(LENA, "8181")
    assert len(scene.local.calls) == before  # the answer waited for nobody
    scene.hear()
    assert "Is this the lost card?" in scene.bot.told(LENA)[-1]
    scene.private(LENA, f"lost.freeze:{fresh}")
    assert scene.row(fresh).reported == "frozen"
    [row] = scene.bot.rows(CardSearch)
    assert (row.state, row.said, row.response_url) == ("answered", None, None)


def test_a_mention_in_a_thread_is_answered_there(scene: Scene) -> None:
    issue(scene, LIVE, "Max New", "9191")
    root = scene.bot.slack.say(SAM, OPS, "A customer lost a card")
    scene.bot.slack.say(SAM, OPS, f"<@{BOT_USER}> lost max@example.com", thread_ts=root.ts)
    scene.hear()
    asked, answered = scene.bot.slack.ephemerals(SAM)[-2:]
    assert "Searching at Stripe" in asked.text
    assert "Max New" in answered.text
    assert answered.thread_ts == root.ts


def test_who_searches_hears_that_there_is_nothing_or_that_stripe_is_silent(scene: Scene) -> None:
    scene.ask(SAM, "0000")
    scene.hear()
    assert "neither here nor at Stripe" in scene.bot.told(SAM)[-1]
    assert "lost.search" in str(scene.bot.slack.ephemerals(SAM)[-1].blocks)
    scene.local.faults.outage = True
    issue(scene, LIVE, "Zoe New", "8181")
    scene.ask(SAM, "8181")
    scene.hear()
    assert "Stripe gives no answer at present" in scene.bot.told(SAM)[-1]
    assert [row.attempts for row in scene.bot.rows(CardSearch)] == [1, 3]
    assert "cannot be searched by name" in scene.ask(SAM, "zoe")
