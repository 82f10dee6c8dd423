"""The panel of the local Stripe: cards are swiped, the bot is asked, and Stripe's events follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.domain.stripe_signature import signer
from bot.playground.play import Play
from bot.playground.running import ServerThread
from bot.playground.server import build
from bot.playground.slack import Slack
from bot.playground.stripe import acts
from bot.playground.stripe.local import PLATFORM
from bot.playground.till import Till


@dataclass
class Bot:
    """What a bot would be told; it approves what its `answer` approves."""

    answer: Any = None
    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)

    async def __call__(self, request: Request) -> Response:
        self.signed.append(request.headers["stripe-signature"])
        self.asked.append(json.loads(await request.body()))
        return JSONResponse(self.answer, self.status)


@dataclass
class Page:
    bot: Bot
    till: Till
    http: httpx.Client

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.http.post(f"/play/stripe/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def swipe(self, **changes: Any) -> Any:
        card = self.http.get("/play/stripe").json()["cards"][0]["id"]
        usual = {
            "card": card,
            "amount": 700,
            "merchant": "Rocket Rides",
            "category": "taxicabs_limousines",
            "country": "us",
            "method": "chip",
        }
        return self.post("swipe", **{**usual, **changes})["purchase"]

    def waiting(self) -> list[str]:
        return [one["type"] for one in self.till.local.deliveries.waiting]


@pytest.fixture
def page() -> Iterator[Page]:
    bot = Bot({"approved": True, "metadata": {"rule": "none"}})
    told = ServerThread(Starlette(routes=[Route("/{path:path}", bot.__call__, methods=["POST"])]))
    slack = Slack(retry_delays=())
    till = Till(slack, lambda: f"http://127.0.0.1:{told.port}")
    server = ServerThread(build(Play(slack, till=till)))
    told.start()
    server.start()
    with till.local, httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as http:
        yield Page(bot, till, http)
    server.stop()
    told.stop()


def test_a_swiped_card_is_asked_about_and_then_captured_and_given_back(page: Page) -> None:
    made = page.swipe()
    assert (made["approved"], made["rule"], made["can"]) == (True, "none", ["capture", "reverse"])
    [asked] = page.bot.asked
    found = asked["data"]["object"]
    assert (asked["type"], found["pending_request"]["amount"], found["amount"]) == (
        "issuing_authorization.request", 700, 0,
    )  # fmt: skip
    raw = json.dumps(asked, indent=2).encode()
    assert (
        signer(raw, page.bot.signed[0], [page.till.authorization_secret], page.till.slack.clock.wall()) == 0
    )
    assert page.waiting()[-1] == "issuing_authorization.created"
    [found] = page.post("after", id=made["id"], do="capture")["swiped"]
    assert (found["ended"], found["can"]) == ("captured", ["refund"])
    [found] = page.post("after", id=made["id"], do="refund")["swiped"]
    assert (found["ended"], found["can"]) == ("refunded", [])
    assert page.waiting()[-4:] == ["issuing_transaction.created", "issuing_authorization.updated"] * 2


def test_a_card_that_was_sent_is_delivered_activated_and_put_into_a_wallet(page: Page) -> None:
    vault = page.till.local.vault
    holder = acts.cardholder(vault, PLATFORM, "Zoe Lind")
    sent = acts.card(vault, PLATFORM, holder["id"], type="physical", shipping={"status": "pending"})

    def offered() -> tuple[str, list[str]]:
        [found] = [one for one in page.http.get("/play/stripe").json()["cards"] if one["id"] == sent["id"]]
        return found["parcel"], found["can"]

    assert offered() == ("pending", ["ship", "activate"])
    for act, then in (
        ("ship", ("shipped", ["deliver", "send_back", "activate"])),
        ("deliver", ("delivered", ["activate"])),
        ("activate", ("delivered", ["wallet", "warn"])),
        ("wallet", ("delivered", ["warn"])),
        ("warn", ("delivered", [])),
    ):
        page.post("act", card=sent["id"], do=act)
        assert offered() == then
    assert page.waiting()[-5:] == [
        *["issuing_card.updated"] * 3,
        "issuing_token.created",
        "issuing_card.updated",
    ]


@pytest.mark.parametrize("act", ["ship", "activate", "explode"])
def test_what_cannot_happen_to_a_card_is_refused(page: Page, act: str) -> None:
    card = page.http.get("/play/stripe").json()["cards"][0]
    refused = page.post("act", 400, card=card["id"], do=act)
    assert "cannot be done" in json.dumps(refused)
    page.post("act", 400, card="ic_none", do="wallet")


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (200, {"approved": False, "metadata": {"rule": "limit_day"}}, "webhook_declined"),
        (200, {"approved": "yes"}, "webhook_error"),
        (503, {}, "webhook_error"),
    ],
)
def test_what_is_no_approval_declines(page: Page, status: int, answer: Any, reason: str) -> None:
    page.bot.status, page.bot.answer = status, answer
    made = page.swipe()
    assert (made["approved"], made["reason"], made["can"]) == (False, reason, [])


def test_a_frozen_card_is_declined_by_stripe_itself(page: Page) -> None:
    [one] = [card for card in page.till.local.vault.objects.values() if card.get("last4") == "4242"]
    one["status"] = "inactive"
    made = page.swipe(card=one["id"])
    assert (made["reason"], made["ms"], page.bot.asked) == ("card_inactive", None, [])


def test_a_new_card_can_be_swiped_at_once_and_faults_are_switched(page: Page) -> None:
    made = page.post("card", name="Zoe Lind", type="physical")["card"]
    assert page.swipe(card=made)["approved"] is True
    [on] = [one for one in page.post("fault", name="duplicate", on=True)["faults"] if one["on"]]
    assert on["name"] == "duplicate"
    page.swipe()
    assert len(page.bot.asked) == 3
    assert page.waiting()[-2:] == ["issuing_authorization.created"] * 2


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("swipe", {"card": "ic_no", "amount": 700}, "No such issuing.card"),
        ("swipe", {"card": "ic_no", "amount": 0}, "Invalid amount"),
        ("swipe", {"card": "ic_no", "amount": 700, "country": "France"}, "Invalid country"),
        ("after", {"id": "iauth_no", "do": "capture"}, "not known here"),
        ("card", {"name": " ", "type": "virtual"}, "needs the name"),
        ("fault", {"name": "reset", "on": True}, "reset is missing or unknown"),
    ],
)
def test_what_cannot_be_done_is_said(page: Page, path: str, body: dict[str, Any], sentence: str) -> None:
    usual = {"merchant": "A", "category": "book_stores", "country": "FR", "method": "online"}
    assert sentence in page.post(path, 400, **{**usual, **body})["error"]
