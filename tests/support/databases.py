"""A migrated database for each test: SQLite is copied from one that was migrated once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from storage import Database, connect, migrate
from tests.postgres import empty as server_database
from tests.support.course import Course

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there; no test waits for the disk
_kept: dict[str, Database] = {}


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)


def memory(name: str) -> Path:
    """A place for a database file of this name, where no disk is waited for; what was there is gone."""
    path = Path(_folder().name) / f"{name}.sqlite3"
    for leftover in ("", "-wal", "-shm"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    return path


def fresh(empty: Path, name: str = "gantry") -> Database:
    """A copy of this SQLite file behind the same engine each time: what it has compiled stays compiled.

    Close it before the next one of this name is asked for.
    """
    path = memory(name)
    shutil.copy(empty, path)
    if name not in _kept:
        _kept[name] = connect(f"sqlite:///{path}")
    found = _kept[name]
    found._listeners.clear()
    return found


def _close(database: Database) -> None:
    """Close a database of which every connection came back: one that is kept is missing to everybody else."""
    kept = [engine.pool.checkedout() for engine in (database._writer, database._reader)]  # type: ignore[attr-defined]
    database.close()
    assert kept == [0, 0], "a session was used after its end"


_EMPTY: Final = """
DO $$
DECLARE one record; filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;  -- foreign keys are not asked: everything goes
  FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() LOOP
    CONTINUE WHEN one.name IN ('alembic_version', 'policy_head');
    EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || quote_ident(one.name) || ')' INTO filled;
    IF filled THEN
      EXECUTE 'DELETE FROM ' || quote_ident(one.name);
    END IF;
  END LOOP;
  UPDATE policy_head SET number = 0;
  PERFORM setval((quote_ident(schemaname) || '.' || quote_ident(sequencename))::regclass, 1, false)
    FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL;
END $$
"""


@pytest.fixture(scope="session")
def kept_postgres(postgres_server: str) -> Iterator[str]:
    """One migrated database for all tests that only need an empty one."""
    with server_database(postgres_server) as url:
        migrate(url)
        yield url


@pytest.fixture
def database(backend: str, migrated: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with all tables, on SQLite and (marker postgres) on PostgreSQL."""
    if backend == "postgres":
        # Connections of its own: what a test leaves checked out must not be missing in the next ones.
        found = connect(request.getfixturevalue("kept_postgres"))
        with found.transaction() as session:
            session.connection().exec_driver_sql(_EMPTY)
        yield found
        _close(found)
        return
    found = fresh(migrated)
    yield found
    _close(found)


@pytest.fixture
def course(database: Database) -> Course:
    """A course on which nothing has started yet."""
    return Course(database)
