"""The tables of reminders and of what people choose; the rules of `storage.tables` hold here too."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables import _id, _moment, _ref
from storage.types import BigId


class Reminder(SQLModel, table=True):
    """One rung of a ladder was reached for one reader: it was said, or it was missed and is listed later.

    `due` is the moment the ladder named, not the one at which somebody looked. `slot` makes it once, whatever
    happens to zones and quiet hours meanwhile: the reader's day of a list, the due date of a line in a
    thread, the Monday of a digest, the moment of an emergency.
    """

    __table_args__: ClassVar[Any] = (
        UniqueConstraint("team", "subject", "subject_id", "reader", "slot"),
        Index("ix_reminder_at", "at"),
    )
    id: int = _id()
    team: str
    subject: str  # step · duty · look_again · digest
    subject_id: int = Field(sa_column=Column(BigId, nullable=False))
    rung: str
    due: datetime = _moment(nullable=False)
    reader: str  # a Slack user id, `thread`, or `role:` and a role
    slot: str
    state: str = "said"  # said · missed
    message_id: int | None = _ref("outbox_message", nullable=True, index=False)
    at: datetime = _moment(nullable=False)


class Snooze(SQLModel, table=True):
    """Somebody does not want to hear of a thing before a day; the newest row of a subject counts.

    It ends with the deadline, and with its owner: a next round and a next owner hear as usual.
    """

    __table_args__: ClassVar[Any] = (Index("ix_snooze_subject", "subject", "subject_id"),)
    id: int = _id()
    team: str
    subject: str
    subject_id: int = Field(sa_column=Column(BigId, nullable=False))
    deadline_id: int = Field(sa_column=Column(BigId, nullable=False))
    owner: str
    until: date  # the first day on which it is said again
    by: str
    at: datetime = _moment(nullable=False)
    state: str = "asleep"  # asleep · canceled


class Preference(SQLModel, table=True):
    """What somebody chose on their Home: language, when not to be written to, the weekly digest.

    Times are `HH:MM` in their own zone; the daily list comes when the quiet hours end.
    """

    team: str = Field(primary_key=True)
    user: str = Field(primary_key=True)
    language: str = ""  # en · fr; empty: as Slack says
    quiet_from: str = "18:00"
    quiet_to: str = "09:00"
    digest: bool = True
    at: datetime = _moment(nullable=False)
