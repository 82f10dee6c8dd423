"""Queries about what people chose."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from storage.tables_reminder import Preference


def of(session: Session, team: str, users: Collection[str]) -> dict[str, Preference]:
    """Return what these people chose, by user; who never chose is left out."""
    if not users:
        return {}
    found = session.exec(
        select(Preference).where(Preference.team == team, col(Preference.user).in_(users))
    ).all()
    return {row.user: row for row in found}
