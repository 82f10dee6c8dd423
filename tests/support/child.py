"""`gantry run` as a child of a test, with the settings it is given and none of the machine's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.playground.bot_process import free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Child:
    """A running bot: where it answers, what it writes, and its settings."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    settings: Mapping[str, str]

    @property
    def said(self) -> str:
        """Everything in its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def alive(self) -> bool:
        """Whether it still runs; ends the test with its log when not."""
        assert self.process.poll() is None, self.said
        return True


@contextmanager
def gantry_run(folder: Path, settings: Mapping[str, str]) -> Iterator[Child]:
    """Start `gantry run` on an empty SQLite database in this folder; it is ended politely."""
    port = free_port()
    whole = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "HOME"}},
        "DATABASE_URL": f"sqlite:///{folder / 'gantry.sqlite3'}",
        "FILES_URL": f"{folder / 'files'}",
        "PORT": f"{port}",
        "GANTRY_PARENT_PIPE": "1",
        "PYTHONPATH": f"{ROOT}",
        **settings,
    }
    log = folder / "bot.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            env=whole,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
        )
    try:
        yield Child(process, f"http://127.0.0.1:{port}", log, whole)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
