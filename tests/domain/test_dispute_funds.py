"""Whether the money that moved agrees with the dispute."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.dispute_funds import moved
from bot.domain.stripe_object import moves

CASES: list[tuple[list[tuple[int, str]], list[tuple[str, int, str]]]] = [
    ([], []),
    ([(7_000, "usd")], [("reinstated", 7_000, "agrees")]),
    ([(6_000, "usd")], [("reinstated", 6_000, "differs")]),
    ([(6_500, "eur")], [("reinstated", 6_500, "currency")]),
    ([(-7_000, "usd")], [("rescinded", 7_000, "agrees")]),
    ([(7_000, "usd"), (-7_000, "usd")], [("reinstated", 7_000, "agrees"), ("rescinded", 7_000, "agrees")]),
    ([(4_000, "usd"), (3_000, "usd")], [("reinstated", 4_000, "differs"), ("reinstated", 3_000, "agrees")]),
    ([(7_000, "usd"), (-500, "usd")], [("reinstated", 7_000, "agrees"), ("rescinded", 500, "differs")]),
]


@pytest.mark.parametrize(("given", "found"), CASES)
def test_what_moved_is_compared_with_the_dispute(
    given: list[tuple[int, str]], found: list[tuple[str, int, str]]
) -> None:
    listed = [
        {"id": f"txn_{number}", "amount": amount, "currency": currency, "created": 1_000 + number}
        for number, (amount, currency) in enumerate(given)
    ]
    kept = moves({"balance_transactions": listed[::-1]})
    assert [(one.what, one.amount, one.check) for one in moved(kept, 7_000, "usd")] == found


@pytest.mark.parametrize("value", [None, [], ["txn_1"], [{"id": "txn_1", "amount": "much"}], "txn_1"])
def test_what_stripe_does_not_name_is_no_movement(value: Any) -> None:
    assert moves({"balance_transactions": value}) == []
