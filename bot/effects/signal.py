"""The tick of signals: what Stripe shows of the programmes that are on their way to the launch."""

from bot.clock import Clock
from bot.services import shipping, signal
from storage import Database
from storage.queries import signal as rows
from storage.tables import Program


def look(database: Database, clock: Clock) -> int:
    """Look at each programme without a write, then say and do what is new; returns how much that was."""
    with database.reading() as session:
        programs = rows.unlaunched(session)
    said = 0
    for program_id in programs:
        with database.reading() as session:
            program = session.get(Program, program_id)
            found = signal.fresh(session, program) if program is not None else []
        if program is None or not found:
            continue
        with database.transaction() as session:
            said += signal.take(session, program, found, clock.now())
    return said


def follow_parcels(database: Database, clock: Clock) -> int:
    """Look without a write for cards that have come further, and say so; returns how many there were."""
    with database.reading() as session:
        programs = shipping.moving(session)
    moved = 0
    for program_id in programs:
        with database.transaction() as session:
            moved += shipping.follow(session, program_id, clock.now())
    return moved
