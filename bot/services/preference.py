"""What people chose on their Home: language, quiet hours, the weekly digest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.domain.error import FormError
from bot.domain.role import Asker, Right
from bot.outbox import put_home
from bot.services import audit
from bot.services import person as people_service
from bot.text import LANGUAGES, language_of
from storage import Session, insert_once
from storage.queries import person as people
from storage.queries import preference as rows
from storage.queries import reminder as reminders
from storage.tables_reminder import Preference

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):(00|15|30|45)")


@dataclass(frozen=True)
class Choice:
    """What somebody chose: `language` en, fr, or empty for Slack's; times as `HH:MM` in quarter hours.

    Without an answer about the digest (who has none is not asked) it stays as it was.
    """

    language: str
    quiet_from: str
    quiet_to: str
    digest: bool | None = None


def chosen(session: Session, team: str, users: Iterable[str]) -> dict[str, Preference]:
    """Return what these people chose; who chose nothing is left out and has the defaults of the table."""
    return rows.of(session, team, tuple(users))


def language(session: Session, team: str, user: str, default: str = "en") -> str:
    """Return the language in which somebody is written to: their choice, else Slack's locale."""
    found = rows.of(session, team, (user,)).get(user)
    if found is not None and found.language:
        return found.language
    known = people.person(session, team, user)
    return language_of(known.locale if known else "", "fr" if default == "fr" else "en")


def change(session: Session, who: Asker, choice: Choice, now: datetime) -> Preference:
    """Keep what somebody chose; their Home shows it at once, and what is written to them follows.

    Raises:
        FormError: a language or a time that cannot be chosen; the text says why, at the field.
        RefusedError: a guest asked.
    """
    people_service.require(session, who, Right.SEE, now)
    problems = _problems(choice)
    if problems:
        raise FormError(problems)
    insert_once(
        session, Preference, {"team": who.team, "user": who.user, "at": now}, conflict=["team", "user"]
    )
    row = rows.of(session, who.team, [who.user])[who.user]
    before = _kept(row)
    row.language, row.quiet_from, row.quiet_to = choice.language, choice.quiet_from, choice.quiet_to
    row.digest = row.digest if choice.digest is None else choice.digest
    after = _kept(row)
    if after == before:
        return row
    row.at = now
    session.add(row)
    session.flush()
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag="preference:change:changed",
        subject=who.user,
        now=now,
        before={name: value for name, value in before.items() if after[name] != value},
        after={name: value for name, value in after.items() if before[name] != value},
    )
    if any(after[name] != before[name] for name in ("quiet_from", "quiet_to")):
        reminders.wake_people(session, who.team, [who.user], now)  # their mornings are others now
    put_home(session, who.team, who.user, now=now)
    return row


def _problems(choice: Choice) -> dict[str, tuple[str, dict[str, object]]]:
    problems: dict[str, tuple[str, dict[str, object]]] = {}
    if choice.language not in {"", *LANGUAGES}:
        problems["language"] = ("form.choose", {})
    for name in ("quiet_from", "quiet_to"):
        if not _TIME.fullmatch(getattr(choice, name)):
            problems[name] = ("settings.quarter", {})
    if not problems and choice.quiet_from == choice.quiet_to:
        problems["quiet_to"] = ("settings.same_time", {})
    return problems


def _kept(row: Preference) -> dict[str, Any]:
    return {
        "language": row.language,
        "quiet_from": row.quiet_from,
        "quiet_to": row.quiet_to,
        "digest": row.digest,
    }
