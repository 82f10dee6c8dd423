"""The tables of disputes of Issuing transactions; the rules of `storage.tables` hold here too."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables import _id, _json, _moment, _ref, _sealed


def _amount() -> Any:  # noqa: ANN401 - sqlmodel's Field has no narrower type
    return Field(default=0, sa_column=Column(BigInteger, nullable=False))


class Dispute(SQLModel, table=True):
    """A dispute as people work on it: one for each transaction, whoever opened it.

    `wanted` counts the changes of the draft, `sent` is the one in the newest call to Stripe, `kept` the one
    that Stripe has. `call` is the open call, 0 for none: the next is put when it has a result. `error` is why
    Stripe refused the newest one. Amounts are in minor units of `currency`. The row of the same dispute as
    Stripe describes it is `stripe_dispute`, under `stripe`.
    """

    __table_args__: ClassVar[Any] = (UniqueConstraint("team", "ref"), UniqueConstraint("transaction"))
    id: int = _id()
    team: str
    ref: str
    transaction: str  # ipi_…
    platform: str = ""
    account: str = ""
    livemode: bool
    card: str = Field(default="", index=True)
    language: str
    amount: int = _amount()
    currency: str = ""
    reason: str = ""  # Stripe's name
    reason_at_stripe: str = ""
    fields: str | None = _sealed()  # what was typed, by field, as JSON
    from_account: bool = False  # the connected account raised it
    state: str = Field(default="draft", index=True)
    # draft · asked · submitting · submitted · won · lost · expired · dropped
    by: str = ""  # '' where Stripe told of it
    opened_at: datetime = _moment(nullable=False)
    due_on: date | None = None  # the last day to submit, by the network or by Stripe
    stripe: str = Field(default="", index=True)  # idp_…
    wanted: int = 0
    sent: int = 0
    kept: int = 0
    call: int = _amount()
    error: str = ""
    error_param: str = ""
    error_request: str = ""
    asked_by: str = ""
    asked_at: datetime | None = _moment()
    second: str = ""  # who submitted it
    alone: str = ""  # why one person was enough: one_developer · connected · last_days
    alone_reason: str | None = _sealed()
    submitted_at: datetime | None = _moment()
    closed_at: datetime | None = _moment()
    loss_reason: str = ""
    reinstated: bool = False  # said that funds came
    rescinded: bool = False  # said that funds were taken back
    funds: list[dict[str, Any]] = _json(list)  # what was said: id, what, amount, currency, check
    task: str = ""  # reimburse · review
    task_state: str = ""  # open · done
    task_by: str = ""
    task_at: datetime | None = _moment()
    task_note: str | None = _sealed()


class DisputePaper(SQLModel, table=True):
    """The files given for one field of a dispute, and the one file made of them: Stripe takes one per field.

    `given` lists Slack's files in the order in which they were given. `version` counts what was added or
    removed, so that a paper made of fewer files than there are by then is not kept.
    """

    __tablename__ = "dispute_paper"
    __table_args__: ClassVar[Any] = (UniqueConstraint("dispute_id", "field"),)
    id: int = _id()
    team: str
    dispute_id: int = _ref("dispute")
    field: str
    given: str | None = _sealed()  # JSON: [{"id", "name", "link"}]
    version: int = 1
    state: str = "waiting"  # waiting · made · failed · empty
    attempts: int = 0
    next_attempt_at: datetime = _moment(nullable=False, index=True)  # wall time
    error: str = ""
    error_name: str | None = _sealed()  # of the file at fault
    place: str = ""  # below FILES_URL
    sha256: str = ""
    size: int = 0
    mimetype: str = ""
    stripe: str = ""  # file_…
    by: str = ""
    at: datetime = _moment(nullable=False)
