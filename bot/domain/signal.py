"""What Stripe shows of a programme's work, which step it speaks for, and what Gantry does about it.

Sources: https://docs.stripe.com/issuing/onboarding-overview and the events of each object. What happens in
test mode speaks for steps of building alone: a step of live mode never follows from it. What Stripe decides
never ends by itself, and what a person opened again is theirs: docs/decisions/0024 has the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

ACTS: Final = ("tell", "propose", "tick", "finish", "block")
"""What Gantry does: say a line, ask for one click, add an item of evidence, finish the step, block it."""


class Signal(NamedTuple):
    """Which step, what Gantry does about it, for which item of its evidence, and whether in live mode only.

    `afterwards`: it also speaks for a step that is done already.
    """

    step: str
    act: str
    item: str = ""
    live: bool = False
    afterwards: bool = False


TESTS: Final = "employee_tests"
SIGNALS: Final[Mapping[str, Signal]] = {
    "test_started": Signal("test_build", "tell"),
    "test_answered": Signal("test_build", "tell"),
    "test_purchases": Signal("test_build", "propose"),
    "test_dispute": Signal("dispute_door", "finish"),
    "test_lost_card": Signal("lost_card_door", "finish"),
    "accounts_active": Signal("connected_accounts", "finish"),
    "design_active": Signal("physical_cards_standard", "finish", live=True),
    "design_rejected": Signal("physical_cards_standard", "block", live=True),
    "artwork_rejected": Signal("physical_cards_design", "block", live=True),
    "custom_active": Signal("physical_cards_custom", "propose", live=True),
    "custom_rejected": Signal("physical_cards_custom", "propose", live=True),
    "apple_pay_missing": Signal("apple_pay", "propose", live=True),
    "apple_pay": Signal("apple_pay", "propose", live=True),
    "first_card": Signal("first_card", "finish", live=True),
    "live_online": Signal(TESTS, "tick", "online", live=True),
    "live_in_person": Signal(TESTS, "tick", "in_person", live=True),
    "live_wallet": Signal(TESTS, "tick", "in_person", live=True),
    "live_declined": Signal(TESTS, "tick", "declined", live=True),
    "live_refund": Signal(TESTS, "tick", "refund", live=True),
    "live_lost_card": Signal(TESTS, "tick", "lost_card", live=True),
    "live_receipt": Signal("evidence_receipts", "propose", "receipts", live=True, afterwards=True),
}
"""By what was seen, in the order in which it is told."""

CAPABILITIES: Final = {"issuing": "card_issuing", "treasury": "treasury"}
"""The capability that an account needs for each product: all of them are active before the step is proven."""


@dataclass(frozen=True)
class Sight:
    """One thing that was seen.

    `source` is the object that shows it, `objects` all whose events are the proof, `at` when it was so.
    `again` tells it from an earlier one of the same name: a design can be rejected more than once. `sure`:
    no person has to judge whose it was.
    """

    name: str
    source: str
    at: datetime | None = None
    objects: tuple[str, ...] = ()
    account: str = ""
    again: str = ""
    sure: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What it is kept under: told once."""
        return f"{self.name}:{self.again}" if self.again else self.name


@dataclass(frozen=True)
class Standing:
    """How a step stands when something is seen of it.

    `reopened`: a person opened it again, or took back how it had ended. `held`: a person has blocked it.
    `needs`: it asks for evidence of its own.
    """

    actor: str
    state: str = "open"
    reopened: bool = False
    held: bool = False
    needs: bool = False


def speaks(name: str, *, mode: str) -> bool:
    """Tell whether a signal may speak for a step of this mode (`test` or `live`)."""
    return SIGNALS[name].live or mode != "live"


def act_of(sight: Sight, step: Standing) -> str:
    """Return what Gantry does, one of `ACTS`; it proposes wherever a person or Stripe has to decide."""
    act = SIGNALS[sight.name].act
    if act in {"tell", "propose"}:
        return act
    if step.actor != "us" or step.reopened or not sight.sure:
        return "propose"
    if step.held and act in {"finish", "block"}:
        return "propose"
    return "propose" if act == "finish" and step.needs else act


def purchase(*, method: str, wallet: str) -> str:
    """Return which scenario of the employee tests a live capture was; empty when it was none of them.

    A purchase in an app pays with a wallet and is online: nobody stood in a shop.
    """
    if method == "online":
        return "live_online"
    if wallet:
        return "live_wallet"
    return "live_in_person" if method in {"chip", "contactless", "swipe"} else ""


def complete(seen: Collection[str]) -> bool:
    """Tell whether every scenario of the employee tests that Stripe can show was seen."""
    wanted = {one.item for one in SIGNALS.values() if one.step == TESTS}
    return wanted <= {SIGNALS[name].item for name in seen if name in SIGNALS and SIGNALS[name].step == TESTS}
