"""Brings a database to the newest schema, in code: there is no configuration file to find or forget."""

from __future__ import annotations

import argparse
import importlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from storage import sqlite
from storage.address import parse, sqlite_file
from storage.errors import MigrationError
from storage.turnstile import Turnstile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection

    from storage.engine import Database

FOLDER: Final = Path(__file__).parent / "migrations"
WAIT_SECONDS: Final = 60.0  # for another process that is migrating the same database
_LOCK: Final = 0x67616E747279  # "gantry": the number of the advisory lock on PostgreSQL


def migrate(url: str) -> None:
    """Bring the database to the newest schema in one transaction; on SQLite, also set WAL.

    Two processes may call it at once: one works, the other waits and finds nothing to do.

    Raises:
        DatabaseAddressError: the address cannot be used.
        DatabaseBusyError: another process held the SQLite file for a minute.
        MigrationError: rows would point nowhere afterwards; nothing was changed.
    """
    with migrating(url) as connection:
        if _version(connection) != head():
            from alembic import command  # every start asks, and few find something to do

            command.upgrade(_config(connection), "head")


def head() -> str | None:
    """The newest schema this code knows; None before the first migration exists."""
    files = sorted(FOLDER.glob("versions/[0-9]*.py"))
    return files[-1].stem.partition("_")[0] if files else None  # as `file_template` names them


def current(database: Database) -> str | None:
    """The schema a database has; None when it was never migrated."""
    with database.reading() as session:
        return _version(session.connection())


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def differences(url: str) -> list[Any]:
    """What a migrated database lacks, or has too much, against the tables in code."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with migrating(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, tables()))


def revise(url: str, message: str) -> Path | None:
    """Write the migration that leads from the last one to the tables in code; None if they agree."""
    from alembic import command
    from alembic.script import ScriptDirectory

    (FOLDER / "versions").mkdir(exist_ok=True)
    with migrating(url) as connection:
        config = _config(connection)
        number = 1 + sum(1 for _ in ScriptDirectory.from_config(config).walk_revisions())
        command.upgrade(config, "head")
        script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    if script is None or isinstance(script, list):
        return None
    path = Path(script.path)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
    return path


def run_environment() -> None:
    """What `migrations/env.py` does: run the migrations on the connection that was handed over."""
    from alembic import context

    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=tables(),
        render_as_batch=True,  # SQLite changes most things only by copying the table
        compare_type=True,
        render_item=_render,
        process_revision_directives=_nothing_to_say,
    )
    context.run_migrations()


def tables() -> MetaData:
    """The tables in code: those of every module `storage.tables…`."""
    for path in sorted(Path(__file__).parent.glob("tables*.py")):
        importlib.import_module(f"storage.{path.stem}")
    return SQLModel.metadata


@contextmanager
def migrating(url: str) -> Iterator[Connection]:
    """A connection in a transaction that holds off every other migration, committed at the end."""
    address = parse(url)
    if address.get_backend_name() == "sqlite":
        with _migrating_sqlite(str(sqlite_file(address))) as connection:
            yield connection
        return
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield connection


@contextmanager
def _migrating_sqlite(path: str) -> Iterator[Connection]:
    engine = create_engine(f"sqlite+pysqlite:///{path}", poolclass=NullPool)
    turnstile = Turnstile(path)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        sqlite.set_up_migration(connection, wait=WAIT_SECONDS)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        sqlite.begin_writing(driver, turnstile, wait=WAIT_SECONDS)

    try:
        with engine.begin() as connection:
            yield connection
            lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if lost:
                names = ", ".join(sorted({str(row[0]) for row in lost}))
                raise MigrationError(f"{len(lost)} rows of {names} would point nowhere; nothing was changed")
    finally:
        turnstile.close()


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config(cmd_opts=argparse.Namespace(quiet=True))  # it would report on standard output
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _render(kind: str, item: Any, _context: object) -> str | Literal[False]:  # noqa: ANN401 - alembic's hook
    """Write our own column types as what the database sees: a migration must not change with the code."""
    from sqlalchemy.types import TypeDecorator

    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    inner = item.impl_instance
    return f"sa.{inner!r}"


def _nothing_to_say(_context: object, _revision: object, directives: list[Any]) -> None:
    """Write no file for a migration that would do nothing."""
    if directives and directives[0].upgrade_ops.is_empty():
        directives.clear()
