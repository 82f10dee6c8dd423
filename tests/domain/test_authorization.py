"""Each rule against a table of cases; what is read of a request; what unknown values do."""

from __future__ import annotations

from typing import Any

import pytest

from bot import plans
from bot.authorization_body import read
from bot.domain.authorization import Decision, Facts, Request, RequestError, Ruling, decide, fallback
from bot.domain.policy import RULES, parse
from bot.domain.rule import ruling
from tests.support.authorizing import AT, event

ALL = dict.fromkeys(RULES, "enforced")
NONE: dict[str, str] = dict.fromkeys(RULES, "shadow")


def made(text: str, states: dict[str, str] | None = None, **kwargs: Any) -> Ruling:
    return ruling(
        parse(text), version=3, states=ALL if states is None else states, **{"brakes": {}, "launched": (), **kwargs}
    )  # fmt: skip


def asked(facts: Facts | None = None, policy: Ruling | str = "", **changes: Any) -> Decision:
    standing = made(policy) if isinstance(policy, str) else policy
    return decide(read(event(**changes)), facts or Facts(), standing)


def test_what_is_read_of_a_request() -> None:
    found = read(
        event(
            "7",
            amount=500,
            livemode=True,
            request_history=[{"approved": True}],
            wallet="apple_pay",
            card_presence="present",
            authorization_method="contactless",
            pending={
                "amount": 200,
                "network_risk_score": 40,
                "is_amount_controllable": True,
                "amount_details": {"atm_fee": None, "cashback_amount": 50},
            },
            verification={"three_d_secure": {"result": "authenticated"}},
            card_fields={"metadata": {"gantry_program": "P-7"}},
        )
        | {"account": "acct_1"}
    )
    assert found == Request(
        event="evt_7",
        authorization="iauth_7",
        entries=1,
        account="acct_1",
        livemode=True,
        created=AT,
        asked=AT,
        card="ic_1",
        cardholder="ich_1",
        program="P-7",
        amount=700,
        cashback=50,
        currency="usd",
        controllable=True,
        category="book_stores",
        category_code="5942",
        country="FR",
        merchant="9900112233",
        method="contactless",
        presence="present",
        wallet="apple_pay",
        cvc="match",
        expiry="match",
        postal_code="match",
        address_line1="not_provided",
        three_d_secure="authenticated",
        risk=40,
    )


def test_a_cardholder_is_found_in_the_card_when_it_stands_only_there() -> None:
    assert read(event(cardholder="ich_9") | {}).cardholder == "ich_9"
    without = event(cardholder="ich_9")
    without["data"]["object"]["cardholder"] = None
    assert read(without).cardholder == "ich_9"


@pytest.mark.parametrize(
    "changes",
    [
        {"pending_request": None},
        {"pending": {"amount": None}},
        {"pending": {"amount": "700"}},
        {"pending": {"amount": 7.5}},
        {"pending": {"amount": -1}},
        {"pending": {"amount": True}},
        {"pending": {"amount": 2**63}},
        {"pending": {"currency": None}},
        {"created": None},
        {"request_history": 3},
        {"wallet": ["apple_pay"]},
        {"merchant": {"category": "a\x00b"}},
        {"id": ""},
    ],
)
def test_a_request_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        read(event(**changes))


@pytest.mark.parametrize("card", [None, "ic_1", [], {}])
def test_a_request_without_its_card_is_refused(card: Any) -> None:
    made = event()
    made["data"]["object"]["card"] = card
    with pytest.raises(RequestError):
        read(made)


def test_texts_of_the_future_decline_nothing_and_break_nothing() -> None:
    decision = asked(
        policy=made(plans.policy()),
        authorization_method="telepathy",
        card_presence="dreamt_of",
        wallet="new_pay",
        status="new",
        merchant={"category": "new_trade", "category_code": "0000", "country": "XX"},
        verification={"cvc_check": "unsure", "three_d_secure": {"result": "new"}},
    )
    assert decision[:4] == (True, None, 700, "none")


