"""Putting messages into the outbox, in the caller's transaction; the worker delivers after the commit.

A *notice* states a past fact: the name of its view and frozen values. A *board* shows now: it is rendered
from the rows at delivery and edited in place, and so is the Home page of each person. A *private* answer is
seen by one person where they asked, a *direct* message arrives in their conversation with the bot.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.domain.role import Asker
from storage import Session, after_commit, next_value
from storage.plain import add_numbered
from storage.queries import home as pages
from storage.queries import outbox as rows
from storage.tables import Counter, OutboxMessage, Thread
from storage.types import canonical

WAKE: Final = "outbox"
"""What `Database.on_commit` is told when something was put."""

REPLACES: Final = "replaces"
"""The fact of a private answer that takes the place of the one before it."""

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)

HOME_OPEN: Final = timedelta(hours=36)
"""For how long after somebody looked at their Home tab it follows changes; then from their next look on.

Who looked yesterday finds today's page this morning, before they open it.
"""


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
    return _put(
        session,
        team=thread.team,
        kind="notice",
        stream=f"thread:{thread.id}",
        channel=thread.channel,
        thread_id=thread.id,
        view=view,
        facts=canonical(dict(facts)),
        language=language,
        put_at=now,
    )


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
        team=found.team,
        kind="amend",
        stream=stream,
        # The notice's row stays locked until the commit as well, and its number of changes only grows.
        position=found.amended,
        channel=found.channel,
        thread_id=found.thread_id,
        view=found.view,
        amends=message_id,
        language=found.language,
        put_at=now,
    )


def put_board(session: Session, thread: Thread, *, language: str, now: datetime) -> None:
    """Ask for a board to be posted or edited. Requests made before it is delivered become one."""
    put_board_of(session, thread.subject, thread.subject_id, language=language, now=now)


def put_board_of(session: Session, subject: str, subject_id: int, *, language: str, now: datetime) -> None:
    """Ask for the board of this subject; nothing happens where none was ever wanted.

    Whoever asks for the board of a programme has changed it: the Home pages it concerns follow.
    """
    board = rows.want(session, subject, subject_id)
    if board is None:
        return
    if subject == "program":
        pages.mark(session, board.team, now - HOME_OPEN, program_id=subject_id)
    stream = f"board:{board.id}"
    if rows.unsettled(session, stream):
        after_commit(session, WAKE)
        return
    _put(
        session,
        team=board.team,
        kind="board",
        stream=stream,
        # The board's row stays locked until the commit as well, and its number of changes only grows.
        position=board.wanted,
        channel=board.channel,
        thread_id=board.id,
        view=subject,
        language=language,
        put_at=now,
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
    replaces: bool = False,
    now: datetime,
) -> None:
    """Answer one person where they asked, so that only they see it.

    Without a channel (a global shortcut, a form from Home) it becomes a direct message. One that `replaces`
    takes the place of the private answer whose button was clicked, as long as Slack knows that one.
    """
    if replaces:
        facts = {**facts, REPLACES: True}
    _put(
        session,
        team=asker.team,
        kind="private" if channel or response_url else "direct",
        stream=f"person:{asker.user}",
        channel=channel or asker.user,
        person=asker.user,
        view=view,
        facts=canonical(dict(facts)),
        language=asker.language,
        response_url=response_url or None,
        reply_ts=reply_ts,
        put_at=now,
    )


def put_home(session: Session, team: str, user: str, *, now: datetime) -> None:
    """Ask for somebody's Home page at once, as it is then; nothing happens if they do not look at it.

    Requests made before it is delivered become one; one that was waiting for more changes waits no longer.
    """
    page = pages.page(session, team, user)
    if page is None or page.opened_at < now - HOME_OPEN:
        return
    if not _put_page(session, team, user, at=AT_ONCE, now=now):
        rows.hasten(session, _page_stream(team, user), AT_ONCE)


def mark_home(session: Session, team: str, *users: str, now: datetime) -> None:
    """Note that what these people have, or may see, has changed: their Home pages follow within seconds."""
    for user in users:
        pages.mark(session, team, now - HOME_OPEN, user=user)


def put_pages(session: Session, whose: Collection[tuple[str, str]], *, at: datetime, now: datetime) -> None:
    """Ask for these Home pages (team, user), to leave at `at` (wall time) and not before.

    What changes until then is shown with it.
    """
    for team, user in sorted(whose):  # in one order: two workers wait in no circle
        _put_page(session, team, user, at=at, now=now)


def put_direct(
    session: Session,
    *,
    team: str,
    user: str,
    view: str,
    facts: Mapping[str, object],
    language: str,
    now: datetime,
) -> int:
    """Write to one person in their conversation with the bot; returns the number of the message."""
    return _put(
        session,
        team=team,
        kind="direct",
        stream=f"person:{user}",
        channel=user,
        person=user,
        view=view,
        facts=canonical(dict(facts)),
        language=language,
        put_at=now,
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
    reply_ts: str = "",
    person: str = "",
) -> int:
    """Say a fact in a channel, in the thread under `reply_ts` if there is one; returns its number.

    `person` asked for it, and hears of it when Slack does not take it.
    """
    return _put(
        session,
        team=team,
        kind="direct",
        stream=f"channel:{channel}",
        channel=channel,
        person=person,
        view=view,
        facts=canonical(dict(facts)),
        language=language,
        reply_ts=reply_ts,
        put_at=now,
    )


def _put_page(session: Session, team: str, user: str, *, at: datetime, now: datetime) -> bool:
    """Put a page; false when one was on its way already, which then shows this change too."""
    stream = _page_stream(team, user)
    wanted = pages.want(session, team, user)
    if not wanted or rows.unsettled(session, stream):
        after_commit(session, WAKE)
        return False
    _put(
        session,
        team=team,
        kind="home",
        stream=stream,
        # The page's row stays locked until the commit as well, and its number of changes only grows.
        position=wanted,
        channel=user,
        person=user,
        view="home",
        language="",  # read when it is delivered, as all else
        next_attempt_at=at,
        put_at=now,
    )
    return True


def _page_stream(team: str, user: str) -> str:
    return f"page:{team}:{user}"


def _put(session: Session, *, stream: str, position: int = 0, **values: Any) -> int:  # noqa: ANN401 - columns
    # The counter's row stays locked until the commit, so positions are in the order of commit.
    place = position or next_value(session, Counter, team=values["team"], name=f"stream:{stream}")
    columns = {"stream": stream, "position": place, "next_attempt_at": AT_ONCE, **values}
    number = add_numbered(session, OutboxMessage, columns)
    after_commit(session, WAKE)
    return number
