from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, func, select, update

from storage.plain import add, run, table_of
from tests.storage.examples import Count, Kept

if TYPE_CHECKING:
    from storage import Database, Session


def test_a_row_added_past_the_orm_has_the_defaults_of_its_model(database: Database) -> None:
    with database.transaction() as session:
        add(session, Count, {"key": "a"})
        add(session, Count, {"key": "b", "value": 7})
    with database.reading() as session:
        found = session.exec(select(Count).order_by(Count.key)).all()
    assert [(row.key, row.value) for row in found] == [("a", 0), ("b", 7)]
    assert found[0].id != found[1].id


def test_column_types_hold_past_the_orm(database: Database) -> None:
    with database.transaction() as session:
        add(session, Kept, {"data": {"b": 1, "a": [2]}, "text": "words"})
        [row] = run(session, select(Kept.data, Kept.text)).all()
    assert (row.data, row.text) == ({"a": [2], "b": 1}, "words")


def test_a_statement_sees_the_rows_added_to_the_session_before(database: Database) -> None:
    with database.transaction() as session:
        session.add(Count(key="a"))
        assert run(session, update(Count).values(value=col(Count.value) + 1)).rowcount == 1
        assert run(session, select(func.sum(Count.value))).scalar_one() == 1


def test_a_rollback_takes_back_what_was_added_past_the_orm(database: Database) -> None:
    with pytest.raises(LookupError), database.transaction() as session:
        _add_and_fail(session)
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(table_of(Count))).one() == 0


def _add_and_fail(session: Session) -> None:
    add(session, Count, {"key": "a"})
    raise LookupError
