"""What storage refuses, and why."""

from __future__ import annotations


class StorageError(Exception):
    """Base of every error that storage raises by itself."""


class DatabaseAddressError(StorageError):
    """The database address cannot be used; the message says what to change."""


class DatabaseBusyError(StorageError):
    """The write lock did not come free in time; nothing was written, the work may be tried again."""


class NestedTransactionError(StorageError):
    """A session was opened on a thread that already has one."""


class InsideTransactionError(StorageError):
    """A call was about to leave the machine while a write transaction was open (rule 4)."""


class MigrationError(StorageError):
    """A migration left the database in a state that breaks its own constraints; it was rolled back."""


def is_unavailable(error: BaseException) -> bool:
    """Tell whether the database as a whole failed (locked, full, away) rather than one row."""
    # By name: the drivers' own classes, and SQLAlchemy's around them, are known only here.
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"DatabaseBusyError", "OperationalError", "InterfaceError", "TimeoutError"})
