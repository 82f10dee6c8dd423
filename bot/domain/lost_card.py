"""Lost and stolen cards: what somebody searches by, who may take a freeze back, what a late capture means.

Source of the steps: https://docs.stripe.com/issuing/cards/replacements and
https://docs.stripe.com/issuing/manage-fraud (freeze while looking, cancel for good once it is certain).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Final

from bot.domain.card_number import REMOVED, contains_card_number
from bot.domain.search import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN: Final = ("frozen", "revoking")
"""States of a report in which the card could still come back to life or is not dead at Stripe yet."""

KINDS: Final = ("lost", "stolen")
"""The only reasons Stripe takes for a cancellation that somebody asks for."""

TAKE_BACK: Final = timedelta(minutes=10)
"""For how long whoever froze a card may take it back; later an operator does."""

MOST_FREEZES: Final = 5
FREEZES_WITHIN: Final = timedelta(minutes=10)
"""More freezes than this by one person in that time ask for an operator."""

DELIVERY_DAYS: Final = 10
"""A card sent by standard shipping that is not there after so many business days: cancel and order again.

Source: https://docs.stripe.com/issuing/customer-support
"""

SHIPPING: Final = ("standard", "express", "priority")
_LAST4: Final = re.compile(r"[^\w]*(\d{4})")
_PART: Final = re.compile(r"\d{1,3}")
_CARD: Final = re.compile(r"ic_[A-Za-z0-9_]{1,200}")
_MAIL: Final = re.compile(r"<mailto:([^|>]+)(?:\|[^>]*)?>|([^\s<>@]+@[^\s<>@]+)")
_TEST: Final = re.compile(r"(?i)(?:^|\s)(?:test|essai)$")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ENDS_IN: Final = re.compile(
    r"(?:[•*·xX.#]{2,}\s?|\b(?:ending in|ends in|finissant par|se termine par)\s+)(\d{4})\b"
)
MOST_WORDS: Final = 4

AT_STRIPE: Final = frozenset({"last4", "email", "card"})
"""By what Stripe's lists find cards; by name they do not.

Source: https://docs.stripe.com/api/issuing/cards/list and https://docs.stripe.com/api/issuing/cardholders/list
"""


@dataclass(frozen=True)
class Query:
    """What somebody searches by. `kind`: nothing, card, last4, part (of last four), email, words, number.

    A *number* is more digits than the last four: it is refused, and `text` is empty. `test`: test cards too.
    """

    kind: str
    text: str = ""
    words: tuple[str, ...] = ()
    test: bool = False

    @property
    def names(self) -> bool:
        """Tell whether it asks for a person, which not everybody may."""
        return self.kind in {"email", "words"}


def read_query(said: str) -> Query:
    """Return what somebody searches by: `4242`, `ic_…`, `jenny`, `jenny@example.com`; `test` behind it."""
    rest = said.strip()
    test = bool(_TEST.search(rest))
    rest = _TEST.sub("", rest).strip()
    if not rest:
        return Query("nothing", test=test)
    if REMOVED in rest or contains_card_number(rest) or len(re.sub(r"\D", "", _no_ids(rest))) > 4:  # noqa: PLR2004 - the last four
        return Query("number", test=test)
    if _CARD.fullmatch(rest):
        return Query("card", rest, test=test)
    return _read_rest(rest, test=test)


def _read_rest(rest: str, *, test: bool) -> Query:
    if found := _LAST4.fullmatch(rest):
        return Query("last4", found[1], test=test)
    if _PART.fullmatch(rest):
        return Query("part", rest, test=test)
    if found := _MAIL.search(rest):
        return Query("email", (found[1] or found[2]).strip().lower(), test=test)
    return Query("words", rest, words_of(rest)[:MOST_WORDS], test=test)


def _no_ids(text: str) -> str:
    return re.sub(r"\b[a-z]{2,6}_\w+|\S+@\S+", "", text)


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name as they are searched by: no case, no accents, each once."""
    return tuple(dict.fromkeys(plain(name).split()))


def last4_in(message: str) -> str:
    """Return the last four digits that a message names as such (`•••• 4242`), or an empty text."""
    found = _ENDS_IN.search(message)
    return found[1] if found else ""


def initials(name: str) -> str:
    """Return the initials of a name: all that a member sees of a holder."""
    return "".join(f"{word[0].upper()}." for word in _WORD.findall(name)[:3])


def may_take_back(*, operator: bool, own: bool, frozen_at: datetime, now: datetime) -> bool:
    """Tell whether somebody may unfreeze: an operator, or whoever froze it within ten minutes."""
    return operator or (own and now - frozen_at <= TAKE_BACK)


def is_late(captured_at: datetime, reported_at: datetime) -> bool:
    """Tell whether money was taken after the card was reported: then its holder is asked."""
    return captured_at >= reported_at


def stage_of(*, status: str, shipping: str) -> str:
    """Return how far a new card has come: created, then where its parcel is, then active or canceled."""
    if status in {"active", "canceled"}:
        return status
    if shipping in {"shipped", "delivered", "returned", "failure"}:
        return shipping
    return "created"


STAGES: Final = ("ordered", "created", "shipped", "returned", "failure", "delivered", "active", "canceled")
"""How far a new card has come, in order: what was said never goes back."""


def is_further(before: str, after: str) -> bool:
    """Tell whether a new card has come further than what was last said of it."""
    places = {name: place for place, name in enumerate(STAGES)}
    return places.get(after, -1) > places.get(before, -1)


@dataclass(frozen=True)
class Times:
    """How long it took from report to canceled at Stripe, over some cases."""

    count: int
    median: timedelta | None
    worst: timedelta | None


def times(took: Sequence[timedelta]) -> Times:
    """Return median and worst of these times."""
    if not took:
        return Times(0, None, None)
    return Times(len(took), timedelta(seconds=median(one.total_seconds() for one in took)), max(took))
