"""One SQLite file with all tables for the whole run: the first worker that asks makes it, tests copy it."""

from __future__ import annotations

import fcntl
import os
import shutil
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
            begun.rename(path)
    return path


def lay(url: str, migrated: Path) -> None:
    """Put all tables into an empty database: an SQLite file is copied."""
    if url.startswith("sqlite"):
        shutil.copy(migrated, url.removeprefix("sqlite:///"))
    else:
        migrate(url)
