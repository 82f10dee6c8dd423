"""What the pages of a submission say: items, the next round, and every round before."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from bot.domain import submission as rules
from bot.services import person as people
from bot.services.submission import entries_of, titles
from bot.services.submission_round import case_of, title_of
from bot.services.walk import Walk, of
from storage import Session
from storage.queries import submission as rows
from storage.tables import Program, Step
from storage.tables_submission import Submission, SubmissionItem


def facts(session: Session, row: Step) -> dict[str, Any]:
    """Return everything the pages of a submission say: items, the next round, and every round before."""
    program = session.get(Program, row.program_id)
    assert program is not None, "a step belongs to a programme"  # noqa: S101 - a foreign key says so
    walk = of(session, program)
    case = case_of(walk)
    language = program.language
    items = []
    walk.rows.read([one.item.step for one in case.looks])
    for one in case.looks:
        item, collector = one.item, walk.rows[one.item.step]
        plan_item = next(each for each in walk.step(item.step).evidence if each.id == item.id)
        items.append(
            {
                "key": item.key,
                "step": collector.id,
                "id": item.id,
                "number": item.number,
                "proof": item.proof,
                "flow": item.flow,
                "required": item.required,
                "title": plan_item.title[language],
                "good": plan_item.good[language],
                "state": one.state,
                "change": one.change,
                "before": [rules.short(digest) for digest in one.before],
                "after": [rules.short(piece.digest) for piece in one.fresh],
                "files": [piece.name for piece in one.fresh],
                "words": one.words,
                "collector": collector.assignee or program.lead,
                "taken": bool(collector.assignee),
            }
        )
    entries = entries_of(case)
    shown = [
        _round(walk, one, case.entries[one.id]) for one in reversed(case.rounds) if one.state != "replaced"
    ]
    users = [str(item["collector"]) for item in items]
    users += [str(one[name]) for one in shown for name in ("by", "sent_by", "answered_by")]
    return {
        **walk.line(row.key),
        "url": walk.step(row.key).url or walk.step(row.key).source,
        "assignee": row.assignee,
        "items": items,
        "next": case.next_number,
        "packets": _packed(entries),
        "links": [entry.name or "" for entry in entries if entry.kind == "link"],
        "lacking": titles(walk, rules.lacking(case.looks)),
        "left_out": titles(walk, rules.left_out(case.looks)),
        "rounds": shown,
        "open": case.open.ref if case.open else "",
        "failed": [
            {"id": each.id, "name": each.name, "error": each.error}
            for each in (rows.packets(session, case.open.id) if case.open else ())
            if each.state == "failed"
        ],
        "program": {"id": program.id, "ref": program.ref, "name": program.name, "state": program.state},
        "names": people.names(session, program.team, users),
    }


def _packed(entries: Sequence[SubmissionItem]) -> list[list[str]]:
    count = max((entry.packet for entry in entries), default=0)
    return [
        [entry.name or "" for entry in entries if entry.packet == number] for number in range(1, count + 1)
    ]


def _round(walk: Walk, one: Submission, entries: Sequence[SubmissionItem]) -> dict[str, Any]:
    changes = {entry.item: entry.change for entry in entries if entry.change}
    return {
        "ref": one.ref,
        "number": one.number,
        "state": one.state,
        "packed": one.packed,
        "by": one.by,
        "at": one.at.isoformat(),
        "sent_on": _iso(one.sent_on),
        "sent_by": one.sent_by,
        "reference": one.reference or "",
        "words": one.words or "",
        "answered_at": _iso(one.answered_at),
        "answered_by": one.answered_by,
        "files": [
            {"name": entry.name or "", "sha256": rules.short(entry.sha256), "packet": entry.packet}
            for entry in entries
            if entry.kind == "file"
        ],
        "links": [entry.name or "" for entry in entries if entry.kind == "link"],
        "changes": [{"title": title_of(walk, key), "words": words} for key, words in changes.items()],
    }


def _iso(moment: date | datetime | None) -> str | None:
    return moment.isoformat() if moment else None
