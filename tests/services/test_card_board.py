"""A card has one thread, whoever asks for it, and its board follows the card."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from bot.services import board, card_board
from bot.views.registry import render
from storage import Database, Session
from storage.tables import OutboxMessage, Thread
from storage.tables_stripe import Card
from tests.support.course import NOW, TEAM


@pytest.fixture
def card(database: Database) -> Card:
    with database.transaction() as session:
        found = Card(id="ic_1", livemode=True, last4="4242", status="active", event_at=NOW)
        session.add(found)
    return found


def opened(session: Session, card: Card) -> Thread:
    return card_board.open_board(session, card, team=TEAM, channel="C0OPS", language="en", now=NOW)


def said(database: Database) -> list[Any]:
    with database.reading() as session:
        threads = session.exec(select(Thread)).all()
        return [render("card", "en", board.LOADERS["card"](session, one) or {})["text"] for one in threads]


def test_a_card_gets_one_thread_however_often_it_is_asked_for(database: Database, card: Card) -> None:
    with database.transaction() as session:
        first = opened(session, card).id
    with database.transaction() as session:
        assert opened(session, card).id == first
    with database.reading() as session:
        [message] = session.exec(select(OutboxMessage)).all()
    assert (message.kind, message.view, message.channel) == ("board", "card", "C0OPS")


def test_the_board_of_a_card_says_how_it_stands_now(database: Database, card: Card) -> None:
    with database.transaction() as session:
        opened(session, card)
        session.add(Card(id="ic_2", livemode=True, event_at=NOW))
    assert said(database) == ["*Card •••• 4242* · active at Stripe"]

    with database.transaction() as session:
        row = session.get(Card, "ic_1")
        assert row is not None
        row.status = "canceled"
        session.add(row)
        card_board.follow(session, "ic_1", NOW)
        card_board.follow(session, "ic_2", NOW)

    assert said(database) == ["*Card •••• 4242* · canceled at Stripe, for good"]
