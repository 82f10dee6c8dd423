from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.authorization import WRITER_WAITS
from storage import Database, connect
from tests.authorization.site import Site, child, end, serve, thread_site
from tests.postgres import backend, database_url, postgres_server
from tests.support.migrated import lay

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["backend", "database_url", "postgres_server"]


@pytest.fixture
def database(database_url: str, migrated: Path) -> Iterator[Database]:
    """An empty database at `database_url`, where other processes find it too."""
    lay(database_url, migrated)
    found = connect(database_url)
    yield found
    found.close()


@pytest.fixture
def deciding(database: Database, database_url: str) -> Iterator[Database]:
    """The connection of the writer."""
    found = connect(database_url, wait=WRITER_WAITS)
    yield found
    found.close()


@pytest.fixture
def site(database: Database, deciding: Database) -> Iterator[Site]:
    """The endpoint in a thread; its fallback approves below 50.00."""
    with thread_site(database, deciding) as found:
        yield found


@pytest.fixture(scope="session")
def other_process() -> Iterator[subprocess.Popen[bytes]]:
    """One process for all tests that need another one."""
    with child() as process:
        yield process


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def processes(request: pytest.FixtureRequest, site: Site, database_url: str) -> Iterator[list[Site]]:
    """The endpoint in this process, and perhaps in another one beside it."""
    if request.param == 1:
        yield [site]
        return
    other = request.getfixturevalue("other_process")
    yield [site, serve(other, database_url)]
    end(other)
