"""Queries of the outbox: what is due, who holds it, how it ended."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from sqlalchemy import and_, bindparam, exists, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select, update

from storage.plain import run
from storage.queries.claim import changed_one
from storage.tables import OutboxMessage, Thread
from storage.types import Sealed

if TYPE_CHECKING:
    from sqlalchemy import Select, Update

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
_AMENDED: Final = (
    select(OutboxMessage.amended).where(col(OutboxMessage.id) == bindparam("message")).with_for_update()
)
_CANDIDATES: Final["Select[*tuple[Any, ...]]"] = columns(
    *(col(OutboxMessage.id), col(OutboxMessage.kind), col(OutboxMessage.channel)),
    *(col(OutboxMessage.thread_id), col(OutboxMessage.amends), col(OutboxMessage.response_url)),
    *(col(OutboxMessage.again), col(OutboxMessage.owner), col(Thread.ts).label("root_ts")),
).outerjoin(Thread, col(Thread.id) == col(OutboxMessage.thread_id))
_ABANDONED: Final = _CANDIDATES.where(
    col(OutboxMessage.state) == "sending", col(OutboxMessage.lease_until) <= bindparam("wall")
)
_FREE: Final = (
    select(OutboxMessage.id)
    .where(
        col(OutboxMessage.id).in_(bindparam("ids", expanding=True)),
        col(OutboxMessage.state).in_(("pending", "ambiguous")),
    )
    .order_by(col(OutboxMessage.id))
    .with_for_update(skip_locked=True)  # PostgreSQL: two workers neither wait for each other nor deadlock
)
_CLAIM: Final = (
    update(OutboxMessage)
    .where(col(OutboxMessage.id).in_(_FREE))
    .values(
        state="sending",
        owner=bindparam("by"),
        lease_until=bindparam("until"),
        attempts=col(OutboxMessage.attempts) + 1,
    )
    .returning(col(OutboxMessage.id))
)


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


def hasten(session: Session, stream: str, at: datetime) -> None:
    """Let what waits in this stream for more changes leave at `at`; what has failed goes on waiting."""
    session.flush()
    session.exec(
        update(OutboxMessage)
        .where(
            col(OutboxMessage.stream) == stream,
            col(OutboxMessage.state) == "pending",
            col(OutboxMessage.error) == "",
            col(OutboxMessage.next_attempt_at) > at,
        )
        .values(next_attempt_at=at)
    )


class Due(Protocol):
    """What decides whether and how a message may leave; `root_ts` is the `ts` of its thread's own message."""

    id: int
    kind: str
    channel: str
    thread_id: int | None
    amends: int | None
    response_url: str | None
    again: bool
    owner: str
    root_ts: str | None


def due(session: Session, wall: datetime, limit: int, held: Collection[str] = ()) -> Sequence[Due]:
    """Return messages that may leave now.

    Due means: its time has come, nothing of its stream is before it, the root of its thread is posted, and
    what it amends is no longer on its way.
    What is `held` back (channels, `board:7`, `home:U1`, `chat.postMessage`) is left out, so that it crowds
    out nothing.
    """
    boards = [int(name.removeprefix("board:")) for name in held if name.startswith("board:")]
    homes = [name.removeprefix("home:") for name in held if name.startswith("home:")]
    statement = _due(posts="chat.postMessage" not in held)
    found = run(
        session, statement, wall=wall, channels=list(held), boards=boards, homes=homes, limit=limit
    ).all()
    return cast("Sequence[Due]", found)


@cache
def _due(*, posts: bool) -> "Select[*tuple[Any, ...]]":
    """Return the statement of `due`, built once for when posts may leave and once for when they are held."""
    is_edit = and_(col(OutboxMessage.kind) == "board", col(Thread.ts) != "")
    is_post = or_(
        col(OutboxMessage.kind).in_(("notice", "direct")),
        and_(col(OutboxMessage.kind) == "board", col(Thread.ts) == ""),
    )
    earlier = aliased(OutboxMessage)
    behind = exists().where(
        col(earlier.stream) == col(OutboxMessage.stream),
        col(earlier.position) < col(OutboxMessage.position),
        col(earlier.state).in_(UNSETTLED),
    )
    original = aliased(OutboxMessage)
    on_its_way = exists().where(
        col(original.id) == col(OutboxMessage.amends), col(original.state).in_(UNSETTLED)
    )
    parent = aliased(Thread)
    in_held_channel = col(OutboxMessage.channel).in_(bindparam("channels", expanding=True))
    in_held_home = col(OutboxMessage.channel).in_(bindparam("homes", expanding=True))
    in_held_board = col(OutboxMessage.thread_id).in_(bindparam("boards", expanding=True))
    return (
        _CANDIDATES.outerjoin(parent, col(parent.id) == col(Thread.parent_id))
        .where(
            col(OutboxMessage.state).in_(("pending", "ambiguous")),
            col(OutboxMessage.next_attempt_at) <= bindparam("wall"),
            ~behind,
            ~on_its_way,
            or_(col(OutboxMessage.kind) != "notice", col(Thread.ts) != ""),
            or_(col(Thread.parent_id).is_(None), col(parent.ts) != ""),
            ~and_(is_post, in_held_channel) if posts else ~is_post,
            or_(~is_edit, ~in_held_board, col(Thread.ts).is_(None)),
            or_(col(OutboxMessage.kind) != "home", ~in_held_home),
        )
        .order_by(col(OutboxMessage.next_attempt_at), col(OutboxMessage.id))
        .limit(bindparam("limit"))
    )


def claim(session: Session, message_ids: Collection[int], *, owner: str, until: datetime) -> set[int]:
    """Take these messages for delivery; returns those that no other worker had taken before."""
    taken = run(session, _CLAIM, ids=list(message_ids), by=owner, until=until) if message_ids else ()
    return {row.id for row in taken}


def settle(session: Session, message_id: int, *, owner: str, **values: object) -> bool:
    """Record how a delivery ended; false when its lease was lost meanwhile."""
    new = {f"new_{name}": value for name, value in values.items()}
    return run(session, _settle(tuple(values)), message=message_id, by=owner, **new).rowcount == 1


@lru_cache(maxsize=32)
def _settle(names: tuple[str, ...]) -> "Update":
    """Return the statement that sets these columns: built once, as those above."""
    return (
        update(OutboxMessage)
        .where(
            col(OutboxMessage.id) == bindparam("message"),
            col(OutboxMessage.state) == "sending",
            col(OutboxMessage.owner) == bindparam("by"),
        )
        .values(lease_until=None, **{name: bindparam(f"new_{name}") for name in names})
    )


def abandoned(session: Session, wall: datetime) -> Sequence[Due]:
    """Return messages whose sender vanished while sending."""
    return cast("Sequence[Due]", run(session, _ABANDONED, wall=wall).all())


def message(session: Session, message_id: int) -> OutboxMessage | None:
    """Return one message."""
    return session.get(OutboxMessage, message_id)


def amended(session: Session, message_id: int) -> int:
    """Return how many changes a notice has to show by now. The row stays locked until the commit."""
    return int(run(session, _AMENDED, message=message_id).scalar_one())


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
