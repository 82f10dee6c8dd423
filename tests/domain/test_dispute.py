"""Which transactions can be disputed, until when, with what evidence, and by how many people."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from stripe.params.issuing import _dispute_create_params as library

from bot import plans
from bot.domain import dispute as rules
from bot.domain import dispute_reason
from bot.domain.dispute import Purchase
from bot.domain.plan import PlanError

TODAY = date(2026, 11, 25)
BOUGHT = Purchase(
    type="capture",
    captured=10_000,
    refunded=0,
    disputed="",
    bought_on=date(2026, 11, 10),
    cleared_on=date(2026, 11, 12),
    brand="Visa",
    card_status="canceled",
)
REASONS = plans.disputes()


def reason(name: str) -> dispute_reason.Reason:
    found = REASONS.get(name)
    assert found is not None
    return found


def test_the_reasons_and_fields_are_those_of_the_library() -> None:
    source = inspect.getsource(library)
    types = dict(
        re.findall(
            r"^    (\w+): NotRequired\[\s*\"Literal\[''\]\|(DisputeCreateParamsEvidence\w+)\"",
            source,
            re.MULTILINE,
        )
    )
    theirs = {name: set(getattr(library, kind).__annotations__) for name, kind in types.items()}
    ours = {one.id: {field.id for field in one.fields if not field.own} for one in REASONS.all}
    assert ours == theirs
    assert len(ours) == 8


def test_the_kinds_of_fields_are_those_of_the_library() -> None:
    source = inspect.getsource(library)
    for field in REASONS.fields():
        if field.own:
            continue
        declared = re.search(rf"^    {field.id}: NotRequired\[(.*?)\]\n", source, re.MULTILINE | re.DOTALL)
        assert declared is not None, field.id
        number, boolean = "|int" in declared[1], "|bool" in declared[1]
        assert (number, boolean) == (field.kind == "date", field.kind == "yes_no"), field.id
        assert set(re.findall(r"'(\w+)'", declared[1])) == set(field.choices), field.id
        about = source[declared.end() : declared.end() + 160]
        assert ("file upload" in about) == (field.kind == "file"), field.id


BLOCKS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("a capture can be disputed", {}, set()),
    ("a refund cannot", {"type": "refund"}, {"not_captured"}),
    ("what was refunded in part can", {"refunded": 9_999}, set()),
    ("what was refunded whole cannot", {"refunded": 10_000}, {"refunded"}),
    ("nor what was refunded twice", {"refunded": 20_000}, {"refunded"}),
    ("what is disputed cannot", {"disputed": "idp_1"}, {"disputed"}),
    ("on the 110th day after clearing it can", {"cleared_on": TODAY - timedelta(days=110)}, set()),
    ("a day later it cannot", {"cleared_on": TODAY - timedelta(days=111)}, {"too_late"}),
    ("no rule of a network stops it", {"wallet": "apple_pay", "method": "chip", "three_d_secure": True,
                                       "fraud_disputes": 99, "card_status": "active"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("about", "more", "rule"), BLOCKS, ids=[case[0] for case in BLOCKS])
def test_only_what_stripe_refuses_blocks(about: str, more: dict[str, Any], rule: set[str]) -> None:
    del about
    found = rules.blocked(replace(BOUGHT, **more), TODAY)
    assert {one.rule for one in found} == rule
    assert all(one.blocks for one in found)


WARNS: list[tuple[str, str, dict[str, Any], dict[str, str], set[str]]] = [
    ("plain fraud", "fraudulent", {}, {}, set()),
    ("the card still works", "fraudulent", {"card_status": "active"}, {}, {"card_active"}),
    ("the card is being canceled", "fraudulent", {"card_status": "canceling"}, {}, {"card_stopping"}),
    ("3-D Secure", "fraudulent", {"three_d_secure": True}, {}, {"three_d_secure"}),
    ("a wallet", "fraudulent", {"wallet": "apple_pay"}, {}, {"wallet"}),
    ("the chip was read", "fraudulent", {"method": "chip"}, {}, {"chip"}),
    ("the 35th", "fraudulent", {"fraud_disputes": 34}, {}, set()),
    ("the 36th", "fraudulent", {"fraud_disputes": 35}, {}, {"thirty_five"}),
    ("none of it matters for a duplicate", "duplicate", {"card_status": "active", "wallet": "x", "method": "chip"}, {}, set()),
    ("a part was refunded", "other", {"refunded": 1}, {}, {"partly_refunded"}),
    ("the merchant was not asked", "not_received", {}, {}, {"merchant_first"}),
    ("or nobody wrote what they said", "not_received", {}, {"merchant_tried_on": "2026-11-20"}, {"merchant_first"}),
    ("the merchant was asked", "not_received", {}, {"merchant_tried_on": "2026-11-20", "merchant_answer": "no"}, set()),
    ("65 days at Visa", "no_valid_authorization", {"bought_on": TODAY - timedelta(days=66)}, {}, {"network_late"}),
    ("80 at Mastercard", "no_valid_authorization", {"bought_on": TODAY - timedelta(days=80), "brand": "Mastercard"}, {}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("about", "name", "more", "given", "rule"), WARNS, ids=[case[0] for case in WARNS])
def test_rules_of_the_networks_warn(
    about: str, name: str, more: dict[str, Any], given: dict[str, str], rule: set[str]
) -> None:
    del about
    found = rules.warnings(replace(BOUGHT, **more), reason(name), given, TODAY)
    assert {one.rule for one in found} == rule
    assert not any(one.blocks for one in found)
    assert all(one.source.startswith("https://docs.stripe.com/") for one in found)


NETWORK: list[tuple[str, str, dict[str, str], date, str]] = [
    ("Visa", "fraudulent", {}, date(2027, 2, 28), "purchase"),
    ("Visa", "duplicate", {}, date(2027, 2, 28), "purchase"),
    ("Mastercard", "duplicate", {}, date(2027, 1, 29), "purchase"),
    ("Visa", "no_valid_authorization", {}, date(2027, 1, 14), "purchase"),
    ("Mastercard", "no_valid_authorization", {}, date(2027, 1, 29), "purchase"),
    ("Visa", "canceled", {"canceled_at": "2026-11-20"}, date(2027, 3, 10), "canceled_at"),
    ("Visa", "canceled", {"expected_at": "2026-11-21"}, date(2027, 3, 11), "expected_at"),
    ("Visa", "canceled", {}, date(2027, 2, 28), "purchase"),
    ("Mastercard", "not_received", {"expected_at": "2026-12-01"}, date(2027, 3, 21), "expected_at"),
    ("Visa", "merchandise_not_as_described", {"received_at": "2026-11-15"}, date(2027, 3, 5), "received_at"),
]  # fmt: skip


@pytest.mark.parametrize(("brand", "name", "given", "last", "start"), NETWORK)
def test_each_network_counts_from_its_own_day(
    brand: str, name: str, given: dict[str, str], last: date, start: str
) -> None:
    found = rules.windows(replace(BOUGHT, brand=brand), reason(name), given)
    assert (found.network_on, found.started_by) == (last, start)
    assert found.stripe_on == date(2027, 3, 2)
    assert found.due_on == min(last, date(2027, 3, 2))


FULL = {
    "explanation": "It never came.",
    "canceled_at": "2026-11-20",
    "cancellation_reason": "late",
    "cancellation_policy_provided": "no",
    "product_type": "merchandise",
    "product_description": "a drill",
}


def test_what_is_missing_depends_on_what_was_said() -> None:
    canceled = reason("canceled")
    assert dispute_reason.missing(canceled, FULL, ()) == ("return_status", "returned_at")
    assert dispute_reason.missing(canceled, {**FULL, "product_type": "service"}, ()) == ()
    duplicate = reason("duplicate")
    assert dispute_reason.missing(duplicate, {"explanation": "twice"}, ()) == ("original_transaction",)
    assert dispute_reason.missing(duplicate, {"explanation": "twice"}, ["cash_receipt"]) == ()
    both = {"explanation": "twice", "original_transaction": "ipi_1"}
    assert dispute_reason.too_many(duplicate, both, ["cash_receipt"]) == (
        "original_transaction",
        "cash_receipt",
    )
    assert dispute_reason.too_many(duplicate, both, ["additional_documentation"]) == ()


def test_evidence_is_what_the_api_takes() -> None:
    found = dispute_reason.evidence(
        reason("canceled"), FULL, {"additional_documentation": "file_1"}, "Asked on 1 May.", "fraudulent"
    )
    assert found == {
        "reason": "canceled",
        "fraudulent": "",
        "canceled": {
            "explanation": "It never came.\n\nAsked on 1 May.",
            "canceled_at": 1_795_176_000,
            "cancellation_reason": "late",
            "cancellation_policy_provided": False,
            "expected_at": "",
            "product_type": "merchandise",
            "product_description": "a drill",
            "return_status": "",
            "returned_at": "",
            "additional_documentation": "file_1",
        },
    }
    typed = {name: value for name, value in FULL.items() if name != "explanation"}
    assert dispute_reason.given_from(reason("canceled"), found["canceled"]).items() >= typed.items()
    assert "original_transaction" not in dispute_reason.evidence(reason("duplicate"), {}, {}, "")["duplicate"]


ALONE: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"company": "one_developer"}, "one_developer"),
    ({"account": "acct_1", "from_account": True}, "connected"),
    ({"account": "acct_1"}, ""),
    ({"account": "acct_1", "from_account": True, "reason": "other"}, ""),
    ({"from_account": True}, ""),
    ({"days_left": 2}, "last_days"),
    ({"days_left": 3}, ""),
]


@pytest.mark.parametrize(("more", "why"), ALONE)
def test_two_people_submit_but_for_three_reasons(more: dict[str, Any], why: str) -> None:
    usual = {
        "company": "funded_team",
        "reason": "fraudulent",
        "account": "",
        "from_account": False,
        "days_left": 20,
    }
    assert rules.alone_because(**{**usual, **more}) == why


def test_the_last_working_days_skip_weekends_and_holidays() -> None:
    wednesday = date(2026, 11, 25)  # Thanksgiving is the day after
    assert rules.working_days_left(wednesday, date(2026, 11, 27), "XFED") == 2
    assert rules.working_days_left(wednesday, date(2026, 11, 29), "XFED") == 2
    assert rules.working_days_left(wednesday, date(2026, 11, 30), "XFED") == 3
    assert rules.working_days_left(wednesday, date(2026, 11, 24), "XFED") == 0


@pytest.mark.parametrize(
    "before", ["draft", "asked", "submitting", "submitted", "won", "lost", "expired", "dropped"]
)
def test_a_state_never_goes_back(before: str) -> None:
    ahead = [
        after for after in ("draft", "submitted", "won", "lost", "expired") if rules.may_go(before, after)
    ]
    wanted = {
        "submitted": ["won", "lost", "expired"],
        "won": [],
        "lost": [],
        "expired": [],
        "dropped": ["submitted", "won", "lost"],
    }
    assert ahead == wanted.get(before, ["submitted", "won", "lost", "expired"])


def test_mistakes_in_the_data_are_all_named() -> None:
    wrong = {
        "id": "x", "clock": "event", "days": {"visa": 900},
        "fields": [{"id": "a", "kind": "song", "page": 2}, {"id": "a", "kind": "choice", "page": 2}],
    }  # fmt: skip
    with pytest.raises(PlanError) as error:
        dispute_reason.reasons_from({"source": "", "api": "", "reason": [wrong, {"id": "y"}]}, "f.toml")
    said = "\n".join(error.value.problems)
    for word in ("song", "twice", "clock", "days", "page 1", "choices", "f.toml: y"):
        assert word in said
