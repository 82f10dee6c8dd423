"""Queries of what Stripe's events say: cards, disputes, capabilities, and the programmes they belong to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, func, or_, select, update

from storage.tables import Program
from storage.tables_stripe import Authorization, Card, Token, Transaction
from storage.tables_stripe_event import (
    CardTrait,
    ProgramAccount,
    StripeAccount,
    StripeCapability,
    StripeDispute,
    StripeTask,
)

Row = TypeVar("Row", bound=SQLModel)
ENDED = ("canceled",)
"""States of a programme that has no cards any more."""


def lock(session: Session, table: type[Row], key: Mapping[str, Any]) -> Row:
    """Return a row that exists, as it is now; nobody else changes it before this transaction ends."""
    wanted = [getattr(table, name) == value for name, value in key.items()]
    return session.exec(
        select(table).where(*wanted).with_for_update().execution_options(populate_existing=True)
    ).one()


def card(session: Session, card_id: str) -> Card | None:
    """Return a card."""
    return session.get(Card, card_id)


def trait(session: Session, card_id: str) -> CardTrait | None:
    """Return what tells the programme of a card, and on which platform the card is."""
    return session.get(CardTrait, card_id)


def paid(session: Session, transaction_id: str) -> Transaction | None:
    """Return a transaction."""
    return session.get(Transaction, transaction_id)


def has_tokens(session: Session, card_id: str) -> bool:
    """Tell whether a card is or was in a wallet."""
    return session.exec(select(Token.id).where(Token.card == card_id).limit(1)).first() is not None


def authorized_at(session: Session, *, platform: str, account: str, livemode: bool, at: datetime) -> None:
    """Keep the newest moment at which a card of this account was used."""
    session.exec(
        update(StripeAccount)
        .where(
            col(StripeAccount.platform) == platform,
            col(StripeAccount.account) == account,
            col(StripeAccount.livemode) == livemode,
            or_(
                col(StripeAccount.last_authorization_at).is_(None),
                col(StripeAccount.last_authorization_at) < at,
            ),
        )
        .values(last_authorization_at=at)
    )


def rules(session: Session, platform: str, account: str) -> Sequence[tuple[ProgramAccount, Program]]:
    """Return the programmes that have their cards on an account, with what tells them apart."""
    found = session.exec(
        select(ProgramAccount, Program)
        .join(Program, col(Program.id) == col(ProgramAccount.program_id))
        .where(
            ProgramAccount.account == account,
            # A connected account is known by its own id; whose platform it is on need not be said.
            or_(ProgramAccount.account != "", ProgramAccount.platform == platform),
            col(Program.state).not_in(ENDED),
        )
        .order_by(col(Program.id))
    ).all()
    return [(one, program) for one, program in found]


def account_of(session: Session, program_id: int) -> ProgramAccount | None:
    """Return the account of a programme."""
    return session.exec(select(ProgramAccount).where(ProgramAccount.program_id == program_id)).first()


def program(session: Session, ref: str) -> Program | None:
    """Return a programme by the reference that cards carry."""
    return session.exec(select(Program).where(Program.ref == ref).order_by(col(Program.id))).first()


def unmatch(session: Session, pairs: Collection[tuple[str, str]]) -> None:
    """Have the cards of these accounts (platform, account) matched again."""
    for platform, account in sorted(pairs):
        these = [col(CardTrait.account) == account]
        if not account:
            these.append(col(CardTrait.platform) == platform)
        session.exec(update(CardTrait).where(*these).values(matched=False))


def unmatched(session: Session, limit: int) -> Sequence[CardTrait]:
    """Return cards whose programme has to be looked for."""
    return session.exec(
        select(CardTrait).where(col(CardTrait.matched).is_(False)).order_by(CardTrait.card).limit(limit)
    ).all()


def without_program(session: Session, limit: int) -> tuple[int, Sequence[tuple[Card, CardTrait]]]:
    """Return how many usable cards fit no programme, and the newest of them."""
    of_trait = col(CardTrait.card) == Card.id
    fits_none = (Card.program == "", Card.status != "canceled", col(CardTrait.matched).is_(True))
    count = session.exec(
        select(func.count()).select_from(Card).join(CardTrait, of_trait).where(*fits_none)
    ).one()
    found = session.exec(
        select(Card, CardTrait)
        .join(CardTrait, of_trait)
        .where(*fits_none)
        .order_by(col(Card.created_at).desc(), col(Card.id))
        .limit(limit)
    ).all()
    return count, [(one, trait) for one, trait in found]


def disputes_of(session: Session, transaction_id: str) -> Sequence[StripeDispute]:
    """Return the disputes about a transaction."""
    return session.exec(select(StripeDispute).where(StripeDispute.transaction == transaction_id)).all()


def disputes_of_card(session: Session, card_id: str) -> Sequence[StripeDispute]:
    """Return the disputes about transactions of a card."""
    return session.exec(
        select(StripeDispute)
        .join(Transaction, col(Transaction.id) == StripeDispute.transaction)
        .where(Transaction.card == card_id)
        .order_by(StripeDispute.id)
    ).all()


def capabilities(session: Session) -> Sequence[tuple[StripeCapability, datetime | None]]:
    """Return every capability, with the newest use of a card of its account."""
    return _used(session)


def capability(session: Session, key: Mapping[str, Any]) -> tuple[StripeCapability, datetime | None] | None:
    """Return one capability, with the newest use of a card of its account."""
    wanted = [getattr(StripeCapability, name) == key[name] for name in ("account", "livemode", "capability")]
    return next(iter(_used(session, *wanted)), None)


def tasks(session: Session) -> Sequence[StripeTask]:
    """Return every task there ever was."""
    return session.exec(select(StripeTask)).all()


def _used(session: Session, *wanted: Any) -> Sequence[tuple[StripeCapability, datetime | None]]:  # noqa: ANN401 - conditions
    found = session.exec(
        select(StripeCapability, StripeAccount.last_authorization_at)
        .where(*wanted)
        .outerjoin(
            StripeAccount,
            (col(StripeAccount.platform) == StripeCapability.platform)
            & (col(StripeAccount.account) == StripeCapability.account)
            & (col(StripeAccount.livemode) == StripeCapability.livemode),
        )
        .order_by(StripeCapability.account, StripeCapability.capability)
    ).all()
    return [(one, used) for one, used in found]


def task(session: Session, key: Mapping[str, Any]) -> StripeTask | None:
    """Return the task about a capability, by account, livemode, capability and kind."""
    wanted = [getattr(StripeTask, name) == value for name, value in key.items()]
    return session.exec(select(StripeTask).where(*wanted)).first()


def numbered_task(session: Session, task_id: int) -> StripeTask | None:
    """Return a task by its number."""
    return session.get(StripeTask, task_id)


def open_tasks(session: Session, limit: int) -> Sequence[StripeTask]:
    """Return what is to be done, the oldest first."""
    return session.exec(
        select(StripeTask).where(StripeTask.state == "open").order_by(col(StripeTask.opened_at)).limit(limit)
    ).all()


def busy_accounts(session: Session) -> set[str]:
    """Return the accounts with an open authorization, an open dispute, or a card that was reported lost."""
    found: set[str] = set(
        session.exec(select(Authorization.account).where(Authorization.status == "pending").distinct()).all()
    )
    found |= set(
        session.exec(
            select(StripeDispute.account)
            .where(col(StripeDispute.status).in_(("unsubmitted", "submitted")))
            .distinct()
        ).all()
    )
    found |= set(
        session.exec(
            select(Card.account).where(Card.reported != "", Card.status != "canceled").distinct()
        ).all()
    )
    return found
