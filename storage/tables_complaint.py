"""The tables of complaints; the rules of `storage.tables` hold here too.

Sources of what is kept: https://docs.stripe.com/treasury/connect/handling-complaints (clocks, monthly list)
and https://docs.stripe.com/issuing/compliance-us (resolutions belong to the record of five years).
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from storage.tables import _id, _json, _moment, _ref, _sealed
from storage.types import BigId


class Complaint(SQLModel, table=True):
    """One complaint of a customer, under the message it came from.

    `source` is the natural key: `channel/ts` of the message, else Slack's own key of the form that logged it.
    The class is `kind`. A *feedback* of an employee has no clocks and is in no report. `open` is true in the
    states that still ask for something: the lists are indexed by it. A *locked* one must not be answered.
    Amounts are in minor units beside their currency.
    """

    __table_args__: ClassVar[Any] = (
        UniqueConstraint("team", "ref"),
        UniqueConstraint("team", "source"),
        Index("ix_complaint_mine", "team", "owner", "open", "id"),
        Index("ix_complaint_open", "team", "open", "id"),
        Index("ix_complaint_due", "team", "open", "due_at"),
        Index("ix_complaint_kind", "team", "kind", "open", "id"),
        Index("ix_complaint_month", "program_id", "submitted_at", "id"),
        Index("ix_complaint_changed", "program_id", "changed_at"),
        Index("ix_complaint_look", "look_at"),
        Index("ix_complaint_breached", "team", "breached", "id"),
        Index("ix_complaint_agent", "team", "logged_by", "id"),
        Index(
            "ix_complaint_public",
            "id",
            sqlite_where=sql("public = 'check'"),
            postgresql_where=sql("public = 'check'"),
        ),
    )
    id: int = _id()
    team: str
    ref: str  # C-7
    program_id: int | None = _ref("program", nullable=True, index=False)
    source: str
    source_channel: str = ""
    source_ts: str = ""
    source_thread_ts: str = ""
    source_link: str | None = _sealed()
    public: str = ""  # the line at the source: '' · check · said · silent (outsiders, guests, unknown)
    text: str | None = _sealed()
    redacted: bool = False  # the original holds a card number
    customer: str | None = _sealed()
    contact: str | None = _sealed()
    summary: str | None = _sealed()
    kind: str = "operational"  # operational · executive
    received_through: str = ""  # a channel of receipt of `bot/plans/complaints.toml`
    category: str = ""  # a category of the same file
    product: str = ""  # issuing · treasury
    account: str = ""  # the connected account, acct_…
    bank: str = ""
    regulator: str | None = _sealed()
    refund_amount: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    refund_currency: str = ""
    feedback: bool = False  # of an employee: outside clocks and report
    livemode: bool = False  # the programme had live access when it was submitted
    owner: str = ""
    received_by: str = ""
    logged_by: str
    logged_at: datetime = _moment(nullable=False)
    submitted_at: datetime = _moment(nullable=False)
    # the proposal of the word list
    proposal: str = ""  # '' · asked · yes · no · silent
    proposal_words: list[str] = _json(list)
    proposed_at: datetime | None = _moment()
    proposal_until: datetime | None = _moment()  # no answer by then counts as yes
    decided_at: datetime | None = _moment()
    decided_by: str = ""
    decision_reason: str | None = _sealed()
    # the class and the lock
    executive_at: datetime | None = _moment()  # since when we know that it is one
    locked: bool = False
    locked_at: datetime | None = _moment()
    notified_at: datetime | None = _moment()  # Stripe was told of an executive one
    released_at: datetime | None = _moment()
    released_by: str = ""
    release_reason: str | None = _sealed()
    stripe_answer: str | None = _sealed()
    # the states and their moments (when it happened, not when it was recorded)
    state: str = "received"  # received · acknowledged · resolved · withdrawn · reopened · mistake
    open: bool = True
    acknowledged_at: datetime | None = _moment()
    resolved_at: datetime | None = _moment()
    withdrawn_at: datetime | None = _moment()
    reopened_at: datetime | None = _moment()
    forwarded_at: datetime | None = _moment()  # the older rule, where it is on
    resolution: str | None = _sealed()
    root_cause: str | None = _sealed()
    mistake_reason: str | None = _sealed()
    ended_by: str = ""
    # what is due when; `due_at` is the earliest of those still open
    due_at: datetime | None = _moment()
    acknowledge_due_at: datetime | None = _moment()
    resolve_due_at: datetime | None = _moment()
    notify_due_at: datetime | None = _moment()
    forward_due_at: datetime | None = _moment()
    extended_at: datetime | None = _moment()  # resolve within 35 business days (UK, EU)
    extension_reason: str | None = _sealed()
    breaches: list[str] = _json(list)  # acknowledge · resolve · notify · forward · contact
    breached: bool = False  # there is one
    look_at: datetime | None = _moment()  # when time alone changes it next: no answer came, something is late
    changed_at: datetime = _moment(nullable=False)


class ComplaintEntry(SQLModel, table=True):
    """What belongs to a complaint: a note, a contact, a document, a link, a breach, a question of ours.

    `key` makes it once per complaint. `at` is when it happened, `recorded_at` when somebody said so.
    """

    __tablename__ = "complaint_entry"
    __table_args__: ClassVar[Any] = (UniqueConstraint("complaint_id", "kind", "key"),)
    id: int = _id()
    team: str
    complaint_id: int = _ref("complaint", index=False)
    kind: str  # note · contact · document · link · breach · asked (for what is missing; its key is the month)
    key: str
    words: str | None = _sealed()
    target: str = ""  # ic_… · ipi_… · idp_… · D-3 · the deadline that was missed · locked (of a contact)
    name: str | None = _sealed()
    address: str | None = _sealed()
    origin: str = ""  # Slack's id of a file
    file_id: int | None = _ref("file", nullable=True, index=False)
    breach: bool = False
    state: str = "stored"  # stored · arriving · failed
    error: str = ""
    attempts: int = 0
    next_attempt_at: datetime | None = _moment(index=True)
    at: datetime = _moment(nullable=False)
    recorded_at: datetime = _moment(nullable=False)
    by: str


class ComplaintSetting(SQLModel, table=True):
    """What one programme does otherwise than `bot/plans/complaints.toml` says, by the name of the setting."""

    __tablename__ = "complaint_setting"
    program_id: int = Field(
        sa_column=Column(BigId, ForeignKey("program.id"), primary_key=True, autoincrement=False)
    )
    name: str = Field(primary_key=True)  # owner · acknowledge · resolve · notify · forward · report
    team: str
    value: str
    by: str
    at: datetime = _moment(nullable=False)
