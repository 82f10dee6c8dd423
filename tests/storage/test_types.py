from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import literal_column
from sqlalchemy.exc import StatementError
from sqlmodel import select

from storage.types import canonical
from tests.storage.examples import Kept

if TYPE_CHECKING:
    from storage import Database

PARIS = timezone(timedelta(hours=2))


def kept(database: Database, **values: Any) -> Kept:
    with database.transaction() as session:
        session.add(Kept(**values))
    with database.reading() as session:
        return session.exec(select(Kept)).one()


def stored(database: Database, column: str) -> str:
    with database.reading() as session:
        return str(
            session.connection().execute(select(literal_column(column)).select_from(Kept)).scalar_one()
        )


@pytest.mark.parametrize("written", ["", "<!channel>", "שלום 😀\n`x`", "x" * 100_000, None])
def test_sealed_text_comes_back_as_it_was(database: Database, written: str | None) -> None:
    assert kept(database, text=written).text == written


@pytest.mark.parametrize("written", [b"bytes", 7, {"a": 1}, "a\x00b"])
def test_a_sealed_column_refuses_what_is_not_text(database: Database, written: Any) -> None:
    with pytest.raises(StatementError, match="text"), database.transaction() as session:
        session.add(Kept(text=written))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [1, 2.5, None, True]}, '{"a":[1,2.5,null,true],"b":1}'),
        ({"é": "ü", "a": {"z": 1, "y": 2}}, '{"a":{"y":2,"z":1},"é":"ü"}'),
        ([], "[]"),
        ({}, "{}"),
        ("\x00", '"\\u0000"'),
        (0, "0"),
        (False, "false"),
    ],
)
def test_canonical_json_has_one_text(database: Database, value: Any, expected: str) -> None:
    assert kept(database, data=value).data == value
    assert stored(database, "data") == expected


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        [math.inf],
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        {1: "a"},
        {"a": {None: 1}},
        [{"a": {1, 2}}],
        b"x",
    ],
)
def test_canonical_json_refuses_what_is_not_json(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON))
@settings(max_examples=30 if settings().derandomize else settings().max_examples)
def test_the_order_in_which_keys_were_set_does_not_matter(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_a_moment_comes_back_aware_and_in_utc(database: Database) -> None:
    written = datetime(2026, 7, 14, 1, 30, 0, 123456, tzinfo=PARIS)
    at = kept(database, at=written).at
    assert at == written
    assert at is not None
    assert at.tzinfo is UTC or at.utcoffset() == timedelta(0)
    assert at.isoformat() == "2026-07-13T23:30:00.123456+00:00"


def test_a_naive_moment_is_refused(database: Database) -> None:
    naive = datetime(2026, 7, 14)  # noqa: DTZ001 - what must be refused
    with pytest.raises(StatementError, match="timezone"), database.transaction() as session:
        session.add(Kept(at=naive))


def test_ids_count_up_and_hold_64_bits(database: Database) -> None:
    with database.transaction() as session:
        session.add(Kept(id=2**62, text="big"))
        session.flush()
        session.add(row := Kept(id=2**62 + 1, text="bigger"))
    assert row.id == 2**62 + 1
