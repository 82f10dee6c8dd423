"""Carrying out what rows ask of Stripe: claim, call with the row's own key, record the result once.

A lost reply, a timeout, 429, 409 and errors of Stripe's leave the row open: the same call is made again with
the same idempotency key, so that it takes effect once. So do a missing or refused key, which somebody can
mend in the settings. Anything else Stripe refuses is final. See docs/decisions/0018-calls-to-stripe.md.
"""

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from bot.clock import Clock
from bot.effects.download import Files
from bot.services.call_result import Follow
from bot.services.stripe_call import UNSURE, WAKE, Outcome, whose_call
from bot.stripe_api import NoKeyError, StripeApi, StripeAwayError, StripeError, StripeRefusedError
from storage import Database, Session, after_commit
from storage.queries import call as rows
from storage.tables_call import StripeCall
from storage.types import canonical

CLAIM: Final = timedelta(seconds=60)  # longer than one call may take
KEY_HOLDS: Final = timedelta(hours=23)
"""For how long a call that creates something is repeated: Stripe keeps idempotency keys at least 24 hours."""
LONGEST_WAIT: Final = 60
BATCH: Final = 16
_MENDABLE: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_log: Final = logging.getLogger(__name__)


class StripeCalls:
    """Makes the calls of one database; many may work, in one process or in several."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stripe: StripeApi,
        follow: Mapping[str, Follow],
        *,
        files: Files,
    ) -> None:
        self._database = database
        self._clock = clock
        self._stripe = stripe
        self._follow = follow
        self._files = files

    def claim(self) -> list[StripeCall]:
        """Take calls to make now; one whose worker vanished comes back after `CLAIM`."""
        wall = self._clock.wall()
        with self._database.reading() as session:
            due = rows.due(session, wall, BATCH)
        if not due:
            return []
        with self._database.transaction() as session:
            return rows.claim(session, due, wall=wall, until=wall + CLAIM)

    def settle(self, row: StripeCall) -> None:
        """Make one claimed call and record what Stripe answered; its follower hears of it with that."""
        try:
            answer = self._call(row)
        except NoKeyError as error:
            self._later(row, error)
        except StripeRefusedError as error:
            if error.status in _MENDABLE:
                self._later(row, error)
            else:
                self._end(
                    row,
                    "refused",
                    Outcome(ok=False, object={}, code=error.code, param=error.param, request=error.request),
                )
        except StripeAwayError as error:
            self._later(row, error)
        except OSError as error:
            _log.warning("call %s (%s): a file cannot be read: %s", row.id, row.act, error)
            self._later(row, StripeAwayError("file_unreadable"))
        else:
            self._end(row, "done", Outcome(ok=True, object=answer))

    def _call(self, row: StripeCall) -> dict[str, Any]:
        whose, params = whose_call(row), json.loads(row.params or "{}")
        for number, file in enumerate(row.files):
            content = self._files.read(file["place"])
            name, key = f"{file['name']}", f"{row.key}-{number}"
            put_in(params, file["param"], self._stripe.upload(whose, file["purpose"], name, content, key=key))
        if row.method == "get":
            return self._stripe.get(whose, row.path, params)
        return self._stripe.post(whose, row.path, params, key=row.key)

    def _later(self, row: StripeCall, error: StripeError) -> None:
        """Try again after a while, unless that could do it twice."""
        wall = self._clock.wall()
        if row.creates and row.first_tried_at is not None and wall - row.first_tried_at > KEY_HOLDS:
            self._end(row, "unsure", Outcome(ok=False, object={}, code=UNSURE, request=error.request))
            return
        wait = min(max(error.retry_after, 2 ** min(row.attempts, 10) / 2), LONGEST_WAIT)
        _log.warning("call %s (%s) waits for Stripe: %s %s", row.id, row.act, error.code, error.request)
        with self._database.transaction() as session:
            kept = rows.later(
                session,
                row.id,
                error=error.code,
                request=error.request,
                next_attempt_at=wall + timedelta(seconds=wait),
            )
            if kept and row.error != error.code:
                outcome = Outcome(ok=False, object={}, code=error.code, request=error.request, final=False)
                self._tell(session, row, outcome)

    def _end(self, row: StripeCall, state: str, outcome: Outcome) -> None:
        if not outcome.ok:
            _log.error("call %s (%s) failed: %s %s", row.id, row.act, outcome.code, outcome.request)
        now = self._clock.now()
        with self._database.transaction() as session:
            ended = rows.end(
                session,
                row.id,
                state=state,
                answer=canonical(dict(outcome.object)) if outcome.ok else None,
                error=outcome.code,
                param=outcome.param,
                request=outcome.request,
                ended_at=now,
            )
            if ended:
                self._tell(session, row, outcome)
                after_commit(session, WAKE)  # the next one of its stream

    def _tell(self, session: Session, row: StripeCall, outcome: Outcome) -> None:
        current = rows.one(session, row.id)
        assert current is not None, "calls are never removed while open"  # noqa: S101 - nothing removes them
        self._follow[row.act](session, current, outcome, self._clock.now())


def put_in(params: dict[str, Any], name: str, value: str) -> None:
    """Set a parameter by its dotted name: `evidence.canceled.additional_documentation`."""
    *above, last = name.split(".")
    for part in above:
        params = params.setdefault(part, {})
    params[last] = value
