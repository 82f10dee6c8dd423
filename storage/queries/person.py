"""Queries about people, their roles and the workspace."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, or_, select

from storage.tables import Person, Role, Workspace


def workspace(session: Session) -> Workspace | None:
    """Return the workspace the bot is installed in, once Slack has told us."""
    return session.exec(select(Workspace).order_by(col(Workspace.refreshed_at).desc())).first()


def person(session: Session, team: str, user: str) -> Person | None:
    """Return what is known of somebody."""
    return session.exec(select(Person).where(Person.team == team, Person.user == user)).first()


def roles(session: Session, team: str, user: str, today: date) -> list[str]:
    """Return the roles that somebody holds today."""
    return list(
        session.exec(
            select(Role.role).where(
                Role.team == team,
                Role.user == user,
                Role.state == "granted",
                or_(col(Role.until).is_(None), col(Role.until) >= today),
            )
        ).all()
    )


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
