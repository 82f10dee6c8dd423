"""Who somebody is, and which role counts."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from bot.domain.error import RefusedError
from bot.domain.role import LEAST_ROLE, RELATIONS, ROLES, Asker, Relations, Right, highest, holders, may, rank
from bot.services import audit, standing
from bot.text import language_of
from storage import Session
from storage.queries import person as people
from storage.queries import reminder as reminders
from storage.tables import Person, Program, Role, Workspace
from storage.upsert import insert_once

MOST_NAMED: Final = 5


def asker(
    session: Session, *, team: str, user: str, now: datetime, language: str, external: bool = False
) -> Asker:
    """Return who asks, from the `person` row; without one they are unverified.

    Args:
        session: any session.
        team: the workspace in which the bot is installed.
        user: the Slack user id.
        now: business time, for roles with an end date.
        language: `GANTRY_LANGUAGE`, when the person chose no language and Slack names no locale.
        external: the request itself says that the person belongs to another workspace.
    """
    row, roles = people.known(session, team, user, now.date())
    if row is None or not row.verified:
        return Asker(team=team, user=user, role="guest", language=language, verified=False)
    full = row.kind == "member" and not row.deleted and not external
    role = "guest" if row.deleted else highest(roles, full_member=full)
    return Asker(
        team=team,
        user=user,
        role=role,
        language=row.language or language_of(row.locale, "fr" if language == "fr" else "en"),
        zone=row.zone or "UTC",
    )


def remember(session: Session, *, team: str, user: str, found: Mapping[str, Any], now: datetime) -> None:
    """Store what `users.info` said about somebody."""
    profile = found.get("profile") if isinstance(found.get("profile"), dict) else {}
    name = (profile or {}).get("display_name") or found.get("real_name") or found.get("name") or user
    kind = "member"
    if found.get("is_bot"):
        kind = "bot"
    elif found.get("is_restricted") or found.get("is_ultra_restricted"):
        kind = "guest"
    elif found.get("is_stranger") or (found.get("team_id") and found.get("team_id") != team):
        kind = "external"
    values: dict[str, Any] = {
        "name": str(name),
        "locale": str(found.get("locale") or ""),
        "zone": str(found.get("tz") or ""),
        "kind": kind,
        "deleted": bool(found.get("deleted")),
        "verified": True,
        "refreshed_at": now,
    }
    email = (profile or {}).get("email")
    if isinstance(email, str) and email:  # only with the optional scope
        values["mail_hash"] = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    if insert_once(session, Person, {"team": team, "user": user, **values}, conflict=["team", "user"]):
        reminders.wake_people(session, team, [user], now)
        return
    row = people.person(session, team, user)
    if row is not None:
        if not values["locale"]:
            del values["locale"]  # an event about somebody may leave it out
        if (row.zone, row.kind, row.deleted) != (values["zone"], values["kind"], values["deleted"]):
            reminders.wake_people(session, team, [user], now)  # their mornings are others, or nobody's
        row.sqlmodel_update(values)
        session.add(row)


def missing(session: Session, team: str, user: str) -> bool:
    """Tell whether Slack has never said who this is."""
    row = people.person(session, team, user)
    return row is None or not row.verified


def no_member(session: Session, team: str, user: str) -> tuple[str, Mapping[str, object]] | None:
    """Return why somebody cannot be given work, as a text and its values; None for a full member."""
    row = people.person(session, team, user)
    if row is None or not row.verified:
        return "person.unknown", {}
    if row.deleted or row.kind != "member":
        return "person.no_member", {"name": row.name or user}
    return None


def remember_workspace(session: Session, found: Mapping[str, Any], now: datetime) -> Workspace:
    """Store what `auth.test` said about the workspace."""
    team = str(found["team_id"])
    row = session.get(Workspace, team) or Workspace(team=team, refreshed_at=now)
    row.name = str(found.get("team") or "")
    row.url = str(found.get("url") or "")
    row.bot_user = str(found.get("user_id") or "")
    row.bot_id = str(found.get("bot_id") or "")
    row.app_id = str(found.get("app_id") or row.app_id)
    row.scopes = sorted(found.get("scopes") or [])
    row.refreshed_at = now
    session.add(row)
    return row


def plant_roles(session: Session, *, team: str, wanted: Mapping[str, Iterable[str]], now: datetime) -> None:
    """Grant the roles of the settings; one that an admin has withdrawn stays withdrawn."""
    for role, users in wanted.items():
        for user in users:
            values = {"team": team, "user": user, "role": role, "by": "settings", "at": now}
            if insert_once(session, Role, values, conflict=["team", "user", "role"]):
                audit.record(
                    session,
                    team=team,
                    actor="settings",
                    tag="role:plant:granted",
                    subject=user,
                    now=now,
                    after={"role": role},
                )


def relations(program: Program, assignee: str = "") -> Relations:
    """Return the people of a programme for `may()`."""
    return Relations(
        lead=program.lead,
        manager=program.manager,
        deputies=frozenset(program.deputies),
        assignee=assignee,
    )


def holds(session: Session, who: Asker, right: Right, now: datetime, of: Relations | None = None) -> bool:
    """Tell whether a person holds the right, themself or for somebody who is away."""
    if may(who, right, of) or of is None:
        return may(who, right, of)
    return may(who, right, standing.relations(session, who.team, of, now))


def require(session: Session, who: Asker, right: Right, now: datetime, of: Relations | None = None) -> None:
    """Let a person pass who holds the right, themself or for somebody who is away.

    Raises:
        RefusedError: they do not; the text names who may, or which setting to add.
    """
    if holds(session, who, right, now, of):
        return
    if not who.verified:
        raise RefusedError("refused.unverified")
    of = standing.relations(session, who.team, of, now) if of is not None else None
    enough = [role for role in ROLES if rank(role) >= max(rank(LEAST_ROLE[right]), rank("support"))]
    today = now.date()
    named = [*holders(right, of), *people.holders(session, who.team, enough, today)]
    users = list(dict.fromkeys(named))[:MOST_NAMED]
    no_admin = not people.holders(session, who.team, ["admin"], today)
    if LEAST_ROLE[right] == "member":
        if not users:
            raise RefusedError("refused.guest_nobody", role="admin")
        raise RefusedError("refused.guest", users=users, no_admin=no_admin)
    if not users:
        raise RefusedError("refused.nobody", role=LEAST_ROLE[right])
    key = "refused.role" if right in RELATIONS else "refused.role_only"
    raise RefusedError(key, users=users, role=LEAST_ROLE[right], no_admin=no_admin)


def names(session: Session, team: str, users: Iterable[str]) -> dict[str, str]:
    """Return how people are called, for those known; a mention would notify them."""
    wanted = list(dict.fromkeys(user for user in users if user))
    known = people.names(session, team, wanted)
    return {user: known[user] for user in wanted if known.get(user)}
