"""The only place where sessions are opened and transactions committed.

A piece of work is one `transaction()`, opened at the edge; what it calls takes the session and never commits.
Looking things up is `reading()`: one snapshot, unable to write, never in the way of a writer.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlmodel import Session

from storage import sqlite
from storage.address import parse, sqlite_file
from storage.errors import InsideTransactionError, NestedTransactionError
from storage.migration import current, head, migrate
from storage.turns import Turns, turns_of
from storage.turnstile import Turnstile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import URL, Connection, Engine

__all__ = [
    "Database",
    "Session",
    "after_commit",
    "connect",
    "current",
    "head",
    "inside_transaction",
    "leaving_the_machine",
    "migrate",
]

SQLITE_READERS: Final = (
    160  # as many as threads may read at once; a connection to a file costs next to nothing
)
POSTGRES_CONNECTIONS: Final = 40  # kept open: growing and shrinking under load doubles the server's work
WAIT_SECONDS: Final = 5.0

_AFTER_COMMIT: Final = "gantry.after_commit"
_log: Final = logging.getLogger(__name__)
_open: Final[ContextVar[str | None]] = ContextVar("open_session", default=None)


class Database:
    """One database, its connections, and what happens after a commit; made by `connect()`."""

    def __init__(
        self,
        *,
        writer: Engine,
        reader: Engine,
        wait: float,
        turns: Turns | None = None,
        turnstile: Turnstile | None = None,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._turns = turns
        self._turnstile = turnstile
        self._wait = wait
        self._listeners: dict[str, list[Callable[[], None]]] = {}

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._writer.dialect.name

    @contextmanager
    def transaction(self, *, priority: bool = False) -> Iterator[Session]:
        """A session whose work is committed at the end, or undone by any exception.

        On SQLite writers take turns, those with `priority` first. No call may leave the machine inside.

        Raises:
            NestedTransactionError: this thread already has a session open.
            DatabaseBusyError: other writers were busy too long; nothing was written.
        """
        _refuse_nesting("transaction()")
        session = Session(self._writer, expire_on_commit=False)
        try:
            with self._turn(priority=priority), _marked("transaction()"):
                try:
                    yield session
                    session.commit()
                except BaseException:
                    session.rollback()
                    raise
        finally:
            session.close()  # after the turn was handed on: the next writer need not wait for our tidying
        for name in session.info.get(_AFTER_COMMIT, ()):
            self._tell(name)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment and cannot write; it never waits for a writer, nor makes one wait.

        Raises:
            NestedTransactionError: this thread already has a session open.
        """
        _refuse_nesting("reading()")
        session = Session(self._reader, expire_on_commit=False, autoflush=False)
        try:
            with _marked("reading()"):
                yield session
        finally:
            session.close()

    def on_commit(self, name: str, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit whose transaction said `after_commit(session, name)`.

        It runs on the committing thread, outside the transaction: it should only wake somebody.
        """
        self._listeners[name] = [*self._listeners.get(name, ()), listener]

    def waiting(self) -> int:
        """How many writers of this process stand in line (always 0 on PostgreSQL)."""
        return self._turns.waiting() if self._turns is not None else 0

    def close(self) -> None:
        """Close every connection; the database may be used again, it connects afresh."""
        self._writer.dispose()
        self._reader.dispose()
        if self._turnstile is not None:
            self._turnstile.close()

    @contextmanager
    def _turn(self, *, priority: bool) -> Iterator[None]:
        if self._turns is None:
            yield
            return
        self._turns.take(priority=priority, wait=self._wait)
        try:
            yield
        finally:
            self._turns.give()

    def _tell(self, name: str) -> None:
        for listener in self._listeners.get(name, ()):
            try:
                listener()
            except Exception:  # noqa: BLE001 - committed already: whoever asked must not see a failure
                _log.exception("a listener for commits of %r failed", name)


def connect(url: str, *, wait: float = WAIT_SECONDS) -> Database:
    """A database; nothing is opened before the first session.

    Args:
        url: `sqlite:///path` (its folder is made) or `postgresql://…` (`postgres://` will do).
        wait: for how many seconds a writer waits for its turn, its lock or a connection.

    Raises:
        DatabaseAddressError: the address cannot be used; the message says what to change.
    """
    address = parse(url)
    if address.get_backend_name() == "sqlite":
        return _connect_sqlite(address, wait)
    return _connect_postgres(address, wait)


def after_commit(session: Session, name: str) -> None:
    """Have the listeners for `name` called once when this session's transaction has been committed."""
    session.info.setdefault(_AFTER_COMMIT, {})[name] = None  # a dictionary: once each, in order


def inside_transaction() -> bool:
    """Whether this thread has a write transaction open."""
    return _open.get() == "transaction()"


def leaving_the_machine(what: str) -> None:
    """Say that a call is about to leave the machine: everybody would wait for it if a transaction were open.

    Raises:
        InsideTransactionError: one is open on this thread (design rule 4).
    """
    if inside_transaction():
        raise InsideTransactionError(
            f"{what} inside a write transaction: commit first, then call, then record the result"
        )


@contextmanager
def _marked(kind: str) -> Iterator[None]:
    token = _open.set(kind)
    try:
        yield
    finally:
        _open.reset(token)


def _refuse_nesting(wanted: str) -> None:
    already = _open.get()
    if already is not None:
        raise NestedTransactionError(
            f"{wanted} inside {already}: pass the session on, or end the first one before the next"
        )


def _connect_sqlite(address: URL, wait: float) -> Database:
    path = sqlite_file(address)
    address = address.set(database=str(path))
    # The writer's turn comes before its connection, so one connection does, and its cache stays warm.
    # Hidden parameters: an error of the database goes into the log, what people typed does not.
    writer = create_engine(address, pool_size=1, max_overflow=0, pool_timeout=wait, hide_parameters=True)
    reader = create_engine(
        address,
        pool_size=SQLITE_READERS,
        max_overflow=0,
        pool_timeout=wait,
        pool_use_lifo=True,
        hide_parameters=True,
    )

    turnstile = Turnstile(str(path))

    @event.listens_for(writer, "connect")
    def _set_up_writer(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        sqlite.set_up_writer(connection, wait=wait)

    @event.listens_for(reader, "connect")
    def _set_up_reader(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        sqlite.set_up_reader(connection)

    @event.listens_for(writer, "begin")
    def _begin_writing(connection: Connection) -> None:
        sqlite.begin_writing(_driver(connection), turnstile, wait=wait)

    @event.listens_for(reader, "begin")
    def _begin_reading(connection: Connection) -> None:
        sqlite.begin_reading(_driver(connection))

    turns = turns_of(str(path))
    return Database(writer=writer, reader=reader, wait=wait, turns=turns, turnstile=turnstile)


def _connect_postgres(address: URL, wait: float) -> Database:
    writer = create_engine(
        address,
        pool_size=POSTGRES_CONNECTIONS,
        max_overflow=0,
        pool_timeout=wait,
        hide_parameters=True,
        connect_args={"connect_timeout": max(2, round(wait))},
    )

    @event.listens_for(writer, "connect")
    def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
        connection.autocommit = True  # settings made in a transaction would end with it
        connection.execute(f"SET lock_timeout = '{int(wait * 1000)}ms'")
        connection.execute("SET idle_in_transaction_session_timeout = '60s'")
        # What was answered must be on disk; a server may ask for more than `on`, but not for less.
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.autocommit = False

    # The same pool: the driver writes both options into its BEGIN, so they cost no message of their own.
    reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(writer=writer, reader=reader, wait=wait)


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - the driver's own type
    return connection.connection.dbapi_connection
