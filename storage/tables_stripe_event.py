"""The tables of Stripe's inbox, of what it was read from, and of whose cards are whose.

The rules of `storage.tables` hold here too. `platform` is the `acct_…` of the settings whose secret or key
was used, `''` where the settings name none; `account` is the connected account, `''` the platform itself.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables import _id, _json, _moment, _ref, _sealed


class StripeEvent(SQLModel, table=True):
    """An event as Stripe sent it, recorded before the 200. Recorded is not handled.

    An event of a type nobody handles is *ignored*. `error` names what failed; it never holds the body.
    """

    __tablename__ = "stripe_event"
    __table_args__: ClassVar[Any] = (
        Index("ix_stripe_event_due", "state", "next_attempt_at"),
        Index("ix_stripe_event_object_id", "object_id"),
        # Those whose body was not emptied yet: a small part of the table after the first months.
        Index(
            "ix_stripe_event_kept",
            "id",
            sqlite_where=text("body IS NOT NULL"),
            postgresql_where=text("body IS NOT NULL"),
        ),
    )
    id: int = _id()
    event_id: str = Field(unique=True)  # evt_…
    platform: str = ""
    account: str = ""
    livemode: bool
    type: str
    object_id: str = ""  # of data.object
    body: str | None = _sealed()
    made_at: datetime = _moment(nullable=False)  # by Stripe, in whole seconds
    received_at: datetime = _moment(nullable=False)
    source: str = "delivered"  # delivered · listed (found by reconciliation) · replayed
    state: str = "pending"  # pending · handled · ignored · dead
    attempts: int = 0
    next_attempt_at: datetime = _moment(nullable=False)  # wall time
    handled_at: datetime | None = _moment()
    error: str = ""


class StripeAccount(SQLModel, table=True):
    """One account in one mode whose events are compared with the inbox, and how far that has come.

    Every event made from `complete_since` until `read_to` is in the inbox. A reading that ended in the middle
    goes on behind the event `page_after`; what it reaches then is `page_to`. All moments are wall time.
    """

    __tablename__ = "stripe_account"
    platform: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    livemode: bool = Field(primary_key=True)
    complete_since: datetime | None = _moment()
    read_to: datetime | None = _moment()
    page_after: str = ""  # evt_…
    page_from: datetime | None = _moment()
    page_to: datetime | None = _moment()
    checked_at: datetime | None = _moment()
    next_at: datetime = _moment(nullable=False, index=True)
    error: str = ""
    disputes_at: datetime | None = _moment()  # when drafts of disputes were last looked for
    last_authorization_at: datetime | None = _moment()  # the newest one that was made, by Stripe's clock


class StripeDispute(SQLModel, table=True):
    """A dispute as Stripe last described it. `told` is the end that its programme heard of."""

    __tablename__ = "stripe_dispute"
    id: str = Field(primary_key=True)  # idp_…
    platform: str = ""
    account: str = ""
    livemode: bool
    transaction: str = Field(default="", index=True)
    amount: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    currency: str = ""
    reason: str = ""  # evidence.reason
    status: str = ""  # unsubmitted · submitted · won · lost · expired
    loss_reason: str = ""
    reinstated: bool = False  # funds came to the Issuing balance
    rescinded: bool = False  # funds were taken back
    moves: list[dict[str, Any]] = _json(list)  # its balance transactions, as far as Stripe has named them
    look: bool = False  # funds moved in an event that named none: they are to be fetched
    told: str = ""
    changed: bool = Field(default=True, index=True)  # its dispute here has to follow
    created_at: datetime | None = _moment()
    event_at: datetime | None = _moment()


class StripeCapability(SQLModel, table=True):
    """A capability of an account as Stripe last described it.

    `completed_at` is when its application was first seen complete, `active_at` when it was first seen active.
    """

    __tablename__ = "stripe_capability"
    account: str = Field(primary_key=True)
    livemode: bool = Field(primary_key=True)
    capability: str = Field(primary_key=True)  # card_issuing · treasury · …
    platform: str = ""
    status: str = ""  # active · inactive · pending · unrequested · disabled
    disabled_reason: str = ""
    completed_at: datetime | None = _moment()
    active_at: datetime | None = _moment()
    event_at: datetime | None = _moment()


class StripeTask(SQLModel, table=True):
    """Something operators have to do about a capability of an account; it ends by itself or by hand."""

    __tablename__ = "stripe_task"
    __table_args__: ClassVar[Any] = (UniqueConstraint("account", "livemode", "capability", "kind"),)
    id: int = _id()
    team: str
    account: str
    livemode: bool
    capability: str
    kind: str  # unverified · inactive
    state: str = Field(default="open", index=True)  # open · done · dropped (the reason is gone)
    since: datetime = _moment(nullable=False)  # when the counted time began
    opened_at: datetime = _moment(nullable=False)
    ended_at: datetime | None = _moment()
    by: str = ""


class ProgramAccount(SQLModel, table=True):
    """The Stripe account of a programme, and what tells its cards from those of others on the account."""

    __tablename__ = "program_account"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("program_id"),
        Index("ix_program_account_account", "account"),
    )
    id: int = _id()
    program_id: int = _ref("program", index=False)
    team: str
    platform: str = ""
    account: str = ""
    tell: str = "all"  # all · currency · design · metadata
    key: str = ""  # of the metadata
    value: str = ""
    by: str
    at: datetime = _moment(nullable=False)


class CardTrait(SQLModel, table=True):
    """What tells a card's programme, besides its account; *matched* once the rules as they are were asked."""

    __tablename__ = "card_trait"
    card: str = Field(primary_key=True)  # ic_…
    platform: str = ""
    account: str = Field(default="", index=True)
    livemode: bool
    currency: str = ""
    design: str = ""
    metadata_text: str | None = _sealed()  # JSON
    matched: bool = Field(default=False, index=True)
    event_at: datetime | None = _moment()
