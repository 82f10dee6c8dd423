"""Queries about files on their way to Slack, for every table that keeps such intentions."""

from datetime import datetime
from typing import Any, Final, TypeVar

from sqlmodel import Session, col, update

from storage.queries.claim import changed_one
from storage.tables_complaint_report import ReportFile
from storage.tables_picture import Picture
from storage.tables_submission import Packet

UNSETTLED: Final = ("waiting", "working", "sharing")

Upload = TypeVar("Upload", Packet, Picture, ReportFile)
"""A table of intentions: `state`, `slack_file`, `again`, `attempts`, `owner`, `next_attempt_at`, `error`."""


def one(session: Session, table: type[Upload], row_id: int) -> Upload | None:
    """Return one intention, as it is now."""
    return session.get(table, row_id, populate_existing=True)


def claim(
    session: Session, table: type[Upload], row_id: int, *, owner: str, wall: datetime, until: datetime
) -> Upload | None:
    """Take one intention until the end of a lease; None when another worker was first.

    One that is being shared stays so: whoever takes it has to look first whether it arrived.
    """
    taken = {"owner": owner, "next_attempt_at": until, "attempts": col(table.attempts) + 1}
    due = [col(table.id) == row_id, col(table.next_attempt_at) <= wall]
    for states, values in ((("waiting", "working"), {**taken, "state": "working"}), (("sharing",), taken)):
        if _changed(session, update(table).where(*due, col(table.state).in_(states)).values(**values)):
            return one(session, table, row_id)
    return None


def move(session: Session, table: type[Upload], row_id: int, *, owner: str, **values: object) -> bool:
    """Change an intention that this owner still holds; false when its lease was lost."""
    return _changed(
        session,
        update(table)
        .where(col(table.id) == row_id, col(table.owner) == owner, col(table.state).in_(UNSETTLED))
        .values(**values),
    )


def _changed(session: Session, statement: Any) -> bool:  # noqa: ANN401 - sqlmodel has no type for an update
    session.flush()
    return changed_one(session, statement)
