"""Stripe's signature of a request (https://docs.stripe.com/webhooks#verify-manually)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

TOLERANCE_SECONDS: Final = 300
HEADER: Final = b"stripe-signature"


def is_valid(header: bytes, body: bytes, secrets: Iterable[bytes], wall: float) -> bool:
    """Tell whether one of the secrets signed these very bytes, at most five minutes ago or ahead.

    Args:
        header: `t=…,v1=…`, with one `v1` for each active secret; other schemes are ignored.
        body: the bytes as they came.
        secrets: the endpoint's secrets, two during a rotation.
        wall: wall time in Unix seconds.
    """
    stamp = b""
    given = []
    for part in header.split(b","):
        name, _, value = part.strip().partition(b"=")
        if name == b"v1":
            given.append(value)
        elif name == b"t":
            stamp = value
    if not (given and stamp.isdigit() and len(stamp) < 12 and abs(wall - int(stamp)) <= TOLERANCE_SECONDS):  # noqa: PLR2004 - no moment has twelve digits
        return False
    signed = b"%b.%b" % (stamp, body)
    for secret in secrets:
        proof = hmac.digest(secret, signed, "sha256").hex().encode()
        for one in given:
            if hmac.compare_digest(proof, one):
                return True
    return False
