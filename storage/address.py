"""Database addresses: what is accepted, and how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import DatabaseAddressError

_POSTGRES: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_EXAMPLES: Final = "sqlite:///gantry.sqlite3 or postgresql://user:password@host/name"


def parse(url: str) -> URL:
    """Read a database address; hosts' `postgres://` is accepted.

    Raises:
        DatabaseAddressError: it is no address, another kind of database, or SQLite without a file.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):  # the text is not repeated: it may hold a password
        raise DatabaseAddressError(f"the database address is not a URL; write {_EXAMPLES}") from None
    if address.drivername in _POSTGRES:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise DatabaseAddressError(f"{address.drivername} is not supported; write {_EXAMPLES}")
    if address.database in {None, "", ":memory:"}:
        raise DatabaseAddressError("SQLite needs a file, for instance sqlite:///gantry.sqlite3")
    return address.set(drivername="sqlite+pysqlite")


def sqlite_file(address: URL) -> Path:
    """The absolute path of an SQLite address; its folder exists afterwards.

    Raises:
        DatabaseAddressError: the folder cannot be made, or the path is a folder.
    """
    path = Path(address.database or "").expanduser().absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseAddressError(
            f"the folder {path.parent} of the database cannot be made: {error.strerror}"
        ) from error
    if path.is_dir():
        raise DatabaseAddressError(f"{path} is a folder; the database address must name a file")
    return path.resolve()
