"""`/gantry brake` in both languages: what it takes, what it refuses, what it answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import commands
from bot.domain.error import NotFoundError
from bot.domain.role import LEAST_ROLE, Right
from bot.listeners.door import Reply, Request
from bot.listeners.words import meant
from storage import Database, connect
from storage.queries import policy as rows
from tests.support.course import MARC, NOW

Say = Callable[[str], Reply]


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    shutil.copy(migrated, tmp_path / "gantry.sqlite3")
    found = connect(f"sqlite:///{tmp_path}/gantry.sqlite3")
    yield found
    found.close()


@pytest.fixture
def say(database: Database) -> Say:
    def said(words: str) -> Reply:
        found = meant(commands.DOORS.verbs, "/gantry", words)
        assert found.verb is not None
        assert (found.verb.name, found.verb.right) == ("gantry.brake", Right.BRAKE)
        request = Request(who=MARC, door="slash", now=NOW, key="1", text=found.rest)
        with database.transaction() as session:
            return found.verb.run(session, request)

    return said


def held(database: Database) -> list[tuple[str, str, timedelta]]:
    with database.reading() as session:
        return [(row.kind, row.value, row.until - NOW) for row in rows.brakes(session, NOW)]


def test_operators_may_brake() -> None:
    assert LEAST_ROLE[Right.BRAKE] == "operator"


@pytest.mark.parametrize(
    ("words", "kind", "value", "hours"),
    [
        ("brake merchant 9900112233", "merchant", "9900112233", 1),
        ("brake merchant 9900112233 4", "merchant", "9900112233", 4),
        ("brake category Book_Stores 24h", "category", "book_stores", 24),
        ("brake category 5942 1", "category", "5942", 1),
        ("brake country fr", "country", "FR", 1),
        ("frein commerçant 9900112233 4", "merchant", "9900112233", 4),
        ("frein catégorie 5942", "category", "5942", 1),
        ("frein pays FR 24", "country", "FR", 24),
    ],
)
def test_a_brake_holds_for_the_hours_that_were_said(
    say: Say, database: Database, words: str, kind: str, value: str, hours: int
) -> None:
    reply = say(words)
    assert (reply.say, reply.facts["what"], reply.facts["value"]) == ("brake.changed", "set", value)
    assert held(database) == [(kind, value, timedelta(hours=hours))]


@pytest.mark.parametrize(
    "words",
    [
        "brake merchant",
        "brake city Lyon",
        "brake country France",
        "brake merchant 9900112233 5",
        "brake merchant 9900112233 4 5",
        "brake category shops;now",
        "brake lift",
        "brake lift merchant",
        "brake lift merchant 9900112233 4",
    ],
)
def test_what_is_not_understood_changes_nothing(say: Say, database: Database, words: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        say(words)
    assert caught.value.key == "brake.usage"
    assert held(database) == []


def test_a_brake_is_shown_and_lifted(say: Say, database: Database) -> None:
    assert say("brake").facts == {"brakes": [], "names": {}}
    say("brake merchant 9900112233 4")
    [shown] = say("frein").facts["brakes"]
    assert (shown["kind"], shown["value"], shown["by"]) == ("merchant", "9900112233", MARC.user)
    assert say("frein lever commerçant 9900112233").facts["what"] == "lifted"
    assert held(database) == []
    with pytest.raises(NotFoundError) as caught:
        say("brake lift merchant 9900112233")
    assert caught.value.key == "brake.not_held"
