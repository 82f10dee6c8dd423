"""Stripe's signatures: who signed these bytes, and what is the likely cause when nobody of ours did.

Source: https://docs.stripe.com/webhooks#verify-manually. Stripe's library lets a signature of the far future
pass; here 300 seconds count both ways.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TOLERANCE_SECONDS: Final = 300
_LONGEST_HEADER: Final = 4096  # Stripe signs once per active secret, each about 70 characters
_STAMP: Final = re.compile(r"[0-9]{1,12}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class SignatureError(Exception):
    """These bytes are refused; the text is the likely cause, for the log: it holds nothing that was sent."""


def sign(body: bytes, secret: str, stamp: int) -> str:
    """Return the `Stripe-Signature` header for these bytes, signed at that moment (Unix seconds)."""
    return f"t={stamp},v1={_mac(body, secret, str(stamp))}"


def signer(body: bytes, header: str, secrets: Sequence[str], wall: float) -> int:
    """Return the place in `secrets` of the one that signed these bytes.

    Args:
        body: the bytes as they came.
        header: `Stripe-Signature`.
        secrets: signing secrets (`whsec_…`).
        wall: Unix seconds of the machine's clock.

    Raises:
        SignatureError: none of them did, or too long ago, or in the future.
    """
    if not header:
        raise SignatureError("there is no Stripe-Signature header: this is not Stripe, or a proxy removed it")
    stamp, given = _parts(header)
    for place, secret in enumerate(secrets):
        expected = _mac(body, secret, stamp)
        if any(hmac.compare_digest(expected, one) for one in given):
            _in_time(int(stamp), wall)
            return place
    if not secrets:
        raise SignatureError("no signing secret is set for this endpoint")
    raise SignatureError(_cause(body))


def _mac(body: bytes, secret: str, stamp: str) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _parts(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=") for part in header[:_LONGEST_HEADER].split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    given = [value for name, _, value in pairs if name == "v1" and _HEX.fullmatch(value)]
    if len(stamps) != 1 or not _STAMP.fullmatch(stamps[0]) or not given:
        raise SignatureError("the Stripe-Signature header is not of the form t=…,v1=…")
    return stamps[0], given


def _in_time(stamp: int, wall: float) -> None:
    late = wall - stamp
    if late > TOLERANCE_SECONDS:
        raise SignatureError(
            f"it was signed {late:.0f} seconds ago: this machine's clock is ahead, or somebody sends an old "
            "request again"
        )
    if late < -TOLERANCE_SECONDS:
        raise SignatureError(
            f"it was signed {-late:.0f} seconds in the future: this machine's clock is behind"
        )


def _cause(body: bytes) -> str:
    """Stripe writes its JSON over several lines; what was read and written again rarely is."""
    if body[:1] == b"{" and body[1:2] not in (b"\n", b"\r"):
        return (
            "no secret fits, and the body does not look as Stripe writes it: a proxy or framework in between "
            "has probably parsed it; it must pass on the bytes as they came"
        )
    return (
        "no secret fits: it was probably signed with the secret of another endpoint, or of the other mode "
        "(test and live have their own)"
    )