P = "P-7"
GATE = '[launch_gate]\nprogram = "P-7"\ncards = ["ic_ours"]\ncardholders = ["ich_ours"]'
OF_P = {"card_fields": {"metadata": {"gantry_program": "P-7"}}}
CASES: list[tuple[str, str, dict[str, Any], Facts, str, str]] = [
    # rule, policy, request, facts, what the rule says
    ("card_reported", "", {}, Facts(), ""),
    ("card_reported", "", {}, Facts(reported="stolen"), "declines stolen"),
    ("card_unknown", "", {}, Facts(), ""),
    ("card_unknown", "", {"card": ""}, Facts(), "declines card"),
    ("card_unknown", "", {"cardholder": ""}, Facts(), "declines cardholder"),
    ("launch_gate", "", {"livemode": True} | OF_P, Facts(), ""),
    ("launch_gate", GATE, {"livemode": True} | OF_P, Facts(), "declines P-7"),
    ("launch_gate", GATE, {"livemode": True}, Facts(program="P-7"), "declines P-7"),
    ("launch_gate", GATE, {"livemode": True}, Facts(), ""),  # of no programme: an account is never bound
    ("launch_gate", GATE, {"livemode": True}, Facts(program="P-8"), ""),
    ("launch_gate", GATE, {"livemode": False} | OF_P, Facts(), ""),
    ("launch_gate", GATE, {"livemode": True, "card": "ic_ours"}, Facts(program=P), ""),
    ("launch_gate", GATE, {"livemode": True, "cardholder": "ich_ours"}, Facts(program=P), ""),
    ("limit_authorization", "[limit_authorization]\ncard={usd=700}", {}, Facts(), ""),
    ("limit_authorization", "[limit_authorization]\ncard={usd=699}", {}, Facts(), "declines card"),
    ("limit_authorization", "[limit_authorization]\ncard={usd=699}", {"amount": 0}, Facts(), "declines card"),
    ("limit_authorization", "[limit_authorization]\ncard={usd=900}", {"amount": 201}, Facts(), "declines card"),
    ("limit_authorization", "[limit_authorization]\ncard={eur=1}", {}, Facts(), "skips currency"),
    ("limit_authorization", "[limit_authorization]\ncardholder={usd=1}", {}, Facts(), "declines cardholder"),
    ("limit_day", "[limit_day]\ncard={usd=1000}", {}, Facts(spent=(300, 9, 9, 9, 9, 9)), ""),
    ("limit_day", "[limit_day]\ncard={usd=1000}", {}, Facts(spent=(301, 0, 0, 0, 0, 0)), "declines card"),
    ("limit_day", "[limit_day]\ncard={usd=1000}", {"pending": {"currency": "eur"}}, Facts(spent=(999,) * 6), "skips currency"),
    ("limit_day", "[limit_day]\ncardholder={usd=1000}", {}, Facts(spent=(0, 0, 0, 301, 0, 0)), "declines cardholder"),
    ("limit_day", "[limit_day]\ncard={eur=1}\ncardholder={usd=1}", {}, Facts(), "declines cardholder"),
    ("limit_week", "[limit_week]\ncard={usd=1000}", {}, Facts(spent=(0, 301, 0, 0, 0, 0)), "declines card"),
    ("limit_week", "[limit_week]\ncardholder={usd=1000}", {}, Facts(spent=(0, 0, 0, 0, 301, 0)), "declines cardholder"),
    ("limit_month", "[limit_month]\ncard={usd=1000}", {}, Facts(spent=(0, 0, 301, 0, 0, 0)), "declines card"),
    ("limit_month", "[limit_month]\ncardholder={usd=1000}", {}, Facts(spent=(0, 0, 0, 0, 0, 301)), "declines cardholder"),
    ("limit_month", "[limit_month]\ncard={usd=0}", {"pending": {"amount": 0}}, Facts(), ""),  # a check of the account
    ("merchant_category", '[merchant_category]\nblocked=["book_stores"]', {}, Facts(), "declines blocked book_stores"),
    ("merchant_category", '[merchant_category]\nblocked=["5942"]', {}, Facts(), "declines blocked book_stores"),
    ("merchant_category", '[merchant_category]\nallowed=["5942"]', {}, Facts(), ""),
    ("merchant_category", '[merchant_category]\nallowed=["taxicabs"]', {}, Facts(), "declines not_allowed book_stores"),
    ("merchant_category", "[merchant_category]\nallowed=[]", {}, Facts(), ""),
    ("merchant_country", '[merchant_country]\nallowed=["FR"]', {}, Facts(), ""),
    ("merchant_country", '[merchant_country]\nallowed=["US"]', {}, Facts(), "declines not_allowed FR"),
    ("merchant_country", '[merchant_country]\nblocked=["FR"]', {}, Facts(), "declines blocked FR"),
    ("wallet", '[wallet]\nblocked=["apple_pay"]', {"wallet": "apple_pay"}, Facts(), "declines blocked apple_pay"),
    ("wallet", '[wallet]\nblocked=["none"]', {}, Facts(), "declines blocked none"),
    ("wallet", '[wallet]\nallowed=["apple_pay"]', {"wallet": "apple_pay"}, Facts(), ""),
    ("wallet", '[wallet]\nallowed=["apple_pay"]', {"wallet": "new_pay"}, Facts(), "declines not_allowed new_pay"),
    ("presence", '[presence]\nblocked=["not_present"]', {}, Facts(), "declines not_present"),
    ("presence", '[presence]\nblocked=["present"]', {}, Facts(), ""),
    ("presence", '[presence]\nblocked_methods=["online"]', {}, Facts(), "declines online"),
    ("verification", '[verification]\ncvc=["mismatch"]', {}, Facts(), ""),
    ("verification", '[verification]\ncvc=["mismatch"]', {"verification": {"cvc_check": "mismatch"}}, Facts(), "declines cvc mismatch"),
    ("verification", '[verification]\nexpiry=["mismatch"]', {"verification": {"expiry_check": "mismatch"}}, Facts(), "declines expiry mismatch"),
    ("verification", '[verification]\npostal_code=["mismatch"]', {"verification": {"address_postal_code_check": "mismatch"}}, Facts(), "declines postal_code mismatch"),
    ("verification", '[verification]\naddress_line1=["not_provided"]', {}, Facts(), "declines address_line1 not_provided"),
    ("verification", '[verification]\nthree_d_secure=["none"]', {}, Facts(), "declines three_d_secure none"),
    ("verification", '[verification]\nthree_d_secure=["failed"]', {"verification": {"three_d_secure": {"result": "failed"}}}, Facts(), "declines three_d_secure failed"),
    ("network_risk", "[network_risk]\nhighest=80", {"pending": {"network_risk_score": 80}}, Facts(), ""),
    ("network_risk", "[network_risk]\nhighest=80", {"pending": {"network_risk_score": 81}}, Facts(), "declines 81"),
    ("network_risk", "[network_risk]\nhighest=80", {}, Facts(), ""),
    ("hours", '[hours]\nfrom="08:00"\nto="12:00"', {}, Facts(), "declines 12:00"),
    ("hours", '[hours]\nfrom="08:00"\nto="12:01"', {}, Facts(), ""),
    ("hours", '[hours]\nfrom="22:00"\nto="06:00"', {}, Facts(), "declines 12:00"),
    ("hours", '[hours]\nfrom="11:00"\nto="06:00"', {}, Facts(), ""),
    ("hours", '[hours]\nfrom="08:00"\nto="12:01"\nzone="Europe/Paris"', {}, Facts(), "declines 13:00"),
    ("hours", '[hours]\ndays=["mon"]', {}, Facts(), "declines tue"),
    ("hours", '[hours]\ndays=["tue"]', {}, Facts(), ""),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "policy", "changes", "facts", "says"), CASES)
