"""Queries about what one person holds: programmes, steps, duties, and standing in for somebody."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session, col, or_, select

from bot.domain.onboarding import ENDED
from storage.queries.away import OPEN
from storage.tables import Away, Program, Step

DUTY: Final = "duty_"
"""How the keys of steps begin that name an owner and a deputy for an obligation that lasts."""

_STEPS: Final = (
    select(Step, Program)
    .join(Program, col(Program.id) == col(Step.program_id))
    .where(Program.state != "canceled", Step.state != "dropped")
    .order_by(col(Step.program_id), col(Step.position))
)


def every_program(session: Session, team: str) -> Sequence[Program]:
    """Return the programmes of a workspace; canceled ones are left out."""
    return session.exec(
        select(Program).where(Program.team == team, Program.state != "canceled").order_by(col(Program.id))
    ).all()


def programs(session: Session, team: str, user: str) -> Sequence[Program]:
    """Return the programmes that somebody leads, manages or is deputy of; canceled ones are left out."""
    return [one for one in every_program(session, team) if user in {one.lead, one.manager, *one.deputies}]


def steps(session: Session, team: str, user: str) -> Sequence[tuple[Step, Program]]:
    """Return the steps of somebody that are not ended, and the finished duties that name them.

    Those of canceled programmes are left out.
    """
    found = session.exec(
        _STEPS.where(Step.team == team, or_(Step.assignee == user, Step.deputy == user))
    ).all()
    return _lasting(found)


def of_program(session: Session, program_id: int) -> Sequence[tuple[Step, Program]]:
    """Return the same of one programme, whoever holds them."""
    return _lasting(session.exec(_STEPS.where(Step.program_id == program_id)).all())


def _lasting(found: Sequence[tuple[Step, Program]]) -> list[tuple[Step, Program]]:
    return [
        (step, program)
        for step, program in found
        if step.state not in ENDED or (step.state == "done" and step.key.startswith(DUTY))
    ]


def stands_in(session: Session, team: str, user: str) -> Sequence[Away]:
    """Return the absences in which somebody is named as deputy."""
    return session.exec(
        select(Away)
        .where(Away.team == team, Away.deputy == user, col(Away.state).in_(OPEN))
        .order_by(col(Away.id))
    ).all()
