"""The HTTP routes: what Slack and Stripe call, and what operators watch. Thin: work happens elsewhere."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from http import HTTPStatus
from typing import Any, Final, Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

LARGEST_BODY: Final = 1024 * 1024
_log: Final = logging.getLogger(__name__)


class SlackAnswer(Protocol):
    """What Slack is answered."""

    status: int
    body: str
    headers: Mapping[str, Any]


Dispatch = Callable[[str, dict[str, Any]], SlackAnswer]
"""signed body and headers → answer; blocking"""
Record = Callable[[bytes, str], HTTPStatus]
"""raw body and `Stripe-Signature` → answer; blocking"""
Ready = Callable[[], list[str]]
"""what is missing before requests can be served; blocking"""


def build(
    *,
    dispatch: Dispatch | None,
    pool: Executor,
    ready: Ready,
    registry: CollectorRegistry,
    stripe: Record | None = None,
    stripe_pool: Executor | None = None,
) -> Starlette:
    """Return the web application.

    Args:
        dispatch: answers a request of Slack on a thread of `pool`; None when Socket Mode is in use.
        pool: threads for Slack's requests and for nothing else.
        ready: says in short sentences what is missing; empty means ready.
        registry: what `/metrics` shows.
        stripe: records a webhook of Stripe's on a thread of `stripe_pool`; None when no secret is set.
        stripe_pool: threads for Stripe's webhooks and for nothing else.
    """
    seconds = Histogram(
        "gantry_slack_ack_seconds",
        "From a request of Slack to its acknowledgement",
        registry=registry,
        buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 3),
    )

    async def slack_events(request: Request) -> Response:
        if dispatch is None:
            return JSONResponse(
                {"error": "this Gantry listens in Socket Mode; unset SLACK_APP_TOKEN to use HTTP"}, 503
            )
        began = time.perf_counter()
        stamp = request.headers.get("x-slack-request-timestamp", "")
        if not (stamp.isascii() and stamp.isdigit()):
            return JSONResponse({"error": "invalid request"}, 401)
        body = await _body(request)
        if body is None:
            return JSONResponse({"error": "the body is larger than 1 MB"}, 413)
        headers: dict[str, Any] = {name: [value] for name, value in request.headers.items()}
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return JSONResponse({"error": "the body is not UTF-8"}, 400)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(pool, dispatch, text, headers)
        seconds.observe(time.perf_counter() - began)
        return Response(
            answer.body,
            answer.status,
            {name: _first(value) for name, value in answer.headers.items() if name != "set-cookie"},
        )

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        missing = await asyncio.get_running_loop().run_in_executor(None, ready)
        return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)

    async def metrics(_: Request) -> Response:
        text = await asyncio.get_running_loop().run_in_executor(None, generate_latest, registry)
        return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})

    return Starlette(
        routes=[
            Route("/slack/events", slack_events, methods=["POST"]),
            Route("/stripe/webhook", _stripe_webhook(stripe, stripe_pool), methods=["POST"]),
            Route("/stripe/authorizations", _authorizations_off, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ],
        exception_handlers={Exception: _failed},
    )


def _stripe_webhook(record: Record | None, pool: Executor | None) -> Callable[[Request], Awaitable[Response]]:
    async def stripe_webhook(request: Request) -> Response:
        if record is None:
            return JSONResponse(
                {"error": "this Gantry knows no signing secret; set STRIPE_WEBHOOK_SECRETS"}, 503
            )
        body = await _body(request)
        if body is None:
            return JSONResponse({"error": "the body is larger than 1 MB"}, 413)
        signature = request.headers.get("stripe-signature", "")
        loop = asyncio.get_running_loop()
        status = await loop.run_in_executor(pool, record, body, signature)
        if status == HTTPStatus.OK:
            return JSONResponse({"received": True})
        return JSONResponse({"error": "refused; the log of Gantry says why"}, status)

    return stripe_webhook


async def _body(request: Request) -> bytes | None:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _first(value: object) -> str:
    return str(value[0]) if isinstance(value, list | tuple) and value else str(value)


async def _authorizations_off(_: Request) -> Response:
    # With the setting, bot.authorization answers this path before it comes here.
    return JSONResponse(
        {"error": "Stripe's authorizations are not answered here; set STRIPE_AUTHORIZATION_SECRETS"}, 503
    )


async def _failed(_: Request, error: Exception) -> Response:
    _log.error("a request failed: %s", type(error).__name__, exc_info=error)
    return Response(json.dumps({"error": "internal error"}), 500, {"content-type": "application/json"})
