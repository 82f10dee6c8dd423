"""What each setting must look like; every refusal says what is wrong and what to do, never a secret."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MAY_BE_EMPTY = {
    "gantry_admins",
    "gantry_managers",
    "gantry_operators",
    "gantry_support",
    "gantry_operations_channel",
    "gantry_complaints_channel",
    "gantry_managers_channel",
}
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Entry:
    """One Stripe key or secret; `account` is the platform's `acct_…`, or `''` when written bare."""

    account: str
    value: SecretStr


def trim(value: str, name: str) -> str:
    """The value without outer spaces; an empty one is refused except for lists of people and channels."""
    value = value.strip()
    if not value and name not in _MAY_BE_EMPTY:
        raise ValueError("is empty. Give it a value, or remove the line.")
    if not value.isprintable():
        raise ValueError("has a line break or an invisible character in it. Type it again, on one line.")
    if "…" in value:
        raise ValueError("still holds the example of .env.example. Put the real value in its place.")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        raise ValueError("has quotation marks around it. Remove them.")
    return value


_SLACK_PREFIXES = {
    "xoxb-": ("slack_bot_token", "a bot token"),
    "xoxp-": ("", "a user token"),
    "xapp-": ("slack_app_token", "an app-level token"),
}
_SLACK_PAGES = {
    "slack_bot_token": "Copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions.",
    "slack_signing_secret": "Copy the Signing Secret from Basic Information.",
    "slack_app_token": "Copy an App-Level Token (xapp-…, scope connections:write) from Basic Information.",
}


def slack_secret(value: str, name: str) -> str:
    """A Slack token or secret that is not one of the others by mistake."""
    if re.search(r"\s", value):
        raise ValueError(f"has a space or a line break in it. {_SLACK_PAGES[name]}")
    for prefix, (belongs, what) in _SLACK_PREFIXES.items():
        if value.startswith(prefix) and belongs != name:
            raise ValueError(f"holds {what}. {_SLACK_PAGES[name]}")
    return value


def entries(value: str, name: str) -> tuple[Entry, ...]:
    """The comma-separated keys or secrets, each bare or written `acct_…=value`."""
    found = []
    for number, part in enumerate(value.split(","), start=1):
        # A secret may end in "=", as base64 does; only "name=value" names an account.
        named = re.fullmatch(r"(?s)([^=]*)=([^=].*)", part.strip())
        account, secret = named.groups() if named else ("", part.strip())
        if named and not re.fullmatch(r"acct_[A-Za-z0-9]+", account):
            raise ValueError(
                f"entry {number} has an = but no account before it. Write acct_…=value, or the value alone."
            )
        if not secret or re.fullmatch(r"acct_[A-Za-z0-9]+=?", secret):
            raise ValueError(f"entry {number} is empty. Remove the comma, or give the entry a value.")
        if re.search(r"\s", secret):
            raise ValueError(f"entry {number} has a space in it. Separate entries by commas.")
        _check_stripe_prefix(secret, name, number)
        found.append(Entry(account, SecretStr(secret)))
    return tuple(found)


def _check_stripe_prefix(secret: str, name: str, number: int) -> None:
    is_key = re.match(r"(sk|rk)_(test|live)_", secret) is not None
    if name != "stripe_api_key":
        if is_key or secret.startswith("pk_"):
            raise ValueError(
                f"entry {number} is an API key. Copy the endpoint's signing secret (whsec_…) from Workbench."
            )
    elif not is_key:
        raise ValueError(
            f"entry {number} is no secret or restricted key. "
            "Use one that begins with rk_test_, rk_live_, sk_test_ or sk_live_."
        )


def people(value: str) -> tuple[str, ...]:
    """Slack user ids, in the order given, each once."""
    return _ids(
        value,
        r"[UW][A-Z0-9]{2,}",
        "is no Slack user id. In Slack open the person's profile, ⋮, Copy member ID (U…).",
    )


def channel(value: str) -> str | None:
    """One Slack channel id; empty means none."""
    repair = "is no channel id. In Slack click the channel's name; its id (C…) is at the foot of About."
    found = _ids(value, r"[CG][A-Z0-9]{2,}", repair)
    if len(found) > 1:
        raise ValueError("takes one channel id, without a comma.")
    return found[0] if found else None


def _ids(value: str, pattern: str, repair: str) -> tuple[str, ...]:
    found = [part.strip() for part in value.split(",") if part.strip()]
    for one in found:
        if not re.fullmatch(pattern, one):
            # A token pasted here by mistake must not reach the terminal.
            shown = "an entry" if len(one) > 24 else f"'{one}'"  # noqa: PLR2004 - longer than any Slack id
            raise ValueError(f"{shown} {repair}")
    return tuple(dict.fromkeys(found))


def port(value: object) -> int:
    """A port to listen on."""
    text = f"{value}"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _HIGHEST_PORT:
        raise ValueError(f"must be a number from 1 to {_HIGHEST_PORT}.")
    return int(text)


def slack_url(value: str) -> str:
    """The Web API's base, ending in a slash as the SDK joins method names to it; an origin gets `/api/`."""
    _http(value, "https://slack.com/api/")
    path = urlsplit(value).path
    if path in ("", "/"):
        return f"{value.rstrip('/')}/api/"
    return value if value.endswith("/") else f"{value}/"


def stripe_url(value: str) -> str:
    """An origin, because the SDK writes /v1 itself."""
    _http(value, "https://api.stripe.com")
    parts = urlsplit(value)
    if parts.path not in ("", "/"):
        raise ValueError(
            f"must end after the host, without '{parts.path}'. Write {parts.scheme}://{parts.netloc}"
        )
    return value.rstrip("/")


