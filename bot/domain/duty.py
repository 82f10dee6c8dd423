"""Duties that last after launch: when one is due next."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.domain.plan import Repeats

UNITS: Final = ("days", "months")


def next_due(repeats: Repeats | None, since: date | None, last: date | None) -> date | None:
    """Return the day by which a duty is due again: one period after it was last done, else after `since`.

    None where the source gives no period, or nothing has begun yet. A month after January 31 is the last day
    of February.
    """
    start = last or since
    if repeats is None or start is None:
        return None
    if repeats.unit == "days":
        return start + timedelta(days=repeats.length)
    months = start.month - 1 + repeats.length
    year, month = start.year + months // 12, months % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))
