"""The bot as a child process: an ordinary `gantry run` with ordinary settings, killed and started at will."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import time
from typing import TYPE_CHECKING, Final

import httpx

from bot.playground import identity as the
from bot.playground.running import listening_socket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from bot.playground.identity import Json
    from bot.playground.slack import Slack

START_SECONDS: Final = 30.0
RESTART_SECONDS: Final = 1.0
OWN_BOT: Final = (sys.executable, "-m", "bot")
_STOP_SECONDS: Final = 5.0
_LOOK: Final = 0.1
_READY: Final = 200
_TAIL: Final = 30
# The child gets the machine's environment without what would point it at a real Slack, Stripe or database.
_OURS: Final = ("SLACK_", "STRIPE_", "GANTRY_", "DATABASE_URL", "FILES_URL", "PORT")


class BotFailedError(Exception):
    """The bot did not start; the message ends with the last lines of its log."""


def free_port() -> int:
    """A port that was free a moment ago, below those that the system gives to outgoing connections."""
    while True:
        with contextlib.suppress(OSError), listening_socket(20_000 + secrets.randbelow(10_000)) as probe:
            return int(probe.getsockname()[1])


def database_url(folder: Path, number: int = 1) -> str:
    """The bot's database in this folder; each start over has another one."""
    return f"sqlite:///{folder / ('gantry.sqlite3' if number == 1 else f'gantry-{number}.sqlite3')}"


def environment(
    slack: Slack, folder: Path, url: str, port: int, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The settings of a bot of this workspace, with its database at `url` and its files in `folder`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    env = {
        **kept,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": f"{slack.origin}/api/",
        "DATABASE_URL": url,
        "FILES_URL": str(folder / "files"),
        "PORT": str(port),
        "GANTRY_CLOCK_FILE": str(folder / "clock"),
        "GANTRY_ADMINS": the.OLGA,
        "GANTRY_MANAGERS": the.MARC,
        "GANTRY_OPERATORS": the.OLGA,
        "GANTRY_SUPPORT": the.SAM,
        "GANTRY_OPERATIONS_CHANNEL": the.OPS,
        "GANTRY_COMPLAINTS_CHANNEL": the.COMPLAINTS,
        "GANTRY_MANAGERS_CHANNEL": the.MANAGERS,
        "GANTRY_PARENT_PID": str(os.getpid()),
        "GANTRY_PARENT_PIPE": "1",
        "PYTHONUNBUFFERED": "1",
        **(extra or {}),
    }
    return {name: value for name, value in env.items() if value}


class BotProcess:
    """One bot, which ends with this process, and which brings its database to the newest form as it starts.

    Its standard input is a pipe from here: when this process is gone, however it went, the bot reads the end
    of the file and stops.

    Args:
        slack: the workspace it belongs to.
        folder: database, files, clock and log.
        extra: further settings.
        command: what is run, before the word `run`.
        socket_mode: True hands it the app token, so that it opens a socket.
        on_change: called when it comes up or goes down.
    """

    def __init__(
        self,
        slack: Slack,
        folder: Path,
        *,
        extra: Mapping[str, str] | None = None,
        command: Sequence[str] = OWN_BOT,
        socket_mode: bool = False,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self._slack = slack
        self._folder = folder
        self._extra = {**(extra or {}), **({"SLACK_APP_TOKEN": slack.app_token} if socket_mode else {})}
        self.on_change = on_change
        self._socket_mode = socket_mode
        self._command = tuple(command)
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._stopping = False
        self._stay_down = False
        # One after the other: a fresh start must not overtake the first one, nor a restart a stop.
        self._turn = asyncio.Lock()
        self.port = free_port()
        self._round = 1
        self._is_up = asyncio.Event()
        self.since = 0.0
        self.kills = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def url(self) -> str:
        """Where it answers; another port after each start."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The bot's database; another one after each fresh start."""
        return database_url(self._folder, self._round)

    @property
    def up(self) -> bool:
        """True while it is ready."""
        return self._is_up.is_set()

    @property
    def log(self) -> Path:
        """Everything the bot wrote."""
        return self._folder / "bot.log"

    def shape(self) -> Json:
        """The bot for the page."""
        return {"up": self.up, "pid": self.pid, "since": self.since}

    async def start(self) -> None:
        """Starts the bot and returns when it is ready; from then on it is started again whenever it dies.

        Raises:
            BotFailedError: it ended, or was not ready within thirty seconds.
        """
        async with self._turn:
            await self._begin()

    async def _begin(self) -> None:
        self._stopping = self._stay_down = False
        if self.pid is None:
            await self._start()
        if self._watch is None or self._watch.done():
            self._watch = asyncio.ensure_future(self._keep_alive())

    def kill(self, *, stay: bool = False) -> None:
        """`kill -9`. It is started again after a second, unless it is to stay down."""
        self._stay_down = stay
        self.kills += 1
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._set(up=False)

    async def stop(self) -> None:
        """Ends the bot for good: politely, then not."""
        await self._stop_watching()
        async with self._turn:
            await self._end()

    async def _stop_watching(self) -> None:
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def _end(self) -> None:
        process = self._process
        self._set(up=False)
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def fresh(self, clear: Callable[[], Awaitable[None]]) -> None:
        """Stops the bot, lets `clear` empty what it stored, and starts it on a new database.

        Raises:
            BotFailedError: it did not start again.
        """
        async with self._turn:
            await self._stop_watching()
            await self._end()
            # Another file, not the same one emptied: whoever still has the old one open reads nothing stale.
            self._round += 1
            await clear()
            await self._begin()

    async def ready(self, seconds: float = START_SECONDS) -> bool:
        """Waits until the bot is up."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_up.wait(), seconds)
        return self.up

    def tail(self) -> str:
        """The last lines of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:])

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command,
                "run",
                env=environment(self._slack, self._folder, self.database_url, self.port, self._extra),
                cwd=self._folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                # A Ctrl-C in the terminal is for the playground, which then ends the bot itself.
                start_new_session=True,
            )

    async def _start(self) -> None:
        # A port of its own each time: nothing that is still there from before can pass for the new bot.
        self.port = free_port()
        self._process = await self._spawn()
        self._slack.dispatcher.attach(None if self._socket_mode else f"{self.url}/slack/events")
        self._slack.sockets.wanted = self._socket_mode
        end = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while time.monotonic() < end:
                if self._process.returncode is not None:
                    raise BotFailedError(
                        f"The bot ended with code {self._process.returncode}.\n{self.tail()}"
                    )
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/readyz")).status_code == _READY:
                        self._set(up=True)
                        return
                await asyncio.sleep(_LOOK)
        self.kill(stay=True)
        raise BotFailedError(f"The bot was not ready within {START_SECONDS:g} seconds.\n{self.tail()}")

    async def _keep_alive(self) -> None:
        while not self._stopping:
            process = self._process
            if process is None:
                return
            await process.wait()
            self._set(up=False)
            if self._stopping or self._stay_down:
                return
            await asyncio.sleep(RESTART_SECONDS)
            # A bot that cannot start is tried again: its log says why, and the page shows that it is down.
            with contextlib.suppress(BotFailedError):
                async with self._turn:
                    if not self._stopping:
                        await self._start()

    def _set(self, *, up: bool) -> None:
        if up != self.up:
            if up:
                self._is_up.set()
            else:
                self._is_up.clear()
            self.since = self._slack.clock.wall()
            if self.on_change is not None:
                self.on_change()
