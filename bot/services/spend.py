"""What cards and cardholders have spent. Each authorization knows what it counts and moves by differences.

So an event that comes twice, late or in another order cannot count twice: what counts is computed again from
the rows as they are now, and the spend follows by what changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import spend as rules
from storage.queries import spend as rows

if TYPE_CHECKING:
    from storage import Session


def count(session: Session, authorization_id: str) -> int:
    """Let an authorization count what its row and its transactions now say; return that, in minor units.

    Call it after each change of an authorization or of a transaction, in the same transaction. Before the
    authorization itself is known nothing counts beyond what was answered; its own event catches up.
    """
    row = rows.authorization(session, authorization_id)
    if row is None:
        return 0
    rows.lock(session, (row.card, row.cardholder))
    newest = rows.newest_decision(session, authorization_id)
    captured, refunded = rows.moved(session, authorization_id)
    undecided = newest.counted if newest is not None and newest.entries >= row.entries else None
    now = rules.counted(
        status=row.status,
        approved=row.approved,
        amount=row.amount,
        captured=captured,
        refunded=refunded,
        undecided=undecided,
    )
    before = row.counted
    if newest is not None and newest.id > row.decision:
        before, row.decision = newest.counted, newest.id
    row.counted = now
    session.add(row)
    subjects = [subject for subject in (row.card, row.cardholder) if subject]
    keys = [
        (subject, window, row.currency) for subject in subjects for window in rules.windows(row.created_at)
    ]
    rows.move(session, keys, now - before)
    return now
