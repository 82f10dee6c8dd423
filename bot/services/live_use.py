"""What is in live use, against what was approved."""

from datetime import datetime

from bot.domain import live_use as rules
from bot.outbox import put_board, put_direct
from bot.services import audit, preference
from storage import Session
from storage.queries import person as person_rows
from storage.queries import submission as rows
from storage.queries import thread as threads
from storage.tables import Program
from storage.tables_submission import LiveCapability
from storage.upsert import insert_once


def observe(session: Session, program: Program, capability: str, at: datetime, source: str) -> bool:
    """Record that a capability was seen in live use; managers hear once of one that was not approved.

    Args:
        session: the caller's transaction.
        program: whose.
        capability: a name of `capability.*`, or Stripe's own.
        at: business time.
        source: what told us, such as the id of Stripe's event.

    Returns:
        Whether it was approved.
    """
    values = {
        "team": program.team,
        "program_id": program.id,
        "capability": capability,
        "source": source,
        "at": at,
    }
    first = insert_once(session, LiveCapability, values, conflict=["program_id", "capability"])
    approved = not rules.outside([capability], program.capabilities)
    if first:
        _record(session, program, "capability:observe:live", at, capability, source)
    row = rows.live_one(session, program.id, capability)
    if approved or row is None or row.told_at is not None:
        return approved
    row.told_at = at
    session.add(row)
    _record(session, program, "capability:observe:unapproved", at, capability, source)
    board = threads.of(session, "program", program.id)
    if board is not None:
        put_board(session, board, language=program.language, now=at)
    for user in managers(session, program, at):
        put_direct(
            session,
            team=program.team,
            user=user,
            view="live.unapproved",
            facts={
                "capability": capability,
                "capabilities": list(program.capabilities),
                "program": {"id": program.id, "ref": program.ref, "name": program.name},
            },
            language=preference.language(session, program.team, user, program.language),
            now=at,
        )
    return approved


def managers(session: Session, program: Program, now: datetime) -> list[str]:
    """Return who answers for a programme: its manager, else everybody with that role, else its lead."""
    if program.manager:
        return [program.manager]
    return person_rows.holders(session, program.team, ["manager"], now.date()) or [program.lead]


def unapproved(session: Session, program: Program) -> list[str]:
    """Return what is live and was not approved, in alphabetical order."""
    observed = [row.capability for row in rows.live(session, program.id)]
    return list(rules.outside(observed, program.capabilities))


def _record(session: Session, program: Program, tag: str, at: datetime, capability: str, source: str) -> None:
    audit.record(
        session,
        team=program.team,
        actor=source,
        tag=tag,
        subject=program.ref,
        now=at,
        after={"capability": capability, "approved": list(program.capabilities)},
    )
