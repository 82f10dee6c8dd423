"""When nothing can be decided: the fallback, in time, told once, and recorded afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from sqlmodel import select

from bot.clock import FixedClock
from bot.effects.outage import OVER_AFTER, Outage
from storage.address import parse
from storage.queries import policy as policy_rows
from storage.tables import OutboxMessage, Role, Workspace
from storage.tables_stripe import AuthorizationDecision
from tests.authorization.site import STRIPE_WAITS, Site, ask_all, checked
from tests.support.authorizing import AT, body, event, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage import Database

NOW = datetime.fromtimestamp(AT, UTC)
FALLBACK = {"rule": "fallback", "policy": "0"}


@contextmanager
def held(url: str) -> Iterator[None]:
    """Another program holds the write lock of the database, or of every table that is needed."""
    if url.startswith("sqlite"):
        stranger = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            stranger.close()
        return
    with psycopg.connect(
        parse(url).set(drivername="postgresql").render_as_string(hide_password=False)
    ) as other:
        other.execute("LOCK TABLE authorization_decision, spend IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def ask_in_time(site: Site, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers, each within the two seconds Stripe waits, or an error."""

    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=len(events))
        async with httpx.AsyncClient(limits=limits, timeout=30) as client:
            # Connected before anything is timed: the load is this same busy process.
            await asyncio.gather(*[client.get(f"{site.url}/healthz") for _ in events])
            raws = [body(one) for one in events]
            return await asyncio.gather(
                *[
                    client.post(
                        f"{site.url}/stripe/authorizations",
                        content=raw,
                        headers=signed(raw),
                        timeout=httpx.Timeout(30, read=STRIPE_WAITS),
                    )
                    for raw in raws
                ]
            )

    return [checked(one) for one in asyncio.run(run())]


def test_while_the_database_is_held_the_fallback_answers_in_time(
    site: Site, database: Database, database_url: str
) -> None:
    with database.transaction() as session:
        policy_rows.report_card(session, "ic_lost", kind="lost", account="", livemode=False, now=NOW)
    assert site.outage is not None
    site.outage.look()
    small, large, lost = (
        event("small"),
        event("large", pending={"amount": 5000}),
        event("lost", card="ic_lost"),
    )
    with held(database_url):
        answers = ask_in_time(site, [small, large, lost])
    assert [(one["approved"], one["metadata"]) for one in answers] == [
        (True, FALLBACK),
        (False, FALLBACK),
        (False, FALLBACK),
    ]
    with database.reading() as session:
        assert session.exec(select(AuthorizationDecision)).all() == []
    later = ask_all([site], [event("small"), event("lost", card="ic_lost")])
    assert [one["metadata"]["rule"] for one in later] == ["none", "card_reported"]


def test_a_lock_held_for_a_moment_delays_and_declines_nothing(site: Site, database_url: str) -> None:
    holding, release = threading.Event(), threading.Event()

    def hold() -> None:
        with held(database_url):
            holding.set()
            release.wait(0.2)

    stranger = threading.Thread(target=hold)
    stranger.start()
    holding.wait()
    answers = ask_in_time(site, [event(f"{n}") for n in range(20)])
    release.set()
    stranger.join()
    assert {one["metadata"]["rule"] for one in answers} == {"none"}


def test_other_writers_of_this_process_never_keep_an_authorization_waiting(
    site: Site, database: Database
) -> None:
    """The writer stands at the head of the line, however many others stand in it."""
    ended = threading.Event()
    people(database)

    def write() -> None:
        while not ended.is_set():
            with database.transaction() as session:
                session.merge(Workspace(team="T1", refreshed_at=NOW))
                time.sleep(0.01)

    others = [threading.Thread(target=write) for _ in range(8)]
    for other in others:
        other.start()
    answers = ask_in_time(site, [event(f"{n}") for n in range(50)])
    ended.set()
    for other in others:
        other.join()
    assert {one["metadata"]["rule"] for one in answers} == {"none"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


def told(database: Database) -> list[OutboxMessage]:
    with database.reading() as session:
        rows = session.exec(select(OutboxMessage)).all()
    return [row for row in rows if row.view == "authorization.outage"]


def people(database: Database, *roles: tuple[str, str]) -> None:
    with database.transaction() as session:
        session.add(Workspace(team="T1", refreshed_at=NOW))
        for user, role in roles:
            session.add(Role(team="T1", user=user, role=role, at=NOW))


def test_operators_are_told_once_per_outage(database: Database, clock: FixedClock) -> None:
    people(database, ("U1", "operator"), ("U2", "operator"), ("U3", "admin"))
    outage = Outage(database, clock, owner="me", channel="")
    other = Outage(database, clock, owner="another", channel="")
    outage.look()
    assert told(database) == []
    for _ in range(3):
        for one in (outage, other):
            one.note("OperationalError")
            one.look()
        clock.pass_wall(timedelta(seconds=10))
    assert sorted(row.person for row in told(database)) == ["U1", "U2"]
    clock.pass_wall(OVER_AFTER + timedelta(seconds=1))
    outage.look()
    outage.note("OperationalError")
    outage.look()
    assert len(told(database)) == 4


def test_without_operators_the_admins_hear_and_a_channel_hears_alone(
    database: Database, clock: FixedClock
) -> None:
    people(database, ("U3", "admin"))
    for channel, hears in (("", "U3"), ("C1", "C1")):
        outage = Outage(database, clock, owner=hears, channel=channel)
        outage.note("DatabaseBusyError")
        outage.look()
        assert told(database)[-1].channel == hears
        clock.pass_wall(OVER_AFTER + timedelta(seconds=1))


def test_an_outage_that_could_not_be_told_is_told_when_the_database_is_back(
    database: Database, clock: FixedClock
) -> None:
    people(database, ("U1", "operator"))
    outage = Outage(database, clock, owner="me", channel="")
    outage.note("OperationalError")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(database), "transaction", _away)
        outage.look()
    assert told(database) == []
    outage.look()
    assert len(told(database)) == 1


def _away(*_: object, **__: object) -> None:
    raise sqlite3.OperationalError("unable to open database file")


def test_a_full_disk_gives_the_fallback_and_nothing_else(site: Site, deciding: Database) -> None:
    if deciding.dialect != "sqlite":
        pytest.skip("PostgreSQL's disk cannot be filled for one connection")
    with deciding.transaction() as session:
        pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
        session.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    rules = [site.ask(event(f"{n}"))["metadata"]["rule"] for n in range(40)]
    assert rules[-1] == "fallback"
    with deciding.transaction() as session:
        stored = len(session.exec(select(AuthorizationDecision)).all())
        session.connection().exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert stored == rules.count("none")
    assert site.ask(event("later"))["metadata"]["rule"] == "none"


@pytest.mark.postgres
@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
def test_after_the_server_has_cut_the_connection_the_next_ones_are_decided(
    site: Site, database: Database
) -> None:
    assert site.ask(event("1"))["metadata"]["rule"] == "none"
    with database.transaction() as session:
        session.connection().exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND query LIKE '%%authorization_decision%%'"
        )
    assert site.ask(event("2"))["metadata"]["rule"] in {"fallback", "none"}
    assert site.ask(event("3"))["metadata"]["rule"] == "none"
