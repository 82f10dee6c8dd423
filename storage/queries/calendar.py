"""Queries about days on which nobody works, and the deadlines they move."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from storage.tables import ClosingDay, Deadline, Program


def closing_days(session: Session, team: str) -> frozenset[date]:
    """Return the closing days of a workspace."""
    return frozenset(session.exec(select(col(ClosingDay.on)).where(ClosingDay.team == team)).all())


def row(session: Session, team: str, on: date) -> ClosingDay | None:
    """Return one closing day."""
    return session.get(ClosingDay, (team, on))


def open_business_deadlines(session: Session, team: str) -> Sequence[tuple[Deadline, Program]]:
    """Return the open deadlines of steps that count business days, with their programme."""
    found = session.exec(
        select(Deadline, Program)
        .join(Program, col(Program.id) == col(Deadline.program_id))
        .where(
            Deadline.team == team,
            Deadline.state == "open",
            Deadline.subject == "step",
            Deadline.unit == "business_days",
        )
        .order_by(col(Deadline.program_id), col(Deadline.id))
    ).all()
    return [(deadline, program) for deadline, program in found]
