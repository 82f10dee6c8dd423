"""Carries what people do to the bot: signed HTTP, or a Socket Mode envelope once the bot has a socket."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import httpx

from bot.playground.ack import OK, Ack

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from bot.playground.identity import Json
    from bot.playground.slack import Slack

_INTERACTIVE: Final = "interactive"


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Slack's v0 signature of a request."""
    base = f"v0:{timestamp}:".encode() + body
    return f"v0={hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()}"


class Dispatcher:
    """Delivers to one bot.

    Attributes:
        url: where the bot takes requests, such as `http://127.0.0.1:3000/slack/events`; None: not attached.
        signing_secret: replaces the workspace's own when the bot was started with another one.
    """

    def __init__(self, slack: Slack, *, ack_seconds: float, retry_delays: tuple[float, ...]) -> None:
        self._slack = slack
        self.ack_seconds = ack_seconds
        self.retry_delays = retry_delays
        self.url: str | None = None
        self.signing_secret: str | None = None
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[object]] = set()
        self._held: asyncio.Event | None = None

    def attach(self, url: str | None, signing_secret: str | None = None) -> None:
        """Sends to this bot from now on, over HTTP unless it opens a socket."""
        self.url = url
        self.signing_secret = signing_secret
        self._slack.sockets.wanted = False

    async def interact(self, kind: str, payload: Json) -> Ack:
        """Delivers a command, click, form, shortcut or question for options and waits for its answer."""
        return await self._deliver(kind, payload, 0, "")

    def event(self, envelope: Json) -> None:
        """Delivers an event in the background, again and again until it is taken or Slack gives up."""
        self.background(self._event(envelope))

    async def _event(self, envelope: Json) -> None:
        reason = ""
        for attempt, pause in enumerate((0.0, *self.retry_delays)):
            if pause:
                await asyncio.sleep(pause)
            ack = await self._deliver("event_callback", envelope, attempt, reason)
            if ack.ok or ack.no_retry:
                return
            reason = ack.problem or "unknown_error"

    def background(self, work: Coroutine[object, object, object]) -> None:
        """Runs something on the side; it ends with the playground."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def idle(self, seconds: float = 5.0) -> bool:
        """Waits until nothing is under way; False when it still is after so many seconds."""
        if self._tasks:
            _, pending = await asyncio.wait(set(self._tasks), timeout=seconds)
            return not pending
        return True

    def forget(self) -> None:
        """Drops what is still under way."""
        for task in list(self._tasks):
            task.cancel()

    async def close(self) -> None:
        """Ends all deliveries and connections."""
        self.forget()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (broken := task.exception()) is not None:
            task.get_loop().call_exception_handler(
                {"message": "a delivery of the local Slack broke", "exception": broken, "task": task}
            )

    async def _deliver(self, kind: str, payload: Json, attempt: int, reason: str) -> Ack:
        faults = self._slack.faults
        if faults.delay:
            await asyncio.sleep(faults.delay_seconds)
        held = await self._let_pass() if faults.reorder else None
        first = asyncio.ensure_future(self._send(kind, payload, attempt, reason))
        if faults.duplicate:
            self.background(self._send(kind, payload, attempt, reason))
        try:
            return await first
        finally:
            if held is not None:
                held.set()

    async def _let_pass(self) -> asyncio.Event | None:
        """Holds a delivery until the next one has gone; gives the next one the event that frees the first."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        mine = self._held = asyncio.Event()
        try:
            await asyncio.wait_for(mine.wait(), self._slack.faults.reorder_seconds)
        except TimeoutError:
            if self._held is mine:
                self._held = None
        return None

    async def _send(self, kind: str, payload: Json, attempt: int, reason: str) -> Ack:
        name = payload["event"]["type"] if kind == "event_callback" else kind
        entry = self._slack.traffic.begin("to_bot", name, payload)
        if self._slack.sockets.wanted:
            ack = await self._slack.sockets.send(
                _envelope_type(kind), kind, payload, attempt, reason, self.ack_seconds
            )
        else:
            ack = await self._post(kind, payload, attempt, reason)
        self._slack.traffic.end(
            entry, ack.status, ack.body if ack.ok else {"problem": ack.problem, "body": ack.body}
        )
        return ack

    async def _post(self, kind: str, payload: Json, attempt: int, reason: str) -> Ack:
        if self.url is None:
            return Ack(None, problem="connection_failed")
        body, content_type = _encode(kind, payload)
        timestamp = int(self._slack.clock.wall())
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": str(timestamp),
            "X-Slack-Signature": signature(
                self.signing_secret or self._slack.signing_secret, timestamp, body
            ),
        }
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        if self._client is None:
            limits = httpx.Limits(max_connections=200, max_keepalive_connections=64, keepalive_expiry=2)
            self._client = httpx.AsyncClient(trust_env=False, limits=limits, timeout=httpx.Timeout(30))
        try:
            async with asyncio.timeout(self.ack_seconds):
                answer = await self._client.post(self.url, content=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            return Ack(None, problem="http_timeout")
        except httpx.HTTPError:
            return Ack(None, problem="connection_failed")
        no_retry = answer.headers.get("x-slack-no-retry") == "1"
        problem = None if answer.status_code == OK else "http_error"
        return Ack(answer.status_code, _decode(answer), problem, no_retry=no_retry)


def _envelope_type(kind: str) -> str:
    return {"event_callback": "events_api", "slash_commands": "slash_commands"}.get(kind, _INTERACTIVE)


def _encode(kind: str, payload: Json) -> tuple[bytes, str]:
    if kind in {"event_callback", "url_verification"}:
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _decode(answer: httpx.Response) -> object:
    if not answer.content:
        return None
    if answer.headers.get("content-type", "").startswith("application/json"):
        try:
            return answer.json()
        except ValueError:
            return answer.text
    return answer.text
