"""A dispute in its rows, on both databases: opened once, asked of Stripe once, submitted by one of two."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.domain.error import GantryError, StaleError
from bot.domain.role import Asker
from bot.services import dispute as service
from bot.services import dispute_follow
from bot.services.call_result import FOLLOW
from bot.services.dispute import Choice
from bot.services.dispute_case import Place
from bot.services.stripe_call import Outcome
from storage import Session
from storage.queries import dispute as rows
from storage.tables import Deadline, Role, Thread
from storage.tables_call import StripeCall
from storage.tables_dispute import Dispute
from storage.tables_stripe import Card, Transaction
from storage.tables_stripe_event import StripeDispute
from tests.support.course import MARC, NOW, OLGA, SAM, TEAM, Course

HERE = Place("C0OPS", "en")
PAID = "ipi_1"


@pytest.fixture
def desk(course: Course) -> Course:
    """A card that was canceled, with a thief's purchase."""
    with course.database.transaction() as session:
        for who, role in ((SAM, "support"), (OLGA, "operator"), (MARC, "manager")):
            session.add(Role(team=TEAM, user=who.user, role=role, by="settings", at=NOW))
        session.add(Card(id="ic_1", livemode=True, last4="4242", status="canceled", type="virtual"))
        session.flush()
        session.add(
            Transaction(
                id=PAID,
                livemode=True,
                type="capture",
                card="ic_1",
                amount=-7_000,
                currency="usd",
                created_at=NOW,
            )
        )
    return course


def begin(session: Session, amount: int = 7_000) -> Dispute:
    return service.begin(session, SAM, PAID, Choice("fraudulent", amount), HERE, "", NOW)


def answer(course: Course, **object_: Any) -> None:
    """Stripe's answer to the open call."""
    [call] = [row for row in course.rows(StripeCall) if row.state == "open"]
    with course.database.transaction() as session:
        row = session.get_one(StripeCall, call.id)
        row.state = "done"
        session.add(row)
        FOLLOW[call.act](session, row, Outcome(ok=True, object=object_), NOW)


def both(work: Callable[[Asker], str]) -> list[str]:
    """What two people hear who do the same at once."""
    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(work, (OLGA, MARC)))


def test_two_people_open_and_submit_one_dispute(desk: Course) -> None:
    def open_(who: Asker) -> str:
        with desk.database.transaction() as session:
            return service.begin(session, who, PAID, Choice("fraudulent", 7_000), HERE, "", NOW).ref

    assert both(open_) == ["D-1", "D-1"]
    assert len([row for row in desk.rows(Thread) if row.subject == "dispute"]) == 1
    answer(desk, id="idp_1", status="unsubmitted", evidence={"reason": "fraudulent"})
    with desk.database.transaction() as session:
        row = begin(session)
        assert row.stripe == "idp_1"
        service.keep(session, SAM, row, {"explanation": "I never bought this."}, NOW)
        with pytest.raises(StaleError):
            service.submit(session, OLGA, row, NOW)  # nobody has asked
        service.ask(session, SAM, row, NOW)
    answer(desk, id="idp_1", status="unsubmitted", evidence={"reason": "fraudulent"})

    def submit(who: Asker) -> str:
        try:
            with desk.database.transaction() as session:
                found = rows.of_transaction(session, PAID)
                assert found is not None
                service.submit(session, who, rows.lock(session, found.id), NOW)
        except GantryError as error:
            return error.key
        return "done"

    assert both(submit) == ["dispute.not_asked", "done"]
    assert [row.act for row in desk.rows(StripeCall)] == [
        "dispute.create",
        "dispute.change",
        "dispute.submit",
    ]
    answer(desk, id="idp_1", status="submitted")

    with desk.database.transaction() as session:
        values = {"id": "idp_1", "transaction": PAID, "livemode": True, "currency": "usd", "amount": 7_000}
        session.add(StripeDispute(**values, status="won", reason="fraudulent", created_at=NOW, event_at=NOW))
    for _ in range(2):  # an event that comes again changes nothing
        with desk.database.transaction() as session:
            assert dispute_follow.follow(session, "idp_1", {"operations": "C0OPS"}, "en", NOW)
    [row] = desk.rows(Dispute)
    assert (row.state, row.task, row.task_state) == ("won", "reimburse", "open")
    clocks = {row.subject: row.state for row in desk.rows(Deadline)}
    assert (clocks["dispute"], clocks["dispute_task"]) == ("met", "open")
