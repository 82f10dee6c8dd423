"""Files of reports on their way to a person: arrived, failed, tried again."""

from datetime import datetime
from typing import Any

from bot.domain.error import NotFoundError, StaleError
from bot.domain.role import Asker
from bot.outbox import AT_ONCE, put_direct
from bot.services import audit, complaint_report, complaint_sign
from storage import Session, after_commit
from storage.queries import complaint_report as rows
from storage.queries import upload as uploads
from storage.tables import File
from storage.tables_complaint_report import ReportFile


def share_facts(session: Session, row: ReportFile) -> dict[str, Any]:
    """Return where the bytes of a file are, and what is said beside it."""
    report = rows.one(session, row.report_id)
    assert report is not None, "a file belongs to a report"  # noqa: S101 - a foreign key says so
    program = rows.programs(session, {report.program_id})[report.program_id]
    file = session.get(File, report.file_id if row.kind == "csv" else report.xlsx_file_id)
    if file is None:
        raise FileNotFoundError(row.name)
    return {
        **complaint_report.line(report, program),
        "kind": row.kind,
        "place": file.location,
        "size": file.size,
        "sha256": file.sha256,
    }


def uploaded(session: Session, file_id: int, *, owner: str, sha256: str, size: int, now: datetime) -> bool:
    """Record that a person can see a file; false when the lease was lost."""
    more: dict[str, object] = {"sha256": sha256, "size": size} if sha256 else {}
    values = {"state": "uploaded", "error": "", "uploaded_at": now, **more}
    return uploads.move(session, ReportFile, file_id, owner=owner, **values)


def failed(session: Session, file_id: int, *, owner: str, code: str, now: datetime) -> bool:
    """Record that a file cannot be brought, and tell whom it was for, with a second try."""
    if not uploads.move(session, ReportFile, file_id, owner=owner, state="failed", error=code):
        return False
    row = uploads.one(session, ReportFile, file_id)
    assert row is not None, "it was moved just now"  # noqa: S101 - move() has found it
    put_direct(
        session,
        team=row.team,
        user=row.person,
        view="report.file_failed",
        facts={"file": row.id, "name": row.name, "code": code},
        language=row.language,
        now=now,
    )
    audit.record(
        session,
        team=row.team,
        actor="worker",
        tag="complaint_report:upload:failed",
        subject=f"report/{row.report_id}",
        now=now,
        after={"code": code, "kind": row.kind},
    )
    return True


def again(session: Session, who: Asker, file_id: int, now: datetime) -> None:
    """Bring a file once more; one that may have arrived says that it is sent again.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
        StaleError: it has not failed.
        RefusedError: this person may not see the report any more.
    """
    row = uploads.one(session, ReportFile, file_id)
    if row is None or row.team != who.team or row.person != who.user:
        raise NotFoundError("report.none")
    complaint_sign.one(session, who, row.report_id, now)
    if row.state != "failed":
        raise StaleError("picture.fine")
    row.again = row.again or bool(row.slack_file)
    row.state, row.error, row.attempts, row.next_attempt_at = "waiting", "", 0, AT_ONCE
    session.add(row)
    session.flush()
    after_commit(session, complaint_sign.WAKE)
