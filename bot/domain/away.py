"""Who stands in for somebody who is away or cannot be reached. Pure rules; every door asks these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime


@dataclass(frozen=True)
class Absence:
    """Somebody is away on these days, both included, as their own zone counts them."""

    user: str
    starts_on: date
    ends_on: date
    deputy: str
    zone: str = "UTC"

    def covers(self, now: datetime) -> bool:
        """Tell whether this aware moment lies within."""
        return self.starts_on <= self.today(now) <= self.ends_on

    def today(self, now: datetime) -> date:
        """Return the date that this aware moment has for the person."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def overlaps(self, starts_on: date, ends_on: date) -> bool:
        """Tell whether it shares a day with this span."""
        return self.starts_on <= ends_on and starts_on <= self.ends_on


def current(absences: Iterable[Absence], now: datetime) -> dict[str, Absence]:
    """Return by user who is away at this moment; of several absences the one that ends last counts."""
    found = sorted((one for one in absences if one.covers(now)), key=lambda one: one.ends_on)
    return {one.user: one for one in found}


def stand_in(
    user: str,
    away: Mapping[str, Absence],
    *,
    gone: Collection[str] = (),
    manager: str = "",
    admins: Sequence[str] = (),
) -> str:
    """Return who acts for somebody: themself when present, else the deputy, the deputy's deputy and so on.

    Where that leads to nobody (a circle, somebody gone), it is the programme's manager or who stands in for
    them, then the first admin; an empty text when nobody is left.
    """
    return next((found for one in (user, manager, *admins) if (found := _along(one, away, gone))), "")


def stood_in_for(
    user: str, people: Iterable[str], away: Mapping[str, Absence], *, gone: Collection[str] = ()
) -> frozenset[str]:
    """Return those of these people for whom somebody acts as deputy now, without themself."""
    return frozenset(one for one in people if one != user and one in away and _along(one, away, gone) == user)


def hears(
    away: Mapping[str, Absence],
    *,
    gone: Collection[str],
    manager: str,
    lead: str,
    admins: Sequence[str],
) -> tuple[str, ...]:
    """Return who must hear that something has no owner who can be reached.

    It is the programme's manager; without one the lead; else all admins. An absent one is spoken for by
    their deputy. Nobody at all gives an empty tuple: then the board and the operations channel say it.
    """
    for one in (manager, lead):
        found = _along(one, away, gone)
        if found:
            return (found,)
    return tuple(dict.fromkeys(found for one in admins if (found := _along(one, away, gone))))


def _along(user: str, away: Mapping[str, Absence], gone: Collection[str]) -> str:
    """Follow the deputies from one to the next; a circle and somebody gone lead to nobody."""
    seen: set[str] = set()
    while user and user not in gone and user not in seen:
        if user not in away:
            return user
        seen.add(user)
        user = away[user].deputy
    return ""
