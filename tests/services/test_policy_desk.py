"""A text proposed in Slack: refused, replayed, shown, loaded once; rules enforced; what a brake would stop."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.authorization_body import read
from bot.clock import FixedClock
from bot.domain.error import FormError, NotFoundError, RefusedError, StaleError
from bot.effects import policy_draft
from bot.services import authorization, policy, policy_desk
from bot.views.registry import render
from storage import Database
from storage.tables import OutboxMessage
from storage.tables_exception import PolicyDraft
from storage.tables_picture import Picture
from storage.tables_stripe import Authorization
from tests.support.authorizing import AT, event
from tests.support.course import OLGA, SAM

NOW = datetime.fromtimestamp(AT, UTC) + timedelta(minutes=1)
CLOCK = FixedClock(NOW)
TEXT = '[limit_authorization]\ncard = { usd = 500 }\n\n[merchant_country]\nblocked = ["FR"]\n'


def proposed(database: Database, body: str = TEXT) -> dict[str, Any]:
    """Propose a text, let the worker replay it, and return what Olga was shown."""
    with database.transaction() as session:
        policy_desk.propose(session, OLGA, body, 30, NOW)
    policy_draft.show(database, CLOCK)
    with database.reading() as session:
        told = session.exec(select(OutboxMessage).where(OutboxMessage.view == "policy.replayed")).all()
    found: dict[str, Any] = json.loads(told[-1].facts or "")
    return found


def asked(database: Database, *names: str) -> None:
    """Answer requests of 7.00 each, by the policy that is obeyed."""
    with database.transaction() as session:
        requests = [read(event(name, pending={"amount": 700})) for name in names]
        authorization.answer_all(session, requests, authorization.Standing(), NOW)


def test_a_text_is_replayed_shown_with_a_picture_and_loaded_by_one_click(database: Database) -> None:
    asked(database, "1", "2")
    told = proposed(database)
    flips = {one["rule"]: one["approved_before"] for one in told["rules"]}
    assert (told["decisions"], told["same"], told["newly_declined"]) == (2, False, 0)
    assert (flips["limit_authorization"], flips["merchant_country"], flips["wallet"]) == (2, 2, 0)
    assert "limit_authorization" in str(render("policy.replayed", "en", told)["blocks"])
    with database.reading() as session:
        [picture] = session.exec(select(Picture)).all()
        assert (picture.kind, picture.person, policy.current(session).version) == ("policy", OLGA.user, 0)
    with database.transaction() as session:
        assert policy_desk.load(session, OLGA, told["draft"], NOW)["version"] == 1
        assert policy.current(session).body == TEXT
    with database.transaction() as session, pytest.raises(StaleError):
        policy_desk.load(session, OLGA, told["draft"], NOW)
    assert policy_draft.show(database, CLOCK) == 0


def test_a_text_with_mistakes_is_refused_at_its_field_and_nothing_changes(database: Database) -> None:
    with database.transaction() as session, pytest.raises(FormError) as caught:
        policy_desk.propose(session, OLGA, "[limit_day]\ncart = 7\n[wallets]\n", 30, NOW)
    key, values = caught.value.fields["body"]
    assert (key, values["count"]) == ("policy.wrong_more", 1)
    with database.transaction() as session, pytest.raises(FormError) as caught:
        policy_desk.propose(session, OLGA, "[limit_day", 30, NOW)
    assert caught.value.fields["body"][0] == "policy.wrong"
    with database.reading() as session:
        assert session.exec(select(PolicyDraft)).all() == []


def test_the_policy_of_now_is_replayed_and_a_dropped_text_is_gone(database: Database) -> None:
    with database.transaction() as session:
        policy_desk.replay_now(session, OLGA, NOW)
        policy_desk.replay_now(session, OLGA, NOW)  # a second click finds the first one's
    assert policy_draft.show(database, CLOCK) == 1
    told = proposed(database)
    with database.transaction() as session:
        assert policy_desk.drop(session, OLGA, told["draft"], NOW)["what"] == "dropped"
    for act in (policy_desk.load, policy_desk.drop):
        with database.transaction() as session, pytest.raises(StaleError):
            act(session, OLGA, told["draft"], NOW)
        with database.transaction() as session, pytest.raises(NotFoundError):
            act(session, OLGA, 99, NOW)


def test_only_operators_change_the_policy(database: Database) -> None:
    with database.transaction() as session, pytest.raises(RefusedError):
        policy_desk.propose(session, SAM, TEXT, 30, NOW)
    with database.transaction() as session, pytest.raises(RefusedError):
        policy_desk.set_rule(session, SAM, "wallet", "enforced", "", NOW)
    with database.transaction() as session:
        assert policy_desk.set_rule(session, OLGA, "wallet", "enforced", "", NOW)["what"] == "enforced"
        assert (
            policy_desk.set_rule(session, OLGA, "wallet", "enforced", "", NOW)["what"] == "already_enforced"
        )
        assert policy.states(session)["wallet"] == "enforced"


@pytest.mark.parametrize(
    ("kind", "value", "shares"),
    [
        ("country", "FR", [("eur", 1000, 250), ("usd", 700, 700)]),
        ("merchant", "M1", [("eur", 1000, 750), ("usd", 700, 0)]),
        ("category", "book_stores", [("eur", 1000, 0), ("usd", 700, 700)]),
        ("category", "5942", []),
    ],
)
def test_a_brake_says_what_share_of_the_last_seven_days_it_would_have_stopped(
    database: Database, kind: str, value: str, shares: list[tuple[str, int, int]]
) -> None:
    usual: dict[str, Any] = {"livemode": True, "card": "ic_1", "created_at": NOW - timedelta(days=1)}
    spent = [
        {"counted": 750, "currency": "eur", "merchant_id": "M1", "merchant_country": "DE"},
        {"counted": 250, "currency": "eur", "merchant_id": "M2", "merchant_country": "FR"},
        {"counted": 700, "currency": "usd", "merchant_country": "FR", "merchant_category": "book_stores"},
        {"counted": 0, "currency": "gbp", "merchant_country": "FR"},
        {"counted": 900, "currency": "eur", "merchant_id": "M1", "created_at": NOW - timedelta(days=8)},
    ]
    with database.transaction() as session:
        for n, one in enumerate(spent):
            session.add(Authorization(id=f"iauth_{n}", **{**usual, **one}))
    with database.reading() as session:
        found = policy.share(session, kind, value, NOW)
    assert [(one["currency"], one["total"], one["stopped"]) for one in found] == shares
