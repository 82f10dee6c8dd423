"""Batches of requests: what is answered, recorded and counted, on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import select

from bot.authorization_body import read
from bot.domain.authorization import Facts, Request, decide
from bot.domain.policy import PolicyError
from bot.services import authorization, entry, policy, spend
from bot.services.authorization import Answer, Standing
from storage.queries import policy as policy_rows
from storage.queries import spend as spend_rows
from storage.tables import StepEntry
from storage.tables_stripe import Authorization, AuthorizationDecision, Card
from tests.support.authorizing import AT, event
from tests.support.course import LENA, MARC, Course

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage import Database

    Ask = Callable[..., list[Answer]]

NOW = datetime.fromtimestamp(AT, UTC)
BY: dict[str, Any] = {"team": "T1", "by": "U1", "now": NOW}
LIMIT = "[limit_day]\ncard = { usd = 7000 }"


@pytest.fixture
def standing() -> Standing:
    return Standing()


@pytest.fixture
def ask(database: Database, standing: Standing) -> Ask:
    def asked(*events: dict[str, Any], now: datetime = NOW) -> list[Answer]:
        with database.transaction() as session:
            return authorization.answer_all(session, [read(one) for one in events], standing, now)

    return asked


def obey(database: Database, text: str, *enforced: str) -> None:
    with database.transaction() as session:
        policy.load(session, text, **BY)
        for rule in enforced:
            policy.set_state(session, rule, "enforced", **BY)


def decisions(database: Database) -> list[AuthorizationDecision]:
    with database.reading() as session:
        return list(session.exec(select(AuthorizationDecision).order_by("id")).all())


def spent(database: Database, subject: str = "ic_1", window: str = "2025-11-25") -> int:
    with database.reading() as session:
        return spend_rows.of(session, subject).get((window, "usd"), 0)


def test_a_decision_keeps_all_that_was_looked_at(database: Database, ask: Ask) -> None:
    assert ask(event("1")) == [Answer(approved=True, amount=None, rule="none", policy=0)]
    [row] = decisions(database)
    assert (row.event, row.authorization, row.entries, row.card, row.cardholder) == (
        "evt_1", "iauth_1", 0, "ic_1", "ich_1",
    )  # fmt: skip
    assert (row.amount, row.currency, row.approved, row.counted, row.rule) == (700, "usd", True, 700, "none")
    assert (row.livemode, row.account, row.at) == (False, "", NOW)
    kept = json.loads(row.inputs or "")
    kept["facts"]["spent"] = tuple(kept["facts"]["spent"])
    standing = Standing()
    with database.transaction() as session:
        ruling = standing.follow(session, 0, NOW)
    again = decide(Request(**kept["request"]), Facts(**kept["facts"]), ruling)
    assert (again.approved, again.counted, again.outcomes) == (True, 700, json.loads(row.outcomes or ""))
    assert [
        spent(database, subject, window)
        for subject in ("ic_1", "ich_1")
        for window in ("2025-11-25", "2025-W48", "2025-11")
    ] == [700] * 6


def test_requests_of_one_batch_see_each_other(database: Database, ask: Ask) -> None:
    obey(database, LIMIT, "limit_day")
    answers = ask(*[event(f"{n}") for n in range(30)])
    assert [one.approved for one in answers] == [True] * 10 + [False] * 20
    assert {one.rule for one in answers[10:]} == {"limit_day"}
    assert spent(database) == 7000
    assert not ask(event("later"))[0].approved
    assert ask(event("other", card="ic_2"))[0].approved


def test_one_request_asked_again_gets_the_same_answer_and_counts_once(database: Database, ask: Ask) -> None:
    first = ask(event("1"), event("1"))
    obey(database, "[limit_authorization]\ncard={usd=1}", "limit_authorization")
    other_event = event("1") | {"id": "evt_other"}
    assert ask(event("1"), other_event) == first
    assert ask(event("2"))[0].rule == "limit_authorization"
    assert ask(event("2"))[0].rule == "limit_authorization"
    assert len(decisions(database)) == 2
    assert spent(database) == 700


def test_an_increment_is_a_new_decision_on_the_new_total(database: Database, ask: Ask) -> None:
    obey(database, "[limit_authorization]\ncard={usd=1500}", "limit_authorization")
    ask(event("1"))
    history = [{"approved": True}]
    more = event("1", amount=700, request_history=history, pending={"amount": 800}) | {"id": "evt_b"}
    too_much = event("1", amount=1500, request_history=history * 2, pending={"amount": 1}) | {"id": "evt_c"}
    assert [one.approved for one in ask(more, too_much)] == [True, False]
    assert [(row.entries, row.amount, row.counted) for row in decisions(database)] == [
        (0, 700, 700),
        (1, 1500, 1500),
        (2, 1501, 1500),
    ]
    assert spent(database) == 1500


def test_an_increment_counts_from_what_events_said(database: Database, ask: Ask) -> None:
    ask(event("1"))
    with database.transaction() as session:
        session.add(
            Authorization(
                id="iauth_1", livemode=False, card="ic_1", cardholder="ich_1", currency="usd",
                status="pending", approved=True, amount=500, entries=1, created_at=NOW,
            )
        )  # fmt: skip
        spend.count(session, "iauth_1")
    assert spent(database) == 500
    ask(event("1", amount=500, request_history=[{}], pending={"amount": 300}) | {"id": "evt_b"})
    assert spent(database) == 800
    with database.transaction() as session:
        row = session.get(Authorization, "iauth_1")
        assert row is not None
        row.status, row.amount, row.entries = "reversed", 0, 2
        spend.count(session, "iauth_1")
    assert spent(database) == 0


def test_windows_end_with_the_utc_day(database: Database, ask: Ask) -> None:
    obey(database, "[limit_day]\ncard = { usd = 700 }", "limit_day")
    midnight = AT // 86400 * 86400 + 86400
    answers = ask(event("1", at=midnight - 1), event("2", at=midnight), event("3", at=midnight - 1))
    assert [one.approved for one in answers] == [True, True, False]


def test_currencies_count_apart(database: Database, ask: Ask) -> None:
    obey(database, LIMIT, "limit_day")
    euro = event("1", pending={"currency": "eur", "amount": 9000})
    assert ask(euro, event("2"))[0].approved
    assert spent(database) == 700
    assert json.loads(decisions(database)[0].outcomes or "") == {"limit_day": "skips currency"}


def test_a_reported_card_is_declined_from_the_commit_of_the_report(database: Database, ask: Ask) -> None:
    assert ask(event("1"))[0].approved
    with database.transaction() as session:
        policy_rows.report_card(session, "ic_1", kind="lost", account="", livemode=False, now=NOW)
    answer = ask(event("2"))[0]
    assert (answer.approved, answer.rule) == (False, "card_reported")
    assert ask(event("3", card="ic_2"))[0].approved
    with database.reading() as session:
        assert policy_rows.reported_cards(session) == {"ic_1"}


def test_every_process_obeys_a_new_policy_at_its_next_batch(database: Database, ask: Ask) -> None:
    assert ask(event("1"))[0] == Answer(approved=True, amount=None, rule="none", policy=0)
    obey(database, '[merchant_country]\nblocked = ["FR"]')
    assert ask(event("2"))[0].policy == 1
    with database.transaction() as session:
        assert policy.set_state(session, "merchant_country", "enforced", **BY)
        assert not policy.set_state(session, "merchant_country", "enforced", **BY)
    assert ask(event("3"))[0].rule == "merchant_country"
    with database.transaction() as session:
        policy.set_state(session, "merchant_country", "shadow", **BY)
    assert ask(event("4"))[0].approved
    assert json.loads(decisions(database)[-1].outcomes or "") == {
        "merchant_country": "would_decline blocked FR"
    }


def test_a_text_that_does_not_parse_leaves_the_old_policy(database: Database, ask: Ask) -> None:
    obey(database, LIMIT, "limit_day")
    with pytest.raises(PolicyError), database.transaction() as session:
        policy.load(session, "[limit_day]\ncard = 3", **BY)
    assert ask(event("1"))[0].policy == 1
    with database.transaction() as session:
        assert policy.load(session, LIMIT, **BY).version == 1
        assert policy.load(session, LIMIT + " ", **BY).version == 2


def test_a_brake_holds_at_once_until_its_end_or_until_it_is_lifted(database: Database, ask: Ask) -> None:
    hour = timedelta(hours=1)
    with database.transaction() as session:
        policy.brake(session, "merchant", "9900112233", length=hour, **BY)
    assert ask(event("1"))[0].rule == "brake"
    assert ask(event("2", at=AT + 3600))[0].approved
    assert ask(event("3"))[0].rule == "brake"
    with database.transaction() as session:
        assert policy.lift(session, "merchant", "9900112233", **BY)
        assert not policy.lift(session, "merchant", "9900112233", **BY)
    assert ask(event("4"))[0].approved
    with pytest.raises(ValueError, match="brake holds"), database.transaction() as session:
        policy.brake(session, "city", "Lyon", length=hour, **BY)


def test_enabling_the_launch_gate_asks_for_the_number_of_cards_it_stops(database: Database, ask: Ask) -> None:
    obey(database, '[launch_gate]\nprogram = "P-7"\ncardholders = ["ich_ours"]')
    with database.transaction() as session:
        for card, cardholder, program, live, status in (
            ("ic_1", "ich_1", "P-7", True, "active"),
            ("ic_2", "ich_2", "P-7", True, "inactive"),
            ("ic_ours", "ich_ours", "P-7", True, "active"),
            ("ic_old", "ich_1", "P-7", True, "canceled"),
            ("ic_test", "ich_1", "P-7", False, "active"),
            ("ic_other", "ich_1", "P-8", True, "active"),
        ):
            session.add(Card(id=card, cardholder=cardholder, program=program, livemode=live, status=status))
    for stops in (None, 0, 3):
        with pytest.raises(policy.WouldStopError) as caught, database.transaction() as session:
            policy.set_state(session, "launch_gate", "enforced", stops=stops, **BY)
        assert caught.value.cards == 2
    with database.transaction() as session:
        assert policy.set_state(session, "launch_gate", "enforced", stops=2, **BY)
    live = {"livemode": True}
    answers = ask(
        event("1", **live),
        event("2", card="ic_ours", cardholder="ich_ours", **live),
        event("3", card="ic_other", **live),
        event("4", card="ic_new", **live),
        event("5", card="ic_new", card_fields={"metadata": {"gantry_program": "P-7"}}, **live),
    )
    assert [one.rule for one in answers] == ["launch_gate", "none", "none", "none", "launch_gate"]


def test_the_launch_gate_opens_at_the_launch_and_closes_when_that_is_undone(course: Course, ask: Ask) -> None:
    course.start(manager=MARC.user)
    course.walk(until="launch")
    ref = course.program.ref
    obey(course.database, f'[launch_gate]\nprogram = "{ref}"', "launch_gate")
    whose = {"livemode": True, "card_fields": {"metadata": {"gantry_program": ref}}}
    assert ask(event("1", **whose))[0].rule == "launch_gate"
    course.walk()
    assert course.program.state == "launched"
    assert ask(event("2", **whose))[0].rule == "none"
    done = [one for one in course.rows(StepEntry) if one.key == "launch"][-1]
    course.do(entry.undo, LENA, done.id, course.now)
    assert ask(event("3", **whose))[0].rule == "launch_gate"


def test_an_answer_of_the_fallback_is_recorded_from_the_event_that_follows(database: Database) -> None:
    found = event("1", amount=700, approved=True, request_history=[{}])["data"]["object"]
    found["metadata"] = {"rule": "fallback", "policy": "0"}
    for _ in range(2):
        with database.transaction() as session:
            row = session.get(Authorization, "iauth_1") or Authorization(
                id="iauth_1", livemode=False, card="ic_1", cardholder="ich_1", currency="usd",
                status="pending", approved=True, amount=700, entries=1, created_at=NOW,
            )  # fmt: skip
            session.add(row)
            authorization.record_fallback(session, found, event="evt_created", now=NOW)
            spend.count(session, "iauth_1")
    [row_] = decisions(database)
    assert (row_.rule, row_.entries, row_.approved, row_.amount) == ("fallback", 0, True, 700)
    assert spent(database) == 700
    with database.transaction() as session:
        assert not authorization.record_fallback(session, found | {"metadata": {}}, event="evt_x", now=NOW)


def test_a_request_that_names_nobody_is_decided_too(database: Database, ask: Ask) -> None:
    obey(database, "", "card_unknown")
    assert ask(event("1", card="", cardholder=""))[0].rule == "card_unknown"
    assert ask(event("2", cardholder=""), event("3", card=""))[0].rule == "card_unknown"


def test_warming_runs_the_statements_and_leaves_nothing(database: Database, standing: Standing) -> None:
    with database.transaction() as session:
        authorization.warm(session, standing, NOW)
        session.rollback()
    assert decisions(database) == []
