"""The page's side bar under `/play`: clock, faults, scenes, the bot, breaks, traffic, start over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from bot.playground.control import answering, body
from bot.playground.errors import PlayError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from bot.playground.control import Handler
    from bot.playground.identity import Json
    from bot.playground.play import Play


async def clock(play: Play, request: Request) -> Json:
    """Moves the business clock: `to` a unix second, `by` seconds, or to the `next` event."""
    told = await body(request)
    if "to" in told:
        play.stage.to(float(told["to"]))
    elif "by" in told:
        play.stage.forward(float(told["by"]))
    elif told.get("next"):
        await play.stage.next_event()
    else:
        raise PlayError("The clock moves to, by or next.")
    await play.stage.look_ahead()
    return {"clock": play.stage.clock()}


async def fault(play: Play, request: Request) -> Json:
    """Switches a fault."""
    told = await body(request)
    play.fault(told["name"], on=bool(told["on"]))
    return {"faults": play.slack.faults.listing()}


async def scene(play: Play, request: Request) -> Json:
    """Starts a scene."""
    told = await body(request)
    play.scenes.start(told["name"], told.get("mode", "jump"))
    return {"scene": play.scenes.shape()}


async def pause(play: Play, _request: Request) -> Json:
    """Pauses the scene."""
    play.scenes.pause()
    return {"scene": play.scenes.shape()}


async def resume(play: Play, _request: Request) -> Json:
    """Lets the scene go on."""
    play.scenes.resume()
    return {"scene": play.scenes.shape()}


async def stop(play: Play, _request: Request) -> Json:
    """Somebody takes over."""
    play.scenes.stop()
    return {"scene": play.scenes.shape()}


async def process(play: Play, request: Request) -> Json:
    """Kills or starts the bot."""
    told = await body(request)
    if play.bot is None:
        raise PlayError("The bot runs elsewhere: it is not in the hands of this page.")
    if told["do"] == "kill":
        play.bot.kill(stay=bool(told.get("stay")))
    elif told["do"] == "start":
        if play.bot.pid is None:
            await play.bot.start()
    else:
        raise PlayError("The bot is killed or started.")
    return {"bot": play.bot_shape()}


async def break_it(play: Play, request: Request) -> Json:
    """Plays one break and counts."""
    told = await body(request)
    return await play.breaks.play(told["what"], told["person"])


async def traffic(play: Play, request: Request) -> Json:
    """The exchanges after a number."""
    after = request.query_params.get("after", "0")
    entries = play.slack.traffic.after(int(after) if after.isdigit() else 0)
    return {"entries": [entry.shape() for entry in entries]}


async def reset(play: Play, _request: Request) -> Json:
    """Start over."""
    await play.reset()
    return {"ok": True}


def routes() -> list[BaseRoute]:
    """What moves the playground itself."""
    post: dict[str, Handler] = {
        "/play/clock": clock,
        "/play/fault": fault,
        "/play/scene": scene,
        "/play/scene/pause": pause,
        "/play/scene/resume": resume,
        "/play/scene/stop": stop,
        "/play/bot": process,
        "/play/break": break_it,
        "/play/reset": reset,
    }
    return [
        *(Route(path, answering(handler), methods=["POST"]) for path, handler in post.items()),
        Route("/play/traffic", answering(traffic)),
    ]
