from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, ForeignKey, MetaData, Table, inspect, text
from sqlmodel import select

from storage import MigrationError, connect, current, head, migrate, migration
from storage.tables_complaint import Complaint, ComplaintEntry
from storage.types import BigId
from tests.support.migrated import lay

if TYPE_CHECKING:
    from pathlib import Path


def test_the_tables_in_code_and_the_migrations_agree(database_url: str, migrated: Path) -> None:
    """When this fails: `python -m storage.revise "what changes"`."""
    lay(database_url, migrated)
    assert migration.differences(database_url) == []


def test_every_constraint_and_index_has_a_name() -> None:
    nameless = [
        f"{table.name}: {constraint!r}"
        for table in migration.tables().tables.values()
        for kind in (table.constraints, table.indexes)
        for constraint in kind
        if constraint.name is None
    ]
    assert nameless == []


def test_a_database_says_which_schema_it_has(database_url: str) -> None:
    database = connect(database_url)
    assert current(database) is None
    migrate(database_url)
    assert current(database) == head()
    assert head() == ScriptDirectory.from_config(migration._config()).get_current_head()
    database.close()


def test_migrating_again_changes_and_says_nothing(
    database_url: str, migrated: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lay(database_url, migrated)
    database = connect(database_url)
    with database.transaction() as session:
        session.connection().execute(text("INSERT INTO counter (team, name, value) VALUES ('T1', 'P', 7)"))
    migrate(database_url)
    with database.reading() as session:
        assert session.connection().execute(text("SELECT value FROM counter")).scalar_one() == 7
    database.close()
    assert capfd.readouterr() == ("", "")


def test_documents_of_complaints_that_were_only_named_are_fetched_from_now_on(
    database_url: str, migrated: Path
) -> None:
    """0019: the migration before it kept names alone."""
    lay(database_url, migrated)
    with migration.migrating(database_url) as connection:
        command.downgrade(migration._config(connection), "0018")
    database = connect(database_url)
    at = datetime(2026, 11, 23, tzinfo=UTC)
    with database.transaction() as session:
        found = Complaint(team="T1", ref="C-1", source="C0/1.1", logged_by="U0", logged_at=at, submitted_at=at,
                          changed_at=at)  # fmt: skip
        session.add(found)
        session.flush()
        for kind in ("document", "note"):
            session.add(ComplaintEntry(team="T1", complaint_id=found.id, kind=kind, key="F1", origin="F1", at=at,
                                       recorded_at=at, by="U0"))  # fmt: skip
    migrate(database_url)
    with database.reading() as session:
        states = {row.kind: (row.state, row.next_attempt_at) for row in session.exec(select(ComplaintEntry))}
    assert states == {"document": ("arriving", at), "note": ("stored", None)}
    database.close()


def test_readers_and_the_writer_of_a_migrated_sqlite_file_do_not_block_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/100% mine.sqlite3"
    migrate(url)
    database = connect(url)
    with database.reading() as session:
        assert session.connection().execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    database.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database_url: str, migrated: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migration.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = head()
    lay(database_url, migrated)
    monkeypatch.setattr(migration, "FOLDER", folder)
    (folder / "versions" / "9999_fails.py").write_text(
        f"""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = {before!r}
def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    raise LookupError("on purpose")
"""
    )
    with pytest.raises(LookupError, match="on purpose"):
        migrate(database_url)
    database = connect(database_url)
    assert current(database) == before
    with database.reading() as session:
        assert not inspect(session.connection()).has_table("half")
    database.close()


def test_on_sqlite_a_migration_may_not_leave_references_that_lead_nowhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/lost.sqlite3"
    tables = MetaData()
    Table("parent", tables, Column("id", BigId, primary_key=True))
    Table("child", tables, Column("parent_id", ForeignKey("parent.id")))

    def lose() -> None:
        with migration.migrating(url) as connection:
            tables.create_all(connection)
            connection.execute(text("INSERT INTO child VALUES (1)"))

    with pytest.raises(MigrationError, match="1 rows of child would point nowhere"):
        lose()
    with migration.migrating(url) as connection:
        assert inspect(connection).get_table_names() == []


def test_the_next_migration_is_written_from_the_tables(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name in ("env.py", "script.py.mako"):
        shutil.copy(migration.FOLDER / name, folder)
    monkeypatch.setattr(migration, "FOLDER", folder)
    written = migration.revise(database_url, "Lay the first tables")
    assert written is not None
    assert written.name == "0001_lay_the_first_tables.py"
    migrate(database_url)
    assert migration.differences(database_url) == []
    assert migration.revise(database_url, "nothing") is None
    assert "storage" not in written.read_text()  # our own types may change; what was migrated may not


def test_the_developers_command_wants_a_message() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "storage.revise"], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 2
    assert finished.stderr.startswith("Say what changes")
