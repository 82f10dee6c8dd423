"""The rules of Issuing disputes: what can be disputed, until when, by whom, and what becomes of it.

Only what Stripe's API refuses stops anybody; every rule of a network is a warning, for the networks decide
by themselves. Source of all rules: https://docs.stripe.com/issuing/purchases/disputes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from bot.domain.deadline import reason_to_skip
from bot.domain.dispute_reason import Reason

SOURCE: Final = "https://docs.stripe.com/issuing/purchases/disputes"
STOPPING: Final = "canceling"
"""A card that was revoked here and that Stripe has not canceled yet."""

STRIPE_DAYS: Final = 110
"""Days after clearing at which Stripe lets an unsubmitted dispute expire, whatever the network allows."""
MOST_FRAUD: Final = 35
FRAUD_DAYS: Final = 120
"""More fraud disputes than this on one card within so many days are rejected by the networks."""
WITHDRAW_DAYS: Final = 1
LAST_WORKING_DAYS: Final = 2
"""In so many last working days one person may submit alone."""
REIMBURSE_DAYS: Final = 10
"""Business days that the team gives itself to reimburse the cardholder; Stripe names no number."""
REVIEW_DAYS: Final = 10
"""Business days for the review of a dispute that expired; a rule of ours."""

OPEN: Final = frozenset({"draft", "asked"})
"""States in which the evidence can be edited."""
UNSUBMITTED: Final = frozenset({"draft", "asked", "submitting"})
ENDS: Final = frozenset({"won", "lost", "expired"})
_RANKS: Final[Mapping[str, int]] = {
    "dropped": 0,
    "draft": 0,
    "asked": 0,
    "submitting": 0,
    "submitted": 1,
    "won": 2,
    "lost": 2,
    "expired": 2,
}


@dataclass(frozen=True)
class Purchase:
    """What is known of the transaction, when somebody wants to dispute it.

    Amounts are positive, in minor units. `bought_on` is the day of the authorization where it is known.
    """

    type: str
    captured: int
    refunded: int
    disputed: str
    bought_on: date
    cleared_on: date
    brand: str = ""
    wallet: str = ""
    method: str = ""
    three_d_secure: bool = False
    card_status: str = ""
    fraud_disputes: int = 0

    @property
    def most(self) -> int:
        """The largest amount that can be disputed: refunds are subtracted."""
        return max(0, self.captured - self.refunded)


@dataclass(frozen=True)
class Finding:
    """One rule that speaks against a dispute; only one that `blocks` stops it."""

    rule: str
    blocks: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    source: str = SOURCE


@dataclass(frozen=True)
class Windows:
    """Until when a dispute can be submitted; each is the last day.

    `network_on` follows the network's rule for the reason, counted from `started_on`.
    """

    stripe_on: date
    network_on: date
    network_days: int
    started_on: date
    started_by: str

    @property
    def due_on(self) -> date:
        """The earlier of the two: what people are reminded of."""
        return min(self.stripe_on, self.network_on)


def windows(purchase: Purchase, reason: Reason, given: Mapping[str, Any]) -> Windows:
    """Return until when a dispute for this reason can be submitted.

    Args:
        purchase: the transaction.
        reason: the reason chosen.
        given: what was typed; the network counts consumer disputes from a day in it (cancellation, expected
            delivery), and from the purchase while that day is not known.
    """
    started_on, started_by = purchase.bought_on, "purchase"
    for name in reason.starts:
        day = _day(given.get(name))
        if day is not None:
            started_on, started_by = day, name
            break
    days = reason.days.get(purchase.brand.lower().replace(" ", ""), reason.days["other"])
    return Windows(
        stripe_on=purchase.cleared_on + timedelta(days=STRIPE_DAYS),
        network_on=started_on + timedelta(days=days),
        network_days=days,
        started_on=started_on,
        started_by=started_by,
    )


def blocked(purchase: Purchase, today: date) -> tuple[Finding, ...]:
    """Return why Stripe's API would refuse any dispute of this transaction."""
    found = []
    if purchase.type != "capture":
        found.append(Finding("not_captured", blocks=True))
    elif purchase.most == 0:
        found.append(Finding("refunded", blocks=True))
    if purchase.disputed:
        found.append(Finding("disputed", blocks=True, values={"dispute": purchase.disputed}))
    last = purchase.cleared_on + timedelta(days=STRIPE_DAYS)
    if today > last:
        found.append(Finding("too_late", blocks=True, values={"date": last.isoformat(), "days": STRIPE_DAYS}))
    return tuple(found)


def warnings(
    purchase: Purchase, reason: Reason, given: Mapping[str, Any], today: date
) -> tuple[Finding, ...]:
    """Return what a network may reject for, and what it wants done first; nothing of it stops anybody."""
    found = []
    until = windows(purchase, reason, given)
    if today > until.network_on:
        values = {"date": until.network_on.isoformat(), "days": until.network_days}
        found.append(Finding("network_late", blocks=False, values=values))
    if purchase.refunded and purchase.most:
        found.append(Finding("partly_refunded", blocks=False))
    if reason.id == "fraudulent":
        found += _of_fraud(purchase)
    if reason.consumer and not (given.get("merchant_tried_on") and given.get("merchant_answer")):
        found.append(Finding("merchant_first", blocks=False))
    return tuple(found)


def _of_fraud(purchase: Purchase) -> list[Finding]:
    found = []
    if purchase.card_status == STOPPING:
        found.append(Finding("card_stopping", blocks=False))
    elif purchase.card_status != "canceled":
        found.append(Finding("card_active", blocks=False))
    if purchase.three_d_secure:
        found.append(Finding("three_d_secure", blocks=False))
    if purchase.wallet:
        found.append(Finding("wallet", blocks=False))
    if purchase.method == "chip":
        found.append(Finding("chip", blocks=False))
    if purchase.fraud_disputes >= MOST_FRAUD:
        values = {"count": purchase.fraud_disputes, "most": MOST_FRAUD, "days": FRAUD_DAYS}
        found.append(Finding("thirty_five", blocks=False, values=values))
    return found


def may_go(before: str, after: str) -> bool:
    """Tell whether a dispute can pass from one state to another: nothing that Stripe ended goes back.

    A draft that people dropped may still be submitted elsewhere; expiring is what they meant.
    """
    if before == "dropped" and after == "expired":
        return False
    return _RANKS.get(after, 0) > _RANKS.get(before, 0)


def working_days_left(today: date, last: date, calendar: str, closing_days: Collection[date] = ()) -> int:
    """Return how many working days are left to submit, today and the last day counted."""
    if last < today:
        return 0
    days = (today + timedelta(days=number) for number in range((last - today).days + 1))
    return sum(1 for day in days if reason_to_skip(day, calendar, closing_days) is None)


def alone_because(*, company: str, reason: str, account: str, from_account: bool, days_left: int) -> str:
    """Return why one person is enough to submit, or `''`: then a second one has to look at it.

    Args:
        company: of the programme: `one_developer`, or `funded_team`.
        reason: Stripe's name for it.
        account: the connected account, `''` for the platform.
        from_account: the connected account raised it; a platform may not stand in its way.
        days_left: working days until the last day, that day counted.
    """
    if company == "one_developer":
        return "one_developer"
    if reason == "fraudulent" and account and from_account:
        return "connected"
    return "last_days" if days_left <= LAST_WORKING_DAYS else ""


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
