"""What operators do with dead letters, and what becomes of messages whose sender vanished."""

from datetime import datetime

from bot.domain.error import StaleError
from bot.domain.role import Asker, Right
from bot.outbox import AT_ONCE, WAKE
from bot.services import audit
from bot.services import person as people
from storage import Session, after_commit
from storage.queries import outbox as rows


def retry(session: Session, who: Asker, message_id: int, now: datetime) -> None:
    """Send a dead letter once more.

    Raises:
        StaleError: it is not dead any more.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.OUTBOX, now)
    row = rows.message(session, message_id)
    if row is None or row.team != who.team or not rows.revive(session, message_id, AT_ONCE):
        raise StaleError("outbox.not_dead", number=message_id)
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag="outbox:retry:pending",
        subject=f"outbox/{message_id}",
        now=now,
    )
    after_commit(session, WAKE)
