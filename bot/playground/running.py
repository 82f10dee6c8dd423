"""Runs the playground's web application in a thread of its own, on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Literal, TypeVar

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.types import ASGIApp

    Http = type[asyncio.Protocol] | Literal["auto"]

Result = TypeVar("Result")
_HOST = "127.0.0.1"


def listening_socket(port: int = 0) -> socket.socket:
    """A socket on the loopback address; port 0 takes any free one.

    Raises:
        OSError: the port is taken.
    """
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol; with it on, each
    # answer in two writes costs its reader 40 ms.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((_HOST, port))
        made.listen(256)
    except OSError:
        made.close()
        raise
    return made


def config(app: ASGIApp, http: Http = "auto") -> uvicorn.Config:
    """How uvicorn runs here: silent, and quick to stop."""
    return uvicorn.Config(
        app,
        http=http,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )


class _Server(uvicorn.Server):
    """uvicorn that says when it listens."""

    def __init__(self, settings: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(settings)
        self._ready = ready
        self.wake = asyncio.Event()

    async def main_loop(self) -> None:
        """Serves until told to stop, and then stops at once: hundreds of tests start and stop one."""
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 864_000
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), 0.1)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then says so."""
        await super().startup(sockets)
        self._ready.set()


class ServerThread:
    """A server in a thread; `do` runs a coroutine on its loop and waits for the result."""

    def __init__(self, app: ASGIApp, port: int = 0, *, http: Http = "auto") -> None:
        self._socket = listening_socket(port)
        self.port = int(self._socket.getsockname()[1])
        self._ready = threading.Event()
        self._server = _Server(config(app, http), self._ready)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="local-slack", daemon=True)

    def start(self) -> None:
        """Returns when the server answers.

        Raises:
            RuntimeError: it does not within ten seconds.
        """
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the local Slack did not start")

    def stop(self) -> None:
        """Stops the server and ends its thread."""
        self._server.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._server.wake.set)
        self._thread.join(10)
        self._socket.close()

    def do(self, work: Coroutine[object, object, Result], seconds: float = 60) -> Result:
        """Runs work on the server's loop from another thread.

        Raises:
            RuntimeError: the server does not run.
        """
        if self._loop is None:
            work.close()
            raise RuntimeError("the local Slack does not run")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])
