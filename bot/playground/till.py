"""The local Stripe beside the local Slack: cards that people swipe, and what becomes of each purchase."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import deque
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import httpx

from bot.domain.stripe_signature import sign
from bot.playground.errors import PlayError
from bot.playground.stripe import acts, swipe
from bot.playground.stripe.api import written
from bot.playground.stripe.delivery import StripeFaults
from bot.playground.stripe.errors import StripeProblem
from bot.playground.stripe.local import PLATFORM, LocalStripe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.playground.identity import Json
    from bot.playground.slack import Slack
    from bot.playground.stripe.swipe import Answer, Purchase

PROGRAM: Final = "P-1"
"""The first programme of a fresh database: the cards name it in their metadata."""
CARDS: Final = (
    ("Jenny Rosen", "4242", "virtual"),
    ("Omar Diallo", "1881", "physical"),
    ("Ana Silva", "0077", "virtual"),
)
STRIPE_WAITS: Final = 2.0
KEPT: Final = 30
_SOON: Final = "http://127.0.0.1"
_EVERY: Final = 0.25
_AGAIN: Final = 1.0
_UNDER: Final = 2000


@dataclass
class Swiped:
    """One purchase of the panel, with the milliseconds of the answer; None when Stripe did not ask."""

    id: str
    ms: int | None
    rule: str
    at: float
    ended: str = ""  # captured · reversed · refunded


@dataclass
class Till:
    """What the panel acts on.

    Args:
        slack: for its clock, its traffic and its pages.
        bot_url: where the bot answers now.
    """

    slack: Slack
    bot_url: Callable[[], str]
    webhook_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")
    authorization_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")

    def __post_init__(self) -> None:
        """Make the local Stripe with the cards people find at the start."""
        clock = self.slack.clock
        self.local = LocalStripe(wall=clock.wall, now=clock.now)
        self.swiped: deque[Swiped] = deque(maxlen=KEPT)
        self._running: asyncio.Task[None] | None = None
        self._seed()

    def settings(self) -> dict[str, str]:
        """What the bot needs to know of this Stripe."""
        return {
            "STRIPE_API_KEY": "rk_test_playground",
            "STRIPE_API_URL": self.local.origin,
            "STRIPE_WEBHOOK_SECRETS": self.webhook_secret,
            "STRIPE_AUTHORIZATION_SECRETS": self.authorization_secret,
            "GANTRY_FALLBACK": f"approve-under:{_UNDER}",
        }

    def open(self) -> None:
        """Answer calls and deliver events, until `close`."""
        self.local.__enter__()
        self._running = asyncio.ensure_future(self._deliver())

    async def close(self) -> None:
        """Stop both."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            await asyncio.to_thread(self.local.__exit__, None, None, None)

    def reset(self) -> None:
        """Start over, with the same secrets and other cards of the same kind."""
        self.local.reset()
        self.swiped.clear()
        self._seed()

    def _seed(self) -> None:
        # The bot may not answer yet: events wait here until it does.
        self.local.attach(_SOON, self.webhook_secret)
        for name, last4, kind in CARDS:
            self._issue(name, kind, last4=last4)

    def _issue(self, name: str, kind: str, **more: Any) -> Json:  # noqa: ANN401 - fields of the card
        vault = self.local.vault
        holder = acts.cardholder(vault, PLATFORM, name)
        made = acts.card(
            vault, PLATFORM, holder["id"], type=kind, metadata={"gantry_program": PROGRAM}, **more
        )
        return acts.change_card(vault, PLATFORM, made["id"], status="active")

    async def _deliver(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            deliveries = self.local.deliveries
            if not deliveries.waiting or deliveries.faults.delay:
                continue
            deliveries.url = f"{self.bot_url()}/stripe/webhook"  # the bot has another port after each start
            begun, events = self.slack.clock.wall(), _types(deliveries.waiting)
            accepted = await asyncio.to_thread(deliveries.flush)
            self._changed()  # what the bot did at Stripe shows on the page
            if status := deliveries.statuses[-1]:  # a bot that is down makes no traffic
                entry = self.slack.traffic.begin("to_bot", "stripe webhook", events)
                entry.at = begun
                self.slack.traffic.end(entry, status, {"accepted": accepted})
            if deliveries.waiting:
                await asyncio.sleep(_AGAIN)

    # What people do

    async def swipe(self, bought: Purchase) -> Swiped:
        """Use a card: Stripe asks, waits two seconds for the answer, and makes the authorization.

        Raises:
            PlayError: there is no such card.
        """
        vault = self.local.vault
        found, event = self._stripe(partial(swipe.ask, vault, PLATFORM, bought))
        reason = swipe.refusal(found["card"])
        answer = None if reason else await self._ask(event)
        made = swipe.settle(vault, PLATFORM, found, answer, reason)
        rule = str(made["metadata"].get("rule", ""))
        one = Swiped(made["id"], answer.ms if answer is not None else None, rule, self.slack.clock.now())
        self.swiped.appendleft(one)
        self._changed()
        return one

    async def _ask(self, event: Json) -> Answer:
        raw = written(event)
        entry = self.slack.traffic.begin("to_bot", "stripe authorization", event)
        sends = 2 if self.local.faults.duplicate else 1
        async with httpx.AsyncClient(timeout=STRIPE_WAITS, trust_env=False) as client:
            answers = await asyncio.gather(*(self._post(client, raw) for _ in range(sends)))
        answer = answers[0]
        self.slack.traffic.end(entry, answer.status or None, answer.told)
        return answer

    async def _post(self, client: httpx.AsyncClient, raw: bytes) -> Answer:
        proof = sign(raw, self.authorization_secret, int(self.slack.clock.wall()))
        headers = {"stripe-signature": proof, "content-type": "application/json"}
        begun = time.perf_counter()
        status, told = 0, None
        with contextlib.suppress(httpx.HTTPError):
            got = await client.post(f"{self.bot_url()}/stripe/authorizations", content=raw, headers=headers)
            status = got.status_code
            with contextlib.suppress(ValueError):
                told = got.json()
        return swipe.Answer(status, told, round((time.perf_counter() - begun) * 1000))

    def after(self, authorization: str, act: str) -> None:
        """Capture, reverse or refund a purchase.

        Raises:
            PlayError: that cannot be done with it.
        """
        one = next((one for one in self.swiped if one.id == authorization), None)
        if one is None:
            raise PlayError("This purchase is not known here any more.")
        vault = self.local.vault
        works: Mapping[str, tuple[str, Callable[[], Json]]] = {
            "capture": ("captured", partial(acts.capture, vault, PLATFORM, authorization)),
            "reverse": ("reversed", partial(acts.end, vault, PLATFORM, authorization, "reversed")),
            "refund": ("refunded", partial(swipe.refund, vault, PLATFORM, authorization)),
        }
        ended, work = works[act]
        self._stripe(work)
        one.ended = ended
        self._changed()

    def act(self, card: str, name: str) -> None:
        """Do one of the things that the page offers for a card.

        Raises:
            PlayError: that cannot be done with it.
        """
        vault = self.local.vault
        found = self._stripe(partial(vault.get, PLATFORM, acts.CARD, card))
        if name not in self._can(found):
            raise PlayError("That cannot be done with this card now.")
        started = int(self.slack.clock.now())
        works: Mapping[str, Callable[[], Json]] = {
            "activate": partial(acts.change_card, vault, PLATFORM, card, status="active"),
            "ship": partial(acts.ship, vault, PLATFORM, card, "shipped"),
            "deliver": partial(acts.ship, vault, PLATFORM, card, "delivered"),
            "send_back": partial(acts.ship, vault, PLATFORM, card, "returned"),
            "wallet": partial(acts.token, vault, PLATFORM, card),
            "warn": partial(
                acts.change_card,
                vault,
                PLATFORM,
                card,
                latest_fraud_warning={"started_at": started, "type": "card_testing_exposure"},
            ),
        }
        self._stripe(works[name])
        self._changed()

    def _can(self, card: Json) -> list[str]:
        """What a person can do with a card at Stripe, its holder or its maker included."""
        if card["status"] == "canceled":
            return []
        at = str((card["shipping"] or {}).get("status"))
        parcel = {"pending": ["ship"], "submitted": ["ship"], "shipped": ["deliver", "send_back"]}.get(at, [])
        if card["status"] == "inactive":
            return [*parcel, "activate"]
        tokens = self.local.vault.all(PLATFORM, acts.TOKEN)
        held = any(one["card"] == card["id"] and one["status"] != "deleted" for one in tokens)
        return [*parcel, *([] if held else ["wallet"]), *([] if card["latest_fraud_warning"] else ["warn"])]

    def issue(self, name: str, kind: str) -> Json:
        """Give a new cardholder a new card, active at once.

        Raises:
            PlayError: the name or the kind is none.
        """
        name = name.strip()
        if not 0 < len(name) <= 60 or kind not in {"virtual", "physical"}:  # noqa: PLR2004 - as the page shows it
            raise PlayError("A card needs the name of its cardholder, and is virtual or physical.")
        made = self._issue(name, kind)
        self._changed()
        return made

    def fault(self, name: str, *, on: bool) -> None:
        """Switch a fault.

        Raises:
            KeyError: there is no fault of this name.
        """
        if name not in FAULTS:
            raise KeyError(name)
        setattr(self.local.faults, name, on)
        self._changed()

    def _stripe(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the work returns
        try:
            return work()
        except StripeProblem as problem:
            raise PlayError(str(problem)) from None

    def _changed(self) -> None:
        self.slack.hub.tell({"type": "stripe"})

    # What the page shows

    def shape(self) -> Json:
        """Cards, purchases and faults."""
        vault = self.local.vault
        with vault.lock:
            cards = vault.all(PLATFORM, acts.CARD)
            found = {one["id"]: one for one in vault.all(PLATFORM, acts.AUTHORIZATION)}
            return {
                "cards": [{**_card(one), "can": self._can(one)} for one in reversed(cards)],
                "categories": list(swipe.CODES),
                "swiped": [_purchase(one, found[one.id]) for one in self.swiped],
                "faults": [{"name": name, "on": getattr(self.local.faults, name)} for name in FAULTS],
            }


FAULTS: Final = tuple(one.name for one in fields(StripeFaults) if one.default is False)


def _types(events: deque[Json]) -> list[str]:
    return [f"{one['type']} {one['data']['object']['id']}" for one in list(events)]


def _card(one: Json) -> Json:
    return {
        "id": one["id"],
        "last4": one["last4"],
        "holder": one["cardholder"]["name"],
        "status": one["status"],
        "type": one["type"],
        "currency": one["currency"],
        "parcel": (one["shipping"] or {}).get("status"),
    }


def _purchase(one: Swiped, found: Json) -> Json:
    asked = found["request_history"][0]
    can = {"": ["capture", "reverse"] if found["approved"] else [], "captured": ["refund"]}
    return {
        "id": one.id,
        "card": found["card"]["last4"],
        "merchant": found["merchant_data"]["name"],
        "merchant_id": found["merchant_data"]["network_id"],
        "amount": asked["amount"],
        "currency": found["currency"],
        "approved": found["approved"],
        "reason": asked["reason"],
        "rule": one.rule,
        "ms": one.ms,
        "at": one.at,
        "ended": one.ended,
        "can": can.get(one.ended, []),
    }
