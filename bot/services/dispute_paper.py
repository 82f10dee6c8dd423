"""Files given as evidence of a dispute: fetched from Slack, made one per field, sent with the next call."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.domain import dispute as rules
from bot.domain.error import StaleError
from bot.domain.role import Asker, Right
from bot.outbox import AT_ONCE
from bot.services import audit, dispute_call
from bot.services import person as people
from storage import Session, after_commit, insert_once
from storage.queries import dispute as rows
from storage.tables import File
from storage.tables_dispute import Dispute, DisputePaper
from storage.types import canonical

WAKE: Final = "papers"
"""What `Database.on_commit` is told when files wait to be made evidence."""
MOST: Final = 20
"""Files for one field."""


def add(
    session: Session, who: Asker, row: Dispute, field: str, files: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Add files to a field; those that are there already are not added twice.

    Args:
        session: the caller's transaction.
        who: support, or more.
        row: the dispute, locked.
        field: of its reason, of the kind *file*.
        files: Slack's file objects.
        now: business time.

    Raises:
        StaleError: it was submitted, or there are too many files.
        RefusedError: the person may not.
    """
    people.require(session, who, Right.DISPUTE, now)
    if row.state not in rules.OPEN:
        raise StaleError("dispute.not_open", ref=row.ref)
    values = {"team": row.team, "dispute_id": row.id, "field": field, "by": who.user, "at": now}
    values["next_attempt_at"] = AT_ONCE
    insert_once(session, DisputePaper, {**values, "state": "empty"}, conflict=["dispute_id", "field"])
    paper = rows.paper(session, row.id, field)
    assert paper is not None, "it was just inserted"  # noqa: S101 - nothing removes papers
    given = json.loads(paper.given or "[]")
    known = {one["id"] for one in given}
    fresh = [
        {
            "id": str(file["id"]),
            "name": str(file.get("name") or file.get("title") or file["id"]),
            "link": str(file.get("url_private_download") or file.get("url_private") or ""),
        }
        for file in files
        if str(file["id"]) not in known
    ]
    if not fresh:
        return
    if len(given) + len(fresh) > MOST:
        raise StaleError("dispute.too_many_files", most=MOST)
    _renew(session, who, row, paper, [*given, *fresh], now)


def remove(session: Session, who: Asker, row: Dispute, field: str, now: datetime) -> None:
    """Take all files of a field away; raises as `add`."""
    people.require(session, who, Right.DISPUTE, now)
    if row.state not in rules.OPEN:
        raise StaleError("dispute.not_open", ref=row.ref)
    paper = rows.paper(session, row.id, field)
    if paper is not None and paper.state != "empty":
        _renew(session, who, row, paper, [], now)


def _renew(
    session: Session,
    who: Asker,
    row: Dispute,
    paper: DisputePaper,
    given: Sequence[Mapping[str, str]],
    now: datetime,
) -> None:
    paper.given, paper.version = canonical([dict(one) for one in given]), paper.version + 1
    paper.state = "waiting" if given else "empty"
    paper.place = paper.sha256 = paper.stripe = paper.error = ""
    paper.error_name, paper.attempts, paper.next_attempt_at = None, 0, AT_ONCE
    session.add(paper)
    row.wanted += 1
    if row.state == "asked":
        row.state, row.asked_by, row.asked_at = "draft", "", None
    session.add(row)
    session.flush()
    _record(session, who.user, row, "dispute:change:draft", now, fields=[paper.field])
    after_commit(session, WAKE)
    dispute_call.sync(session, row, now)
    dispute_call.show(session, row, now)


def made(
    session: Session, paper: DisputePaper, *, sha256: str, size: int, mimetype: str, place: str, now: datetime
) -> None:
    """Record the one file that was made of those given; what was added meanwhile has it made again."""
    found = rows.numbered_paper(session, paper.id)
    row = rows.lock(session, paper.dispute_id)
    if found is None or row is None or found.state != "waiting" or found.version != paper.version:
        return
    values = {"sha256": sha256, "size": size, "mimetype": mimetype, "location": place, "stored_at": now}
    insert_once(session, File, {"team": row.team, **values}, conflict=["team", "sha256"])
    found.state, found.sha256, found.size, found.mimetype = "made", sha256, size, mimetype
    found.place = place
    session.add(found)
    row.wanted += 1
    session.add(row)
    session.flush()
    _record(session, "worker", row, "dispute:paper:made", now, field=found.field, sha256=sha256)
    dispute_call.sync(session, row, now)
    dispute_call.show(session, row, now)


def failed(session: Session, paper: DisputePaper, *, code: str, name: str, now: datetime) -> None:
    """Record that no evidence can be made of the files, and tell whoever gave them."""
    found = rows.numbered_paper(session, paper.id)
    row = rows.lock(session, paper.dispute_id)
    if found is None or row is None or found.state != "waiting" or found.version != paper.version:
        return
    found.state, found.error, found.error_name = "failed", code, name or None
    session.add(found)
    if row.state in {"asked", "submitting"}:
        row.state, row.second = "draft", ""
        session.add(row)
    session.flush()
    _record(session, "worker", row, "dispute:paper:failed", now, field=found.field, code=code)
    dispute_call.tell(
        session, row, "dispute.bad_file", now, field=found.field, code=code, name=name, user=found.by
    )
    dispute_call.show(session, row, now)


def _record(session: Session, actor: str, row: Dispute, tag: str, now: datetime, **after: object) -> None:
    audit.record(session, team=row.team, actor=actor, tag=tag, subject=row.ref, now=now, after=after)
