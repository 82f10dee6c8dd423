"""Statements that run past the ORM: rows in, rows out, and no objects to keep track of.

A click runs some twenty statements. Asked through the session, each costs three times what it costs here
(measured in docs/performance.md), so what runs at every click is built once, as a constant, and run by `run`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined
from sqlalchemy import Insert, Table, insert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import CursorResult, Executable
    from sqlalchemy.sql.dml import ReturningInsert
    from sqlmodel import Session, SQLModel


def run(session: Session, statement: Executable, **parameters: object) -> CursorResult[Any]:
    """Run a statement in the session's transaction; rows added to the session before are written first.

    Objects the session holds are left as they are: set what changed by hand, or let nobody read them again.
    """
    session.flush()
    return session.connection().execute(statement, parameters)


def add(session: Session, table: type[SQLModel], values: Mapping[str, Any]) -> None:
    """Insert a row, with the defaults of its model, when nobody needs the object or its id."""
    run(session, _insert(table), **with_defaults(table, values))


def add_numbered(session: Session, table: type[SQLModel], values: Mapping[str, Any]) -> int:
    """Insert a row as `add` does, and return its id."""
    return int(run(session, _insert_numbered(table), **with_defaults(table, values)).scalar_one())


def alone(session: Session) -> bool:
    """Tell whether nobody else can have changed a row since the transaction began: SQLite has one writer."""
    return session.get_bind().dialect.name == "sqlite"


def with_defaults(table: type[SQLModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values and the model's default for each field that is missing."""
    constants, factories = _defaults(table)
    made = {name: make() for name, make in factories.items() if name not in values}
    return {**constants, **made, **values}


def table_of(model: type[SQLModel]) -> Table:
    """Return the table of a model."""
    found = model.__table__  # type: ignore[attr-defined]
    assert isinstance(found, Table)  # noqa: S101 - sqlmodel makes nothing else
    return found


@cache
def _insert(model: type[SQLModel]) -> Insert:
    return insert(table_of(model)).inline()  # the id is not fetched


@cache
def _insert_numbered(model: type[SQLModel]) -> ReturningInsert[Any]:
    table = table_of(model)
    return insert(table).returning(table.c.id)


@cache
def _defaults(model: type[SQLModel]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    """Return the defaults that never change, and what makes the others; None the database puts by itself."""
    fields = model.model_fields.items()
    factories: dict[str, Any] = {
        name: field.default_factory for name, field in fields if field.default_factory
    }
    empty = (None, PydanticUndefined)
    constants = {name: field.default for name, field in fields if field.default not in empty}
    return constants, factories
