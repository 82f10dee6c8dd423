"""The bot as a child: started, killed, started again, and never left behind; and `play` around it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from bot.playground.bot_process import BotFailedError, BotProcess
from bot.playground.clock import PlayClock
from bot.playground.running import listening_socket
from bot.playground.slack import Slack

FAKE = (sys.executable, str(Path(__file__).with_name("fake_bot.py")))
PLAY = "import sys; from bot.playground.server import play; from bot.playground.play import Story; sys.exit(play(port={port}, scene={scene!r}, story=Story(), command={command!r}))"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def gone(pid: int, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def children() -> list[int]:
    return [
        int(pid)
        for pid in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
        if alive(int(pid))
    ]


def test_a_killed_bot_is_started_again_and_a_stopped_one_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.playground.bot_process.RESTART_SECONDS", 0.05)
    changes: list[bool] = []

    async def story() -> tuple[int | None, int | None]:
        slack = Slack(clock=PlayClock(file=tmp_path / "clock"))
        bot = BotProcess(slack, tmp_path, command=FAKE)
        bot.on_change = lambda: changes.append(bot.up)
        await bot.start()
        first = bot.pid
        bot.kill()
        assert await bot.ready()
        second = bot.pid
        bot.kill(stay=True)
        await asyncio.sleep(0.3)
        assert not bot.up
        await bot.start()
        third = bot.pid
        await bot.stop()
        assert third is not None
        assert gone(third)
        return first, second

    first, second = asyncio.run(story())
    assert first != second
    assert changes == [True, False, True, False, True, False]


def test_a_fresh_start_does_not_overtake_the_first_one(tmp_path: Path) -> None:
    async def story() -> tuple[int | None, list[int]]:
        slack = Slack(clock=PlayClock(file=tmp_path / "clock"))
        bot = BotProcess(slack, tmp_path, command=FAKE)

        async def clear() -> None:
            slack.reset()

        before = children()  # a worker of the tests may keep a process for other tests
        await asyncio.gather(bot.start(), bot.fresh(clear), bot.fresh(clear))
        pid = bot.pid
        running = [one for one in children() if one not in before]
        await bot.stop()
        return pid, running

    pid, running = asyncio.run(story())
    assert running == [pid]


def test_a_bot_that_does_not_start_says_why(tmp_path: Path) -> None:
    async def story() -> None:
        bot = BotProcess(Slack(), tmp_path, command=FAKE, extra={"FAKE_BOT_FAILS": "1"})
        await bot.start()

    with pytest.raises(BotFailedError, match="the settings are wrong"):
        asyncio.run(story())


def playing(folder: Path, port: int | None = None, scene: str | None = None) -> subprocess.Popen[str]:
    code = PLAY.format(port=port, scene=scene, command=FAKE)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_play_prints_one_line_answers_there_and_stops_cleanly(name: signal.Signals, tmp_path: Path) -> None:
    with playing(tmp_path, scene="hello") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/?scene=hello")
        assert httpx.get(url, trust_env=False).status_code == 200
        bot = httpx.get(url.replace("/?scene=hello", "/play/state"), trust_env=False).json()["bot"]
        assert bot["up"] is True
        process.send_signal(name)
        out, err = process.communicate(timeout=10)
        assert (process.returncode, out, err) == (0, "", "")
        assert list(tmp_path.iterdir()) == []
        assert gone(bot["pid"])


def test_a_killed_playground_leaves_no_bot_behind(tmp_path: Path) -> None:
    with playing(tmp_path) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        pid = httpx.get(f"{url}play/state", trust_env=False).json()["bot"]["pid"]
        process.kill()
        process.communicate()
        assert gone(pid)


def test_a_taken_port_and_an_unknown_scene_are_one_line_each(tmp_path: Path) -> None:
    with listening_socket() as taken:
        with playing(tmp_path, port=taken.getsockname()[1]) as process:
            out, err = process.communicate(timeout=10)
        assert (process.returncode, out, err.count("\n")) == (2, "", 1)
        assert "is taken" in err
    with playing(tmp_path, scene="nowhere") as process:
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err.count("\n")) == (2, "", 1)
    assert "There is no scene" in err
