from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from storage import DatabaseBusyError, connect
from storage.turns import Turns, _turns, turns_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONG = 30.0


def stand_in_line(turns: Turns, served: list[str], name: str, *, priority: bool = False) -> threading.Thread:
    """Start somebody who wants a turn, and return once they stand in line."""
    before = turns.waiting()

    def go() -> None:
        turns.take(priority=priority, wait=LONG)
        served.append(name)
        turns.give()

    thread = threading.Thread(target=go)
    thread.start()
    until(lambda: turns.waiting() > before)
    return thread


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not condition():
        pause.wait(0.001)


def test_who_comes_first_is_served_first() -> None:
    turns, served = Turns(), list[str]()
    turns.take(wait=LONG)
    people = [stand_in_line(turns, served, str(number)) for number in range(20)]
    turns.give()
    for person in people:
        person.join()
    assert served == [str(number) for number in range(20)]


def test_the_priority_lane_goes_before_everybody_and_keeps_its_own_order() -> None:
    turns, served = Turns(), list[str]()
    turns.take(wait=LONG)
    people = [
        stand_in_line(turns, served, name, priority=name.startswith("p"))
        for name in ("a", "b", "p1", "c", "p2")
    ]
    turns.give()
    for person in people:
        person.join()
    assert served == ["p1", "p2", "a", "b", "c"]


def test_nobody_overtakes_who_stands_in_line() -> None:
    turns, served = Turns(), list[str]()
    turns.take(wait=LONG)
    waiter = stand_in_line(turns, served, "waiter")
    turns.give()
    turns.take(wait=LONG)  # the turn went to the waiter, so this one comes after
    assert served == ["waiter"]
    turns.give()
    waiter.join()


def test_who_waits_too_long_is_told_and_leaves_no_gap() -> None:
    turns = Turns()
    turns.take(wait=LONG)
    with pytest.raises(DatabaseBusyError, match=r"waited 0\.01 s"):
        turns.take(wait=0.01)
    assert turns.waiting() == 0
    turns.give()
    turns.take(wait=0.01)


def test_turns_survive_many_who_give_up_while_others_are_served() -> None:
    turns, inside, most = Turns(), 0, 0

    def go() -> None:
        nonlocal inside, most
        for _ in range(200):
            try:
                turns.take(wait=0.0001)
            except DatabaseBusyError:
                continue
            inside += 1
            most = max(most, inside)
            inside -= 1
            turns.give()

    people = [threading.Thread(target=go) for _ in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert most == 1
    turns.take(wait=0.01)  # free again, and nobody is left in line
    assert turns.waiting() == 0


def test_two_connections_to_one_file_share_a_line_whatever_the_path_looks_like(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    one = connect(f"sqlite:///{tmp_path}/a.sqlite3", wait=0.01)
    two = connect(f"sqlite:///{tmp_path}/folder/../a.sqlite3", wait=0.01)
    other = connect(f"sqlite:///{tmp_path}/b.sqlite3", wait=0.01)
    opened: list[str] = []

    def try_both() -> None:
        with pytest.raises(DatabaseBusyError), two.transaction():
            opened.append("two")
        with other.transaction():
            opened.append("other")

    with one.transaction():
        thread = threading.Thread(target=try_both)
        thread.start()
        thread.join()
    assert opened == ["other"]


def test_a_line_is_forgotten_with_its_last_user() -> None:
    kept = turns_of("kept")
    assert turns_of("kept") is kept
    number = len(_turns)
    turns_of("nobody keeps this one")
    assert len(_turns) == number
