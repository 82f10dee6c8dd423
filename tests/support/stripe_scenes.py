"""What views about Stripe can be given, from usual to the worst."""

from __future__ import annotations

from collections.abc import Iterator

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
            {"account": ACCOUNT, "livemode": False, "since": since, "checked": since, "error": error}
            for since, error in ((SINCE, ""), ("", ""), (SINCE, "account_invalid"))
            for _ in range(many)
        ],
        "more_accounts": many,
    }
