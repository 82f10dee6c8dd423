"""A whole bot with a local Slack and a local Stripe: cards are swiped, reported, frozen, revoked, replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from sqlmodel import select

from bot.playground.stripe import acts
from bot.playground.stripe.local import LocalStripe
from bot.playground.stripe.vault import Whose
from bot.services.stripe_call import WAKE as CALLS
from storage.queries import stripe_fill
from storage.tables_call import StripeCall
from storage.tables_lost import LateCapture, LostCard, StripeFill
from storage.tables_stripe import Card
from tests.reliability.rig import LENA, OPS, RANDOM, Bot
from tests.support import authorizing

SECRET = "whsec_events"
SIGNS = "whsec_signs"
LIVE = Whose("", livemode=True)
HOME = {
    "address": {
        "line1": "1 Main Street",
        "city": "Boston",
        "postal_code": "02110",
        "country": "US",
        "state": "MA",
    }
}


@dataclass
class Scene:
    """Everything a test of a lost card needs; `card` is Jenny's."""

    bot: Bot
    local: LocalStripe
    card: str = ""
    swiped: int = field(default=0)

    @property
    def url(self) -> str:
        """Where the bot listens."""
        return str(self.bot.slack.slack.dispatcher.url).split("/slack")[0]

    def begin(self) -> None:
        """Give Jenny a live card, and let the bot hear of it."""
        holder = acts.cardholder(
            self.local.vault, LIVE, "Jenny Rosen", email="jenny@example.com", billing=HOME
        )
        found = acts.card(
            self.local.vault,
            LIVE,
            holder["id"],
            last4="4242",
            spending_controls={
                "spending_limits": [{"amount": 50000, "interval": "monthly", "categories": []}]
            },
        )
        acts.change_card(self.local.vault, LIVE, found["id"], status="active")
        self.card = found["id"]
        self.bot.gantry.look_at_channels()
        self.hear()

    def hear(self) -> None:
        """Let Stripe deliver its events, and the bot do all that follows."""
        for _ in range(6):
            self.local.deliver()
            if not self.bot.work() and not self.bot.waiting():
                break
            self.bot.clock.pass_wall(timedelta(seconds=2))
        self.bot.slack.idle()

    def swipe(self, card: str = "") -> str:
        """Use a card: what the real-time endpoint answers, with the rule that declined."""
        self.swiped += 1
        made = authorizing.event(
            f"{self.card}{self.swiped}",
            card=card or self.card,
            at=int(self.bot.clock.wall().timestamp()),
            livemode=True,
        )
        raw = authorizing.body(made)
        headers = authorizing.signed(raw, secret=SIGNS, at=self.bot.clock.wall().timestamp())
        answer = httpx.post(f"{self.url}/stripe/authorizations", content=raw, headers=headers).json()
        return "approved" if answer["approved"] else f"declined: {answer['metadata']['rule']}"

    def ask(self, person: str, words: str, channel: str = RANDOM) -> str:
        """Type `/lost-card …`; the private answer."""
        self.bot.slack.command(person, channel, f"/lost-card {words}".strip())
        return self.bot.told(person)[-1] if self.bot.told(person) else ""

    def private(self, person: str, action: str, channel: str = RANDOM) -> None:
        """Click a button of the newest private answer that has it."""
        self.bot.slack.click(person, action, channel=channel)

    def report(self, person: str = LENA) -> LostCard:
        """Freeze Jenny's card as people do: command, then one click."""
        self.ask(person, "4242")
        self.private(person, f"lost.freeze:{self.card}")
        return self.case()

    def case(self) -> LostCard:
        """The newest report."""
        found: LostCard = self.bot.rows(LostCard)[-1]
        return found

    def row(self, card: str = "") -> Card:
        """The card as the bot knows it."""
        with self.bot.gantry.database.reading() as session:
            found = session.get(Card, card or self.card)
            assert found is not None
            return found

    def at_stripe(self, card: str = "") -> dict[str, Any]:
        """The card as Stripe has it."""
        return self.local.vault.get(LIVE, acts.CARD, card or self.card)

    def thread(self) -> list[str]:
        """What the card's thread says, the board first."""
        return [message.text for message in self.bot.slack.messages(OPS) if message.bot]

    def board(self) -> str:
        """What the board of the card says."""
        return self.thread()[0]

    def calls(self) -> list[StripeCall]:
        """What was asked of Stripe."""
        found: list[StripeCall] = self.bot.rows(StripeCall)
        return found

    def captures(self) -> list[LateCapture]:
        """The purchases that were asked about."""
        with self.bot.gantry.database.reading() as session:
            return list(session.exec(select(LateCapture).order_by(LateCapture.transaction)).all())

    def posts(self, path: str = "") -> int:
        """How often Stripe was asked to change something."""
        return sum(method == "POST" and path in where for method, where, _ in self.local.calls)

    def form(self, person: str, action: str, channel: str = OPS) -> dict[str, Any]:
        """Click a button that opens a form; the form as the person sees it."""
        self.bot.click(person, action, channel)
        return self.bot.slack.wait_for(lambda: self.bot.slack.view(person), what="the form")

    def revoke(self, person: str, kind: str = "stolen") -> None:
        """Revoke Jenny's card with the button of the board and its form."""
        self.form(person, f"lost.ask_revoke:{self.case().id}")
        assert self.bot.slack.submit(person, {"kind": kind}) == {"ok": True}

    def speak(self) -> None:
        """Let everything be said, and nothing be asked of Stripe."""
        for _ in range(8):
            for name, task in self.bot.tasks().items():
                if name != CALLS:
                    for piece in task.claim():
                        task.work(piece)
            self.bot.clock.pass_wall(timedelta(seconds=2))

    def settle_calls(self, times: int = 1) -> None:
        """Let only the calls to Stripe be made."""
        task = self.bot.tasks()[CALLS]
        for _ in range(times):
            for piece in task.claim():
                task.work(piece)

    def pass_(self, span: timedelta) -> None:
        """Let time pass on both clocks, and do what is due."""
        self.bot.clock.pass_wall(span)
        self.hear()

    def fills(self) -> Sequence[StripeFill]:
        """How far each account was read."""
        with self.bot.gantry.database.reading() as session:
            return stripe_fill.progress(session)
