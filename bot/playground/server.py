"""`gantry play`: the local Slack, its page and the bot as a child, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import uvicorn
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.playground import asgi, control, panel, stripe_panel
from bot.playground.bot_process import OWN_BOT, BotFailedError, BotProcess
from bot.playground.clock import PlayClock
from bot.playground.play import Play, Story
from bot.playground.running import config, listening_socket
from bot.playground.slack import Slack
from bot.playground.till import Till

if TYPE_CHECKING:
    import os
    import socket
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Scope

    from bot.playground.identity import Json

FIRST_PORT: Final = 4242
LAST_PORT: Final = 4342
# Slack waits a minute before it delivers an event again; somebody who plays should not have to.
PLAY_RETRIES: Final = (0, 2, 5, 15, 60)
_PAGE: Final = Path(__file__).parent / "page"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'",
}
_NO_PAGE: Final = "<!doctype html><title>Gantry</title><p>The page is missing from this installation."


def build(play: Play) -> Starlette:
    """The whole playground as one application."""
    app = asgi.build(
        play.slack, [*_page_routes(), *control.routes(), *panel.routes(), *stripe_panel.routes()]
    )
    app.state.play = play
    return app


def play(
    port: int | None = None,
    scene: str | None = None,
    story: Story | None = None,
    command: Sequence[str] = OWN_BOT,
) -> int:
    """Runs the playground until Ctrl-C or SIGTERM; prints its URL as the only line on standard output.

    Args:
        port: the port to answer on; None takes the next free one from 4242.
        scene: a scene that the page opens with.
        story: scenes and looks into the bot's database.
        command: what is run as the bot, before the word `run`.

    Returns:
        The exit code: 0 stopped, 1 the bot did not start, 2 the port is taken or the scene unknown.
    """
    told = story or _story()
    known = [one.name for one in told.scenes]
    if scene is not None and scene not in known:
        return _complain(f"There is no scene “{scene}”. Scenes: {', '.join(known)}.")
    try:
        taken = _socket(port)
    except OSError:
        which = f"Port {port} is taken" if port else f"The ports {FIRST_PORT} to {LAST_PORT} are taken"
        return _complain(f"{which}: stop what uses it, or choose another with --port.")
    with tempfile.TemporaryDirectory(prefix="gantry-play-", ignore_cleanup_errors=True) as folder:
        return asyncio.run(_run(taken, Path(folder), scene, told, command))


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: stopping is decided below."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals alone."""
        yield


async def _run(
    taken: socket.socket, folder: Path, scene: str | None, story: Story, command: Sequence[str]
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, stop.set)
    clock = PlayClock(file=folder / "clock")
    slack = Slack(manifest=_manifest(), clock=clock, retry_delays=PLAY_RETRIES)
    slack.origin = f"http://127.0.0.1:{taken.getsockname()[1]}"
    till = Till(slack, lambda: bot.url)
    bot = BotProcess(slack, folder, extra=till.settings(), command=command)
    running = Play(slack, bot, story, till=till)
    bot.on_change = running.bot_changed
    server = _Server(config(build(running)))
    serving = asyncio.ensure_future(server.serve(sockets=[taken]))
    till.open()
    starting = asyncio.ensure_future(_start(bot))
    stopping = asyncio.ensure_future(stop.wait())
    code = 0
    try:
        await asyncio.wait([starting, stopping, serving], return_when=asyncio.FIRST_COMPLETED)
        if starting.done() and starting.exception() is not None:
            code = _complain(str(starting.exception()), code=1)
        elif starting.done():
            await running.stage.look_ahead()
            # The one line that whoever started this waits for.
            sys.stdout.write(f"{slack.origin}/{f'?scene={quote(scene)}' if scene else ''}\n")
            sys.stdout.flush()
            await asyncio.wait([stopping, serving], return_when=asyncio.FIRST_COMPLETED)
    finally:
        running.scenes.stop()
        starting.cancel()
        stopping.cancel()
        await bot.stop()
        await till.close()
        slack.hub.close()
        server.should_exit = True
        await asyncio.gather(serving, starting, stopping, return_exceptions=True)
        taken.close()
    return code


async def _start(bot: BotProcess) -> None:
    try:
        await bot.start()
    except OSError as error:
        raise BotFailedError(f"The bot could not be started: {error}") from error


def _socket(port: int | None) -> socket.socket:
    if port is not None:
        return listening_socket(port)
    for candidate in range(FIRST_PORT, LAST_PORT):
        with contextlib.suppress(OSError):
            return listening_socket(candidate)
    return listening_socket(LAST_PORT)


def _manifest() -> Json | None:
    """The manifest that is generated from the bot's verbs."""
    if find_spec("bot.manifest") is None:
        return None
    made: Json = json.loads(import_module("bot.manifest").render(None))
    return made


def _story() -> Story:
    """The project's scenes, when there are any."""
    if find_spec("bot.playground.story") is None:
        return Story()
    made = import_module("bot.playground.story").story()
    if not isinstance(made, Story):
        raise TypeError("bot.playground.story.story() must return a Story")
    return made


def _complain(sentence: str, code: int = 2) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _page_routes() -> list[BaseRoute]:
    async def index(_request: Request) -> Response:
        page = _PAGE / "index.html"
        return FileResponse(page, headers=_HEADERS) if page.exists() else HTMLResponse(_NO_PAGE)

    return [Route("/", index), Mount("/page", _PageFiles(directory=_PAGE, check_dir=False))]


class _PageFiles(StaticFiles):
    """The page's files, asked for anew each time: another version may answer on the same port tomorrow."""

    def file_response(
        self,
        full_path: PathLike[str] | str,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file that browsers keep only as long as it is unchanged."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "no-cache"
        return answer
