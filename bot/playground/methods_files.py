"""`files.*`, the upload URL and the private download."""

from __future__ import annotations

import mimetypes
import secrets
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bot.playground import shapes
from bot.playground.errors import SlackError
from bot.playground.identity import BOT_USER
from bot.playground.methods_chat import writable
from bot.playground.modals import name_blocks
from bot.playground.workspace import Message, StoredFile

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.playground.args import Args
    from bot.playground.identity import Json
    from bot.playground.slack import Slack


def keep(slack: Slack, name: str, content: bytes, user: str, mimetype: str | None = None) -> StoredFile:
    """Stores a file that nobody else sees yet."""
    kind = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
    stored = StoredFile(
        slack.workspace.new_id("F"), name, name, kind, content, user, created=int(slack.clock.wall())
    )
    slack.workspace.files[stored.id] = stored
    return stored


def bot_sees(slack: Slack, stored: StoredFile) -> bool:
    """True when the file was shared where the bot is, given to it in a form, or is its own."""
    if stored.user == BOT_USER or stored.submitted:
        return True
    return any(BOT_USER in slack.workspace.channels[name].members for name in stored.channels)


def info(slack: Slack, args: Args) -> Json:
    """`files.info`."""
    stored = slack.workspace.files.get(args.needed("file"))
    if stored is None or not bot_sees(slack, stored):
        raise SlackError("file_not_found")
    return {
        "file": shapes.file(stored, slack.origin),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


def get_upload_url(slack: Slack, args: Args) -> Json:
    """`files.getUploadURLExternal`, step one of three."""
    name = args.needed("filename")
    if args.number("length", 0) <= 0:
        raise SlackError.with_messages("invalid_arguments", ["missing required field: length"])
    stored = keep(slack, name, b"", BOT_USER)
    stored.alt = args.text("alt_txt")
    ticket = secrets.token_hex(16)
    slack.uploads[ticket] = stored.id
    return {"upload_url": f"{slack.origin}/upload/v1/{ticket}", "file_id": stored.id}


def complete_upload(slack: Slack, args: Args) -> Json:
    """`files.completeUploadExternal`, step three: shares the files in a channel, or keeps them private."""
    stored = []
    for wanted in args.objects("files", "invalid_arguments") or []:
        found = slack.workspace.files.get(str(wanted.get("id")))
        if found is None or found.user != BOT_USER or found.id in slack.uploads.values():
            raise SlackError("file_not_found")
        found.title = wanted.get("title") or found.title
        stored.append(found)
    if not stored:
        raise SlackError.with_messages("invalid_arguments", ["missing required field: files"])
    for name in filter(None, [args.text("channel_id"), *args.text("channels").split(",")]):
        if name in slack.workspace.people:
            raise SlackError("channel_not_found")  # messages go to a person's own id, files do not
        place = writable(slack, name)
        blocks = args.objects("blocks", "invalid_blocks")
        message = Message(
            place.id,
            "",
            BOT_USER,
            args.text("initial_comment"),
            slack.clock.now(),
            blocks=name_blocks(blocks) if blocks else None,
            files=[file.id for file in stored],
            bot=True,
            thread_ts=args.text("thread_ts") or None,
        )
        slack.workspace.post(message)
        slack.events.said(message)
    return {"files": [shapes.file(file, slack.origin) for file in stored]}


async def upload(request: Request) -> Response:
    """Step two of an upload: the bytes, raw or as a form."""
    slack: Slack = request.app.state.slack
    name = slack.uploads.pop(request.path_params["ticket"], None)
    if name is None:
        return PlainTextResponse("unknown upload", status_code=404)
    if request.headers.get("content-type", "").startswith("multipart/"):
        parts = [part for _, part in (await request.form()).multi_items() if not isinstance(part, str)]
        content = await parts[0].read() if parts else b""
    else:
        content = await request.body()
    slack.workspace.files[name].content = content
    return PlainTextResponse(f"OK - {len(content)}")


async def download(request: Request) -> Response:
    """`url_private_download`; without the right token Slack sends people to its sign-in page."""
    slack: Slack = request.app.state.slack
    stored = slack.workspace.files.get(request.path_params["file"].rpartition("-")[2])
    if slack.faults.outage:
        return PlainTextResponse("unavailable", status_code=503)
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    right = token == slack.bot_token and not slack.faults.token_revoked and "files:read" in slack.scopes
    if not right:
        return RedirectResponse("/signin", status_code=302)
    if stored is None or not bot_sees(slack, stored):
        return PlainTextResponse("not found", status_code=404)
    return Response(stored.content, media_type=stored.mimetype)


async def sign_in(_request: Request) -> Response:
    """What a browser without a session sees instead of a file."""
    return Response(
        "<!doctype html><title>Sign in</title><p>Sign in to see this file.</p>", media_type="text/html"
    )
