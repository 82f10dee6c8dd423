"""Every HTTP path: what it answers, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from bot import web
from bot.playground.running import ServerThread

STAMP = {"x-slack-request-timestamp": "1700000000"}


@dataclass
class Answered:
    status: int = 200
    body: str = "ok"
    headers: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Site:
    """A running web application and what its Slack side was given."""

    url: str = ""
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answer: Answered = field(default_factory=Answered)
    missing: list[str] = field(default_factory=list)
    broken: bool = False

    def dispatch(self, body: str, headers: dict[str, Any]) -> Answered:
        if self.broken:
            raise RuntimeError("broken")
        self.got.append((body, headers))
        return self.answer


Serve = Callable[..., Site]


@pytest.fixture
def serve() -> Iterator[Serve]:
    ends: list[Callable[[], object]] = []

    def make(*, socket_mode: bool = False) -> Site:
        site, pool = Site(), ThreadPoolExecutor(4)
        application = web.build(
            dispatch=None if socket_mode else site.dispatch,
            pool=pool,
            ready=lambda: site.missing,
            registry=CollectorRegistry(),
        )
        server = ServerThread(application)
        server.start()
        site.url = f"http://127.0.0.1:{server.port}"
        ends.extend([server.stop, pool.shutdown])
        return site

    yield make
    for end in ends:
        end()


@pytest.fixture
def site(serve: Serve) -> Site:
    return serve()


def test_slacks_requests_reach_bolt_as_they_came(site: Site) -> None:
    site.answer = Answered(200, '{"a":1}', {"content-type": ["application/json;charset=utf-8"]})
    answer = httpx.post(f"{site.url}/slack/events", content="payload=é".encode(), headers=STAMP)
    assert (answer.status_code, answer.json()) == (200, {"a": 1})
    [(body, headers)] = site.got
    assert body == "payload=é"
    assert headers["x-slack-request-timestamp"] == ["1700000000"]


def test_no_cookie_is_set(site: Site) -> None:
    site.answer = Answered(200, "", {"set-cookie": ["a=b"], "x-ours": ["yes"]})
    answer = httpx.post(f"{site.url}/slack/events", content="x", headers=STAMP)
    assert "set-cookie" not in answer.headers
    assert answer.headers["x-ours"] == "yes"


@pytest.mark.parametrize("stamp", [None, "", "soon", "12.5", "-1", "١٢٣", "0x10"])
def test_a_timestamp_that_is_no_number_is_refused_before_anything_is_read(
    site: Site, stamp: str | None
) -> None:
    headers = {} if stamp is None else {"x-slack-request-timestamp": stamp.encode()}
    answer = httpx.post(f"{site.url}/slack/events", content="x", headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert site.got == []


def test_a_body_over_a_megabyte_is_refused(site: Site) -> None:
    at_most = b"x" * (1024 * 1024)
    assert httpx.post(f"{site.url}/slack/events", content=at_most, headers=STAMP).status_code == 200
    answer = httpx.post(f"{site.url}/slack/events", content=at_most + b"x", headers=STAMP)
    assert answer.status_code == 413
    assert "1 MB" in answer.json()["error"]
    assert len(site.got) == 1


def test_a_body_without_a_length_is_measured_too(site: Site) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    answer = httpx.post(f"{site.url}/slack/events", content=parts(), headers=STAMP)
    assert answer.status_code == 413


def test_bytes_that_are_no_text_are_refused(site: Site) -> None:
    answer = httpx.post(f"{site.url}/slack/events", content=b"\xff\xfe", headers=STAMP)
    assert answer.status_code == 400
    assert site.got == []


def test_a_failure_inside_says_nothing_of_itself(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.broken = True
    answer = httpx.post(f"{site.url}/slack/events", content="secret words", headers=STAMP)
    assert (answer.status_code, answer.json()) == (500, {"error": "internal error"})
    assert "secret words" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_in_socket_mode_http_says_so(serve: Serve) -> None:
    site = serve(socket_mode=True)
    answer = httpx.post(f"{site.url}/slack/events", content="x", headers=STAMP)
    assert answer.status_code == 503
    assert "SLACK_APP_TOKEN" in answer.json()["error"]


def test_without_a_signing_secret_stripe_is_told_so(site: Site) -> None:
    answer = httpx.post(f"{site.url}/stripe/webhook", content="{}")
    assert answer.status_code == 503
    assert "STRIPE_WEBHOOK_SECRETS" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/stripe/authorizations"])
def test_stripes_paths_say_that_they_are_not_there_yet(site: Site, path: str) -> None:
    answer = httpx.post(f"{site.url}{path}", content="{}")
    assert answer.status_code == 503
    assert "Stripe" in answer.json()["error"]


def test_it_lives(site: Site) -> None:
    site.missing = ["everything"]
    answer = httpx.get(f"{site.url}/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_it_is_ready_when_nothing_is_missing(site: Site) -> None:
    answer = httpx.get(f"{site.url}/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})
    site.missing = ["the database is not migrated: run gantry migrate"]
    answer = httpx.get(f"{site.url}/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "missing": site.missing})


def test_metrics_count_slacks_acknowledgements(site: Site) -> None:
    for _ in range(3):
        httpx.post(f"{site.url}/slack/events", content="x", headers=STAMP)
    answer = httpx.get(f"{site.url}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "gantry_slack_ack_seconds_count 3.0" in answer.text


WRONG = [("GET", "/slack/events", 405), ("POST", "/healthz", 405), ("GET", "/", 404), ("POST", "/slack", 404)]


@pytest.mark.parametrize(("method", "path", "status"), WRONG)
def test_other_paths_and_methods_are_not_there(site: Site, method: str, path: str, status: int) -> None:
    assert httpx.request(method, f"{site.url}{path}").status_code == status
