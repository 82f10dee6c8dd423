"""Many requests at once: limits are exact, one request counts once, a bad one spoils only itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot.services import policy
from storage.queries import spend
from storage.tables_stripe import AuthorizationDecision
from tests.authorization.site import Site, ask_all
from tests.support.authorizing import AT, event

if TYPE_CHECKING:
    from storage import Database

LIMIT = "[limit_day]\ncard = { usd = 7000 }"
BY: dict[str, Any] = {"team": "T1", "by": "U1", "now": datetime.fromtimestamp(AT, UTC)}


def obey(database: Database, body: str, *enforced: str) -> None:
    with database.transaction() as session:
        policy.load(session, body, **BY)
        for rule in enforced:
            policy.set_state(session, rule, "enforced", **BY)


def rows(database: Database) -> list[AuthorizationDecision]:
    with database.reading() as session:
        return list(session.exec(select(AuthorizationDecision)).all())


def spent(database: Database) -> int:
    with database.reading() as session:
        return spend.of(session, "ic_1")["2025-11-25", "usd"]


def test_a_limit_of_7000_approves_exactly_ten_of_200_requests_of_700(
    database: Database, processes: list[Site]
) -> None:
    obey(database, LIMIT, "limit_day")
    answers = ask_all(processes, [event(f"{n}") for n in range(200)])
    assert sum(one["approved"] for one in answers) == 10
    assert {one["metadata"]["rule"] for one in answers if not one["approved"]} == {"limit_day"}
    assert spent(database) == 7000
    assert len(rows(database)) == 200


def test_200_copies_of_one_request_get_one_answer_and_count_once(
    database: Database, processes: list[Site]
) -> None:
    answers = ask_all(processes, [event("1")] * 200)
    assert answers == [{"approved": True, "metadata": {"rule": "none", "policy": "0"}}] * 200
    assert len(rows(database)) == 1
    assert spent(database) == 700


def test_one_request_under_many_event_ids_counts_once(database: Database, processes: list[Site]) -> None:
    ask_all(processes, [event("1") | {"id": f"evt_{n}"} for n in range(50)])
    assert len(rows(database)) == 1
    assert spent(database) == 700


POISON = {
    "sqlite": [
        """CREATE TRIGGER poison BEFORE INSERT ON authorization_decision WHEN new.amount = 666
           BEGIN SELECT RAISE(ABORT, 'poison'); END"""
    ],
    "postgresql": [
        """CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN IF new.amount = 666 THEN RAISE EXCEPTION 'poison'; END IF; RETURN new; END $$""",
        "CREATE TRIGGER poison BEFORE INSERT ON authorization_decision FOR EACH ROW EXECUTE FUNCTION poison()",
    ],
}


def test_five_rows_that_the_database_refuses_among_100_spoil_only_themselves(
    database: Database, site: Site
) -> None:
    with database.transaction() as session:
        for statement in POISON[database.dialect]:
            session.connection().execute(text(statement))
    events = [event(f"{n}", pending={"amount": 666 if n % 20 == 7 else 700}) for n in range(100)]
    answers = ask_all([site], events)
    spoiled = [n for n, one in enumerate(answers) if one["metadata"]["rule"] == "fallback"]
    assert spoiled == [7, 27, 47, 67, 87]
    assert len(rows(database)) == 95
    assert spent(database) == 95 * 700


@pytest.mark.parametrize("increments", [5])
def test_increments_asked_at_once_are_each_decided_once(
    database: Database, processes: list[Site], increments: int
) -> None:
    processes[0].ask(event("1"))
    history: list[dict[str, Any]] = [{}]
    for n in range(increments):
        made = event("1", amount=700 + 100 * n, request_history=history * (n + 1), pending={"amount": 100})
        ask_all(processes, [made | {"id": f"evt_{n}_{copy}"} for copy in range(20)])
    assert sorted((row.entries, row.counted) for row in rows(database)) == [
        (n, 700 + 100 * n) for n in range(increments + 1)
    ]
    assert spent(database) == 1200
