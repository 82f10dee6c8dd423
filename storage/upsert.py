"""Writes that a second try cannot repeat, the same on both databases."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from storage.plain import run, table_of, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.sql.dml import ReturningInsert
    from sqlmodel import Session, SQLModel


def insert_once(
    session: Session,
    table: type[SQLModel] | Table,
    values: Mapping[str, Any],
    *,
    conflict: Sequence[str],
) -> bool:
    """Insert a row unless one with the same `conflict` columns exists; say whether it was inserted.

    A model fills in its defaults. Rows added to the session before are written first. When another writer
    has inserted the key and not yet committed, this one waits to learn how that ends.
    """
    target, row = _target(table, values)
    statement = _once(session.get_bind().dialect.name, target, tuple(conflict))
    return run(session, statement, **row).first() is not None


def next_value(session: Session, table: type[SQLModel] | Table, *, team: str, name: str) -> int:
    """The next number of a counter, from 1 and without gaps.

    Args:
        session: the transaction; its rollback gives the number back.
        table: columns `team`, `name` (together the key) and `value`.
        team: the workspace.
        name: what is counted.
    """
    target, row = _target(table, {"team": team, "name": name, "value": 1})
    return int(run(session, _next(session.get_bind().dialect.name, target), **row).scalar_one())


# Built once for each table: building one costs more than running it.
@lru_cache(maxsize=256)
def _once(dialect: str, target: Table, conflict: tuple[str, ...]) -> ReturningInsert[Any]:
    return (
        insert_into(dialect, target)
        .on_conflict_do_nothing(index_elements=conflict)
        # Not the row count: where ids are fetched by RETURNING, sqlalchemy does not keep it.
        .returning(*target.primary_key)
    )


@lru_cache(maxsize=64)
def _next(dialect: str, target: Table) -> ReturningInsert[Any]:
    return (
        insert_into(dialect, target)
        .on_conflict_do_update(
            index_elements=["team", "name"],
            set_={"value": target.c.value + 1},
        )
        .returning(target.c.value)
    )


def insert_into(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that can say what happens to a row that is there already."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _target(table: type[SQLModel] | Table, values: Mapping[str, Any]) -> tuple[Table, dict[str, Any]]:
    if isinstance(table, Table):
        return table, dict(values)
    return table_of(table), with_defaults(table, values)
