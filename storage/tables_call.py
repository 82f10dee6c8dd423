"""The tables of what we ask of Stripe, and of the threads of cards; as `storage.tables`."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables import _id, _json, _moment, _sealed


class StripeCall(SQLModel, table=True):
    """Something we ask Stripe to do: an intention, committed with its reason, until its result is known.

    Calls of one `stream` (a card, a dispute) are made in the order of `position`. `key` is the idempotency
    key: however often a call is tried, Stripe does it once. `answer` is the object that Stripe sent back.
    """

    __tablename__ = "stripe_call"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("stream", "position"),
        UniqueConstraint("key"),
        Index("ix_stripe_call_due", "state", "next_attempt_at"),
        Index("ix_stripe_call_subject", "subject"),
    )
    id: int = _id()
    team: str
    platform: str = ""
    account: str = ""
    livemode: bool
    act: str  # a name of `bot.services.call_result.FOLLOW`
    subject: str  # what it is about, for instance ic_…
    stream: str
    position: int
    method: str = "post"
    path: str
    params: str | None = _sealed()  # JSON
    files: list[dict[str, Any]] = _json(list)  # uploads that come first; see `bot.effects.stripe_call`
    creates: bool = (
        False  # Stripe makes something new: without the key, a second call would make a second one
    )
    key: str
    state: str = "open"  # open · done · refused · unsure
    attempts: int = 0
    next_attempt_at: datetime = _moment(nullable=False)  # wall time
    first_tried_at: datetime | None = _moment()  # wall time
    answer: str | None = _sealed()  # JSON
    error: str = ""  # Stripe's code; empty once it is done
    param: str = ""  # which parameter Stripe refused
    request: str = ""  # req_…, to quote to Stripe
    by: str = ""
    put_at: datetime = _moment(nullable=False)
    ended_at: datetime | None = _moment()


class CardBoard(SQLModel, table=True):
    """A card that has a thread in the operations channel, and since when: all that is said of it is there."""

    __tablename__ = "card_board"
    __table_args__: ClassVar[Any] = (UniqueConstraint("team", "card"),)
    id: int = _id()
    team: str
    card: str = Field(sa_column=Column(ForeignKey("card.id"), nullable=False))
    language: str
    opened_at: datetime = _moment(nullable=False)
