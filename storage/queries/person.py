"""Queries about people, their roles and the workspace."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final, Protocol, cast

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, and_, col, or_, select

from storage.plain import run
from storage.tables import Person, Role, Workspace
from storage.tables_reminder import Preference

# Statements of every click are built once: building one costs more than running it.
_PERSON: Final = select(Person).where(Person.team == bindparam("team"), Person.user == bindparam("user"))
_KNOWN: Final = (
    columns(
        *(col(Person.verified), col(Person.kind), col(Person.deleted), col(Person.locale), col(Person.zone)),
        *(col(Preference.language), col(Role.role)),
    )
    .outerjoin(
        Preference,
        and_(col(Preference.team) == col(Person.team), col(Preference.user) == col(Person.user)),
    )
    .outerjoin(
        Role,
        and_(
            col(Role.team) == col(Person.team),
            col(Role.user) == col(Person.user),
            col(Role.state) == "granted",
            or_(col(Role.until).is_(None), col(Role.until) >= bindparam("today")),
        ),
    )
    .where(col(Person.team) == bindparam("team"), col(Person.user) == bindparam("user"))
)
_NAMES: Final = columns(col(Person.user), col(Person.name)).where(
    col(Person.team) == bindparam("team"), col(Person.user).in_(bindparam("users", expanding=True))
)


class Known(Protocol):
    """What decides what somebody may do and how they are spoken to."""

    verified: bool
    kind: str
    deleted: bool
    locale: str
    zone: str
    language: str | None  # what they chose on their Home; nothing: as Slack says


def workspace(session: Session) -> Workspace | None:
    """Return the workspace the bot is installed in, once Slack has told us."""
    return session.exec(select(Workspace).order_by(col(Workspace.refreshed_at).desc())).first()


def person(session: Session, team: str, user: str) -> Person | None:
    """Return what is known of somebody."""
    return session.exec(_PERSON, params={"team": team, "user": user}).first()


def known(session: Session, team: str, user: str, today: date) -> tuple[Known | None, list[str]]:
    """Return what is known of somebody and the roles they hold today, in one look; nobody has no roles."""
    found = run(session, _KNOWN, team=team, user=user, today=today).all()
    return (cast("Known", found[0]) if found else None), [row.role for row in found if row.role]


def names(session: Session, team: str, users: Collection[str]) -> dict[str, str]:
    """Return how these people are called, as far as they are known."""
    found = run(session, _NAMES, team=team, users=list(users)).all() if users else ()
    return {row.user: row.name for row in found}


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


def zones(session: Session, team: str, users: Collection[str]) -> dict[str, str]:
    """Return the time zones of these people, as far as Slack has named them."""
    found = session.exec(
        select(Person.user, Person.zone).where(Person.team == team, col(Person.user).in_(users))
    ).all()
    return {user: zone for user, zone in found if zone}
