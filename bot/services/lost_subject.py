"""Deadlines of lost cards: frozen and not revoked, not stopped yet, a new card on its way."""

from collections.abc import Mapping, Sequence

from bot import text
from bot.services import lost_case as cases
from bot.services.subject import Act, Case, Subject
from storage import Session
from storage.queries import lost_card as rows
from storage.tables import Deadline, Thread
from storage.tables_lost import LostCard


def read(session: Session, deadlines: Sequence[Deadline]) -> Mapping[int, Subject]:
    """Return the reports behind deadlines, by the number of the deadline."""
    found = rows.many(session, {row.subject_id for row in deadlines})
    return {row.id: _subject(session, row, found[row.subject_id]) for row in deadlines}


def _subject(session: Session, deadline: Deadline, row: LostCard) -> Subject:
    case = cases.of(session, row)
    titles: dict[str, str] = {
        language: text.say(language, f"lost.clock.{deadline.subject}", ref=row.ref, last4=case.card.last4)
        for language in text.LANGUAGES
    }
    delivery = deadline.subject == cases.DELIVERY
    act = Act("open", "lost.open", str(row.id), primary=True)
    if not delivery:
        act = Act("revoke", "lost.ask_revoke", str(row.id), primary=True)
    return Case(
        session,
        ref=row.ref,
        kind=deadline.subject,
        number=row.id,
        owner=row.replaced_by if delivery else row.reported_by,
        program=case.program,
        titles=titles,
        # Without an operations channel nothing is in Slack that could be linked.
        thread=case.thread or Thread(team=row.team, subject="card", subject_id=0, channel=""),
        spoken=case.language,
        acts=(act,),
        takes=deadline.subject != cases.NOT_STOPPED,
    )
