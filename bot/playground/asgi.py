"""The one web application of the playground: Web API, sockets, files, page and controls."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route, WebSocketRoute

from bot.playground import methods_files, reply_url, web_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from bot.playground.slack import Slack


def slack_routes() -> list[BaseRoute]:
    """What the bot may call: the same paths as Slack's hosts offer."""

    async def socket(connection: WebSocket) -> None:
        await connection.app.state.slack.sockets.endpoint(connection)

    return [
        Route("/api/{method}", web_api.call, methods=["GET", "POST"]),
        Route("/reply/{team}/{name}", reply_url.endpoint, methods=["POST"]),
        Route("/upload/v1/{ticket}", methods_files.upload, methods=["POST"]),
        Route("/files-pri/{file}/download/{name:path}", methods_files.download),
        Route("/files-pri/{file}/{name:path}", methods_files.download),
        Route("/signin", methods_files.sign_in),
        WebSocketRoute("/socket/{ticket}", socket),
    ]


def build(slack: Slack, more: Sequence[BaseRoute] = ()) -> Starlette:
    """The application of one local Slack; `more` adds the page and its controls."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await slack.dispatcher.close()

    # Another name for this address would let a foreign page read along (DNS rebinding).
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app = Starlette(routes=[*slack_routes(), *more], middleware=[hosts], lifespan=lifespan)
    app.state.slack = slack
    return app
