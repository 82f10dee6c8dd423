from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import connect
from tests.postgres import backend, database_url, postgres_server
from tests.storage.examples import Base
from tests.support.migrated import lay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage import Database

__all__ = ["backend", "database_url", "postgres_server"]


@pytest.fixture
def database(database_url: str, migrated: Path) -> Iterator[Database]:
    """A database with the example tables, on SQLite and on PostgreSQL."""
    lay(database_url, migrated)
    database = connect(database_url)
    with database.transaction() as session:
        Base.metadata.create_all(session.connection())
    yield database
    database.close()
