"""The tables of what people hear of cards, and of policies that somebody proposed; as `storage.tables`."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables import _id, _moment, _ref


class CardException(SQLModel, table=True):
    """Something about a card that people may have to hear: recorded with its event, looked at by the worker.

    Most are counted and never said. `subject` is an entry of an authorization (iauth_… and when), or what is
    warned of.
    """

    __tablename__ = "card_exception"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("kind", "subject"),
        Index("ix_card_exception_state", "state", "id"),
        Index("ix_card_exception_card", "card", "settled_at"),
        Index("ix_card_exception_program", "program", "happened_at"),
    )
    id: int = _id()
    card: str
    authorization: str = ""
    kind: str  # declined · webhook_timeout · webhook_error · fraud_warning · watched
    subject: str
    reason: str = ""  # of the entry of request_history, or the type of a warning
    why: str = ""  # the rule of our answer, else `reason`: filled when it is looked at
    happened_at: datetime = _moment(nullable=False)
    program: str = ""  # P-7, as it was when it was looked at
    state: str = "waiting"  # waiting · told · over (the budget of the day) · listed · quiet
    opened: bool = False  # it opened the thread of its card
    settled_at: datetime | None = _moment()


class CardWatch(SQLModel, table=True):
    """A card whose every use is told in its thread until a moment."""

    __tablename__ = "card_watch"
    card: str = Field(primary_key=True)
    team: str
    until: datetime = _moment(nullable=False)
    by: str
    at: datetime = _moment(nullable=False)


class PolicyDraft(SQLModel, table=True):
    """A text that somebody proposed as policy: it waits for what its replay shows, and for a click."""

    __tablename__ = "policy_draft"
    id: int = _id()
    team: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    sha256: str
    days: int  # how far back the replay reaches
    language: str
    state: str = "waiting"  # waiting · shown · loaded · dropped
    by: str
    at: datetime = _moment(nullable=False)


class StepSignal(SQLModel, table=True):
    """Something that Stripe showed of a programme's work: told once, with what Gantry did about it.

    `name` is one of `bot.domain.signal.SIGNALS`; what can come again has behind it, after a colon, which one.
    """

    __tablename__ = "step_signal"
    __table_args__: ClassVar[Any] = (UniqueConstraint("program_id", "name"),)
    id: int = _id()
    team: str
    program_id: int = _ref("program")
    name: str
    step: str
    source: str  # the object that shows it: ic_…, ipi_…, iauth_…, idp_…, ics_…, acct_…
    event: str = ""  # evt_…: the proof, where the inbox has one
    act: str = "propose"  # of `bot.domain.signal.ACTS`
    at: datetime = _moment(nullable=False)
