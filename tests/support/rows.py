"""Rows kept aside and put back, past everything that knows what they mean."""

from __future__ import annotations

import sqlite3


def copy(rows: sqlite3.Connection) -> sqlite3.Connection:
    """A copy in memory of all rows."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    _copy(rows, kept)
    return kept


def put_back(kept: sqlite3.Connection, rows: sqlite3.Connection) -> None:
    """Put the rows of a copy in place of those that are there."""
    _copy(kept, rows)


def _copy(rows: sqlite3.Connection, to: sqlite3.Connection) -> None:
    # A backup says that the tables may be others, and every connection then reads them all again: they are not.
    [version] = rows.execute("PRAGMA schema_version").fetchone()
    rows.backup(to)
    to.execute(f"PRAGMA schema_version={version}")
