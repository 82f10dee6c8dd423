"""The command line: quick help, clear refusals, no traceback for what a person can repair."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from bot.__main__ import app, main

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def gantry(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `gantry` in this process, in a folder without a .env file; quicker than a new process."""

    def run(*words: str, **env: str) -> Done:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["gantry", *words])
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return run


def test_help_lists_every_command_with_a_sentence(gantry: Run) -> None:
    done = gantry("--help")
    assert done.code == 0
    for name, command in COMMANDS.items():
        assert f" {name} " in done.out
        assert f"{command.help}".splitlines()[0].endswith(".")


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = "{'pydantic', 'sqlalchemy', 'slack_sdk', 'slack_bolt', 'starlette', 'uvicorn', 'stripe', 'holidays', 'babel'}"
    code = f"import sys, bot.__main__; print(*sorted(sys.modules.keys() & {heavy}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str, gantry: Run) -> None:
    done = gantry(command, "--help")
    assert done.code == 0
    assert "Usage: gantry" in done.out


def test_the_version_is_told(gantry: Run) -> None:
    assert gantry("--version").out.startswith("gantry ")


@pytest.mark.parametrize(
    ("typed", "meant"), [("migrat", "migrate"), ("wroker", "worker"), ("docter", "doctor")]
)
def test_a_typo_is_answered_with_the_nearest_word(typed: str, meant: str, gantry: Run) -> None:
    done = gantry(typed)
    assert done.code == 2
    assert f"Did you mean '{meant}'?" in done.err


@pytest.mark.parametrize("command", ["run", "web", "worker", "migrate"])
def test_wrong_settings_are_one_line_each_and_exit_2(command: str, gantry: Run) -> None:
    done = gantry(command, SLACK_BOT_TOKEN="", PORT="http", GANTRY_TIMEZONE="Europe/Pari")
    assert done.code == 2
    assert done.out == ""
    assert [line.partition(":")[0] for line in done.err.splitlines()] == [
        "SLACK_BOT_TOKEN",
        "PORT",
        "GANTRY_TIMEZONE",
    ]


def test_half_a_pair_is_one_line_without_the_secret(gantry: Run) -> None:
    done = gantry("run", SLACK_BOT_TOKEN="xoxb-hush")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "hush" not in done.err


def test_migrate_makes_the_database_and_can_be_repeated(gantry: Run, tmp_path: Path) -> None:
    for _ in range(2):
        done = gantry("migrate")
        assert (done.code, done.err) == (0, "")
    assert (tmp_path / "gantry.sqlite3").exists()


def test_a_database_that_cannot_be_made_is_one_line(gantry: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    done = gantry("migrate", DATABASE_URL="sqlite:///taken/gantry.sqlite3")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1


def test_a_database_server_that_is_away_is_one_line_without_the_password(gantry: Run) -> None:
    done = gantry("migrate", DATABASE_URL="postgres://gantry:hush@127.0.0.1:9/gantry")
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert "hush" not in done.err


def test_a_process_started_by_the_module_refuses_in_the_same_way(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "migrate"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PORT": "0"},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "PORT: must be a number from 1 to 65535.\n"


def test_the_example_file_is_printed_as_it_can_be_used(gantry: Run, tmp_path: Path) -> None:
    done = gantry("env-example")
    (tmp_path / ".env").write_text(done.out, encoding="utf-8")
    assert gantry("migrate").code == 0
