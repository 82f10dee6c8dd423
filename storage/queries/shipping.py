"""Queries of cards on their way before the launch of their programme."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, or_, select

from storage.tables import Program
from storage.tables_lost import LostCard
from storage.tables_signal import CardShipping
from storage.tables_stripe import Card
from storage.tables_stripe_event import CardTrait
from storage.upsert import insert_once

MOST: Final = 200
CASE: Final = "gantry_case"
"""What the metadata of a new card for a lost one have: its report may not name it yet."""

OVER: Final = ("delivered", "active", "canceled")


def new(session: Session) -> Sequence[tuple[Card, int]]:
    """Return live cards with a parcel that nobody follows yet, with the programme: one that is not launched.

    A new card for a lost one is left out, whether Stripe's answer or its event told of it first.
    """
    replaced = (Card.replacement_for != "") & (LostCard.card == Card.replacement_for)
    lost = select(LostCard.id).where(or_(LostCard.new_card == Card.id, replaced))
    on_the_way = session.exec(
        select(Program.ref, Program.id).where(Program.state == "active", col(Program.launched_at).is_(None))
    ).all()
    programs: dict[str, int] = dict(on_the_way)
    if not programs:
        return []
    found = session.exec(
        select(Card, CardTrait.metadata_text)
        .outerjoin(CardTrait, col(CardTrait.card) == col(Card.id))
        .outerjoin(CardShipping, col(CardShipping.card) == col(Card.id))
        .where(
            col(Card.program).in_(programs),
            col(Card.livemode),
            Card.type == "physical",
            Card.shipping_service != "",
            col(CardShipping.id).is_(None),
            ~lost.exists(),
        )
        .limit(MOST)  # in no order: sorted by number, all cards would be read
    ).all()
    ours = [card for card, text in found if CASE not in json.loads(text or "{}")]
    return [(card, programs[card.program]) for card in sorted(ours, key=lambda one: one.id)]


def begin(session: Session, program: Program, card: str, now: datetime) -> CardShipping | None:
    """Follow a card; None when somebody does."""
    values = {"team": program.team, "program_id": program.id, "card": card, "told": "created", "at": now}
    if not insert_once(session, CardShipping, values, conflict=["card"]):
        return None
    return session.exec(select(CardShipping).where(CardShipping.card == card)).one()


def under_way(session: Session) -> Sequence[tuple[CardShipping, Card]]:
    """Return the cards that people wait for, also after the launch."""
    found = session.exec(
        select(CardShipping, Card)
        .join(Card, col(Card.id) == col(CardShipping.card))
        .where(col(CardShipping.told).not_in(OVER))
        .order_by(col(CardShipping.id))
        .execution_options(populate_existing=True)
    ).all()
    return [(row, card) for row, card in found]


def one(session: Session, number: int) -> tuple[CardShipping, Card, Program]:
    """Return a card on its way by its number, with its programme."""
    row, card, program = session.exec(
        select(CardShipping, Card, Program)
        .join(Card, col(Card.id) == col(CardShipping.card))
        .join(Program, col(Program.id) == col(CardShipping.program_id))
        .where(CardShipping.id == number)
    ).one()
    return row, card, program
