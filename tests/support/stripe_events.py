"""Events as Stripe writes them, of a shape of our own, and their signatures."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime
from typing import Any

SECRET = "whsec_ours"
OTHER_SECRET = "whsec_realtime"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
FRAUD: dict[str, Any] = {
    "evidence": {"reason": "fraudulent", "fraudulent": {"explanation": "I never bought this."}}
}
"""What a dispute made elsewhere says."""
_numbers = itertools.count(1)


def event(
    kind: str, about: dict[str, Any], *, at: int = STAMP, number: str = "", **more: Any
) -> dict[str, Any]:
    """A snapshot event."""
    return {
        "id": f"evt_{number or next(_numbers)}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": at,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        **more,
    }


def written(value: Any) -> bytes:
    """JSON as Stripe writes it: over several lines."""
    return json.dumps(value, indent=2).encode()


def signed(body: bytes, *, secret: str = SECRET, stamp: int = STAMP) -> str:
    """The header for these bytes, made here and not with the code under test."""
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mac},v0={'0' * 64}"
