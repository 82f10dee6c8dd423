"""Cards on their way to the people who test before the launch: each stage once, and when one is missing.

The new card for a lost one is followed in the thread of the lost one (`bot.services.lost_new`), not here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.domain import lost_card as rules
from bot.outbox import put_notice
from bot.services import case_clock, delivery
from bot.services.subject import Case, Subject
from storage import Session
from storage.queries import program as programs
from storage.queries import shipping as rows
from storage.queries import thread as threads
from storage.tables import Deadline, Program
from storage.tables_signal import CardShipping
from storage.tables_stripe import Card

SUBJECT: Final = "card_shipping"
SAID: Final = frozenset({"shipped", "returned", "failure", "delivered"})
"""Stages that are said; what comes before and after them is no news of the parcel."""


def moving(session: Session) -> list[int]:
    """Return the programmes with a card that has come further than was told."""
    new = [program for _, program in rows.new(session)]
    further = [row.program_id for row, card in rows.under_way(session) if _further(row, card)]
    return list(dict.fromkeys([*new, *further]))


def follow(session: Session, program_id: int, now: datetime) -> int:
    """Say how far the cards of a programme have come, in one line; returns how many cards moved."""
    program = programs.lock(session, program_id)
    board = threads.of(session, "program", program_id) if program is not None else None
    if program is None or board is None:
        return 0
    for card, whose in rows.new(session):
        if whose == program_id:
            _begin(session, program, card, now)
    moved = []
    for row, card in rows.under_way(session):
        if row.program_id != program_id or not _further(row, card):
            continue
        stage = _stage(card)
        row.told = stage
        session.add(row)
        session.flush()
        if stage in delivery.ARRIVED:
            case_clock.end(session, SUBJECT, row.id)
        moved.append({"card": card.id, "last4": card.last4, "stage": stage})
    said = [one for one in moved if one["stage"] in SAID]
    if said:
        facts: dict[str, Any] = {
            "cards": said,
            "program": {"id": program.id, "ref": program.ref, "name": program.name},
        }
        put_notice(session, board, "card.shipping", facts, language=program.language, now=now)
    return len(moved)


def read(session: Session, deadlines: Sequence[Deadline]) -> Mapping[int, Subject]:
    """Return the cards behind deadlines, by the number of the deadline; their owner is the lead."""
    found: dict[int, Subject] = {}
    for one in deadlines:
        row, card, program = rows.one(session, one.subject_id)
        thread = threads.of(session, "program", program.id)
        assert thread is not None, "a programme has a board"  # noqa: S101 - it is put when it starts
        titles: dict[str, str] = {
            language: text.say(language, "shipping.clock", last4=card.last4) for language in text.LANGUAGES
        }
        found[one.id] = Case(
            session,
            ref=f"{program.ref}/{row.card}",
            kind=one.subject,
            number=row.id,
            owner=program.lead,
            program=program,
            titles=titles,
            thread=thread,
            spoken=program.language,
        )
    return found


def _begin(session: Session, program: Program, card: Card, now: datetime) -> None:
    row = rows.begin(session, program, card.id, now)
    if row is not None and card.shipping_service == "standard" and _stage(card) not in delivery.ARRIVED:
        delivery.await_card(
            session,
            subject=SUBJECT,
            subject_id=row.id,
            team=program.team,
            program=program,
            card=card,
            at=card.created_at or now,
            now=now,
        )


def _stage(card: Card) -> str:
    return rules.stage_of(status=card.status, shipping=card.shipping_status)


def _further(row: CardShipping, card: Card) -> bool:
    return rules.is_further(row.told, _stage(card))
