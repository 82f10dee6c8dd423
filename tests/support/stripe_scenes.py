"""What views about Stripe can be given, from usual to the worst."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.card_exception import KINDS
from bot.domain.policy import RULES
from tests.support.scenery import NAME, NASTY, WORDS, Facts, Scene

SINCE = "2025-10-26T22:30:00+00:00"
ACCOUNT = "acct_" + "1A" * 40


def scenes() -> Iterator[Scene]:
    """Every view of `bot.views.stripe`."""
    about = {"id": 7, "ref": "P-7", "name": NAME}
    for status in ("won", "lost", "expired", NASTY):
        for live in (True, False):
            facts: Facts = {
                "dispute": "idp_1",
                "status": status,
                "amount": 10**15,
                "currency": "eur",
                "loss_reason": NASTY if status == "lost" else "",
                "last4": "4242",
                "livemode": live,
                "program": about,
            }
            yield Scene("dispute.closed", facts, f"{status} {live}")
    for status in ("active", "inactive", "canceled", NASTY):
        for live in (True, False):
            yield Scene("card", _card(status, about if live else None, live=live), f"{status} {live}")
    yield from _exceptions(about)
    for kind in ("unverified", "inactive"):
        for account in (ACCOUNT, ""):
            yield Scene("stripe.task", _task(kind, account), kind)
    yield Scene("events", _page(0), "nothing")
    yield Scene("events", _page(10), "much")
    yield Scene("events.revived", {"id": 7})
    yield Scene(
        "events.dead", {"kind": "issuing_card.updated", "about": "ic_1", "attempts": 8, "error": "DataError"}
    )
    yield Scene("task.done", {})
    told: list[Facts] = [
        {"program": about, "account": ("", ACCOUNT)[number % 2], "tell": tell, "value": WORDS[:150]}
        for number, tell in enumerate(("all", "currency", "design", "metadata") * 15)
    ]
    yield Scene("stripe.accounts", {"programs": told})


def _exceptions(about: Facts) -> Iterator[Scene]:
    for kind, why in _WHY:
        for live in (True, False):
            told: Facts = {
                "kind": kind,
                "why": why,
                "card": "ic_1",
                "account": "" if live else ACCOUNT,
                "livemode": live,
                "authorization": "" if kind == "fraud_warning" else "iauth_1",
                "approved": live,
                "at": SINCE,
            }
            yield Scene("card.exception", told, f"{kind} {why} {live}")
    for program in (about, None):
        counts = dict.fromkeys(KINDS, 10**6 if program else 1)
        yield Scene("card.rest", {"counts": counts, "program": program})
        yield Scene("card.spike", {"count": 10**6, "before": 3, "program": program})
    watched: Facts = {"card": "ic_1", "last4": "4242", "until": SINCE}
    yield Scene("watch", {"cards": []}, "none")
    yield Scene("watch", {"cards": [watched, {**watched, "last4": ""}] * 10}, "many")
    for what in ("on", "off"):
        yield Scene("watch.changed", {**watched, "what": what}, what)


_WHY = [
    *(
        ("declined", rule)
        for rule in (*RULES, "brake", "fallback", "card_inactive", "webhook_declined", NASTY)
    ),
    *((kind, kind) for kind in KINDS[1:3]),
    ("fraud_warning", "merchant_dispute_evidence_on_user"),
    ("watched", "watched"),
    (NASTY, NASTY),
]


def _card(status: str, program: Facts | None, *, live: bool) -> Facts:
    return {
        "id": 3,
        "card": "ic_1",
        "last4": "4242" if live else "",
        "account": "" if live else ACCOUNT,
        "livemode": live,
        "type": "virtual",
        "status": status,
        "reported": "",
        "reported_at": "",
        "cancellation_reason": "",
        "program": program,
    }


def _task(kind: str, account: str) -> Facts:
    return {
        "id": 5,
        "kind": kind,
        "account": account,
        "capability": "card_issuing",
        "livemode": bool(account),
        "since": SINCE,
    }


def _page(many: int) -> Facts:
    return {
        "counts": {"pending": many, "dead": many * 10**6, "handled": 10**9, "ignored": many},
        "dead": [
            {
                "id": number,
                "kind": "issuing_card.updated",
                "about": "ic_1",
                "attempts": 8,
                "error": "NoObjectError",
            }
            for number in range(many)
        ],
        "tasks": [
            _task(("unverified", "inactive")[number % 2], ACCOUNT) | {"id": number} for number in range(many)
        ],
        "unplaced": many * 1000,
        "cards": [
            {
                "id": "ic_1",
                "last4": "4242",
                "currency": "eur",
                "account": ("", ACCOUNT)[number % 2],
                "livemode": True,
            }
            for number in range(min(many, 5))
        ],
        "accounts": [
            {
                "account": ACCOUNT,
                "livemode": False,
                "since": since,
                "checked": since,
                "error": error,
                "cards": cards,
            }
            for since, error, cards in (
                (SINCE, "", {"count": 10**6, "holders": 10**6, "done": SINCE, "error": ""}),
                ("", "", {"count": 1, "holders": 0, "done": "", "error": ""}),
                (
                    SINCE,
                    "account_invalid",
                    {"count": 10**6, "holders": 10**6, "done": "", "error": "account_invalid"},
                ),
                ("", "", None),
            )
            for _ in range(many)
        ],
        "more_accounts": many,
    }
