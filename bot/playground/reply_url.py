"""The `response_url` endpoint: five uses in 30 minutes, wherever the person may write."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.playground import checks
from bot.playground.args import Args
from bot.playground.errors import SlackError
from bot.playground.identity import BOT_USER
from bot.playground.methods_chat import UNREADABLE
from bot.playground.modals import name_blocks
from bot.playground.workspace import Message

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.playground.identity import Json
    from bot.playground.slack import Slack
    from bot.playground.triggers import ReplyUrl


async def endpoint(request: Request) -> Response:
    """Takes one answer."""
    slack: Slack = request.app.state.slack
    try:
        args = await Args.read(request)
    except SlackError as refusal:
        return JSONResponse({"ok": False, "error": refusal.error}, status_code=400)
    entry = slack.traffic.begin("from_bot", "response_url", args.values)
    if slack.faults.outage:
        slack.traffic.end(entry, 503, "upstream unavailable")
        return PlainTextResponse("upstream unavailable", status_code=503)
    status, body = 200, "ok"
    try:
        url = slack.reply_urls.redeem(request.path_params["name"])
        answer(slack, url, args.values)
    except SlackError as refusal:
        gone = refusal.error in {"no_such_url", "expired_url", "used_url"}
        status, body = (404 if gone else 400), refusal.error
    slack.traffic.end(entry, status, body)
    if status == 200:  # noqa: PLR2004 - HTTP
        return PlainTextResponse(body)
    return JSONResponse({"ok": False, "error": body}, status_code=status)


def answer(slack: Slack, url: ReplyUrl, told: Json) -> None:
    """Does what an answer to a command, a click or a response URL asks.

    Raises:
        SlackError: the message is refused.
    """
    original = _original(slack, url)
    if told.get("delete_original"):
        if original is not None:
            slack.workspace.delete(original)
        return
    text, blocks = str(told.get("text") or ""), told.get("blocks")
    checks.message(text, blocks, told.get("attachments") or [])
    named = name_blocks(copy.deepcopy(blocks)) if blocks else None
    if told.get("replace_original") and original is not None:
        original.text, original.blocks = text or UNREADABLE, named
        if "metadata" in told:
            original.metadata = checks.metadata(told["metadata"])
        slack.workspace.changed(original)
        return
    public = told.get("response_type") == "in_channel"
    message = Message(
        url.channel,
        "",
        BOT_USER,
        text or UNREADABLE,
        slack.clock.now(),
        blocks=named,
        bot=True,
        thread_ts=told.get("thread_ts") or None,
        ephemeral_for=None if public else url.person,
        metadata=checks.metadata(told.get("metadata")),
    )
    if public:
        slack.workspace.post(message)
        slack.events.said(message)
    else:
        slack.workspace.whisper(message)


def _original(slack: Slack, url: ReplyUrl) -> Message | None:
    if url.message_ts is None:
        return None
    return slack.workspace.ephemerals.get(url.message_ts) or slack.workspace.find(url.channel, url.message_ts)
