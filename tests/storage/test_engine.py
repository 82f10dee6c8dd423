from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlmodel import func, select

from storage import (
    InsideTransactionError,
    NestedTransactionError,
    after_commit,
    connect,
    inside_transaction,
    leaving_the_machine,
)
from tests.storage.examples import Child, Count

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage import Database, Session


class DeliberateError(Exception):
    """Raised inside transactions to see what remains."""


def put(session: Session, key: str, value: int = 0) -> Count:
    row = Count(key=key, value=value)
    session.add(row)
    session.flush()
    return row


def keys(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(Count.key).order_by(Count.key)))


def test_what_a_transaction_wrote_is_there_after_it(database: Database) -> None:
    with database.transaction() as session:
        put(session, "a")
    assert keys(database) == ["a"]


def test_rows_can_be_read_after_the_commit_without_the_session(database: Database) -> None:
    with database.transaction() as session:
        row = put(session, "a", 7)
    assert (row.key, row.value) == ("a", 7)


def test_what_was_read_can_be_used_after_reading(database: Database) -> None:
    with database.transaction() as session:
        put(session, "a", 7)
    with database.reading() as session:
        row = session.exec(select(Count)).one()
    assert (row.key, row.value) == ("a", 7)


@pytest.mark.parametrize("problem", [DeliberateError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing_and_passes_on(database: Database, problem: type[BaseException]) -> None:
    def work() -> None:
        with database.transaction() as session:
            put(session, "a")
            raise problem

    with pytest.raises(problem):
        work()
    assert keys(database) == []
    with database.transaction() as session:  # the turn was handed on
        put(session, "b")
    assert keys(database) == ["b"]


def test_a_caught_failure_in_the_database_does_not_let_half_of_the_work_through(database: Database) -> None:
    with database.transaction() as session:
        put(session, "a")

    def work() -> None:
        with database.transaction() as session:
            put(session, "b")
            with pytest.raises(IntegrityError):
                put(session, "a")

    with pytest.raises(PendingRollbackError):
        work()
    assert keys(database) == ["a"]


def test_a_savepoint_can_be_undone_alone(database: Database) -> None:
    with database.transaction() as session:
        put(session, "a")
        savepoint = session.begin_nested()
        put(session, "b")
        savepoint.rollback()
        put(session, "c")
    assert keys(database) == ["a", "c"]


def test_references_are_checked(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Child(count_id=12345))


def test_eighty_increments_by_eight_threads_make_eighty(database: Database) -> None:
    with database.transaction() as session:
        put(session, "a")

    def increment(_: int) -> None:
        for _ in range(10):
            with database.transaction() as session:
                row = session.exec(select(Count).where(Count.key == "a").with_for_update()).one()
                row.value += 1
                session.add(row)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(8)))
    with database.reading() as session:
        assert session.exec(select(Count.value)).one() == 80


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), database.reading() as session:
        put(session, "a")
    assert keys(database) == []
    with database.transaction() as session:  # a connection that was only for reading does not stay so
        put(session, "b")
    assert keys(database) == ["b"]


def test_reading_goes_on_while_somebody_writes_and_sees_one_moment(database: Database) -> None:
    with database.transaction() as session:
        put(session, "a", 1)

    def write(value: int) -> None:
        with database.transaction() as session:
            session.exec(select(Count).with_for_update()).one().value = value

    with ThreadPoolExecutor(1) as pool, database.reading() as session:
        assert session.exec(select(Count.value)).one() == 1
        pool.submit(write, 2).result(timeout=10)
        assert session.exec(select(Count.value)).one() == 1
    with database.reading() as session:
        assert session.exec(select(Count.value)).one() == 2


def test_reading_does_not_wait_for_an_open_write_transaction(database: Database) -> None:
    with database.transaction() as session:
        put(session, "a")
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(keys, database).result(timeout=10) == []


@pytest.mark.parametrize("outer", ["transaction", "reading"])
@pytest.mark.parametrize("inner", ["transaction", "reading"])
def test_a_thread_has_one_session_at_a_time(database: Database, outer: str, inner: str) -> None:
    with getattr(database, outer)() as session:
        with (
            pytest.raises(NestedTransactionError, match=rf"{inner}\(\) inside {outer}\(\)"),
            getattr(database, inner)(),
        ):
            pytest.fail("a second session was opened")
        assert session.exec(select(func.count()).select_from(Count)).one() == 0
    with getattr(database, inner)():
        pass


