"""`gantry policy`: what it says, and what it changes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.authorization_body import read
from bot.services import authorization, policy
from bot.services.authorization import Standing
from storage import Database, connect
from storage.tables_stripe import AuthorizationDecision, Card
from tests.support.authorizing import event

Gantry = Callable[..., tuple[int, str]]
BLOCKS = '[merchant_country]\nblocked = ["FR"]\n'


@pytest.fixture
def database(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    shutil.copy(migrated, tmp_path / "gantry.sqlite3")
    monkeypatch.chdir(tmp_path)
    found = connect(f"sqlite:///{tmp_path}/gantry.sqlite3")
    yield found
    found.close()


@pytest.fixture
def gantry(database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gantry:
    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["gantry", "policy", *words])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), capsys.readouterr().out

    return run


def put(text: str, name: str = "new.toml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def answered(database: Database, at: datetime, *events: dict[str, Any]) -> None:
    with database.transaction() as session:
        authorization.answer_all(session, [read(one) for one in events], Standing(), at)


def test_load_makes_a_file_the_policy_and_says_its_version(gantry: Gantry, database: Database) -> None:
    code, said = gantry("load", put(BLOCKS))
    assert (code, said.splitlines()[0][:9]) == (0, "Version 1")
    assert "nothing changed" in gantry("load", "new.toml")[1]
    with database.reading() as session:
        assert policy.current(session).body == BLOCKS


def test_load_refuses_a_file_with_mistakes_and_the_old_policy_stays(
    gantry: Gantry, database: Database
) -> None:
    gantry("load", put(BLOCKS))
    code, said = gantry("load", put("[merchant_countries]\n[limit_day]\ncard = 5"))
    assert code == 2
    assert "did you mean merchant_country?" in said
    assert "must be a table of currencies" in said
    assert gantry("load", "missing.toml")[0] == 2
    with database.reading() as session:
        assert policy.current(session).body == BLOCKS


def test_show_prints_the_text_the_states_and_the_brakes(gantry: Gantry) -> None:
    code, said = gantry("show")
    assert (code, "version 0, shipped with Gantry" in said) == (0, True)
    assert "  enforced  card_reported\n  shadow    card_unknown\n" in said
    gantry("load", put(BLOCKS))
    gantry("enforce", "merchant_country")
    gantry("brake", "merchant", "9900112233", "--hours", "4")
    said = gantry("show")[1]
    assert "  enforced  merchant_country\n" in said
    assert "brake     merchant 9900112233 until" in said
    assert said.endswith(BLOCKS)


def test_a_rule_is_enforced_and_put_back_into_shadow(gantry: Gantry) -> None:
    assert gantry("enforce", "limit_day") == (0, "limit_day is now enforced.\n")
    assert gantry("enforce", "limit_day") == (0, "limit_day is already enforced.\n")
    assert gantry("shadow", "limit_day")[1].startswith("limit_day is now in shadow")
    assert gantry("enforce", "limit_yesterday")[0] == 2


def test_the_launch_gate_asks_for_the_number_of_cards_it_stops(gantry: Gantry, database: Database) -> None:
    gantry("load", put('[launch_gate]\nprogram = "P-7"'))
    with database.transaction() as session:
        session.add(Card(id="ic_1", livemode=True, program="P-7", status="active"))
    code, said = gantry("enforce", "launch_gate")
    assert (code, "stops 1 live cards" in said) == (2, True)
    assert gantry("enforce", "launch_gate", "--cards", "2")[0] == 2
    assert gantry("enforce", "launch_gate", "--cards", "1")[0] == 0


def test_a_brake_is_set_and_lifted(gantry: Gantry) -> None:
    assert gantry("brake", "city", "Lyon")[0] == 2
    assert gantry("brake", "country", "FR")[0] == 0
    assert gantry("lift", "country", "FR") == (0, "country FR is accepted again.\n")
    assert gantry("lift", "country", "FR")[0] == 2


def test_replay_shows_by_rule_what_would_flip(gantry: Gantry, database: Database) -> None:
    now = datetime.now(UTC)
    at = int(now.timestamp())
    foreign = {"merchant": {"country": "US"}}
    answered(database, now - timedelta(days=31), event("old", at=at - 31 * 86400))
    answered(database, now, *[event(f"{n}", at=at) for n in range(4)], event("us", at=at, **foreign))
    new = put(BLOCKS + "[limit_month]\ncard = { usd = 1400 }\n")
    code, said = gantry("replay", new)
    assert code == 0
    lines = {line.split()[0]: line.split()[1:] for line in said.splitlines()}
    assert lines["5"][:2] == ["answers", "decided"]
    assert lines["merchant_country"] == ["shadow", "4", "4"]
    assert lines["limit_month"] == ["shadow", "3", "3"]
    assert "0 approvals would be declined" in said
    gantry("enforce", "merchant_country")
    said = gantry("replay", new)[1]
    lines = {line.split()[0]: line.split()[1:] for line in said.splitlines()}
    assert lines["limit_month"] == ["shadow", "0", "0"]  # what is declined now leaves room for the rest
    assert "4 approvals would be declined" in said
    assert "6 answers decided again" in gantry("replay", new, "--since", "5w")[1]
    assert gantry("replay", new, "--since", "yesterday")[0] == 2
    assert gantry("replay", put("[wrong]"))[0] == 2


def test_replay_says_from_when_on_it_knows_what_was_looked_at(gantry: Gantry, database: Database) -> None:
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    asked = [event(f"{n}", at=int(now.timestamp()) + 3600 * n) for n in range(3)]
    for one in asked:
        answered(database, datetime.now(UTC), one)

    def empty(*numbers: int) -> str:
        with database.transaction() as session:
            for number in numbers:
                row = session.get(AuthorizationDecision, number)
                assert row is not None
                row.inputs = None
        return gantry("replay", put(BLOCKS))[1]

    assert "no inputs any more" not in gantry("replay", put(BLOCKS))[1]
    said = empty(1)
    assert "2 answers decided again, 0 left out" in said
    assert (
        "1 answers of the time you asked for have no inputs any more: they are emptied after 90 days." in said
    )
    assert "The figures are of the time from 2026-11-25 13:00 UTC on." in said
    said = empty(2, 3)
    assert "0 answers decided again" in said
    assert "None is left: ask for a shorter time with --since." in said


def test_replay_declines_nothing_of_its_own_policy(gantry: Gantry, database: Database) -> None:
    """What was decided is decided again: an increment, and a limit that was reached."""
    gantry("load", put("[limit_day]\ncard = { usd = 2000 }"))
    gantry("enforce", "limit_day")
    now = datetime.now(UTC)
    at = int(now.timestamp())
    answered(database, now, *[event(f"{n}", at=at) for n in range(4)])
    more = event("0", at=at, amount=700, request_history=[{}], pending={"amount": 600}) | {"id": "evt_more"}
    answered(database, now, more)
    said = gantry("replay", "new.toml")[1]
    assert "5 answers decided again" in said
    assert "0 approvals would be declined, 0 declines would be approved" in said
