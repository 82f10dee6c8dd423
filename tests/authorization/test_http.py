"""The short way of HTTP gives the same answers as the long one, whatever a client does with its connection."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from bot.authorization_http import StripeProtocol
from tests.support.authorizing import body, event, signed

if TYPE_CHECKING:
    from tests.authorization.site import Site


def text(raw: bytes, *lines: str, path: str = "/stripe/authorizations", length: bool = True) -> bytes:
    signature = signed(raw)["stripe-signature"]
    head = [f"POST {path} HTTP/1.1", "Host: gantry", f"Stripe-Signature: {signature}", *lines]
    if length:
        head.append(f"Content-Length: {len(raw)}")
    return "\r\n".join([*head, "", ""]).encode() + raw


def talk(site: Site, *parts: bytes, answers: int = 1) -> list[tuple[int, dict[str, str], bytes]]:
    """Send parts over one connection, each at once; read that many answers."""
    port = int(site.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        for part in parts:
            line.sendall(part)
        stream = line.makefile("rb")
        return [one_answer(stream) for _ in range(answers)]


def one_answer(stream: Any) -> tuple[int, dict[str, str], bytes]:
    status = int(stream.readline().split()[1])
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return status, headers, stream.read(int(headers.get("content-length", "0")))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Which requests went the short way."""
    seen: list[bool] = []
    decide = StripeProtocol._usual

    def watched(self: StripeProtocol) -> bytes | None:
        found = decide(self)
        seen.append(found is not None)
        return found

    monkeypatch.setattr(StripeProtocol, "_usual", watched)
    return seen


def test_the_short_way_and_the_long_way_answer_alike(site: Site, taken: list[bool]) -> None:
    raw, again = body(event("1")), body(event("2"))
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(again), again)
    head = text(again, "Transfer-Encoding: chunked", length=False).removesuffix(again)
    [short] = talk(site, text(raw))
    [long] = talk(site, head + chunked)
    assert taken == [True, False]
    assert short[0] == long[0] == 200
    assert json.loads(short[2]) == json.loads(long[2])
    assert short[1] | {"date": ""} == long[1] | {"date": ""}


def test_one_connection_is_answered_again_and_again(site: Site, taken: list[bool]) -> None:
    port = int(site.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        stream = line.makefile("rb")
        for number in range(3):
            line.sendall(text(body(event(f"{number}"))))
            assert one_answer(stream)[0] == 200
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: gantry\r\n\r\n")
        assert one_answer(stream)[2] == b"behind"
    assert taken == [True, True, True, False]


def test_requests_sent_in_one_breath_are_answered_in_their_order(site: Site) -> None:
    parts = [body(event("1")), b"{}", body(event("3"))]
    wrong = text(b"{}").replace(b"v1=", b"v1=00")
    both = text(parts[0]) + wrong + text(parts[2])
    found = talk(site, both, answers=3)
    assert [one[0] for one in found] == [200, 400, 200]
    assert json.loads(found[0][2])["approved"]


def test_a_body_in_pieces_is_put_together(site: Site, taken: list[bool]) -> None:
    raw = text(body(event()))
    [found] = talk(site, raw[:200], raw[200:900], raw[900:])
    assert (taken, found[0]) == ([True], 200)


def test_who_wants_to_close_is_told_so_and_closed(site: Site, taken: list[bool]) -> None:
    port = int(site.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(text(body(event()), "Connection: close"))
        stream = line.makefile("rb")
        status, headers, _ = one_answer(stream)
        assert (taken, status, headers["connection"], stream.read()) == ([True], 200, "close", b"")


def test_a_client_that_leaves_before_its_answer_disturbs_nobody(site: Site) -> None:
    port = int(site.url.rpartition(":")[2])
    for number in range(5):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(text(body(event(f"gone{number}"))))
    assert site.ask(event("here"))["approved"]


@pytest.mark.parametrize(
    "request_text",
    [
        text(b"{}", "Expect: 100-continue"),
        text(b"{}").replace(b"HTTP/1.1", b"HTTP/1.0"),
        text(b"{}", path="/stripe/authorizations?a=1"),
        text(b"{}", path="/stripe/%61uthorizations"),
    ],
    ids=["expects", "http_1_0", "query", "escaped"],
)
def test_an_unusual_request_goes_the_long_way(site: Site, taken: list[bool], request_text: bytes) -> None:
    [found] = talk(site, request_text)
    assert taken == [False]
    assert found[0] in {100, 200}


def test_a_length_that_is_too_large_is_refused(site: Site, taken: list[bool]) -> None:
    head = text(b"", length=False)[: -len(b"\r\n")] + b"Content-Length: 1048577\r\n\r\n"
    [found] = talk(site, head, b" " * 1_048_577)
    assert (taken, found[0]) == ([False], 413)


def test_an_idle_connection_is_closed_and_one_in_use_is_not(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = StripeProtocol.connection_made

    def impatient(self: StripeProtocol, transport: Any) -> None:
        self.timeout_keep_alive = 0.2  # type: ignore[assignment]
        begin(self, transport)

    monkeypatch.setattr(StripeProtocol, "connection_made", impatient)
    one, two = text(body(event("one"))), text(body(event("two")))
    with socket.create_connection(("127.0.0.1", int(site.url.rpartition(":")[2])), timeout=10) as line:
        stream = line.makefile("rb")
        line.sendall(one)
        assert one_answer(stream)[0] == 200
        line.sendall(two[:200])
        threading.Event().wait(0.5)  # longer than it would be left idle
        line.sendall(two[200:])
        assert one_answer(stream)[0] == 200
        assert stream.read() == b""  # closed, for nothing more came


def test_an_unread_path_on_a_used_connection_is_answered_and_then_the_short_way_again(
    site: Site, taken: list[bool]
) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: gantry\r\nX-Kept: 1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(site.url.rpartition(":")[2])), timeout=10) as line:
        stream = line.makefile("rb")
        for part in (text(body(event("one"))), health, text(body(event("two")))):
            line.sendall(part)
            assert one_answer(stream)[0] == 200
    assert taken == [True, False, True]
