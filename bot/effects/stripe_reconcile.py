"""Comparing the inbox with Stripe's own list of events: what never arrived is recorded as if it had.

Stripe keeps events for 30 days (https://docs.stripe.com/api/events), so that is how far back an outage can be
healed. Each account says from which moment on it is complete.
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from bot.clock import Clock
from bot.domain.stripe_event import HANDLED, EventError, event_of
from bot.services import stripe_event, stripe_program, stripe_record
from bot.stripe_api import NoKeyError, StripeApi, StripeAwayError, StripeRefusedError, Whose
from storage import Database
from storage.queries import stripe_account as rows
from storage.queries import stripe_event as events
from storage.queries import stripe_mirror as mirror
from storage.tables_stripe_event import StripeAccount
from storage.types import canonical

KEPT: Final = timedelta(days=30)
OVERLAP: Final = timedelta(minutes=15)  # Stripe's list may show an event a little after it was made
HOURLY: Final = timedelta(hours=1)
DAILY: Final = timedelta(hours=20)  # less than a day, so that a turn that begins late still keeps the day
OUTAGE: Final = timedelta(hours=2)  # no comparison for so long: this Gantry was down
CALLS_PER_SECOND: Final = 5
PER_PAGE: Final = 100
TOGETHER: Final = 10  # learned in one transaction: a whole page would hold the write lock for 0.2 s
EVENTS: Final = "/v1/events"
CARDS: Final = "/v1/issuing/cards"
_log: Final = logging.getLogger(__name__)


class Reconciliation:
    """Compares one account after the other, at most five calls a second.

    Args:
        database: where.
        clock: wall time for progress and rates, business time for rows.
        stripe: whom to ask.
        platforms: the accounts that the settings name, or one `''`.
        rest: waits for seconds; tests give their own.
        most_seconds: a turn ends after so long, and the next one goes on.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stripe: StripeApi,
        platforms: Iterable[str] = ("",),
        *,
        rest: Callable[[float], object] = time.sleep,
        most_seconds: float = 50,
    ) -> None:
        self._database = database
        self._clock = clock
        self._stripe = stripe
        self._platforms = tuple(platforms) or ("",)
        self._rest = rest
        self._most = timedelta(seconds=most_seconds)
        self._next_call: datetime | None = None

    def begin(self) -> None:
        """At start: know the platforms, compare them at once, and after an outage of ours everybody."""
        wall = self._clock.wall()
        with self._database.transaction() as session:
            for platform in self._platforms:
                for livemode in (True, False):
                    if self._stripe.can_call(Whose(livemode, "", platform)):
                        stripe_program.know_account(session, platform, "", livemode=livemode)
            last = rows.newest_check(session)
            rows.hurry(session, wall, everybody=last is not None and wall - last > OUTAGE)

    def turn(self) -> int:
        """Compare the accounts that are due, those with open business first; returns how many were read."""
        until, done = self._clock.wall() + self._most, 0
        for row in self._due():
            if self._clock.wall() >= until:
                break
            if not self._compare(row):
                break
            done += 1
        return done

    def _due(self) -> list[StripeAccount]:
        with self._database.reading() as session:
            due = rows.due(session, self._clock.wall())
            busy = mirror.busy_accounts(session) if len(due) > 1 else set()
        return sorted(due, key=lambda row: (row.account != "", row.account not in busy))

    def _compare(self, row: StripeAccount) -> bool:
        """Compare one account; false when Stripe is away and nobody else need be tried."""
        wait = HOURLY if not row.account else DAILY
        try:
            self._read(row)
        except StripeAwayError as error:
            _log.warning("Stripe's events cannot be listed now: %s", error.code)
            self._change(row, {"next_at": self._clock.wall() + timedelta(minutes=1)})
            return False
        except StripeRefusedError as error:
            if not isinstance(error, NoKeyError):
                _log.warning("Stripe refuses the events of %s: %s", row.account or "the platform", error.code)
            wall = self._clock.wall()
            self._change(row, {"error": error.code, "checked_at": wall, "next_at": wall + wait})
            return True
        wall = self._clock.wall()
        self._change(row, {"error": "", "checked_at": wall, "next_at": wall + wait})
        return True

    def _read(self, row: StripeAccount) -> None:
        """Read Stripe's list from the newest event back to where it was complete; a page is a transaction."""
        whose = Whose(row.livemode, row.account, row.platform)
        goes_on = bool(row.page_after and row.page_from and row.page_to)
        wall = self._clock.wall()
        reach = row.page_to if goes_on and row.page_to else wall
        begin = row.page_from if goes_on and row.page_from else self._begin(row, wall)
        after = row.page_after if goes_on else ""
        while True:
            params: dict[str, Any] = {
                "limit": PER_PAGE,
                "types": list(HANDLED),
                "created": {"gte": int(begin.timestamp())},
            }
            if after:
                params["starting_after"] = after
            try:
                answer = self._get(whose, params)
            except StripeRefusedError as error:
                if not after or error.code != "resource_missing":
                    raise
                after = ""  # the event at which we stopped is older than Stripe's list: begin again
                continue
            found = answer.get("data") or []
            self._record(row, found)
            if not found or not answer.get("has_more"):
                break
            after = str(found[-1]["id"])
            self._change(row, {"page_after": after, "page_from": begin, "page_to": reach})
        if row.complete_since is None:
            self._learn_cards(row, whose)
        self._change(
            row,
            {
                "read_to": reach,
                "complete_since": self._complete_since(row, begin),
                "page_after": "",
                "page_from": None,
                "page_to": None,
            },
        )

    def _learn_cards(self, row: StripeAccount, whose: Whose) -> None:
        """Read the cards an account has: those from before the list of events are known only in this way."""
        params: dict[str, Any] = {"limit": PER_PAGE}
        while True:
            answer = self._get(whose, params, CARDS)
            found = [one for one in answer.get("data") or [] if isinstance(one, dict)]
            for begin in range(0, len(found), TOGETHER):
                with self._database.transaction() as session:
                    for one in found[begin : begin + TOGETHER]:
                        stripe_event.learn_card(
                            session,
                            one,
                            platform=row.platform,
                            account=row.account,
                            livemode=row.livemode,
                            now=self._clock.now(),
                        )
            if not found or not answer.get("has_more"):
                return
            params = {**params, "starting_after": found[-1]["id"]}

    def _begin(self, row: StripeAccount, wall: datetime) -> datetime:
        oldest = wall - KEPT
        return oldest if row.read_to is None else max(oldest, row.read_to - OVERLAP)

    @staticmethod
    def _complete_since(row: StripeAccount, begin: datetime) -> datetime:
        """What came before a gap that Stripe's list no longer covers is not complete any more."""
        if row.complete_since is None or row.read_to is None or begin > row.read_to:
            return begin
        return row.complete_since

    def _record(self, row: StripeAccount, found: list[dict[str, Any]]) -> None:
        ids = [str(one.get("id")) for one in found]
        with self._database.reading() as session:
            known = events.known(session, ids)
        missing = [one for one in found if one.get("id") not in known]
        if not missing:
            return
        read = []
        for one in reversed(missing):  # the oldest first: most orders are the natural one
            try:
                read.append((event_of(one), canonical(one)))
            except EventError as error:
                _log.warning("an event in Stripe's list is left out: %s", error)
        now = self._clock.now()
        with self._database.transaction() as session:
            for event, body in read:
                stripe_record.record(
                    session,
                    event,
                    body,
                    platform=row.platform,
                    account=row.account,
                    source="listed",
                    now=now,
                )
        _log.info("%d events of %s had not arrived", len(read), row.account or "the platform")

    def _get(self, whose: Whose, params: dict[str, Any], path: str = EVENTS) -> dict[str, Any]:
        wall = self._clock.wall()
        if self._next_call is not None and self._next_call > wall:
            self._rest((self._next_call - wall).total_seconds())
        self._next_call = max(wall, self._next_call or wall) + timedelta(seconds=1 / CALLS_PER_SECOND)
        return self._stripe.get(whose, path, params)

    def _change(self, row: StripeAccount, values: dict[str, Any]) -> None:
        with self._database.transaction() as session:
            rows.change(session, row, values)
