"""Asking Stripe about a card that the rows do not know: by last four, e-mail address, or id.

Stripe's lists filter `last4` (https://docs.stripe.com/api/issuing/cards/list) and `email`
(https://docs.stripe.com/api/issuing/cardholders/list); by name there is no way to ask.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from bot.clock import Clock
from bot.domain import lost_card as rules
from bot.domain.lost_card import Query
from bot.services import card_find, stripe_event
from bot.stripe_api import StripeApi, StripeError, Whose
from storage import Database
from storage.queries import card_search as rows

CARDS: Final = "/v1/issuing/cards"
HOLDERS: Final = "/v1/issuing/cardholders"
MOST_ACCOUNTS: Final = 8
MOST_CARDS: Final = 20
Json = dict[str, Any]
_log: Final = logging.getLogger(__name__)


class CardLookup:
    """Asks the accounts that were used last, a few at once; what it learns is in the rows when it returns."""

    def __init__(self, database: Database, clock: Clock, stripe: StripeApi) -> None:
        self._database = database
        self._clock = clock
        self._stripe = stripe

    def ask(self, said: str) -> bool:
        """Ask about what somebody typed; tells whether a card was learned."""
        query = rules.read_query(said)
        if query.kind not in {"last4", "email", "card"}:
            return False
        with self._database.reading() as session:
            known = rows.accounts(session, MOST_ACCOUNTS)
        asked = [Whose(row.livemode, row.account, row.platform) for row in known]
        asked = [whose for whose in asked if self._stripe.can_call(whose)]
        if not asked:
            return False
        with ThreadPoolExecutor(len(asked), thread_name_prefix="lookup") as pool:
            found = list(pool.map(lambda whose: (whose, self._of(whose, query)), asked))
        learned = False
        for whose, (holders, cards) in found:
            if cards:
                learned = True
                self._learn(whose, holders, cards)
        return learned

    def _of(self, whose: Whose, query: Query) -> tuple[list[Json], list[Json]]:
        """Return holders and cards of one account; one that does not answer has none."""
        try:
            return _ASK[query.kind](self._stripe, whose, query.text)
        except StripeError as error:
            _log.info("no card from %s: %s", whose.account or "the platform", error.code)
            return [], []

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
