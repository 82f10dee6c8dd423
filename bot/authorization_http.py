"""HTTP for the one path that Stripe waits for: uvicorn's protocol without a task and a cycle per request.

A request of the usual shape, `POST /stripe/authorizations` with its length, goes from the parser to the
endpoint, and its answer back in one write (what that saves: docs/performance.md). Everything else, also on
the same connection, is uvicorn's as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from bot.authorization import HEADERS, LARGEST_BODY, PATH, Endpoint
from bot.domain import signature

if TYPE_CHECKING:
    from collections.abc import Sequence

_URL: Final = PATH.encode()
_FIXED: Final = b"".join(b"%b: %b\r\n" % pair for pair in HEADERS)
_LENGTH: Final = b"content-length"
_MOST_DIGITS: Final = 7


class _Exchange:
    """A request that is on its way, and what uvicorn asks of such a one while it is."""

    __slots__ = (
        "body",
        "disconnected",
        "endpoint",
        "keep_alive",
        "message_event",
        "protocol",
        "response_complete",
        "signed",
    )

    def __init__(
        self, protocol: StripeProtocol, endpoint: Endpoint, signed: bytes, *, keep_alive: bool
    ) -> None:
        self.protocol = protocol
        self.endpoint = endpoint
        self.signed = signed
        self.keep_alive = keep_alive
        self.body: list[bytes] = []
        self.response_complete = False
        self.disconnected = False
        self.message_event = _NOBODY_WAITS

    def reply(self, status: int, body: bytes) -> None:
        """Send the answer; whoever has gone gets none."""
        self.response_complete = True
        protocol = self.protocol
        if self.disconnected or protocol.transport.is_closing():
            return
        protocol.transport.write(protocol.written(status, body, keep_alive=self.keep_alive))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


class _Nobody:
    """Stands where uvicorn wakes an application that waits for more of a body: here none does."""

    def set(self) -> None:
        """Wake nobody."""


_NOBODY_WAITS: Final = _Nobody()


class StripeProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a short way for authorizations."""

    cycle: Any
    _idle_since: float | None = None
    _said: ClassVar[dict[tuple[int, bytes, bool], bytes]] = {}
    _said_with: ClassVar[object] = None

    def written(self, status: int, body: bytes, *, keep_alive: bool) -> bytes:
        """Return a whole answer; within a second, in which its date stays, equal answers are equal bytes."""
        headers = self.server_state.default_headers
        cls = StripeProtocol
        if cls._said_with is not headers:
            cls._said_with, cls._said = headers, {}
        found = cls._said.get((status, body, keep_alive))
        if found is None:
            found = cls._said[status, body, keep_alive] = b"".join(_lines(headers, status, body, keep_alive))
        return found

    def on_message_begin(self) -> None:
        """Begin a request; what only ASGI needs is made when it is known to need it."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_response_complete(self) -> None:
        """Wait for the next request; one timer for each connection looks whether one came."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self._look)

    def _unset_keepalive_if_required(self) -> None:
        """Something came, or the line is gone: the timer finds that out by itself."""
        self._idle_since = None

    def _look(self) -> None:
        self.timeout_keep_alive_task = None
        since = self._idle_since
        left = (
            self.timeout_keep_alive if since is None else since + self.timeout_keep_alive - self.loop.time()
        )
        if since is not None and left <= 0:
            self.timeout_keep_alive_handler()
        elif not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(left, self._look)

    def on_headers_complete(self) -> None:
        """Take the short way for a request of the usual shape, if nothing is under way on this connection."""
        before, endpoint = self.cycle, self.config.app
        free = before is None or before.response_complete
        signed = self._usual() if free and isinstance(endpoint, Endpoint) else None
        if signed is None:
            url, headers, expects = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.url, self.expect_100_continue = url, expects
            self.headers += headers
            super().on_headers_complete()
        else:
            keep_alive = self.parser.should_keep_alive()
            self.cycle = _Exchange(self, cast("Endpoint", endpoint), signed, keep_alive=keep_alive)

    def on_body(self, body: bytes) -> None:
        """Keep a part of a body."""
        if type(self.cycle) is _Exchange:
            self.cycle.body.append(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Hand a request over to the endpoint."""
        exchange = self.cycle
        if type(exchange) is _Exchange:
            parts = exchange.body
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            parts.clear()
            exchange.endpoint.take(exchange.signed, body, exchange.reply)
        else:
            super().on_message_complete()

    def _usual(self) -> bytes | None:
        """Return the signature of an authorization request of the usual shape, None for anything else."""
        if (
            self.url != _URL
            or self.parser.get_method() != b"POST"
            or not isinstance(self.config.app, Endpoint)
        ):
            return None
        parser = self.parser
        if self.expect_100_continue or parser.should_upgrade() or parser.get_http_version() != "1.1":
            return None
        signed, length = b"", b""
        for name, value in self.headers:
            if name == signature.HEADER:
                signed = signed or value
            elif name == _LENGTH:
                length = value
        if not length.isdigit() or len(length) > _MOST_DIGITS or int(length) > LARGEST_BODY:
            return None
        return signed


def _lines(
    headers: Sequence[tuple[bytes, bytes]],
    status: int,
    body: bytes,
    keep_alive: bool,  # noqa: FBT001 - HTTP's
) -> list[bytes]:
    lines = [STATUS_LINE[status]]
    for name, value in headers:
        lines += (name, b": ", value, b"\r\n")
    lines += (_FIXED, b"content-length: %d\r\n" % len(body))
    if not keep_alive:
        lines.append(b"connection: close\r\n")
    lines += (b"\r\n", body)
    return lines
