"""What about cards people hear, and what is only counted: never one message per purchase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


KINDS: Final = ("declined", "webhook_timeout", "webhook_error", "fraud_warning", "watched")
BUDGET: Final = 20
"""Threads that exceptions may open in a day for one programme; the rest is one line an hour."""
OLD: Final = timedelta(days=1)
"""What is told later than this, after an outage, is listed only."""
AGAIN: Final = {
    "declined": timedelta(days=1),
    "webhook_timeout": timedelta(hours=1),
    "webhook_error": timedelta(hours=1),
}
"""After how long the same is said again of the same card."""
LEAST_OF_SPIKE: Final = 10
TIMES_USUAL: Final = 3
TROUBLE: Final = ("webhook_timeout", "webhook_error")


class Entry(NamedTuple):
    """One entry of request_history that may be an exception."""

    kind: str
    at: datetime
    reason: str


def entries(found: Mapping[str, Any]) -> list[Entry]:
    """Return what may be an exception in the history of an authorization: no usable answer, declines."""
    history = found.get("request_history")
    seen = []
    for one in history if isinstance(history, list) else ():
        made = one.get("created") if isinstance(one, dict) else None
        if type(made) is not int or not 0 < made < 4_102_444_800:  # noqa: PLR2004 - the year 2100
            continue
        reason = one["reason"] if isinstance(one.get("reason"), str) else ""
        at = datetime.fromtimestamp(made, UTC)
        if reason in TROUBLE:
            seen.append(Entry(reason, at, reason))
        elif one.get("approved") is False:
            seen.append(Entry("declined", at, reason[:80]))
    return seen


@dataclass(frozen=True)
class Standing:
    """What is known about the card of an exception.

    `tested`: the programme is before its public launch, when every first decline matters. `ever` and
    `lately`: the same was said of this card before, at all and within `AGAIN`.
    """

    tested: bool
    watched: bool
    reported: bool
    ever: bool
    lately: bool


def worth(kind: str, standing: Standing) -> bool:
    """Tell whether people hear of an exception."""
    if kind in {"fraud_warning", "watched"}:
        return True
    if kind in TROUBLE:
        return not standing.lately
    if standing.watched:
        return False  # its use is told already
    if standing.reported:
        return not standing.lately
    return standing.tested and not standing.ever


def spikes(last_hour: int, day_before: int) -> bool:
    """Tell whether so many declines in an hour are a spike, beside those of the 24 hours before."""
    return last_hour >= max(LEAST_OF_SPIKE, TIMES_USUAL * day_before / 24)
