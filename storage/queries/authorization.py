"""The statements of the real-time endpoint: two for a whole batch, written by hand for each database.

Each is one step of the driver, however many requests the batch holds: lists go in as JSON or arrays and come
back as JSON. Every row fetched or bound alone would hand the interpreter back and forth between threads.
PostgreSQL gets its arrays in binary (`%b`): as text, every quotation mark of the inputs would be escaped.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import col

from storage.plain import alone, run
from storage.tables_stripe import AuthorizationDecision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlmodel import Session

    SpendKey = tuple[str, str, str]

COLUMNS: Final = (
    "event",
    "authorization",
    "entries",
    "account",
    "livemode",
    "card",
    "cardholder",
    "amount",
    "currency",
    "approved",
    "answer_amount",
    "counted",
    "rule",
    "policy",
    "inputs",
    "outcomes",
    "at",
)
_TYPES: Final = {
    "entries": "int",
    "livemode": "bool",
    "amount": "bigint",
    "approved": "bool",
    "answer_amount": "bigint",
    "counted": "bigint",
    "policy": "int",
    "at": "timestamptz",
}
_NAMES: Final = ", ".join(f'"{name}"' for name in COLUMNS)
_ANSWERED: Final = 'id, event, "authorization", entries, approved, answer_amount, counted, rule, policy'

_READ_SQLITE: Final = f"""
SELECT
  (SELECT number FROM policy_head WHERE id = 1),
  (SELECT json_group_array(json_array(id, reported, program)) FROM card
    WHERE id IN (SELECT value FROM json_each(?1)) AND (reported <> '' OR program <> '')),
  (SELECT json_group_array(json_array({_ANSWERED})) FROM (
    SELECT {_ANSWERED} FROM authorization_decision WHERE event IN (SELECT value FROM json_each(?2))
    UNION
    SELECT {_ANSWERED} FROM authorization_decision
      WHERE "authorization" IN (SELECT value FROM json_each(?3)))),
  (SELECT json_group_array(json_array(spend.subject, spend."window", spend.currency, spend.amount))
    FROM json_each(?4) AS subjects CROSS JOIN json_each(?5) AS windows CROSS JOIN spend
    WHERE spend.subject = subjects.value AND spend."window" = windows.value)
"""  # noqa: S608 - the names of our own columns
_READ_POSTGRES: Final = f"""
SELECT
  (SELECT number FROM policy_head WHERE id = 1),
  (SELECT json_agg(json_build_array(id, reported, program))::text FROM card
    WHERE id = ANY(%b::text[]) AND (reported <> '' OR program <> '')),
  (SELECT json_agg(json_build_array({_ANSWERED}))::text FROM (
    SELECT {_ANSWERED} FROM authorization_decision WHERE event = ANY(%b::text[])
    UNION
    SELECT {_ANSWERED} FROM authorization_decision WHERE "authorization" = ANY(%b::text[])) AS answered),
  (SELECT json_agg(json_build_array(subject, "window", currency, amount))::text FROM spend
    WHERE subject = ANY(%b::text[]) AND "window" = ANY(%b::text[]))
"""  # noqa: S608 - the same
# A plan made while a table is still small would read all of it, and stay when it has grown.
_BY_KEY_POSTGRES: Final = "SET LOCAL enable_seqscan = off"
_LOCK_POSTGRES: Final = (
    "SELECT count(pg_advisory_xact_lock(hashtextextended(key, 7))) "
    "FROM (SELECT key FROM unnest(%b::text[]) AS key ORDER BY key) AS ordered"
)
_OWN_SQLITE: Final = (
    'SELECT id, counted, decision FROM "authorization" WHERE id IN (SELECT value FROM json_each(?1))'
)
_OWN_POSTGRES: Final = 'SELECT id, counted, decision FROM "authorization" WHERE id = ANY(%b::text[])'
_ARRAYS: Final = ", ".join(f"%b::{_TYPES.get(name, 'text')}[]" for name in COLUMNS)
_INSERT_POSTGRES: Final = f"INSERT INTO authorization_decision ({_NAMES}) SELECT * FROM unnest({_ARRAYS})"  # noqa: S608 - the same
_SPEND_SQLITE: Final = """
INSERT INTO spend (subject, "window", currency, amount)
SELECT moved.key, windows.value, ?1, moved.value
  FROM json_each(?2) AS moved CROSS JOIN json_each(?3) AS windows WHERE true
ON CONFLICT (subject, "window", currency) DO UPDATE SET amount = amount + excluded.amount
"""
_SPEND_POSTGRES: Final = """
INSERT INTO spend (subject, "window", currency, amount)
SELECT moved.subject, windows.window, %s, moved.amount
  FROM unnest(%b::text[], %b::bigint[]) AS moved (subject, amount)
  CROSS JOIN unnest(%b::text[]) AS windows ("window")
ON CONFLICT (subject, "window", currency) DO UPDATE SET amount = spend.amount + excluded.amount
"""
_PAGE: Final = 1000
_PIECES: Final = (64, 32, 16, 8, 4, 2, 1)  # rows of one insert: few texts to prepare


class Answered(NamedTuple):
    """A decision that was made before."""

    id: int
    event: str
    authorization: str
    entries: int
    approved: bool
    amount: int | None
    counted: int
    rule: str
    policy: int


class Known(NamedTuple):
    """What the rows say about the requests of a batch."""

    number: int
    """The policy head's: policy, rules and brakes changed when it changed."""
    cards: Mapping[str, tuple[str, str]]
    """Of the cards that need attention: what they were reported as, and their programme."""
    answered: Sequence[Answered]
    spent: dict[SpendKey, int]
    """By subject, window and currency."""


