"""What Stripe's delivery lost is found in Stripe's list, over real HTTP, and ends in the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlmodel import select

from bot import web
from bot.clock import FixedClock
from bot.effects.stripe_inbox import StripeInbox
from bot.effects.stripe_reconcile import Reconciliation
from bot.listeners.stripe_event import Inbox
from bot.playground.running import ServerThread
from bot.playground.stripe import acts, disputes
from bot.playground.stripe.local import LocalStripe
from bot.playground.stripe.vault import Whose
from bot.services import stripe_desk
from bot.setting_rules import Entry
from bot.stripe_api import StripeApi
from storage import Database
from storage.tables_stripe import Authorization, Card
from storage.tables_stripe_event import ProgramAccount, StripeAccount, StripeDispute, StripeEvent
from tests.stripe.rig import Rig
from tests.support.course import TEAM, USUAL, Course
from tests.support.databases import fresh
from tests.support.stripe_events import FRAUD, NOW, SECRET

PLATFORM, SHOP, OTHER = Whose("", True), Whose("acct_shop", True), Whose("acct_other", True)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass
class World:
    """A Gantry and a Stripe with one clock between them, on real HTTP."""

    database: Database
    local: LocalStripe
    clock: FixedClock
    stripe: StripeApi
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rig = Rig(self.database, clock=self.clock)
        self.reconciliation = Reconciliation(self.database, self.clock, self.stripe, rest=self.rest)

    def rest(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.pass_wall(timedelta(seconds=seconds))

    def work(self) -> None:
        inbox = StripeInbox(self.database, self.clock, self.stripe)
        while found := inbox.claim():
            for row in found:
                inbox.handle(row)

    def reconcile(self, turns: int = 1) -> int:
        self.reconciliation.begin()
        done = sum(self.reconciliation.turn() for _ in range(turns))
        self.work()
        return done

    def deliver(self) -> None:
        self.local.deliver()
        self.work()

    def rows(self, table: type[Any]) -> list[Any]:
        with self.database.reading() as session:
            return list(session.exec(select(table)).all())

    def account(self, account: str = "") -> StripeAccount:
        return next(row for row in self.rows(StripeAccount) if row.account == account and row.livemode)

    def listed(self) -> list[str]:
        """On whose behalf the list of events was asked for."""
        return [account for _, path, account in self.local.calls if path == "/v1/events"]


def key(livemode: bool, platform: str) -> SecretStr | None:  # noqa: FBT001 - as the settings give it
    return SecretStr("rk_live_local") if livemode and not platform else None


@contextmanager
def made(database: Database) -> Iterator[World]:
    clock = FixedClock(NOW)
    with LocalStripe(wall=lambda: clock.wall().timestamp()) as local:
        inbox = Inbox(database, clock, secrets=(Entry("", SecretStr(SECRET)),))
        application = web.build(
            dispatch=None,
            pool=None,
            ready=list,
            registry=CollectorRegistry(),
            stripe=inbox.record,  # type: ignore[arg-type]
        )
        server = ServerThread(application)
        server.start()
        local.attach(f"http://127.0.0.1:{server.port}/stripe/webhook", SECRET)
        stripe = StripeApi(key, local.origin)
        try:
            yield World(database, local, clock, stripe)
        finally:
            stripe.close()
            server.stop()


def with_program(database: Database) -> None:
    course = Course(database)
    course.start(USUAL)
    with database.transaction() as session:
        session.add(ProgramAccount(team=TEAM, program_id=course.program_id, by="U0LENA", at=NOW))


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with_program(database)
    with made(database) as found:
        yield found


@pytest.fixture
def twin(migrated: Path) -> Iterator[World]:
    """A second Gantry with a Stripe of its own."""
    database = fresh(migrated, "twin")
    with_program(database)
    with made(database) as found:
        yield found
    database.close()


def week(world: World, between: Callable[[], object]) -> None:
    """Seven days of use: cards of the platform and of two connected accounts, money, disputes, losses."""
    vault, open_ = world.local.vault, []
    for day in range(7):
        for whose in (PLATFORM, SHOP, OTHER):
            card = world.local.issue(whose, currency="eur")
            world.clock.pass_wall(HOUR)
            held = acts.authorize(vault, whose, card["id"], 5000 + day)
            if day % 2:
                acts.increment(vault, whose, held["id"], 500)
            world.clock.pass_wall(HOUR)
            paid = acts.capture(vault, whose, held["id"])
            open_.append((whose, disputes.create(vault, whose, {"transaction": paid["id"], **FRAUD})["id"]))
            acts.authorize(vault, whose, card["id"], 99)
            reversed_ = acts.authorize(vault, whose, card["id"], 70)
            acts.end(vault, whose, reversed_["id"], "reversed")
            if day % 3 == 0:
                acts.token(vault, whose, card["id"])
                acts.change_card(vault, whose, card["id"], status="canceled", cancellation_reason="lost")
        for whose, dispute in open_[-3:-1]:
            disputes.submit(vault, whose, dispute)
            disputes.decide(vault, whose, dispute, ("won", "lost")[day % 2], "refund_issued")
        world.clock.pass_wall(DAY - 6 * HOUR)
        between()


def test_a_week_without_delivery_and_then_reconciliation_gives_the_same_rows(
    world: World, twin: World
) -> None:
    for one in (world, twin):  # both know the connected accounts from a first card
        for whose in (PLATFORM, SHOP, OTHER):
            one.local.issue(whose)
        one.deliver()
        one.reconcile()
    twin.local.faults.drop = True
    week(world, world.deliver)
    week(twin, twin.work)
    before = twin.rig.all()
    assert before != world.rig.all()
    twin.local.faults.drop = False
    twin.reconcile(turns=3)
    expected, found = world.rig.all(), twin.rig.all()
    for name in set(expected) - {"StripeAccount"}:  # how far each has read differs, as it should
        assert found[name] == expected[name], name
    assert len(twin.rows(Card)) == 24
    assert {row.state for row in twin.rows(StripeEvent)} == {"handled"}
    assert [row.told for row in twin.rows(StripeDispute)].count("") < len(twin.rows(StripeDispute))


def test_what_was_delivered_is_not_recorded_again(world: World) -> None:
    world.local.issue(PLATFORM)
    world.deliver()
    before = [(row.event_id, row.source, row.attempts) for row in world.rows(StripeEvent)]
    world.reconcile()
    assert [(row.event_id, row.source, row.attempts) for row in world.rows(StripeEvent)] == before


def test_it_says_from_which_moment_on_it_is_complete(world: World) -> None:
    world.reconcile()
    assert world.account().complete_since == NOW - 30 * DAY
    world.clock.pass_wall(29 * DAY)
    world.reconcile()
    assert world.account().complete_since == NOW - 30 * DAY
    with world.database.reading() as session:
        [shown, *_] = stripe_desk.page(session)["accounts"]
    assert (shown["account"], shown["since"], shown["error"]) == ("", (NOW - 30 * DAY).isoformat(), "")


def test_a_gap_that_stripe_no_longer_lists_moves_that_moment(world: World) -> None:
    world.reconcile()
    began = world.clock.pass_wall(45 * DAY)
    world.reconcile()
    assert world.account().complete_since == began - 30 * DAY


def test_events_older_than_thirty_days_are_out_of_reach(world: World) -> None:
    world.reconcile()
    world.local.faults.drop = True
    world.local.issue(PLATFORM)
    world.clock.pass_wall(31 * DAY)
    world.local.issue(PLATFORM)
    world.reconcile()
    assert len(world.rows(Card)) == 1


def test_cards_from_before_are_read_at_the_first_comparison(world: World) -> None:
    world.local.faults.drop = True
    old = [world.local.issue(PLATFORM)["id"] for _ in range(3)]
    world.clock.pass_wall(40 * DAY)
    world.reconcile()
    assert world.rows(StripeEvent) == []
    cards = world.rows(Card)
    assert sorted(row.id for row in cards) == old
    assert {(row.status, row.program, row.livemode, row.event_at) for row in cards} == {
        ("active", "P-1", True, None)
    }
    acts.change_card(world.local.vault, PLATFORM, old[0], status="inactive")
    world.clock.pass_wall(2 * HOUR)
    world.local.calls.clear()
    world.reconcile()
    assert sorted(row.status for row in world.rows(Card)) == ["active", "active", "inactive"]
    assert [path for _, path, _ in world.local.calls] == ["/v1/events"]


def test_the_platform_is_compared_hourly_and_connected_accounts_daily(world: World) -> None:
    world.local.issue(SHOP)
    world.deliver()
    world.reconciliation.begin()
    for _ in range(24 * 6):
        world.reconciliation.turn()
        world.clock.pass_wall(timedelta(minutes=10))
    asked = world.listed()
    assert 24 <= asked.count("") <= 25
    assert asked.count("acct_shop") == 2


def test_after_an_outage_of_ours_everybody_is_compared_those_with_open_business_first(world: World) -> None:
    shops = [Whose(f"acct_{number}", True) for number in range(6)]
    cards = {shop: world.local.issue(shop) for shop in shops}
    world.deliver()
    world.reconcile()
    acts.authorize(world.local.vault, shops[4], cards[shops[4]]["id"], 500)
    world.deliver()
    world.local.calls.clear()
    world.clock.pass_wall(3 * HOUR)
    world.reconcile()
    asked = world.listed()
    assert asked[:2] == ["", "acct_4"]
    assert len(asked) == 7


def test_at_most_five_calls_a_second(world: World) -> None:
    for number in range(12):
        world.local.issue(Whose(f"acct_{number}", True))
    world.deliver()
    began = world.clock.wall()
    world.reconcile()
    assert len(world.listed()) == 13
    calls = [path for _, path, _ in world.local.calls if path in ("/v1/events", "/v1/issuing/cards")]
    assert len(calls) == 26  # the cards each account has, too
    assert (world.clock.wall() - began).total_seconds() == pytest.approx(25 / 5)
    assert world.waits == [pytest.approx(0.2)] * 25


def test_many_pages_are_read_and_a_turn_that_breaks_off_goes_on(world: World) -> None:
    world.local.faults.drop = True
    world.local.issue(PLATFORM)
    card = world.rows(Card)
    assert card == []
    [holder] = world.local.vault.all(PLATFORM, acts.CARDHOLDER)
    for _ in range(350):
        world.clock.pass_wall(timedelta(seconds=1))
        acts.card(world.local.vault, PLATFORM, holder["id"])
    calls = 0
    ask = world.stripe.get

    def breaks_off(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += args[1] == "/v1/events"
        if calls == 3:
            world.local.faults.outage = True
        return ask(*args, **more)

    world.stripe.get = breaks_off  # type: ignore[method-assign]
    began = world.clock.wall()
    world.reconcile()
    row = world.account()
    assert len(world.rows(StripeEvent)) == 200
    assert (row.read_to, row.page_to is not None, row.complete_since) == (None, True, None)
    world.local.faults.outage = False
    world.clock.pass_wall(timedelta(minutes=2))
    acts.card(world.local.vault, PLATFORM, holder["id"])
    world.reconcile(turns=2)
    assert calls == 5
    row = world.account()
    assert (row.page_after, row.complete_since) == ("", began - 30 * DAY)
    assert len(world.rows(StripeEvent)) == 353
    world.clock.pass_wall(2 * HOUR)
    world.reconcile()
    assert len(world.rows(StripeEvent)) == 354


@pytest.mark.parametrize("fault", ["outage", "rate_limit", "lost_reply"])
def test_while_stripe_is_away_the_comparison_waits(world: World, fault: str) -> None:
    world.local.faults.drop = True
    world.local.issue(PLATFORM)
    setattr(world.local.faults, fault, True)
    assert world.reconcile() == 0
    assert world.account().complete_since is None
    world.local.faults.clear()
    world.clock.pass_wall(timedelta(minutes=2))
    assert world.reconcile() == 1
    assert len(world.rows(Card)) == 1


def test_an_account_that_stripe_refuses_is_shown_and_does_not_stop_the_others(world: World) -> None:
    world.local.issue(SHOP)
    world.deliver()
    with world.database.transaction() as session:
        session.add(StripeAccount(platform="", account="gone", livemode=True, next_at=NOW))
    world.reconcile()
    assert world.account("gone").error == "account_invalid"
    assert world.account("acct_shop").complete_since is not None


@pytest.mark.parametrize("fault", ["duplicate", "reorder"])
def test_deliveries_that_repeat_or_change_places_end_the_same(world: World, fault: str) -> None:
    setattr(world.local.faults, fault, True)
    card = world.local.issue(PLATFORM)
    held = acts.authorize(world.local.vault, PLATFORM, card["id"], 500)
    acts.capture(world.local.vault, PLATFORM, held["id"])
    world.deliver()
    [one] = world.rows(Card)
    [used] = world.rows(Authorization)
    assert (one.status, used.status, used.counted) == ("active", "closed", 500)
    assert {row.state for row in world.rows(StripeEvent)} == {"handled"}


def test_two_workers_handle_each_event_once(world: World) -> None:
    import threading

    for _ in range(5):
        world.local.issue(PLATFORM)
    world.local.deliver()
    handled: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        inbox = StripeInbox(world.database, world.clock, world.stripe)
        while found := inbox.claim():
            for row in found:
                inbox.handle(row)
                with lock:
                    handled.append(row.event_id)

    both = [threading.Thread(target=work) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(handled) == sorted(row.event_id for row in world.rows(StripeEvent))
    assert {row.state for row in world.rows(StripeEvent)} == {"handled"}
    assert {row.status for row in world.rows(Card)} == {"active"}
