"""The tables of Stripe's cards and authorizations; the rules of `storage.tables` hold here too.

A Stripe id is unique everywhere and alone the key. `account` is the connected account, `''` the platform
itself. Amounts are in minor units beside their `currency`. `event_at` is when Stripe made the newest event
that was taken into the row: an older one changes nothing.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables import _id, _moment, _sealed


def _amount(*, nullable: bool = False) -> Any:  # noqa: ANN401 - sqlmodel's Field has no narrower type
    return Field(default=None if nullable else 0, sa_column=Column(BigInteger, nullable=nullable))


class Card(SQLModel, table=True):
    """A card as Stripe last described it, and whether somebody reported it lost or stolen here.

    `reported` is ours: no event changes it. A card can be reported before Stripe has told us of it. `program`
    is the reference (`P-7`) of the programme it belongs to, as the card's metadata say (`gantry_program`).
    """

    __table_args__: ClassVar[Any] = (
        Index(
            "ix_card_reported",
            "reported",
            sqlite_where=text("reported <> ''"),
            postgresql_where=text("reported <> ''"),
        ),
    )
    id: str = Field(primary_key=True)  # ic_…
    account: str = ""
    livemode: bool
    cardholder: str = Field(default="", index=True)
    program: str = Field(default="", index=True)
    type: str = ""  # virtual · physical
    status: str = ""  # inactive · active · canceled
    currency: str = ""
    brand: str = ""
    last4: str = Field(default="", index=True)
    exp_month: int | None = None
    exp_year: int | None = None
    cancellation_reason: str = ""
    replacement_for: str = ""
    replaced_by: str = ""
    fraud_warning: str = ""  # latest_fraud_warning.type
    shipping_status: str = ""
    shipping_service: str = ""  # standard · express · priority
    apple_pay: str = ""  # eligible, or why not
    google_pay: str = ""
    reported: str = ""  # '' · frozen · lost · stolen
    reported_at: datetime | None = _moment()
    created_at: datetime | None = _moment()
    event_at: datetime | None = _moment()


class Cardholder(SQLModel, table=True):
    """A cardholder as Stripe last described them. What people search by is in `HolderWord`."""

    id: str = Field(primary_key=True)  # ich_…
    account: str = ""
    livemode: bool
    name: str | None = _sealed()
    email: str | None = _sealed()
    address: str | None = _sealed()  # billing.address, as JSON
    type: str = ""  # individual · company
    status: str = ""  # active · inactive · blocked
    disabled_reason: str = ""
    created_at: datetime | None = _moment()
    event_at: datetime | None = _moment()


class Authorization(SQLModel, table=True):
    """An authorization as Stripe last described it.

    `entries` is the length of request_history. `counted` is what it adds at present to the spend of its card
    and cardholder, in the windows of `created_at`; only `bot.services.spend` moves it, and the spend with it.
    A decision newer than `decision` has its own `counted`, which then holds instead: until the events of the
    answer arrive, nobody need write here.
    """

    __table_args__: ClassVar[Any] = (Index("ix_authorization_created_at", "created_at"),)
    id: str = Field(primary_key=True)  # iauth_…
    account: str = ""
    livemode: bool
    card: str = Field(index=True)
    cardholder: str = ""
    status: str = ""  # pending · closed · reversed · expired
    approved: bool = False
    reason: str = ""  # of the newest entry of request_history
    entries: int = 0
    amount: int = _amount()
    currency: str = ""
    merchant_amount: int = _amount()
    merchant_currency: str = ""
    merchant_id: str = ""  # merchant_data.network_id
    merchant_name: str | None = _sealed()
    merchant_category: str = ""
    merchant_country: str = ""
    method: str = ""  # authorization_method
    three_d_secure: str = ""  # verification_data.three_d_secure.result
    wallet: str = ""
    token: str = ""
    counted: int = _amount()
    decision: int = _amount()  # id of the newest decision that `counted` knows of
    created_at: datetime = _moment(nullable=False)
    event_at: datetime | None = _moment()


class Transaction(SQLModel, table=True):
    """Money that moved: a capture (negative amount) or a refund (positive)."""

    __tablename__ = "transaction"
    id: str = Field(primary_key=True)  # ipi_…
    account: str = ""
    livemode: bool
    type: str  # capture · refund
    authorization: str = Field(default="", index=True)
    card: str = Field(index=True)
    cardholder: str = ""
    amount: int = _amount()
    currency: str = ""
    merchant_amount: int = _amount()
    merchant_currency: str = ""
    merchant_id: str = ""
    merchant_name: str | None = _sealed()
    merchant_category: str = ""
    merchant_country: str = ""
    wallet: str = ""
    token: str = ""
    received_debit: str = ""  # rd_…: a capture that a Treasury financial account paid
    dispute: str = ""
    created_at: datetime = _moment(nullable=False)
    event_at: datetime | None = _moment()


class Token(SQLModel, table=True):
    """A card in a wallet, as Stripe last described it."""

    id: str = Field(primary_key=True)  # intok_…
    account: str = ""
    livemode: bool
    card: str = Field(index=True)
    status: str = ""  # requested · active · suspended · deleted
    network: str = ""
    wallet_provider: str = ""
    last4: str = ""
    created_at: datetime | None = _moment()
    event_at: datetime | None = _moment()


class AuthorizationDecision(SQLModel, table=True):
    """What we answered to one request, and all that was looked at: append-only, written before the answer.

    A request is known by its event and by its authorization with the number of `entries` in request_history.
    `amount` is the total asked for, `counted` what the authorization adds to the spend after the answer.
    `policy` is a version of the table of that name; 0 is the one Gantry ships. No foreign key: the hot path
    would pay for it.
    """

    __tablename__ = "authorization_decision"
    __table_args__: ClassVar[Any] = (UniqueConstraint("authorization", "entries"),)
    id: int = _id()
    event: str = Field(unique=True)  # evt_…
    authorization: str
    entries: int
    account: str = ""
    livemode: bool
    card: str
    cardholder: str
    amount: int = _amount()
    currency: str
    approved: bool
    answer_amount: int | None = _amount(nullable=True)  # a partial approval
    counted: int = _amount()
    rule: str  # which rule declined, or `none`
    policy: int
    inputs: str | None = _sealed()  # what the rules read, as JSON
    outcomes: str | None = _sealed()  # what each rule said, as JSON
    at: datetime = _moment(nullable=False)


class Spend(SQLModel, table=True):
    """What a card or cardholder has spent in one window: a UTC day (2026-11-25), ISO week or month."""

    # Kept in the key itself on SQLite; on PostgreSQL half of a page stays free for new versions of its rows.
    __table_args__: ClassVar[Any] = ({"sqlite_with_rowid": False, "postgresql_with": {"fillfactor": 50}},)
    subject: str = Field(primary_key=True)  # ic_… or ich_…
    window: str = Field(primary_key=True)  # 2026-11-25 · 2026-W48 · 2026-11
    currency: str = Field(primary_key=True)
    amount: int = _amount()


class Policy(SQLModel, table=True):
    """A policy that was loaded: its TOML text, once and for good. The newest *current* one is obeyed."""

    __table_args__: ClassVar[Any] = (UniqueConstraint("version"),)
    id: int = _id()
    team: str = ""
    version: int
    sha256: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    state: str = "current"  # current · replaced
    by: str
    at: datetime = _moment(nullable=False)


class PolicyRule(SQLModel, table=True):
    """Whether a rule is enforced or only recorded; a rule without a row is as Gantry ships it."""

    __tablename__ = "policy_rule"
    rule: str = Field(primary_key=True)
    team: str = ""
    state: str  # shadow · enforced
    by: str
    at: datetime = _moment(nullable=False)


class Brake(SQLModel, table=True):
    """A merchant, category or country that is declined until a moment, whatever the policy says."""

    __table_args__: ClassVar[Any] = (Index("ix_brake_state_until", "state", "until"),)
    id: int = _id()
    team: str = ""
    kind: str  # merchant · category · country
    value: str
    until: datetime = _moment(nullable=False)
    state: str = "on"  # on · lifted
    by: str
    at: datetime = _moment(nullable=False)


class PolicyHead(SQLModel, table=True):
    """One row whose number grows with every change of policy, rule or brake: each batch reads it first."""

    __tablename__ = "policy_head"
    id: int = Field(primary_key=True)  # always 1
    number: int = _amount()
