"""What boards, pages and lists say of complaints. Only pages hold what the customer said."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bot.domain import complaint as rules
from bot.domain.role import Asker
from bot.services import complaint_case
from bot.services import person as people
from bot.services.complaint_case import Case
from storage import Session
from storage.queries import complaint as rows
from storage.queries import program as programs
from storage.tables import Thread
from storage.tables_complaint import Complaint, ComplaintEntry

PART: Final = 10
"""Complaints on one page of a list."""

HOME_PART: Final = 5
"""Complaints on Home; the list behind the button has all."""

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
RUNNING: Final = ("active", "launched", "paused")


def load(session: Session, thread: Thread) -> dict[str, Any] | None:
    """Return what the board of a complaint says; for `bot.services.board.LOADERS`."""
    row = rows.one(session, thread.subject_id)
    return None if row is None else board_facts(complaint_case.of(session, row))


def board_facts(case: Case) -> dict[str, Any]:
    """Return everything the board of a complaint says; nothing of the customer."""
    row, facts = case.row, case.facts
    users = [row.owner, row.logged_by, row.decided_by, row.released_by, row.ended_by]
    return {
        **case.about(),
        "feedback": row.feedback,
        "words": list(row.proposal_words),
        "proposal_until": _iso(row.proposal_until) if row.proposal == "asked" else "",
        "proposed_at": _iso(row.proposed_at),
        "locked_at": _iso(row.locked_at) if row.locked else "",
        "notified_at": _iso(row.notified_at),
        "released_at": _iso(row.released_at),
        "released_by": row.released_by,
        "submitted_at": _iso(row.submitted_at),
        "logged_by": row.logged_by,
        "decided_by": row.decided_by,
        "dates": [_date(due) for due in case.dues.values()],
        "breaches": list(row.breaches),
        "while_locked": [_iso(at) for at in rows.recorded_while_locked(case.session, row.id)],
        "redacted": row.redacted,
        "offers": list(rules.offers(facts, case.book, case.region)),
        "names": people.names(case.session, row.team, users),
    }


def page_facts(case: Case, who: Asker, now: datetime) -> dict[str, Any]:
    """Return what one person reads on the page of a complaint; the customer's words if they may."""
    row = case.row
    found = {**board_facts(case), "reads": case.may_read(who, now), "link": case.link()}
    if not found["reads"]:
        return found
    entries = rows.entries(case.session, row.id)
    users = [*(one.by for one in entries), row.received_by]
    return {
        **found,
        **_known(row),
        "source_link": row.source_link or "",
        "entries": [_entry(one) for one in entries],
        "names": {**found["names"], **people.names(case.session, row.team, users)},
    }


def detail_facts(case: Case) -> dict[str, Any]:
    """Return what the form of details holds."""
    team = case.row.team
    return {
        **case.about(),
        **_known(case.row),
        "submitted_at": _iso(case.row.submitted_at),
        "program_id": case.row.program_id or 0,
        "programs": choices(case.session, team),
    }


def letter_facts(case: Case, who: Asker) -> dict[str, Any]:
    """Return what the drafts to the customer and to Stripe are filled with."""
    program = case.program
    return {
        **case.about(),
        **_known(case.row),
        "language": case.language,
        "submitted_at": _iso(case.row.submitted_at),
        "resolve_due": _iso(case.row.resolve_due_at),
        "words": list(case.row.proposal_words),
        "contact_name": (program.contact_name or "") if program else "",
        "contact_email": (program.contact_email or "") if program else "",
        "writer": people.names(case.session, case.row.team, [who.user]).get(who.user, ""),
    }


def listed(session: Session, who: Asker, which: str, part: int, now: datetime) -> dict[str, Any]:
    """Return one page of a list of `storage.queries.complaint.WHICH`."""
    after = max(0, part) * PART
    found = rows.page(session, who.team, which, user=who.user, now=now, after=after, limit=PART + 1)
    shown = found[:PART]
    return {
        "which": which,
        "part": max(0, part),
        "more": len(found) > PART,
        "lines": [_line(complaint_case.of(session, row)) for row in shown],
        "names": people.names(session, who.team, [row.owner for row in shown]),
    }


def mine(session: Session, who: Asker) -> dict[str, Any]:
    """Return what Home shows: the open complaints of somebody, the newest first, and how many there are."""
    found = rows.page(session, who.team, "mine", user=who.user, now=LONG_AGO, after=0, limit=HOME_PART)
    return {
        "lines": [_line(complaint_case.of(session, row)) for row in found],
        "total": rows.count_mine(session, who.team, who.user) if len(found) == HOME_PART else len(found),
    }


def choices(session: Session, team: str) -> list[dict[str, Any]]:
    """Return the programmes that a complaint can belong to."""
    found = programs.all_of(session, team)
    return [{"id": one.id, "ref": one.ref, "name": one.name} for one in found if one.state in RUNNING]


def _known(row: Complaint) -> dict[str, Any]:
    return {
        "text": row.text or "",
        "customer": row.customer or "",
        "contact": row.contact or "",
        "summary": row.summary or "",
        "received_through": row.received_through,
        "category": row.category,
        "product": row.product,
        "account": row.account,
        "bank": row.bank,
        "regulator": row.regulator or "",
        "refund_amount": row.refund_amount,
        "refund_currency": row.refund_currency,
        "resolution": row.resolution or "",
        "root_cause": row.root_cause or "",
        "decision_reason": row.decision_reason or "",
        "release_reason": row.release_reason or "",
        "stripe_answer": row.stripe_answer or "",
        "extension_reason": row.extension_reason or "",
        "mistake_reason": row.mistake_reason or "",
    }


def _entry(one: ComplaintEntry) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "words": one.words or one.name or ("" if one.kind == "contact" else one.target),
        "target": one.target,
        "breach": one.breach,
        "state": one.state,
        "error": one.error,
        "at": one.at.isoformat(),
        "by": one.by,
    }


def _line(case: Case) -> dict[str, Any]:
    return {**case.about(), "breaches": list(case.row.breaches)}


def _date(due: rules.Due) -> dict[str, Any]:
    return {
        "name": due.name,
        "due": due.counted.due_at.isoformat(),
        "length": due.length,
        "calendar": due.counted.calendar,
        "skipped": len(due.counted.skipped),
        "ended": _iso(due.ended_at),
        "kept": due.ended_at is not None and not due.late(due.ended_at),
    }


def missing(row: Complaint) -> Sequence[str]:
    """Return the fields without which the monthly report has a gap."""
    needed: Mapping[str, object] = {
        "customer": row.customer,
        "received_through": row.received_through,
        "category": row.category,
        "product": row.product,
        "program": row.program_id,
    }
    return [name for name, value in needed.items() if not value]


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
