"""Queries about what one person holds: programmes, steps, duties, and standing in for somebody."""

from collections.abc import Sequence

from sqlmodel import Session, col, or_, select

from bot.domain.onboarding import ENDED
from storage.queries.away import OPEN
from storage.tables import Away, Program, Step


def programs(session: Session, team: str, user: str) -> Sequence[Program]:
    """Return the programmes that somebody leads, manages or is deputy of; canceled ones are left out."""
    found = session.exec(
        select(Program).where(Program.team == team, Program.state != "canceled").order_by(col(Program.id))
    ).all()
    return [one for one in found if user in {one.lead, one.manager, *one.deputies}]


def steps(session: Session, team: str, user: str) -> Sequence[tuple[Step, Program]]:
    """Return the steps of somebody that are not ended, and the finished ones that name them for a duty.

    Which finished steps are duties, their plan says; those of canceled programmes are left out.
    """
    found = session.exec(
        select(Step, Program)
        .join(Program, col(Program.id) == col(Step.program_id))
        .where(
            Step.team == team,
            Program.state != "canceled",
            or_(Step.assignee == user, Step.deputy == user),
            Step.state != "dropped",
        )
        .order_by(col(Step.program_id), col(Step.position))
    ).all()
    return [
        (step, program)
        for step, program in found
        if step.state not in ENDED or (step.state == "done" and step.key.startswith("duty_"))
    ]


def stands_in(session: Session, team: str, user: str) -> Sequence[Away]:
    """Return the absences in which somebody is named as deputy."""
    return session.exec(
        select(Away)
        .where(Away.team == team, Away.deputy == user, col(Away.state).in_(OPEN))
        .order_by(col(Away.id))
    ).all()
