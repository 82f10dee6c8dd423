"""The tables of what Stripe shows of the way to a launch; the rules of `storage.tables` hold here too."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables import _id, _moment, _ref, _sealed


class StripeDesign(SQLModel, table=True):
    """A personalization design of physical cards as Stripe last described it.

    `reasons` are those of a rejection, as `card_logo:…` and `carrier_text:…`, separated by commas.
    """

    __tablename__ = "stripe_design"
    id: str = Field(primary_key=True)  # ics_…
    platform: str = ""
    account: str = Field(default="", index=True)
    livemode: bool
    status: str = ""  # active · inactive · rejected · review
    reasons: str = ""
    metadata_text: str | None = _sealed()  # JSON
    event_at: datetime | None = _moment()


class TreasuryReceipt(SQLModel, table=True):
    """The first live movement of money of a programme that has a regulatory receipt; never its address.

    The address of a receipt changes and lives 60 days: whoever wants it asks Stripe for it.
    """

    __tablename__ = "treasury_receipt"
    __table_args__: ClassVar[Any] = (UniqueConstraint("program_id"),)
    id: int = _id()
    program_id: int = _ref("program", index=False)
    object_id: str
    kind: str  # treasury.received_credit · …
    account: str = ""
    at: datetime = _moment(nullable=False)  # when Stripe made its event


class CardShipping(SQLModel, table=True):
    """A physical card on its way before the launch of its programme, and what people were told of it.

    The new card for a lost one is no row of these: the thread of the lost card follows it.
    """

    __tablename__ = "card_shipping"
    __table_args__: ClassVar[Any] = (UniqueConstraint("card"),)
    id: int = _id()
    team: str
    program_id: int = _ref("program")
    card: str  # ic_…
    told: str = ""  # a stage of `bot.domain.lost_card.STAGES`
    at: datetime = _moment(nullable=False)
