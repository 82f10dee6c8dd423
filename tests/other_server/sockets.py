"""Socket Mode of the other Slack, as its documentation describes it, on an address of its own.

https://docs.slack.dev/apis/events-api/using-socket-mode: the app asks for a URL, which is good once; says nothing
and hears `hello`; each envelope has an id, a type and a payload, and is acknowledged by its id within three seconds,
with a payload only where `accepts_response_payload` says so; `disconnect` tells to connect anew.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

Json = dict[str, Any]
APP_TOKEN = "xapp-1-A123456-7654321987654-8f742231b10e8888abcd99yyyzzz85a5"
MOST = 10
ACK_SECONDS = 30.0
"""Slack waits three seconds; a machine with much else to do may take longer here."""
TYPES = {"slash_commands": "slash_commands", "event_callback": "events_api"}
ANSWERED = {"slash_commands", "view_submission", "block_suggestion"}


class NotAcknowledgedError(Exception):
    """Nobody took the envelope: the person sees that it failed."""


class Sockets:
    """Hands out URLs, keeps the connections and waits for acknowledgements; `wrong` collects what is not allowed."""

    def __init__(self, wrong: list[str]) -> None:
        self._wrong = wrong
        self._good: set[str] = set()
        self._open: list[ServerConnection] = []
        self._waiting: dict[str, tuple[ServerConnection, threading.Event, list[Json]]] = {}
        self._answerable: dict[str, bool] = {}
        self._lock = threading.Lock()
        self._port = 0
        self._server: Server | None = None
        self.mute = False
        self.opened = 0

    def start(self) -> None:
        """Take connections, at the same address as before."""
        self._server = serve(self._serve, "127.0.0.1", self._port, compression=None)
        self._port = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Take no connection any more, and cut those that are there."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        self.cut()

    @property
    def count(self) -> int:
        """How many connections are open."""
        with self._lock:
            return len(self._open)

    def url(self) -> str:
        """An address that is good for one connection."""
        ticket = uuid.uuid4().hex
        self._good.add(ticket)
        return f"ws://127.0.0.1:{self._port}/link/?ticket={ticket}&app_id=f30ab25acdbd1d4e"

    def send(self, kind: str, payload: Any, attempt: int = 0) -> Json:
        """Send an envelope over one of the connections; gives the payload of its acknowledgement.

        Raises:
            NotAcknowledgedError: there is no connection, it ended, or nothing came for too long.
        """
        answerable = kind in ANSWERED
        envelope = {
            "payload": payload,
            "envelope_id": str(uuid.uuid4()),
            "type": TYPES.get(kind, "interactive"),
            "accepts_response_payload": answerable,
        }
        if kind == "event_callback":
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        return self.send_raw(json.dumps(envelope), str(envelope["envelope_id"]), answerable=answerable)

    def send_raw(self, text: str | bytes, envelope_id: str, *, answerable: bool = False) -> Json:
        """Send exactly this; an empty id waits for nothing. Raises as `send` does."""
        with self._lock:
            if not self._open:
                raise NotAcknowledgedError("no connection")
            connection = self._open[-1]
            done, answers = threading.Event(), []
            self._waiting[envelope_id] = connection, done, answers
            self._answerable[envelope_id] = answerable
        try:
            connection.send(text)
        except ConnectionClosed:
            raise NotAcknowledgedError("the connection has ended") from None
        if not envelope_id:
            return {}
        done.wait(ACK_SECONDS)
        with self._lock:
            self._waiting.pop(envelope_id)
        if not answers:
            raise NotAcknowledgedError("no acknowledgement")
        return answers[0]

    def refresh(self) -> None:
        """Ask for new connections, as Slack does every few hours, and end the old ones."""
        for connection in self._those_open():
            self._forget(connection)
            with contextlib.suppress(ConnectionClosed):
                connection.send(
                    json.dumps({"type": "disconnect", "reason": "warning", "debug_info": {"host": "wss-111"}})
                )

    def cut(self) -> None:
        """Break every connection off, without a word of either protocol."""
        for connection in self._those_open():
            self._forget(connection)
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

    def lose(self) -> None:
        """Let the connections stand, and neither answer pings nor read: as when a cable is pulled out."""
        for connection in self._those_open():
            self._forget(connection)
            connection.protocol.receive_data = lambda _: None  # type: ignore[method-assign]

    def _those_open(self) -> list[ServerConnection]:
        with self._lock:
            return list(self._open)

    def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        ticket = parse_qs(urlsplit(connection.request.path).query).get("ticket", [""])[0]
        if ticket not in self._good:
            connection.close(1008)
            return
        self._good.remove(ticket)
        with self._lock:
            number = len(self._open) + 1
        if number > MOST:
            connection.send(json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
            return
        hello = {
            "type": "hello",
            "num_connections": number,
            "connection_info": {"app_id": "A123456"},
            "debug_info": {"host": "wss-111", "started": "2026-01-01 00:00:00.000", "build_number": 54, "approximate_connection_time": 18060},
        }  # fmt: skip
        connection.send(json.dumps(hello))
        with self._lock:
            self._open.append(connection)
            self.opened += 1
        try:
            for told in connection:
                self._told(told)
        except ConnectionClosed:
            pass  # the app went away, or was cut off: its envelopes stay without acknowledgement
        finally:
            self._forget(connection)

    def _told(self, told: str | bytes) -> None:
        try:
            answer = json.loads(told)
            envelope_id = answer["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._wrong.append(f"no acknowledgement: {told!r}")
            return
        with self._lock:
            if envelope_id not in self._answerable:
                self._wrong.append(f"an acknowledgement of nothing: {told!r}")
                return
            if set(answer) - {"envelope_id", "payload"} or (
                "payload" in answer and not self._answerable[envelope_id]
            ):
                self._wrong.append(f"an acknowledgement that says too much: {told!r}")
            waiting = self._waiting.get(envelope_id)
            if waiting is None or self.mute:
                return
            _, done, answers = waiting
            if answers:
                self._wrong.append(f"acknowledged twice: {told!r}")
            answers.append(answer.get("payload") or {})
            done.set()

    def _forget(self, connection: ServerConnection) -> None:
        with self._lock:
            if connection in self._open:
                self._open.remove(connection)
            for own, done, _ in self._waiting.values():
                if own is connection:
                    done.set()
