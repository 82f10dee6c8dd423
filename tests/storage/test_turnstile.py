"""Between processes: who stands in the turnstile writes next, and whoever is stopped there stops nobody."""

from __future__ import annotations

import threading
from pathlib import Path

from storage import connect
from storage.turnstile import Turnstile
from tests.support.migrated import lay


def test_nobody_passes_while_somebody_waits_for_the_lock(tmp_path: Path) -> None:
    inside, outside = (Turnstile(str(tmp_path / "gantry.sqlite3"), patience=60) for _ in range(2))
    order: list[str] = []

    def come() -> None:
        with outside.next():
            order.append("second")

    second = threading.Thread(target=come)
    with inside.next():
        second.start()
        second.join(0.1)
        order.append("first")
    second.join()
    assert order == ["first", "second"]
    inside.close()
    outside.close()


def test_who_is_stopped_in_the_turnstile_stops_nobody(tmp_path: Path, migrated: Path) -> None:
    path = tmp_path / "gantry.sqlite3"
    lay(f"sqlite:///{path}", migrated)
    database, stopped = connect(f"sqlite:///{path}"), Turnstile(str(path))
    with stopped.next(), database.transaction() as session:
        session.connection()
    stopped.close()
    database.close()


def test_a_writer_passes_the_turnstile_and_leaves_it_with_the_lock(tmp_path: Path, migrated: Path) -> None:
    path = tmp_path / "gantry.sqlite3"
    lay(f"sqlite:///{path}", migrated)
    database, other = connect(f"sqlite:///{path}"), Turnstile(str(path), patience=60)
    with database.transaction() as session:
        session.connection()
        with other.next():  # free while the transaction goes on: the next one waits here
            pass
    other.close()
    database.close()
