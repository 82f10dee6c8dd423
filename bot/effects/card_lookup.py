"""Asking Stripe about a card that the rows do not know: by last four, e-mail address, or id.

Stripe's lists filter `last4` (https://docs.stripe.com/api/issuing/cards/list) and `email`
(https://docs.stripe.com/api/issuing/cardholders/list); by name there is no way to ask.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from bot.clock import Clock
from bot.domain import lost_card as rules
from bot.domain.lost_card import Query
from bot.services import card_find, card_search, stripe_event
from bot.stripe_api import StripeApi, StripeError, StripeRefusedError, Whose
from storage import Database
from storage.queries import card_search as rows
from storage.queries import claim as waiting
from storage.tables_lost import CardSearch

CARDS: Final = "/v1/issuing/cards"
HOLDERS: Final = "/v1/issuing/cardholders"
AT_ONCE: Final = 8
MOST_ACCOUNTS: Final = 8
"""As many as answer within the three seconds that Slack waits for a menu."""
MOST_LATER: Final = 64
"""Where nobody waits on the line."""
MOST_CARDS: Final = 20
Json = dict[str, Any]
CLAIM: Final = timedelta(seconds=120)
BATCH: Final = 8
MOST_ATTEMPTS: Final = 3
_MENDABLE: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Looked:
    """What came of asking: whether a card was learned, how many accounts were asked, how many were silent."""

    learned: bool = False
    asked: int = 0
    silent: int = 0


class CardLookup:
    """Asks the accounts that were used last, a few at once; what it learns is in the rows when it returns."""

    def __init__(self, database: Database, clock: Clock, stripe: StripeApi) -> None:
        self._database = database
        self._clock = clock
        self._stripe = stripe

    def ask(self, said: str) -> bool:
        """Ask about what somebody typed; tells whether a card was learned."""
        return self.look(said, MOST_ACCOUNTS).learned

    def look(self, said: str, most: int) -> Looked:
        """Ask at most so many accounts about what somebody typed, `AT_ONCE` of them at a time."""
        query = rules.read_query(said)
        if query.kind not in rules.AT_STRIPE:
            return Looked()
        with self._database.reading() as session:
            known = rows.accounts(session, most)
        asked = [Whose(row.livemode, row.account, row.platform) for row in known]
        asked = [whose for whose in asked if self._stripe.can_call(whose)]
        if not asked:
            return Looked()
        with ThreadPoolExecutor(min(len(asked), AT_ONCE), thread_name_prefix="lookup") as pool:
            found = list(pool.map(lambda whose: (whose, self._of(whose, query)), asked))
        learned, silent = False, 0
        for whose, told in found:
            if told is None:
                silent += 1
            elif told[1]:
                learned = True
                self._learn(whose, *told)
        return Looked(learned=learned, asked=len(asked), silent=silent)

    def _of(self, whose: Whose, query: Query) -> tuple[list[Json], list[Json]] | None:
        """Return holders and cards of one account; None when it does not answer, or not to this key."""
        try:
            return _ASK[query.kind](self._stripe, whose, query.text)
        except StripeRefusedError as error:
            _log.info("no card from %s: %s", whose.account or "the platform", error.code)
            return None if error.status in _MENDABLE else ([], [])
        except StripeError as error:
            _log.info("no answer from %s: %s", whose.account or "the platform", error.code)
            return None

    def _learn(self, whose: Whose, holders: list[Json], cards: list[Json]) -> None:
        of: dict[str, Any] = {"account": whose.account, "livemode": whose.livemode}
        with self._database.transaction() as session:
            for one in holders:
                card_find.learn_holder(session, one, **of)
            for one in cards:
                inside = one.get("cardholder")
                if isinstance(inside, dict):
                    card_find.learn_holder(session, inside, **of)
                stripe_event.learn_card(session, one, platform=whose.platform, **of, now=self._clock.now())


def _by_last4(stripe: StripeApi, whose: Whose, text: str) -> tuple[list[Json], list[Json]]:
    answer = stripe.get(whose, CARDS, {"last4": text, "limit": MOST_CARDS})
    return [], _listed(answer)


def _by_id(stripe: StripeApi, whose: Whose, text: str) -> tuple[list[Json], list[Json]]:
    return [], [stripe.get(whose, f"{CARDS}/{text}")]


def _by_email(stripe: StripeApi, whose: Whose, text: str) -> tuple[list[Json], list[Json]]:
    holders = _listed(stripe.get(whose, HOLDERS, {"email": text, "limit": MOST_CARDS}))
    cards: list[Json] = []
    for one in holders:
        cards += _listed(stripe.get(whose, CARDS, {"cardholder": one["id"], "limit": MOST_CARDS}))
    return holders, cards


def _listed(answer: Json) -> list[Json]:
    return [one for one in answer.get("data") or [] if isinstance(one, dict) and one.get("id")]


_ASK: Final[dict[str, Callable[[StripeApi, Whose, str], tuple[list[Json], list[Json]]]]] = {
    "last4": _by_last4,
    "card": _by_id,
    "email": _by_email,
}


class CardSearches:
    """Answers those who named a card that no row knows."""

    def __init__(self, database: Database, clock: Clock, lookup: CardLookup, language: str) -> None:
        self._database = database
        self._clock = clock
        self._lookup = lookup
        self._language = language

    def claim(self) -> list[CardSearch]:
        """Take searches that wait; one whose worker vanished comes back after `CLAIM`."""
        wall = self._clock.wall()
        with self._database.reading() as session:
            due = waiting.due(session, CardSearch, "waiting", wall, BATCH)
        if not due:
            return []
        with self._database.transaction() as session:
            return waiting.claim(session, CardSearch, due, "waiting", wall=wall, until=wall + CLAIM)

    def search(self, row: CardSearch) -> None:
        """Ask Stripe, three times if it is silent, and tell who asked."""
        looked = self._lookup.look(row.said or "", MOST_LATER)
        silent = bool(looked.silent) and not looked.learned
        if silent and row.attempts < MOST_ATTEMPTS:
            with self._database.transaction() as session:
                rows.later(session, row.id, self._clock.wall() + timedelta(seconds=row.attempts))
            return
        said = card_search.AWAY if silent else card_search.NOTHING if looked.asked else ""
        with self._database.transaction() as session:
            card_search.answer(session, row, said, language=self._language, now=self._clock.now())
