"""A bot beside a local Stripe, with a purchase of a thief: the desk at which disputes are tested."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from bot.playground.stripe import acts, disputes
from bot.playground.stripe.local import PLATFORM, LocalStripe
from storage.tables_dispute import Dispute
from tests.listeners.test_doors import opened
from tests.reliability.rig import OLGA, OPS, SAM, Bot

SURE: dict[str, Any] = {"sure": ["yes"]}
CARD: dict[str, Any] = {"with_card": ["yes"]}
SECRET = "whsec_" + "d" * 32


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(written, "PNG")
    return written.getvalue()


@dataclass
class Desk:
    """A bot beside a Stripe that knows one card and one purchase of a thief."""

    bot: Bot
    stripe: LocalStripe
    card: dict[str, Any]
    paid: dict[str, Any]

    def settle(self) -> None:
        """Everything is said and done, at Slack and at Stripe."""
        for _ in range(6):
            self.bot.settle()
            if not self.stripe.deliveries.waiting:
                return
            self.stripe.deliver()

    def pass_time(self, span: timedelta) -> None:
        self.bot.clock.advance(span)
        self.settle()

    @property
    def row(self) -> Dispute:
        [found] = self.bot.rows(Dispute)
        return found

    @property
    def theirs(self) -> list[dict[str, Any]]:
        """The disputes at Stripe."""
        return self.stripe.vault.all(PLATFORM, disputes.DISPUTE)

    def posts(self, ending: str) -> int:
        return sum(path.endswith(ending) for method, path, _ in self.stripe.calls if method == "POST")

    def begin(self, reason: str = "fraudulent", person: str = SAM, **more: Any) -> None:
        """Open the dispute and leave the first page."""
        self.bot.slack.command(person, OPS, f"/dispute new {self.paid['id']}")
        opened(self.bot, person)
        self.next(person, reason=reason, **more)

    def next(self, person: str = SAM, **fields: Any) -> None:
        told = self.bot.slack.submit(person, fields)
        assert told == {"ok": True}, told
        self.settle()

    def write(self, explanation: str = "I never bought this. winning_evidence", **fields: Any) -> None:
        """Fill in the page of a fraud dispute, and go on to the summary."""
        self.next(explanation=explanation, **fields)

    def ask(self) -> None:
        self.next()
        assert self.row.state == "asked"

    def submit(self, person: str = OLGA, **fields: Any) -> dict[str, Any]:
        """The last look: the card still works, and that is said to be fine unless `fields` say otherwise."""
        self.bot.click(person, f"dispute.check:{self.row.id}", OPS)
        opened(self.bot, person)
        told: dict[str, Any] = self.bot.slack.submit(person, {**SURE, **(fields or CARD)})
        self.settle()
        return told

    def said(self, words: str) -> int:
        return len(self.bot.said(words, OPS))


@pytest.fixture
def desk(build: Callable[..., Bot]) -> Iterator[Desk]:
    with LocalStripe() as stripe:
        bot = build(
            {
                "STRIPE_API_KEY": "sk_test_local",
                "STRIPE_API_URL": stripe.origin,
                "STRIPE_WEBHOOK_SECRETS": SECRET,
                "GANTRY_OPERATIONS_CHANNEL": OPS,
                "GANTRY_SUPPORT": SAM,
            }
        )
        stripe.vault.now = lambda: bot.clock.now().timestamp()
        stripe.deliveries.wall = lambda: bot.clock.wall().timestamp()
        stripe.attach(f"{bot.origin}/stripe/webhook", SECRET)
        card = stripe.issue()
        used = acts.authorize(stripe.vault, PLATFORM, card["id"], 7_000)
        paid = acts.capture(stripe.vault, PLATFORM, used["id"])
        found = Desk(bot, stripe, card, paid)
        found.settle()
        yield found
        bot.gantry.stripe.close()
