"""`gantry doctor`: what stands in the way of a working Gantry, each finding with its repair.

Nothing is changed or posted. Without a network the lines say so, after at most three seconds a call.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from bot.clock import Clock, ClockError
from bot.domain.channel import problem
from bot.settings import Settings, SettingsError, load, unknown_names, without_password
from bot.slack_api import SlackApi, SlackError, SlackRefusedError
from storage import StorageError, connect, current, head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Level = Literal["ok", "warn", "fail"]

CALL_SECONDS: Final = 3
# Slack refuses signatures, and we refuse Slack's, beyond five minutes (docs.slack.dev, verifying requests).
_SKEW_REFUSED: Final = 300
_SKEW_NOTABLE: Final = 30
_COPY_IT: Final = "Copy the Bot User OAuth Token from the Slack app page, OAuth & Permissions."
_REINSTALL: Final = "Slack app page, App Manifest: paste 'gantry manifest' again, then reinstall the app."
_INVITE: Final = "In that channel type: /invite @Gantry"
_TOKEN_ERRORS: Final[Mapping[str, str]] = {
    "invalid_auth": "Slack does not know the token",
    "not_authed": "Slack does not know the token",
    "account_inactive": "the token belongs to a removed bot or workspace",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and what to do about it."""

    level: Level
    subject: str
    text: str
    repair: str = ""


