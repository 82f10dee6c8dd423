"""What Stripe shows of a programme's work, and which step it speaks for; never more than a proposal.

Source: https://docs.stripe.com/issuing/onboarding-overview and the events of each object. What happens in
test mode speaks for steps of building alone: a step of live mode never follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Signal(NamedTuple):
    """Which step, which item of its evidence if any, and whether it was seen in live mode."""

    step: str
    item: str = ""
    live: bool = False


SIGNALS: Final[Mapping[str, Signal]] = {
    "test_purchases": Signal("test_build"),
    "test_dispute": Signal("dispute_door"),
    "test_lost_card": Signal("lost_card_door"),
    "accounts_active": Signal("connected_accounts"),
    "apple_pay": Signal("apple_pay", live=True),
    "first_card": Signal("first_card", live=True),
    "live_online": Signal("employee_tests", "online", live=True),
    "live_in_person": Signal("employee_tests", "in_person", live=True),
    "live_declined": Signal("employee_tests", "declined", live=True),
    "live_refund": Signal("employee_tests", "refund", live=True),
    "live_lost_card": Signal("employee_tests", "lost_card", live=True),
}
"""By what was seen, in the order in which it is told."""


def speaks(name: str, *, mode: str) -> bool:
    """Tell whether a signal may speak for a step of this mode (`test` or `live`)."""
    return SIGNALS[name].live or mode != "live"


def purchase(*, method: str, wallet: str) -> str:
    """Return which scenario of the employee tests a live capture was; empty when it was none of them."""
    if wallet or method in {"chip", "contactless", "swipe"}:
        return "live_in_person"
    return "live_online" if method == "online" else ""


def complete(seen: Collection[str]) -> bool:
    """Tell whether every scenario of the employee tests that Stripe can show was seen."""
    return all(name in seen for name, one in SIGNALS.items() if one.step == "employee_tests")
