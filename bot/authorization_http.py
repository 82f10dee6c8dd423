"""HTTP for the one path that Stripe waits for: uvicorn's protocol without a task and a cycle per request.

A request of the usual shape, `POST /stripe/authorizations` with its length, goes from the parser to the
endpoint, and its answer back in one write (what that saves: docs/performance.md). Everything else, also on
the same connection, is uvicorn's as before.
"""

from __future__ import annotations

from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from bot.authorization import HEADERS, LARGEST_BODY, PATH, Endpoint
from bot.domain import signature

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
        protocol.transport.write(b"".join(self._lines(status, body)))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()

    def _lines(self, status: int, body: bytes) -> list[bytes]:
        lines = [STATUS_LINE[status]]
        for name, value in self.protocol.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines += (_FIXED, b"content-length: %d\r\n" % len(body))
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines += (b"\r\n", body)
        return lines


class _Nobody:
    """Stands where uvicorn wakes an application that waits for more of a body: here none does."""

    def set(self) -> None:
        """Wake nobody."""


_NOBODY_WAITS: Final = _Nobody()


class StripeProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a short way for authorizations."""

    cycle: Any

    def on_headers_complete(self) -> None:
        """Take the short way for a request of the usual shape, if nothing is under way on this connection."""
        before, endpoint = self.cycle, self.config.app
        free = before is None or before.response_complete
        signed = self._usual() if free and isinstance(endpoint, Endpoint) else None
        if signed is None:
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
