"""The body of `issuing_authorization.request`, read without making objects of what no rule reads.

Stripe sends 6 to 7 KB with the whole card and its cardholder; the rules read a tenth of it. A typed decoder
skips the rest (what that saves: docs/performance.md). Field names are Stripe's.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from bot.domain.authorization import KIND, Request, RequestError, check


class _Part(msgspec.Struct, gc=False):
    """A part of the body: what is missing has its default, what is not named here is skipped."""


class _Holder(_Part):
    id: str | None = None


class _Metadata(_Part):
    gantry_program: str | None = None


class _Card(_Part):
    id: str
    cardholder: _Holder | str | None = None
    metadata: _Metadata | None = None


class _Merchant(_Part):
    category: str | None = None
    category_code: str | None = None
    country: str | None = None
    network_id: str | None = None


class _Secure(_Part):
    result: str | None = None


class _Checks(_Part):
    cvc_check: str | None = None
    expiry_check: str | None = None
    address_postal_code_check: str | None = None
    address_line1_check: str | None = None
    three_d_secure: _Secure | None = None


class _Details(_Part):
    cashback_amount: int | None = None


class _Pending(_Part):
    amount: int
    currency: str
    amount_details: _Details | None = None
    is_amount_controllable: bool | None = None
    network_risk_score: int | None = None


class _Authorization(_Part):
    id: str
    created: int
    card: _Card
    pending_request: _Pending
    amount: int | None = None
    cardholder: _Holder | str | None = None
    merchant_data: _Merchant | None = None
    verification_data: _Checks | None = None
    request_history: list[msgspec.Raw] | None = None
    authorization_method: str | None = None
    card_presence: str | None = None
    wallet: str | None = None


class _Data(_Part):
    object: _Authorization


class _Event(_Part):
    id: str
    created: int
    livemode: bool
    data: _Data
    type: str
    account: str | None = None


class _Kind(_Part):
    type: str


_EVENT: Final = msgspec.json.Decoder(_Event)
_KIND: Final = msgspec.json.Decoder(_Kind)


def parse(body: bytes) -> Request | None:
    """Return the request in a signed body, or None for an event of another kind.

    Raises:
        RequestError: it is no JSON, or lacks something without which nothing can be decided.
    """
    try:
        event = _EVENT.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if _kind(body) in {KIND, None}:
            raise RequestError(f"{error}") from None
        return None
    return _request(event) if event.type == KIND else None


def read(event: dict[str, Any]) -> Request:
    """Return the request in an event that was parsed before. Raises RequestError, also for another kind."""
    request = parse(msgspec.json.encode(event))
    if request is None:
        raise RequestError(f"{event['type']} is no authorization request")
    return request


def _kind(body: bytes) -> str | None:
    try:
        return _KIND.decode(body).type
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


_NO_MERCHANT: Final = _Merchant()
_NO_CHECKS: Final = _Checks()


def _request(event: _Event) -> Request:
    found = event.data.object
    pending, card = found.pending_request, found.card
    merchant = found.merchant_data or _NO_MERCHANT
    checks = found.verification_data or _NO_CHECKS
    details, secure, metadata = pending.amount_details, checks.three_d_secure, card.metadata
    holder = found.cardholder or card.cardholder or ""
    added = pending.amount
    request = Request(
        event.id,
        found.id,
        len(found.request_history or ()),
        event.account or "",
        event.livemode,
        found.created,
        event.created,
        card.id,
        holder if isinstance(holder, str) else holder.id or "",
        (metadata.gantry_program if metadata is not None else None) or "",
        (found.amount or 0) + added if added >= 0 else -1,
        (details.cashback_amount if details is not None else None) or 0,
        pending.currency,
        pending.is_amount_controllable is True,
        merchant.category or "",
        merchant.category_code or "",
        merchant.country or "",
        merchant.network_id or "",
        found.authorization_method or "",
        found.card_presence or "",
        found.wallet or "",
        checks.cvc_check or "",
        checks.expiry_check or "",
        checks.address_postal_code_check or "",
        checks.address_line1_check or "",
        (secure.result if secure is not None else None) or "",
        pending.network_risk_score or 0,
    )
    check(request)
    return request
