"""Writes that a second try cannot repeat, the same on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    session.flush()
    target, row = _target(table, values)
    connection = session.connection()
    statement = (
        _insert(connection.dialect.name, target)
        .on_conflict_do_nothing(index_elements=list(conflict))
        # Not the row count: where ids are fetched by RETURNING, sqlalchemy does not keep it.
        .returning(*target.primary_key)
    )
    return connection.execute(statement, row).first() is not None


def next_value(session: Session, table: type[SQLModel] | Table, *, team: str, name: str) -> int:
    """The next number of a counter, from 1 and without gaps.

    Args:
        session: the transaction; its rollback gives the number back.
        table: columns `team`, `name` (together the key) and `value`.
        team: the workspace.
        name: what is counted.
    """
    session.flush()
    target, row = _target(table, {"team": team, "name": name, "value": 1})
    connection = session.connection()
    statement = (
        _insert(connection.dialect.name, target)
        .on_conflict_do_update(
            index_elements=["team", "name"],
            set_={"value": target.c.value + 1},
        )
        .returning(target.c.value)
    )
    return int(connection.execute(statement, row).scalar_one())


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _target(table: type[SQLModel] | Table, values: Mapping[str, Any]) -> tuple[Table, dict[str, Any]]:
    if isinstance(table, Table):
        return table, dict(values)
    row = dict(values)
    for name, field in table.model_fields.items():
        if name not in row:
            default = field.get_default(call_default_factory=True)
            if default is not None and default is not PydanticUndefined:
                row[name] = default
    return table.__table__, row  # type: ignore[attr-defined]
