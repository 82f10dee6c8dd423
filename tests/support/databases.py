"""A migrated database for each test: SQLite is copied from one that was migrated once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from storage import Database, connect, migrate
from tests.support.course import Course

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there; no test waits for the disk
_kept: dict[str, Database] = {}


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)


def fresh(empty: Path, name: str = "gantry") -> Database:
    """A copy of this SQLite file behind the same engine each time: what it has compiled stays compiled.

    Close it before the next one of this name is asked for.
    """
    path = Path(_folder().name) / f"{name}.sqlite3"
    for leftover in ("", "-wal", "-shm"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    shutil.copy(empty, path)
    if name not in _kept:
        _kept[name] = connect(f"sqlite:///{path}")
    found = _kept[name]
    found._listeners.clear()
    return found


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file with all tables."""
    path = tmp_path_factory.mktemp("migrated") / "empty.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(database_url: str, migrated: Path) -> Iterator[Database]:
    """An empty database with all tables, on SQLite and (marker postgres) on PostgreSQL."""
    if not database_url.startswith("sqlite"):
        migrate(database_url)
        found = connect(database_url)
        yield found
        found.close()
        return
    found = fresh(migrated)
    yield found
    found.close()


@pytest.fixture
def course(database: Database) -> Course:
    """A course on which nothing has started yet."""
    return Course(database)
