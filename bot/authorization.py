"""The endpoint that Stripe waits for, two seconds at most: raw ASGI, in front of everything else.

Verified and read on the event loop, decided and committed by one thread that takes whatever waits as one
transaction, answered only after its commit. Whatever fails ends in the fallback answer, with status 200.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from bisect import bisect_left
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import orjson
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

from bot.authorization_body import parse
from bot.domain import signature
from bot.domain.authorization import FALLBACK, Request, RequestError, fallback
from bot.services import authorization
from bot.services.authorization import Answer, Standing
from storage.errors import is_unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping, Sequence

    from bot.clock import Clock
    from bot.effects.outage import Outage
    from storage import Database

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]
    Reply = Callable[[int, bytes], None]
    """status and body, on the event loop, once; it must not raise"""
    Settled = tuple["_Item", Answer | None]

PATH: Final = "/stripe/authorizations"
STRIPE_VERSION: Final = "2026-10-28.endive"
"""The API version of the answer, which Stripe requires; the one of the SDK in use."""
HEADERS: Final = ((b"content-type", b"application/json"), (b"stripe-version", STRIPE_VERSION.encode()))
BUDGET_SECONDS: Final = 1.05
"""An answer that is not on disk by then is the fallback's, which leaves within 1.2 s on a busy machine."""
WRITER_WAITS: Final = 0.95
"""For how long the database of the writer may wait for a lock: shorter than the budget."""
MOST_AT_ONCE: Final = 64
TURNS: Final = 4
"""How many turns of the event loop a batch waits for more: it is far fewer commits under load."""
LARGEST_BODY: Final = 1024 * 1024
_SWEEP_SECONDS: Final = 0.025
_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0)
_log: Final = logging.getLogger(__name__)


class _Item:
    """A request that waits for its answer."""

    __slots__ = ("answered", "began", "deadline", "reply", "request")

    def __init__(self, request: Request, reply: Reply, began: float) -> None:
        self.request = request
        self.reply = reply
        self.began = began
        self.deadline = time.monotonic() + BUDGET_SECONDS
        self.answered = False


