"""Putting messages into the outbox, in the caller's transaction; the worker delivers after the commit.

A *notice* states a past fact: the name of its view and frozen values. A *board* shows now: it is rendered
from the rows at delivery and edited in place. A *private* answer is seen by one person where they asked, a
*direct* message arrives in their conversation with the bot.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from bot.domain.role import Asker
from storage import Session, after_commit, next_value
from storage.queries import outbox as rows
from storage.tables import Counter, OutboxMessage, Thread
from storage.types import canonical

WAKE: Final = "outbox"
"""What `Database.on_commit` is told when something was put."""

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)


def put_notice(
    session: Session,
    thread: Thread,
    view: str,
    facts: Mapping[str, object],
    *,
    language: str,
    now: datetime,
) -> int:
    """Say a fact in a thread whose root is `thread`; it waits until the root has been posted.

    Args:
        session: the caller's transaction.
        thread: the board at the root of the thread.
        view: a name of `bot.views.notice`.
        facts: JSON values; times as ISO text.
        language: of the channel.
        now: business time.

    Returns:
        The number of the message, for `amend_notice`.
    """
    message = OutboxMessage(
        team=thread.team,
        kind="notice",
        stream=f"thread:{thread.id}",
        position=0,
        channel=thread.channel,
        thread_id=thread.id,
        view=view,
        facts=canonical(dict(facts)),
        language=language,
        next_attempt_at=AT_ONCE,
        put_at=now,
    )
    _put(session, message)
    session.flush()
    return message.id


def amend_notice(
    session: Session, message_id: int, *, now: datetime, correction: Mapping[str, object] | None = None
) -> None:
    """Ask for a notice to be edited in place: its buttons follow the rows, a correction is shown above it.

    Requests made before the edit is delivered become one. What has not left yet leaves amended; what never
    arrived stays as it is. It never overtakes the notice, and does not hold up what comes after it.

    Args:
        session: the caller's transaction.
        message_id: as `put_notice` returned it.
        now: business time.
        correction: what became of the fact: `what` (undone · corrected · reopened), `actor` (user id), `at`
            (ISO time), and if there are any `reason` (what somebody typed) and `names` (by user id). A later
            correction replaces an earlier one; None keeps it.
    """
    words = None if correction is None else canonical(dict(correction))
    found = rows.amend(session, message_id, words)
    if found is None or found.state == "dead":
        return
    stream = f"amend:{message_id}"
    leaves_amended = found.state == "pending" and not found.again  # it cannot be in Slack yet
    if leaves_amended or rows.unsettled(session, stream):
        after_commit(session, WAKE)
        return
    _put(
        session,
        OutboxMessage(
            team=found.team,
            kind="amend",
            stream=stream,
            position=0,
            channel=found.channel,
            thread_id=found.thread_id,
            view=found.view,
            amends=message_id,
            language=found.language,
            next_attempt_at=AT_ONCE,
            put_at=now,
        ),
    )


def put_board(session: Session, thread: Thread, *, language: str, now: datetime) -> None:
    """Ask for a board to be posted or edited. Requests made before it is delivered become one."""
    rows.want(session, thread)
    if rows.unsettled(session, f"board:{thread.id}"):
        after_commit(session, WAKE)
        return
    _put(
        session,
        OutboxMessage(
            team=thread.team,
            kind="board",
            stream=f"board:{thread.id}",
            position=0,
            channel=thread.channel,
            thread_id=thread.id,
            view=thread.subject,
            language=language,
            next_attempt_at=AT_ONCE,
            put_at=now,
        ),
    )


def put_private(
    session: Session,
    asker: Asker,
    view: str,
    facts: Mapping[str, object],
    *,
    channel: str,
    reply_ts: str = "",
    response_url: str = "",
    now: datetime,
) -> None:
    """Answer one person where they asked, so that only they see it.

    Without a channel (a global shortcut, Home) it becomes a direct message.
    """
    _put(
        session,
        OutboxMessage(
            team=asker.team,
            kind="private" if channel or response_url else "direct",
            stream=f"person:{asker.user}",
            position=0,
            channel=channel or asker.user,
            person=asker.user,
            view=view,
            facts=canonical(dict(facts)),
            language=asker.language,
            response_url=response_url or None,
            reply_ts=reply_ts,
            next_attempt_at=AT_ONCE,
            put_at=now,
        ),
    )


def put_home(
    session: Session, asker: Asker, view: str, facts: Mapping[str, object], *, now: datetime
) -> None:
    """Show a page in somebody's Home tab; publishing it twice changes nothing."""
    _put(
        session,
        OutboxMessage(
            team=asker.team,
            kind="home",
            stream=f"home:{asker.user}",
            position=0,
            channel=asker.user,
            person=asker.user,
            view=view,
            facts=canonical(dict(facts)),
            language=asker.language,
            next_attempt_at=AT_ONCE,
            put_at=now,
        ),
    )


def put_direct(
    session: Session,
    *,
    team: str,
    user: str,
    view: str,
    facts: Mapping[str, object],
    language: str,
    now: datetime,
) -> None:
    """Write to one person in their conversation with the bot."""
    _put(
        session,
        OutboxMessage(
            team=team,
            kind="direct",
            stream=f"person:{user}",
            position=0,
            channel=user,
            person=user,
            view=view,
            facts=canonical(dict(facts)),
            language=language,
            next_attempt_at=AT_ONCE,
            put_at=now,
        ),
    )


def put_channel(
    session: Session,
    *,
    team: str,
    channel: str,
    view: str,
    facts: Mapping[str, object],
    language: str,
    now: datetime,
) -> None:
    """Say a fact in a channel, outside any thread."""
    _put(
        session,
        OutboxMessage(
            team=team,
            kind="direct",
            stream=f"channel:{channel}",
            position=0,
            channel=channel,
            view=view,
            facts=canonical(dict(facts)),
            language=language,
            next_attempt_at=AT_ONCE,
            put_at=now,
        ),
    )


def _put(session: Session, message: OutboxMessage) -> None:
    # The counter's row stays locked until the commit, so positions are in the order of commit.
    message.position = next_value(session, Counter, team=message.team, name=f"stream:{message.stream}")
    session.add(message)
    after_commit(session, WAKE)