def test_nothing_leaves_the_machine_inside_a_transaction(database: Database) -> None:
    leaving_the_machine("chat.postMessage")
    with database.reading():
        leaving_the_machine("chat.postMessage")
    with database.transaction():
        assert inside_transaction()
        with pytest.raises(InsideTransactionError, match=r"chat\.postMessage inside a write transaction"):
            leaving_the_machine("chat.postMessage")
    assert not inside_transaction()
    leaving_the_machine("chat.postMessage")


def test_another_thread_may_leave_the_machine_while_one_writes(database: Database) -> None:
    with database.transaction(), ThreadPoolExecutor(1) as pool:
        pool.submit(leaving_the_machine, "chat.postMessage").result(timeout=10)


def listening(database: Database, name: str) -> list[str]:
    heard: list[str] = []
    database.on_commit(name, lambda: heard.append(name))
    return heard


def test_a_commit_wakes_each_listener_once_and_after_it(database: Database) -> None:
    heard: list[list[str]] = []
    database.on_commit("outbox", lambda: heard.append(keys(database)))
    database.on_commit("outbox", lambda: heard.append(keys(database)))
    others = listening(database, "stripe_call")
    with database.transaction() as session:
        after_commit(session, "outbox")
        put(session, "a")
        after_commit(session, "outbox")
        assert heard == []
    assert heard == [["a"], ["a"]]
    assert others == []


def test_a_rollback_wakes_nobody(database: Database) -> None:
    heard = listening(database, "outbox")

    def work() -> None:
        with database.transaction() as session:
            after_commit(session, "outbox")
            raise DeliberateError

    with pytest.raises(DeliberateError):
        work()
    assert heard == []


def test_a_commit_that_fails_wakes_nobody(database: Database) -> None:
    heard = listening(database, "outbox")

    def work() -> None:
        with database.transaction() as session:
            after_commit(session, "outbox")
            session.add_all([Count(key="a"), Count(key="a")])

    with pytest.raises(IntegrityError):
        work()
    assert heard == []
    assert keys(database) == []


def test_a_listener_that_fails_is_logged_and_hurts_nobody(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise DeliberateError

    database.on_commit("outbox", fail)
    heard = listening(database, "outbox")
    with caplog.at_level(logging.ERROR), database.transaction() as session:
        after_commit(session, "outbox")
        put(session, "a")
    assert heard == ["outbox"]
    assert keys(database) == ["a"]
    assert "DeliberateError" in caplog.text


def test_a_listener_may_open_a_transaction_of_its_own(database: Database) -> None:
    def write() -> None:
        with database.transaction() as session:
            put(session, "b")

    database.on_commit("outbox", write)
    with database.transaction() as session:
        after_commit(session, "outbox")
        put(session, "a")
    assert keys(database) == ["a", "b"]


def test_a_closed_database_connects_afresh(database: Database) -> None:
    database.close()
    with database.transaction() as session:
        put(session, "a")
    assert keys(database) == ["a"]


def test_more_readers_at_once_than_the_door_has_threads(tmp_path: object) -> None:
    database = connect(f"sqlite:///{tmp_path}/many.sqlite3")
    everybody = threading.Barrier(130)

    def read(_: int) -> int:
        with database.reading() as session:
            session.connection().execute(text("SELECT 1"))
            everybody.wait(timeout=30)
        return 1

    with ThreadPoolExecutor(130) as pool:
        assert sum(pool.map(read, range(130))) == 130
    database.close()


@pytest.fixture
def settings_of(tmp_path: object) -> Callable[[str], tuple[int, ...]]:
    database = connect(f"sqlite:///{tmp_path}/pragmas.sqlite3")

    def look(kind: str) -> tuple[int, ...]:
        with getattr(database, kind)() as session:
            names = ("foreign_keys", "synchronous", "busy_timeout", "query_only")
            return tuple(session.connection().execute(text(f"PRAGMA {name}")).scalar_one() for name in names)

    return look


def test_sqlite_writes_are_checked_and_on_disk_before_they_return(
    settings_of: Callable[[str], tuple[int, ...]],
) -> None:
    assert settings_of("transaction") == (1, 2, 0, 0)  # synchronous 2 is FULL


def test_sqlite_readers_cannot_write(settings_of: Callable[[str], tuple[int, ...]]) -> None:
    assert settings_of("reading")[3] == 1
