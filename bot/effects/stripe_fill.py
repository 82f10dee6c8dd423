"""Reading at first start what Stripe holds: connected accounts, cardholders, cards; five calls a second.

How far it has come is a row for each account and mode, so that it goes on after a restart, and people are
told meanwhile that a card may still be missing.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from bot.clock import Clock
from bot.effects.stripe_reconcile import CALLS_PER_SECOND, PER_PAGE, TOGETHER
from bot.services import card_find, stripe_event, stripe_program
from bot.stripe_api import StripeApi, StripeAwayError, StripeRefusedError, Whose
from storage import Database
from storage.queries import stripe_fill as rows
from storage.tables_lost import StripeFill

PATHS: Final = {
    "accounts": "/v1/accounts",
    "cardholders": "/v1/issuing/cardholders",
    "cards": "/v1/issuing/cards",
}
AFTER: Final = {"accounts": "cardholders", "cardholders": "cards", "cards": "done"}
"""Cardholders come before cards, so that a card is found by its holder as soon as it is known."""

AGAIN: Final = timedelta(minutes=1)
REFUSED_AGAIN: Final = timedelta(hours=1)
_log: Final = logging.getLogger(__name__)


class StripeFilling:
    """Reads one account after the other; `turn` goes on where the last one stopped."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stripe: StripeApi,
        *,
        rest: Callable[[float], object] = time.sleep,
        most_seconds: float = 25,
    ) -> None:
        self._database = database
        self._clock = clock
        self._stripe = stripe
        self._rest = rest
        self._most = timedelta(seconds=most_seconds)
        self._next_call: datetime | None = None

    def turn(self) -> int:
        """Read until the time of a turn is over; returns how many pages were read."""
        until, pages = self._clock.wall() + self._most, 0
        while self._clock.wall() < until:
            with self._database.reading() as session:
                fresh, due = rows.missing(session), rows.due(session, self._clock.wall())
            if fresh:
                with self._database.transaction() as session:
                    rows.want(session, self._clock.wall())
                continue
            if not due:
                return pages
            if not self._page(due[0]):
                return pages
            pages += 1
        return pages

    def _page(self, row: StripeFill) -> bool:
        """Read one page; false when Stripe is away and nothing else need be tried."""
        stage = row.stage if row.stage != "accounts" or not row.account else "cardholders"
        params: dict[str, Any] = {"limit": PER_PAGE}
        if row.after and stage == row.stage:
            params["starting_after"] = row.after
        wall = self._clock.wall()
        try:
            answer = self._get(Whose(row.livemode, row.account, row.platform), PATHS[stage], params)
        except StripeAwayError as error:
            _log.warning("Stripe's %s cannot be listed now: %s", stage, error.code)
            self._keep(row, next_at=wall + AGAIN)
            return False
        except StripeRefusedError as error:
            return self._refused(row, stage, error, wall)
        found = [one for one in answer.get("data") or [] if isinstance(one, dict) and one.get("id")]
        self._learn(row, stage, found)
        over = not found or not answer.get("has_more")
        values: dict[str, Any] = {
            "stage": AFTER[stage] if over else stage,
            "after": "" if over else str(found[-1]["id"]),
            "error": "",
        }
        if stage in {"cardholders", "cards"}:
            values[stage] = getattr(row, stage) + len(found)
        if values["stage"] == "done":
            values["done_at"] = wall
            cards = values.get("cards", row.cards)
            _log.info("read %d cards of %s", cards, row.account or "the platform")
        self._keep(row, **values)
        return True

    def _refused(self, row: StripeFill, stage: str, error: StripeRefusedError, wall: datetime) -> bool:
        if stage == "accounts":  # a key that may not list connected accounts, or a platform without any
            self._keep(row, stage="cardholders", after="")
        elif row.after and error.code == "resource_missing":
            self._keep(row, stage=stage, after="")  # where we stopped is gone: begin the list again
        else:
            self._keep(row, error=error.code, next_at=wall + REFUSED_AGAIN)
        return True

    def _learn(self, row: StripeFill, stage: str, found: list[dict[str, Any]]) -> None:
        whose: dict[str, Any] = {"account": row.account, "livemode": row.livemode}
        for begin in range(0, len(found), TOGETHER):
            with self._database.transaction() as session:
                for one in found[begin : begin + TOGETHER]:
                    if stage == "accounts":
                        account = str(one["id"])
                        stripe_program.know_account(session, row.platform, account, livemode=row.livemode)
                    elif stage == "cardholders":
                        card_find.learn_holder(session, one, **whose)
                    else:
                        now = self._clock.now()
                        stripe_event.learn_card(session, one, platform=row.platform, **whose, now=now)

    def _get(self, whose: Whose, path: str, params: dict[str, Any]) -> dict[str, Any]:
        wall = self._clock.wall()
        if self._next_call is not None and self._next_call > wall:
            self._rest((self._next_call - wall).total_seconds())
        self._next_call = max(wall, self._next_call or wall) + timedelta(seconds=1 / CALLS_PER_SECOND)
        return self._stripe.get(whose, path, params)

    def _keep(self, row: StripeFill, **values: Any) -> None:  # noqa: ANN401 - columns
        with self._database.transaction() as session:
            rows.change(session, row, **values)
