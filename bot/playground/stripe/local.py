"""`LocalStripe`: a whole Stripe for tests and the playground, driven by plain calls from any thread."""

from __future__ import annotations

import time
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.playground.running import ServerThread
from bot.playground.stripe import acts
from bot.playground.stripe.api import answer, written
from bot.playground.stripe.delivery import Deliveries, StripeFaults
from bot.playground.stripe.errors import StripeProblem
from bot.playground.stripe.vault import Vault, Whose

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from starlette.types import Receive, Scope, Send

    from bot.playground.stripe.vault import Json

PLATFORM: Final = Whose()
KEPT_CALLS: Final = 10_000
METHODS: Final = ["GET", "POST", "DELETE"]


class LocalStripe:
    """Runs a local Stripe on a free loopback port while the `with` block lasts.

    Args:
        wall: Unix seconds: when deliveries are signed.
        now: Unix seconds: when things happen; by default the wall's.
        port: 0 for any free port.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        now: Callable[[], float] | None = None,
        port: int = 0,
    ) -> None:
        self.faults = StripeFaults()
        self.vault = Vault(now=now or wall)
        self.deliveries = Deliveries(self.faults, wall)
        self.vault.on_event = self.deliveries.take
        self.calls: deque[tuple[str, str, str]] = deque(maxlen=KEPT_CALLS)  # method, path, account
        route = Route("/{path:path}", endpoint=_Api(self), methods=METHODS)
        self._server = ServerThread(Starlette(routes=[route]), port)
        self.origin = f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def reset(self) -> None:
        """Forget everything that happened, and let everything work again."""
        with self.vault.lock:
            for held in (self.vault.objects, self.vault.events, self.vault.done, self.deliveries.waiting):
                held.clear()
            self.faults.clear()

    def attach(self, url: str, secret: str) -> None:
        """Deliver events to this address, signed with this secret."""
        self.deliveries.attach(url, secret)

    def deliver(self) -> int:
        """Bring what waits to Gantry; returns how many deliveries were accepted."""
        return self.deliveries.flush()

    def issue(self, whose: Whose = PLATFORM, **more: Any) -> Json:  # noqa: ANN401 - fields of the card
        """Make a new cardholder with a new card, which is active."""
        holder = acts.cardholder(self.vault, whose, "Jenny Rosen")
        found = acts.card(self.vault, whose, holder["id"], **more)
        return acts.change_card(self.vault, whose, found["id"], status="active")


class _Api:
    """Answers requests as Stripe does, unless something is to go wrong."""

    def __init__(self, local: LocalStripe) -> None:
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        faults = self._local.faults
        account = request.headers.get("stripe-account", "")
        self._local.calls.append((request.method, request.url.path, account))
        if faults.outage:
            response = Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
        elif faults.rate_limit:
            response = _refusal(
                StripeProblem(
                    "Request rate limit exceeded.", status=429, kind="rate_limit_error", code="rate_limit"
                )
            )
        else:
            response = await run_in_threadpool(self._answer, request, body)
            if faults.lost_reply and request.url.path.endswith(faults.lost_path):
                await _cut(send)
                return
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            found = answer(
                self._local.vault, request.method, request.url.path, request.url.query, body, headers
            )
        except StripeProblem as problem:
            return _refusal(problem)
        return Response(written(found), media_type="application/json")


def _refusal(problem: StripeProblem) -> Response:
    return Response(
        written(problem.body), problem.status, headers=problem.headers, media_type="application/json"
    )


async def _cut(send: Send) -> None:
    """Begin an answer and end the line before it is complete."""
    length = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    raise ConnectionResetError("the line is cut")
