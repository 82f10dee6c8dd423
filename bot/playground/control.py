"""The page's own endpoints under `/play`: what people see, and what they do."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.playground import forms, gestures, methods_files, shapes
from bot.playground.bot_process import BotFailedError
from bot.playground.errors import PlayError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.playground.hub import Listener
    from bot.playground.identity import Json
    from bot.playground.play import Play

    Handler = Callable[[Play, Request], Awaitable[Json]]

_KEEP_ALIVE = 15


def answering(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Gives what a handler returns as JSON, and what it refuses as 400 with one sentence."""

    async def endpoint(request: Request) -> Response:
        # Another site in the same browser must not act here.
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
            return JSONResponse({"error": "Only the playground's own page may do this."}, status_code=403)
        try:
            return JSONResponse(await handler(request.app.state.play, request))
        except (PlayError, BotFailedError) as refusal:
            return JSONResponse({"error": str(refusal)}, status_code=400)
        except KeyError as missing:
            return JSONResponse({"error": f"{missing.args[0]} is missing or unknown."}, status_code=400)

    return endpoint


async def body(request: Request) -> Json:
    """The JSON object of a request.

    Raises:
        PlayError: it is something else.
    """
    try:
        told = await request.json()
    except ValueError:
        raise PlayError("The body is no JSON.") from None
    if not isinstance(told, dict):
        raise PlayError("The body is no JSON object.")
    return told


def _person(play: Play, request: Request) -> str:
    return gestures.person_named(play.slack, request.query_params.get("person", "")).id


async def state(play: Play, _request: Request) -> Json:
    """Everything the page needs at its start."""
    return await play.state()


async def channel(play: Play, request: Request) -> Json:
    """A channel as one person sees it."""
    person = _person(play, request)
    place = gestures.place_of(play.slack, person, request.path_params["channel"])
    shown = [
        shapes.page_message(play.slack.workspace, message)
        for message in play.slack.workspace.messages(place.id)
        if not message.is_reply or message.broadcast
    ]
    return {
        "channel": shapes.page_channel(place),
        "messages": shown,
        "unread": play.slack.unread.count(person, place.id)["unread"],
        "last_read": play.slack.unread.last(person, place.id),
    }


async def thread(play: Play, request: Request) -> Json:
    """A thread."""
    place = gestures.place_of(play.slack, _person(play, request), request.path_params["channel"])
    found = play.slack.workspace.thread(place.id, request.path_params["ts"])
    if not found:
        raise PlayError("This thread is gone.")
    shown = [shapes.page_message(play.slack.workspace, message) for message in found]
    return {"root": shown[0], "replies": shown[1:]}


async def unread(play: Play, request: Request) -> Json:
    """Unread counts per channel."""
    return play.slack.unread.everywhere(_person(play, request))


async def read(play: Play, request: Request) -> Json:
    """A person has read a channel up to a message."""
    told = await body(request)
    place = gestures.place_of(play.slack, told["person"], told["channel"])
    play.slack.unread.read(told["person"], place.id, str(told["ts"]))
    counts = play.slack.unread.count(told["person"], place.id)
    play.slack.person_event(told["person"], {"type": "unread", "channel": place.id, **counts})
    return {"ok": True}


async def stream(request: Request) -> Response:
    """Server-Sent Events for one person."""
    play: Play = request.app.state.play
    person = request.query_params.get("person") or None

    async def events() -> AsyncIterator[str]:
        with play.slack.hub.listening(person) as listener:
            yield ": here\n\n"
            while True:
                event = await _next(listener)
                if event is not None and event["type"] == "end":
                    return
                yield ": still here\n\n" if event is None else f"data: {json.dumps(event)}\n\n"

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


async def _next(listener: Listener) -> Json | None:
    try:
        return await asyncio.wait_for(listener.queue.get(), _KEEP_ALIVE)
    except TimeoutError:
        return None


async def say(play: Play, request: Request) -> Json:
    """A person writes."""
    told = await body(request)
    message = gestures.say(
        play.slack,
        told["person"],
        told["channel"],
        str(told.get("text", "")),
        thread_ts=told.get("thread_ts"),
        files=told.get("files") or [],
    )
    return {"ts": message.ts}


async def command(play: Play, request: Request) -> Json:
    """A person types a slash command."""
    told = await body(request)
    where = (told["person"], told["channel"], str(told["text"]), told.get("thread_ts"))
    ack = await gestures.command(play.slack, *where)
    return _acknowledged(ack is None or ack.ok, "" if ack is None else gestures.trouble(play.slack, ack))


