"""Rows and how they are kept: the only package that knows the database."""

from __future__ import annotations

from storage.engine import (
    Database,
    Session,
    after_commit,
    connect,
    current,
    head,
    inside_transaction,
    leaving_the_machine,
    migrate,
)
from storage.errors import (
    DatabaseAddressError,
    DatabaseBusyError,
    InsideTransactionError,
    MigrationError,
    NestedTransactionError,
    StorageError,
)
from storage.upsert import insert_once, next_value

__all__ = [
    "Database",
    "DatabaseAddressError",
    "DatabaseBusyError",
    "InsideTransactionError",
    "MigrationError",
    "NestedTransactionError",
    "Session",
    "StorageError",
    "after_commit",
    "connect",
    "current",
    "head",
    "insert_once",
    "inside_transaction",
    "leaving_the_machine",
    "migrate",
    "next_value",
]
