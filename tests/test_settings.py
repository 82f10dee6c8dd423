"""The settings: what is accepted, what is refused, and the line that says how to repair it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import Settings, SettingsError, load, names, without_password

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-token", "SLACK_SIGNING_SECRET": "5igning"}


def lines_of(**env: str) -> tuple[str, ...]:
    """The lines with which these settings are refused."""
    with pytest.raises(SettingsError) as refused:
        load(env, env_file=None)
    return refused.value.lines


def refusal(env: dict[str, str]) -> SettingsError | None:
    """The refusal of these settings, or None when they are taken."""
    try:
        load(env, env_file=None)
    except SettingsError as refused:
        return refused
    return None


def test_without_any_setting_the_defaults_are_used() -> None:
    settings = load({}, env_file=None)
    assert settings.database_url == "sqlite:///gantry.sqlite3"
    assert settings.files_url == "files"
    assert settings.port == 3000
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.stripe_api_url == "https://api.stripe.com"
    assert settings.gantry_admins == ()
    assert (settings.gantry_timezone, settings.gantry_country, settings.gantry_language) == (
        "UTC",
        "US",
        "en",
    )
    assert not settings.socket_mode
    assert not settings.gantry_parent_pipe


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=4000\nGANTRY_LANGUAGE=fr\nSOMETHING_ELSE=1\n", encoding="utf-8")
    settings = load({"PORT": "5000"}, env_file=file)
    assert settings.port == 5000
    assert settings.gantry_language == "fr"


def test_a_missing_file_is_no_mistake(tmp_path: Path) -> None:
    assert load({}, env_file=tmp_path / "none").port == 3000


def test_a_file_that_is_no_text_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"PORT=\xff\xfe")
    with pytest.raises(SettingsError, match="readable UTF-8"):
        load({}, env_file=file)


def test_the_process_environment_is_read_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "4123")
    assert load().port == 4123


def test_building_settings_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "4123")
    assert Settings().port == 3000


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load({}, env_file=None).port = 1  # type: ignore[misc]


ACCEPTED = [
    ("SLACK_API_URL", "http://127.0.0.1:9", "http://127.0.0.1:9/api/"),
    ("SLACK_API_URL", "http://127.0.0.1:9/", "http://127.0.0.1:9/api/"),
    ("SLACK_API_URL", "http://127.0.0.1:9/api", "http://127.0.0.1:9/api/"),
    ("SLACK_API_URL", "http://127.0.0.1:9/slack/api/", "http://127.0.0.1:9/slack/api/"),
    ("STRIPE_API_URL", "http://127.0.0.1:9/", "http://127.0.0.1:9"),
    ("DATABASE_URL", "postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    ("DATABASE_URL", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    ("DATABASE_URL", "postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    ("DATABASE_URL", "sqlite:////var/lib/gantry.sqlite3", "sqlite:////var/lib/gantry.sqlite3"),
    ("FILES_URL", "s3://bucket/folder", "s3://bucket/folder"),
    ("PORT", " 80 ", 80),
    ("GANTRY_ADMINS", " U0LENA , W0MARC,, U0LENA", ("U0LENA", "W0MARC")),
    ("GANTRY_ADMINS", "", ()),
    ("GANTRY_OPERATIONS_CHANNEL", "C0OPS", "C0OPS"),
    ("GANTRY_OPERATIONS_CHANNEL", "", None),
    ("GANTRY_TIMEZONE", "Europe/Paris", "Europe/Paris"),
    ("GANTRY_COUNTRY", "gb-eng", "GB-ENG"),
    ("GANTRY_LANGUAGE", "FR", "fr"),
    ("GANTRY_CLOCK_FILE", "data/clock", Path("data/clock")),
    ("GANTRY_PARENT_PIPE", "1", True),
    ("GANTRY_PARENT_PIPE", "0", False),
]


@pytest.mark.parametrize(("name", "given_value", "read"), ACCEPTED)
def test_a_good_value_is_read(name: str, given_value: str, read: object) -> None:
    assert getattr(load({name: given_value}, env_file=None), name.lower()) == read


REFUSED = [
    ("SLACK_BOT_TOKEN", "", "is empty"),
    ("SLACK_BOT_TOKEN", "   ", "is empty"),
    ("SLACK_BOT_TOKEN", "xapp-1-token", "holds an app-level token"),
    ("SLACK_BOT_TOKEN", "xoxp-1-token", "holds a user token"),
    ("SLACK_BOT_TOKEN", '"xoxb-1-token"', "quotation marks"),
    ("SLACK_BOT_TOKEN", "xoxb-…", "still holds the example"),
    ("SLACK_BOT_TOKEN", "xoxb-1 token", "space"),
    ("SLACK_SIGNING_SECRET", "", "is empty"),
    ("SLACK_SIGNING_SECRET", "xoxb-1-token", "holds a bot token"),
    ("SLACK_APP_TOKEN", "xoxb-1-token", "holds a bot token"),
    ("SLACK_API_URL", "slack.com", "no web address"),
    ("SLACK_API_URL", "http://", "no web address"),
    ("SLACK_API_URL", "http://host:port/", "no web address"),
    ("SLACK_API_URL", "http://u:p@host/", "plain address"),
    ("STRIPE_API_KEY", "", "is empty"),
    ("STRIPE_API_KEY", "pk_test_1", "entry 1 is no secret or restricted key"),
    ("STRIPE_API_KEY", "sk_test_1,", "entry 2 is empty"),
    ("STRIPE_API_KEY", "sk_test_1,sk_test_2", "two test keys"),
    ("STRIPE_API_KEY", "sk_test_1 sk_live_2", "entry 1 has a space"),
    ("STRIPE_API_KEY", "platform=sk_test_1", "no account before it"),
    ("STRIPE_API_KEY", "acct_1=", "entry 1 is empty"),
    ("STRIPE_WEBHOOK_SECRETS", "", "is empty"),
    ("STRIPE_WEBHOOK_SECRETS", "sk_live_1", "entry 1 is an API key"),
    ("STRIPE_AUTHORIZATION_SECRETS", "", "is empty"),
    ("GANTRY_FALLBACK", "approve", "approve-under:5000"),
    ("GANTRY_FALLBACK", "approve-under:50.00", "approve-under:5000"),
    ("GANTRY_FALLBACK", "approve-under:0", "approve-under:5000"),
    ("STRIPE_API_URL", "https://api.stripe.com/v1", "Write https://api.stripe.com"),
    ("STRIPE_API_URL", "api.stripe.com", "no web address"),
    ("DATABASE_URL", "", "is empty"),
    ("DATABASE_URL", "mysql://u:hidden@h/d", "neither SQLite nor PostgreSQL"),
    ("DATABASE_URL", "sqlite://", "names no file"),
    ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
    ("DATABASE_URL", "sqlite:gantry.sqlite3", "names no file"),
    ("DATABASE_URL", "postgres://", "names no database"),
    ("FILES_URL", "", "is empty"),
    ("FILES_URL", "s4://bucket", "no storage we know"),
    ("PORT", "0", "from 1 to 65535"),
    ("PORT", "65536", "from 1 to 65535"),
    ("PORT", "http", "from 1 to 65535"),
    ("GANTRY_ADMINS", "@lena", "Copy member ID"),
    ("GANTRY_SUPPORT", "U0LENA;U0MARC", "Copy member ID"),
    ("GANTRY_OPERATIONS_CHANNEL", "#ops", "no channel id"),
    ("GANTRY_MANAGERS_CHANNEL", "C0OPS,C0ALL", "one channel id"),
    ("GANTRY_TIMEZONE", "Europe/Pari", "did you mean Europe/Paris"),
    ("GANTRY_TIMEZONE", "../etc/passwd", "no time zone"),
    ("GANTRY_COUNTRY", "XX", "no country"),
    ("GANTRY_COUNTRY", "GB-XYZ", "no such region"),
    ("GANTRY_LANGUAGE", "de", "Write en or fr"),
    ("GANTRY_PARENT_PIPE", "maybe", "1 or 0"),
]


@pytest.mark.parametrize(("name", "given_value", "said"), REFUSED)
def test_a_bad_value_is_one_line_that_names_the_setting_and_the_repair(
    name: str, given_value: str, said: str
) -> None:
    (line,) = lines_of(**({**SLACK, name: given_value} if name.startswith("SLACK") else {name: given_value}))
    assert line.startswith(f"{name}: ")
    assert said in line


PAIRS = [
    ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_BOT_TOKEN"),
    ({"SLACK_SIGNING_SECRET": "5igning"}, "SLACK_SIGNING_SECRET"),
    ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_APP_TOKEN"),
    ({"GANTRY_CLOCK_FILE": "data/clock", "STRIPE_API_KEY": "sk_live_1"}, "GANTRY_CLOCK_FILE"),
    (
        {"GANTRY_CLOCK_FILE": "data/clock", "STRIPE_API_KEY": "sk_test_1,acct_1=rk_live_1"},
        "GANTRY_CLOCK_FILE",
    ),
    (
        {"STRIPE_API_KEY": "acct_1=sk_test_1,acct_2=sk_test_2", "STRIPE_WEBHOOK_SECRETS": "whsec_1"},
        "STRIPE_WEBHOOK_SECRETS",
    ),
    (
        {"STRIPE_API_KEY": "sk_test_1,acct_2=sk_live_2", "STRIPE_WEBHOOK_SECRETS": "acct_1=whsec_1"},
        "STRIPE_API_KEY",
    ),
    ({"STRIPE_API_KEY": "acct_1=sk_test_1,sk_test_2"}, "STRIPE_API_KEY"),
    ({"STRIPE_AUTHORIZATION_SECRETS": "whsec_1"}, "GANTRY_FALLBACK"),
]


@pytest.mark.parametrize(("env", "named"), PAIRS)
def test_half_a_pair_is_refused(env: dict[str, str], named: str) -> None:
    (line,) = lines_of(**env)
    assert line.startswith(f"{named}: ")


@pytest.mark.parametrize("other", [{"SLACK_APP_TOKEN": "xapp-1"}, {"SLACK_SIGNING_SECRET": "5igning"}])
def test_a_token_with_one_way_to_hear_slack_is_enough(other: dict[str, str]) -> None:
    settings = load({"SLACK_BOT_TOKEN": "xoxb-1", **other}, env_file=None)
    assert settings.socket_mode == ("SLACK_APP_TOKEN" in other)


def test_a_movable_clock_beside_a_test_key_is_allowed() -> None:
    assert load(
        {"GANTRY_CLOCK_FILE": "data/clock", "STRIPE_API_KEY": "sk_test_1"}, env_file=None
    ).gantry_clock_file


def test_every_mistake_is_told_at_once() -> None:
    assert [
        line.partition(":")[0] for line in lines_of(PORT="0", GANTRY_LANGUAGE="de", GANTRY_COUNTRY="XX")
    ] == [
        "PORT",
        "GANTRY_COUNTRY",
        "GANTRY_LANGUAGE",
    ]


def test_bare_entries_belong_to_the_one_platform() -> None:
    settings = load(
        {"STRIPE_API_KEY": "rk_test_1,rk_live_2", "STRIPE_WEBHOOK_SECRETS": "acct_1=whsec_1,whsec_2=="},
        env_file=None,
    )
    assert settings.platforms == ("acct_1",)
    assert settings.platform_account == "acct_1"
    for platform in ("", "acct_1"):
        key = settings.stripe_key(livemode=True, platform=platform)
        assert key is not None
        assert key.get_secret_value() == "rk_live_2"
    assert settings.stripe_key(livemode=True, platform="acct_other") is None
    assert [entry.value.get_secret_value() for entry in settings.stripe_webhook_secrets] == [
        "whsec_1",
        "whsec_2==",
    ]


def test_with_two_platforms_each_call_takes_its_own_key() -> None:
    settings = load({"STRIPE_API_KEY": "acct_1=rk_test_1,acct_2=rk_test_2,acct_2=rk_live_2"}, env_file=None)
    keys = {
        (platform, livemode): settings.stripe_key(livemode=livemode, platform=platform)
        for platform in ("acct_1", "acct_2", "")
        for livemode in (False, True)
    }
    found = {where: key.get_secret_value() for where, key in keys.items() if key is not None}
    assert found == {
        ("acct_1", False): "rk_test_1",
        ("acct_2", False): "rk_test_2",
        ("acct_2", True): "rk_live_2",
    }


SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-hush",
    "SLACK_SIGNING_SECRET": "signing-hush",
    "STRIPE_API_KEY": "sk_live_hush",
    "STRIPE_WEBHOOK_SECRETS": "whsec_hush",
    "STRIPE_AUTHORIZATION_SECRETS": "acct_1=whsec_hush",
    "GANTRY_FALLBACK": "decline",
    "DATABASE_URL": "postgres://gantry:hush@localhost/gantry",
}


def test_no_secret_is_shown_by_the_settings() -> None:
    settings = load(SECRETS, env_file=None)
    assert "hush" not in f"{settings} {settings!r} {settings.stripe_api_key!r}"


@pytest.mark.parametrize("name", [name for name in SECRETS if name != "DATABASE_URL"])
@pytest.mark.parametrize(
    "spoilt", ["{0} {0}", "'{0}'", "{0},", "x={0}", "pk_{0}", "xoxp-{0}", "acct_1={0} ,{0}", "{0}…"]
)
def test_no_secret_is_shown_by_a_refusal(name: str, spoilt: str) -> None:
    refused = refusal({**SECRETS, name: spoilt.format("hush")})
    assert refused is None or "hush" not in f"{refused} {refused!r} {refused.__cause__!r}"


@pytest.mark.fuzz
@given(st.sampled_from(names()), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_any_text_is_read_or_refused_with_lines(name: str, text: str) -> None:
    refused = refusal({name: text})
    assert refused is None or refused.lines
    assert refused is None or all(re.match(r"[A-Z_]+: .", line) for line in refused.lines)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///gantry.sqlite3", "sqlite:///gantry.sqlite3"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:…@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_a_password_is_masked(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(("value", "under"), [("decline", 0), ("approve-under:5000", 5000)])
def test_the_fallback_declines_or_approves_below_an_amount(value: str, under: int) -> None:
    env = {"STRIPE_AUTHORIZATION_SECRETS": "whsec_1", "GANTRY_FALLBACK": value}
    assert load(env, env_file=None).fallback_under == under
