"""The door of `/stripe/webhook`: verify the raw bytes, record the event once, and only then answer 200."""

import logging
from http import HTTPStatus
from typing import Final

from bot.clock import Clock
from bot.domain.stripe_event import EventError, read
from bot.services import stripe_record
from bot.setting_rules import Entry
from bot.stripe_api import SignatureError, verify
from storage import Database

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
        with self._database.transaction() as session:
            stripe_record.record(
                session,
                event,
                body.decode("utf-8"),
                platform=entry.account or self._platform,
                account=event.account,
                source="delivered",
                now=self._clock.now(),
            )
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
