"""What Stripe and others decide before a launch: designs, wallets, capabilities; and receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.playground.stripe import acts
from bot.playground.stripe.errors import StripeProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.playground.stripe.vault import Json, Vault, Whose

DESIGN: Final = "issuing.personalization_design"
ENDS: Final = {"active": "activated", "inactive": "deactivated", "rejected": "rejected"}
"""The event of each state of a design; one under review is only updated."""


def design(vault: Vault, whose: Whose, name: str) -> Json:
    """A design for physical cards is made: Stripe reviews it."""
    with vault.lock:
        return vault.put(
            whose,
            {
                "id": vault.new_id("ics"),
                "object": DESIGN,
                "created": int(vault.now()),
                "livemode": whose.livemode,
                "metadata": {},
                "name": name,
                "rejection_reasons": {"card_logo": None, "carrier_text": None},
                "status": "review",
            },
        )


def review_design(
    vault: Vault,
    whose: Whose,
    design_id: str,
    status: str,
    reasons: Mapping[str, Sequence[str]] | None = None,
) -> Json:
    """Stripe accepts or rejects a design (`card_logo` and `carrier_text` with reasons), or reviews it again.

    Raises:
        StripeProblem: a rejection without a reason.
    """
    with vault.lock:
        found = vault.get(whose, DESIGN, design_id)
        if status == "rejected" and not any((reasons or {}).values()):
            raise StripeProblem("Missing required param: rejection_reasons.", param="rejection_reasons")
        given = {part: list((reasons or {}).get(part, ())) or None for part in ("card_logo", "carrier_text")}
        found.update(status=status, rejection_reasons=given)
        vault.tell(whose, f"issuing_personalization_design.{ENDS.get(status, 'updated')}", found)
        return found


def allow_wallet(vault: Vault, whose: Whose, card_id: str, ineligible_reason: str = "") -> Json:
    """Apple Pay takes a card, or says why it does not."""
    with vault.lock:
        wallets = vault.get(whose, acts.CARD, card_id)["wallets"]
        now = {"eligible": not ineligible_reason, "ineligible_reason": ineligible_reason or None}
        return acts.change_card(vault, whose, card_id, wallets={**wallets, "apple_pay": now})


def allow_capability(vault: Vault, whose: Whose, name: str) -> Json:
    """A capability of a connected account becomes active."""
    with vault.lock:
        found = {
            "id": name,
            "object": "capability",
            "account": whose.account,
            "requested": True,
            "requirements": {"currently_due": [], "disabled_reason": None, "past_due": []},
            "status": "active",
        }
        vault.tell(whose, "capability.updated", vault.put(whose, found))
        return found


def pay_out(vault: Vault, whose: Whose, amount: int) -> Json:
    """Money leaves a financial account, and its regulatory receipt can be read for 60 days."""
    with vault.lock:
        name = vault.new_id("obp")
        found = {
            "id": name,
            "object": "treasury.outbound_payment",
            "amount": amount,
            "created": int(vault.now()),
            "currency": "usd",
            "hosted_regulatory_receipt_url": f"https://payments.stripe.test/regulatory-receipt/{name}",
            "livemode": whose.livemode,
            "metadata": {},
            "status": "processing",
        }
        vault.tell(whose, "treasury.outbound_payment.created", vault.put(whose, found))
        return found
