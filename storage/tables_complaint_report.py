"""The tables of the monthly report of complaints; the rules of `storage.tables` hold here too.

Source: https://docs.stripe.com/treasury/connect/handling-complaints (an aggregated list every month).
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from storage.tables import _id, _json, _moment, _ref, _sealed


class ComplaintReport(SQLModel, table=True):
    """The list of one programme's complaints of one month, or an addendum to it, as two stored files.

    The snapshot is the pair of files: `sha256` and `xlsx_sha256` name their bytes under `FILES_URL`. Until it
    is signed it is made again when a complaint of its month changes, and `version` counts that; what was
    signed never changes. An addendum (1, 2, …) holds what changed since the one before it.
    """

    __tablename__ = "complaint_report"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("program_id", "month", "addendum"),
        Index("ix_complaint_report_team", "team", "month", "id"),
        Index("ix_complaint_report_state", "state", "id"),
    )
    id: int = _id()
    team: str
    program_id: int = _ref("program", index=False)
    month: str  # 2026-10
    addendum: int = 0
    state: str  # making · open · ready · signed · sent
    version: int = 1
    zone: str  # in which its month began and ended
    since: datetime | None = _moment()  # of an addendum: it holds what changed from then on
    snapshot_at: datetime | None = _moment()
    rows: int = 0
    figures: dict[str, Any] = _json(dict)
    missing_rows: int = 0
    missing: list[Any] = _json(list)  # the first of them: reference, who can fill it in, what is missing
    sha256: str = ""
    file_id: int | None = _ref("file", nullable=True, index=False)
    xlsx_sha256: str = ""
    xlsx_file_id: int | None = _ref("file", nullable=True, index=False)
    due_on: date
    made_at: datetime = _moment(nullable=False)
    told_at: datetime | None = _moment()  # its managers, and who can fill in, have heard of it
    signed_by: str = ""
    signed_at: datetime | None = _moment()
    note: str | None = _sealed()  # why it was signed although something is missing
    sent_by: str = ""
    sent_on: date | None = None
    sent_at: datetime | None = _moment()  # when that was recorded
    reference: str | None = _sealed()


class ReportFile(SQLModel, table=True):
    """The intention to bring one file of a report to one person; the worker uploads it.

    The other columns are those of `storage.tables_submission.Packet`.
    """

    __tablename__ = "report_file"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("report_id", "version", "kind", "person"),
        Index("ix_report_file_due", "state", "next_attempt_at"),
    )
    id: int = _id()
    team: str
    report_id: int = _ref("complaint_report", index=False)
    version: int
    kind: str  # csv · xlsx
    person: str
    channel: str = ""
    language: str
    name: str
    state: str = "waiting"  # waiting · working · sharing · uploaded · failed
    slack_file: str = ""
    again: bool = False  # one that may have arrived is sent again, and says so
    attempts: int = 0
    owner: str = ""
    next_attempt_at: datetime = _moment(nullable=False)  # wall time; while working, the end of the lease
    error: str = ""
    sha256: str = ""  # of what was brought
    size: int = 0
    put_at: datetime = _moment(nullable=False)
    uploaded_at: datetime | None = _moment()
