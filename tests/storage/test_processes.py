from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from storage import Database, DatabaseBusyError, connect, current, head, migrate, sqlite
from tests.storage.examples import Count
from tests.storage.other_process import count_up
from tests.support.migrated import lay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
OTHER = Path(__file__).with_name("other_process.py")


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", OTHER, *words],
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()


def test_two_processes_write_at_once_and_lose_nothing(database: Database, database_url: str) -> None:
    with database.transaction() as session:
        session.add(Count(key="a"))
    others = [start(database_url, "60") for _ in range(2)]
    threads = [threading.Thread(target=count_up, args=(database_url, 30)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        finish(other)
    with database.reading() as session:
        assert session.exec(select(Count.value)).one() == 180


def test_processes_that_migrate_at_once_all_succeed(database_url: str) -> None:
    others = [start("migrate", database_url) for _ in range(3)]
    migrate(database_url)
    for other in others:
        finish(other)
    database = connect(database_url)
    assert current(database) == head()
    database.close()


@pytest.fixture
def held(tmp_path: Path, migrated: Path) -> Iterator[str]:
    """An SQLite file whose write lock a stranger holds."""
    path = tmp_path / "held.sqlite3"
    lay(f"sqlite:///{path}", migrated)
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    yield f"sqlite:///{path}"
    stranger.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A stranger who keeps everybody out of a file, as one does who changes the mode of its journal."""
    stranger = sqlite3.connect(tmp_path / "alone.sqlite3", isolation_level=None, check_same_thread=False)
    stranger.execute("CREATE TABLE theirs (id INTEGER)")
    stranger.execute("BEGIN EXCLUSIVE")
    yield stranger
    stranger.close()


@pytest.mark.parametrize("set_up", [sqlite.set_up_writer, sqlite.set_up_migration])
def test_a_connection_waits_for_a_file_that_a_neighbour_has_alone(
    set_up: Callable[..., None], alone: sqlite3.Connection, tmp_path: Path
) -> None:
    ours = sqlite3.connect(tmp_path / "alone.sqlite3")
    with pytest.raises(DatabaseBusyError, match=r"another process held the database for 0\.05 s"):
        set_up(ours, wait=0.05)
    release = threading.Timer(0.02, alone.rollback)
    release.start()
    set_up(ours, wait=30)
    release.join()
    assert ours.execute("PRAGMA synchronous").fetchone() == (2,)
    ours.close()


def test_a_lock_held_by_another_process_ends_in_a_clear_error_and_frees_the_turn(held: str) -> None:
    database = connect(held, wait=0.05)
    for _ in range(2):
        with (
            pytest.raises(DatabaseBusyError, match=r"another process held the database for 0\.05 s"),
            database.transaction() as session,
        ):
            session.connection()
    with database.reading() as session:  # readers do not care
        session.connection()
    database.close()


def test_a_lock_that_comes_free_in_time_is_not_noticed(tmp_path: Path, migrated: Path) -> None:
    path = tmp_path / "held.sqlite3"
    lay(f"sqlite:///{path}", migrated)
    stranger = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    stranger.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.02, stranger.rollback)
    release.start()
    database = connect(f"sqlite:///{path}", wait=30)
    with database.transaction() as session:
        session.connection()
    release.join()
    stranger.close()
    database.close()
