"""What happens at Stripe: cards are made and used, money is captured, disputes are decided.

Each act changes an object and makes the events that Stripe makes. All take the vault's lock.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from bot.playground.stripe.errors import StripeProblem

if TYPE_CHECKING:
    from bot.playground.stripe.vault import Json, Vault, Whose

CARD, CARDHOLDER, AUTHORIZATION = "issuing.card", "issuing.cardholder", "issuing.authorization"
TRANSACTION, TOKEN = "issuing.transaction", "issuing.token"
EMPTY_CONTROLS: Final[dict[str, Any]] = {
    "allowed_categories": None,
    "blocked_categories": None,
    "spending_limits": [],
}


def cardholder(vault: Vault, whose: Whose, name: str, **more: Any) -> Json:  # noqa: ANN401 - fields of the object
    """A person or company gets a place to hang cards on."""
    with vault.lock:
        found = vault.put(
            whose,
            {
                "id": vault.new_id("ich"),
                "object": CARDHOLDER,
                "created": int(vault.now()),
                "livemode": whose.livemode,
                "metadata": {},
                "name": name,
                "requirements": {"disabled_reason": None, "past_due": []},
                "status": "active",
                "type": "individual",
                **more,
            },
        )
        vault.tell(whose, "issuing_cardholder.created", found)
        return found


def card(vault: Vault, whose: Whose, holder: str, **more: Any) -> Json:  # noqa: ANN401 - fields of the object
    """A card is issued; it is inactive until somebody activates it."""
    with vault.lock:
        owner = copy.deepcopy(vault.get(whose, CARDHOLDER, holder))
        found = vault.put(
            whose,
            {
                "id": vault.new_id("ic"),
                "object": CARD,
                "brand": "Visa",
                "cancellation_reason": None,
                "cardholder": owner,
                "created": int(vault.now()),
                "currency": "usd",
                "exp_month": 8,
                "exp_year": 2030,
                "last4": f"{len(vault.objects) % 10_000:04d}",
                "latest_fraud_warning": None,
                "livemode": whose.livemode,
                "metadata": {},
                "financial_account": None,
                "lifecycle_controls": None,
                "personalization_design": None,
                "second_line": None,
                "replaced_by": None,
                "replacement_for": None,
                "replacement_reason": None,
                "shipping": None,
                "spending_controls": dict(EMPTY_CONTROLS),
                "status": "inactive",
                "type": "virtual",
                "wallets": {
                    "apple_pay": {"eligible": True, "ineligible_reason": None},
                    "google_pay": {"eligible": True, "ineligible_reason": None},
                    "primary_account_identifier": None,
                },
                **more,
            },
        )
        vault.tell(whose, "issuing_card.created", found)
        return found


def _paid_by(vault: Vault, financial_account: str | None) -> Json | None:
    """What a transaction says of the financial account that paid it, if one did."""
    if not financial_account:
        return None
    return {"received_credit": None, "received_debit": vault.new_id("rd")}


def change_card(vault: Vault, whose: Whose, card_id: str, **changes: Any) -> Json:  # noqa: ANN401 - fields of the object
    """A card is activated, frozen, cancelled for good, or described otherwise.

    Raises:
        StripeProblem: it is cancelled already.
    """
    with vault.lock:
        found = vault.get(whose, CARD, card_id)
        if found["status"] == "canceled" and changes.get("status", "canceled") != "canceled":
            raise StripeProblem("You cannot update a canceled card.", param="status")
        if all(found.get(name) == value for name, value in changes.items()):
            return found
        found.update(changes)
        vault.tell(whose, "issuing_card.updated", found)
        return found


def replace_card(vault: Vault, whose: Whose, holder: str, **given: Any) -> Json:  # noqa: ANN401 - fields of the object
    """A card takes the place of another one.

    Raises:
        StripeProblem: a lost or stolen card is not canceled yet, or has a replacement already.
    """
    with vault.lock:
        old = vault.get(whose, CARD, given["replacement_for"])
        if given.get("replacement_reason") in {"lost", "stolen"} and old["status"] != "canceled":
            raise StripeProblem("You must cancel a lost or stolen card first.", param="replacement_for")
        if old["replaced_by"]:
            raise StripeProblem("This card has been replaced already.", param="replacement_for")
        made = card(vault, whose, holder, **given)
        change_card(vault, whose, old["id"], replaced_by=made["id"])
        return made


def ship(vault: Vault, whose: Whose, card_id: str, status: str) -> Json:
    """A physical card goes its way: shipped, delivered, returned, failure."""
    with vault.lock:
        found = vault.get(whose, CARD, card_id)
        found["shipping"] = {**(found["shipping"] or {}), "status": status}
        vault.tell(whose, "issuing_card.updated", found)
        return found


def change_token(vault: Vault, whose: Whose, token_id: str, status: str) -> Json:
    """A card in a wallet is suspended, activated or deleted.

    Raises:
        StripeProblem: it is deleted already.
    """
    with vault.lock:
        found = vault.get(whose, TOKEN, token_id)
        if found["status"] == "deleted":
            raise StripeProblem("You cannot update a deleted token.", param="status")
        found["status"] = status
        vault.tell(whose, "issuing_token.updated", found)
        return found


def authorize(
    vault: Vault,
    whose: Whose,
    card_id: str,
    amount: int,
    *,
    approved: bool = True,
    **more: Any,  # noqa: ANN401 - fields of the object
) -> Json:
    """A card is used; what our real-time endpoint would answer is given as `approved`."""
    with vault.lock:
        used = vault.get(whose, CARD, card_id)
        reason = "webhook_approved" if approved else "webhook_declined"
        if used["status"] != "active":
            approved, reason = False, f"card_{used['status']}"
        now = int(vault.now())
        asked = {"amount": amount, "approved": approved, "created": now, "currency": used["currency"]}
        found = vault.put(
            whose,
            {
                "id": vault.new_id("iauth"),
                "object": AUTHORIZATION,
                "amount": amount if approved else 0,
                "approved": approved,
                "authorization_method": "online",
                "card": copy.deepcopy(used),
                "cardholder": used["cardholder"]["id"],
                "created": now,
                "currency": used["currency"],
                "livemode": whose.livemode,
                "merchant_amount": amount,
                "merchant_currency": used["currency"],
                "merchant_data": {
                    "category": "taxicabs_limousines",
                    "category_code": "4121",
                    "country": "US",
                    "name": "Rocket Rides",
                    "network_id": "1234567890",
                },
                "metadata": {},
                "pending_request": None,
                "request_history": [{**asked, "reason": reason}],
                "status": "pending" if approved else "closed",
                "token": None,
                "transactions": [],
                "wallet": None,
                **more,
            },
        )  # fmt: skip
        vault.tell(whose, "issuing_authorization.created", found)
        return found


def increment(vault: Vault, whose: Whose, authorization: str, amount: int) -> Json:
    """The merchant asks for more."""
    with vault.lock:
        found = _pending(vault, whose, authorization)
        found["amount"] += amount
        found["merchant_amount"] += amount
        entry = {
            "amount": amount,
            "approved": True,
            "created": int(vault.now()),
            "reason": "webhook_approved",
        }
        found["request_history"] = [*found["request_history"], entry]
        vault.tell(whose, "issuing_authorization.updated", found)
        return found


def capture(vault: Vault, whose: Whose, authorization: str, amount: int | None = None) -> Json:
    """The merchant takes the money: a transaction, and the authorization is closed."""
    with vault.lock:
        found = _pending(vault, whose, authorization)
        taken = found["amount"] if amount is None else amount
        paid = vault.put(
            whose,
            {
                "id": vault.new_id("ipi"),
                "object": TRANSACTION,
                "amount": -taken,
                "authorization": found["id"],
                "card": found["card"]["id"],
                "cardholder": found["cardholder"],
                "created": int(vault.now()),
                "currency": found["currency"],
                "dispute": None,
                "livemode": whose.livemode,
                "merchant_amount": -taken,
                "merchant_currency": found["merchant_currency"],
                "merchant_data": dict(found["merchant_data"]),
                "metadata": {},
                "token": None,
                "treasury": _paid_by(vault, found["card"].get("financial_account")),
                "type": "capture",
                "wallet": None,
            },
        )
        found.update(amount=0, status="closed", transactions=[paid["id"]])
        vault.tell(whose, "issuing_transaction.created", paid)
        vault.tell(whose, "issuing_authorization.updated", found)
        return paid


def end(vault: Vault, whose: Whose, authorization: str, status: str) -> Json:
    """The merchant gives an authorization back (`reversed`), or its time is over (`expired`)."""
    with vault.lock:
        found = _pending(vault, whose, authorization)
        found.update(amount=0, status=status)
        vault.tell(whose, "issuing_authorization.updated", found)
        return found


def token(vault: Vault, whose: Whose, card_id: str, **more: Any) -> Json:  # noqa: ANN401 - fields of the object
    """A card is put into a wallet."""
    with vault.lock:
        vault.get(whose, CARD, card_id)
        found = vault.put(
            whose,
            {
                "id": vault.new_id("intok"),
                "object": TOKEN,
                "card": card_id,
                "created": int(vault.now()),
                "last4": "2424",
                "livemode": whose.livemode,
                "network": "visa",
                "status": "active",
                "wallet_provider": "apple_pay",
                **more,
            },
        )
        vault.tell(whose, "issuing_token.created", found)
        return found


def _pending(vault: Vault, whose: Whose, authorization: str) -> Json:
    found = vault.get(whose, AUTHORIZATION, authorization)
    if found["status"] != "pending":
        raise StripeProblem(f"The authorization is {found['status']} and cannot be changed any more.")
    return found
