"""Queries of the outbox: what is due, who holds it, how it ended."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, cast

from sqlalchemy import and_, bindparam, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select, update

from storage.plain import run
from storage.queries.claim import changed_one
from storage.tables import OutboxMessage, Thread
from storage.types import Sealed

UNSETTLED = ("pending", "sending", "ambiguous")

# Statements of every click are built once: building one costs more than running it.
_WANT: Final = (
    update(Thread)
    .where(col(Thread.subject) == bindparam("of"), col(Thread.subject_id) == bindparam("of_id"))
    .values(wanted=col(Thread.wanted) + 1)
    .returning(col(Thread.id), col(Thread.team), col(Thread.channel), col(Thread.wanted))
)
_UNSETTLED: Final = select(OutboxMessage.id).where(
    OutboxMessage.stream == bindparam("stream"), col(OutboxMessage.state).in_(UNSETTLED)
)
_AMEND: Final = (
    update(OutboxMessage)
    .where(col(OutboxMessage.id) == bindparam("message"), col(OutboxMessage.kind) == "notice")
    .values(
        amended=col(OutboxMessage.amended) + 1,
        correction=func.coalesce(bindparam("words", type_=Sealed()), col(OutboxMessage.correction)),
    )
    .returning(
        col(OutboxMessage.state),
        col(OutboxMessage.again),
        col(OutboxMessage.team),
        col(OutboxMessage.channel),
        col(OutboxMessage.thread_id),
        col(OutboxMessage.view),
        col(OutboxMessage.language),
        col(OutboxMessage.amended),
    )
)

_EARLIER: Final = aliased(OutboxMessage)
_ORIGINAL: Final = aliased(OutboxMessage)
_PARENT: Final = aliased(Thread)
_IS_EDIT: Final = and_(col(OutboxMessage.kind) == "board", col(Thread.ts) != "")
_IS_POST: Final = or_(
    col(OutboxMessage.kind).in_(("notice", "direct")),
    and_(col(OutboxMessage.kind) == "board", col(Thread.ts) == ""),
)
_MAY_LEAVE: Final = (
    select(OutboxMessage, Thread.ts)
    .outerjoin(Thread, col(Thread.id) == col(OutboxMessage.thread_id))
    .outerjoin(_PARENT, col(_PARENT.id) == col(Thread.parent_id))
    .where(
        col(OutboxMessage.state).in_(("pending", "ambiguous")),
        col(OutboxMessage.next_attempt_at) <= bindparam("wall"),
        ~exists().where(
            col(_EARLIER.stream) == col(OutboxMessage.stream),
            col(_EARLIER.position) < col(OutboxMessage.position),
            col(_EARLIER.state).in_(UNSETTLED),
        ),
        ~exists().where(col(_ORIGINAL.id) == col(OutboxMessage.amends), col(_ORIGINAL.state).in_(UNSETTLED)),
        or_(col(OutboxMessage.kind) != "notice", col(Thread.ts) != ""),
        or_(col(Thread.parent_id).is_(None), col(_PARENT.ts) != ""),
        or_(
            ~_IS_EDIT,
            col(OutboxMessage.thread_id).not_in(bindparam("boards", expanding=True)),
            col(Thread.ts).is_(None),
        ),
    )
    .order_by(col(OutboxMessage.next_attempt_at), col(OutboxMessage.id))
    .limit(bindparam("most"))
)
_DUE: Final = _MAY_LEAVE.where(
    ~and_(_IS_POST, col(OutboxMessage.channel).in_(bindparam("held", expanding=True)))
)
_DUE_BUT_NO_POSTS: Final = _MAY_LEAVE.where(~_IS_POST)


class Wanted(Protocol):
    """A board with one more change to show; `wanted` counts them."""

    id: int
    team: str
    channel: str
    wanted: int


def want(session: Session, subject: str, subject_id: int) -> Wanted | None:
    """Count one more change that a board has to show. The row stays locked until the commit."""
    return cast("Wanted | None", run(session, _WANT, of=subject, of_id=subject_id).first())


def amend(session: Session, message_id: int, correction: str | None) -> Any:  # noqa: ANN401 - a result row
    """Count one more change that a notice has to show, and keep the correction if there is one.

    The row stays locked until the commit. Returns its state, again, team, channel, thread_id, view,
    language and amended; None when there is no such notice.
    """
    return run(session, _AMEND, message=message_id, words=correction).first()


def unsettled(session: Session, stream: str) -> bool:
    """Tell whether a delivery of this stream, such as `board:7`, is still to come or under way."""
    return run(session, _UNSETTLED, stream=stream).first() is not None


def due(
    session: Session, wall: datetime, limit: int, held: Collection[str] = ()
) -> Sequence[tuple[OutboxMessage, str]]:
    """Return messages that may leave now, each with the `ts` of its thread's own message.

    Due means: its time has come, nothing of its stream is before it, the root of its thread is posted, and
    what it amends is no longer on its way.
    What is `held` back (channels, `board:7`, `chat.postMessage`) is left out, so that it crowds out nothing.
    """
    statement = _DUE_BUT_NO_POSTS if "chat.postMessage" in held else _DUE
    boards = [int(name.removeprefix("board:")) for name in held if name.startswith("board:")]
    values = {"wall": wall, "most": limit, "boards": boards}
    if statement is _DUE:
        values["held"] = list(held)
    return [(message, ts or "") for message, ts in session.exec(statement, params=values).all()]


def claim(session: Session, message_id: int, *, owner: str, until: datetime) -> bool:
    """Take one message for delivery; false when another worker was first."""
    return changed_one(
        session,
        update(OutboxMessage)
        .where(col(OutboxMessage.id) == message_id, col(OutboxMessage.state).in_(("pending", "ambiguous")))
        .values(state="sending", owner=owner, lease_until=until, attempts=col(OutboxMessage.attempts) + 1),
    )


def settle(session: Session, message_id: int, *, owner: str, **values: object) -> bool:
    """Record how a delivery ended; false when its lease was lost meanwhile."""
    return changed_one(
        session,
        update(OutboxMessage)
        .where(
            col(OutboxMessage.id) == message_id,
            col(OutboxMessage.state) == "sending",
            col(OutboxMessage.owner) == owner,
        )
        .values(lease_until=None, **values),
    )


def abandoned(session: Session, wall: datetime) -> Sequence[tuple[OutboxMessage, str]]:
    """Return messages whose sender vanished while sending, with the `ts` of their thread's own message."""
    found = session.exec(
        select(OutboxMessage, Thread.ts)
        .outerjoin(Thread, col(Thread.id) == col(OutboxMessage.thread_id))
        .where(col(OutboxMessage.state) == "sending", col(OutboxMessage.lease_until) <= wall)
    ).all()
    return [(message, ts or "") for message, ts in found]


