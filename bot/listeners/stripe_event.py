"""The door of `/stripe/webhook`: verify the raw bytes, record the event once, and only then answer 200."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from bot.clock import Clock
from bot.domain.stripe_event import Event, EventError, read
from bot.services import stripe_record
from bot.setting_rules import Entry
from bot.stripe_api import SignatureError, verify
from storage import Database, Session
from storage.group_commit import GroupCommit

_log: Final = logging.getLogger(__name__)


class _Delivered(NamedTuple):
    event: Event
    body: str
    platform: str


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
        self._recorder = GroupCommit(database, self._record)

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
        self._recorder.bring(_Delivered(event, body.decode("utf-8"), entry.account or self._platform))
        return HTTPStatus.OK

    def _record(self, session: Session, batch: Sequence[_Delivered]) -> None:
        # Always in the same order: two processes that get the same events would else wait for each other.
        for one in sorted(batch, key=lambda one: one.event.id):
            stripe_record.record(
                session,
                one.event,
                one.body,
                platform=one.platform,
                account=one.event.account,
                source="delivered",
                now=self._clock.now(),
            )

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