class Writer(threading.Thread):
    """The one thread of this process that decides: a batch at a time, each in one transaction."""

    def __init__(self, database: Database, clock: Clock, outage: Outage) -> None:
        super().__init__(name="authorizations", daemon=True)
        self._database = database
        self._clock = clock
        self._outage = outage
        self._standing = Standing()
        self._inbox: SimpleQueue[tuple[Sequence[_Item], Callable[[Any], object]] | None] = SimpleQueue()

    def put(self, batch: Sequence[_Item], done: Callable[[Sequence[Settled]], object]) -> None:
        """Hand over a batch; `done` is called on this thread with what it came to."""
        self._inbox.put((batch, done))

    def end(self) -> None:
        """End the thread after what waits."""
        self._inbox.put(None)

    def warm(self) -> None:
        """Run the statements once: the first request should not pay for what is prepared at first use."""
        try:
            with self._database.transaction(priority=True) as session:
                authorization.warm(session, self._standing, self._clock.now())
                session.rollback()
        except Exception as error:  # noqa: BLE001 - a database that is away now may be there for the first request
            _log.warning("the authorization path could not be warmed: %s", type(error).__name__)

    def run(self) -> None:
        """Work until the end."""
        while (taken := self._inbox.get()) is not None:
            batch, done = taken
            settled = self._settled(batch)
            try:
                done(settled)
            except RuntimeError:  # the loop is closed: nobody waits for these answers any more
                _log.warning("%d answers came after the server had ended", len(batch))

    def _settled(self, batch: Sequence[_Item]) -> Sequence[Settled]:
        """Return an answer for each request, None for the fallback; a bad request spoils only itself."""
        try:
            try:
                return self._commit(batch)
            except Exception as error:
                if is_unavailable(error):
                    raise
                return self._commit_apart(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, Stripe gets an answer
            self._failed(error, len(batch))
            return [(item, None) for item in batch]

    def _commit(self, batch: Sequence[_Item]) -> Sequence[Settled]:
        while True:
            with self._database.transaction(priority=True) as session:
                session.connection()  # the lock: nothing is decided for whom waiting for it took too long
                live = _live(batch)
                if not live:
                    return []
                requests = [item.request for item in live]
                answers = authorization.answer_all(session, requests, self._standing, self._clock.now())
                late = len(_live(live)) < len(live)
                if late:
                    session.rollback()  # some have the fallback by now: no other decision of theirs may stay
            if not late:
                return [(item, answer) for item, answer in zip(live, answers, strict=True)]

    def _commit_apart(self, batch: Sequence[_Item]) -> Sequence[Settled]:
        """Do the same with a savepoint for each: still one commit, without the requests that fail."""
        settled: list[Settled] = []
        with self._database.transaction(priority=True) as session:
            session.connection()
            for item in _live(batch):
                try:
                    with session.begin_nested():
                        [answer] = authorization.answer_all(
                            session, [item.request], self._standing, self._clock.now()
                        )
                except Exception as error:
                    if is_unavailable(error):
                        raise
                    self._failed(error, 1)
                    settled.append((item, None))
                else:
                    settled.append((item, answer))
        return settled

    def _failed(self, error: Exception, number: int) -> None:
        self._outage.note(type(error).__name__)
        _log.warning("%d authorizations get the fallback: %s", number, type(error).__name__)


def _live(batch: Sequence[_Item]) -> Sequence[_Item]:
    now = time.monotonic()
    return [item for item in batch if item.deadline > now]


class Endpoint:
    """Answers `POST /stripe/authorizations` and hands every other request to the application behind it."""

    def __init__(
        self,
        behind: App,
        writer: Writer,
        outage: Outage,
        clock: Clock,
        *,
        secrets: Iterable[bytes],
        under: int,
    ) -> None:
        """Wire it; `start()` begins the work.

        Args:
            behind: the application for every other path.
            writer: the thread that decides.
            outage: hears of fallbacks and knows the reported cards.
            clock: its wall time judges the age of signatures.
            secrets: any of them may have signed a request.
            under: the fallback approves amounts below it, in minor units; 0 declines all.
        """
        self._behind = behind
        self._writer = writer
        self._outage = outage
        self._clock = clock
        self._secrets = tuple(secrets)
        self._under = under
        self._flying: list[list[_Item]] = []
        self._sweeping = False
        self._next: list[_Item] = []
        self._deciding = False
        self._bodies: dict[Answer, bytes] = {}
        self._answers = {"approved": 0, "declined": 0, FALLBACK: 0, "refused": 0}
        self._slots = [0] * (len(_BUCKETS) + 1)
        self._seconds = 0.0

    def start(self) -> None:
        """Begin to decide."""
        self._writer.warm()
        self._writer.start()
        self._outage.start()

    def end(self) -> None:
        """Finish what waits, and end."""
        self._outage.end()
        self._writer.end()
        self._writer.join(BUDGET_SECONDS)

    def alive(self) -> bool:
        """Tell whether the writer works: without it every card would get the fallback."""
        return self._writer.is_alive()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request that came through ASGI."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._behind(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            self._answers["refused"] += 1
            await _send(send, 413, b'{"error":"the body is larger than 1 MB"}')
            return
        header = next((value for name, value in scope["headers"] if name == signature.HEADER), b"")
        future: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

        def reply(status: int, text: bytes) -> None:
            if not future.done():  # whoever asked may have gone
                future.set_result((status, text))

        self.take(header, body, reply)
        await _send(send, *await future)

    def take(self, header: bytes, body: bytes, reply: Reply) -> None:
        """Take one request on the event loop; `reply` is called there, now or after the commit.

        Args:
            header: the value of `Stripe-Signature`, empty when there is none.
            body: the raw body, of `LARGEST_BODY` at most.
            reply: gets the status and the body of the answer.
        """
        began = time.perf_counter()
        if not signature.is_valid(header, body, self._secrets, self._clock.wall().timestamp()):
            self._refuse(reply, b'{"error":"the signature is invalid"}')
            return
        try:
            request = parse(body)
        except Exception as error:  # noqa: BLE001 - whatever it is, Stripe gets an answer
            # Only our own words about it: another error's text may quote the body.
            why = error if isinstance(error, RequestError) else type(error).__name__
            _log.warning("a signed authorization request cannot be read: %s", why)
            self._outage.note(type(error).__name__)
            self._give(reply, began, self._fall_back(None))
            return
        if request is None:
            self._refuse(reply, b'{"error":"only issuing_authorization.request is answered here"}')
            return
        item = _Item(request, reply, began)
        if not self._sweeping:
            self._sweeping = True
            asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)
        self._next.append(item)
        if not self._deciding:
            self._deciding = True
            loop = asyncio.get_running_loop()
            loop.call_soon(self._gather, loop, TURNS)

    def _gather(self, loop: asyncio.AbstractEventLoop, turns: int) -> None:
        """Let what is on its way arrive, for a few turns of the loop, then hand the batch over."""
        if turns and len(self._next) < MOST_AT_ONCE:
            loop.call_soon(self._gather, loop, turns - 1)
        else:
            self._hand_over(loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._next = self._next[:MOST_AT_ONCE], self._next[MOST_AT_ONCE:]
        self._deciding = bool(batch)
        if batch:
            self._flying.append(batch)
            settle = partial(self._settle, loop, batch)
            self._writer.put(batch, lambda settled: loop.call_soon_threadsafe(settle, settled))

    def _settle(
        self, loop: asyncio.AbstractEventLoop, batch: list[_Item], settled: Sequence[Settled]
    ) -> None:
        self._flying.remove(batch)
        for item, answer in settled:
            if not item.answered:
                item.answered = True
                self._give(item.reply, item.began, answer or self._fall_back(item.request))
        if len(settled) < len(batch):  # the writer leaves out whom waiting took too long
            self._too_late(batch)
        self._gather(loop, TURNS)

    def _sweep(self) -> None:
        """Give the fallback to whom waited too long; one look for all costs less than a timer for each."""
        now = time.monotonic()
        for batch in (*self._flying, self._next):
            if batch and batch[0].deadline <= now:  # the first of a batch came first
                self._too_late([item for item in batch if item.deadline <= now])
        self._sweeping = bool(self._flying or self._next)
        if self._sweeping:
            asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)

    def _too_late(self, batch: Sequence[_Item]) -> None:
        for item in batch:
            if not item.answered:
                item.answered = True
                self._outage.note("TimeoutError")
                self._give(item.reply, item.began, self._fall_back(item.request))

    def _give(self, reply: Reply, began: float, answer: Answer) -> None:
        found = self._bodies.get(answer)
        if found is None:
            found = _text(answer)
            if answer.amount is None:
                self._bodies[answer] = found
        reply(200, found)
        took = time.perf_counter() - began
        self._slots[bisect_left(_BUCKETS, took)] += 1
        self._seconds += took
        known = FALLBACK if answer.rule == FALLBACK else "approved" if answer.approved else "declined"
        self._answers[known] += 1

    def _fall_back(self, request: Request | None) -> Answer:
        reported = request is not None and request.card in self._outage.reported
        decision = fallback(request, under=self._under, reported=reported)
        return Answer(decision.approved, None, FALLBACK, 0)

    def _refuse(self, reply: Reply, body: bytes) -> None:
        self._answers["refused"] += 1
        reply(400, body)

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        """Return what `/metrics` shows."""
        counter = CounterMetricFamily(
            "gantry_authorizations", "Answers of the real-time endpoint", labels=["answer"]
        )
        for name, number in self._answers.items():
            counter.add_metric([name], number)
        yield counter
        total, buckets = 0, []
        for limit, number in zip([*map(str, _BUCKETS), "+Inf"], self._slots, strict=True):
            total += number
            buckets.append((limit, total))
        histogram = HistogramMetricFamily(
            "gantry_authorization_seconds", "From an authorization request to its answer"
        )
        histogram.add_metric([], buckets, self._seconds)
        yield histogram

    def describe(self) -> Iterable[CounterMetricFamily]:
        """Return nothing: the figures are named when they are collected."""
        return ()


def _text(answer: Answer) -> bytes:
    made: dict[str, Any] = {
        "approved": answer.approved,
        "metadata": {"rule": answer.rule, "policy": f"{answer.policy}"},
    }
    if answer.amount is not None:
        made["amount"] = answer.amount
    return orjson.dumps(made)


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [*HEADERS, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes | None:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body if len(body) <= LARGEST_BODY else None
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            return None
    return b"".join(parts)
