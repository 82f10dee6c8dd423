"""Queries about disputes: people's rows, the papers of their evidence, and what Stripe describes."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, func, or_, select, update

from storage.queries.claim import changed_one
from storage.tables import File
from storage.tables_dispute import Dispute, DisputePaper
from storage.tables_stripe import Authorization, Card, Transaction
from storage.tables_stripe_event import StripeAccount, StripeDispute

UNSUBMITTED = ("draft", "asked", "submitting")


def one(session: Session, row_id: int) -> Dispute | None:
    """Return a dispute by its number."""
    return session.get(Dispute, row_id)


def lock(session: Session, row_id: int) -> Dispute | None:
    """Return a dispute as it is now; nobody else changes it before this transaction ends."""
    return session.exec(
        select(Dispute)
        .where(Dispute.id == row_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def of_transaction(session: Session, transaction: str) -> Dispute | None:
    """Return the dispute of a transaction, as it is now, locked."""
    found = session.exec(select(Dispute.id).where(Dispute.transaction == transaction)).first()
    return lock(session, found) if found is not None else None


def by_ref(session: Session, team: str, ref: str) -> Dispute | None:
    """Return a dispute by the reference that people quote, by Stripe's id, or by its transaction."""
    return session.exec(
        select(Dispute).where(
            Dispute.team == team,
            or_(
                Dispute.ref == ref.upper(),
                Dispute.transaction == ref,
                (Dispute.stripe == ref) & (Dispute.stripe != ""),
            ),
        )
    ).first()


def all_of(session: Session, team: str) -> Sequence[Dispute]:
    """Return every dispute of a workspace, the newest first."""
    return session.exec(select(Dispute).where(Dispute.team == team).order_by(col(Dispute.id).desc())).all()


def by_ids(session: Session, ids: Collection[int]) -> dict[int, Dispute]:
    """Return disputes by their numbers."""
    found = session.exec(select(Dispute).where(col(Dispute.id).in_(ids))).all()
    return {row.id: row for row in found}


def move(session: Session, row_id: int, states: Collection[str], **values: object) -> bool:
    """Change a dispute that is in one of these states; false when somebody was first."""
    session.flush()
    return changed_one(
        session,
        update(Dispute)
        .where(col(Dispute.id) == row_id, col(Dispute.state).in_(states))
        .values(**values)
        .execution_options(synchronize_session="fetch"),
    )


def papers(session: Session, dispute_id: int) -> Sequence[DisputePaper]:
    """Return the papers of a dispute."""
    return session.exec(
        select(DisputePaper).where(DisputePaper.dispute_id == dispute_id).order_by(col(DisputePaper.id))
    ).all()


def paper(session: Session, dispute_id: int, field: str) -> DisputePaper | None:
    """Return the paper for one field."""
    return session.exec(
        select(DisputePaper).where(DisputePaper.dispute_id == dispute_id, DisputePaper.field == field)
    ).first()


def numbered_paper(session: Session, paper_id: int) -> DisputePaper | None:
    """Return a paper by its number, as it is now."""
    return session.get(DisputePaper, paper_id, populate_existing=True)


def keep_file(session: Session, team: str, sha256: str) -> File | None:
    """Return the row of bytes that are kept."""
    return session.exec(select(File).where(File.team == team, File.sha256 == sha256)).first()


def refunded(session: Session, authorization: str) -> int:
    """Return what came back of an authorization, in minor units."""
    found = session.exec(
        select(func.coalesce(func.sum(Transaction.amount), 0)).where(
            Transaction.authorization == authorization, Transaction.type == "refund"
        )
    ).one()
    return int(found)


def authorization(session: Session, authorization_id: str) -> Authorization | None:
    """Return an authorization."""
    return session.get(Authorization, authorization_id) if authorization_id else None


def fraud_since(session: Session, card: str, since: datetime) -> int:
    """Return how many fraud disputes of a card were opened since then."""
    return session.exec(
        select(func.count())
        .select_from(StripeDispute)
        .join(Transaction, col(Transaction.id) == StripeDispute.transaction)
        .where(
            Transaction.card == card,
            StripeDispute.reason == "fraudulent",
            col(StripeDispute.created_at) >= since,
        )
    ).one()


def captures(session: Session, limit: int) -> Sequence[tuple[Transaction, Card | None]]:
    """Return the newest captures, with their cards."""
    found = session.exec(
        select(Transaction, Card)
        .outerjoin(Card, col(Card.id) == Transaction.card)
        .where(Transaction.type == "capture")
        .order_by(col(Transaction.created_at).desc(), col(Transaction.id))
        .limit(limit)
    ).all()
    return [(paid, card) for paid, card in found]


def changed(session: Session, limit: int) -> Sequence[StripeDispute]:
    """Return disputes as Stripe describes them, of which people's rows have to follow."""
    return session.exec(
        select(StripeDispute)
        .where(col(StripeDispute.changed).is_(True))
        .order_by(StripeDispute.id)
        .limit(limit)
    ).all()


def accounts(session: Session, before: datetime) -> Sequence[StripeAccount]:
    """Return the accounts whose drafts were not looked for since then."""
    return session.exec(
        select(StripeAccount)
        .where(or_(col(StripeAccount.disputes_at).is_(None), col(StripeAccount.disputes_at) < before))
        .order_by(StripeAccount.platform, StripeAccount.account, col(StripeAccount.livemode))
    ).all()


def swept(session: Session, platform: str, account: str, at: datetime, *, livemode: bool) -> None:
    """Record when the drafts of an account were looked for."""
    session.exec(
        update(StripeAccount)
        .where(
            col(StripeAccount.platform) == platform,
            col(StripeAccount.account) == account,
            col(StripeAccount.livemode) == livemode,
        )
        .values(disputes_at=at)
    )


def mirror(session: Session, dispute: str) -> StripeDispute | None:
    """Return a dispute as Stripe last described it."""
    return session.get(StripeDispute, dispute) if dispute else None
