from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import DatabaseAddressError, connect
from storage.address import parse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h:5433/d?sslmode=require", "postgresql+psycopg://u:p@h:5433/d?sslmode=require"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:///gantry.sqlite3", "sqlite+pysqlite:///gantry.sqlite3"),
        ("sqlite:////var/lib/gantry.db", "sqlite+pysqlite:////var/lib/gantry.db"),
    ],
)
def test_accepted_addresses(written: str, read: str) -> None:
    assert parse(written).render_as_string(hide_password=False) == read


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "not a URL"),
        ("gantry.sqlite3", "not a URL"),
        ("mysql://u:secret@h/d", "mysql is not supported"),
        ("postgresql+psycopg2://h/d", "is not supported"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("postgres://u:secret@h:port/d", "not a URL"),
    ],
)
def test_refused_addresses_are_told_without_their_password(written: str, said: str) -> None:
    with pytest.raises(DatabaseAddressError, match=said) as refusal:
        connect(written)
    assert "secret" not in str(refusal.value)


def test_the_folder_of_an_sqlite_file_is_made(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path}/a/b/c.sqlite3")
    with database.transaction() as session:
        session.connection()
    database.close()
    assert (tmp_path / "a" / "b" / "c.sqlite3").exists()


def test_nothing_is_opened_before_the_first_session(tmp_path: Path) -> None:
    connect(f"sqlite:///{tmp_path}/c.sqlite3").close()
    assert not (tmp_path / "c.sqlite3").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseAddressError, match=r"file.*cannot be made"):
        connect(f"sqlite:///{tmp_path}/file/gantry.sqlite3")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseAddressError, match="is a folder"):
        connect(f"sqlite:///{tmp_path}")