def _http(value: str, example: str) -> None:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"is no web address. Write it as {example}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"must be a plain address, without user, ? or #. Write it as {example}")


def database_url(value: str) -> str:
    """A URL that SQLAlchemy opens: an SQLite file, or PostgreSQL through psycopg."""
    for scheme in ("postgres://", "postgresql://", "postgresql+psycopg://"):
        if value.startswith(scheme):
            rest = value.removeprefix(scheme)
            if not rest.strip("/"):
                raise ValueError("names no database. Write postgresql://user:password@host/name")
            return f"postgresql+psycopg://{rest}"
    if value.startswith("sqlite:"):
        if not value.startswith("sqlite:///") or value in ("sqlite:///", "sqlite:///:memory:"):
            raise ValueError("names no file. Write sqlite:///gantry.sqlite3 (three slashes, then the path).")
        return value
    raise ValueError(
        "is neither SQLite nor PostgreSQL. Write sqlite:///gantry.sqlite3 or postgresql://user:password@host/name"
    )


def files_url(value: str) -> str:
    """A folder, or a URL of a storage that fsspec knows."""
    scheme, mark, _ = value.partition("://")
    if mark:
        import fsspec  # only an address with a scheme needs it, and it costs 70 ms

        known = fsspec.available_protocols()
        if scheme not in known:
            raise ValueError(
                f"'{scheme}' is no storage we know{_nearest(scheme, known)} Write a folder, or s3://bucket/folder"
            )
    return value


def zone(value: str) -> str:
    """An IANA time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = _nearest(value, available_timezones())
        raise ValueError(f"'{value}' is no time zone{hint} Write a name such as Europe/Paris.") from None
    return value


def country(value: str) -> str:
    """A country, with its region if any, whose holidays can be counted."""
    import holidays  # costs 40 ms, and only settings in use are checked

    code, dash, region = value.upper().partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if code not in known:
        raise ValueError(
            f"'{value}' is no country whose holidays we know. "
            "Write a two-letter code such as US, GB-ENG or FR."
        )
    if dash and region not in known[code]:
        choices = ", ".join(known[code][:12]) or "none: write the country alone"
        raise ValueError(f"'{value}': {code} has no such region. Known: {choices}.")
    return value.upper()


def language(value: object) -> str:
    """One of the two languages."""
    text = f"{value}".lower()
    if text not in ("en", "fr"):
        raise ValueError(f"'{value}' is no language of Gantry. Write en or fr.")
    return text


def switch(value: object) -> bool:
    """On or off."""
    text = f"{value}".lower()
    if text not in ("1", "true", "0", "false"):
        raise ValueError("must be 1 or 0.")
    return text in ("1", "true")


def fallback(value: str | None) -> str | None:
    """The answer of last resort: `decline`, or `approve-under:` with an amount in minor units."""
    if value is None or value == "decline":
        return value
    if not re.fullmatch(r"approve-under:[1-9][0-9]{0,11}", value):
        raise ValueError(
            "is neither decline nor approve-under: with an amount. Write one, such as approve-under:5000."
        )
    return value


def fallback_is_set(secrets: Iterable[Entry], chosen: str | None) -> Iterator[str]:
    """Who answers authorizations must have said what happens when that fails: no default is harmless."""
    if tuple(secrets) and chosen is None:
        yield (
            "GANTRY_FALLBACK: is missing, and STRIPE_AUTHORIZATION_SECRETS is set. "
            "Write decline, or approve-under:5000 to approve small amounts when nothing can be decided."
        )


def slack_pairs(*, token: object, signing: object, app: object) -> Iterator[str]:
    """A token needs a way to hear Slack, and a way to hear Slack needs a token."""
    if token and not signing and not app:
        yield (
            "SLACK_BOT_TOKEN: is set, but nothing lets Slack reach us. "
            "Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (public address)."
        )
    for name, secret in (("SLACK_SIGNING_SECRET", signing), ("SLACK_APP_TOKEN", app)):
        if secret and not token:
            yield f"{name}: is set without SLACK_BOT_TOKEN. {_SLACK_PAGES['slack_bot_token']}"


def named_accounts(lists: Iterable[tuple[Entry, ...]]) -> tuple[str, ...]:
    """Every platform account named in the Stripe settings, each once, in the order met."""
    return tuple(dict.fromkeys(entry.account for found in lists for entry in found if entry.account))


def platforms_are_clear(lists: Mapping[str, tuple[Entry, ...]]) -> Iterator[str]:
    """With two platforms every entry says whose it is; a platform has one key per mode."""
    several = len(named_accounts(lists.values())) > 1
    for name, found in lists.items():
        bare = [number for number, entry in enumerate(found, start=1) if not entry.account]
        if several and bare:
            whose = "does not say whose it is, and there are several platforms"
            yield f"{name}: entry {bare[0]} {whose}. Write acct_…=value."
    seen = [(entry.account if several else "", is_live(entry)) for entry in lists["STRIPE_API_KEY"]]
    for account, live in sorted({pair for pair in seen if seen.count(pair) > 1}):
        whose = f" for {account}" if account else ""
        yield f"STRIPE_API_KEY: holds two {'live' if live else 'test'} keys{whose}. Keep one per mode."


def clock_is_safe(clock_file: object, keys: Iterable[Entry]) -> Iterator[str]:
    """A movable clock must never decide about real money."""
    if clock_file and any(is_live(entry) for entry in keys):
        yield "GANTRY_CLOCK_FILE: moves time, and STRIPE_API_KEY holds a live key. Remove one of the two."


def is_live(entry: Entry) -> bool:
    """Whether an API key is for live mode."""
    return entry.value.get_secret_value().startswith(("sk_live_", "rk_live_"))


def _nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean …?).` or a full stop."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]}?)." if close else "."
