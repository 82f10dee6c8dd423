from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from storage import DatabaseBusyError
from storage.group_commit import MOST_TOGETHER, GroupCommit
from storage.upsert import insert_once
from tests.storage.examples import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage import Database, Session


class Recorder:
    """Inserts a row for each piece; the first commit waits until `go`, so that others gather behind it."""

    def __init__(self, database: Database) -> None:
        self.commits: list[int] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self.group = GroupCommit(database, self._work)

    def _work(self, session: Session, batch: Sequence[str]) -> None:
        self.begun.set()
        assert self.go.wait(30)
        if "busy" in batch:
            raise DatabaseBusyError("another process held the database")
        for name in batch:
            if name == "poison":
                raise ValueError(name)
            insert_once(session, Count, {"key": name}, conflict=["key"])
        self.commits.append(len(batch))

    def bring(self, *names: str) -> dict[str, Exception | None]:
        """Bring the first, and the others while its commit is under way; return what each heard."""
        heard: dict[str, Exception | None] = {}

        def one(name: str) -> None:
            try:
                self.group.bring(name)
            except Exception as error:  # noqa: BLE001 - to be looked at
                heard[name] = error
            else:
                heard[name] = None

        with ThreadPoolExecutor(len(names)) as pool:
            pool.submit(one, names[0])
            assert self.begun.wait(30)
            for name in names[1:]:
                pool.submit(one, name)
            while len(self.group._waiting) < len(names) - 1:
                threading.Event().wait(0.001)
            self.go.set()
        return heard


def rows(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.exec(select(Count.key)).all())


def test_what_comes_during_a_commit_is_in_the_next_one_together(database: Database) -> None:
    recorder = Recorder(database)
    names = [f"n{number}" for number in range(6)]
    assert recorder.bring(*names) == dict.fromkeys(names)
    assert recorder.commits == [1, 5]
    assert rows(database) == set(names)


def test_more_than_one_commit_takes_are_all_committed(database: Database) -> None:
    recorder = Recorder(database)
    names = [f"n{number}" for number in range(MOST_TOGETHER + 3)]
    assert recorder.bring(*names) == dict.fromkeys(names)
    assert recorder.commits == [1, MOST_TOGETHER, 2]
    assert rows(database) == set(names)


def test_a_piece_that_fails_spoils_only_itself(database: Database) -> None:
    heard = Recorder(database).bring("a", "b", "poison", "c")
    assert [name for name, error in heard.items() if error is not None] == ["poison"]
    assert rows(database) == {"a", "b", "c"}


def test_a_thread_that_is_stopped_while_it_commits_is_no_commit(database: Database) -> None:
    def stopped(session: Session, batch: Sequence[str]) -> None:
        raise SystemExit

    group = GroupCommit(database, stopped)
    with pytest.raises(SystemExit):
        group.bring("a")
    with pytest.raises(SystemExit):
        group.bring("b")  # the next one leads
    assert rows(database) == set()


def test_when_the_database_fails_all_of_a_commit_hear_of_it_and_later_ones_do_not(database: Database) -> None:
    recorder = Recorder(database)
    heard = recorder.bring("a", "b", "busy", "c")
    assert heard.pop("a") is None
    assert {type(error) for error in heard.values()} == {DatabaseBusyError}
    assert rows(database) == {"a"}
    recorder.group.bring("b")
    assert rows(database) == {"a", "b"}