def message(session: Session, message_id: int) -> OutboxMessage | None:
    """Return one message."""
    return session.get(OutboxMessage, message_id)


def locked(session: Session, message_id: int) -> OutboxMessage:
    """Return one message, locked until the commit, as it is now."""
    return session.exec(
        select(OutboxMessage)
        .where(OutboxMessage.id == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def newest_before(session: Session, message: OutboxMessage) -> str:
    """Return the `ts` of the last message of the same stream that arrived before this one, if any did."""
    found = session.exec(
        select(OutboxMessage.ts)
        .where(
            OutboxMessage.stream == message.stream,
            col(OutboxMessage.position) < message.position,
            col(OutboxMessage.state) == "sent",
            col(OutboxMessage.ts) != "",
        )
        .order_by(col(OutboxMessage.position).desc())
        .limit(1)
    ).first()
    return found or ""


def counts(session: Session) -> dict[str, int]:
    """Return how many messages are in each state."""
    found = session.exec(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)).all()
    return dict(found)


def troubled(session: Session, team: str, limit: int) -> Sequence[OutboxMessage]:
    """Return the newest dead letters and messages that wait after a failure, dead ones first."""
    return session.exec(
        select(OutboxMessage)
        .where(
            OutboxMessage.team == team,
            or_(
                col(OutboxMessage.state) == "dead",
                (col(OutboxMessage.state).in_(UNSETTLED)) & (col(OutboxMessage.error) != ""),
            ),
        )
        .order_by(col(OutboxMessage.state), col(OutboxMessage.id).desc())
        .limit(limit)
    ).all()


def revive(session: Session, message_id: int, wall: datetime) -> bool:
    """Put a dead letter back into its place; false when it is not dead any more."""
    return changed_one(
        session,
        update(OutboxMessage)
        .where(col(OutboxMessage.id) == message_id, col(OutboxMessage.state) == "dead")
        .values(state="pending", attempts=0, next_attempt_at=wall, error=""),
    )


def redirect(session: Session, thread_ids: Sequence[int], channel: str) -> None:
    """Have what still waits for these threads said in another channel."""
    session.flush()
    session.exec(
        update(OutboxMessage)
        .where(
            col(OutboxMessage.thread_id).in_(thread_ids),
            col(OutboxMessage.state).in_(("pending", "ambiguous")),
        )
        .values(channel=channel)
    )


def posted(session: Session) -> list[tuple[str, str]]:
    """Return channel and `ts` of every message that Slack confirmed and keeps."""
    found = session.exec(
        select(OutboxMessage.channel, OutboxMessage.ts).where(
            col(OutboxMessage.state) == "sent",
            col(OutboxMessage.ts) != "",
            col(OutboxMessage.kind).in_(("notice", "board")),
        )
    ).all()
    return [(channel, ts) for channel, ts in found]
