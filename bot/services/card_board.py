"""One thread for each card that people have to look at, in the operations channel; its root is a board.

What is said of a card is a notice in that thread, never a message of its own. It names last four and id
only: holder, address and purchases open in forms.
"""

from datetime import datetime
from typing import Any, Final

from bot.outbox import put_board_of
from storage import Session, insert_once
from storage.queries import card_board as rows
from storage.queries import stripe_mirror as mirror
from storage.queries import thread as threads
from storage.tables import Thread
from storage.tables_call import CardBoard
from storage.tables_stripe import Card

SUBJECT: Final = "card"


def open_board(
    session: Session, card: Card, *, team: str, channel: str, language: str, now: datetime
) -> Thread:
    """Return the root of a card's thread, put into the channel now if the card has none yet.

    Args:
        session: the caller's transaction.
        card: as it is; its row exists.
        team: the workspace.
        channel: the operations channel of its programme, or the default.
        language: of that channel.
        now: business time.
    """
    row = rows.put(session, team, card.id, language=language, now=now)
    values = {"team": team, "subject": SUBJECT, "subject_id": row.id, "channel": channel}
    if insert_once(session, Thread, values, conflict=["subject", "subject_id"]):
        put_board_of(session, SUBJECT, row.id, language=language, now=now)
    found = threads.of(session, SUBJECT, row.id)
    assert found is not None, "it was just inserted"  # noqa: S101 - nothing removes threads
    return found


def follow(session: Session, card_id: str, now: datetime) -> None:
    """Show a card as it is now, where it has a thread."""
    for row in rows.of_card(session, card_id):
        put_board_of(session, SUBJECT, row.id, language=row.language, now=now)


def load(session: Session, thread: Thread) -> dict[str, Any] | None:
    """Return what the board of a card says; for `bot.services.board.LOADERS`."""
    row = rows.one(session, thread.subject_id)
    card = mirror.card(session, row.card) if row is not None else None
    return facts(session, row, card) if row is not None and card is not None else None


def facts(session: Session, row: CardBoard, card: Card) -> dict[str, Any]:
    """Return everything the board of a card says."""
    program = mirror.program(session, card.program) if card.program else None
    return {
        "id": row.id,
        "card": card.id,
        "last4": card.last4,
        "account": card.account,
        "livemode": card.livemode,
        "type": card.type,
        "status": card.status,
        "reported": card.reported,
        "reported_at": card.reported_at.isoformat() if card.reported_at else "",
        "cancellation_reason": card.cancellation_reason,
        "program": {"id": program.id, "ref": program.ref, "name": program.name} if program else None,
    }
