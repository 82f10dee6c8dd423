"""Whole lives of a card, an authorization and a dispute, as the events that Stripe makes of them."""

from __future__ import annotations

from typing import Any

from tests.support.stripe_events import STAMP, event

HOUR = 3600


def card(number: str = "1", **more: Any) -> dict[str, Any]:
    """A virtual card in euros."""
    return {
        "id": f"ic_{number}",
        "object": "issuing.card",
        "brand": "Visa",
        "cancellation_reason": None,
        "cardholder": cardholder(),
        "created": STAMP,
        "currency": "eur",
        "exp_month": 8,
        "exp_year": 2030,
        "last4": "4242",
        "latest_fraud_warning": None,
        "livemode": True,
        "metadata": {},
        "personalization_design": None,
        "replaced_by": None,
        "replacement_for": None,
        "shipping": None,
        "status": "inactive",
        "type": "virtual",
        "wallets": {"apple_pay": {"eligible": True}, "google_pay": {"eligible": False, "ineligible_reason": "missing_agreement"}},
        **more,
    }  # fmt: skip


def cardholder(**more: Any) -> dict[str, Any]:
    """A person with a card."""
    return {
        "id": "ich_1",
        "object": "issuing.cardholder",
        "created": STAMP - HOUR,
        "name": "Renée Dupont",
        "status": "active",
        "type": "individual",
        "requirements": {"disabled_reason": None, "past_due": []},
        **more,
    }


def authorization(entries: int, **more: Any) -> dict[str, Any]:
    """An authorization of 50.00 that was approved."""
    history = [
        {"created": STAMP + 60 * at, "approved": True, "reason": "webhook_approved"} for at in range(entries)
    ]
    return {
        "id": "iauth_1",
        "object": "issuing.authorization",
        "amount": 5000,
        "approved": True,
        "authorization_method": "online",
        "card": card(),
        "created": STAMP + HOUR,
        "currency": "eur",
        "merchant_amount": 5000,
        "merchant_currency": "eur",
        "merchant_data": {
            "category": "taxicabs_limousines",
            "country": "FR",
            "name": "Taxi",
            "network_id": "123",
        },
        "request_history": history,
        "status": "pending",
        "token": None,
        "wallet": None,
        **more,
    }


def transaction(**more: Any) -> dict[str, Any]:
    """The capture of the authorization."""
    return {
        "id": "ipi_1",
        "object": "issuing.transaction",
        "amount": -5000,
        "authorization": "iauth_1",
        "card": "ic_1",
        "cardholder": "ich_1",
        "created": STAMP + 4 * HOUR,
        "currency": "eur",
        "dispute": None,
        "merchant_amount": -5000,
        "merchant_currency": "eur",
        "merchant_data": {
            "category": "taxicabs_limousines",
            "country": "FR",
            "name": "Taxi",
            "network_id": "123",
        },
        "token": None,
        "type": "capture",
        "wallet": None,
        **more,
    }


def dispute(status: str, **more: Any) -> dict[str, Any]:
    """A dispute about the capture."""
    return {
        "id": "idp_1",
        "object": "issuing.dispute",
        "amount": 5000,
        "created": STAMP + 10 * HOUR,
        "currency": "eur",
        "evidence": {"reason": "fraudulent"},
        "loss_reason": None,
        "status": status,
        "transaction": "ipi_1",
        **more,
    }


def life_of_card(*, spread: int = HOUR) -> list[dict[str, Any]]:
    """Created, activated, frozen, warned, cancelled; `spread` seconds between events."""
    states = [
        card(),
        card(status="active"),
        card(status="inactive"),
        card(status="active", latest_fraud_warning={"type": "card_testing_exposure"}),
        card(status="canceled", cancellation_reason="lost"),
    ]
    kinds = ["issuing_card.created"] + ["issuing_card.updated"] * 4
    return _events(kinds, states, spread, "c")


def life_of_authorization(*, spread: int = HOUR) -> list[dict[str, Any]]:
    """Created, raised, captured and closed."""
    states = [
        authorization(1),
        authorization(2, amount=7000, merchant_amount=7000),
        authorization(2, amount=0, status="closed"),
        transaction(amount=-7000),
        transaction(amount=-7000, dispute="idp_1"),
    ]
    kinds = [
        "issuing_authorization.created",
        "issuing_authorization.updated",
        "issuing_authorization.updated",
        "issuing_transaction.created",
        "issuing_transaction.updated",
    ]
    return _events(kinds, states, spread, "a")


def life_of_dispute(end: str = "won", *, spread: int = HOUR) -> list[dict[str, Any]]:
    """Created, changed, submitted, closed, and the money that came and went; the capture is known from outside."""
    why = {"loss_reason": "refund_issued"} if end == "lost" else {}
    states = [
        dispute("unsubmitted"),
        dispute("unsubmitted", amount=4000),
        dispute("submitted", amount=4000),
        dispute(end, amount=4000, **why),
        dispute(end, amount=4000, **why),
    ]
    last = "funds_rescinded" if end == "lost" else "funds_reinstated"
    kinds = ["created", "updated", "submitted", "closed", last]
    return _events([f"issuing_dispute.{kind}" for kind in kinds], states, spread, "d")


def _events(kinds: list[str], states: list[dict[str, Any]], spread: int, mark: str) -> list[dict[str, Any]]:
    return [
        event(kind, state, at=STAMP + spread * number, number=f"{mark}{number}", livemode=True)
        for number, (kind, state) in enumerate(zip(kinds, states, strict=True))
    ]
