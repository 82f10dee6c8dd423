"""What an event of Stripe's looks like, as far as Gantry reads it, and which types it handles."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

HANDLED: Final = (
    "issuing_card.created",
    "issuing_card.updated",
    "issuing_cardholder.created",
    "issuing_cardholder.updated",
    "issuing_authorization.created",
    "issuing_authorization.updated",
    "issuing_transaction.created",
    "issuing_transaction.updated",
    "issuing_transaction.purchase_details_receipt_updated",
    "issuing_dispute.created",
    "issuing_dispute.updated",
    "issuing_dispute.submitted",
    "issuing_dispute.funds_reinstated",
    "issuing_dispute.funds_rescinded",
    "issuing_dispute.closed",
    "issuing_token.created",
    "issuing_token.updated",
    "capability.updated",
    "issuing_personalization_design.activated",
    "issuing_personalization_design.rejected",
)
"""Every type that is found again when delivery lost it; at most 20, so that Stripe lists them in one call."""

HEARD: Final = (
    *HANDLED,
    "issuing_personalization_design.deactivated",
    "issuing_personalization_design.updated",
    *(
        f"treasury.{kind}"
        for kind in (
            "credit_reversal.created",
            "credit_reversal.posted",
            "debit_reversal.created",
            "debit_reversal.completed",
            "inbound_transfer.created",
            "inbound_transfer.succeeded",
            "outbound_payment.created",
            "outbound_payment.posted",
            "outbound_transfer.created",
            "outbound_transfer.posted",
            "received_credit.created",
            "received_credit.succeeded",
            "received_debit.created",
        )
    ),
)
"""Every type with an effect; others are only recorded. What `HANDLED` lacks is said again by the next one."""

_EVENT: Final = re.compile(r"evt_[A-Za-z0-9_]{1,200}")
_TYPE: Final = re.compile(r"[a-z0-9_]{1,80}(\.[a-z0-9_]{1,80}){1,6}")
_ACCOUNT: Final = re.compile(r"acct_[A-Za-z0-9]{1,80}")
_OBJECT: Final = re.compile(r"[A-Za-z0-9_]{1,200}")
_LATEST: Final = 4_102_444_800  # the year 2100


class EventError(Exception):
    """This is no event; the text says why, for the log: it holds nothing that was sent."""


class ThinEventError(EventError):
    """A thin event: it holds ids only."""


@dataclass(frozen=True)
class Event:
    """One event: whose, what kind, about which object, made when (UTC, whole seconds)."""

    id: str
    type: str
    account: str
    livemode: bool
    made_at: datetime
    object: dict[str, Any]

    @property
    def object_id(self) -> str:
        """The id of its object; `''` when it has none."""
        found = self.object.get("id")
        return found if isinstance(found, str) and _OBJECT.fullmatch(found) else ""


def read(body: bytes | str) -> Event:
    """Return the event in these bytes, whose signature was checked before.

    Raises:
        ThinEventError: it is a thin event.
        EventError: it is not of the shape that Stripe documents for an event.
    """
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise EventError(f"the body is not JSON ({type(error).__name__})") from None
    return event_of(found)


def event_of(found: object) -> Event:
    """Return the event in a JSON value; raises as `read`."""
    if not isinstance(found, dict):
        raise EventError("the body is not a JSON object")
    if found.get("object") == "v2.core.event":
        raise ThinEventError(
            "this is a thin event: in Workbench give the destination the payload style Snapshot"
        )
    if found.get("object") != "event":
        raise EventError("the object is no event")
    data, made, account = found.get("data"), found.get("created"), found.get("account")
    checks = {
        "id": _matches(_EVENT, found.get("id")),
        "type": _matches(_TYPE, found.get("type")),
        "livemode": isinstance(found.get("livemode"), bool),
        "created": type(made) is int and 0 < made < _LATEST,
        "account": account is None or _matches(_ACCOUNT, account),
        "data.object": isinstance(data, dict) and isinstance(data.get("object"), dict),
    }
    wrong = [name for name, right in checks.items() if not right]
    if wrong:
        raise EventError(f"these fields are not what Stripe documents: {', '.join(wrong)}")
    return Event(
        id=found["id"],
        type=found["type"],
        account=account or "",
        livemode=found["livemode"],
        made_at=datetime.fromtimestamp(found["created"], UTC),
        object=found["data"]["object"],
    )


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
