"""One SQLite file with all tables for the whole run: the first worker that asks makes it, tests copy it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage import migrate


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file with all tables."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # shared by the workers of this run
    path = folder / "empty.sqlite3"
    with (folder / "empty.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            begun = path.with_suffix(".begun")
            migrate(f"sqlite:///{begun}")
            _pack(begun, path)
    return path


def _pack(begun: Path, path: Path) -> None:
    """Write the file with small pages: a page for each empty table and index would be a megabyte to copy."""
    packed = begun.with_suffix(".packed")
    with closing(sqlite3.connect(begun)) as found:
        found.execute("PRAGMA page_size=1024")
        found.execute("VACUUM INTO ?", (str(packed),))
    with closing(sqlite3.connect(packed)) as made:
        made.execute("PRAGMA journal_mode=WAL")  # as the migration left it
    packed.rename(path)


def lay(url: str, migrated: Path) -> None:
    """Put all tables into an empty database: an SQLite file is copied."""
    if url.startswith("sqlite"):
        shutil.copy(migrated, url.removeprefix("sqlite:///"))
    else:
        migrate(url)
