"""Requests as Stripe sends them to the real-time endpoint, in a shape of our own making."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "whsec_authorizing"
AT = 1764072000  # 2025-11-25 12:00:00 UTC, a Tuesday


def event(
    name: str = "1", *, at: int = AT, card: str = "ic_1", cardholder: str = "ich_1", **changes: Any
) -> dict[str, Any]:
    """An event `issuing_authorization.request`; `changes` replace fields of the authorization.

    `pending`, `verification`, `merchant` and `card_fields` change single fields of those objects.
    """
    pending = {
        "amount": 700,
        "amount_details": {"atm_fee": None, "cashback_amount": None},
        "currency": "usd",
        "is_amount_controllable": False,
        "merchant_amount": 700,
        "merchant_currency": "usd",
        "network_risk_score": None,
        **changes.pop("pending", {}),
    }
    verification = {
        "address_line1_check": "not_provided",
        "address_postal_code_check": "match",
        "authentication_exemption": None,
        "cvc_check": "match",
        "expiry_check": "match",
        "postal_code": None,
        "three_d_secure": None,
        **changes.pop("verification", {}),
    }
    merchant = {
        "category": "book_stores",
        "category_code": "5942",
        "city": "Lyon",
        "country": "FR",
        "name": "Les mots passants",
        "network_id": "9900112233",
        "postal_code": "69002",
        "state": None,
        "terminal_id": None,
        "url": None,
        "tax_id": None,
        **changes.pop("merchant", {}),
    }
    whose = {
        "id": card,
        "object": "issuing.card",
        "brand": "Visa",
        "cardholder": {"id": cardholder, "object": "issuing.cardholder", "status": "active"},
        "currency": "usd",
        "last4": "0077",
        "metadata": {},
        "status": "active",
        "type": "virtual",
        **changes.pop("card_fields", {}),
    }
    found = {
        "id": f"iauth_{name}",
        "object": "issuing.authorization",
        "amount": 0,
        "approved": False,
        "authorization_method": "online",
        "card": whose,
        "cardholder": cardholder,
        "card_presence": "not_present",
        "created": at,
        "currency": "usd",
        "livemode": False,
        "merchant_data": merchant,
        "metadata": {},
        "pending_request": pending,
        "request_history": [],
        "status": "pending",
        "token": None,
        "transactions": [],
        "verification_data": verification,
        "wallet": None,
        **changes,
    }
    return {
        "id": f"evt_{name}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": at,
        "data": {"object": found},
        "livemode": found["livemode"],
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "issuing_authorization.request",
    }


def body(made: dict[str, Any]) -> bytes:
    """The bytes Stripe sends: indented by two."""
    return json.dumps(made, indent=2).encode()


def signed(raw: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of a request with this body."""
    stamp = int(time.time() if at is None else at)
    proof = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={stamp},v1={proof}", "content-type": "application/json"}
