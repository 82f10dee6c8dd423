"""Whether a purchase on a reported card was the holder's: answered once, by support or an operator."""

from datetime import datetime

from bot.domain.error import NotFoundError, StaleError
from bot.domain.role import Asker
from bot.outbox import amend_notice
from bot.services import lost_case as cases
from storage import Session
from storage.queries import lost_card as rows


def answer(session: Session, who: Asker, transaction: str, said: str, now: datetime) -> None:
    """Keep whether the holder knows of a purchase; the question in the thread shows it.

    Raises:
        NotFoundError: nobody was asked about this here.
        StaleError: somebody has answered.
    """
    found = rows.capture(session, transaction)
    row = rows.one(session, found.case_id) if found is not None else None
    if found is None or row is None or row.team != who.team:
        raise NotFoundError("error.old_button")
    if not rows.answer_capture(session, transaction, said, who.user):
        raise StaleError("lost.late_answered", who=found.by)
    case = cases.of(session, row)
    cases.record(case, who.user, "card:capture:answered", now, transaction=transaction, answer=said)
    if found.message:
        amend_notice(session, found.message, now=now)
