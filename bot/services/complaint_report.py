"""The monthly report of complaints: which are due, their snapshots, and who hears of them.

A snapshot is two stored files. Making them reads rows and writes files, so it is done outside transactions
(`bot.effects.complaint_report`); here are what is to be made, and what is kept of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import plans
from bot.domain.complaint_report import Month, business_day, closed, month_from
from bot.domain.complaint_report import of as month_of
from bot.outbox import put_direct
from bot.services import audit, case_clock, preference
from bot.services.live_use import managers
from storage import Session, insert_once
from storage.queries import complaint_report as rows
from storage.tables import File, Program
from storage.tables_complaint_report import ComplaintReport

SUBJECT: Final = "complaint_report"
"""The subject of its deadline, and the name of its ladder."""

SOURCE: Final = "https://docs.stripe.com/treasury/connect/handling-complaints"
MARGIN: Final = timedelta(minutes=1)
"""A change is said to have happened when somebody clicked, and is seen when it is committed: what changed so
shortly before a snapshot is read once more."""

MOST_MISSING: Final = 200
"""Complaints with something missing whose details are kept; the number of all is exact."""

COUNTED: Final = 20_000
"""Reports up to this size are also counted at each look, which finds what has moved to another month."""


@dataclass(frozen=True)
class Job:
    """One report to be made, or to be made again."""

    program_id: int
    team: str
    ref: str
    name: str
    month: Month
    zone: str
    region: str
    due_on: date
    report_id: int = 0
    version: int = 0
    addendum: int = 0
    since: datetime | None = None

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Its first moment and the first one after it."""
        return self.month.bounds(self.zone)


@dataclass(frozen=True)
class Kept:
    """One of its two files, under its hash."""

    sha256: str
    size: int
    place: str


@dataclass(frozen=True)
class Snapshot:
    """What was made: the files, what they count, and what is missing."""

    at: datetime
    rows: int
    figures: Mapping[str, Any]
    missing_rows: int
    missing: Sequence[Sequence[Any]]
    csv: Kept
    xlsx: Kept


def reports(program: Program, switched: str) -> bool:
    """Tell whether a programme reports: as it decided itself (on · off), else as its variant does."""
    if switched in {"on", "off"}:
        return switched == "on"
    return plans.complaint_report().variants.get(program.variant, False)


def months(program: Program, switched: tuple[str, datetime] | None, now: datetime) -> Iterator[Month]:
    """Return the months a programme has to report: over, with live access, the oldest first.

    One that was switched on by hand reports from the month on in which that was done.
    """
    if program.live_at is None or not reports(program, switched[0] if switched else ""):
        return
    since = program.live_at
    if switched is not None and not plans.complaint_report().variants.get(program.variant, False):
        since = max(since, switched[1])
    yield from closed(now, program.zone, program.region, since, program.ended_at)


def job(program: Program, month: Month) -> Job:
    """Return the making of a month's report."""
    due_on = business_day(month.next(), plans.complaint_report().due_business_days, program.region)
    return Job(
        program.id,
        program.team,
        program.ref,
        program.name,
        month,
        program.zone,
        program.region,
        due_on,
    )


def due(session: Session, now: datetime) -> list[Job]:
    """Return what is to be made now: closed months, addenda, and what changed before it was signed."""
    switched, made = rows.switches(session), rows.made(session)
    found: list[Job] = []
    for program in rows.live(session):
        for month in months(program, switched.get(program.id), now):
            if (program.id, month.name) in made:
                continue
            one = job(program, month)
            if plans.complaint_report().nil or rows.count(session, program.id, *one.bounds):
                found.append(one)
    remade = (again(session, row) for row in rows.unfinished(session))
    return found + [one for one in remade if one is not None]


def again(session: Session, row: ComplaintReport) -> Job | None:
    """Return the making of a report that is not made yet, or does not say any more what is true."""
    program = session.get(Program, row.program_id)
    assert program is not None, "a report belongs to a programme"  # noqa: S101 - a foreign key says so
    one = Job(
        program.id,
        program.team,
        program.ref,
        program.name,
        month_from(row.month),
        row.zone,
        program.region,
        row.due_on,
        row.id,
        row.version,
        row.addendum,
        row.since,
    )
    return one if row.state == "making" or stale(session, row, MARGIN) else None


def stale(session: Session, row: ComplaintReport, margin: timedelta = timedelta()) -> bool:
    """Tell whether complaints of a report have changed since its snapshot, or `margin` before it."""
    if row.snapshot_at is None:
        return True
    first, end = month_from(row.month).bounds(row.zone)
    if rows.changed(session, row.program_id, first, end, row.snapshot_at - margin):
        return True
    counts = not row.addendum and row.rows <= COUNTED
    return counts and rows.count(session, row.program_id, first, end) != row.rows