@dataclass(frozen=True, slots=True)
class Scopes:
    """The bot scopes of the manifest: those Gantry needs, and those that add something."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @classmethod
    def of(cls, manifest: str) -> Scopes:
        """The scopes of a manifest in JSON."""
        asked = json.loads(manifest)["oauth_config"]["scopes"]
        return cls(tuple(asked["bot"]), tuple(asked.get("bot_optional", ())))


def main(manifest: str, say: Callable[[str], object] = print) -> int:
    """Print the findings for the settings of this process; 0 when nothing failed, else 1."""
    try:
        settings = load()
    except SettingsError as error:
        findings = [Finding("fail", *_halves(line)) for line in error.lines]
    else:
        strange = [
            Finding(
                "warn", name, "is no setting of Gantry", f"Did you mean {near}?" if near else "Remove it."
            )
            for name, near in unknown_names()
        ]
        findings = [*strange, *examine(settings, Scopes.of(manifest), Clock(settings.gantry_clock_file))]
    return report(findings, say)


def report(findings: list[Finding], say: Callable[[str], object]) -> int:
    """Print each finding, its repair below it, and a closing line; 0 when nothing failed, else 1."""
    for finding in findings:
        say(f"{finding.level:<5} {finding.subject}: {finding.text}")
        if finding.repair:
            say(f"      -> {finding.repair}")
    failed = sum(finding.level == "fail" for finding in findings)
    warned = sum(finding.level == "warn" for finding in findings)
    say(f"{failed} to repair, {warned} to look at." if failed or warned else "All is well.")
    return 1 if failed else 0


def examine(settings: Settings, scopes: Scopes, clock: Clock) -> list[Finding]:
    """Look at everything; a check whose ground is missing is left out."""
    return [
        Finding("ok", "Settings", "read without a mistake"),
        *_slack(settings, scopes, clock),
        *_database(settings.database_url),
        *_files(settings.files_url),
        *_clock(settings, clock),
    ]


def _halves(line: str) -> tuple[str, str]:
    subject, _, text = line.partition(": ")
    return subject, text


def _slack(settings: Settings, scopes: Scopes, clock: Clock) -> Iterator[Finding]:
    address = urlsplit(settings.slack_api_url)
    if address.scheme == "http" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
        yield Finding("warn", "SLACK_API_URL", "sends the token unprotected", "Use an https:// address.")
    if settings.slack_bot_token is None:
        yield Finding("fail", "SLACK_BOT_TOKEN", "is not set", _COPY_IT)
        return
    slack = SlackApi(
        settings.slack_bot_token.get_secret_value(), settings.slack_api_url, timeout=CALL_SECONDS
    )
    try:
        me = slack.auth_test()
    except SlackRefusedError as error:
        said = _TOKEN_ERRORS.get(error.code, f"Slack answers {error.code}")
        yield Finding("fail", "SLACK_BOT_TOKEN", said, _COPY_IT)
        return
    except SlackError as error:
        yield _no_answer(settings, error)
        return
    yield Finding(
        "ok", "SLACK_BOT_TOKEN", f"{me.get('user', 'the bot')} in {me.get('team', 'the workspace')}"
    )
    granted = frozenset(me.get("scopes", ()))
    yield from _scopes(granted, scopes)
    yield from _skew(f"{me.get('date', '')}", clock)
    try:
        yield from _socket_mode(settings)
        yield from _roles(settings, slack)
        yield from _channels(settings, slack, granted)
    except SlackError as error:
        yield _no_answer(settings, error)


def _no_answer(settings: Settings, error: SlackError) -> Finding:
    host = urlsplit(settings.slack_api_url).netloc
    return Finding(
        "fail",
        "Slack",
        f"{host} gives no answer to {error.method} ({error.code})",
        "Check the network, then try again.",
    )


def _scopes(granted: frozenset[str], scopes: Scopes) -> Iterator[Finding]:
    if not granted:
        yield Finding("warn", "Scopes", "Slack did not tell which are granted", _REINSTALL)
        return
    missing = [scope for scope in scopes.needed if scope not in granted]
    if missing:
        yield Finding("fail", "Scopes", f"missing {', '.join(missing)}", _REINSTALL)
    else:
        yield Finding("ok", "Scopes", "all that the manifest needs are granted")
    without = [scope for scope in scopes.optional if scope not in granted]
    if without:
        yield Finding("ok", "Optional scopes", f"without {', '.join(without)}")
    extra = sorted(granted - {*scopes.needed, *scopes.optional})
    if extra:
        yield Finding("warn", "Scopes", f"granted but not needed: {', '.join(extra)}", _REINSTALL)


def _skew(date: str, clock: Clock) -> Iterator[Finding]:
    try:
        skew = abs((clock.wall() - parsedate_to_datetime(date)).total_seconds())
    except (TypeError, ValueError):
        return
    repair = "Set this machine's clock by NTP (timedatectl set-ntp true)."
    if skew > _SKEW_REFUSED:
        yield Finding("fail", "Clock", f"{skew:.0f} s away from Slack's: signatures will be refused", repair)
    elif skew > _SKEW_NOTABLE:
        yield Finding("warn", "Clock", f"{skew:.0f} s away from Slack's", repair)
    else:
        yield Finding("ok", "Clock", "agrees with Slack's")


def _socket_mode(settings: Settings) -> Iterator[Finding]:
    if settings.slack_app_token is None:
        yield Finding("ok", "Socket Mode", "off: Slack calls POST /slack/events at your public address")
        return
    slack = SlackApi(
        settings.slack_app_token.get_secret_value(), settings.slack_api_url, timeout=CALL_SECONDS
    )
    try:
        slack.call("apps.connections.open")
    except SlackRefusedError as error:
        yield Finding(
            "fail",
            "SLACK_APP_TOKEN",
            f"Slack opens no socket ({error.code})",
            "Slack app page: switch Socket Mode on; Basic Information: a token with scope connections:write.",
        )
    else:
        yield Finding("ok", "Socket Mode", "Slack opens a socket")


def _roles(settings: Settings, slack: SlackApi) -> Iterator[Finding]:
    lists = {
        "GANTRY_ADMINS": settings.gantry_admins,
        "GANTRY_MANAGERS": settings.gantry_managers,
        "GANTRY_OPERATORS": settings.gantry_operators,
        "GANTRY_SUPPORT": settings.gantry_support,
    }
    if not settings.gantry_admins:
        yield Finding(
            "warn",
            "GANTRY_ADMINS",
            "nobody is administrator",
            "Set it to your member ID (profile, ⋮, Copy member ID).",
        )
    wrong: dict[str, str] = {}
    for user in dict.fromkeys(user for users in lists.values() for user in users):
        wrong[user] = _trouble_with(user, slack)
    for name, users in lists.items():
        for user in users:
            if wrong[user]:
                yield Finding("fail", name, f"{user} {wrong[user]}", f"Remove {user}, or name somebody else.")
        if users and not any(wrong[user] for user in users):
            yield Finding("ok", name, f"{len(users)} found")


def _trouble_with(user: str, slack: SlackApi) -> str:
    """Why this person cannot hold a role; `''` when nothing speaks against it."""
    try:
        person = slack.person(user, timeout=CALL_SECONDS)
    except SlackRefusedError as error:
        if error.code in ("user_not_found", "user_not_visible"):
            return "is nobody in this workspace"
        return f"cannot be looked up ({error.code})"
    if person.get("deleted"):
        return "has left the workspace"
    if person.get("is_bot") or user == "USLACKBOT":
        return "is a bot"
    if person.get("is_restricted") or person.get("is_ultra_restricted"):
        return "is a guest"
    return "belongs to another company" if person.get("is_stranger") else ""


def _channels(settings: Settings, slack: SlackApi, granted: frozenset[str]) -> Iterator[Finding]:
    channels = {
        "GANTRY_OPERATIONS_CHANNEL": settings.gantry_operations_channel,
        "GANTRY_COMPLAINTS_CHANNEL": settings.gantry_complaints_channel,
        "GANTRY_MANAGERS_CHANNEL": settings.gantry_managers_channel,
    }
    may_look = bool(granted & {"channels:read", "groups:read"})
    for name, channel in channels.items():
        if channel is None:
            if name == "GANTRY_OPERATIONS_CHANNEL":
                text = "is not set: cards have no thread, disputes no place, dead letters no reader"
                yield Finding("warn", name, text, "Set it to the id of a channel (channel name, About).")
        elif not may_look:
            text = f"{channel} was not looked at (optional scope channels:read)"
            yield Finding("ok", name, text, f"If not yet done: {_INVITE[0].lower()}{_INVITE[1:]}")
        else:
            yield _channel(name, channel, slack)


def _channel(name: str, channel: str, slack: SlackApi) -> Finding:
    try:
        answer: dict[str, Any] = slack.read("conversations.info", timeout=CALL_SECONDS, channel=channel)
    except SlackRefusedError as error:
        if error.code in ("channel_not_found", "missing_scope", "not_in_channel"):
            return Finding("fail", name, f"{channel} is not visible to the bot ({error.code})", _INVITE)
        return Finding("fail", name, f"{channel}: Slack answers {error.code}", _INVITE)
    found = answer.get("channel", {})
    shown = f"#{found.get('name', channel)}"
    return _fitness(name, shown, found)


def _fitness(name: str, shown: str, found: Mapping[str, Any]) -> Finding:
    """Whether customers' data may go into this channel."""
    reason = problem(
        private=bool(found.get("is_private")),
        external=bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared")),
        archived=bool(found.get("is_archived")),
        member=bool(found.get("is_member")),
    )
    another = "Set a private channel of your own company."
    findings = {
        "archived": (f"{shown} is archived", "Unarchive it, or set another channel."),
        "external": (f"{shown} is shared with another company, and is not used", another),
        "public": (f"{shown} is public, and is not used for customers' data", another),
        "not_member": (f"the bot is not in {shown}", _INVITE),
    }
    return Finding("fail", name, *findings[reason]) if reason else Finding("ok", name, f"{shown}, private")


