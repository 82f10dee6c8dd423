"""What Stripe delivers: signed bytes in, one row out, and 200 only after the commit."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlmodel import select

from bot import web
from bot.clock import FixedClock
from bot.listeners.stripe_event import Inbox
from bot.playground.running import ServerThread
from bot.services.stripe_record import WAKE
from bot.setting_rules import Entry
from storage import Database, DatabaseBusyError
from storage.tables_stripe_event import StripeEvent
from tests.fuzz.mutation import NUMBERS, OTHERS, TEXTS
from tests.support.stripe_events import NOW, OTHER_SECRET, SECRET, STAMP, event, signed, written

CARD = {"id": "ic_1", "object": "issuing.card", "last4": "4242", "status": "inactive"}
PLATFORM = "acct_platform"


@dataclass
class Site:
    url: str
    database: Database
    clock: FixedClock

    def send(self, body: bytes, header: str | None = None) -> httpx.Response:
        given = {} if header == "" else {"stripe-signature": signed(body) if header is None else header}
        return httpx.post(self.url, content=body, headers=given)

    def rows(self) -> list[StripeEvent]:
        with self.database.reading() as session:
            return list(session.exec(select(StripeEvent).order_by(StripeEvent.id)).all())  # type: ignore[arg-type]


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    clock = FixedClock(NOW)
    inbox = Inbox(
        database,
        clock,
        secrets=(
            Entry("", SecretStr("whsec_first")),
            Entry("", SecretStr(SECRET)),
            Entry("acct_two", SecretStr("whsec_two")),
        ),
        others=(Entry("", SecretStr(OTHER_SECRET)),),
        platform=PLATFORM,
    )
    pool = ThreadPoolExecutor(8)
    application = web.build(
        dispatch=None,
        pool=pool,
        ready=list,
        registry=CollectorRegistry(),
        stripe=inbox.record,
        stripe_pool=pool,
    )
    server = ServerThread(application)
    server.start()
    yield Site(f"http://127.0.0.1:{server.port}/stripe/webhook", database, clock)
    server.stop()
    pool.shutdown()


def test_an_event_is_recorded_as_it_came(site: Site) -> None:
    body = written(event("issuing_card.created", CARD, number="1", livemode=True, account="acct_shop"))
    assert site.send(body).status_code == 200
    [row] = site.rows()
    assert (row.event_id, row.type, row.object_id, row.livemode) == (
        "evt_1",
        "issuing_card.created",
        "ic_1",
        True,
    )
    assert (row.platform, row.account, row.made_at, row.received_at) == (PLATFORM, "acct_shop", NOW, NOW)
    assert (row.state, row.attempts, row.source, row.body) == ("pending", 0, "delivered", body.decode())


def test_the_platforms_own_events_have_no_account(site: Site) -> None:
    site.send(written(event("issuing_card.created", CARD, number="1")))
    site.send(written(event("issuing_card.created", CARD, number="2", account=PLATFORM)))
    assert [row.account for row in site.rows()] == ["", ""]


def test_the_secret_says_which_platform_it_is(site: Site) -> None:
    body = written(event("issuing_card.created", CARD))
    site.send(body, signed(body, secret="whsec_two"))
    assert [row.platform for row in site.rows()] == ["acct_two"]


def test_an_event_that_comes_twice_is_recorded_once(site: Site) -> None:
    body = written(event("issuing_card.created", CARD))
    assert [site.send(body).status_code for _ in range(3)] == [200, 200, 200]
    assert len(site.rows()) == 1


def test_the_same_event_many_times_at_once_is_recorded_once(site: Site) -> None:
    body = written(event("issuing_card.created", CARD))
    gate = threading.Barrier(6)
    answers: list[int] = []

    def send() -> None:
        gate.wait()
        answers.append(site.send(body).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == [200] * 6
    assert len(site.rows()) == 1


def test_a_commit_wakes_the_worker(site: Site) -> None:
    woken: list[int] = []
    site.database.on_commit(WAKE, lambda: woken.append(len(site.rows())))
    site.send(written(event("issuing_card.created", CARD)))
    site.send(written(event("charge.created", {"id": "ch_1"})))
    assert woken == [1]


def test_200_leaves_only_after_the_commit(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any, **__: Any) -> Any:
        raise DatabaseBusyError("busy")

    monkeypatch.setattr(site.database, "transaction", busy)
    assert site.send(written(event("issuing_card.created", CARD))).status_code == 500
    monkeypatch.undo()
    assert site.rows() == []


@pytest.mark.parametrize(
    "kind", ["charge.created", "issuing_authorization.request", "v1.new_thing.happened", "account.updated"]
)
def test_an_event_of_unknown_type_is_recorded_as_ignored(site: Site, kind: str) -> None:
    assert site.send(written(event(kind, {"id": "x_1"}))).status_code == 200
    [row] = site.rows()
    assert (row.state, row.type, row.handled_at) == ("ignored", kind, NOW)


THIN = {
    "id": "evt_1",
    "object": "v2.core.event",
    "type": "v1.issuing_card.created",
    "livemode": False,
    "created": "2026-11-25T12:00:00Z",
}


def test_a_thin_event_is_refused_with_its_repair(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    assert site.send(written(THIN)).status_code == 400
    assert site.rows() == []
    assert "thin" in caplog.text
    assert "Snapshot" in caplog.text


CAUSES = [
    ("", "no Stripe-Signature header"),
    (f"t={STAMP},v1={'a' * 64}", "another endpoint"),
    ("nonsense", "not of the form"),
]


@pytest.mark.parametrize(("header", "cause"), CAUSES)
def test_what_is_not_from_stripe_is_refused_and_the_log_names_the_cause(
    site: Site, caplog: pytest.LogCaptureFixture, header: str, cause: str
) -> None:
    body = written(event("issuing_card.created", {**CARD, "number": "4000009990000016"}, number="SECRET"))
    answer = site.send(body, header)
    assert answer.status_code == 400
    assert site.rows() == []
    assert cause in caplog.text
    for word in ("4000009990000016", "evt_SECRET", "issuing_card", "ic_1"):
        assert word not in caplog.text
        assert word not in answer.text


def test_the_secret_of_the_real_time_endpoint_is_recognized(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    body = written(event("issuing_card.created", CARD))
    assert site.send(body, signed(body, secret=OTHER_SECRET)).status_code == 400
    assert "STRIPE_AUTHORIZATION_SECRETS" in caplog.text


@pytest.mark.parametrize("by", [timedelta(seconds=301), -timedelta(seconds=301)])
def test_a_stale_or_future_signature_is_refused(
    site: Site, caplog: pytest.LogCaptureFixture, by: timedelta
) -> None:
    body = written(event("issuing_card.created", CARD))
    site.clock.pass_wall(by)
    assert site.send(body).status_code == 400
    assert site.rows() == []
    assert "clock" in caplog.text


def test_a_body_over_a_megabyte_is_refused_before_its_signature_is_looked_at(site: Site) -> None:
    most = event("issuing_card.created", {**CARD, "pad": ""})
    most["data"]["object"]["pad"] = "x" * (1024 * 1024 - len(written(most)))
    body = written(most)
    assert len(body) == 1024 * 1024
    assert site.send(body).status_code == 200
    assert site.send(body + b" ").status_code == 413
    assert site.send(body + b" ", "").status_code == 413
    assert len(site.rows()) == 1


MALFORMED: list[bytes] = [
    b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"object": "event"}', b"[" * 9000, b"1" * 9000,
    *(written({**event("issuing_card.created", CARD, number="1"), name: value}) for name, value in [
        ("id", None), ("id", "evt_"), ("id", "x"), ("id", "evt_\x00"), ("id", "evt_" + "a" * 300), ("type", "\ud800"), ("type", "x"),
        ("type", 5), ("livemode", "false"), ("livemode", 0), ("created", True), ("created", -1), ("created", 10**12), ("created", 1.5),
        ("created", "1"), ("account", "x"), ("account", 5), ("data", None), ("data", {"object": []}), ("object", "card"),
    ]),
    written(event("issuing_card.created", CARD)).replace(b'"livemode": false', b'"livemode": NaN'),
]  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_a_body_that_is_no_event_is_refused_though_it_is_signed(site: Site, body: bytes) -> None:
    assert site.send(body).status_code == 400
    assert site.rows() == []


def _damaged(random: Random) -> tuple[bytes, str]:
    """A signed request with something wrong in it."""
    found = event("issuing_card.created", {**CARD, "wallets": {"apple_pay": {"eligible": True}}})
    for _ in range(random.choice((1, 1, 2, 4))):
        holder = random.choice([found, found, found["data"], found["data"].get("object")])
        if not isinstance(holder, dict) or not holder:
            continue
        name = random.choice(sorted(holder))
        if random.random() < 0.15:
            del holder[name]
        else:
            holder[name] = random.choice((*TEXTS, *NUMBERS, *OTHERS))
        if not isinstance(found.get("data"), dict):
            break
    body = bytearray(json.dumps(found, indent=random.choice((None, 2))).encode("utf-8", "surrogatepass"))
    if random.random() < 0.3:
        place = random.randrange(len(body))
        body[place : place + random.randrange(20)] = random.randbytes(random.randrange(6))
    header = signed(bytes(body))
    if random.random() < 0.3:
        place = random.randrange(len(header))
        header = (
            header[:place]
            + random.choice(("", "x", ",", "=", "0", "t=1,", " "))
            + header[place + random.randrange(9) :]
        )
    return bytes(body), header


@pytest.mark.fuzz
def test_damaged_bodies_and_headers_are_never_our_failure(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    random, seen = Random(20261125), set()  # noqa: S311 - the same damage every time
    inbox_rows = 0
    with httpx.Client() as client:
        for _ in range(1500):
            body, header = _damaged(random)
            status = client.post(site.url, content=body, headers={"stripe-signature": header}).status_code
            seen.add(status)
            inbox_rows += status == 200
    assert seen <= {200, 400}
    assert seen == {200, 400}
    assert 0 < len(site.rows()) <= inbox_rows
    assert caplog.text == ""
