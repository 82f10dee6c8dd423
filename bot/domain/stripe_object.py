"""Stripe's objects as rows: which fields are kept, and what an unusual value becomes.

Stripe's lists of values are open (a new status may come any day), so every text is kept as it is. What is
missing or of another type becomes empty: an event is never refused for a field that we do not need.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

Columns = dict[str, Any]
Object = Mapping[str, Any]
_LONGEST: Final = 500
_MOST: Final = 2**63 - 1
_LATEST: Final = 4_102_444_800  # the year 2100


def card(found: Object) -> Columns:
    """Return the columns of a card."""
    wallets = _dict(found, "wallets")
    return {
        "cardholder": reference(found.get("cardholder")),
        "type": _text(found, "type"),
        "status": _text(found, "status"),
        "currency": _text(found, "currency"),
        "brand": _text(found, "brand"),
        "last4": _text(found, "last4"),
        "exp_month": _number(found, "exp_month") or None,
        "exp_year": _number(found, "exp_year") or None,
        "cancellation_reason": _text(found, "cancellation_reason"),
        "replacement_for": reference(found.get("replacement_for")),
        "replaced_by": reference(found.get("replaced_by")),
        "fraud_warning": _text(_dict(found, "latest_fraud_warning"), "type"),
        "shipping_status": _text(_dict(found, "shipping"), "status"),
        "shipping_service": _text(_dict(found, "shipping"), "service"),
        "apple_pay": _wallet(_dict(wallets, "apple_pay")),
        "google_pay": _wallet(_dict(wallets, "google_pay")),
        "created_at": moment(found.get("created")),
    }


FIXED_OF_CARD: Final = (
    "cardholder",
    "type",
    "currency",
    "brand",
    "last4",
    "exp_month",
    "exp_year",
    "created_at",
)
"""What never changes: the only fields taken from a card inside another object, whose age is unknown."""


def cardholder(found: Object) -> Columns:
    """Return the columns of a cardholder."""
    return {
        "name": _text(found, "name") or None,
        "email": _text(found, "email").lower() or None,
        "address": address(_dict(_dict(found, "billing"), "address")),
        "type": _text(found, "type"),
        "status": _text(found, "status"),
        "disabled_reason": _text(_dict(found, "requirements"), "disabled_reason"),
        "created_at": moment(found.get("created")),
    }


def authorization(found: Object) -> Columns:
    """Return the columns of an authorization."""
    history = found.get("request_history")
    entries = [one for one in history if isinstance(one, dict)] if isinstance(history, list) else []
    newest = max(entries, key=lambda one: _number(one, "created"), default={})
    holder = found.get("card")
    cardholder_of_card = holder.get("cardholder") if isinstance(holder, dict) else None
    return {
        "card": reference(holder),
        "cardholder": reference(found.get("cardholder")) or reference(cardholder_of_card),
        "status": _text(found, "status"),
        "approved": found.get("approved") is True,
        "reason": _text(newest, "reason"),
        "entries": len(entries),
        "amount": _number(found, "amount"),
        "currency": _text(found, "currency"),
        "merchant_amount": _number(found, "merchant_amount"),
        "merchant_currency": _text(found, "merchant_currency"),
        **_merchant(found),
        "method": _text(found, "authorization_method"),
        "three_d_secure": _text(_dict(_dict(found, "verification_data"), "three_d_secure"), "result"),
        "wallet": _text(found, "wallet"),
        "token": reference(found.get("token")),
        "created_at": moment(found.get("created")),
    }


def transaction(found: Object) -> Columns:
    """Return the columns of a transaction."""
    return {
        "type": _text(found, "type"),
        "authorization": reference(found.get("authorization")),
        "card": reference(found.get("card")),
        "cardholder": reference(found.get("cardholder")),
        "amount": _number(found, "amount"),
        "currency": _text(found, "currency"),
        "merchant_amount": _number(found, "merchant_amount"),
        "merchant_currency": _text(found, "merchant_currency"),
        **_merchant(found),
        "wallet": _text(found, "wallet"),
        "token": reference(found.get("token")),
        "received_debit": reference(_dict(found, "treasury").get("received_debit")),
        "dispute": reference(found.get("dispute")),
        "created_at": moment(found.get("created")),
    }


def token(found: Object) -> Columns:
    """Return the columns of a token."""
    return {
        "card": reference(found.get("card")),
        "status": _text(found, "status"),
        "network": _text(found, "network"),
        "wallet_provider": _text(found, "wallet_provider"),
        "last4": _text(found, "last4"),
        "created_at": moment(found.get("created")),
    }


def dispute(found: Object) -> Columns:
    """Return the columns of a dispute."""
    return {
        "transaction": reference(found.get("transaction")),
        "amount": _number(found, "amount"),
        "currency": _text(found, "currency"),
        "reason": _text(_dict(found, "evidence"), "reason"),
        "status": _text(found, "status"),
        "loss_reason": _text(found, "loss_reason"),
        "created_at": moment(found.get("created")),
    }


def moves(found: Object) -> list[Columns]:
    """Return the balance transactions that a dispute carries: id, signed amount, currency, Unix seconds.

    Stripe may leave them out, or give their ids only: then there are none.
    """
    listed = found.get("balance_transactions")
    whole = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [
        {
            "id": _text(one, "id"),
            "amount": _number(one, "amount"),
            "currency": _text(one, "currency"),
            "at": _number(one, "created"),
        }
        for one in whole
        if _text(one, "id") and _number(one, "amount")
    ]


def capability(found: Object) -> Columns:
    """Return the columns of a capability."""
    return {
        "status": _text(found, "status"),
        "disabled_reason": _text(_dict(found, "requirements"), "disabled_reason"),
    }


def personalization_design(found: Object) -> Columns:
    """Return the columns of a personalization design: how it stands, and why it was rejected if it was.

    Source: https://docs.stripe.com/api/issuing/personalization_designs/object
    """
    refused = _dict(found, "rejection_reasons")
    given = set[str]()
    for part in ("card_logo", "carrier_text"):
        why = refused.get(part)
        given |= (
            {f"{part}:{clean(one)}" for one in why if isinstance(one, str)}
            if isinstance(why, list)
            else set()
        )
    return {"status": _text(found, "status"), "reasons": ",".join(sorted(given))[:_LONGEST]}


def receipt(found: Object) -> bool:
    """Tell whether a movement of money has a regulatory receipt. Its address is not for keeping.

    Source: https://docs.stripe.com/treasury/moving-money/regulatory-receipts
    """
    return bool(_text(found, "hosted_regulatory_receipt_url"))


def application_complete(found: Object) -> bool:
    """Tell whether a capability was requested and Stripe waits for nothing from the account."""
    wanted = _dict(found, "requirements")
    missing = [name for name in ("currently_due", "past_due") if wanted.get(name)]
    return found.get("requested") is True and not missing


ADDRESS: Final = ("line1", "line2", "city", "state", "postal_code", "country")
"""The parts of an address, in Stripe's words."""