def _database(url: str) -> Iterator[Finding]:
    shown = without_password(url)
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        yield Finding("fail", "Database", f"{shown} does not exist yet", "Run: gantry migrate")
        return
    try:
        database = connect(url, wait=CALL_SECONDS)
        try:
            here, newest = current(database), head()
        finally:
            database.close()
    except StorageError as error:
        yield Finding("fail", "Database", f"{error}", "Correct DATABASE_URL.")
    except Exception as error:  # noqa: BLE001 - whatever a driver raises is a finding, not a crash
        cause = f"{error}".splitlines()[0].replace(url, shown)
        yield Finding(
            "fail", "Database", f"{shown} cannot be used: {cause}", "Start it, or correct DATABASE_URL."
        )
    else:
        if here == newest:
            yield Finding("ok", "Database", f"{shown}, tables up to date")
        else:
            found = f"has {here}, this version wants {newest}" if here else "has no tables"
            yield Finding("fail", "Database", f"{shown} {found}", "Run: gantry migrate")


def _files(url: str) -> Iterator[Finding]:
    if "://" not in url or url.startswith("file://"):
        yield _folder(Path(url.removeprefix("file://")))
        return
    import fsspec  # 70 ms that a folder does not need

    scheme = url.partition("://")[0]
    try:
        storage, path = fsspec.core.url_to_fs(url)
        trial = f"{path.rstrip('/')}/gantry-doctor"
        storage.pipe_file(trial, b"gantry doctor")
        storage.rm_file(trial)
    except ImportError as error:
        yield Finding(
            "fail", "FILES_URL", f"no driver for {scheme}: {error}", "Install that package beside Gantry."
        )
    except Exception as error:  # noqa: BLE001 - whatever a storage driver raises is a finding, not a crash
        text = f"{scheme} storage refuses a file ({type(error).__name__})"
        yield Finding("fail", "FILES_URL", text, "Check the address, the credentials and the right to write.")
    else:
        yield Finding("ok", "FILES_URL", f"{scheme} storage takes and removes a file")


def _folder(folder: Path) -> Finding:
    # Where the folder is still to be made, its nearest parent decides.
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        text = f"{folder} cannot be written ({error.strerror})"
        return Finding("fail", "FILES_URL", text, f"Give this account the right to write in {there}.")
    return Finding("ok", "FILES_URL", f"{folder} can be written")


def _clock(settings: Settings, clock: Clock) -> Iterator[Finding]:
    if settings.gantry_clock_file is None:
        return
    try:
        days = clock.offset() / 86400
    except ClockError as error:
        yield Finding("fail", *_halves(f"{error}"))
    else:
        text = f"business time is moved by {days:+.1f} days"
        yield Finding("warn", "GANTRY_CLOCK_FILE", text, "Remove the setting outside the playground.")
