"""Queries about absences."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storage.plain import run
from storage.tables import Away, Person, Role

OPEN: Final = ("planned", "begun")

# Statements of every notice and board are built once: building one costs more than running it.
_OPEN_ONES: Final = (
    select(Away)
    .where(Away.team == bindparam("team"), col(Away.state).in_(OPEN))
    .order_by(col(Away.starts_on), col(Away.id))
)
_ABSENCES: Final = _OPEN_ONES.with_only_columns(
    *(col(Away.user), col(Away.starts_on), col(Away.ends_on)),
    *(col(Away.deputy), col(Away.zone), col(Away.state)),
)
_LOST: Final = select(Person.user, Person.deleted).where(
    Person.team == bindparam("team"),
    col(Person.user).in_(bindparam("users", expanding=True)),
    (col(Person.deleted).is_(True)) | (Person.kind != "member"),
)


def open_ones(session: Session, team: str) -> Sequence[Away]:
    """Return the absences of a workspace that have begun or will, the earliest first."""
    return session.exec(_OPEN_ONES, params={"team": team}).all()


def absences(session: Session, team: str) -> Sequence[Any]:
    """Return what `open_ones` does as plain values: user, starts_on, ends_on, deputy, zone, state."""
    return run(session, _ABSENCES, team=team).all()


def every_open(session: Session) -> Sequence[Away]:
    """Return the absences that have begun or will, of every workspace."""
    return session.exec(select(Away).where(col(Away.state).in_(OPEN)).order_by(col(Away.id))).all()


def of(session: Session, team: str, user: str) -> Sequence[Away]:
    """Return somebody's absences that have begun or will, the earliest first."""
    return [row for row in open_ones(session, team) if row.user == user]


def unreachable(session: Session, team: str, users: Collection[str], today: date) -> frozenset[str]:
    """Return those of these people who cannot act: they left, or are guests or outsiders without a role."""
    wanted = [user for user in users if user]
    found = run(session, _LOST, team=team, users=wanted).all() if wanted else []
    if not found:
        return frozenset()
    lost = {row.user for row in found}
    left = {row.user for row in found if row.deleted}
    granted = session.exec(
        select(Role.user).where(
            Role.team == team,
            col(Role.user).in_(sorted(lost - left)),
            Role.state == "granted",
            (col(Role.until).is_(None)) | (col(Role.until) >= today),
        )
    ).all()
    return frozenset(lost - set(granted))


def verified(session: Session, team: str, users: Collection[str]) -> frozenset[str]:
    """Return those of these people about whom Slack has answered."""
    wanted = [user for user in users if user]
    return frozenset(
        session.exec(
            select(Person.user).where(
                Person.team == team, col(Person.user).in_(wanted), col(Person.verified).is_(True)
            )
        ).all()
    )
