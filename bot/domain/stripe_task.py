"""When a capability of an account asks for something (stripe.md 1.11 holds the sources).

An application that is complete and still not verified after 29 days (in test mode 1 hour) is refused: the
account has to be told (https://docs.stripe.com/issuing/compliance-us/issuing-regulated-customer-notices).
Without a use of any card Stripe disables Issuing after 395 days
(https://docs.stripe.com/issuing/connect/inactive-accounts-management).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

UNVERIFIED_AFTER: Final = timedelta(days=29)
UNVERIFIED_AFTER_IN_TEST: Final = timedelta(hours=1)
INACTIVE_AFTER: Final = timedelta(days=395)
ISSUING: Final = "card_issuing"
INACTIVITY: Final = frozenset({"paused.inactivity", "rejected.inactivity"})
KINDS: Final = ("unverified", "inactive")


@dataclass(frozen=True)
class State:
    """A capability as it is: since when its application is complete, since when it was active or used."""

    capability: str
    livemode: bool
    status: str
    disabled_reason: str
    completed_at: datetime | None
    active_at: datetime | None
    used_at: datetime | None


def due(state: State, now: datetime) -> dict[str, datetime]:
    """Return what a capability asks for now: each kind with the moment from which its time counts."""
    found: dict[str, datetime] = {}
    if state.capability != ISSUING:
        return found
    limit = UNVERIFIED_AFTER if state.livemode else UNVERIFIED_AFTER_IN_TEST
    waiting = state.status != "active" and state.active_at is None
    if waiting and state.completed_at is not None and now - state.completed_at >= limit:
        found["unverified"] = state.completed_at
    last = max((at for at in (state.used_at, state.active_at) if at is not None), default=None)
    if last is not None and (
        state.disabled_reason in INACTIVITY or (state.status == "active" and now - last >= INACTIVE_AFTER)
    ):
        found["inactive"] = last
    return found
