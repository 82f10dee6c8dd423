"""The settings: one frozen class, read once, refused with one clear line per mistake.

Environment variables win over the `.env` file. Importing this module reads nothing; `load()` does.
"""

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot import setting_rules as rules
from bot.setting_rules import Entry

Secret = SecretStr | None
Entries = Annotated[tuple[Entry, ...], NoDecode]
Ids = Annotated[tuple[str, ...], NoDecode]
Language = Literal["en", "fr"]


class SettingsError(Exception):
    """The settings cannot be used: `lines` holds one sentence per mistake, without any secret."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _field(default: object, group: str, help_text: str, example: str = "") -> Any:  # noqa: ANN401 - as pydantic's Field
    """Declare a setting; group and example feed `.env.example` and the reference page."""
    return Field(
        default, description=help_text, repr=False, json_schema_extra={"group": group, "example": example}
    )


class Settings(BaseSettings):
    """Every setting of Gantry. A field's environment variable is its name in capitals."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=True
    )

    slack_bot_token: Secret = _field(
        None, "Slack", "The bot's token: Slack app page, OAuth & Permissions, after Install.", "xoxb-…"
    )
    slack_signing_secret: Secret = _field(
        None,
        "Slack",
        "Proves that a request comes from Slack: Slack app page, Basic Information.",
        "8f742231b10e…",
    )
    slack_app_token: Secret = _field(
        None,
        "Slack",
        "Switches on Socket Mode, which needs no public address: Slack app page, Basic Information, "
        "App-Level Tokens, scope connections:write.",
        "xapp-…",
    )
    slack_api_url: str = _field(
        "https://slack.com/api/",
        "Slack",
        "Where Slack's Web API answers; change it for another server that speaks it.",
    )
    stripe_api_key: Entries = _field(
        (),
        "Stripe",
        "Stripe API keys, restricted ones for preference: one per mode, separated by commas. "
        "With several platforms write acct_…=key.",
        "rk_test_…,rk_live_…",
    )
    stripe_webhook_secrets: Entries = _field(
        (),
        "Stripe",
        "Signing secrets of the webhook endpoint /stripe/webhook, separated by commas: "
        "one per mode, two during a rotation. With several platforms write acct_…=secret.",
        "whsec_…,whsec_…",
    )
    stripe_authorization_secrets: Entries = _field(
        (),
        "Stripe",
        "Signing secrets of the real-time endpoint /stripe/authorizations, written in the same way.",
        "whsec_…",
    )
    gantry_fallback: str | None = _field(
        None,
        "Stripe",
        "What an authorization is answered when nothing can be decided in time: decline, or approve-under: "
        "and an amount in minor units, below which it is approved. Needed with STRIPE_AUTHORIZATION_SECRETS.",
        "approve-under:5000",
    )
    stripe_api_url: str = _field(
        "https://api.stripe.com",
        "Stripe",
        "Origin of Stripe's API, without /v1; change it for a local Stripe.",
    )
    database_url: str = _field(
        "sqlite:///gantry.sqlite3",
        "Storage",
        "The database: sqlite:///file or postgresql://user:password@host/name.",
        "postgresql://gantry:…@localhost/gantry",
    )
    files_url: str = _field(
        "files",
        "Storage",
        "Where evidence files are kept: a folder, or a URL such as s3://bucket/folder.",
        "s3://bucket/gantry",
    )
    gantry_host: str = _field(
        "127.0.0.1",
        "Server",
        "The address Gantry listens on: this machine only, behind a proxy; 0.0.0.0 for every network.",
        "0.0.0.0",  # noqa: S104 - an example, not the default
    )
    port: int = _field(3000, "Server", "The port on which Gantry answers Slack and Stripe.")
    gantry_admins: Ids = _field(
        (),
        "People",
        "Slack user ids of the administrators, separated by commas. Set at least one.",
        "U012ABCDEF",
    )
    gantry_managers: Ids = _field((), "People", "Slack user ids of the managers.", "U012ABCDEF,U034GHIJKL")
    gantry_operators: Ids = _field((), "People", "Slack user ids of the operators.", "U012ABCDEF")
    gantry_support: Ids = _field((), "People", "Slack user ids of the support agents.", "U012ABCDEF")
    gantry_operations_channel: str | None = _field(
        None,
        "Channels",
        "Id of the private channel that hears about dead letters, brakes, outages and work without an owner.",
        "C012ABCDEF",
    )
    gantry_complaints_channel: str | None = _field(
        None, "Channels", "Id of the private channel in which complaints are handled.", "C012ABCDEF"
    )
    gantry_managers_channel: str | None = _field(
        None, "Channels", "Id of the private channel in which deadlines are escalated.", "C012ABCDEF"
    )
    gantry_timezone: str = _field(
        "UTC", "Place", "The team's time zone, by its IANA name.", "America/New_York"
    )
    gantry_country: str = _field(
        "US",
        "Place",
        "The country whose business days count for the team's own steps, with its region if any.",
        "GB-ENG",
    )
    gantry_language: Language = _field(
        "en", "Place", "en or fr: for channels, and for people whose language is unknown."
    )
    gantry_clock_file: Path | None = _field(
        None,
        "Playground",
        "A file holding seconds by which business time is moved; refused beside a live Stripe key.",
    )
    gantry_parent_pipe: bool = _field(
        default=False,
        group="Playground",
        help_text="1: end when standard input closes, because the parent is gone.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load()` read, so that building a Settings in a test reads nothing."""
        return (init_settings,)

    @field_validator("slack_bot_token", "slack_signing_secret", "slack_app_token", mode="before")
    @classmethod
    def _slack_secret(cls, value: object, info: ValidationInfo) -> object:
        return rules.slack_secret(value, f"{info.field_name}") if isinstance(value, str) else value

    @field_validator(
        "stripe_api_key", "stripe_webhook_secrets", "stripe_authorization_secrets", mode="before"
    )
    @classmethod
    def _entries(cls, value: object, info: ValidationInfo) -> object:
        return rules.entries(value, f"{info.field_name}") if isinstance(value, str) else value

    @field_validator("gantry_admins", "gantry_managers", "gantry_operators", "gantry_support", mode="before")
    @classmethod
    def _people(cls, value: object) -> object:
        return rules.people(value) if isinstance(value, str) else value

    @field_validator(
        "gantry_operations_channel", "gantry_complaints_channel", "gantry_managers_channel", mode="before"
    )
    @classmethod
    def _channel(cls, value: object) -> object:
        return rules.channel(value) if isinstance(value, str) else value

    @field_validator("port", mode="before")
    @classmethod
    def _port(cls, value: object) -> object:
        return rules.port(value)

    fallback = field_validator("gantry_fallback")(rules.fallback)
    slack_url = field_validator("slack_api_url")(rules.slack_url)
    stripe_url = field_validator("stripe_api_url")(rules.stripe_url)
    database = field_validator("database_url")(rules.database_url)
    files = field_validator("files_url")(rules.files_url)
    zone_name = field_validator("gantry_timezone")(rules.zone)
    country = field_validator("gantry_country")(rules.country)

    @field_validator("gantry_language", mode="before")
    @classmethod
    def _language(cls, value: object) -> object:
        return rules.language(value)

    @field_validator("gantry_parent_pipe", mode="before")
    @classmethod
    def _switch(cls, value: object) -> object:
        return rules.switch(value)

    # Last in the text and therefore first to run: the others see a trimmed value.
    @field_validator("*", mode="before")
    @classmethod
    def _trim(cls, value: object, info: ValidationInfo) -> object:
        return rules.trim(value, f"{info.field_name}") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _together(self) -> "Settings":
        """Refuse what is wrong only in combination; several lines may come back at once."""
        lines = [
            *rules.slack_pairs(
                token=self.slack_bot_token, signing=self.slack_signing_secret, app=self.slack_app_token
            ),
            *rules.platforms_are_clear(
                {
                    "STRIPE_API_KEY": self.stripe_api_key,
                    "STRIPE_WEBHOOK_SECRETS": self.stripe_webhook_secrets,
                    "STRIPE_AUTHORIZATION_SECRETS": self.stripe_authorization_secrets,
                }
            ),
            *rules.fallback_is_set(self.stripe_authorization_secrets, self.gantry_fallback),
            *rules.clock_is_safe(self.gantry_clock_file, self.stripe_api_key),
        ]
        if lines:
            raise ValueError("\n".join(lines))
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The team's time zone."""
        return ZoneInfo(self.gantry_timezone)

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is heard through a socket instead of signed requests."""
        return self.slack_app_token is not None

    @property
    def fallback_under(self) -> int:
        """Below how many minor units the fallback approves; 0: it declines everything."""
        return int((self.gantry_fallback or "").partition(":")[2] or 0)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform accounts named in the Stripe settings; empty when every entry is bare."""
        return rules.named_accounts(
            (self.stripe_api_key, self.stripe_webhook_secrets, self.stripe_authorization_secrets)
        )

    @property
    def platform_account(self) -> str:
        """The account to which bare Stripe entries belong; `''` when it is not named."""
        named = self.platforms
        return named[0] if len(named) == 1 else ""

    def stripe_key(self, *, livemode: bool, platform: str = "") -> SecretStr | None:
        """The platform's key for a mode, or None when it is missing.

        Args:
            livemode: the mode of the row for which Stripe is called.
            platform: the platform's `acct_…`; `''` means the one platform.
        """
        wanted = platform or self.platform_account
        for entry in self.stripe_api_key:
            if rules.is_live(entry) == livemode and (entry.account or self.platform_account) == wanted:
                return entry.value
        return None


def names() -> tuple[str, ...]:
    """The name of every setting, as it is written in the environment, in the order of the documentation."""
    return tuple(name.upper() for name in Settings.model_fields)


class _Given(EnvSettingsSource):
    """An environment handed over as a mapping, so that a test gives its own."""

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__(Settings)
        self.env_vars = {name.lower(): value for name, value in env.items() if name in names()}


def load(env: Mapping[str, str] | None = None, env_file: str | Path | None = ".env") -> Settings:
    """Read the settings from the environment and from the `.env` file; the environment wins.

    Args:
        env: the environment; the process's own when None.
        env_file: the file, which may be missing; None reads no file.

    Raises:
        SettingsError: with one line for each setting that is wrong.
    """
    try:
        values = DotEnvSettingsSource(Settings, env_file=env_file)() if env_file else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            (f"{env_file}: cannot be read ({type(error).__name__}). Make it a readable UTF-8 file.",)
        ) from None
    values |= _Given(os.environ if env is None else env)()
    try:
        return Settings(**values)
    except ValidationError as error:
        # `from None`: the original carries the values that were refused.
        raise SettingsError(tuple(_lines(error))) from None


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors(include_input=False, include_url=False):
        said = re.sub(r"^(Value|Assertion) error, ", "", mistake["msg"])
        where = f"{mistake['loc'][0]}".upper() if mistake["loc"] else ""
        lines += [f"{where}: {line}" if where else line for line in said.splitlines()]
    return lines


def unknown_names(
    env: Mapping[str, str] | None = None, env_file: str | Path | None = ".env"
) -> tuple[tuple[str, str], ...]:
    """Names that look like settings but are none, each with the nearest setting or `''`."""
    found = []
    written = dotenv_values(env_file) if env_file else {}
    for name in sorted({*(os.environ if env is None else env), *written}):
        near = get_close_matches(name, names(), n=1, cutoff=0.85)
        if name not in names() and (near or name.startswith("GANTRY_")):
            found.append((name, near[0] if near else ""))
    return tuple(found)


def without_password(url: str) -> str:
    """The URL with its password masked, for people and logs."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return url.replace(f":{parts.password}@", ":…@", 1)
