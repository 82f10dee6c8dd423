"""What people chose on their Home: language, quiet hours, the weekly digest."""

from collections.abc import Iterable

from bot.text import language_of
from storage import Session
from storage.queries import person as people
from storage.queries import preference as rows
from storage.tables_reminder import Preference


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
