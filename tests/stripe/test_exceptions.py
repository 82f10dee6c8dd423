"""From Stripe's events to the thread of a card: what is told, what is listed in one line, what is only counted."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.domain.card_exception import BUDGET
from bot.domain.error import NotFoundError
from bot.effects.card_exception import Exceptions
from bot.services import card_exception as service
from bot.views.registry import render
from storage import Database
from storage.queries import policy as cards
from storage.tables import OutboxMessage, Program, Workspace
from storage.tables_exception import CardException
from storage.tables_stripe import AuthorizationDecision
from storage.tables_stripe_event import ProgramAccount
from tests.stripe.rig import Rig
from tests.support.course import OLGA, TEAM, USUAL, Course
from tests.support.stripe_events import NOW, STAMP, event
from tests.support.stripe_lives import authorization, card

CHANNELS = {"operations": "C0OPS"}
VIEWS = ("card.exception", "card.rest", "card.spike")


class Site(Rig):
    """A rig with the worker's look at exceptions."""

    def look(self) -> list[str]:
        """Look, and return everything the operations channel has been told."""
        Exceptions(self.database, self.clock, CHANNELS, "en").tick()
        rows = sorted(self.rows(OutboxMessage), key=lambda row: row.id)
        return [
            render(row.view, "en", json.loads(row.facts or ""))["text"] for row in rows if row.view in VIEWS
        ]

    def boards(self) -> int:
        return sum(row.view == "card" for row in self.rows(OutboxMessage))

    def states(self) -> list[str]:
        return [row.state for row in sorted(self.rows(CardException), key=lambda row: row.id)]

    def launched(self) -> None:
        """A launched programme, to which every card of the platform belongs."""
        course = Course(self.database)
        course.start(USUAL)
        with self.database.transaction() as session:
            session.add(ProgramAccount(team=TEAM, program_id=course.program_id, by="U0LENA", at=NOW))
            program = session.get(Program, course.program_id)
            assert program is not None
            program.launched_at = NOW - timedelta(days=1)


@pytest.fixture
def site(database: Database) -> Site:
    with database.transaction() as session:
        session.add(Workspace(team=TEAM, refreshed_at=NOW))
    return Site(database)


def used(name: str, reason: str = "webhook_declined", *, of: str = "1", at: int = STAMP) -> dict[str, Any]:
    """The event of an authorization, declined unless its reason says otherwise."""
    approved = reason == "webhook_approved"
    found = authorization(0, id=f"iauth_{name}", card=card(of), approved=approved, created=at)
    found["request_history"] = [{"created": at, "approved": approved, "reason": reason}]
    found["status"] = "pending" if approved else "closed"
    return event("issuing_authorization.created", found, at=at, number=f"{name}x")


def test_in_the_tests_the_first_decline_is_explained_in_the_thread_of_the_card(site: Site) -> None:
    with site.database.transaction() as session:
        session.add(
            AuthorizationDecision(
                event="evt_r", authorization="iauth_a", entries=0, livemode=False, card="ic_1",
                cardholder="ich_1", currency="eur", approved=False, rule="merchant_category", policy=0, at=NOW,
            )
        )  # fmt: skip
    site.take(used("a"), used("b", "card_inactive"), used("c", "card_inactive"))
    assert site.look() == [
        (
            "Declined: the merchant's category is not accepted. "
            "If this purchase is wanted, change `[merchant_category]` in the policy."
        ),
        (
            "Declined by Stripe: the card is frozen, or was never activated. "
            "Activate it in Stripe's Dashboard if the customer has it."
        ),
    ]
    assert (site.boards(), site.states()) == (1, ["told", "told", "quiet"])
    assert len(site.look()) == 2  # a second look, and the same events again, say nothing more
    site.take(used("a"))
    assert len(site.look()) == 2


def test_a_reported_card_is_never_said_to_want_activation(site: Site) -> None:
    with site.database.transaction() as session:
        cards.report_card(session, "ic_1", kind="lost", account="", livemode=False, now=NOW)
    site.take(used("b", "card_inactive"))
    [said] = site.look()
    assert "reported" in said
    assert "Activate" not in said


def test_approvals_are_never_told_and_trouble_with_an_answer_always_is(site: Site) -> None:
    site.launched()
    site.take(used("a", "webhook_approved"), used("b", "webhook_timeout"), used("c", "webhook_error"))
    site.take(used("d"), used("e", "webhook_timeout"))
    told = site.look()
    assert [one.split("*")[1] for one in told] == [
        "Stripe got no answer within 2 seconds",
        "Stripe could not use our answer.",
    ]
    assert site.states() == ["told", "told", "quiet", "quiet"]


def test_beyond_the_threads_of_a_day_there_is_one_line_an_hour(site: Site) -> None:
    many = BUDGET + 3
    site.take(*(used(f"{n}", "webhook_timeout", of=f"{n}") for n in range(many)))
    assert len(site.look()) == BUDGET
    assert site.boards() == BUDGET
    told = site.look()[BUDGET:]
    assert told == [
        (
            "*Also, for cards of no programme*: 3 answers too late. "
            "Each has its line in Stripe's Dashboard; today's threads are used up."
        )
    ]
    site.take(used("late", "webhook_timeout", of="late"))
    site.look()
    assert len(site.look()) == BUDGET + 1  # within the hour nothing more
    site.clock.pass_wall(timedelta(hours=1, seconds=1))
    assert site.look()[-1].startswith("*Also, for cards of no programme*: 1 answer too late.")


def test_far_more_declines_than_usual_are_one_message(site: Site) -> None:
    site.launched()
    site.take(*(used(f"{n}", of=f"{n}") for n in range(12)))
    [told] = site.look()
    assert told.startswith("*Far more is declined than usual* for Acme (P-1): 12 in the last hour")
    site.take(used("more", of="more"))
    assert len(site.look()) == 1
    assert site.boards() == 0


def test_what_an_outage_brings_late_is_listed_and_a_fraud_warning_is_told(site: Site) -> None:
    site.take(used("old", at=STAMP - 3 * 86400))
    warned = card(latest_fraud_warning={"type": "user_indicated_fraud", "started_at": STAMP})
    site.take(event("issuing_card.updated", warned))
    [told] = site.look()
    assert told.startswith("*Stripe warns of fraud on this card* (`user_indicated_fraud`).")
    assert sorted(site.states()) == ["over", "told"]


def test_each_use_of_a_card_on_watch_is_told_once(site: Site) -> None:
    site.launched()
    site.take(event("issuing_card.created", card(), at=STAMP - 60))
    with site.database.transaction() as session:
        assert service.watch(session, OLGA, "4242", NOW - timedelta(minutes=1))["what"] == "on"
        assert [one["card"] for one in service.watched(session, NOW)] == ["ic_1"]
    site.take(used("a", "webhook_approved"), used("b"))
    assert site.look() == [
        "On watch: the card was used, and approved.",
        "On watch: the card was used, and declined.",
    ]
    with site.database.transaction() as session:
        service.watch(session, OLGA, "ic_1", NOW, on=False)
        with pytest.raises(NotFoundError):
            service.watch(session, OLGA, "ic_1", NOW, on=False)
        with pytest.raises(NotFoundError):
            service.watch(session, OLGA, "0000", NOW)


def test_where_nobody_listens_everything_is_only_counted(site: Site) -> None:
    site.take(used("a"))
    Exceptions(site.database, site.clock, {}, "en").tick()
    assert site.states() == ["quiet"]
    with site.database.reading() as session:
        assert session.exec(select(OutboxMessage)).all() == []
