"""A dispute and what is around it: the card that paid, the account that paid, the money that moves."""

from __future__ import annotations

import pytest

from bot.playground.stripe import acts, disputes
from bot.playground.stripe.local import PLATFORM
from storage.tables_call import StripeCall
from storage.tables_lost import LostCard
from tests.listeners.dispute_desk import SURE, Desk
from tests.listeners.test_doors import opened
from tests.reliability.rig import OLGA, OPS, SAM


def test_money_that_moves_is_said_once_and_compared_with_the_dispute(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.begin()
    desk.write("I never bought this.")
    desk.ask()
    desk.submit()
    theirs = desk.theirs[0]
    disputes.move_funds(desk.stripe.vault, PLATFORM, theirs["id"], 7_000)
    desk.settle()
    assert (desk.said("$70.00 came to the Issuing balance for"), desk.said("Check:")) == (1, 0)

    # Events that name no balance transaction: Stripe is asked for them.
    tell = desk.stripe.vault.tell
    monkeypatch.setattr(
        desk.stripe.vault, "tell", lambda whose, kind, one: tell(whose, kind, {**one, "balance_transactions": None})
    )  # fmt: skip
    disputes.move_funds(desk.stripe.vault, PLATFORM, theirs["id"], -6_000)
    desk.settle()
    assert desk.said("$60.00 were taken back from the Issuing balance for") == 1
    assert "the dispute is about $70.00" in desk.bot.said("$60.00 were taken back", OPS)[-1].text
    assert [row.state for row in desk.bot.rows(StripeCall) if row.act == "dispute.funds"] == ["done"]
    tell(PLATFORM, "issuing_dispute.updated", theirs)
    desk.settle()
    assert [(one["what"], one["amount"], one["check"]) for one in desk.row.funds] == [
        ("reinstated", 7_000, "agrees"),
        ("rescinded", 6_000, "differs"),
    ]
    assert desk.said("Issuing balance for") == 2


def test_a_purchase_that_a_financial_account_paid_is_disputed_by_its_debit(desk: Desk) -> None:
    card = desk.stripe.issue(financial_account="fa_1")
    used = acts.authorize(desk.stripe.vault, PLATFORM, card["id"], 7_000)
    desk.paid = acts.capture(desk.stripe.vault, PLATFORM, used["id"])
    desk.settle()
    desk.begin()
    [theirs] = desk.theirs
    assert (theirs["transaction"], desk.row.error) == (desk.paid["id"], "")
    assert theirs["treasury"]["received_debit"].startswith("rd_")


def test_funds_without_a_balance_transaction_are_said_with_a_doubt(desk: Desk) -> None:
    desk.begin()
    desk.write("I never bought this.")
    desk.ask()
    desk.submit()
    desk.stripe.vault.tell(PLATFORM, "issuing_dispute.funds_reinstated", desk.theirs[0])
    desk.settle()
    [said] = desk.bot.said("$70.00 came to the Issuing balance for", OPS)
    assert "Stripe named no balance transaction" in said.text


def test_the_card_is_canceled_from_the_form_and_the_draft_is_kept(desk: Desk) -> None:
    slack = desk.bot.slack
    desk.begin()
    opened(desk.bot, SAM).values = slack.fill(SAM, {"explanation": "I never bought this."})
    slack.click(SAM, "lost.for_dispute")
    slack.wait_for(lambda: "lost.revoke" in str(opened(desk.bot, SAM).payload), what="the question")
    assert desk.bot.rows(LostCard)[-1].state == "frozen"
    assert slack.submit(SAM, {"kind": "stolen"}) == {"ok": True}
    shown = slack.wait_for(
        lambda: (view := opened(desk.bot, SAM)) and "is being canceled" in str(view.payload) and view,
        what="the page",
    )
    assert "I never bought this." in str(shown.payload)
    desk.settle()
    assert desk.stripe.vault.get(PLATFORM, acts.CARD, desk.card["id"])["status"] == "canceled"
    desk.next()
    assert "lost.for_dispute" not in str(opened(desk.bot, SAM).payload)
    desk.ask()
    assert desk.submit(OLGA, **SURE) == {"ok": True}
    assert desk.row.state == "submitted"
