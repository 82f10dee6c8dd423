"""What Stripe is answered over HTTP, and what is refused."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import stripe
from prometheus_client import CollectorRegistry, generate_latest
from sqlmodel import select

from bot import web
from bot.authorization import LARGEST_BODY, STRIPE_VERSION
from bot.services import policy
from storage.tables_stripe import AuthorizationDecision
from tests.authorization.site import Site, ask_all, thread_site
from tests.authorization.test_races import BY, obey
from tests.support.authorizing import SECRET, body, event, signed

if TYPE_CHECKING:
    from storage import Database


def post(site: Site, raw: bytes, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{site.url}/stripe/authorizations", content=raw, headers=headers)


def test_the_answer_is_what_stripe_documents(site: Site) -> None:
    raw = body(event())
    answer = post(site, raw, signed(raw))
    assert (answer.status_code, answer.json()) == (
        200,
        {"approved": True, "metadata": {"rule": "none", "policy": "0"}},
    )
    assert answer.headers["stripe-version"] == STRIPE_VERSION == stripe.api_version
    assert answer.headers["content-type"] == "application/json"


def test_a_partial_approval_names_the_amount(database: Database, site: Site) -> None:
    obey(database, "[limit_day]\ncard={usd=500}", "limit_day", "partial")
    controllable = {"is_amount_controllable": True}
    assert site.ask(event("1", pending=controllable)) == {
        "approved": True,
        "amount": 500,
        "metadata": {"rule": "partial", "policy": "1"},
    }
    assert "amount" not in site.ask(event("2"))


def test_metadata_stay_within_stripes_limits(database: Database, site: Site) -> None:
    obey(database, '[merchant_category]\nblocked=["book_stores"]', "merchant_category")
    found = site.ask(event())["metadata"]
    assert found == {"rule": "merchant_category", "policy": "1"}
    assert len(found) <= 50
    assert all(len(key) <= 40 and len(value) <= 500 for key, value in found.items())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"stripe-signature": ""},
        {"stripe-signature": "t=1,v1=00"},
        {"stripe-signature": "v1=00"},
        signed(body(event()), secret="whsec_stranger"),
        signed(body(event("other"))),
        signed(body(event()), at=time.time() - 301),
        signed(body(event()), at=time.time() + 100_000),
        {"stripe-signature": signed(body(event()))["stripe-signature"].replace("v1=", "v0=")},
    ],
)
def test_an_invalid_signature_is_refused_and_nothing_is_decided(
    database: Database, site: Site, headers: dict[str, str]
) -> None:
    assert post(site, body(event()), headers).status_code == 400
    with database.reading() as session:
        assert session.exec(select(AuthorizationDecision)).all() == []


def test_each_secret_and_each_signature_of_a_rotation_is_accepted(site: Site) -> None:
    raw = body(event())
    older = signed(raw, secret="whsec_older")
    assert post(site, raw, older).status_code == 200
    stranger = signed(raw, secret="whsec_stranger")["stripe-signature"]
    both = f"{stranger},{signed(raw)['stripe-signature'].partition(',')[2]}"
    assert post(site, raw, {"stripe-signature": both}).status_code == 200
    assert stripe.WebhookSignature.verify_header(raw.decode(), both, SECRET)


def test_an_event_of_another_kind_is_refused(site: Site) -> None:
    raw = body(event() | {"type": "issuing_authorization.created"})
    assert post(site, raw, signed(raw)).status_code == 400


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b"3",
        b'{"type": "issuing_authorization.request"}',
        b"\xff",
        body(event()).replace(b"evt_", b"\\ud800"),
        body(event())[:-1] + b',"unread":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["half", "list", "number", "empty", "no_utf8", "half_a_character", "deep"],
)
def test_a_signed_text_that_is_no_request_is_declined_by_the_fallback(site: Site, raw: bytes) -> None:
    answer = post(site, raw, signed(raw))
    assert answer.status_code == 200
    assert answer.json() == {"approved": False, "metadata": {"rule": "fallback", "policy": "0"}}


def test_a_failure_of_ours_that_nobody_foresaw_ends_in_the_fallback(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(raw: bytes) -> None:
        raise RuntimeError(raw)

    monkeypatch.setattr("bot.authorization.parse", fail)
    raw = body(event())
    answer = post(site, raw, signed(raw))
    assert (answer.status_code, answer.json()["metadata"]["rule"]) == (200, "fallback")
    assert "RuntimeError" in caplog.text
    assert "iauth_" not in caplog.text


def test_a_body_over_a_megabyte_is_refused(site: Site) -> None:
    raw = b" " * (LARGEST_BODY + 1)
    assert post(site, raw, signed(raw)).status_code == 413


def test_other_paths_and_methods_go_to_the_application_behind(site: Site) -> None:
    assert httpx.get(f"{site.url}/healthz").text == "behind"
    assert httpx.get(f"{site.url}/stripe/authorizations").text == "behind"


def test_the_figures_tell_the_answers_apart(database: Database, site: Site) -> None:
    site.ask(event("1"))
    obey(database, "[limit_day]\ncard={usd=1}", "limit_day")
    site.ask(event("2"))
    post(site, b"{", signed(b"{"))
    post(site, b"{", {})
    registry = CollectorRegistry()
    assert site.endpoint is not None
    registry.register(site.endpoint)
    shown = generate_latest(registry).decode()
    for answer in ("approved", "declined", "fallback", "refused"):
        assert f'gantry_authorizations_total{{answer="{answer}"}} 1.0' in shown
    assert "gantry_authorization_seconds_count 3.0" in shown


def test_a_new_policy_is_obeyed_without_a_restart(database: Database, processes: list[Site]) -> None:
    def rules(name: str) -> set[Any]:
        return {site.ask(event(f"{name}{n}"))["metadata"]["rule"] for n, site in enumerate(processes)}

    assert rules("a") == {"none"}
    obey(database, "[limit_authorization]\ncard={usd=1}", "limit_authorization")
    assert rules("b") == {"limit_authorization"}
    with database.transaction() as session:
        policy.set_state(session, "limit_authorization", "shadow", **BY)
    assert rules("c") == {"none"}


def test_authorizations_are_answered_while_slack_is_stalled(database: Database, deciding: Database) -> None:
    ended, stalled = threading.Event(), threading.Semaphore(0)

    def dispatch(_body: str, _headers: dict[str, Any]) -> Any:
        stalled.release()
        ended.wait(60)
        return SimpleNamespace(status=200, body="", headers={})

    slack_pool, people = ThreadPoolExecutor(8), ThreadPoolExecutor(20)
    behind = web.build(dispatch=dispatch, pool=slack_pool, ready=list, registry=CollectorRegistry())
    with thread_site(database, deciding, behind) as site:
        clicks = [
            people.submit(
                httpx.post,
                f"{site.url}/slack/events",
                content="x",
                headers={"x-slack-request-timestamp": "1764072000"},
                timeout=60,
            )
            for _ in range(20)
        ]
        for _ in range(8):  # every thread for Slack is taken, and more people wait
            stalled.acquire()
        answers = ask_all([site], [event(f"{n}") for n in range(20)])
        assert {one["metadata"]["rule"] for one in answers} == {"none"}
        assert not any(click.done() for click in clicks)
        ended.set()
        assert {click.result().status_code for click in clicks} == {200}
    slack_pool.shutdown()
    people.shutdown()
