from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import func, select

from storage import insert_once, next_value
from tests.storage.examples import Count, Kept, Numbers

if TYPE_CHECKING:
    from storage import Database


def test_the_second_of_two_equal_inserts_changes_nothing_and_says_so(database: Database) -> None:
    with database.transaction() as session:
        assert insert_once(session, Count, {"key": "a", "value": 1}, conflict=["key"])
        assert not insert_once(session, Count, {"key": "a", "value": 2}, conflict=["key"])
    with database.transaction() as session:
        assert not insert_once(session, Count, {"key": "a"}, conflict=["key"])
        row = session.exec(select(Count)).one()
    assert (row.key, row.value) == ("a", 1)


def test_the_defaults_of_a_model_are_filled_in(database: Database) -> None:
    with database.transaction() as session:
        insert_once(session, Count, {"key": "a"}, conflict=["key"])
        assert session.exec(select(Count.value)).one() == 0


def test_column_types_hold_for_it_too(database: Database) -> None:
    with database.transaction() as session:
        assert insert_once(session, Kept, {"id": 1, "data": {"b": 1, "a": 2}}, conflict=["id"])
        assert session.exec(select(Kept)).one().data == {"a": 2, "b": 1}


def test_rows_added_before_are_seen(database: Database) -> None:
    with database.transaction() as session:
        session.add(Count(key="a"))
        assert not insert_once(session, Count, {"key": "a"}, conflict=["key"])


def test_one_of_many_at_once_inserts(database: Database) -> None:
    def insert(_: int) -> bool:
        with database.transaction() as session:
            return insert_once(session, Count, {"key": "a"}, conflict=["key"])

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(insert, range(24))) == 1
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(Count)).one() == 1


@pytest.mark.parametrize("table", [Numbers, Numbers.__table__])  # type: ignore[attr-defined]
def test_counters_count_from_one_for_each_workspace_and_name(database: Database, table: Any) -> None:
    with database.transaction() as session:
        got = [
            next_value(session, table, team=team, name=name)
            for team, name in [("T1", "P"), ("T1", "P"), ("T2", "P"), ("T1", "C"), ("T1", "P")]
        ]
    assert got == [1, 2, 1, 1, 3]


def give_back_every_third(number: int) -> None:
    if number % 3 == 0:
        raise LookupError


def test_numbers_taken_at_once_are_all_different_and_a_rollback_gives_its_number_back(
    database: Database,
) -> None:
    def take(number: int) -> int:
        try:
            with database.transaction() as session:
                taken = next_value(session, Numbers, team="T1", name="P")
                give_back_every_third(number)
                return taken
        except LookupError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        taken = sorted(pool.map(take, range(24)))
    assert taken == [0] * 8 + list(range(1, 17))