def test_what_each_rule_says(
    rule: str, policy: str, changes: dict[str, Any], facts: Facts, says: str
) -> None:
    decision = asked(facts, policy, **changes)
    assert decision.outcomes.get(rule, "") == says
    assert decision.approved == (not says.startswith("declines"))
    assert decision.rule == (rule if says.startswith("declines") else "none")
    shadow = asked(facts, made(policy, NONE), **changes)
    assert (shadow.approved, shadow.rule) == (True, "none")
    assert shadow.outcomes.get(rule, "") == says.replace("declines", "would_decline")


def test_every_rule_has_its_cases() -> None:
    assert {rule for rule, *_ in CASES} | {"partial"} == set(RULES)


def test_the_first_enforced_rule_gives_its_name_and_all_are_recorded() -> None:
    text = '[limit_day]\ncard={usd=1}\n[merchant_country]\nblocked=["FR"]\n[hours]\ndays=["mon"]'
    standing = made(text, {"merchant_country": "enforced", "hours": "enforced"})
    decision = asked(Facts(), standing)
    assert (decision.rule, decision.reason, decision.counted) == ("merchant_country", "blocked FR", 0)
    assert decision.outcomes == {
        "limit_day": "would_decline card",
        "merchant_country": "declines blocked FR",
        "hours": "declines tue",
    }


