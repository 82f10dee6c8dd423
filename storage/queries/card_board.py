"""Queries of the threads of cards."""

from datetime import datetime

from sqlmodel import Session, select

from storage.tables_call import CardBoard
from storage.upsert import insert_once


def put(session: Session, team: str, card: str, *, language: str, now: datetime) -> CardBoard:
    """Return the row of a card's thread, made if there was none."""
    values = {"team": team, "card": card, "language": language, "opened_at": now}
    insert_once(session, CardBoard, values, conflict=["team", "card"])
    return session.exec(select(CardBoard).where(CardBoard.team == team, CardBoard.card == card)).one()


def of_card(session: Session, card: str) -> list[CardBoard]:
    """Return the rows of a card's threads: one in each workspace that has one."""
    return list(session.exec(select(CardBoard).where(CardBoard.card == card)).all())


def one(session: Session, row_id: int) -> CardBoard | None:
    """Return one by its number."""
    return session.get(CardBoard, row_id)
