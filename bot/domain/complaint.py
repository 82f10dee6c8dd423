"""Complaints: their states, which clocks run, until when, what was late, and who must not be answered.

Sources: https://docs.stripe.com/treasury/connect/handling-complaints (two classes, 5 and 15 business days,
one business day for an executive complaint and no contact until Stripe has reviewed it; every clock starts on
the day on which the complaint was submitted). Which calendar counts is not confirmed: that of the region
does; a complaint of no known region takes the calendar that ends earliest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.deadline import STRIPE_CALENDARS, Counted, count, earlier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.complaint_book import Book

STATES: Final = ("received", "acknowledged", "reopened", "resolved", "withdrawn", "mistake")
OPEN: Final = ("received", "acknowledged", "reopened")
"""States in which somebody still has to do something."""

KINDS: Final = ("operational", "executive")
NOTIFY: Final = "notify"
CONTACT: Final = "contact"
BREACHES: Final = ("acknowledge", "resolve", "notify", "forward", "contact")


@dataclass(frozen=True)
class Facts:
    """What decides about clocks and lock. Moments are aware; None where it did not happen (yet).

    `asked`: the word list proposed *executive* and nobody has answered. `aware_at` is since when we know that
    it is executive. `released_at`: Stripe has reviewed it.
    """

    submitted_at: datetime
    kind: str = "operational"
    state: str = "received"
    feedback: bool = False
    asked: bool = False
    aware_at: datetime | None = None
    released_at: datetime | None = None
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    withdrawn_at: datetime | None = None
    reopened_at: datetime | None = None
    notified_at: datetime | None = None
    forwarded_at: datetime | None = None
    extended: bool = False

    @property
    def locked(self) -> bool:
        """Tell whether the customer must not be answered: from the proposal on, until Stripe has reviewed."""
        if self.feedback or self.state == "mistake":
            return False
        return self.asked or (self.kind == "executive" and self.released_at is None)

    @property
    def open(self) -> bool:
        """Tell whether somebody still has to do something; what is locked is never over."""
        return self.state in OPEN or self.locked


@dataclass(frozen=True)
class Due:
    """One clock of a complaint: how it was counted, and the moment that ended it, if it has ended."""

    name: str
    counted: Counted
    started_at: datetime
    length: int
    source: str
    ended_at: datetime | None = None

    def late(self, now: datetime) -> bool:
        """Tell whether it was missed, or is by now."""
        return (self.ended_at or now) > self.counted.due_at


def dues(facts: Facts, book: Book, region: str, zone: str) -> dict[str, Due]:
    """Return the clocks of a complaint by name: acknowledge and resolve, or notify; forward where it is on.

    Args:
        facts: how it stands.
        book: the clocks of its programme.
        region: us, uk or eu; empty where none is known.
        zone: IANA name in which days begin.

    Raises:
        ValueError: a moment is naive or the zone unknown.
    """
    if facts.feedback or facts.state == "mistake":
        return {}
    found: dict[str, Due] = {}
    withdrawn = facts.withdrawn_at if facts.state == "withdrawn" else None
    if facts.kind == "executive":
        since = min(facts.submitted_at, facts.aware_at or facts.submitted_at)
        found[NOTIFY] = _due(NOTIFY, book, since, region, zone, facts.notified_at)
    else:
        ended = first(facts.acknowledged_at, facts.resolved_at, withdrawn)
        since = facts.reopened_at or facts.submitted_at
        asked = facts.submitted_at if facts.acknowledged_at else since
        found["acknowledge"] = _due("acknowledge", book, asked, region, zone, ended)
        ended = first(facts.resolved_at if facts.state not in OPEN else None, withdrawn)
        found["resolve"] = _due("resolve", book, since, region, zone, ended, extended=facts.extended)
    if book.clocks["forward"].on:
        found["forward"] = _due("forward", book, facts.submitted_at, region, zone, facts.forwarded_at)
    return found


def breaches(found: Mapping[str, Due], now: datetime) -> tuple[str, ...]:
    """Return the clocks that were missed, in the order of `BREACHES`."""
    return tuple(name for name in BREACHES if name in found and found[name].late(now))


def next_due(found: Mapping[str, Due]) -> datetime | None:
    """Return when the earliest clock that still runs is due."""
    return min((due.counted.due_at for due in found.values() if due.ended_at is None), default=None)


def extendable(book: Book, facts: Facts, region: str) -> bool:
    """Tell whether the time to resolve can be extended, with a reason."""
    rule = book.clocks["extended"]
    fits = not rule.regions or region in rule.regions
    running = facts.kind == "operational" and facts.state in OPEN and not facts.feedback
    return rule.on and fits and running and not facts.extended


def breaks_lock(facts: Facts, locked_at: datetime | None, at: datetime) -> bool:
    """Tell whether a contact with the customer at this moment was one too many.

    `locked_at` is when the lock fell; what happened before it was right when it happened. A release ends it.
    People give moments by the minute: one of the same minute counts as one after the lock.
    """
    if locked_at is None or at < locked_at.replace(second=0, microsecond=0):
        return False
    return facts.locked or (facts.released_at is not None and at < facts.released_at)


def offers(facts: Facts, book: Book, region: str) -> tuple[str, ...]:
    """Return what can be done with it now, the most likely first.

    While it is locked no step towards the customer is offered: only what tells Stripe, and what has happened.
    """
    if facts.state == "mistake":
        return ("note",)
    found: list[str] = []
    if facts.asked:
        found.append("decide")
    if facts.locked and facts.kind == "executive":
        found += [] if facts.notified_at else ["notice", "notified"]
        found.append("released")
    if not facts.locked and facts.state in OPEN:
        found += [] if facts.acknowledged_at else ["acknowledge"]
        found += ["resolve", "draft", "withdraw"]
    found += ["extend"] if extendable(book, facts, region) and not facts.locked else []
    if book.clocks["forward"].on and not facts.forwarded_at and not facts.feedback:
        found.append("forwarded")
    found += ["reopen"] if facts.state in {"resolved", "withdrawn"} and not facts.locked else []
    found += ["contact", "note", "details", "assign", "link", "documents"]
    if not facts.feedback:
        found.append("to_operational" if facts.kind == "executive" else "to_executive")
    return (*found, "mistake")


def first(*moments: datetime | None) -> datetime | None:
    """Return the earliest of those that are known."""
    return min((moment for moment in moments if moment is not None), default=None)


def _due(
    name: str,
    book: Book,
    since: datetime,
    region: str,
    zone: str,
    ended_at: datetime | None,
    *,
    extended: bool = False,
) -> Due:
    rule = book.clocks["extended" if extended else name]
    calendars = [STRIPE_CALENDARS[region]] if region in STRIPE_CALENDARS else [*STRIPE_CALENDARS.values()]
    counted = earlier(*(count(since, zone, rule.length, "business_days", calendar) for calendar in calendars))
    return Due(name, counted, since, rule.length, rule.source, ended_at)
