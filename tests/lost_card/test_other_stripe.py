"""The flows of a lost card and of a dispute beside another Stripe, which takes what the library describes only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from stripe._encode import _api_encode
from stripe.params import issuing as params

from bot import plans
from bot.domain import dispute_reason
from bot.effects.card_lookup import CardLookup
from storage.tables_call import StripeCall
from storage.tables_dispute import Dispute
from storage.tables_lost import LostCard
from tests.listeners.dispute_desk import CARD, SURE, picture
from tests.listeners.test_doors import opened
from tests.other_server.stripe_params import decoded, judged
from tests.other_server.stripe_server import CALLS, HOME, KEY, Answers, OtherStripe
from tests.reliability.rig import LENA, OLGA, OPS, RANDOM, SAM, Bot

OF_DISPUTES = {
    call for call in CALLS if any(name in call[1] for name in ("disputes", "files", "transactions"))
}


@pytest.fixture
def other(request: pytest.FixtureRequest) -> Iterator[OtherStripe]:
    """A Stripe in which Jenny has two cards, a wallet, and two purchases; at a connected account, if wanted."""
    with OtherStripe() as stripe:
        if account := getattr(request, "param", ""):
            stripe.connect(account)
        jenny = stripe.put(
            "cardholders", name="Jenny Rosen", email="jenny@example.com", type="individual", status="active",
            billing={"address": HOME}, requirements={"disabled_reason": None, "past_due": []},
        )  # fmt: skip
        limits = {"amount": 50_000, "interval": "monthly", "categories": []}
        for last4 in ("4242", "5454"):
            card = stripe.card(jenny, last4=last4, status="active")
            card["spending_controls"] |= {"spending_limits": [limits], "spending_limits_currency": "usd"}
            card["financial_account"] = f"fa_{last4}"
            stripe.put(
                "transactions", type="capture", amount=-7_000, currency="usd", merchant_amount=-7_000,
                merchant_currency="usd", card=card["id"], cardholder=jenny["id"], authorization=None,
                dispute=None, wallet=None, token=None,
                treasury={"received_debit": f"rd_{last4}", "received_credit": None} if account else None,
                merchant_data={"category": "taxicabs_limousines", "name": "Rocket Rides", "network_id": "1234567890"},
            )  # fmt: skip
        token = stripe.put(
            "tokens",
            card=card["id"],
            status="active",
            network="visa",
            wallet_provider="apple_pay",
            last4="7777",
        )
        stripe.tell("issuing_token.created", token)
        card.update(type="physical", personalization_design="ipd_rejected", second_line="ACME LTD")
        yield stripe


@pytest.fixture
def bot(build: Callable[..., Bot], other: OtherStripe) -> Iterator[Bot]:
    """A bot that has read what this Stripe holds."""
    made = build(
        {
            "STRIPE_API_KEY": KEY,
            "STRIPE_API_URL": other.origin,
            "GANTRY_OPERATIONS_CHANNEL": OPS,
            "GANTRY_OPERATORS": OLGA,
            "GANTRY_SUPPORT": SAM,
        }
    )
    made.gantry.look_at_channels()
    for reader in (made.gantry.reconciliation, made.gantry.filling):
        reader._rest = lambda _: None
    made.gantry.reconciliation.begin()
    made.gantry.reconciliation.turn()
    made.gantry.filling.turn()
    made.gantry.disputes.sweep()
    made.settle()
    yield made
    made.gantry.stripe.close()


def revoked(bot: Bot, stripe: OtherStripe, last4: str) -> int:
    """Report a card and revoke it; the number of the report."""
    card = next(one["id"] for one in stripe.kept["cards"].values() if one["last4"] == last4)
    bot.slack.command(LENA, RANDOM, f"/lost-card {last4}")
    bot.slack.click(LENA, f"lost.freeze:{card}", channel=RANDOM)
    bot.settle()
    assert stripe.kept["cards"][card]["status"] == "inactive"
    case = bot.rows(LostCard)[-1].id
    form(bot, SAM, f"lost.ask_revoke:{case}", kind="stolen")
    assert (stripe.kept["cards"][card]["status"], stripe.kept["cards"][card]["cancellation_reason"]) == (
        "canceled",
        "stolen",
    )
    return int(case)


def form(bot: Bot, person: str, button: str, **fields: Any) -> None:
    """Open a form with a button and send it off."""
    bot.click(person, button, OPS)
    opened(bot, person)
    submit(bot, person, **fields)


def submit(bot: Bot, person: str, **fields: Any) -> None:
    told = bot.slack.submit(person, fields)
    assert told == {"ok": True}, told
    bot.settle()


def test_every_call_for_a_lost_card_is_taken(bot: Bot, other: OtherStripe) -> None:
    case = revoked(bot, other, "4242")
    form(bot, SAM, f"lost.ask_replace:{case}", type="virtual")
    first = other.kept["cards"][bot.rows(LostCard)[-1].new_card]
    assert (first["status"], first["spending_controls"]["spending_limits"][0]["amount"]) == ("active", 50_000)
    assert (first["metadata"]["gantry_case"], first["financial_account"]) == ("L-1", "fa_4242")

    case = revoked(bot, other, "5454")
    bot.click(SAM, f"lost.open:{case}", OPS)
    opened(bot, SAM)
    [token] = other.kept["tokens"]
    for act, status in (("suspend", "suspended"), ("delete", "deleted")):
        bot.slack.click(SAM, f"lost.token:{act}_{token}")
        bot.settle()
        assert other.kept["tokens"][token]["status"] == status
    bot.slack.close(SAM, everything=True)
    form(
        bot,
        SAM,
        f"lost.ask_replace:{case}",
        type="physical",
        merchants="fresh",
        where="another",
        speed="express",
    )
    to = {"line1": "2 Side Street", "city": "Boston", "postal_code": "02111", "country": "US"}
    submit(bot, SAM, name="Jenny Rosen", **to)
    second = other.kept["cards"][bot.rows(LostCard)[-1].new_card]
    assert (second["shipping"]["address"], second["shipping"]["service"]) == (to, "express")
    assert second["replacement_for"] is None
    assert (second["financial_account"], second["second_line"]) == ("fa_5454", "ACME LTD")
    [(_, _, why)] = other.refused  # the design is not active any more: the card is made without it
    assert why["param"] == "personalization_design"
    assert "without it" in str(bot.said("Stripe refused the design", OPS))
    other.refused.clear()

    lookup = CardLookup(bot.gantry.database, bot.clock, bot.gantry.stripe)
    assert all(lookup.ask(words) for words in ("4242", "jenny@example.com", second["id"]))
    assert other.refused == []
    assert {call for call in CALLS if call not in OF_DISPUTES} <= set(other.taken)
    assert sorted(row.act for row in bot.rows(StripeCall) if row.state != "done") == ["card.replace"]


def disputed(bot: Bot, other: OtherStripe, **sure: Any) -> str:
    """Open a dispute, change its reason, give a file, submit it; the purchase."""
    paid = next(iter(other.kept["transactions"]))
    bot.slack.command(SAM, OPS, f"/dispute new {paid}")
    opened(bot, SAM)
    submit(bot, SAM, reason="duplicate")
    [theirs] = other.kept["disputes"].values()
    assert (theirs["status"], theirs["evidence"]["reason"]) == ("unsubmitted", "duplicate")
    bot.slack.close(SAM)
    [row] = bot.rows(Dispute)
    bot.click(SAM, f"dispute.resume:{row.id}", OPS)
    opened(bot, SAM)
    bot.slack.click(SAM, "dispute.turn")
    bot.slack.wait_for(lambda: "'reason'" in str(opened(bot, SAM).payload["blocks"]), what="the first page")
    submit(bot, SAM, reason="fraudulent", amount="12.50")
    proof = bot.slack.upload(SAM, "receipt.png", picture())
    submit(bot, SAM, explanation="I never bought this.", additional_documentation=[proof.id])
    assert (theirs["amount"], theirs["evidence"]["reason"], theirs["evidence"]["duplicate"]) == (
        1_250,
        "fraudulent",
        "",
    )
    assert theirs["evidence"]["fraudulent"]["additional_documentation"] in other.kept["files"]
    submit(bot, SAM)
    form(bot, OLGA, f"dispute.check:{row.id}", **SURE, **sure)
    assert theirs["status"] == "submitted"
    assert bot.rows(Dispute)[0].state == "submitted"
    return str(paid)


def test_every_call_for_a_dispute_is_taken(bot: Bot, other: OtherStripe) -> None:
    paid = disputed(bot, other, **CARD)
    # One made in the Dashboard, about a purchase that nobody has told us of.
    paid = other.put(
        "transactions", **{**other.kept["transactions"][paid], "id": "ipi_elsewhere1", "dispute": None}
    )
    given = {"transaction": paid["id"], "evidence": {"reason": "other", "other": {"explanation": "Broken."}}}
    made = other.create_disputes(given)
    bot.clock.advance(timedelta(hours=25))
    assert bot.gantry.disputes.sweep() == 1
    bot.settle()
    row = next(one for one in bot.rows(Dispute) if one.stripe == made["id"])
    bot.click(SAM, f"dispute.resume:{row.id}", OPS)
    assert "Broken." in str(opened(bot, SAM).payload["blocks"])

    assert other.refused == []
    assert set(other.taken) >= OF_DISPUTES
    posted = [path for method, path in other.taken if method == "POST"]
    assert posted.count("/v1/issuing/disputes/{id}/submit") == posted.count("/v1/issuing/disputes") == 1


@pytest.mark.parametrize("other", ["acct_shop"], indirect=True)
def test_both_flows_are_taken_on_behalf_of_a_connected_account(bot: Bot, other: OtherStripe) -> None:
    other.taken.clear()
    other.by.clear()
    case = revoked(bot, other, "4242")
    form(bot, SAM, f"lost.ask_replace:{case}", type="virtual")
    old, new = bot.rows(LostCard)[-1].card, bot.rows(LostCard)[-1].new_card
    assert other.kept["cards"][new]["replacement_for"] == old
    disputed(bot, other)
    funds = {"id": "txn_1", "object": "balance_transaction", "amount": 1_250, "currency": "usd", "created": 1}
    [theirs] = other.kept["disputes"].values()
    theirs["balance_transactions"] = [funds]
    other.tell("issuing_dispute.funds_reinstated", {**theirs, "balance_transactions": None})
    bot.clock.advance(timedelta(hours=25))
    bot.clock.pass_wall(timedelta(hours=25))
    bot.gantry.reconciliation.turn()
    bot.settle()
    assert [(one["amount"], one["check"]) for one in bot.rows(Dispute)[-1].funds] == [(1_250, "agrees")]
    assert theirs["treasury"]["received_debit"] == "rd_4242"  # a financial account paid
    assert other.refused == []
    changed = [
        (path, by) for (method, path), by in zip(other.taken, other.by, strict=True) if method == "POST"
    ]
    assert {by for _, by in changed} == {"acct_shop"}
    posts = {call[1] for call in CALLS if call[0] == "POST" and "tokens" not in call[1]}
    assert {path for path, _ in changed} == posts
    for whose in ("", "acct_other"):  # what lives elsewhere is missing, or nobody's
        headers = {**SENT, "Stripe-Account": whose} if whose else SENT
        status, told = other.answer("GET", f"/v1/issuing/cards/{old}", headers, b"")
        assert (status, told["error"]["code"]) == (
            (403, "account_invalid") if whose else (404, "resource_missing")
        )


@pytest.mark.parametrize("reason", plans.disputes().all, ids=lambda reason: reason.id)
@pytest.mark.parametrize("wanted", [params.DisputeCreateParams, params.DisputeModifyParams])
def test_the_evidence_of_every_reason_is_what_the_library_describes(reason: Any, wanted: Any) -> None:
    samples = {"date": "2026-10-01", "yes_no": "yes", "transaction": "ipi_1", "long": "a", "text": "b"}
    whole = {
        one.id: one.choices[-1] if one.kind == "choice" else samples.get(one.kind, "")
        for one in reason.fields
    }
    files = {one.id: "file_1" for one in reason.fields if one.kind == "file"}
    for given, kept in ((whole, files), ({}, {})):
        evidence = dispute_reason.evidence(reason, given, kept, "", before="other")
        sent = urlencode(list(_api_encode({"amount": 1, "evidence": evidence, "metadata": {"a": "b"}})))
        assert judged(decoded(sent), wanted)["evidence"]["reason"] == reason.id


SENT = {
    "Authorization": f"Bearer {KEY}",
    "Idempotency-Key": "1",
    "Content-Type": "application/x-www-form-urlencoded",
}
REFUSALS = [
    ("/v1/issuing/cards", "currency=usd&type=virtual&limits[0]=1", "limits", "parameter_unknown"),
    ("/v1/issuing/cards", "currency=usd", "type", "parameter_missing"),
    ("/v1/issuing/cards", "currency=usd&type=plastic", "type", ""),
    (
        "/v1/issuing/cards",
        "currency=usd&type=virtual&shipping[name]=a",
        "shipping[address]",
        "parameter_missing",
    ),
    ("/v1/issuing/cards/ic_1", "cancellation_reason=eaten", "cancellation_reason", ""),
    ("/v1/issuing/cards/ic_1", "status=", "status", "parameter_invalid_empty"),
    ("/v1/issuing/disputes", "amount=much", "amount", "parameter_invalid_integer"),
    ("/v1/issuing/disputes", "evidence[other][taste]=bad", "evidence[other][taste]", "parameter_unknown"),
    ("/v1/issuing/refunds", "", "", ""),
]


@pytest.mark.parametrize(("path", "body", "param", "code"), REFUSALS)
def test_the_other_stripe_refuses_what_the_library_does_not_describe(
    path: str, body: str, param: str, code: str
) -> None:
    stripe = Answers()
    status, told = stripe.answer("POST", path, SENT, body.encode())
    assert status in {400, 404}
    assert (told["error"].get("param", ""), told["error"].get("code", "")) == (param, code)


def test_the_other_stripe_keeps_idempotency_keys() -> None:
    stripe = Answers()
    holder = stripe.put("cardholders")["id"]

    def ask(kind: str) -> tuple[int, Any]:
        return stripe.answer(
            "POST", "/v1/issuing/cards", SENT, f"cardholder={holder}&currency={kind}&type=virtual".encode()
        )

    assert ask("usd") == ask("usd")
    assert len(stripe.kept["cards"]) == 1
    assert ask("eur")[1]["error"]["type"] == "idempotency_error"
