"""Queries about people, their roles and the workspace."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, or_, select

from storage.tables import Person, Role, Workspace

# Statements of every click are built once: building one costs more than running it.
_PERSON: Final = select(Person).where(Person.team == bindparam("team"), Person.user == bindparam("user"))
_KNOWN: Final = (
    select(Person, Role.role)
    .outerjoin(
        Role,
        and_(
            col(Role.team) == col(Person.team),
            col(Role.user) == col(Person.user),
            col(Role.state) == "granted",
            or_(col(Role.until).is_(None), col(Role.until) >= bindparam("today")),
        ),
    )
    .where(Person.team == bindparam("team"), Person.user == bindparam("user"))
)


def workspace(session: Session) -> Workspace | None:
    """Return the workspace the bot is installed in, once Slack has told us."""
    return session.exec(select(Workspace).order_by(col(Workspace.refreshed_at).desc())).first()


def person(session: Session, team: str, user: str) -> Person | None:
    """Return what is known of somebody."""
    return session.exec(_PERSON, params={"team": team, "user": user}).first()


def known(session: Session, team: str, user: str, today: date) -> tuple[Person | None, list[str]]:
    """Return what is known of somebody and the roles they hold today, in one look; nobody has no roles."""
    found = session.exec(_KNOWN, params={"team": team, "user": user, "today": today}).all()
    return (found[0][0] if found else None), [role for _, role in found if role]


def role_row(session: Session, team: str, user: str, role: str) -> Role | None:
    """Return the row of one role of one person, granted or withdrawn."""
    return session.exec(select(Role).where(Role.team == team, Role.user == user, Role.role == role)).first()


def holders(session: Session, team: str, roles_: Sequence[str], today: date) -> list[str]:
    """Return the user ids that hold any of these roles today, in a fixed order."""
    found = session.exec(
        select(Role.user)
        .where(
            Role.team == team,
            col(Role.role).in_(roles_),
            Role.state == "granted",
            or_(col(Role.until).is_(None), col(Role.until) >= today),
        )
        .distinct()
        .order_by(Role.user)
    ).all()
    return list(found)


def granted(session: Session, team: str) -> list[Role]:
    """Return every granted role of the workspace, highest names grouped together."""
    return list(
        session.exec(
            select(Role).where(Role.team == team, Role.state == "granted").order_by(Role.role, Role.user)
        ).all()
    )
