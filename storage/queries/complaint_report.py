"""Queries about the monthly report of complaints: its rows page by page, its states, its files."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Integer, Row, Select, bindparam, exists, func, tuple_
from sqlalchemy import select as columns
from sqlmodel import Session, and_, col, or_, select, update

from storage.plain import run
from storage.queries.claim import changed_one
from storage.queries.upload import UNSETTLED
from storage.tables import File, Program
from storage.tables_complaint import Complaint, ComplaintEntry, ComplaintSetting
from storage.tables_complaint_report import ComplaintReport, ReportFile

SETTING: Final = "report"
"""The name of the setting by which a programme decides whether it reports."""

_READ: Final = (
    *("id", "ref", "account", "customer", "contact", "product", "bank", "submitted_at", "received_by"),
    *("received_through", "kind", "category", "summary", "text", "regulator", "acknowledged_at"),
    *("notified_at", "resolved_at", "withdrawn_at", "resolution", "root_cause", "refund_amount"),
    *("refund_currency", "state", "breaches", "owner", "logged_by"),
)


def live(session: Session) -> Sequence[Program]:
    """Return the programmes that have, or had, live access."""
    return session.exec(
        select(Program).where(col(Program.live_at).is_not(None)).order_by(col(Program.id))
    ).all()


def switches(session: Session) -> Mapping[int, tuple[str, datetime]]:
    """Return which programmes decided whether they report (on · off), and since when."""
    found = session.exec(select(ComplaintSetting).where(ComplaintSetting.name == SETTING)).all()
    return {row.program_id: (row.value, row.at) for row in found}


def switch(session: Session, program: Program, value: str, by: str, now: datetime) -> bool:
    """Keep whether a programme reports; false when it was kept so already."""
    row = session.get(ComplaintSetting, (program.id, SETTING))
    if row is not None and row.value == value:
        return False
    row = row or ComplaintSetting(
        program_id=program.id, name=SETTING, team=program.team, value="", by="", at=now
    )
    row.value, row.by, row.at = value, by, now
    session.add(row)
    session.flush()
    return True


def made(session: Session) -> set[tuple[int, str]]:
    """Return the programmes and months that have a report."""
    found = session.exec(
        select(col(ComplaintReport.program_id), col(ComplaintReport.month)).where(
            ComplaintReport.addendum == 0
        )
    ).all()
    return {(program, month) for program, month in found}


def unfinished(session: Session) -> Sequence[ComplaintReport]:
    """Return the reports that are not signed yet: made again when something changes, or to be made."""
    return session.exec(
        select(ComplaintReport)
        .where(col(ComplaintReport.state).in_(("making", "open", "ready")))
        .order_by(col(ComplaintReport.id))
    ).all()


def changed(session: Session, program_id: int, first: datetime, end: datetime, since: datetime) -> bool:
    """Tell whether a complaint submitted in this time was changed, or logged, from then on."""
    found = select(Complaint.id).where(
        Complaint.program_id == program_id,
        col(Complaint.changed_at) > since,
        col(Complaint.submitted_at) >= first,
        col(Complaint.submitted_at) < end,
        col(Complaint.feedback).is_(False),
    )
    return session.exec(found.limit(1)).first() is not None


def count(session: Session, program_id: int, first: datetime, end: datetime) -> int:
    """Return how many complaints submitted in this time a report would hold now."""
    found = (
        select(func.count())
        .select_from(Complaint)
        .where(
            Complaint.program_id == program_id,
            col(Complaint.submitted_at) >= first,
            col(Complaint.submitted_at) < end,
            col(Complaint.feedback).is_(False),
            Complaint.state != "mistake",
        )
    )
    return session.exec(found).one()


def page(
    session: Session,
    program_id: int,
    end: datetime,
    *,
    after: tuple[datetime, int],
    since: datetime | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return a page of complaints as plain rows, in the order of submission.

    Args:
        session: a reading session: all pages then show one moment.
        program_id: whose.
        end: submitted before then.
        after: moment and number of the last one of the page before; `(first moment, -1)` begins.
        since: for an addendum: only what changed from then on. What was logged by mistake is in none but an
            addendum, which takes it back.
        limit: how many at most.
    """
    values = {"program": program_id, "end": end, "at": after[0], "number": after[1], "most": limit}
    if since is None:
        return run(session, _page(addendum=False), **values).all()
    return run(session, _page(addendum=True), **values, since=since).all()


