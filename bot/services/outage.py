"""Operators hear once that authorizations get the fallback answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.outbox import put_channel, put_direct
from bot.services import preference
from storage.queries import lease
from storage.queries import person as people

if TYPE_CHECKING:
    from datetime import datetime

    from storage import Session

LEASE: Final = "outage:authorizations"
VIEW: Final = "authorization.outage"


def tell(
    session: Session, *, reason: str, owner: str, channel: str, now: datetime, wall: datetime, until: datetime
) -> bool:
    """Put the message for operators; false when another process has told them, or Slack is unknown yet.

    Args:
        session: the caller's transaction.
        reason: the kind of failure, for whoever looks into it.
        owner: this process.
        channel: the operations channel; empty: each operator, else each admin, is written to.
        now: business time, shown to people.
        wall: wall time.
        until: for how long other processes say nothing, in wall time.
    """
    workspace = people.workspace(session)
    if workspace is None or not lease.take(session, LEASE, owner=owner, now=wall, until=until):
        return False
    facts = {"reason": reason, "at": now.isoformat()}
    if channel:
        put_channel(
            session, team=workspace.team, channel=channel, view=VIEW, facts=facts, language="en", now=now
        )
        return True
    day = now.date()
    users = people.holders(session, workspace.team, ["operator"], day) or people.holders(
        session, workspace.team, ["admin"], day
    )
    for user in users:
        words = preference.language(session, workspace.team, user)
        put_direct(session, team=workspace.team, user=user, view=VIEW, facts=facts, language=words, now=now)
    return True
