"""Queries about messages that are edited in place."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, case
from sqlmodel import Session, col, select, update

from storage.plain import run
from storage.queries.claim import changed_one
from storage.tables import Thread
from storage.upsert import insert_once

# Statements of every click are built once: building one costs more than running it.
_OF: Final = select(Thread).where(
    Thread.subject == bindparam("subject"), Thread.subject_id == bindparam("subject_id")
)
_SHOWN: Final = (
    update(Thread)
    .where(col(Thread.id) == bindparam("thread"))
    .values(
        shown=case((col(Thread.shown) < bindparam("version"), bindparam("version")), else_=col(Thread.shown)),
        ts=case((bindparam("posted") != "", bindparam("posted")), else_=col(Thread.ts)),
        again=case((bindparam("posted") != "", bindparam("twice")), else_=col(Thread.again)),
    )
    .returning(col(Thread.wanted))
)


def of(session: Session, subject: str, subject_id: int) -> Thread | None:
    """Return the message of this subject, if one was ever wanted."""
    return session.exec(_OF, params={"subject": subject, "subject_id": subject_id}).first()


def several(session: Session, subject: str, subject_ids: Collection[int]) -> dict[int, Thread]:
    """Return the messages of these subjects by the number of the subject."""
    found = session.exec(
        select(Thread).where(Thread.subject == subject, col(Thread.subject_id).in_(subject_ids))
    ).all()
    return {row.subject_id: row for row in found}


def want(session: Session, root: Thread, subject: str, subject_id: int) -> None:
    """Have a message about this subject in the thread of `root`; there is never a second one."""
    values = {
        "team": root.team,
        "subject": subject,
        "subject_id": subject_id,
        "channel": root.channel,
        "parent_id": root.id,
    }
    insert_once(session, Thread, values, conflict=["subject", "subject_id"])


def lock(session: Session, thread_id: int) -> Thread:
    """Return the row, locked until the commit, as it is now."""
    return session.exec(
        select(Thread)
        .where(Thread.id == thread_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def at(session: Session, team: str, channel: str, ts: str) -> Thread | None:
    """Return the message that Slack knows under this channel and `ts`."""
    return session.exec(
        select(Thread).where(Thread.team == team, Thread.channel == channel, Thread.ts == ts)
    ).first()


def shown(session: Session, thread_id: int, version: int, *, ts: str = "", again: bool = False) -> int:
    """Record the newest change people can see, and the `ts` under which it was posted, if it was new.

    `again`: what was posted may be there twice.
    Returns how many changes are wanted by now. The row stays locked until the commit.
    """
    return int(run(session, _SHOWN, thread=thread_id, version=version, posted=ts, twice=again).scalar_one())


def lose(session: Session, thread_id: int, *, ts: str) -> bool:
    """Forget a message that is gone from Slack, and all below it; false when that is done already."""
    lost = changed_one(
        session,
        update(Thread)
        .where(col(Thread.id) == thread_id, col(Thread.ts) == ts)
        .values(ts="", previous=col(Thread.channel) + "/" + ts),
    )
    if not lost:
        return False
    session.exec(update(Thread).where(col(Thread.parent_id) == thread_id).values(ts=""))
    return True


def children(session: Session, thread_id: int) -> list[Thread]:
    """Return the messages edited in place inside this thread."""
    return list(session.exec(select(Thread).where(Thread.parent_id == thread_id)).all())
