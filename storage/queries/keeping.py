"""Removing what has served its purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, cast

from sqlmodel import Session, col, delete, func, or_, select, tuple_, update

from storage.tables import Interaction, Lease
from storage.tables_lost import AuthorizationSeen
from storage.tables_stripe import AuthorizationDecision, Spend
from storage.tables_stripe_event import StripeEvent
from storage.upsert import insert_once

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

DONE: Final = ("handled", "ignored")
INPUTS: Final = "*inputs"
"""The row of `authorization_seen` whose mark is the newest decision that was emptied."""


def forget_interactions(session: Session, before: datetime) -> int:
    """Remove keys of requests older than this; returns how many."""
    result = session.exec(delete(Interaction).where(col(Interaction.at) < before))
    return cast("CursorResult[Any]", result).rowcount


def forget_leases(session: Session, before: datetime) -> int:
    """Remove waits that ended before this (wall time); returns how many."""
    result = session.exec(delete(Lease).where(col(Lease.until) < before))
    return cast("CursorResult[Any]", result).rowcount


@dataclass(frozen=True)
class Page:
    """Rows looked at, oldest first: those whose time has come, and the last number when there may be more."""

    old: Sequence[int]
    last: int | None


def old_bodies(session: Session, before: datetime, after: int, limit: int) -> Page:
    """Return events received before a moment that are done with, among the next ones that have their body.

    Numbers grow with time, so the first page that reaches the moment is the last one. The partial index of
    events with a body leads past those that were emptied: what is looked at does not grow with the table.
    """
    found = session.exec(
        select(StripeEvent.id, StripeEvent.received_at, StripeEvent.state)
        .where(col(StripeEvent.body).is_not(None), col(StripeEvent.id) > after)
        .order_by(col(StripeEvent.id))
        .limit(limit)
    ).all()
    old = [number for number, at, state in found if at < before and state in DONE]
    more = len(found) == limit and all(at < before for _, at, _ in found)
    return Page(old, found[-1][0] if more else None)


def empty_bodies(session: Session, events: Sequence[int]) -> int:
    """Remove the bodies of these events, unless one is handled again meanwhile; returns how many."""
    done = col(StripeEvent.state).in_(DONE)
    result = session.exec(update(StripeEvent).where(col(StripeEvent.id).in_(events), done).values(body=None))
    return cast("CursorResult[Any]", result).rowcount


def old_inputs(session: Session, before: datetime, limit: int) -> tuple[int, int] | None:
    """Return the first and last number of the next decisions made before a moment; None without any.

    What is behind the mark was emptied: decisions are read by their key from there on, at most `limit`.
    """
    mark = session.get(AuthorizationSeen, (INPUTS, True), populate_existing=True)
    begin = mark.mark if mark else 0
    found = session.exec(
        select(AuthorizationDecision.id, AuthorizationDecision.at)
        .where(col(AuthorizationDecision.id) > begin)
        .order_by(col(AuthorizationDecision.id))
        .limit(limit)
    ).all()
    old = list(takewhile(lambda row: row[1] < before, found))
    return (old[0][0], old[-1][0]) if old else None


def empty_inputs(session: Session, first: int, last: int) -> int:
    """Remove what the rules read from these decisions, and move the mark; returns how many had it.

    The decision itself, its rule, its amount and what each rule said stay.
    """
    key = {"account": INPUTS, "livemode": True}
    insert_once(session, AuthorizationSeen, {**key, "mark": 0}, conflict=list(key))
    moved = session.exec(
        update(AuthorizationSeen)
        .where(
            col(AuthorizationSeen.account) == INPUTS,
            col(AuthorizationSeen.livemode),
            col(AuthorizationSeen.mark) < first,
        )
        .values(mark=last)
    )
    if not cast("CursorResult[Any]", moved).rowcount:
        return 0  # another process was first
    result = session.exec(
        update(AuthorizationDecision)
        .where(
            col(AuthorizationDecision.id).between(first, last),
            col(AuthorizationDecision.inputs).is_not(None),
        )
        .values(inputs=None)
    )
    return cast("CursorResult[Any]", result).rowcount


def old_spend(session: Session, windows: tuple[str, str, str], limit: int) -> Sequence[tuple[str, str, str]]:
    """Return subject, window and currency of spend in windows before these: a day, an ISO week, a month."""
    window = col(Spend.window)
    older = [(func.length(window) == len(one)) & (window < one) for one in windows]
    found = session.exec(
        select(Spend.subject, Spend.window, Spend.currency).where(or_(*older)).limit(limit)
    ).all()
    return [(subject, when, currency) for subject, when, currency in found]


def forget_spend(session: Session, keys: Sequence[tuple[str, str, str]]) -> int:
    """Remove these rows of spend; returns how many."""
    key = tuple_(col(Spend.subject), col(Spend.window), col(Spend.currency))
    result = session.exec(delete(Spend).where(key.in_(keys)))
    return cast("CursorResult[Any]", result).rowcount
