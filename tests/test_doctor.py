"""`gantry doctor` against the local Slack: each trouble is found and comes with its repair."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.clock import Clock
from bot.doctor import Finding, Scopes, examine, report
from bot.doctor import main as doctor
from bot.playground.local import LocalSlack
from bot.settings import Settings, load
from tests.support.migrated import lay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCOPES = Scopes(("commands", "chat:write", "files:read", "files:write", "users:read"), ("app_mentions:read",))


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as running:
        yield running


@pytest.fixture
def env(slack: LocalSlack, tmp_path: Path) -> dict[str, str]:
    """Settings with which nothing is wrong."""
    return {
        "SLACK_BOT_TOKEN": slack.token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.origin,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'gantry.sqlite3'}",
        "FILES_URL": f"{tmp_path / 'files'}",
        "GANTRY_ADMINS": "U0OLGA",
        "GANTRY_MANAGERS": "U0MARC",
        "GANTRY_OPERATIONS_CHANNEL": "C0OPS",
    }


def found(env: dict[str, str], clock: Clock | None = None, scopes: Scopes = SCOPES) -> dict[str, Finding]:
    """The findings by subject; of several, the worst."""
    settings: Settings = load(env, env_file=None)
    order = {"fail": 2, "warn": 1, "ok": 0}
    findings = examine(settings, scopes, clock or Clock(settings.gantry_clock_file))
    return {finding.subject: finding for finding in sorted(findings, key=lambda one: order[one.level])}


def test_with_everything_in_place_nothing_is_to_repair(env: dict[str, str], migrated: Path) -> None:
    lay(env["DATABASE_URL"], migrated)
    findings = found(env)
    assert {subject: one.level for subject, one in findings.items() if one.level != "ok"} == {}
    assert {"Settings", "SLACK_BOT_TOKEN", "Scopes", "Socket Mode", "Clock", "Database", "FILES_URL"} <= set(
        findings
    )


def test_looking_changes_nothing(env: dict[str, str], tmp_path: Path) -> None:
    found(env)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_token_is_named(env: dict[str, str]) -> None:
    del env["SLACK_BOT_TOKEN"], env["SLACK_APP_TOKEN"]
    finding = found(env)["SLACK_BOT_TOKEN"]
    assert (finding.level, finding.text) == ("fail", "is not set")
    assert "OAuth & Permissions" in finding.repair


def test_a_wrong_token_is_named_and_not_shown(env: dict[str, str]) -> None:
    finding = found({**env, "SLACK_BOT_TOKEN": "xoxb-hush"})["SLACK_BOT_TOKEN"]
    assert finding.level == "fail"
    assert "hush" not in f"{finding}"


def test_a_wrong_socket_token_is_named(env: dict[str, str]) -> None:
    finding = found({**env, "SLACK_APP_TOKEN": "xapp-hush"})["SLACK_APP_TOKEN"]
    assert finding.level == "fail"
    assert "connections:write" in finding.repair


def test_without_a_network_the_lines_say_so(env: dict[str, str]) -> None:
    finding = found({**env, "SLACK_API_URL": "http://127.0.0.1:9"})["Slack"]
    assert finding.level == "fail"
    assert "127.0.0.1:9 gives no answer to auth.test" in finding.text


def test_a_missing_scope_asks_for_a_reinstallation(env: dict[str, str]) -> None:
    finding = found(env, scopes=Scopes((*SCOPES.needed, "pins:write")))["Scopes"]
    assert (finding.level, finding.text) == ("fail", "missing pins:write")
    assert "reinstall" in finding.repair


ROLES = [
    ("U0NOBODY", "is nobody in this workspace"),
    ("U0GUS", "is a guest"),
    ("U0GANTRY", "is a bot"),
]


@pytest.mark.parametrize(("user", "said"), ROLES)
def test_a_role_needs_a_full_member(env: dict[str, str], user: str, said: str) -> None:
    finding = found({**env, "GANTRY_SUPPORT": f"U0SAM,{user}"})["GANTRY_SUPPORT"]
    assert finding.level == "fail"
    assert said in finding.text
    assert user in finding.repair


def test_no_admin_is_a_warning(env: dict[str, str]) -> None:
    assert found({**env, "GANTRY_ADMINS": ""})["GANTRY_ADMINS"].level == "warn"


def test_without_the_optional_scope_channels_are_not_looked_at(env: dict[str, str]) -> None:
    finding = found(env)["GANTRY_OPERATIONS_CHANNEL"]
    assert finding.level == "ok"
    assert "/invite @Gantry" in finding.repair


# channel: level, what is said, whether /invite helps
CHANNELS = [
    ("C0OPS", "ok", "private", False),
    ("C0PRIVATE", "fail", "not visible", True),
    ("C0NOWHERE", "fail", "not visible", True),
    ("C0CARDS", "fail", "public", False),
    ("C0PARTNERS", "fail", "another company", False),
]


@pytest.mark.parametrize(("channel", "level", "said", "invite"), CHANNELS)
def test_a_default_channel_is_private_ours_alone_and_has_the_bot(
    env: dict[str, str], channel: str, level: str, said: str, *, invite: bool
) -> None:
    needed = dict.fromkeys((*SCOPES.needed, "channels:read", "groups:read"))
    with LocalSlack(manifest={"oauth_config": {"scopes": {"bot": [*needed]}}}) as slack:
        finding = found(
            {
                **env,
                "SLACK_API_URL": slack.origin,
                "SLACK_BOT_TOKEN": slack.token,
                "SLACK_APP_TOKEN": slack.app_token,
                "GANTRY_OPERATIONS_CHANNEL": channel,
            },
            scopes=Scopes((*needed,)),
        )["GANTRY_OPERATIONS_CHANNEL"]
    assert finding.level == level
    assert said in finding.text
    assert ("/invite @Gantry" in finding.repair) == invite


def test_a_database_without_tables_asks_for_the_migration(env: dict[str, str], tmp_path: Path) -> None:
    assert found(env)["Database"].repair == "Run: gantry migrate"
    (tmp_path / "gantry.sqlite3").touch()
    assert found(env)["Database"].repair == "Run: gantry migrate"


def test_a_database_that_does_not_answer_is_told_without_its_password(env: dict[str, str]) -> None:
    finding = found({**env, "DATABASE_URL": "postgres://gantry:hush@127.0.0.1:9/gantry"})["Database"]
    assert finding.level == "fail"
    assert "hush" not in f"{finding}"
    assert "\n" not in finding.text


def test_a_file_in_the_place_of_the_folder_is_found(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "files").touch()
    assert found(env)["FILES_URL"].level == "fail"


def test_a_storage_by_address_is_tried(env: dict[str, str]) -> None:
    assert found({**env, "FILES_URL": "memory://evidence"})["FILES_URL"].level == "ok"
    assert found({**env, "FILES_URL": "webdav://127.0.0.1:9/x"})["FILES_URL"].level == "fail"


@pytest.mark.parametrize(("minutes", "level"), [(0, "ok"), (2, "warn"), (10, "fail"), (-10, "fail")])
def test_a_wrong_machine_clock_is_found(env: dict[str, str], minutes: int, level: str) -> None:
    clock = Clock.fixed(datetime.now(UTC) + timedelta(minutes=minutes))
    assert found(env, clock)["Clock"].level == level


def test_a_moved_business_clock_is_told(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("172800", encoding="ascii")
    finding = found({**env, "GANTRY_CLOCK_FILE": f"{file}"})["GANTRY_CLOCK_FILE"]
    assert (finding.level, finding.text) == ("warn", "business time is moved by +2.0 days")
    file.write_text("soon", encoding="ascii")
    assert found({**env, "GANTRY_CLOCK_FILE": f"{file}"})["GANTRY_CLOCK_FILE"].level == "fail"


def test_the_exit_code_is_for_scripts() -> None:
    said: list[str] = []
    assert report([Finding("ok", "A", "fine"), Finding("warn", "B", "odd", "look")], said.append) == 0
    assert report([Finding("fail", "C", "broken", "mend")], said.append) == 1
    assert said == [
        "ok    A: fine",
        "warn  B: odd",
        "      -> look",
        "0 to repair, 1 to look at.",
        "fail  C: broken",
        "      -> mend",
        "1 to repair, 0 to look at.",
    ]


def test_wrong_settings_are_told_line_by_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "")
    said: list[str] = []
    assert doctor('{"oauth_config": {"scopes": {"bot": []}}}', said.append) == 1
    assert [line.split(":")[0] for line in said[:2]] == ["fail  SLACK_BOT_TOKEN", "fail  PORT"]


def test_a_misspelt_setting_is_told_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("GANTRY_ADMIN=U0LENA\n", encoding="utf-8")
    said: list[str] = []
    doctor('{"oauth_config": {"scopes": {"bot": []}}}', said.append)
    assert said[:2] == ["warn  GANTRY_ADMIN: is no setting of Gantry", "      -> Did you mean GANTRY_ADMINS?"]