async def action(play: Play, request: Request) -> Json:
    """A person uses an element."""
    told = await body(request)
    values = told.get("state")
    if isinstance(values, dict) and set(values) == {"values"}:
        values = values["values"]
    ack = await forms.act(play.slack, told["person"], told["container"], told["action"], values)
    return _acknowledged(ack.ok, gestures.trouble(play.slack, ack))


async def submit(play: Play, request: Request) -> Json:
    """A person sends a form."""
    told = await body(request)
    return await forms.submit(play.slack, told["person"], told["view_id"], told.get("values") or {})


async def close(play: Play, request: Request) -> Json:
    """A person leaves a form."""
    told = await body(request)
    everything, values = bool(told.get("all")), told.get("values")
    await forms.close(play.slack, told["person"], told["view_id"], everything=everything, values=values)
    return {"ok": True}


async def suggest(play: Play, request: Request) -> Json:
    """A person types in an external select."""
    told = await body(request)
    asked = (told["block_id"], told["action_id"], str(told.get("value", "")))
    return await forms.suggest(play.slack, told["person"], told, *asked)


async def shortcut(play: Play, request: Request) -> Json:
    """A person uses a shortcut."""
    told = await body(request)
    ack = await gestures.shortcut(
        play.slack, told["person"], told["callback_id"], told.get("channel"), told.get("ts")
    )
    return _acknowledged(ack.ok, gestures.trouble(play.slack, ack))


async def open_home(play: Play, request: Request) -> Json:
    """A person opens the bot's Home tab, or its messages."""
    told = await body(request)
    gestures.open_home(play.slack, told["person"], told.get("tab", "home"))
    return {"ok": True}


async def home(play: Play, request: Request) -> Json:
    """A person's Home tab as it was published last."""
    view = play.slack.modals.homes.get(_person(play, request))
    return {"view": view.page() if view else None}


async def view(play: Play, request: Request) -> Json:
    """The form in front of a person, for a page that was loaded again."""
    person = _person(play, request)
    top = play.slack.modals.top(person)
    return {"view": top.page() if top else None, "stack": len(play.slack.modals.stacks.get(person, []))}


async def upload(play: Play, request: Request) -> Json:
    """A person's files, ready to be said or put in a form."""
    person = _person(play, request)
    kept = []
    async with request.form() as form:
        for _, part in form.multi_items():
            if not isinstance(part, str):
                content = await part.read()
                name = part.filename or "file"
                kept.append(methods_files.keep(play.slack, name, content, person, part.content_type))
    return {"files": [shapes.page_file(stored) for stored in kept]}


async def file(request: Request) -> Response:
    """A file for the page."""
    stored = request.app.state.play.slack.workspace.files.get(request.path_params["file"])
    if stored is None:
        return JSONResponse({"error": "This file is gone."}, status_code=404)
    # A file that somebody uploads must not run as a page of this origin.
    safe = stored.mimetype in {"image/png", "image/jpeg", "image/gif", "application/pdf"}
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline" if safe else "attachment",
        "Content-Security-Policy": "sandbox",
    }
    return Response(stored.content, media_type=stored.mimetype, headers=headers)


def _acknowledged(ok: bool, trouble: str) -> Json:  # noqa: FBT001 - private
    return {"ok": True} if ok else {"ok": False, "error": trouble}


def routes() -> list[BaseRoute]:
    """What people see and do."""
    get: dict[str, Handler] = {
        "/play/state": state,
        "/play/channel/{channel}": channel,
        "/play/thread/{channel}/{ts}": thread,
        "/play/unread": unread,
        "/play/home": home,
        "/play/view": view,
    }
    post: dict[str, Handler] = {
        "/play/read": read,
        "/play/say": say,
        "/play/command": command,
        "/play/action": action,
        "/play/submit": submit,
        "/play/close": close,
        "/play/suggest": suggest,
        "/play/shortcut": shortcut,
        "/play/home": open_home,
        "/play/upload": upload,
    }
    return [
        *(Route(path, answering(handler), methods=["GET"]) for path, handler in get.items()),
        *(Route(path, answering(handler), methods=["POST"]) for path, handler in post.items()),
        Route("/play/stream", stream),
        Route("/play/file/{file}", file),
    ]
