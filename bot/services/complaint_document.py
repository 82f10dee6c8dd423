"""Documents of a complaint: files that the worker fetches from Slack and keeps under `FILES_URL`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.domain.card_number import redact
from bot.domain.role import Asker
from bot.services import complaint_case
from bot.services.complaint_case import Case
from bot.services.evidence import WAKE
from storage import Session, after_commit, insert_once
from storage.queries import complaint as rows
from storage.queries import program as programs
from storage.tables import File
from storage.tables_complaint import ComplaintEntry


def add(case: Case, file: Mapping[str, Any], by: str, now: datetime) -> bool:
    """Have a file of Slack's fetched and kept; false when it is there already."""
    number = str(file["id"])
    kept = {
        "origin": number,
        "name": redact(str(file.get("name") or file.get("title") or number)[:200]),
        "address": file.get("url_private_download") or file.get("url_private"),
        "state": "arriving",
        "next_attempt_at": now.replace(year=1970),
    }
    new = case.entry("document", number, by, now, now, **kept)
    if new:
        after_commit(case.session, WAKE)
    return new


def stored(
    session: Session,
    entry: ComplaintEntry,
    *,
    sha256: str,
    size: int,
    mimetype: str,
    location: str,
    now: datetime,
) -> None:
    """Record that the bytes of a document are kept."""
    values = {
        "team": entry.team,
        "sha256": sha256,
        "size": size,
        "mimetype": mimetype,
        "location": location,
        "stored_at": now,
    }
    case = complaint_case.locked(session, entry.complaint_id, entry.team)
    insert_once(session, File, values, conflict=["team", "sha256"])
    file = programs.file_of(session, entry.team, sha256)
    row = rows.entry(session, entry.id)
    if row is None or file is None or row.state != "arriving":
        return
    row.state, row.file_id, row.error, row.next_attempt_at = "stored", file.id, "", None
    session.add(row)
    case.record("worker", "complaint:document:stored", now, origin=row.origin, sha256=sha256)


def failed(session: Session, entry: ComplaintEntry, *, code: str, now: datetime) -> None:
    """Record that a document cannot be fetched, and tell who added it; `code`: one of `evidence.error.*`."""
    case = complaint_case.locked(session, entry.complaint_id, entry.team)
    row = rows.entry(session, entry.id)
    if row is None or row.state != "arriving":
        return
    row.state, row.error, row.next_attempt_at = "failed", code, None
    session.add(row)
    case.record("worker", "complaint:document:failed", now, origin=row.origin, code=code)
    case.say("document_failed", "", now, to=row.by)


def retry(session: Session, who: Asker, number: int, now: datetime) -> Case:
    """Fetch every document of a complaint once more that could not be fetched.

    Raises:
        RefusedError: the person may not.
    """
    case = complaint_case.locked(session, number, who.team)
    case.require(who, now)
    if rows.fetch_again(session, number, now.replace(year=1970)):
        after_commit(session, WAKE)
        case.record(who.user, "complaint:document:arriving", now)
    return case