def address(found: Object) -> str | None:
    """Return an address as JSON text, or None when Stripe has none."""
    kept = address_parts(found)
    return json.dumps(kept, sort_keys=True, ensure_ascii=False) if kept else None


def address_parts(found: object) -> dict[str, str]:
    """Return what an address says, by Stripe's words; nothing where it is none."""
    known = found if isinstance(found, dict) else {}
    return {name: _text(known, name) for name in ADDRESS if _text(known, name)}


def design(found: Object) -> str:
    """Return the id of a card's personalization design."""
    return reference(found.get("personalization_design"))


def metadata(found: Object) -> dict[str, str]:
    """Return the metadata of an object."""
    return {clean(str(key)): clean(str(value)) for key, value in _dict(found, "metadata").items()}


def reference(value: object) -> str:
    """Return the id of another object, which Stripe gives as the id or, expanded, as the object."""
    return _text(value, "id") if isinstance(value, dict) else clean(value) if isinstance(value, str) else ""


def moment(value: object) -> datetime | None:
    """Return a moment given in Unix seconds, in UTC."""
    if type(value) is not int or not 0 <= value < _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def clean(text: str) -> str:
    """Return a text that both databases keep: no NUL, no half of a surrogate pair, no novel."""
    return text[:_LONGEST].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


Map = Callable[[Object], Columns]


def _merchant(found: Object) -> Columns:
    merchant = _dict(found, "merchant_data")
    return {
        "merchant_id": _text(merchant, "network_id"),
        "merchant_name": _text(merchant, "name") or None,
        "merchant_category": _text(merchant, "category"),
        "merchant_country": _text(merchant, "country"),
    }


def _wallet(found: Object) -> str:
    return "eligible" if found.get("eligible") is True else _text(found, "ineligible_reason")


def _text(found: Object, name: str) -> str:
    value = found.get(name)
    return clean(value) if isinstance(value, str) else ""


def _number(found: Object, name: str) -> int:
    value = found.get(name)
    return value if type(value) is int and abs(value) <= _MOST else 0


def _dict(found: Object, name: str) -> Object:
    value = found.get(name)
    return value if isinstance(value, dict) else {}
