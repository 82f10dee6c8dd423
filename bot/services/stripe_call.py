"""Asking Stripe to do something: the intention is a row, committed with its reason; the worker calls."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.stripe_api import Whose
from storage import Session, after_commit, next_value
from storage.queries import call as rows
from storage.tables import Counter
from storage.tables_call import StripeCall
from storage.types import canonical

WAKE: Final = "stripe_call"
"""What `Database.on_commit` is told when there is something to ask of Stripe."""

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNSURE: Final = "unsure"
"""The code of a call of which nobody knows whether Stripe did it, and that is too old to repeat."""


@dataclass(frozen=True)
class Outcome:
    """What became of a call, for whoever follows it.

    `ok`: Stripe did it, and `object` is its answer. `final` false: Stripe gives no result at present, and the
    call goes on being tried; a follower hears of it when the reason changes. Otherwise Stripe refused, with
    `code` and, where one was wrong, the parameter; `request` is Stripe's id of it, to quote.
    """

    ok: bool
    object: Mapping[str, Any]
    code: str = ""
    param: str = ""
    request: str = ""
    final: bool = True


def put(
    session: Session,
    *,
    team: str,
    whose: Whose,
    act: str,
    subject: str,
    stream: str,
    path: str,
    params: Mapping[str, Any],
    now: datetime,
    method: str = "post",
    files: Sequence[Mapping[str, Any]] = (),
    creates: bool = False,
    by: str = "",
) -> int:
    """Put an intention in the caller's transaction; after the commit the call is made until it has a result.

    Args:
        session: the caller's transaction.
        team: the workspace of whoever wants it.
        whose: platform, connected account and mode.
        act: a name of `bot.services.call_result.FOLLOW`, which hears of the result.
        subject: what it is about, for instance a card's id.
        stream: calls of one stream are made in the order in which they were put.
        path: for instance `/v1/issuing/cards/ic_…`.
        params: of the call, JSON values.
        now: business time.
        method: post, or get.
        files: uploads that come first, each `{"place", "name", "mimetype", "purpose", "param"}`; the id that
            Stripe gives a file becomes the parameter `param` (`evidence.canceled.additional_documentation`).
        creates: whether Stripe makes something new. Such a call is not repeated once its idempotency key may
            be forgotten; its follower then hears `UNSURE`.
        by: the user who asked.

    Returns:
        The number of the call.
    """
    position = next_value(session, Counter, team=team, name=f"call:{stream}")
    number = rows.put(
        session,
        {
            "team": team,
            "platform": whose.platform,
            "account": whose.account,
            "livemode": whose.livemode,
            "act": act,
            "subject": subject,
            "stream": stream,
            "position": position,
            "method": method,
            "path": path,
            "params": canonical(dict(params)),
            "files": [dict(file) for file in files],
            "creates": creates,
            "key": f"gantry-{secrets.token_hex(16)}",
            "next_attempt_at": AT_ONCE,
            "by": by,
            "put_at": now,
        },
    )
    after_commit(session, WAKE)
    return number


def whose_call(row: StripeCall) -> Whose:
    """Return on whose behalf a call is made."""
    return Whose(row.livemode, row.account, row.platform)
