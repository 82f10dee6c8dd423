"""Granting and withdrawing roles in Slack."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from bot.domain.error import StaleError
from bot.domain.role import Asker, Right
from bot.outbox import mark_home
from bot.services import audit
from bot.services import person as people
from storage import Session
from storage.queries import person as rows
from storage.queries import reminder as reminders
from storage.tables import Role

_USER: Final = re.compile(r"<@([UW][A-Z0-9]+)(\|[^>]*)?>|([UW][A-Z0-9]{2,})")


def user_of(word: str) -> str:
    """Return the user id in a mention or an id, or an empty text."""
    found = _USER.fullmatch(word)
    return (found[1] or found[3]) if found else ""


def grant(session: Session, who: Asker, user: str, role: str, until: date | None, now: datetime) -> None:
    """Give somebody a role, for good or until the end of a day (UTC)."""
    people.require(session, who, Right.ROLES, now)
    row = rows.role_row(session, who.team, user, role)
    held = row or Role(team=who.team, user=user, role=role, at=now)
    _change(session, who, held, "role:grant:granted", now, before=_facts(row), state="granted", until=until)


def withdraw(session: Session, who: Asker, user: str, role: str, now: datetime) -> None:
    """Take a role from somebody; one planted by the settings stays withdrawn.

    Raises:
        StaleError: they do not hold it, or it is the last administrator.
    """
    people.require(session, who, Right.ROLES, now)
    row = rows.role_row(session, who.team, user, role)
    if row is None or row.state != "granted":
        raise StaleError("roles.not_held", users=[user], role=role)
    if role == "admin" and rows.holders(session, who.team, ["admin"], now.date()) == [user]:
        raise StaleError("roles.last_admin", users=[user])
    before = _facts(row)
    _change(session, who, row, "role:withdraw:withdrawn", now, before=before, state="withdrawn")


def _change(
    session: Session,
    who: Asker,
    row: Role,
    tag: str,
    now: datetime,
    *,
    before: Mapping[str, str],
    **values: str | date | None,
) -> None:
    """Change a role and record who did it, with what it was before."""
    row.sqlmodel_update({**values, "by": who.user, "at": now})
    session.add(row)
    reminders.wake_people(session, who.team, [row.user], now)
    mark_home(session, who.team, row.user, now=now)
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag=tag,
        subject=row.user,
        now=now,
        before=before,
        after=_facts(row),
    )


def _facts(row: Role | None) -> dict[str, str]:
    if row is None:
        return {}
    return {"role": row.role, "state": row.state, "until": row.until.isoformat() if row.until else ""}
