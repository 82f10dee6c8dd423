"""What the measurement of authorizations asks, and the rows it begins with."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.authorization_body import read
from bot.domain.authorization import FALLBACK
from bot.domain.policy import RULES
from bot.services import authorization, policy
from storage.queries import authorization as rows
from storage.queries import policy as cards

if TYPE_CHECKING:
    from storage import Database

CARDS: Final = 1000
POLICY: Final = """\
[card_reported]
[card_unknown]
[launch_gate]
program = "P-1"
cardholders = ["ich_staff"]
[limit_authorization]
card = { usd = 1000000 }
cardholder = { usd = 1000000 }
[limit_day]
card = { usd = 900000000000 }
cardholder = { usd = 900000000000 }
[limit_week]
card = { usd = 900000000000 }
cardholder = { usd = 900000000000 }
[limit_month]
card = { usd = 900000000000 }
cardholder = { usd = 900000000000 }
[merchant_category]
blocked = ["betting_casino_gambling", "wires_money_orders", "quasi_cash_merch"]
[merchant_country]
blocked = ["KP", "IR"]
[wallet]
blocked = ["samsung_pay"]
[presence]
blocked_methods = ["swipe"]
[verification]
cvc = ["mismatch"]
expiry = ["mismatch"]
postal_code = ["mismatch"]
address_line1 = ["mismatch"]
three_d_secure = ["failed"]
[network_risk]
highest = 90
[hours]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "00:00"
to = "23:59:59.999999"
[partial]
least = { usd = 500 }
"""
_PLANTED: Final = 500  # decisions of one transaction


def event(mark: str, card: str, now: object) -> dict[str, Any]:
    """Return an event with all the fields Stripe sends, many of them empty."""
    controls = {
        "allowed_card_presences": [],
        "allowed_categories": [],
        "allowed_merchant_countries": [],
        "blocked_card_presences": [],
        "blocked_categories": ["betting_casino_gambling", "wires_money_orders"],
        "blocked_merchant_countries": [],
        "spending_limits": [{"amount": 500000, "categories": [], "interval": "monthly"}],
        "spending_limits_currency": "usd",
    }
    address = {
        "city": "Baltimore",
        "country": "US",
        "line1": "17 Lantern Row",
        "line2": None,
        "postal_code": "21201",
        "state": "MD",
    }
    cardholder: dict[str, Any] = {
        "id": f"ich_1QbenchHolder{card}",
        "object": "issuing.cardholder",
        "billing": {"address": address},
        "company": None,
        "created": 1760000000,
        "email": "noor.haddad@bench.example",
        "individual": {
            "card_issuing": {"user_terms_acceptance": {"date": 1760000000, "ip": None, "user_agent": None}},
            "dob": {"day": 4, "month": 9, "year": 1988},
            "first_name": "Noor",
            "last_name": "Haddad",
            "verification": {"document": {"back": None, "front": None}},
        },
        "livemode": False,
        "metadata": {"employee": "4711"},
        "name": "Noor Haddad",
        "phone_number": "+14105550117",
        "preferred_locales": ["en"],
        "requirements": {"disabled_reason": None, "past_due": []},
        "spending_controls": controls,
        "status": "active",
        "type": "individual",
    }
    shipping_address = dict.fromkeys(address)
    whose = {
        "id": f"ic_1QbenchCard{card}",
        "object": "issuing.card",
        "brand": "Visa",
        "cancellation_reason": None,
        "cardholder": cardholder,
        "created": 1760000100,
        "currency": "usd",
        "exp_month": 4,
        "exp_year": 2030,
        "last4": "0077",
        "latest_fraud_warning": None,
        "lifecycle_controls": None,
        "livemode": False,
        "metadata": {"gantry_program": "P-1", "cost_center": "garden"},
        "personalization_design": None,
        "replaced_by": None,
        "replacement_for": None,
        "replacement_reason": None,
        "second_line": None,
        "shipping": {
            "address": shipping_address,
            "address_validation": {
                "mode": "disabled",
                "normalized_address": shipping_address,
                "result": None,
            },
            "carrier": None,
            "customs": {"eori_number": None},
            "eta": None,
            "name": "Noor Haddad",
            "phone_number": None,
            "require_signature": None,
            "service": "standard",
            "status": "delivered",
            "tracking_number": None,
            "tracking_url": None,
            "type": "individual",
        },
        "spending_controls": controls,
        "status": "active",
        "type": "physical",
        "wallets": {
            "apple_pay": {"eligible": True, "ineligible_reason": None},
            "google_pay": {"eligible": True, "ineligible_reason": None},
            "primary_account_identifier": None,
        },
    }
    found = {
        "id": f"iauth_1Qbench{mark}",
        "object": "issuing.authorization",
        "amount": 0,
        "amount_details": {"atm_fee": None, "cashback_amount": None},
        "approved": False,
        "authorization_method": "contactless",
        "balance_transactions": [],
        "card": whose,
        "card_presence": "present",
        "cardholder": cardholder["id"],
        "created": now,
        "currency": "usd",
        "fleet": None,
        "fraud_challenges": None,
        "fuel": None,
        "livemode": False,
        "merchant_amount": 0,
        "merchant_currency": "usd",
        "merchant_data": {
            "category": "nurseries_lawn_and_garden_supply_stores",
            "category_code": "5261",
            "city": "Annapolis",
            "country": "US",
            "name": "Tidewater Seeds",
            "network_id": "8801734455",
            "postal_code": "21401",
            "state": "MD",
            "tax_id": None,
            "terminal_id": "00990117",
            "url": None,
        },
        "metadata": {},
        "network_data": {
            "acquiring_institution_id": "771204",
            "system_trace_audit_number": "304417",
            "transaction_id": "518820477103",
        },
        "pending_request": {
            "amount": 700,
            "amount_details": {"atm_fee": None, "cashback_amount": None},
            "currency": "usd",
            "is_amount_controllable": False,
            "merchant_amount": 700,
            "merchant_currency": "usd",
            "network_risk_score": 12,
        },
        "request_history": [],
        "status": "pending",
        "token": None,
        "transactions": [],
        "verification_data": {
            "address_line1_check": "not_provided",
            "address_postal_code_check": "match",
            "authentication_exemption": None,
            "cvc_check": "match",
            "expiry_check": "match",
            "postal_code": "21201",
            "three_d_secure": None,
        },
        "verified_by_fraud_challenge": None,
        "wallet": "apple_pay",
    }
    return {
        "id": f"evt_1Qbench{mark}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": now,
        "data": {"object": found},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": f"req_{mark}", "idempotency_key": None},
        "type": "issuing_authorization.request",
    }


def body() -> bytes:
    """Return the event as Stripe sends it, with marks where each request differs."""
    text = json.dumps(event("XIDX", "XCARDX", "XNOWX"), indent=2)
    return text.replace('"XNOWX"', "XNOWX").encode()


def plant(database: Database, decisions: int) -> None:
    """Load the policy, enforce every rule, report a few cards, and fill the tables with old decisions."""
    now = datetime.now(UTC)
    with database.transaction() as session:
        policy.load(session, POLICY, team="", by="bench", now=now)
        for rule in RULES:
            policy.set_state(session, rule, "enforced", team="", by="bench", now=now, stops=0)
        for number in range(20):
            cards.report_card(
                session, f"ic_1QbenchLost{number}", kind="lost", account="", livemode=False, now=now
            )
    standing = authorization.Standing()
    at = int(time.time())
    for first in range(0, decisions, _PLANTED):
        numbers = range(first, min(first + _PLANTED, decisions))
        asked = [read(event(f"{number:08x}", f"{number % CARDS:06d}", at)) for number in numbers]
        with database.transaction() as session:
            authorization.answer_all(session, asked, standing, now)


def decided(database: Database) -> dict[str, int]:
    """Return how many decisions there are, in how many commits, and how many the fallback gave."""
    with database.reading() as session:
        found, commits = rows.count_by_rule(session), rows.count_commits(session)
    return {"decisions": sum(found.values()), "commits": commits, "fallbacks": found.get(FALLBACK, 0)}