@cache
def _page(*, addendum: bool) -> Select[Any]:
    """Asked hundreds of times for a long report, so it is put together once for each kind."""
    place = tuple_(col(Complaint.submitted_at), col(Complaint.id))
    found = columns(*(getattr(Complaint, name) for name in _READ)).where(
        col(Complaint.program_id) == bindparam("program"),
        place
        > tuple_(bindparam("at", type_=Complaint.submitted_at.type), bindparam("number", type_=Integer)),  # type: ignore[attr-defined]
        col(Complaint.submitted_at) < bindparam("end"),
        col(Complaint.feedback).is_(False),
    )
    if addendum:
        found = found.where(
            col(Complaint.changed_at) >= bindparam("since"),
            or_(col(Complaint.state) != "mistake", col(Complaint.logged_at) < bindparam("since")),
        )
    else:
        found = found.where(col(Complaint.state) != "mistake")
    return found.order_by(col(Complaint.submitted_at), col(Complaint.id)).limit(
        bindparam("most", type_=Integer)
    )


def links(session: Session, complaint_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the ids at Stripe and the references that complaints are linked to."""
    found: dict[int, list[str]] = {}
    if complaint_ids:
        for row in run(session, _links(), ids=list(complaint_ids)):
            found.setdefault(row.complaint_id, []).append(row.target)
    return found


@cache
def _links() -> Select[Any]:
    found = (
        columns(col(ComplaintEntry.complaint_id), col(ComplaintEntry.target))
        .where(
            col(ComplaintEntry.kind) == "link",
            col(ComplaintEntry.complaint_id).in_(bindparam("ids", expanding=True)),
        )
        .order_by(col(ComplaintEntry.id))
    )
    return cast("Select[Any]", found)


def one(session: Session, report_id: int) -> ComplaintReport | None:
    """Return a report as it is now."""
    return session.get(ComplaintReport, report_id, populate_existing=True)


def of_month(session: Session, program_id: int, month: str, addendum: int = 0) -> ComplaintReport | None:
    """Return the report of a programme's month, or one of its addenda."""
    return session.exec(
        select(ComplaintReport).where(
            ComplaintReport.program_id == program_id,
            ComplaintReport.month == month,
            ComplaintReport.addendum == addendum,
        )
    ).first()


def of_month_all(session: Session, month: str) -> Sequence[ComplaintReport]:
    """Return the reports of a month with their addenda, by programme; what is not made yet is left out."""
    return session.exec(
        select(ComplaintReport)
        .where(ComplaintReport.month == month, ComplaintReport.state != "making")
        .order_by(col(ComplaintReport.program_id), col(ComplaintReport.addendum))
    ).all()


def last_of(session: Session, program_id: int, month: str) -> ComplaintReport | None:
    """Return the newest addendum of a programme's month, else its report."""
    return session.exec(
        select(ComplaintReport)
        .where(ComplaintReport.program_id == program_id, ComplaintReport.month == month)
        .order_by(col(ComplaintReport.addendum).desc())
        .limit(1)
    ).first()


def move(
    session: Session, report_id: int, states: Collection[str], sha256: str = "", **values: object
) -> bool:
    """Change a report that is in one of these states (and has these bytes); false when somebody was first."""
    session.flush()
    where = [col(ComplaintReport.id) == report_id, col(ComplaintReport.state).in_(states)]
    if sha256:
        where.append(col(ComplaintReport.sha256) == sha256)
    return changed_one(session, update(ComplaintReport).where(*where).values(**values))


def remade(session: Session, report_id: int, expected: int, **values: object) -> bool:
    """Put a new snapshot in the place of this version; false when it was signed or made again meanwhile."""
    session.flush()
    where = and_(
        col(ComplaintReport.id) == report_id,
        col(ComplaintReport.version) == expected,
        col(ComplaintReport.state).in_(("making", "open", "ready")),
    )
    return changed_one(session, update(ComplaintReport).where(where).values(**values))


def untold(session: Session, *, lock: bool = False) -> Sequence[ComplaintReport]:
    """Return the reports of which nobody has heard yet, by workspace and month.

    With `lock` nobody else can tell of them until the commit; who comes second finds those that are left.
    """
    found = (
        select(ComplaintReport)
        .where(
            col(ComplaintReport.told_at).is_(None),
            col(ComplaintReport.state).in_(("open", "ready")),
        )
        .order_by(col(ComplaintReport.team), col(ComplaintReport.month), col(ComplaintReport.id))
    )
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.exec(found).all()


def of_team(session: Session, team: str, limit: int) -> Sequence[ComplaintReport]:
    """Return the reports of a workspace: first those that wait for somebody, then the newest."""
    waiting = session.exec(
        select(ComplaintReport)
        .where(ComplaintReport.team == team, ComplaintReport.state != "sent")
        .order_by(col(ComplaintReport.month), col(ComplaintReport.id))
        .limit(limit)
    ).all()
    sent = session.exec(
        select(ComplaintReport)
        .where(ComplaintReport.team == team, ComplaintReport.state == "sent")
        .order_by(col(ComplaintReport.month).desc(), col(ComplaintReport.id))
        .limit(limit)
    ).all()
    return [*waiting, *sent]


def programs(session: Session, ids: Collection[int]) -> dict[int, Program]:
    """Return these programmes by number."""
    found = session.exec(select(Program).where(col(Program.id).in_(ids))).all() if ids else ()
    return {row.id: row for row in found}


def by_ids(session: Session, ids: Collection[int]) -> dict[int, ComplaintReport]:
    """Return these reports by number."""
    found = session.exec(select(ComplaintReport).where(col(ComplaintReport.id).in_(ids))).all() if ids else ()
    return {row.id: row for row in found}


def due_files(session: Session, wall: datetime, limit: int) -> Sequence[int]:
    """Return files of reports to bring now, the longest waiting first; one whose lease has ended is due."""
    return run(session, _due(), wall=wall, most=limit).scalars().all()


@cache
def _due() -> Select[Any]:
    """Asked several times a second, so it is put together once."""
    return (
        select(col(ReportFile.id))
        .where(col(ReportFile.state).in_(UNSETTLED), col(ReportFile.next_attempt_at) <= bindparam("wall"))
        .order_by(col(ReportFile.next_attempt_at), col(ReportFile.id))
        .limit(bindparam("most", type_=Integer))
    )


def file_for(session: Session, report_id: int, version: int, kind: str, person: str) -> ReportFile | None:
    """Return the intention to bring this file to this person."""
    return session.exec(
        select(ReportFile).where(
            ReportFile.report_id == report_id,
            ReportFile.version == version,
            ReportFile.kind == kind,
            ReportFile.person == person,
        )
    ).first()


_WHERE: Final[Mapping[str, Any]] = {
    "executive": Complaint.kind == "executive",
    "resolved": Complaint.state == "resolved",
}


def incomplete(
    session: Session,
    team: str,
    program_id: int | None,
    month: tuple[datetime, datetime],
    *,
    logged_before: datetime,
    needed: Collection[tuple[str, str]],
    unless: tuple[str, str],
    limit: int,
) -> Sequence[Complaint]:
    """Return complaints of a month that may lack something, in the order of submission.

    Args:
        session: a reading or writing session.
        team: the workspace.
        program_id: whose; None for those without a programme, which lack it.
        month: its first moment and the first one after it.
        logged_before: leave out what was logged from then on.
        needed: columns of which at least one is empty, and where that matters: always, executive, resolved.
        unless: leave out those that have an entry of this kind and key.
        limit: how many at most.
    """
    gaps: list[Any] = [Complaint.program_id == program_id] if program_id is None else []
    for name, where in needed:
        column = getattr(Complaint, name)
        empty = column.is_(None) if name == "refund_amount" else or_(column.is_(None), column == "")
        gaps.append(and_(_WHERE[where], empty) if where in _WHERE else empty)
    told = exists().where(
        col(ComplaintEntry.complaint_id) == Complaint.id,
        col(ComplaintEntry.kind) == unless[0],
        col(ComplaintEntry.key) == unless[1],
    )
    return session.exec(
        select(Complaint)
        .where(
            Complaint.team == team,
            Complaint.program_id == program_id,
            col(Complaint.submitted_at) >= month[0],
            col(Complaint.submitted_at) < month[1],
            col(Complaint.logged_at) < logged_before,
            col(Complaint.feedback).is_(False),
            Complaint.state != "mistake",
            ~told,
            or_(*gaps),
        )
        .order_by(col(Complaint.submitted_at), col(Complaint.id))
        .limit(limit)
    ).all()


def numbers(session: Session, team: str, refs: Collection[str]) -> dict[str, int]:
    """Return the numbers of a workspace's complaints by their references."""
    found = session.exec(
        select(Complaint.ref, Complaint.id).where(Complaint.team == team, col(Complaint.ref).in_(refs))
    ).all()
    return dict(found)


def file_id(session: Session, team: str, sha256: str) -> int:
    """Return the number of a stored file."""
    return session.exec(select(File.id).where(File.team == team, File.sha256 == sha256)).one()