def test_the_shipped_policy_enforces_one_rule_and_every_other_is_in_shadow() -> None:
    assert [name for name, rule in RULES.items() if rule.state == "enforced"] == ["card_reported"]
    standing = made(plans.policy(), {})
    assert [rule.name for rule in standing.rules if rule.enforced] == ["card_reported"]
    assert not standing.partial
    assert asked(Facts(reported="lost"), standing).rule == "card_reported"


def test_a_launched_programme_has_no_gate() -> None:
    standing = made(GATE, launched=["P-7"])
    assert asked(Facts(program="P-7"), standing, livemode=True).approved


@pytest.mark.parametrize(
    "key", [("merchant", "9900112233"), ("category", "book_stores"), ("category", "5942"), ("country", "FR")]
)
def test_a_brake_declines_until_its_end(key: tuple[str, str]) -> None:
    assert asked(policy=made("", brakes={key: AT + 1})).rule == "brake"
    assert asked(policy=made("", brakes={key: AT})).approved


LIMIT = "[limit_day]\ncard={usd=1000}\n[limit_week]\ncard={usd=900}\n[partial]\nleast={usd=150}"
CAN = {"is_amount_controllable": True}


@pytest.mark.parametrize(
    ("spent", "pending", "more", "expected"),
    [
        (500, CAN, {}, (True, 400, 400, "partial")),
        (300, CAN, {}, (True, 600, 600, "partial")),
        (200, CAN, {}, (True, None, 700, "none")),
        (760, CAN, {}, (False, None, 0, "limit_day")),  # 140 is less than the least
        (1000, CAN, {}, (False, None, 0, "limit_day")),
        (500, {}, {}, (False, None, 0, "limit_day")),
        (500, CAN | {"amount_details": {"cashback_amount": 401}}, {}, (False, None, 0, "limit_day")),
        (500, CAN | {"amount_details": {"cashback_amount": 400}}, {}, (True, 400, 400, "partial")),
        (500, CAN, {"request_history": [{}]}, (False, None, 0, "limit_day")),
        (
            500,
            CAN,
            {"merchant": {"country": "US"}},
            (False, None, 0, "limit_day"),
        ),  # another rule forbids all
    ],
)
def test_a_partial_approval_is_what_every_limit_allows(
    spent: int, pending: dict[str, Any], more: dict[str, Any], expected: tuple[bool, int | None, int, str]
) -> None:
    text = LIMIT + '\n[merchant_country]\nblocked=["US"]'
    facts = Facts(spent=(spent, spent, spent, 0, 0, 0))
    assert asked(facts, text, pending=pending, **more)[:4] == expected


def test_a_partial_approval_in_shadow_is_recorded_and_not_given() -> None:
    standing = made(LIMIT, {"limit_day": "enforced", "limit_week": "enforced"})
    decision = asked(Facts(spent=(0, 500, 0, 0, 0, 0)), standing, pending=CAN)
    assert (decision.approved, decision.outcomes["partial"]) == (False, "would_approve 400")


def test_a_declined_increment_leaves_what_was_approved() -> None:
    text = "[limit_authorization]\ncard={usd=1000}"
    increment = {"amount": 500, "request_history": [{}], "pending": {"amount": 600}}
    assert asked(Facts(own=500), text, **increment)[:4] == (False, None, 500, "limit_authorization")
    assert asked(Facts(own=500), "", **increment)[:4] == (True, None, 1100, "none")


@pytest.mark.parametrize(
    ("under", "amount", "reported", "approved"),
    [(0, 0, False, False), (5000, 4999, False, True), (5000, 5000, False, False), (5000, 1, True, False)],
)
def test_the_fallback_approves_small_amounts_of_cards_nobody_reported(
    *, under: int, amount: int, reported: bool, approved: bool
) -> None:
    request = read(event(pending={"amount": amount}))
    assert fallback(request, under=under, reported=reported).approved is approved
    assert not fallback(None, under=under, reported=reported).approved
