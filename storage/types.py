"""Column types that every table uses, and how constraints are named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel, UTCDateTime

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Dialect

# Migrations can only change what has a name, and the two databases invent different ones.
NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata: Final[MetaData] = SQLModel.metadata
metadata.naming_convention = NAMING

# SQLite counts up by itself only in a column declared INTEGER, which holds 64 bits anyway.
BigId: Final[TypeEngine[int]] = BigInteger().with_variant(Integer, "sqlite")

# Aware in, aware and UTC out; a naive value is refused with a ValueError.
Moment: Final = UTCDateTime


def canonical(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """The one text of a JSON value: keys sorted, no spaces, so that equal values have equal hashes.

    Raises:
        ValueError: NaN or an infinity.
        TypeError: something that is not JSON (a moment, a set, a key that is not text).
    """
    _refuse_other_keys(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _refuse_other_keys(value: object) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                # json would turn 1 and None into text without a word, and 1 and "1" into the same key.
                raise TypeError(f"a JSON key must be text, not {type(key).__name__}")
            _refuse_other_keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_other_keys(inner)


# Most of what is stored is empty, and a programme has fifty steps.
_EMPTY: Final[dict[str, type[dict[str, Any] | list[Any]]]] = {"{}": dict, "[]": list}


class Canonical(TypeDecorator[Any]):
    """A JSON value kept as its canonical text; None is NULL. Replace the value, never edit it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002 - any JSON; signature
        """The text to store."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any | None:  # noqa: ANN401, ARG002 - any JSON; signature
        """The value that was stored."""
        return None if value is None else _EMPTY[value]() if value in _EMPTY else json.loads(value)


class Sealed(TypeDecorator[str]):
    """Text of customers, rendered messages and event bodies: the one place that will encrypt them.

    Plain today. None is NULL, so that a row can be emptied and stay.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - signature
        """The text to store.

        Raises:
            TypeError: the value is not text.
            ValueError: it holds a NUL, which PostgreSQL cannot keep (SQLite obeys the same rule here).
        """
        if value is None:
            return None
        if not isinstance(value, str):
            raise TypeError(f"a sealed column takes text, not {type(value).__name__}")
        if "\x00" in value:
            raise ValueError("text with a NUL character cannot be stored")
        return value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - signature
        """The text that was stored."""
        return value
