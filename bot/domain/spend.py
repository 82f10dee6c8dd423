"""What counts as spent, and in which windows (https://docs.stripe.com/issuing/purchases/authorizations)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

PERIODS: Final = ("day", "week", "month")


def windows(at: datetime) -> tuple[str, str, str]:
    """Return the UTC day, ISO week and month of a moment in UTC: `2026-11-25`, `2026-W48`, `2026-11`."""
    year, week, _ = at.isocalendar()
    return f"{at:%Y-%m-%d}", f"{year:04d}-W{week:02d}", f"{at:%Y-%m}"


def counted(
    *, status: str, approved: bool, amount: int, captured: int, refunded: int, undecided: int | None
) -> int:
    """Return what an authorization adds to the spend, in minor units; never negative.

    Args:
        status: Stripe's; an unknown one counts like one that has ended.
        approved: Stripe's.
        amount: what is authorized, as Stripe last said.
        captured: the sum of its captures, positive. A capture may exceed what was authorized.
        refunded: the sum of its refunds, positive.
        undecided: what our newest answer counts when Stripe's events do not show that answer yet, else None.
    """
    held = 0
    if status == "pending":
        held = undecided if undecided is not None else amount if approved else 0
    return max(0, max(held, captured) - refunded)
