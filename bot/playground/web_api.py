"""Slack's Web API at `/api/{method}`: token, scope, rate, then the method; and the faults around them."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.playground import methods_chat as chat
from bot.playground import methods_conversations as conversations
from bot.playground import methods_files as files
from bot.playground import methods_people as people
from bot.playground import methods_views as views
from bot.playground.args import Args
from bot.playground.errors import SlackError
from bot.playground.rates import TooFastError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from bot.playground.identity import Json
    from bot.playground.slack import Slack


@dataclass(frozen=True)
class Method:
    """A method: what does it, the scopes of which one is needed, its rate tier."""

    do: Callable[[Slack, Args], Json]
    scopes: tuple[str, ...] = ()
    tier: str | None = None


_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_OPEN = ("im:write", "mpim:write", "channels:manage", "groups:write")

METHODS: Final[dict[str, Method]] = {
    "api.test": Method(people.api_test),
    "auth.test": Method(people.auth_test),
    "apps.connections.open": Method(people.open_socket, ("connections:write",), "t3"),
    "bots.info": Method(people.bot, ("users:read",), "t3"),
    "chat.delete": Method(chat.delete, ("chat:write",), "t3"),
    "chat.getPermalink": Method(chat.get_permalink),
    "chat.postEphemeral": Method(chat.post_ephemeral, ("chat:write",), "t4"),
    "chat.postMessage": Method(chat.post_message, ("chat:write",)),
    "chat.update": Method(chat.update, ("chat:write",), "t3"),
    "conversations.history": Method(conversations.history, _HISTORY, "t3"),
    "conversations.info": Method(conversations.info, _READ, "t3"),
    "conversations.join": Method(conversations.join, ("channels:join",), "t3"),
    "conversations.list": Method(conversations.listing, _READ, "t2"),
    "conversations.members": Method(conversations.members, _READ, "t4"),
    "conversations.open": Method(conversations.open_direct, _OPEN, "t3"),
    "conversations.replies": Method(conversations.replies, _HISTORY, "t3"),
    "dnd.info": Method(people.dnd, ("dnd:read",), "t3"),
    "files.completeUploadExternal": Method(files.complete_upload, ("files:write",), "t4"),
    "files.getUploadURLExternal": Method(files.get_upload_url, ("files:write",), "t4"),
    "files.info": Method(files.info, ("files:read",), "t4"),
    "reactions.add": Method(chat.add_reaction, ("reactions:write",), "t3"),
    "team.info": Method(people.team, ("team:read",), "t3"),
    "usergroups.users.list": Method(people.usergroup, ("usergroups:read",), "t2"),
    "users.info": Method(people.info, ("users:read",), "t4"),
    "users.list": Method(people.listing, ("users:read",), "t2"),
    "users.lookupByEmail": Method(people.lookup, ("users:read.email",), "t3"),
    "views.open": Method(views.open_view, (), "t4"),
    "views.publish": Method(views.publish, (), "t4"),
    "views.push": Method(views.push, (), "t4"),
    "views.update": Method(views.update, (), "t4"),
}
_FREE: Final = frozenset({"api.test"})


async def call(request: Request) -> Response:
    """Answers one call of the Web API."""
    slack: Slack = request.app.state.slack
    name = request.path_params["method"]
    headers = {"x-slack-req-id": secrets.token_hex(16), "x-oauth-scopes": ",".join(slack.scopes)}
    try:
        args = await Args.read(request)
    except SlackError as refusal:
        return JSONResponse({"ok": False, "error": refusal.error}, headers=headers)
    entry = slack.traffic.begin("from_bot", name, _readable(args.values))
    if slack.faults.outage:
        slack.traffic.end(entry, 503, "upstream unavailable")
        return PlainTextResponse("upstream unavailable", status_code=503)
    status, body = _answer(slack, name, args, headers)
    if slack.faults.slow:
        # Slack has done its part; only the answer is late. A client that gave up cannot know.
        await asyncio.sleep(slack.faults.slow_seconds)
    if slack.faults.drops(name):
        slack.traffic.end(entry, None, {"problem": "the reply was lost", "body": body})
        _cut(request)
        return Response(status_code=500)
    slack.traffic.end(entry, status, body)
    return JSONResponse(body, status_code=status, headers=headers)


def _answer(slack: Slack, name: str, args: Args, headers: dict[str, str]) -> tuple[int, Json]:
    try:
        return 200, {"ok": True, **_do(slack, name, args, headers)}
    except TooFastError as refusal:
        headers["Retry-After"] = str(refusal.retry_after)
        return 429, {"ok": False, "error": refusal.error}
    except SlackError as refusal:
        return 200, {"ok": False, "error": refusal.error, **refusal.extra}


def _do(slack: Slack, name: str, args: Args, headers: dict[str, str]) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    if name not in _FREE:
        _check_token(slack, name, args.token)
    if name == "apps.connections.open":
        return method.do(slack, args)
    if method.scopes:
        headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        if not set(method.scopes) & set(slack.scopes):
            raise SlackError("missing_scope", needed=method.scopes[0], provided=",".join(slack.scopes))
    if name == "chat.postMessage" and slack.faults.rate_limit:
        raise TooFastError(slack.faults.retry_after)
    slack.rates.call(name, method.tier)
    return method.do(slack, args)


def _check_token(slack: Slack, name: str, token: str) -> None:
    if not token:
        raise SlackError("not_authed")
    if token not in {slack.bot_token, slack.app_token}:
        raise SlackError("invalid_auth")
    if slack.faults.token_revoked:
        raise SlackError("token_revoked")
    wanted = slack.app_token if name == "apps.connections.open" else slack.bot_token
    if token != wanted and name != "auth.test":
        raise SlackError("not_allowed_token_type")


def _readable(values: Json) -> Json:
    """Arguments for the traffic tab: JSON that came as text is shown as JSON."""
    shown = dict(values)
    for key in ("blocks", "view", "metadata", "files", "attachments"):
        if isinstance(shown.get(key), str):
            try:
                shown[key] = json.loads(shown[key])
            except ValueError:
                continue
    return shown


def _cut(request: Request) -> None:
    """Closes the connection without an answer, as a network does.

    ASGI has no word for this; uvicorn's request cycle, whose bound method `receive` is, knows its transport.
    """
    cycle = getattr(request.receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