def keep(session: Session, one: Job, made: Snapshot, now: datetime) -> int:
    """Keep a snapshot; returns the number of its report, or 0 when another process was first."""
    state = "open" if made.missing_rows else "ready"
    values: dict[str, Any] = {
        "state": state,
        "snapshot_at": made.at,
        "rows": made.rows,
        "figures": dict(made.figures),
        "missing_rows": made.missing_rows,
        "missing": [list(each) for each in made.missing],
        "sha256": made.csv.sha256,
        "file_id": _file(session, one.team, made.csv, "text/csv", now),
        "xlsx_sha256": made.xlsx.sha256,
        "xlsx_file_id": _file(session, one.team, made.xlsx, XLSX, now),
        "made_at": now,
    }
    if one.report_id:
        before = rows.one(session, one.report_id)
        same = before is not None and before.sha256 == made.csv.sha256 and before.state == state
        version = one.version if same else one.version + 1
        if not rows.remade(session, one.report_id, one.version, version=version, **values):
            return 0
        if not same:
            _record(session, one, "complaint_report:make:again", made, now)
        return one.report_id
    key = {"team": one.team, "program_id": one.program_id, "month": one.month.name, "addendum": 0}
    first = {**key, **values, "zone": one.zone, "due_on": one.due_on}
    if not insert_once(session, ComplaintReport, first, conflict=["program_id", "month", "addendum"]):
        return 0
    row = rows.of_month(session, one.program_id, one.month.name)
    assert row is not None, "it was inserted just now"  # noqa: S101 - insert_once said so
    _record(session, one, "complaint_report:make:made", made, now)
    start_clock(session, row, now)
    return row.id


XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def start_clock(session: Session, row: ComplaintReport, now: datetime) -> None:
    """Start the ladder of its due day."""
    case_clock.on_day(
        session,
        team=row.team,
        subject=SUBJECT,
        subject_id=row.id,
        ladder=SUBJECT,
        program=session.get(Program, row.program_id),
        zone=row.zone,
        due_on=row.due_on,
        source=SOURCE,
        at=now,
        now=now,
    )


def tell(session: Session, now: datetime) -> int:
    """Tell managers what waits for them, and people what they can fill in; each once. Returns how many heard.

    One message for each manager and month, whatever the number of programmes.
    """
    found = rows.untold(session, lock=True)
    programs = rows.programs(session, {row.program_id for row in found})
    listed: dict[tuple[str, str, str], list[ComplaintReport]] = {}
    asked: dict[tuple[str, str, str, str], list[tuple[str, list[str], int]]] = {}
    for row in found:
        program = programs[row.program_id]
        for user in managers(session, program, now):
            listed.setdefault((row.team, user, row.month), []).append(row)
        numbers = rows.numbers(session, row.team, [ref for ref, _, _ in row.missing])
        for ref, user, lacks in row.missing:
            asked.setdefault((row.team, user, row.month, program.ref), []).append(
                (ref, list(lacks), numbers[ref])
            )
        row.told_at = now
        session.add(row)
    for (team, user, month), reports_ in listed.items():
        facts: dict[str, object] = {
            "month": month,
            "reports": [line(one, programs[one.program_id]) for one in reports_],
        }
        spoken = programs[reports_[0].program_id].language
        _direct(session, team, user, "report.ready", facts, spoken, now)
    for (team, user, month, ref), lines in asked.items():
        facts = {"month": month, "program": ref, "lines": [list(one) for one in lines]}
        spoken = next(one.language for one in programs.values() if (one.team, one.ref) == (team, ref))
        _direct(session, team, user, "report.missing", facts, spoken, now)
    return len(listed) + len(asked)


def line(row: ComplaintReport, program: Program) -> dict[str, Any]:
    """Return what lists say about a report."""
    return {
        "id": row.id,
        "program": {"id": program.id, "ref": program.ref, "name": program.name},
        "month": row.month,
        "addendum": row.addendum,
        "state": row.state,
        "rows": row.rows,
        "missing": row.missing_rows,
        "due_on": row.due_on.isoformat(),
        "signed_by": row.signed_by,
        "sent_on": row.sent_on.isoformat() if row.sent_on else "",
    }


def month_before(now: datetime, zone: str) -> Month:
    """Return the month before this one, as a zone counts days."""
    return month_of(now.astimezone(ZoneInfo(zone)).date()).before()


def _direct(
    session: Session,
    team: str,
    user: str,
    view: str,
    facts: Mapping[str, object],
    spoken: str,
    now: datetime,
) -> None:
    put_direct(
        session,
        team=team,
        user=user,
        view=view,
        facts=facts,
        language=preference.language(session, team, user, spoken),
        now=now,
    )


def _file(session: Session, team: str, kept: Kept, mimetype: str, now: datetime) -> int:
    values = {
        "team": team,
        "sha256": kept.sha256,
        "size": kept.size,
        "mimetype": mimetype,
        "location": kept.place,
        "stored_at": now,
    }
    insert_once(session, File, values, conflict=["team", "sha256"])
    return rows.file_id(session, team, kept.sha256)


def _record(session: Session, one: Job, tag: str, made: Snapshot, now: datetime) -> None:
    audit.record(
        session,
        team=one.team,
        actor="worker",
        tag=tag,
        subject=f"{one.ref}/{one.month.name}",
        now=now,
        after={
            "addendum": one.addendum,
            "rows": made.rows,
            "missing": made.missing_rows,
            "sha256": made.csv.sha256,
            "xlsx_sha256": made.xlsx.sha256,
        },
    )
