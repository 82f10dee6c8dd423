"""A PostgreSQL for tests: the server of `DATABASE_URL`, or Debian's, started in a temporary folder.

Import the fixtures in a conftest: `from tests.postgres import backend, database_url, postgres_server`.
"""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from storage.address import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 30
_numbers = count(1)


@contextmanager
def server() -> Iterator[str]:
    """The address of a server that may be filled with anything; one of our own is gone afterwards."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="gantry-pg-"))
    account, as_account = _account()
    shutil.chown(folder, account)
    data = folder / "data"
    try:
        subprocess.run(
            [
                *as_account,
                programs / "initdb",
                "-D",
                data,
                "-U",
                "gantry",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        # Reached through a socket in its own folder, so there is no port to find or to share.
        options = {
            "unix_socket_directories": folder,
            "listen_addresses": "",
            "fsync": "off",
            "max_connections": 200,
        }
        switches = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*as_account, programs / "postgres", "-D", data, *switches],
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            url = f"postgresql://gantry@/postgres?host={folder}"
            _wait_for(url, process, folder / "log")
            yield url
        finally:
            pid = (
                int((data / "postmaster.pid").read_text().split()[0])
                if (data / "postmaster.pid").exists()
                else None
            )
            if pid is not None:
                os.kill(
                    pid, 2
                )  # "fast": it ends open sessions; its parent is runuser, which may not be signalled
            process.wait(timeout=START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty(url: str, *, like: str = "template0") -> Iterator[str]:
    """The address of a database of its own on that server, made like another one and dropped afterwards.

    Not a schema: what many of them leave in the catalogue makes each next one slower. Where we may not make
    databases, it is a schema all the same.
    """
    name = f"test_{os.getpid()}_{next(_numbers)}"
    plain = parse(url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        try:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        except psycopg.errors.InsufficientPrivilege:
            connection.execute(f"CREATE SCHEMA {name}")
            found = plain.update_query_dict({"options": f"-csearch_path={name}"})
            end = f"DROP SCHEMA {name} CASCADE"
        else:
            found = plain.set(database=name)
            end = f"DROP DATABASE {name} WITH (FORCE)"
        yield found.render_as_string(hide_password=False)
        connection.execute(end)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One server for the whole run."""
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database: `sqlite` always, `postgres` with `-m postgres`."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, without any table."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path}/gantry.sqlite3"
        return
    with empty(request.getfixturevalue("postgres_server")) as url:
        yield url


def _programs() -> Path:
    found = shutil.which("postgres")
    if found:
        return Path(found).parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3])
    )
    if not versions:
        pytest.fail("PostgreSQL is missing: apt-get install postgresql, or set DATABASE_URL", pytrace=False)
    return versions[-1].parent


def _account() -> tuple[str, list[str]]:
    """Who runs the server: it refuses root."""
    if os.geteuid() != 0:
        return getpass.getuser(), []
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    return name, ["runuser", "-u", name, "--"]


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > give_up:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text()[-2000:]}", pytrace=False)
            time.sleep(0.05)
        else:
            return
