"""Which of two descriptions of a Stripe object holds. Events come in any order, twice, and late.

Each description has the moment at which Stripe made its event, in whole seconds. The later one holds; of two
with the same moment the one that is further ahead (a submitted dispute over a draft). Where neither says, the
object has to be fetched. Whatever the order, a state at the end of a life never goes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

RANKS: Final[Mapping[str, Mapping[str, int]]] = {
    "card": {"canceled": 1},
    "authorization": {"closed": 1, "reversed": 1, "expired": 1},
    "dispute": {"unsubmitted": 1, "submitted": 2, "won": 3, "lost": 3, "expired": 3},
    "token": {"deleted": 1},
}
"""How far ahead a status is, by kind of object; one that is not listed may come back and has rank 0.

Sources: the API reference of each object, field `status`, and https://docs.stripe.com/issuing/purchases/disputes.
"""

_WITH_STATUS: Final = {"card": ("cancellation_reason",), "dispute": ("loss_reason",)}
_AHEAD: Final = {
    "authorization": ("entries",),
    "card": ("replaced_by", "cancellation_reason"),
    "transaction": ("dispute",),
}
"""Fields that only grow or are only filled, by kind."""


class OrderUnknownError(Exception):
    """Two descriptions of the same second differ and neither is further ahead: ask Stripe which one holds."""


@dataclass(frozen=True)
class Seen:
    """One description of an object: its columns, and when Stripe made the event that holds it."""

    columns: Mapping[str, Any]
    at: datetime | None


def merge(kind: str, have: Seen, found: Seen, *, certain: bool = False, settle: bool = False) -> Seen:
    """Return what holds after a description was found, whatever came before it.

    Args:
        kind: of the object, as in `RANKS`.
        have: what was known; without a moment it is only what never changes.
        found: what came.
        certain: it was fetched because of this event, so it holds over everything of that moment.
        settle: Stripe cannot be asked: let the same one hold in every order.

    Raises:
        OrderUnknownError: Stripe has to be asked.
    """
    if have.at is None or found.at is None:
        return _kept_ahead(kind, found, have)
    later = max(have.at, found.at)
    if dict(have.columns) == dict(found.columns):
        return Seen(have.columns, later)
    newest, other = (
        (found, have) if _holds(kind, have, found, certain=certain, settle=settle) else (have, found)
    )
    return Seen(_kept_ahead(kind, newest, other).columns, later)


def _holds(kind: str, have: Seen, found: Seen, *, certain: bool, settle: bool) -> bool:
    assert have.at is not None, "merge looked"  # noqa: S101 - for the type checker
    assert found.at is not None, "merge looked"  # noqa: S101 - for the type checker
    if found.at != have.at:
        return found.at > have.at
    if certain:
        return True
    mine, theirs = _progress(kind, have.columns), _progress(kind, found.columns)
    if mine != theirs:
        return theirs > mine
    if settle:
        return sorted((name, str(value)) for name, value in found.columns.items()) > sorted(
            (name, str(value)) for name, value in have.columns.items()
        )
    raise OrderUnknownError


def rank(kind: str, status: str) -> int:
    """Return how far ahead a status is."""
    return RANKS.get(kind, {}).get(status, 0)


def _progress(kind: str, columns: Mapping[str, Any]) -> tuple[Any, ...]:
    grown = (columns.get(name) for name in _AHEAD.get(kind, ()))
    return (
        rank(kind, columns.get("status", "")),
        *(value if isinstance(value, int) else bool(value) for value in grown),
    )


def _kept_ahead(kind: str, newest: Seen, other: Seen) -> Seen:
    """Return the newest description, with the status of the other where that is further ahead."""
    ahead = other.columns.get("status", "")
    if rank(kind, ahead) <= rank(kind, newest.columns.get("status", "")):
        return newest
    kept = {
        name: other.columns[name] for name in ("status", *_WITH_STATUS.get(kind, ())) if name in other.columns
    }
    return Seen({**newest.columns, **kept}, newest.at)
