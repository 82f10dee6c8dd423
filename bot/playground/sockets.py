"""Socket Mode: tickets, connections, envelopes and their acknowledgements."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from typing import TYPE_CHECKING, Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot.playground.ack import OK, Ack
from bot.playground.identity import APP_ID, Json

if TYPE_CHECKING:
    from bot.playground.slack import Slack

CONNECTIONS: Final = 10
GRACE_SECONDS: Final = 2.0
_ANSWERABLE: Final = frozenset({"slash_commands", "view_submission", "block_suggestion"})
_LOST: Final = object()


class Sockets:
    """The bot's open connections; a delivery goes to one of them, in turn.

    Attributes:
        wanted: True once the bot asked for a socket: from then on nothing goes over HTTP, as in Slack.
    """

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self.wanted = False
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self._waiting: dict[str, tuple[WebSocket, asyncio.Future[object]]] = {}
        self._turn = 0

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def ticket(self) -> str:
        """The URL of one new connection; a ticket is good for one."""
        self.wanted = True
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"{self._slack.origin.replace('http', 'ws', 1)}/socket/{ticket}"

    async def endpoint(self, socket: WebSocket) -> None:
        """Serves one connection until either side ends it."""
        ticket = str(socket.path_params["ticket"])
        if ticket not in self._tickets:
            await socket.close(4001)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        if len(self._open) >= CONNECTIONS:
            await socket.send_text(json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
            await socket.close()
            return
        self._open.append(socket)
        hello: Json = {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {"host": "applink-local", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP_ID},
        }
        try:
            await socket.send_text(json.dumps(hello))
            while True:
                self._acknowledged(await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            pass  # the bot went away: what it had not acknowledged is told below
        finally:
            self._gone(socket)

    async def send(
        self, envelope_type: str, kind: str, payload: Json, attempt: int, reason: str, seconds: float
    ) -> Ack:
        """Sends one envelope and waits for its acknowledgement."""
        if not self._open:
            return Ack(None, problem="connection_failed")
        self._turn += 1
        socket = self._open[self._turn % len(self._open)]
        envelope: Json = {
            "envelope_id": secrets.token_hex(16),
            "payload": payload,
            "type": envelope_type,
            "accepts_response_payload": kind in _ANSWERABLE,
        }
        if envelope_type == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = (socket, answer)
        try:
            async with asyncio.timeout(seconds):
                await socket.send_text(json.dumps(envelope))
                body = await answer
        except TimeoutError:
            return Ack(None, problem="http_timeout")
        except (WebSocketDisconnect, RuntimeError):
            return Ack(None, problem="connection_failed")
        finally:
            self._waiting.pop(envelope["envelope_id"], None)
        if body is _LOST:
            return Ack(None, problem="connection_failed")
        return Ack(OK, body)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Asks the bot to connect anew, as Slack does every few hours; old connections close soon after."""
        for socket in list(self._open):
            await socket.send_text(json.dumps({"type": "disconnect", "reason": reason}))
            self._gone(socket)
            self._slack.dispatcher.background(_close_later(socket))

    async def drop(self) -> None:
        """Cuts every connection without a word."""
        for socket in list(self._open):
            self._gone(socket)
            if socket.application_state is not WebSocketState.DISCONNECTED:
                await socket.close(1012)

    def _acknowledged(self, text: str) -> None:
        try:
            told = json.loads(text)
        except ValueError:
            return
        _, answer = self._waiting.get(told.get("envelope_id", ""), (None, None))
        if answer is not None and not answer.done():
            answer.set_result(told.get("payload"))

    def _gone(self, socket: WebSocket) -> None:
        if socket in self._open:
            self._open.remove(socket)
        for own, answer in self._waiting.values():
            if own is socket and not answer.done():
                answer.set_result(_LOST)


async def _close_later(socket: WebSocket) -> None:
    # A client that still reads the request to connect anew would take an immediate close for a failure.
    await asyncio.sleep(GRACE_SECONDS)
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close()