def look(
    session: Session,
    *,
    events: Sequence[str],
    authorizations: Sequence[str],
    cards: Sequence[str],
    subjects: Sequence[str],
    windows: Sequence[str],
) -> Known:
    """Return all that is known about these requests, and let nobody else move the spend of these subjects."""
    cursor = _cursor(session)
    if alone(session):
        lists = [orjson.dumps(one).decode() for one in (cards, events, authorizations, subjects, windows)]
        row = cursor.execute(_READ_SQLITE, lists).fetchone()
    else:
        with cursor.connection.pipeline():
            cursor.execute(_BY_KEY_POSTGRES)
            cursor.execute(_LOCK_POSTGRES, (sorted(subjects),))
            cursor.execute(_READ_POSTGRES, (cards, events, authorizations, subjects, windows))
            row = cursor.fetchone()
    number, found_cards, answered, spent = row
    return Known(
        number,
        {one[0]: (one[1], one[2]) for one in _list(found_cards)},
        [Answered._make([*one[:4], bool(one[4]), *one[5:]]) for one in _list(answered)],
        {(one[0], one[1], one[2]): one[3] for one in _list(spent)},
    )


def own(session: Session, authorizations: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return what authorizations count by their rows, and the newest decision those know of."""
    if alone(session):
        found = _cursor(session).execute(_OWN_SQLITE, (orjson.dumps(authorizations).decode(),))
    else:
        found = _cursor(session).execute(_OWN_POSTGRES, (authorizations,))
    return {one[0]: (one[1], one[2]) for one in found.fetchall()}


def write(
    session: Session,
    decisions: Sequence[tuple[Any, ...]],
    moves: Mapping[tuple[str, tuple[str, str, str]], Mapping[str, int]],
) -> None:
    """Insert decisions and add to the spend.

    Args:
        session: the transaction in which `look` was called.
        decisions: one tuple for each, in the order of `COLUMNS`; `at` is aware.
        moves: by currency and windows: what to add for each card and cardholder.
    """
    cursor = _cursor(session)
    if alone(session):
        _insert_sqlite(cursor, decisions)
        for (currency, windows), amounts in moves.items():
            listed = orjson.dumps(amounts, option=orjson.OPT_SORT_KEYS).decode()
            cursor.execute(_SPEND_SQLITE, (currency, listed, orjson.dumps(windows).decode()))
        return
    with cursor.connection.pipeline():
        if decisions:
            cursor.execute(_INSERT_POSTGRES, [list(column) for column in zip(*decisions, strict=True)])
        for (currency, windows), amounts in moves.items():
            ordered = sorted(amounts)
            values = (currency, ordered, [amounts[one] for one in ordered], list(windows))
            cursor.execute(_SPEND_POSTGRES, values)


def _insert_sqlite(cursor: Any, decisions: Sequence[tuple[Any, ...]]) -> None:  # noqa: ANN401 - the driver's own type
    at, moment, written = 0, None, ""
    for size in _PIECES:
        while len(decisions) - at >= size:
            values: list[Any] = []
            for row in decisions[at : at + size]:
                values += row
                if row[-1] is not moment:
                    moment = row[-1]
                    written = f"{moment:%Y-%m-%d %H:%M:%S.%f}"  # as SQLAlchemy writes moments
                values[-1] = written
            cursor.execute(_insert_text(size), values)
            at += size


@cache
def _insert_text(size: int) -> str:
    row = f"({', '.join('?' * len(COLUMNS))})"
    return f"INSERT INTO authorization_decision ({_NAMES}) VALUES {', '.join([row] * size)}"  # noqa: S608 - our own names


def _list(text: str | None) -> Iterable[Any]:
    found: Iterable[Any] = orjson.loads(text) if text else ()
    return found


def _cursor(session: Session) -> Any:  # noqa: ANN401 - the driver's own type
    driver: Any = session.connection().connection.dbapi_connection
    return driver.cursor()


def first_since(session: Session, since: datetime) -> int:
    """Return the id of the first decision since a moment; the newest are looked at first."""
    table = AuthorizationDecision
    found, before = 2**62, 2**62
    while True:
        page: Sequence[Any] = run(
            session,
            columns(col(table.id), col(table.at))
            .where(col(table.id) < before)
            .order_by(col(table.id).desc())
            .limit(_PAGE),
        ).all()
        for row in page:
            if row[1] < since:
                return found
            found = before = row[0]
        if len(page) < _PAGE:
            return found


def decisions_from(session: Session, first: int) -> Iterator[Any]:
    """Yield decisions in their order, from an id on, with what a replay needs."""
    table = AuthorizationDecision
    wanted = columns(
        *(col(table.id), col(table.rule), col(table.approved), col(table.counted), col(table.inputs))
    )
    while True:
        page: Sequence[Any] = run(
            session, wanted.where(col(table.id) >= first).order_by(col(table.id)).limit(_PAGE)
        ).all()
        yield from page
        if len(page) < _PAGE:
            return
        first = page[-1][0] + 1


def count_commits(session: Session) -> int:
    """Return in how many transactions the decisions were made; it reads the whole table."""
    found: Sequence[Any] = run(session, columns(func.count(func.distinct(AuthorizationDecision.at)))).one()
    return int(found[0])


def count_by_rule(session: Session) -> dict[str, int]:
    """Return how many decisions each rule gave; it reads the whole table."""
    rule = col(AuthorizationDecision.rule)
    found: Sequence[Any] = run(session, columns(rule, func.count()).group_by(rule)).all()
    return {row[0]: row[1] for row in found}
