"""What the board of a dispute shows: read from the rows when it is delivered."""

from typing import Any

from bot.services import dispute_case
from storage import Session
from storage.queries import dispute as rows
from storage.tables import Thread


def load(session: Session, thread: Thread) -> dict[str, Any] | None:
    """Return the facts of a board; dates are judged as of its last step, for a board knows no clock."""
    row = rows.one(session, thread.subject_id)
    if row is None:
        return None
    return dispute_case.facts(session, row, row.asked_at or row.opened_at)
