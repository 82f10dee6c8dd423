"""Handling what Stripe told: claim an event, take it into the rows, say what follows, all in one transaction.

Where two descriptions of an object are of the same second, Stripe is asked first, outside any transaction.
"""

import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Final

from bot.clock import Clock
from bot.domain.stripe_event import read
from bot.domain.stripe_object import reference
from bot.domain.stripe_order import OrderUnknownError
from bot.services import stripe_desk
from bot.services import stripe_event as service
from bot.services.stripe_event import NOT_ASKED, Arrived, Truth
from bot.stripe_api import StripeApi, StripeAwayError, StripeRefusedError, Whose
from storage import Database
from storage.queries import lease as leases
from storage.queries import stripe_event as rows
from storage.tables_stripe_event import StripeEvent

CLAIM: Final = timedelta(seconds=60)  # longer than two calls to Stripe may take
MOST_ATTEMPTS: Final = 8
LONGEST_WAIT: Final = 300
ONCE: Final = timedelta(hours=1)
BATCH: Final = 32
_log: Final = logging.getLogger(__name__)


class StripeInbox:
    """Works on recorded events; many may, in one process or in several."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stripe: StripeApi,
        *,
        operations: str = "",
        language: str = "en",
        place: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Work on this inbox.

        Args:
            database: where the events are.
            clock: business time for rows, wall time for claims.
            stripe: who is asked about the order of two descriptions.
            operations: the channel that hears of dead letters, if there is one.
            language: of what it hears.
            place: lets few threads work at once, however many wait for Stripe.
        """
        self._database = database
        self._clock = clock
        self._stripe = stripe
        self._operations = operations
        self._language = language
        self._place = place

    def claim(self) -> list[StripeEvent]:
        """Take events to handle now; an event whose handler vanished comes back after `CLAIM`."""
        wall = self._clock.wall()
        with self._database.reading() as session:
            due = rows.due(session, wall, BATCH)
        if not due:
            return []
        with self._database.transaction() as session:
            return rows.claim(session, due, wall=wall, until=wall + CLAIM)

    def handle(self, row: StripeEvent) -> None:
        """Handle one claimed event: its effects and `handled_at` commit together, exactly once.

        While Stripe is away an event waits for as long as it takes; any other failure that repeats makes it a
        dead letter.
        """
        try:
            self._handle(row)
        except StripeAwayError as error:
            _log.warning("event %s (%s) waits for Stripe: %s", row.event_id, row.type, error.code)
            self._again(row, error.code, dead=False)
        except Exception as error:  # noqa: BLE001 - whatever it was, the event is tried again
            # Without the text of the error, which may quote what the event holds: its kind and its place.
            place = "".join(traceback.format_tb(error.__traceback__)[-3:])
            _log.error("event %s (%s) failed: %s\n%s", row.event_id, row.type, type(error).__name__, place)
            self._again(row, type(error).__name__, dead=row.attempts >= MOST_ATTEMPTS)

    def _again(self, row: StripeEvent, error: str, *, dead: bool) -> None:
        wall = self._clock.wall()
        after = wall + timedelta(seconds=min(2 ** min(row.attempts, 10), LONGEST_WAIT))
        with self._database.transaction() as session:
            rows.failed(session, row.id, error=error, next_attempt_at=after, dead=dead)
            # Many events may fail for one reason: the channel hears once an hour that there are some.
            if (
                dead
                and self._operations
                and leases.take(session, "stripe:dead", owner=row.event_id, now=wall, until=wall + ONCE)
            ):
                now = self._clock.now()
                stripe_desk.tell_dead(session, row, error, self._operations, self._language, now)

    def _handle(self, row: StripeEvent) -> None:
        arrived = Arrived(read(row.body or ""), row.platform, row.account)
        now = self._clock.now()
        try:
            self._take(row, arrived, NOT_ASKED, now)
        except OrderUnknownError:
            self._take(row, arrived, self._ask(arrived), now)

    def _take(self, row: StripeEvent, arrived: Arrived, truth: Truth, now: datetime) -> None:
        with self._place(), self._database.transaction() as session:
            if rows.handled(session, row.id, now):
                service.handle(session, arrived, truth, now)

    def _ask(self, arrived: Arrived) -> Truth:
        """Return the object as it is at Stripe now; without a key, or once it is gone, nobody is asked."""
        kind = service.kind_of(arrived.event)
        holder = reference(arrived.event.object.get("account")) or arrived.account
        path = kind.path.format(id=arrived.event.object_id, account=holder)
        # A capability is read by the platform, everything else on behalf of the account that owns it.
        account = "" if kind.name == "capability" else arrived.account
        whose = Whose(arrived.event.livemode, account, arrived.platform)
        try:
            return Truth(self._stripe.get(whose, path))
        except StripeRefusedError as error:
            _log.warning("the order of %s cannot be asked: %s", arrived.event.type, error.code)
            return Truth(nobody=True)
