"""The real `gantry play` as a child of the tests, and what a test asks it without a browser."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from bot.playground.bot_process import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 40.0
SCENE_SECONDS = 60.0


class Playground:
    """`gantry play` on a free port; everything it says is kept for the day it does not start."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.used = False
        self._said: list[str] = []
        self._ready = threading.Event()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "bot", "play", "--port", str(self.port)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="gantry-play", daemon=True)
        self._reader.start()
        if not self._ready.wait(START_SECONDS) or self._child.poll() is not None:
            self.stop()
            raise RuntimeError("gantry play did not start:\n" + "\n".join(self._said[-30:]))
        self._client = httpx.Client(base_url=f"{self.url}/play", timeout=SCENE_SECONDS, trust_env=False)

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._said.append(line.rstrip())
            if line.startswith(self.url):
                self._ready.set()
        self._ready.set()

    def stop(self) -> None:
        """End the child, as Ctrl-C does."""
        if hasattr(self, "_client"):
            self._client.close()
        self._child.terminate()
        try:
            self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join(5)
        assert self._child.stdout is not None
        self._child.stdout.close()

    def get(self, path: str, **query: str) -> Any:
        """What the page would get."""
        return self._client.get(path, params=query).raise_for_status().json()

    def post(self, path: str, **body: object) -> Any:
        """What the page would send."""
        return self._client.post(path, json=body).raise_for_status().json()

    def state(self) -> Any:
        return self.get("state")

    def fresh(self) -> None:
        """A workspace in which nothing has happened."""
        if self.used:
            self.post("reset")
        self.used = True

    def leave_forms(self) -> None:
        """Close what anybody left open."""
        self.used = True
        for person in self.state()["people"]:
            view = self.get("view", person=person["id"])["view"]
            if view is not None:
                self.post("close", person=person["id"], view_id=view["id"], all=True)

    def clock(self, *, days: int) -> None:
        """Let days pass."""
        self.post("clock", by=days * 86_400)

    def wait(self, look: Callable[[], Any], seconds: float = 10.0, *, every: float = 0.05) -> Any:
        """Return what `look` finds as soon as it finds something."""
        end = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"nothing came within {seconds:g} s")
            time.sleep(every)

    def begins(self, scene: str) -> None:
        """Begin to play a scene at once."""
        self.used = True
        self.post("scene", name=scene, mode="jump")

    def scene_ends(self, seconds: float = SCENE_SECONDS) -> None:
        """Wait until the scene that plays is over. To ask is work for the playground: it is not asked often."""
        shape = self.wait(self._ended, seconds, every=0.25)
        assert shape["state"] == "done", shape["caption"]

    def play(self, scene: str) -> None:
        """Play a scene at once."""
        self.begins(scene)
        self.scene_ends()

    def _ended(self) -> Any:
        shape = self.state()["scene"]
        return shape if shape and shape["state"] not in ("running", "paused") else None
