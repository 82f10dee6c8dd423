"""What a new card takes over from a lost one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from stripe._encode import _api_encode
from stripe.params import issuing as params

from bot.domain import replacement
from tests.other_server.stripe_params import decoded, judged

HOME = {"line1": "1 Main Street", "city": "Boston", "postal_code": "02110", "country": "US"}
OLD: dict[str, Any] = {
    "cardholder": {"id": "ich_1", "name": "Jenny"}, "currency": "usd", "type": "physical", "financial_account": "fa_1",
    "lifecycle_controls": {"cancel_after": {"payment_count": 3}}, "metadata": {"gantry_program": "P-7"},
    "personalization_design": {"id": "ipd_1"}, "second_line": "ACME LTD", "pin": {"status": "active"},
    "spending_controls": {"allowed_categories": [], "spending_limits_currency": "usd",
                          "spending_limits": [{"amount": 500, "interval": "daily", "categories": []}]},
    "shipping": {"address": {**HOME, "line2": None}, "business_name": "Acme", "phone_number": "+1617", "customs": None,
                 "require_signature": True, "address_validation": {"mode": "disabled", "normalized_address": None},
                 "tracking_number": "1Z", "status": "delivered"},
}  # fmt: skip
ALWAYS = {
    "cardholder": "ich_1",
    "currency": "usd",
    "financial_account": "fa_1",
    "lifecycle_controls": {"cancel_after": {"payment_count": 3}},
    "metadata": {"gantry_program": "P-7", "gantry_case": "L-1"},
    "spending_controls": {"spending_limits": [{"amount": 500, "interval": "daily"}]},
}
PRINT = {"personalization_design": "ipd_1", "second_line": "ACME LTD"}
BARE = {"currency": "usd", "metadata": {"gantry_case": "L-1"}}
CASES: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({}, "physical", {**ALWAYS, **PRINT}),
    ({}, "virtual", ALWAYS),
    ({"type": "virtual"}, "physical", ALWAYS),
    ({"personalization_design": None, "second_line": None}, "physical", ALWAYS),
    (dict.fromkeys(set(OLD) - {"currency"}), "physical", BARE),
    (
        {"metadata": {f"{number}": "a" for number in range(50)}},
        "virtual",
        {**ALWAYS, "metadata": {f"{number}": "a" for number in range(50)}},
    ),
]


@pytest.mark.parametrize(("change", "kind", "made"), CASES)
def test_a_new_card_takes_over_what_stripe_takes(
    change: dict[str, Any], kind: str, made: dict[str, Any]
) -> None:
    found = replacement.taken_over(
        {**OLD, **change}, physical=kind == "physical", mark=("gantry_case", "L-1")
    )
    assert found == made


@pytest.mark.parametrize(
    ("to", "more"),
    [(HOME, {"business_name": "Acme", "address_validation": {"mode": "disabled"}}), ({**HOME, "line1": "2"}, {})],
)  # fmt: skip
def test_a_parcel_needs_what_the_old_one_needed(to: dict[str, str], more: dict[str, Any]) -> None:
    found = replacement.shipping(OLD, "Jenny", "express", to)
    assert found == {
        "name": "Jenny", "service": "express", "address": to, "phone_number": "+1617", "require_signature": True, **more
    }  # fmt: skip
    whole = {
        **replacement.taken_over(OLD, physical=True, mark=("a", "b")),
        "type": "physical",
        "shipping": found,
    }
    assert judged(decoded(urlencode(list(_api_encode(whole)))), params.CardCreateParams)["type"] == "physical"


def test_only_a_print_can_be_left_out() -> None:
    assert [replacement.can_be_left_out(name) for name in ("second_line", "financial_account", "")] == [
        "second_line",
        "",
        "",
    ]
