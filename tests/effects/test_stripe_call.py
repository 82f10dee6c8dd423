"""What rows ask of Stripe is done once, in order, over real HTTP, whatever happens to replies and processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.clock import FixedClock
from bot.effects.download import Files
from bot.effects.stripe_call import StripeCalls
from bot.playground.stripe import acts
from bot.playground.stripe.local import LocalStripe
from bot.playground.stripe.vault import Whose as LocalWhose
from bot.services.stripe_call import UNSURE, Outcome, put
from bot.stripe_api import StripeApi, Whose
from storage import Database, Session
from storage.queries import call as rows
from storage.tables_call import StripeCall
from tests.support.stripe_events import NOW

LIVE = Whose(livemode=True)
PLATFORM = LocalWhose("", livemode=True)
TEAM = "T0GANTRY"


@dataclass
class World:
    """A database whose rows ask something of a local Stripe, and what their follower heard."""

    database: Database
    local: LocalStripe
    clock: FixedClock
    keys: dict[bool, str]
    heard: list[tuple[str, Outcome]] = field(default_factory=list)

    def __post_init__(self) -> None:
        def key(livemode: bool, platform: str) -> SecretStr | None:  # noqa: FBT001 - as the settings give it
            found = self.keys.get(livemode)
            return SecretStr(found) if found and not platform else None

        self.stripe = StripeApi(key, self.local.origin, timeout=2)
        follow = {"card.freeze": self.hear}
        self.calls = StripeCalls(
            self.database, self.clock, self.stripe, follow, files=Files("file:///nowhere")
        )
        self.card = self.local.issue(PLATFORM)["id"]

    def hear(self, session: Session, row: StripeCall, outcome: Outcome, now: datetime) -> None:
        del session, now
        self.heard.append((row.subject, outcome))

    def ask(self, path: str = "", stream: str = "", *, creates: bool = False, **params: Any) -> int:
        with self.database.transaction() as session:
            return put(
                session,
                team=TEAM,
                whose=LIVE,
                act="card.freeze",
                subject=self.card,
                stream=stream or self.card,
                path=path or f"/v1/issuing/cards/{self.card}",
                params=params,
                creates=creates,
                now=self.clock.now(),
            )

    def work(self, times: int = 1, wait: timedelta = timedelta(minutes=2)) -> None:
        for _ in range(times):
            while found := self.calls.claim():
                for row in found:
                    self.calls.settle(row)
            self.clock.pass_wall(wait)

    def row(self, number: int) -> StripeCall:
        with self.database.reading() as session:
            found = rows.one(session, number)
            assert found is not None
            return found

    def posts(self) -> list[str]:
        return [path for method, path, _ in self.local.calls if method == "POST"]

    def status(self) -> str:
        return str(self.local.vault.get(PLATFORM, acts.CARD, self.card)["status"])


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    clock = FixedClock(NOW)
    with LocalStripe(wall=lambda: clock.wall().timestamp()) as local:
        found = World(database, local, clock, {True: "rk_live_local"})
        yield found
        found.stripe.close()


def test_an_intention_is_carried_out_and_its_follower_hears_of_it(world: World) -> None:
    number = world.ask(status="inactive")

    world.work()

    assert world.status() == "inactive"
    assert world.row(number).state == "done"
    [(subject, outcome)] = world.heard
    assert (subject, outcome.ok, outcome.object["status"]) == (world.card, True, "inactive")


def test_a_lost_reply_is_asked_again_with_the_same_key_and_done_once(world: World) -> None:
    world.local.faults.lost_reply = True
    number = world.ask(
        "/v1/issuing/cards",
        creates=True,
        cardholder=world.local.vault.get(PLATFORM, acts.CARD, world.card)["cardholder"]["id"],
        currency="usd",
        type="virtual",
    )
    world.work()
    assert world.row(number).state == "open"
    before = len(world.local.vault.all(PLATFORM, acts.CARD))

    world.local.faults.clear()
    world.work()

    assert world.row(number).state == "done"
    assert len(world.local.vault.all(PLATFORM, acts.CARD)) == before == 2
    assert [outcome.final for _, outcome in world.heard] == [False, True]


@pytest.mark.parametrize("trouble", ["outage", "rate_limit"])
def test_while_stripe_is_away_the_call_stays_open_and_says_so_once(world: World, trouble: str) -> None:
    setattr(world.local.faults, trouble, True)
    number = world.ask(status="inactive")

    world.work(3)

    assert world.row(number).state == "open"
    assert [(outcome.ok, outcome.final) for _, outcome in world.heard] == [(False, False)]
    world.local.faults.clear()
    world.work()
    assert (world.row(number).state, world.row(number).error, world.status()) == ("done", "", "inactive")


def test_calls_of_one_stream_keep_their_order_while_others_go_on(world: World) -> None:
    first, second = world.ask(status="inactive"), world.ask(status="active")
    world.keys.clear()
    world.work()
    assert [world.row(number).attempts > 0 for number in (first, second)] == [True, False]

    world.keys[True] = "rk_live_local"
    other = world.ask("/v1/issuing/cards/ic_unknown", "other", status="inactive")
    world.work()

    assert [world.row(number).state for number in (first, second, other)] == ["done", "done", "refused"]
    assert world.status() == "active"


def test_what_stripe_refuses_is_final_and_names_code_parameter_and_request(world: World) -> None:
    number = world.ask(status="frozen")

    world.work(2)

    row = world.row(number)
    assert (row.state, row.param) == ("refused", "status")
    assert len(world.posts()) == 1
    [(_, outcome)] = world.heard
    assert (outcome.ok, outcome.final, outcome.param) == (False, True, "status")


def test_a_missing_key_is_said_and_the_call_waits_for_it(world: World) -> None:
    world.keys.clear()
    number = world.ask(status="inactive")
    world.work(2)
    assert world.row(number).error == "no_live_key"
    assert [outcome.code for _, outcome in world.heard] == ["no_live_key"]

    world.keys[True] = "rk_live_local"
    world.work()

    assert world.row(number).state == "done"


def test_a_creation_is_not_repeated_once_its_key_may_be_forgotten(world: World) -> None:
    world.local.faults.outage = True
    created = world.ask("/v1/issuing/cards", "new", creates=True, type="virtual")
    changed = world.ask(status="inactive")
    world.work()
    world.clock.pass_wall(timedelta(hours=23))

    world.work()

    assert (world.row(created).state, world.row(created).error) == ("unsure", UNSURE)
    assert world.row(changed).state == "open"  # to freeze twice is to freeze once
    assert [outcome.code for _, outcome in world.heard if outcome.final] == [UNSURE]


def test_a_worker_that_vanished_between_call_and_result_does_nothing_twice(world: World) -> None:
    number = world.ask(status="inactive")
    [row] = world.calls.claim()
    world.stripe.post(LIVE, row.path, {"status": "inactive"}, key=row.key)  # and then the process died
    assert not world.calls.claim()

    world.clock.pass_wall(timedelta(seconds=61))
    world.work()

    assert world.row(number).state == "done"
    assert len(world.local.vault.done) == 1


def test_two_workers_who_hold_one_call_record_one_result(world: World) -> None:
    world.ask(status="inactive")
    [row] = world.calls.claim()

    world.calls.settle(row)
    world.calls.settle(row)

    assert len(world.heard) == 1
