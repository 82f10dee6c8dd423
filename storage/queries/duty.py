"""Queries about lasting duties."""

from sqlmodel import Session, col, select

from storage.tables import DutyRecord


def last_done(session: Session, program_id: int) -> dict[int, DutyRecord]:
    """Return for each duty of a programme, by step, when it was done last."""
    found = session.exec(
        select(DutyRecord).where(DutyRecord.program_id == program_id).order_by(col(DutyRecord.on))
    ).all()
    return {row.step_id: row for row in found}


def on_day(session: Session, step_id: int, on: object) -> DutyRecord | None:
    """Return what was recorded for a duty on one day."""
    return session.exec(select(DutyRecord).where(DutyRecord.step_id == step_id, DutyRecord.on == on)).first()
