"""What was recorded of a step or a programme, and what became of it: for pages, never for boards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bot.domain import timeline
from bot.services import person as people
from bot.services.walk import Walk, of
from storage import Session
from storage.queries import entry as rows
from storage.tables import Program, Step, StepEntry

MOST: Final = 40


def of_step(session: Session, row: Step, now: datetime) -> dict[str, Any]:
    """Return the history of a step, oldest first, and its newest entry that stands, under `entry`."""
    program = session.get(Program, row.program_id)
    assert program is not None, "a step belongs to a programme"  # noqa: S101 - a foreign key says so
    walk = of(session, program)
    found = rows.of_step(session, row.id)
    standing = [entry for entry in found if entry.state == "stands"]
    newest = max(standing, key=lambda entry: (rows.place(entry), entry.id), default=None)
    return {
        "entry": {**line(walk, newest), "undo": _undoable(newest, now)} if newest is not None else None,
        "history": [line(walk, entry) for entry in found[-MOST:]],
        "entry_names": _names(session, program.team, found),
    }


def of_program(session: Session, program: Program, language: str) -> dict[str, Any]:
    """Return what was recorded of a whole programme, newest first, with step names in a language."""
    walk = of(session, program)
    found = rows.of_program(session, program.id, MOST)
    return {
        "id": program.id,
        "ref": program.ref,
        "name": program.name,
        "zone": program.zone,
        "history": [{**line(walk, entry), "title": walk.title(entry.key, language)} for entry in found],
        "entry_names": _names(session, program.team, found),
    }


def line(walk: Walk, entry: StepEntry) -> dict[str, Any]:
    """Return one entry: what it says, both times, and who ended it, when and why."""
    return {
        "id": entry.id,
        "actor": walk.step(entry.key).actor,
        "effect": entry.effect,
        "outcome": dict(entry.outcome),
        "note": entry.note or "",
        "happened_at": entry.happened_at.isoformat(),
        "recorded_at": entry.recorded_at.isoformat(),
        "late": timeline.late(entry.happened_at, entry.recorded_at),
        "by": entry.by,
        "state": entry.state,
        "ended_at": entry.ended_at.isoformat() if entry.ended_at else "",
        "ended_by": entry.ended_by,
        "reason": entry.reason or "",
        "zone": walk.program.zone,
    }


def _undoable(entry: StepEntry, now: datetime) -> bool:
    return not entry.corrects and now - entry.recorded_at <= timeline.UNDO_WITHIN


def _names(session: Session, team: str, found: Sequence[StepEntry]) -> dict[str, str]:
    users = [user for entry in found for user in (entry.by, entry.ended_by, *_people(entry)) if user]
    return people.names(session, team, users)


def _people(entry: StepEntry) -> list[str]:
    given = entry.outcome
    return [str(given.get("owner", "")), str(given.get("deputy", "")), *given.get("employees", ())]
