"""What a notice says when it is delivered or edited: its frozen facts, and what became of them since."""

import json
from collections.abc import Mapping
from typing import Any

from bot.domain import onboarding
from storage import Session
from storage.queries import lost_card as lost_cards
from storage.queries import program as programs
from storage.tables import OutboxMessage, Program, Step, StepEntry


def facts_of(session: Session, notice: OutboxMessage) -> dict[str, Any]:
    """Return the facts of a notice, with what became of them: which buttons still do something.

    A button of an opened step may have moved to a newer notice; what was recorded can be undone for a while.

    A correction comes with them, under `correction`, in the zone of the programme.
    """
    facts: dict[str, Any] = json.loads(notice.facts or "{}")
    opened = facts.get("opened")
    if opened:
        rows = programs.steps_by_id(session, [line["id"] for line in opened])
        facts["opened"] = [
            {**line, "offered": _offered(rows.get(line["id"]), line, notice.id)} for line in opened
        ]
    if facts.get("entry"):
        entry = session.get(StepEntry, facts["entry"])
        facts["undo"] = entry is not None and entry.state == "stands" and entry.undo_until is not None
    if facts.get("transaction") and "answer" in facts:
        late = lost_cards.capture(session, facts["transaction"])
        facts |= {"answer": late.answer, "answered_by": late.by} if late else {}
    if notice.correction:
        program = session.get(Program, facts.get("program", {}).get("id", 0))
        zone = program.zone if program else "UTC"
        facts["correction"] = {"zone": zone, **json.loads(notice.correction)}
    return facts


def _offered(row: Step | None, line: Mapping[str, Any], notice: int) -> bool:
    """Tell whether a click on the button would still do something; of two notices the newer one has it."""
    if row is None or row.state not in onboarding.WORKABLE or row.offered_by not in {None, notice}:
        return False
    return line["actor"] == "stripe" or not row.assignee
