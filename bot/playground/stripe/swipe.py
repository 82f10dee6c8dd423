"""A card is used: what Stripe asks Gantry's real-time endpoint, and what Stripe makes of the answer."""

from __future__ import annotations

import copy
import re
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from bot.playground.stripe import acts
from bot.playground.stripe.errors import StripeProblem
from bot.playground.stripe.vault import VERSION

if TYPE_CHECKING:
    from bot.playground.stripe.vault import Json, Vault, Whose

METHODS: Final = ("online", "chip")
CODES: Final = {
    "taxicabs_limousines": "4121",
    "book_stores": "5942",
    "grocery_stores_supermarkets": "5411",
    "eating_places_restaurants": "5812",
    "computer_software_stores": "5734",
    "hotels_motels_and_resorts": "7011",
    "service_stations": "5541",
    "betting_casino_gambling": "7995",
    "quasi_cash_merchant": "6051",
}
"""Merchant categories of the page, with their codes."""


@dataclass(frozen=True)
class Purchase:
    """What somebody buys: a card's id, minor units of its currency, and where."""

    card: str
    amount: int
    merchant: str = "Rocket Rides"
    category: str = "taxicabs_limousines"
    country: str = "US"
    method: str = "online"

    def __post_init__(self) -> None:
        """Refuse what no merchant could ask.

        Raises:
            StripeProblem: with the parameter that is wrong.
        """
        for name, right in {
            "amount": 0 < self.amount < 100_000_000,  # noqa: PLR2004 - a million dollars
            "merchant": 0 < len(self.merchant.strip()) <= 80,  # noqa: PLR2004 - as long as the page shows
            "category": self.category in CODES,
            "country": re.fullmatch(r"[A-Z]{2}", self.country),
            "method": self.method in METHODS,
        }.items():
            if not right:
                raise StripeProblem(f"Invalid {name}.", param=name)

    @property
    def merchant_data(self) -> Json:
        """The merchant as Stripe describes it; its id follows from its name."""
        return {
            "category": self.category,
            "category_code": CODES[self.category],
            "city": None,
            "country": self.country,
            "name": self.merchant.strip(),
            "network_id": f"{zlib.crc32(self.merchant.strip().casefold().encode()):010d}",
            "postal_code": None,
            "state": None,
            "terminal_id": None,
            "url": None,
        }


@dataclass(frozen=True)
class Answer:
    """What came back: the status (0 without an answer in time), the JSON, the milliseconds it took."""

    status: int
    told: Any = None
    ms: int = 0

    @property
    def reason(self) -> str:
        """Why the request ended as it did, in the words of request_history."""
        if not self.status:
            return "webhook_timeout"
        if self.status != HTTPStatus.OK or not isinstance(self.told, dict):
            return "webhook_error"
        if type(self.told.get("approved")) is not bool:
            return "webhook_error"
        return "webhook_approved" if self.told["approved"] else "webhook_declined"


def ask(vault: Vault, whose: Whose, bought: Purchase) -> tuple[Json, Json]:
    """Return a new authorization and the event that asks about it; nothing is kept yet."""
    with vault.lock:
        used = vault.get(whose, acts.CARD, bought.card)
        now = int(vault.now())
        online = bought.method == "online"
        found = {
            "id": vault.new_id("iauth"),
            "object": acts.AUTHORIZATION,
            "amount": 0,
            "approved": False,
            "authorization_method": bought.method,
            "card": copy.deepcopy(used),
            "card_presence": "not_present" if online else "present",
            "cardholder": used["cardholder"]["id"],
            "created": now,
            "currency": used["currency"],
            "livemode": whose.livemode,
            "merchant_amount": bought.amount,
            "merchant_currency": used["currency"],
            "merchant_data": bought.merchant_data,
            "metadata": {},
            "pending_request": {
                "amount": bought.amount,
                "amount_details": {"atm_fee": None, "cashback_amount": None},
                "currency": used["currency"],
                "is_amount_controllable": False,
                "merchant_amount": bought.amount,
                "merchant_currency": used["currency"],
                "network_risk_score": None,
            },
            "request_history": [],
            "status": "pending",
            "token": None,
            "transactions": [],
            "verification_data": {
                "address_line1_check": "not_provided",
                "address_postal_code_check": "match" if online else "not_provided",
                "authentication_exemption": None,
                "cvc_check": "match" if online else "not_provided",
                "expiry_check": "match",
                "postal_code": None,
                "three_d_secure": {"result": "authenticated"} if online else None,
            },
            "wallet": None,
        }
        event = {
            "id": vault.new_id("evt"),
            "object": "event",
            "api_version": VERSION,
            "created": now,
            "data": {"object": copy.deepcopy(found)},
            "livemode": whose.livemode,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": "issuing_authorization.request",
        }
        if whose.account:
            event["account"] = whose.account
        return found, event


def refusal(used: Json) -> str:
    """Return why Stripe declines a card's purchase without asking anybody; empty when it asks."""
    if used["status"] != "active":
        return f"card_{used['status']}"
    if used["cardholder"]["status"] != "active":
        return f"cardholder_{used['cardholder']['status']}"
    return ""


def settle(vault: Vault, whose: Whose, found: Json, answer: Answer | None, reason: str = "") -> Json:
    """Keep an authorization with its answer, and say so; without one Stripe declined by itself."""
    with vault.lock:
        asked = found["pending_request"]
        if answer is not None:
            reason = answer.reason
        approved = reason == "webhook_approved"
        told = answer.told if answer is not None and isinstance(answer.told, dict) else {}
        metadata = told.get("metadata")
        entry = {
            "amount": asked["amount"],
            "approved": approved,
            "created": int(vault.now()),
            "currency": found["currency"],
            "reason": reason,
            "reason_message": None if reason != "webhook_error" else "The answer could not be read.",
        }
        found.update(
            amount=asked["amount"] if approved else 0,
            approved=approved,
            metadata=dict(metadata) if isinstance(metadata, dict) else {},
            pending_request=None,
            request_history=[entry],
            status="pending" if approved else "closed",
        )
        vault.put(whose, found)
        vault.tell(whose, "issuing_authorization.created", found)
        return found


def refund(vault: Vault, whose: Whose, authorization: str) -> Json:
    """The merchant gives back what was captured, once.

    Raises:
        StripeProblem: nothing was captured, or it was given back already.
    """
    with vault.lock:
        found = vault.get(whose, acts.AUTHORIZATION, authorization)
        paid = [vault.get(whose, acts.TRANSACTION, one) for one in found["transactions"]]
        if [one["type"] for one in paid] != ["capture"]:
            raise StripeProblem("There is no capture that could be given back.")
        back = vault.put(
            whose,
            {
                **copy.deepcopy(paid[0]),
                "id": vault.new_id("ipi"),
                "amount": -paid[0]["amount"],
                "created": int(vault.now()),
                "dispute": None,
                "merchant_amount": -paid[0]["merchant_amount"],
                "type": "refund",
            },
        )
        found["transactions"] = [paid[0]["id"], back["id"]]
        vault.tell(whose, "issuing_transaction.created", back)
        vault.tell(whose, "issuing_authorization.updated", found)
        return back
