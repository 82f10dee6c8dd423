"""What a manager does with the monthly report of complaints: sign, record as sent, add, switch, get files.

What is signed is what was seen: a signature names the hash of the list, and a list that was made again in
between is not signed. Whoever is second finds that somebody was first.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import plans
from bot.domain.complaint_report import business_day
from bot.domain.complaint_report import of as month_of
from bot.domain.error import FormError, NotFoundError, StaleError
from bot.domain.role import Asker, Right
from bot.outbox import AT_ONCE
from bot.services import audit, case_clock, picture
from bot.services import complaint_report as service
from bot.services import person as people
from bot.services.duty_dates import duties_of, keep_dates
from bot.services.walk import of
from storage import Session, after_commit, insert_once
from storage.queries import complaint_report as rows
from storage.tables import DutyRecord, Program
from storage.tables_complaint_report import ComplaintReport, ReportFile

WAKE: Final = "report_files"
"""What `Database.on_commit` is told when a file of a report waits to be brought."""

DUTY: Final = "duty_complaints"
"""The lasting duty of the plans that a report fulfils."""

SIGNABLE: Final = ("open", "ready")
KINDS: Final = ("csv", "xlsx")


def one(session: Session, who: Asker, report_id: int, now: datetime) -> tuple[ComplaintReport, Program]:
    """Return a report and its programme to somebody who may sign it.

    Raises:
        NotFoundError: there is none.
        RefusedError: this person may not.
    """
    row = rows.one(session, report_id)
    if row is None or row.team != who.team:
        raise NotFoundError("report.none")
    program = rows.programs(session, {row.program_id})[row.program_id]
    people.require(session, who, Right.STEER_PROGRAM, now, people.relations(program))
    return row, program


def mine(session: Session, who: Asker, now: datetime, limit: int) -> list[tuple[ComplaintReport, Program]]:
    """Return the reports that this person may sign: first those that wait for somebody, then the newest."""
    found = rows.of_team(session, who.team, limit)
    programs = rows.programs(session, {row.program_id for row in found})
    may = {
        number: people.holds(session, who, Right.STEER_PROGRAM, now, people.relations(program))
        for number, program in programs.items()
    }
    return [(row, programs[row.program_id]) for row in found if may[row.program_id]]


def sign(session: Session, who: Asker, report_id: int, sha256: str, note: str, now: datetime) -> None:
    """Sign a report as somebody has seen it; its files are brought to whoever signed.

    Raises:
        StaleError: somebody has signed it, or it was made again meanwhile.
        FormError: something is missing and there is no note that says why it is signed all the same.
        NotFoundError: there is none.
        RefusedError: this person may not.
    """
    row, program = one(session, who, report_id, now)
    if row.state not in SIGNABLE:
        raise StaleError("report.signed_already" if row.signed_by else "report.not_made", who=row.signed_by)
    if row.sha256 != sha256 or service.stale(session, row):
        raise StaleError("report.changed")
    if row.missing_rows and not note:
        raise FormError({"note": ("report.note_needed", {})})
    _sign(session, who, row, program, note, now)
    bring(session, who, row, program, now)


def sign_nil(session: Session, who: Asker, report_ids: Sequence[int], now: datetime) -> int:
    """Sign all these reports of months without a complaint; returns how many.

    Those that somebody has signed meanwhile, or that hold a complaint now, are left as they are.

    Raises:
        StaleError: none of them is left.
        RefusedError: this person may not.
    """
    signed = 0
    for report_id in report_ids:
        row, program = one(session, who, report_id, now)
        if row.state in SIGNABLE and not row.rows and not row.addendum and not service.stale(session, row):
            _sign(session, who, row, program, "", now)
            signed += 1
    if not signed:
        raise StaleError("report.changed")
    return signed


def sent(
    session: Session, who: Asker, report_ids: Sequence[int], sent_on: date, reference: str, now: datetime
) -> int:
    """Record that signed reports were sent to Stripe; their deadlines end. Returns how many.

    Raises:
        StaleError: none of them waits to be sent.
        FormError: the day has not come yet, or is before a signature.
        RefusedError: this person may not.
    """
    recorded = 0
    for report_id in report_ids:
        row, program = one(session, who, report_id, now)
        zone = ZoneInfo(row.zone)
        if row.state != "signed" or row.signed_at is None:
            continue
        if sent_on > now.astimezone(zone).date():
            raise FormError({"sent_on": ("form.not_future", {})})
        if sent_on < row.signed_at.astimezone(zone).date():
            raise FormError({"sent_on": ("report.before_signed", {})})
        values: dict[str, Any] = {
            "sent_by": who.user,
            "sent_on": sent_on,
            "sent_at": now,
            "reference": reference or None,
        }
        if rows.move(session, row.id, ("signed",), state="sent", **values):
            case_clock.end(session, service.SUBJECT, row.id)
            _record(session, who, row, program, "complaint_report:send:sent", now, on=sent_on.isoformat())
            if not row.addendum:
                _duty(session, who, program, sent_on, now)
            recorded += 1
    if not recorded:
        raise StaleError("report.sent_already")
    return recorded


def add(session: Session, who: Asker, report_id: int, now: datetime) -> ComplaintReport:
    """Have an addendum made to a signed report, of what changed since; the worker makes it.

    Raises:
        StaleError: it is not signed, nothing has changed, or an addendum is under way.
        RefusedError: this person may not.
    """
    row, program = one(session, who, report_id, now)
    last = rows.last_of(session, program.id, row.month) or row
    if last.state not in {"signed", "sent"}:
        raise StaleError("report.under_way")
    if not service.stale(session, last) or last.snapshot_at is None:
        raise StaleError("report.nothing_changed")
    month = month_of(now.astimezone(ZoneInfo(row.zone)).date()).next()
    values: dict[str, Any] = {
        "team": row.team,
        "program_id": program.id,
        "month": row.month,
        "addendum": last.addendum + 1,
        "state": "making",
        "zone": row.zone,
        "since": last.snapshot_at - service.MARGIN,
        "due_on": business_day(month, plans.complaint_report().due_business_days, program.region),
        "made_at": now,
        "told_at": now,  # whoever asked knows
    }
    if not insert_once(session, ComplaintReport, values, conflict=["program_id", "month", "addendum"]):
        raise StaleError("report.under_way")
    made = rows.of_month(session, program.id, row.month, last.addendum + 1)
    assert made is not None, "it was inserted just now"  # noqa: S101 - insert_once said so
    service.start_clock(session, made, now)
    _record(session, who, made, program, "complaint_report:add:making", now)
    return made


def switch(session: Session, who: Asker, program: Program, now: datetime, *, on: bool) -> None:
    """Decide for one programme whether it reports, whatever its variant does.

    Raises:
        RefusedError: this person may not.
    """
    people.require(session, who, Right.STEER_PROGRAM, now, people.relations(program))
    value = "on" if on else "off"
    if rows.switch(session, program, value, who.user, now):
        audit.record(
            session,
            team=who.team,
            actor=who.user,
            tag="complaint_report:switch:changed",
            subject=program.ref,
            now=now,
            after={"report": value},
        )


def bring(session: Session, who: Asker, row: ComplaintReport, program: Program, now: datetime) -> None:
    """Have both files, and a picture, brought to one person; those that are there are not brought again."""
    fresh = False
    for kind in KINDS:
        values = {
            "team": row.team,
            "report_id": row.id,
            "version": row.version,
            "kind": kind,
            "person": who.user,
            "language": who.language,
            "name": name_of(row, program, kind),
            "next_attempt_at": AT_ONCE,
            "put_at": now,
        }
        conflict = ["report_id", "version", "kind", "person"]
        fresh = insert_once(session, ReportFile, values, conflict=conflict) or fresh
    if not fresh:
        return
    after_commit(session, WAKE)
    if row.rows:
        picture.put(
            session,
            team=row.team,
            kind="complaints",
            program_id=program.id,
            person=who.user,
            language=who.language,
            facts={**service.line(row, program), "figures": row.figures},
            asked_by=who.user,
            name=name_of(row, program, "png"),
            now=now,
        )


def name_of(row: ComplaintReport, program: Program, kind: str) -> str:
    """Return the name of a file of a report, as people and Stripe see it."""
    addendum = f"-addendum-{row.addendum}" if row.addendum else ""
    return f"{program.ref}-complaints-{row.month}{addendum}.{kind}"


def _sign(
    session: Session, who: Asker, row: ComplaintReport, program: Program, note: str, now: datetime
) -> None:
    values: dict[str, Any] = {
        "state": "signed",
        "signed_by": who.user,
        "signed_at": now,
        "note": note or None,
    }
    if not rows.move(session, row.id, SIGNABLE, row.sha256, **values):
        raise StaleError("report.changed")
    _record(
        session,
        who,
        row,
        program,
        "complaint_report:sign:signed",
        now,
        sha256=row.sha256,
        xlsx_sha256=row.xlsx_sha256,
        missing=row.missing_rows,
    )


def _duty(session: Session, who: Asker, program: Program, on: date, now: datetime) -> None:
    """Record the lasting duty of the plan as done, so that nobody is reminded of it twice."""
    walk = of(session, program)
    row = next((step for step in duties_of(walk) if step.key == DUTY), None)
    if row is None or program.state != "launched":
        return
    values = {
        "team": who.team,
        "program_id": program.id,
        "step_id": row.id,
        "on": on,
        "by": who.user,
        "at": now,
    }
    if insert_once(session, DutyRecord, values, conflict=["step_id", "on"]):
        walk.record(row, who, "duty:do:done", now, after={"on": on.isoformat()})
        keep_dates(walk, now)
        walk.show(now)


def _record(
    session: Session,
    who: Asker,
    row: ComplaintReport,
    program: Program,
    tag: str,
    now: datetime,
    **after: object,
) -> None:
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag=tag,
        subject=f"{program.ref}/{row.month}",
        now=now,
        after={"addendum": row.addendum, **after},
    )
