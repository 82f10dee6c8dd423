"""What the pages of the monthly reports show: the list of a manager, and one report."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain.role import Asker, Right
from bot.services import complaint_report as service
from bot.services import complaint_sign
from bot.services import person as people
from storage import Session
from storage.queries import complaint_report as rows
from storage.queries import program as programs

MOST: Final = 200
"""Reports that are read for a list; those that wait come first."""

SHOWN: Final = 12
"""Complaints with something missing that one page names."""


def listed(session: Session, who: Asker, now: datetime) -> dict[str, Any]:
    """Return what the list shows: reports that wait, those that were sent, who reports nothing.

    Raises:
        RefusedError: this person manages nothing.
    """
    found = complaint_sign.mine(session, who, now, MOST)
    switched = rows.switches(session)
    silent, switchable = [], []
    for program in programs.all_of(session, who.team):
        if program.live_at is None or not people.holds(
            session, who, Right.STEER_PROGRAM, now, people.relations(program)
        ):
            continue
        value = switched.get(program.id, ("", now))[0]
        about = {"id": program.id, "ref": program.ref, "name": program.name}
        if not service.reports(program, value):
            silent.append(about)
        elif value == "on":
            switchable.append(about)
    if not found and not silent and not switchable:
        people.require(session, who, Right.STEER_PROGRAM, now)
    lines = [service.line(row, program) for row, program in found]
    return {
        "reports": [one for one in lines if one["rows"] or one["addendum"] or one["state"] == "sent"],
        "nil": [
            one
            for one in lines
            if not one["rows"] and not one["addendum"] and one["state"] in {"open", "ready"}
        ],
        "nil_signed": [
            one for one in lines if not one["rows"] and not one["addendum"] and one["state"] == "signed"
        ],
        "silent": silent,
        "switched": switchable,
        "names": people.names(session, who.team, [one["signed_by"] for one in lines]),
        "today": now.date().isoformat(),
    }


def shown(session: Session, who: Asker, report_id: int, now: datetime) -> dict[str, Any]:
    """Return what the page of one report shows.

    Raises:
        NotFoundError: there is none.
        RefusedError: this person may not sign it.
    """
    row, program = complaint_sign.one(session, who, report_id, now)
    last = rows.last_of(session, program.id, row.month) or row
    stale = row.state != "making" and service.stale(session, row)
    users = [row.signed_by, row.sent_by, *(one[1] for one in row.missing[:SHOWN])]
    return {
        **service.line(row, program),
        "figures": row.figures,
        "lacking": row.missing[:SHOWN],
        "sha256": row.sha256,
        "xlsx_sha256": row.xlsx_sha256,
        "snapshot_at": row.snapshot_at.isoformat() if row.snapshot_at else "",
        "signed_at": row.signed_at.isoformat() if row.signed_at else "",
        "note": row.note or "",
        "sent_by": row.sent_by,
        "reference": row.reference or "",
        "stale": stale,
        "addable": stale and last.id == row.id and row.state in {"signed", "sent"},
        "names": people.names(session, who.team, users),
        "today": now.astimezone(ZoneInfo(row.zone)).date().isoformat(),
    }
