"""The databases promise that a commit is on disk before it returns, whatever the server was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from storage import connect

if TYPE_CHECKING:
    from storage import Database


@pytest.mark.parametrize("asked", ["off", "remote_apply"])
@pytest.mark.postgres
def test_postgresql_commits_to_disk_even_where_the_server_would_not(postgres_server: str, asked: str) -> None:
    url = make_url(postgres_server).update_query_dict({"options": f"-csynchronous_commit={asked}"})
    database = connect(url.render_as_string(hide_password=False))
    with database.transaction() as session:
        found = session.connection().execute(text("SHOW synchronous_commit")).scalar_one()
    database.close()
    assert found == {"off": "on"}.get(asked, asked)


def test_the_writer_of_sqlite_waits_for_the_disk(deciding: Database) -> None:
    if deciding.dialect != "sqlite":
        return
    with deciding.transaction() as session:
        assert session.connection().execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
