"""Asking whoever logged or has complaints, once more before the month ends, for what they lack."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import plans
from bot.domain.complaint_report import Month, asks_at, lacking
from bot.domain.complaint_report import of as month_of
from bot.outbox import put_direct
from bot.services import preference
from bot.services.complaint_report import reports
from storage import Session, insert_once
from storage.queries import complaint_report as rows
from storage.tables import Program
from storage.tables_complaint import Complaint, ComplaintEntry

KIND: Final = "asked"
MOST: Final = 1_000
"""Complaints asked about in one go; more follow in a second message."""


@dataclass(frozen=True)
class Round:
    """The month of a programme, or of complaints without one (0), that is to be asked about since `at`."""

    team: str
    program_id: int
    month: Month
    zone: str
    at: datetime
    language: str


def rounds(session: Session, now: datetime) -> list[Round]:
    """Return whose running month is to be asked about now: of programmes that will report it.

    Complaints without a programme are asked about with the first such programme of their workspace.
    """
    switched = rows.switches(session)
    found: dict[tuple[str, int], Round] = {}
    for program in rows.live(session):
        live, ended = program.live_at, program.ended_at
        if live is None or live > now or (ended is not None and ended <= now):
            continue
        if not reports(program, switched[program.id][0] if program.id in switched else ""):
            continue
        one = _round(program, now)
        if one.at <= now:
            found[one.team, one.program_id] = one
            found.setdefault((one.team, 0), Round(one.team, 0, one.month, one.zone, one.at, one.language))
    return list(found.values())


def ask(session: Session, found: Sequence[Round], now: datetime) -> int:
    """Ask about each complaint once; each person gets one message. Returns how many heard."""
    lists: dict[tuple[str, str, str], list[tuple[str, list[str], int]]] = {}
    spoken: dict[str, str] = {}
    for one in found:
        spoken.setdefault(one.team, one.language)
        for row, lacks in _lacking(session, one):
            values = {
                "team": row.team,
                "complaint_id": row.id,
                "kind": KIND,
                "key": one.month.name,
                "by": "",
                "at": now,
                "recorded_at": now,
            }
            if not insert_once(session, ComplaintEntry, values, conflict=["complaint_id", "kind", "key"]):
                continue  # another process asks about it just now
            for user in dict.fromkeys(filter(None, (row.logged_by, row.owner))):
                lists.setdefault((row.team, user, one.month.name), []).append((row.ref, lacks, row.id))
    for (team, user, month), lines in lists.items():
        put_direct(
            session,
            team=team,
            user=user,
            view="report.asks",
            facts={"month": month, "lines": [list(line) for line in lines]},
            language=preference.language(session, team, user, spoken[team]),
            now=now,
        )
    return len(lists)


def open_rounds(session: Session, found: Iterable[Round]) -> list[Round]:
    """Return those of which a complaint is still to be asked about."""
    return [one for one in found if _lacking(session, one)]


def _lacking(session: Session, one: Round) -> list[tuple[Complaint, list[str]]]:
    """Return complaints that were logged before the asking began, with what they lack."""
    columns = plans.complaint_report().columns
    required = [column for column in columns if column.required]
    needed = [(_COLUMNS.get(column.value, column.value), column.required) for column in required]
    first, end = one.month.bounds(one.zone)
    found = rows.incomplete(
        session,
        one.team,
        one.program_id or None,
        (first, end),
        logged_before=one.at,
        needed=needed,
        unless=(KIND, one.month.name),
        limit=MOST,
    )
    read = [(row, _lacks(row)) for row in found]
    return [(row, lacks) for row, lacks in read if lacks]


_COLUMNS: Final[Mapping[str, str]] = {
    "channel": "received_through",
    "refund": "refund_amount",
    "summary": "text",
}
"""What columns of the report are called in the table; without a summary the words stand there."""


def _lacks(row: Complaint) -> list[str]:
    values: dict[str, Any] = {
        "account": row.account,
        "customer": row.customer,
        "contact": row.contact,
        "product": row.product,
        "bank": row.bank,
        "channel": row.received_through,
        "category": row.category,
        "summary": row.summary or row.text,
        "regulator": row.regulator,
        "resolution": row.resolution,
        "root_cause": row.root_cause,
        "refund": "" if row.refund_amount is None else f"{row.refund_amount}",
    }
    facts = {"kind": row.kind, "state": row.state}
    lacks = lacking(plans.complaint_report().columns, values, facts)
    return lacks if row.program_id else ["program", *lacks]


def _round(program: Program, now: datetime) -> Round:
    month = month_of(now.astimezone(ZoneInfo(program.zone)).date())
    at = asks_at(month, plans.complaint_report().ask_business_days, program.zone, program.region)
    return Round(program.team, program.id, month, program.zone, at, program.language)
