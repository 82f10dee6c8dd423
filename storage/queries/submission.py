"""Queries about rounds of the compliance submission, their packets, and live use."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists, select, update

from storage.plain import run
from storage.queries import upload as uploads
from storage.queries.outbox import UNSETTLED as OUTBOX_UNSETTLED
from storage.queries.upload import UNSETTLED
from storage.tables import Evidence, File, OutboxMessage, Thread
from storage.tables_submission import LiveCapability, Packet, Submission, SubmissionItem


def rounds(session: Session, program_id: int) -> Sequence[Submission]:
    """Return every round of a programme, replaced ones too, oldest first."""
    return session.exec(
        select(Submission).where(Submission.program_id == program_id).order_by(col(Submission.id))
    ).all()


def entries(session: Session, submission_ids: Sequence[int]) -> Sequence[SubmissionItem]:
    """Return what these rounds hold, in the order it was packed."""
    return session.exec(
        select(SubmissionItem)
        .where(col(SubmissionItem.submission_id).in_(submission_ids))
        .order_by(col(SubmissionItem.id))
    ).all()


def packets(session: Session, submission_id: int) -> Sequence[Packet]:
    """Return the packets of a round by number."""
    return session.exec(
        select(Packet).where(Packet.submission_id == submission_id).order_by(col(Packet.number))
    ).all()


def packet(session: Session, packet_id: int) -> Packet | None:
    """Return one packet, as it is now."""
    return uploads.one(session, Packet, packet_id)


def due_packets(session: Session, wall: datetime, limit: int) -> Sequence[int]:
    """Return packets to build and upload now, once their thread is there.

    Within a round one follows the other, and each waits until what was said before it in the thread is
    there: a ZIP does not overtake the text of the one before. One whose lease has ended is due again.
    """
    return run(session, _due_packets(), wall=wall, most=limit).scalars().all()


@cache
def _due_packets() -> Select[Any]:
    """Asked several times a second, so it is put together once."""
    earlier = aliased(Packet)
    before = exists().where(
        col(earlier.submission_id) == col(Packet.submission_id),
        col(earlier.number) < col(Packet.number),
        col(earlier.state).in_(UNSETTLED),
    )
    unsaid = exists().where(
        col(OutboxMessage.thread_id) == col(Thread.id),
        col(OutboxMessage.kind) == "notice",
        col(OutboxMessage.state).in_(OUTBOX_UNSETTLED),
    )
    return (
        select(col(Packet.id))
        .join(Submission, col(Submission.id) == col(Packet.submission_id))
        .join(
            Thread,
            (col(Thread.subject) == "program") & (col(Thread.subject_id) == col(Submission.program_id)),
        )
        .where(
            col(Packet.state).in_(UNSETTLED),
            col(Packet.next_attempt_at) <= bindparam("wall"),
            Thread.ts != "",
            ~before,
            ~unsaid,
        )
        .order_by(col(Packet.next_attempt_at), col(Packet.id))
        .limit(bindparam("most", type_=Integer))
    )


def move_packet(session: Session, packet_id: int, *, owner: str, **values: object) -> bool:
    """Change a packet that this owner still holds; false when its lease was lost."""
    return uploads.move(session, Packet, packet_id, owner=owner, **values)


def drop_packets(session: Session, submission_id: int) -> None:
    """Give up what a replaced round has not uploaded yet; what is being shared now may still arrive."""
    session.flush()
    session.exec(
        update(Packet)
        .where(col(Packet.submission_id) == submission_id, col(Packet.state).in_((*UNSETTLED, "failed")))
        .values(state="dropped")
    )


def contents(session: Session, submission_id: int, number: int) -> list[tuple[SubmissionItem, File]]:
    """Return the files of one packet with where their bytes are kept."""
    found = session.exec(
        select(SubmissionItem, File)
        .join(Evidence, col(Evidence.id) == col(SubmissionItem.evidence_id))
        .join(File, col(File.id) == col(Evidence.file_id))
        .where(SubmissionItem.submission_id == submission_id, SubmissionItem.packet == number)
        .order_by(col(SubmissionItem.id))
    ).all()
    return list(found)


def live(session: Session, program_id: int) -> Sequence[LiveCapability]:
    """Return what was seen in live use, in the order it was first seen."""
    return session.exec(
        select(LiveCapability).where(LiveCapability.program_id == program_id).order_by(col(LiveCapability.id))
    ).all()


def live_one(session: Session, program_id: int, capability: str) -> LiveCapability | None:
    """Return one capability that was seen in live use."""
    return session.exec(
        select(LiveCapability).where(
            LiveCapability.program_id == program_id, LiveCapability.capability == capability
        )
    ).first()
