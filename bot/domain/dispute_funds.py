"""Money that moved because of a dispute: each balance transaction, and whether it agrees with the dispute.

Source: https://docs.stripe.com/issuing/purchases/disputes (a won dispute credits the Issuing balance; one in
another currency is credited in the currency of the transaction) and `balance_transactions` of
https://docs.stripe.com/api/issuing/disputes/object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNNAMED: Final = "unnamed"
"""Stripe said that money moved, and named no balance transaction."""


@dataclass(frozen=True)
class Moved:
    """One movement. `amount` is positive, in minor units of `currency`; `what`: reinstated · rescinded.

    `check`: agrees · differs (from the amount of the dispute) · currency (cannot be compared) · `UNNAMED`.
    """

    id: str
    what: str
    amount: int
    currency: str
    check: str


def moved(moves: Iterable[Mapping[str, Any]], amount: int, currency: str) -> tuple[Moved, ...]:
    """Return every movement of a dispute, the oldest first.

    Args:
        moves: as `bot.domain.stripe_object.moves` reads them.
        amount: of the dispute, in minor units.
        currency: of the dispute.
    """
    found, balance = [], 0
    for one in sorted(moves, key=lambda one: (one["at"], one["id"])):
        change = one["amount"]
        balance += change
        what = "reinstated" if change > 0 else "rescinded"
        if one["currency"] != currency:
            check = "currency"
        elif abs(change) == amount or balance == (amount if change > 0 else 0):
            check = "agrees"
        else:
            check = "differs"
        found.append(Moved(one["id"], what, abs(change), one["currency"], check))
    return tuple(found)
