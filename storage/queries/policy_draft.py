"""Queries of proposed policies."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select, update

from storage.plain import add
from storage.tables_exception import PolicyDraft


def put(
    session: Session, *, team: str, body: str, sha256: str, days: int, language: str, by: str, now: datetime
) -> None:
    """Keep a proposal; the same text of the same person, still waiting, is kept once."""
    wanted = (PolicyDraft.sha256 == sha256, PolicyDraft.by == by, PolicyDraft.state == "waiting")
    if session.exec(select(PolicyDraft.id).where(*wanted).limit(1)).first() is not None:
        return
    values = {"team": team, "body": body, "sha256": sha256, "days": days, "language": language}
    add(session, PolicyDraft, {**values, "by": by, "at": now})


def waiting(session: Session) -> Sequence[PolicyDraft]:
    """Return the proposals whose replay nobody has seen."""
    return session.exec(
        select(PolicyDraft).where(PolicyDraft.state == "waiting").order_by(col(PolicyDraft.id)).limit(5)
    ).all()


def move(session: Session, draft_id: int, old: str, new: str) -> bool:
    """Move a proposal from one state to another; false when somebody was first."""
    found = session.exec(
        update(PolicyDraft)
        .where(col(PolicyDraft.id) == draft_id, col(PolicyDraft.state) == old)
        .values(state=new)
        .returning(col(PolicyDraft.id))
    ).all()
    return bool(found)


def one(session: Session, draft_id: int) -> PolicyDraft | None:
    """Return a proposal."""
    return session.get(PolicyDraft, draft_id)


def forget(session: Session, before: datetime) -> int:
    """Remove proposals older than a moment; return how many. What was loaded is a policy of its own."""
    return len(
        session.exec(
            delete(PolicyDraft).where(col(PolicyDraft.at) < before).returning(col(PolicyDraft.id))
        ).all()
    )
