"""The door of `/stripe/webhook`: verify the raw bytes, record the event once, and only then answer 200."""

import logging
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from bot.clock import Clock
from bot.domain.stripe_event import HANDLED, EventError, read
from bot.setting_rules import Entry
from bot.stripe_api import SignatureError, verify
from storage import Database, after_commit
from storage.queries import stripe_event as rows

WAKE: Final = "stripe_event"
"""What `Database.on_commit` is told when an event waits to be handled."""

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
_log: Final = logging.getLogger(__name__)


class Inbox:
    """Records what Stripe tells.

    Args:
        database: where.
        clock: business time for rows, wall time for signatures.
        secrets: of this endpoint.
        others: of the real-time endpoint, to name the mistake when one is set where the other belongs.
        platform: the account to which secrets without one belong; `''` when the settings name none.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        secrets: tuple[Entry, ...],
        others: tuple[Entry, ...] = (),
        platform: str = "",
    ) -> None:
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._others = others
        self._platform = platform

    def record(self, body: bytes, header: str) -> HTTPStatus:
        """Record one delivery and return what Stripe is answered; nothing of the body is logged.

        Raises:
            StorageError: it could not be stored; Stripe sends it again.
        """
        wall = self._clock.wall().timestamp()
        try:
            entry = verify(body, header, self._secrets, wall)
        except SignatureError as error:
            _log.warning("Stripe webhook refused: %s", self._named(body, header, wall) or error)
            return HTTPStatus.BAD_REQUEST
        try:
            event = read(body)
        except EventError as error:
            _log.warning("Stripe webhook refused, though its signature is right: %s", error)
            return HTTPStatus.BAD_REQUEST
        platform = entry.account or self._platform
        known = event.type in HANDLED
        now = self._clock.now()
        values: dict[str, Any] = {
            "event_id": event.id,
            "platform": platform,
            "account": "" if event.account == platform else event.account,
            "livemode": event.livemode,
            "type": event.type,
            "object_id": event.object_id,
            "body": body.decode("utf-8"),
            "made_at": event.made_at,
            "received_at": now,
            "state": "pending" if known else "ignored",
            "next_attempt_at": AT_ONCE,
            "handled_at": None if known else now,
        }
        with self._database.transaction() as session:
            if rows.record(session, values) and known:
                after_commit(session, WAKE)
        return HTTPStatus.OK

    def _named(self, body: bytes, header: str, wall: float) -> str:
        """Return the mistake when the real-time endpoint's secret fits; '' when it does not."""
        try:
            verify(body, header, self._others, wall)
        except SignatureError:
            return ""
        return (
            "it was signed with a secret of STRIPE_AUTHORIZATION_SECRETS: put the secret of this endpoint "
            "into STRIPE_WEBHOOK_SECRETS, or correct the address in Stripe"
        )
