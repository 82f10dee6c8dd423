"""A PostgreSQL for a measurement, with ordinary settings: every commit is on disk before it returns."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.playground.bot_process import free_port
from storage import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage import Database

_START_SECONDS: Final = 30


@contextmanager
def server() -> Iterator[str | None]:
    """Start the newest server that Debian installed, in a temporary folder; None when there is none."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3])
    )
    if not versions:
        yield None
        return
    initdb, postgres = f"{versions[-1].with_name('initdb')}", f"{versions[-1]}"
    folder = Path(tempfile.mkdtemp(prefix="gantry-bench-pg-"))
    account, as_account = _account()
    shutil.chown(folder, account)
    data, port = folder / "data", free_port()
    try:
        made = [initdb, "-D", f"{data}", "-U", "gantry", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run([*as_account, *made], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        options = ["-c", f"unix_socket_directories={folder}", "-c", "listen_addresses=127.0.0.1"]
        command = [*as_account, postgres, "-D", f"{data}", "-p", f"{port}", *options]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            url = f"postgresql://gantry@127.0.0.1:{port}/postgres"
            _wait(url)
            yield url
        finally:
            pid = int((data / "postmaster.pid").read_text(encoding="ascii").split()[0])
            os.kill(
                pid, signal.SIGINT
            )  # it ends open sessions; its parent is runuser, which may not be signalled
            process.wait(timeout=_START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def analyze(database: Database) -> None:
    """Let the planner know the tables: statements planned while they are empty would read them whole."""
    if database.dialect == "postgresql":
        with database.transaction() as session:
            session.connection().exec_driver_sql("ANALYZE")


def _account() -> tuple[str, list[str]]:
    """Who runs the server: it refuses root."""
    if os.geteuid() != 0:
        return getpass.getuser(), []
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    return name, ["runuser", "-u", name, "--"]


def _wait(url: str) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while True:
        database = connect(url)
        try:
            with database.reading() as session:
                session.connection()
                return
        except Exception:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)
        finally:
            database.close()
