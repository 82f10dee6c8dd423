"""The tables of the compliance submission and of live use; the rules of `storage.tables` hold here too."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from storage.tables import _id, _moment, _ref, _sealed


class Submission(SQLModel, table=True):
    """One round of files for Stripe's review. Every round that was sent is kept for good.

    `number` counts the rounds of a programme; a round that was put together again before it was sent is
    *replaced* and keeps its own `ref`. `state` is also the answer: approved, or revision asked.
    """

    __table_args__: ClassVar[Any] = (UniqueConstraint("team", "ref"),)
    id: int = _id()
    team: str
    ref: str
    program_id: int = _ref("program")
    step_id: int = _ref("step")
    number: int
    state: str = "packing"  # packing · prepared · sent · approved · revision · replaced
    packed: bool = True  # false: the team sent it by itself, and Gantry wrote down what it held that day
    by: str
    at: datetime = _moment(nullable=False)
    sent_on: date | None = None
    sent_by: str = ""
    recorded_at: datetime | None = _moment()
    reference: str | None = _sealed()
    words: str | None = _sealed()  # what Stripe wrote
    answered_at: datetime | None = _moment()
    answered_by: str = ""


class SubmissionItem(SQLModel, table=True):
    """One file or link of a round, or an item that Stripe asked to change without one in this round.

    `item` is the step and the item of the plan, as `evidence_emails/emails`; `packet` is 0 outside packets.
    """

    __tablename__ = "submission_item"
    id: int = _id()
    team: str
    submission_id: int = _ref("submission")
    item: str
    evidence_id: int | None = _ref("evidence", nullable=True, index=False)
    kind: str = ""  # file · link · nothing
    sha256: str = ""
    name: str | None = _sealed()  # in the packet; of a link its address
    packet: int = 0
    version: int = 1
    was: str = ""  # the SHA-256 of what was sent for the item before, shortened, one after the other
    change: str | None = _sealed()  # what must change, in Stripe's words
    result: str = "sent"  # sent · approved · to_change


class Packet(SQLModel, table=True):
    """The intention to put one ZIP of a round into the thread; the worker builds and uploads it.

    `slack_file` is Slack's id of the upload under way, kept before it is shared: whether a lost reply to the
    sharing was a yes can then be looked up.
    """

    __table_args__: ClassVar[Any] = (
        UniqueConstraint("submission_id", "number"),
        Index("ix_packet_due", "state", "next_attempt_at"),
    )
    id: int = _id()
    team: str
    submission_id: int = _ref("submission")
    number: int
    name: str
    state: str = "waiting"  # waiting · working · sharing · uploaded · failed · dropped
    slack_file: str = ""
    again: bool = False  # one that may have arrived is sent again, and says so
    attempts: int = 0
    owner: str = ""
    next_attempt_at: datetime = _moment(nullable=False)  # wall time; while working, the end of the lease
    error: str = ""
    sha256: str = ""
    size: int = 0
    uploaded_at: datetime | None = _moment()


class LiveCapability(SQLModel, table=True):
    """A capability seen in live use: when first, and by whom we know; told once if it was not approved."""

    __tablename__ = "live_capability"
    __table_args__: ClassVar[Any] = (UniqueConstraint("program_id", "capability"),)
    id: int = _id()
    team: str
    program_id: int = _ref("program")
    capability: str
    source: str
    at: datetime = _moment(nullable=False)
    told_at: datetime | None = _moment()
