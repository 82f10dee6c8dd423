"""The tables of lost cards, of the words by which cards are found, and of how far cards were read.

The rules of `storage.tables` hold here too.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKey, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables import _id, _json, _moment, _sealed
from storage.tables_stripe import _amount

WORD = String().with_variant(String(collation="C"), "postgresql")
"""Compared by its characters on both databases, so that the beginning of a word finds it by the index."""


class LostCard(SQLModel, table=True):
    """A report that a card is lost or stolen, and what became of it. A card has one open report at a time.

    `answered_at` is when its account had last asked us about an authorization, at the moment of the report:
    only then Gantry declines the card itself. `declined_at` is taken just before the commit from which on it
    does. Stripe's part follows: `stopped_at` (inactive or canceled there), `revoked_at` (canceled, for good).
    """

    __tablename__ = "lost_card"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("card", "round"),
        Index("ix_lost_card_team_reported_at", "team", "reported_at"),
        Index("ix_lost_card_new_card", "new_card"),
    )
    id: int = _id()
    team: str
    ref: str  # L-12
    card: str = Field(sa_column=Column(ForeignKey("card.id"), nullable=False))
    round: int = 1  # how often this card was reported
    state: str = "frozen"  # frozen · revoking · revoked · released
    kind: str = ""  # lost · stolen, once somebody said so
    was: str = ""  # status at Stripe before the report
    reported_by: str
    reported_at: datetime = _moment(nullable=False)
    declined_at: datetime = _moment(nullable=False)
    answered_at: datetime | None = _moment()
    stopped_at: datetime | None = _moment()
    revoked_by: str = ""
    revoke_asked_at: datetime | None = _moment()
    revoked_at: datetime | None = _moment()
    why: str | None = _sealed()  # typed by a member who revoked because nobody holds the role
    released_by: str = ""
    released_at: datetime | None = _moment()
    error: str = ""  # why Stripe has not done yet what it was asked; its code
    request: str = ""  # req_…
    response_url: str | None = _sealed()  # the private answer of who reported, as long as Slack knows it
    wanted: dict[str, Any] = _json(dict)  # the replacement as it was asked for: choices, no address
    ship_to: str | None = _sealed()  # another address, as JSON, until Stripe was asked
    replaced_by: str = ""  # the user who ordered the replacement
    replace_asked_at: datetime | None = _moment()
    new_card: str = ""  # ic_…
    new_state: str = ""  # what was last said of it: ordered · created · shipped · delivered · active · …


class LateCapture(SQLModel, table=True):
    """Money taken from a card after it was reported, and whether its holder knows of it."""

    __tablename__ = "late_capture"
    transaction: str = Field(primary_key=True)  # ipi_…
    case_id: int = Field(sa_column=Column(ForeignKey("lost_card.id"), nullable=False, index=True))
    message: int | None = _amount(nullable=True)  # the notice that asks
    answer: str = ""  # '' · yes · no
    by: str = ""
    at: datetime = _moment(nullable=False)


class HolderWord(SQLModel, table=True):
    """One word of a cardholder's name, or their e-mail address, in lower case: what people search by.

    It can be emptied, and is then filled again from what Stripe says; search by name does not work meanwhile.
    """

    __tablename__ = "holder_word"
    cardholder: str = Field(primary_key=True)  # ich_…
    word: str = Field(sa_column=Column(WORD, primary_key=True, index=True))


class CardSearch(SQLModel, table=True):
    """Somebody looks for a card that no row knows: Stripe is asked, and they are answered once.

    What was typed and where the answer goes are emptied with it.
    """

    __tablename__ = "card_search"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("team", "key"),
        Index("ix_card_search_due", "state", "next_attempt_at"),
    )
    id: int = _id()
    team: str
    key: str  # of the request
    person: str
    said: str | None = _sealed()
    language: str
    channel: str = ""
    reply_ts: str = ""
    response_url: str | None = _sealed()
    state: str = "waiting"  # waiting · answered
    attempts: int = 0
    next_attempt_at: datetime = _moment(nullable=False)  # wall time
    asked_at: datetime = _moment(nullable=False, index=True)


class StripeFill(SQLModel, table=True):
    """How far the accounts, cardholders and cards of one account in one mode were read at first start."""

    __tablename__ = "stripe_fill"
    platform: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    livemode: bool = Field(primary_key=True)
    stage: str = "accounts"  # accounts · cardholders · cards · done
    after: str = ""  # the object after which it goes on
    cardholders: int = 0
    cards: int = 0
    error: str = ""
    next_at: datetime = _moment(nullable=False)
    done_at: datetime | None = _moment()


class AuthorizationSeen(SQLModel, table=True):
    """When an account last asked us about an authorization in one mode; `mark` is the newest decision read.

    The row with the account `*` keeps only the mark: what is newer is looked up among the decisions. That of
    `*inputs` is the newest decision whose inputs were emptied.
    """

    __tablename__ = "authorization_seen"
    account: str = Field(primary_key=True)
    livemode: bool = Field(primary_key=True)
    at: datetime | None = _moment()
    mark: int = _amount()
