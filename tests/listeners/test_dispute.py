"""A dispute from the purchase to the reimbursement: signed clicks, forms and events in; Stripe and Slack out."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from bot.playground.stripe import acts, disputes
from bot.playground.stripe.local import PLATFORM, LocalStripe
from bot.services.stripe_call import WAKE
from storage.tables import Deadline
from storage.tables_call import StripeCall
from storage.tables_dispute import Dispute, DisputePaper
from tests.listeners.test_doors import answer, opened
from tests.reliability.rig import CARDS, LENA, MARC, OLGA, OPS, SAM, Bot

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


def test_a_thiefs_purchase_is_disputed_won_and_reimbursed(desk: Desk) -> None:
    desk.begin()
    assert [(one["status"], one["evidence"]["reason"], one["amount"]) for one in desk.theirs] == [
        ("unsubmitted", "fraudulent", 7_000)
    ]
    assert desk.said("Draft, opened by") == 1
    proof = desk.bot.slack.upload(SAM, "receipt.png", picture())
    desk.write(additional_documentation=[proof.id])
    sent = desk.theirs[0]["evidence"]["fraudulent"]
    assert sent["explanation"] == "I never bought this. winning_evidence"
    assert sent["additional_documentation"].startswith("file_")
    [paper] = desk.bot.rows(DisputePaper)
    assert (paper.state, paper.mimetype, paper.stripe) == (
        "made",
        "image/jpeg",
        sent["additional_documentation"],
    )
    desk.ask()
    assert (
        "Olga" in desk.bot.said("asks for a second look", OPS)[0].text
        or "U0OLGA" in desk.bot.said("asks for a second look", OPS)[0].text
    )
    assert desk.submit() == {"ok": True}
    assert desk.row.state == "won"
    assert desk.posts("/submit") == desk.posts("/v1/issuing/disputes") == desk.posts("/v1/files") == 1
    for words in ("is submitted, by", "within 1 day", "came to the Issuing balance", "*Won:*"):
        assert desk.said(words) == 1, words
    clocks = {row.subject: (row.state, row.ladder) for row in desk.bot.rows(Deadline)}
    assert clocks == {"dispute": ("met", "dispute"), "dispute_task": ("open", "dispute_task")}
    desk.bot.click(SAM, f"dispute.task:{desk.row.id}", OPS)
    opened(desk.bot, SAM)
    desk.next(note="Credited to their account.")
    assert (desk.row.task_state, desk.row.task_by) == ("done", SAM)
    assert desk.bot.rows(Deadline)[-1].state == "met"
    assert desk.said("reimbursed the cardholder") == 1


def test_a_lost_dispute_says_why_in_plain_words(desk: Desk) -> None:
    desk.begin()
    desk.write("losing_evidence")
    desk.ask()
    desk.submit()
    assert desk.row.state == "lost"
    assert desk.said("Stripe names no closer reason") >= 1
    assert not desk.row.task


LOSSES = ["/v1/issuing/disputes", "/v1/files", "LOCAL", "/submit"]


@pytest.mark.parametrize("path", LOSSES)
def test_a_lost_reply_makes_no_second_dispute_and_no_second_submission(desk: Desk, path: str) -> None:
    desk.stripe.faults.lost_path = path
    desk.stripe.faults.lost_reply = True
    desk.begin()
    proof = desk.bot.slack.upload(SAM, "receipt.png", picture())
    desk.write(additional_documentation=[proof.id])
    desk.ask()
    desk.submit()
    desk.stripe.faults.clear()
    desk.bot.clock.pass_wall(timedelta(minutes=3))
    desk.settle()
    assert desk.row.state == "won"
    assert len(desk.theirs) == 1
    kinds = [event["type"] for _, event in desk.stripe.vault.events]
    assert kinds.count("issuing_dispute.submitted") == kinds.count("issuing_dispute.created") == 1
    files = [one for (_, kind, _), one in desk.stripe.vault.objects.items() if kind == disputes.FILE]
    assert len(files) == 1
    assert desk.said("is submitted, by") == 1
    assert {row.state for row in desk.bot.rows(StripeCall)} == {"done"}


def test_while_stripe_is_away_nothing_is_lost_and_it_is_submitted_once(desk: Desk) -> None:
    desk.stripe.faults.outage = True
    desk.begin()
    desk.write()
    assert "does not answer" in desk.bot.slack.messages(OPS)[0].text + str(
        desk.bot.slack.messages(OPS)[0].blocks
    )
    desk.ask()
    desk.submit()
    assert (desk.row.state, desk.theirs) == ("submitting", [])
    desk.stripe.faults.clear()
    desk.bot.clock.pass_wall(timedelta(minutes=3))
    desk.settle()
    assert desk.row.state == "won"
    assert desk.posts("/submit") == 1


def test_what_stripe_refuses_comes_back_at_its_field(desk: Desk) -> None:
    desk.begin("duplicate")
    desk.next(explanation="Charged twice.", original_transaction="the other one")
    assert desk.row.error_param == "original_transaction"
    assert desk.said("Stripe did not take") == 1
    desk.bot.slack.close(SAM)
    desk.bot.click(SAM, f"dispute.resume:{desk.row.id}", OPS)
    desk.bot.slack.wait_for(lambda: desk.bot.slack.view(SAM), what="the form")
    shown = desk.bot.slack.view(SAM)
    assert shown is not None
    assert "The other purchase" in str(shown.payload["blocks"])
    assert any(block["type"] == "alert" for block in shown.payload["blocks"])
    desk.next(original_transaction="ipi_000001LOCAL")
    assert (desk.row.error, desk.row.kept) == ("", desk.row.wanted)


def test_the_author_needs_a_second_person(desk: Desk) -> None:
    desk.begin()
    desk.write()
    desk.ask()
    desk.bot.click(SAM, f"dispute.check:{desk.row.id}", OPS)
    desk.settle()
    assert any("somebody else submits it" in words for words in desk.bot.told(SAM))
    assert desk.row.state == "asked"


def test_a_fraud_on_a_card_that_works_is_said_before_it_is_submitted(desk: Desk) -> None:
    desk.begin()
    desk.write()
    desk.ask()
    told = desk.submit(sure=["yes"])
    assert "Revoke it first" in str(told)
    assert desk.row.state == "asked"
    acts.change_card(
        desk.stripe.vault, PLATFORM, desk.card["id"], status="canceled", cancellation_reason="stolen"
    )
    desk.settle()
    desk.bot.slack.close(OLGA, everything=True)
    assert desk.submit(sure=["yes"]) == {"ok": True}
    assert desk.row.state == "won"


def test_in_the_last_two_working_days_one_person_submits_and_managers_are_told(desk: Desk) -> None:
    desk.begin()
    desk.write()
    desk.pass_time(timedelta(days=110))
    desk.bot.click(SAM, f"dispute.resume:{desk.row.id}", OPS)
    opened(desk.bot, SAM)
    desk.ask()
    told = desk.submit(SAM, alone="", **CARD)
    assert told != {"ok": True}
    desk.bot.slack.close(SAM, everything=True)
    assert desk.submit(SAM, alone="Nobody else is here.", **CARD) == {"ok": True}
    assert (desk.row.alone, desk.row.state) == ("last_days", "won")
    assert [row for row in desk.bot.rows(Dispute) if row.alone_reason == "Nobody else is here."]
    direct = [
        message.text
        for channel in desk.bot.slack.slack.workspace.channels
        for message in desk.bot.slack.messages(channel)
        if "alone" in message.text or "seul" in message.text or "sans seconde" in message.text
    ]
    assert direct


def test_closing_the_form_keeps_the_page_and_offers_to_go_on(desk: Desk) -> None:
    desk.begin("not_received")
    desk.bot.slack.close(SAM, fields={"explanation": "It never came.", "product_type": "service"})
    desk.settle()
    assert "It never came." in (desk.row.fields or "")
    assert any("kept as a draft" in words for words in desk.bot.told(SAM))
    desk.bot.slack.command(SAM, OPS, f"/dispute new {desk.paid['id']}")
    shown = opened(desk.bot, SAM)
    assert "It never came." in str(shown.payload["blocks"])


def test_two_people_who_submit_at_once_submit_once(desk: Desk) -> None:
    desk.begin()
    desk.write("No word that decides.")
    desk.ask()
    for person in (OLGA, MARC):
        desk.bot.click(person, f"dispute.check:{desk.row.id}", OPS)
        opened(desk.bot, person)
    said = [desk.bot.slack.submit(person, {**SURE, **CARD}) for person in (OLGA, MARC)]
    desk.settle()
    assert said[0] == {"ok": True}
    assert (desk.row.state, desk.row.second, desk.posts("/submit")) == ("submitted", OLGA, 1)


def test_a_draft_that_expires_asks_for_a_review(desk: Desk) -> None:
    desk.begin()
    desk.pass_time(timedelta(days=112))
    disputes.expire(desk.stripe.vault, PLATFORM)
    desk.settle()
    assert (desk.row.state, desk.row.task, desk.row.task_state) == ("expired", "review", "open")
    assert desk.said("*Expired:*") == 1


def test_a_dispute_made_elsewhere_gets_a_board_and_a_thread(desk: Desk) -> None:
    given = {
        "transaction": desk.paid["id"],
        "evidence": {"reason": "other", "other": {"explanation": "Broken."}},
    }
    made = disputes.create(desk.stripe.vault, PLATFORM, given)
    desk.settle()
    assert (desk.row.stripe, desk.row.reason, desk.row.by, desk.row.state) == (
        made["id"],
        "other",
        "",
        "draft",
    )
    assert desk.said("Draft, opened by Stripe") == 1
    desk.bot.click(SAM, f"dispute.resume:{desk.row.id}", OPS)
    assert "Broken." in str(opened(desk.bot, SAM).payload["blocks"])
    desk.next(product_type="merchandise", product_description="a drill")
    kept = desk.theirs[0]["evidence"]["other"]
    assert (kept["explanation"], kept["product_description"]) == ("Broken.", "a drill")
    disputes.decide(desk.stripe.vault, PLATFORM, made["id"], "won")
    disputes.decide(desk.stripe.vault, PLATFORM, made["id"], "won")
    desk.settle()
    assert (desk.row.state, desk.said("*Won:*")) == ("won", 1)


def test_a_draft_that_exists_only_at_stripe_is_found_within_a_day(desk: Desk) -> None:
    desk.stripe.faults.drop = True
    disputes.create(desk.stripe.vault, PLATFORM, {"transaction": desk.paid["id"]})
    desk.stripe.faults.drop = False
    assert desk.bot.gantry.disputes.sweep() == 1
    desk.settle()
    assert desk.row.state == "draft"
    assert desk.bot.gantry.disputes.sweep() == 0


def test_purchases_from_before_gantry_listened_can_be_disputed(desk: Desk) -> None:
    desk.stripe.faults.drop = True
    used = acts.authorize(desk.stripe.vault, PLATFORM, desk.card["id"], 9_900)
    older = acts.capture(desk.stripe.vault, PLATFORM, used["id"])
    desk.stripe.faults.drop = False
    assert "has not told" in answer(desk.bot, SAM, f"/dispute new {older['id']}", OPS)
    desk.bot.gantry.disputes.sweep()
    desk.bot.slack.command(SAM, OPS, f"/dispute new {older['id']}")
    assert "$99.00" in str(opened(desk.bot, SAM).payload["blocks"])


def test_a_purchase_is_disputed_from_the_message_that_names_it(desk: Desk) -> None:
    for words, shown in (
        (f"was `{desk.paid['id']}` ours?", "Rocket Rides"),
        ("was it ours?", "min_query_length"),
    ):
        said = desk.bot.slack.say(SAM, OPS, words)
        desk.bot.slack.shortcut(SAM, "dispute.message", OPS, said.ts)
        assert shown in str(opened(desk.bot, SAM).payload["blocks"])
        desk.bot.slack.close(SAM, everything=True)
    desk.begin()
    desk.bot.slack.close(SAM, everything=True)
    disputes.decide(desk.stripe.vault, PLATFORM, desk.row.stripe, "won")
    desk.settle()
    said = desk.bot.slack.say(SAM, OPS, f"and {desk.paid['id']}?")
    desk.bot.slack.shortcut(SAM, "dispute.message", OPS, said.ts)
    desk.settle()
    assert "Won" in desk.bot.told(SAM)[-1]


def test_members_without_the_role_are_told_who_may(desk: Desk) -> None:
    said = answer(desk.bot, LENA, f"/dispute new {desk.paid['id']}", CARDS)
    assert "support" in said
    assert desk.bot.rows(Dispute) == []


def test_what_cannot_be_disputed_is_said_with_the_reason(desk: Desk) -> None:
    assert "has not told" in answer(desk.bot, SAM, "/dispute new ipi_nobody", OPS)
    desk.pass_time(timedelta(days=111))
    assert "110 days" in answer(desk.bot, SAM, f"/dispute new {desk.paid['id']}", OPS)


def test_a_part_can_be_disputed_and_never_more_than_was_paid(desk: Desk) -> None:
    desk.bot.slack.command(SAM, OPS, f"/dispute new {desk.paid['id']}")
    opened(desk.bot, SAM)
    told = desk.bot.slack.submit(SAM, {"reason": "other", "amount": "70.01"})
    assert "At most 70.00" in str(told)
    desk.next(reason="other", amount="12,50")
    assert (desk.row.amount, desk.theirs[0]["amount"]) == (1_250, 1_250)


def test_the_list_the_picture_and_one_dispute_show_the_same(desk: Desk) -> None:
    assert "no disputes yet" in answer(desk.bot, SAM, "/dispute list", OPS)
    desk.begin()
    ref = desk.row.ref
    assert ref in answer(desk.bot, SAM, "/dispute list", OPS)
    for name in (ref.lower(), desk.paid["id"], desk.row.stripe):
        assert "Fraud" in answer(desk.bot, SAM, f"/dispute show {name}", OPS)
    assert "no dispute D-99" in answer(desk.bot, SAM, "/dispute show D-99", OPS)
    assert "on its way" in answer(desk.bot, SAM, "/dispute picture", OPS)
    desk.settle()


def test_purchases_are_found_by_what_people_know_of_them(desk: Desk) -> None:
    desk.bot.slack.command(SAM, OPS, "/dispute new")
    opened(desk.bot, SAM)
    for words, count in ((desk.card["last4"], 1), ("rocket 70", 1), ("ipi_", 1), ("nothing like it", 0)):
        found = desk.bot.slack.suggest(SAM, "dispute.find", words)
        assert len(found["options"]) == count, words
    desk.next(transaction=desk.paid["id"])
    shown = desk.bot.slack.view(SAM)
    assert shown is not None
    assert "Rocket Rides" in str(shown.payload["blocks"])


def test_a_process_that_dies_after_each_call_leaves_one_dispute_and_one_submission(desk: Desk) -> None:
    """The first try of every call reaches Stripe, and nobody is left to record the answer."""
    loop = desk.bot.gantry.worker._loops[WAKE]
    record, died = loop._task.work, set[int]()

    def work(row: StripeCall) -> None:
        if row.id in died:
            record(row)
        else:
            died.add(row.id)
            record.__self__._call(row)  # type: ignore[attr-defined]

    loop._task = replace(loop._task, work=work)

    def come_back() -> None:
        desk.settle()
        desk.bot.clock.pass_wall(timedelta(seconds=61))  # the lease of whoever died ends
        desk.settle()

    desk.begin()
    come_back()
    proof = desk.bot.slack.upload(SAM, "receipt.png", picture())
    desk.write(additional_documentation=[proof.id])
    come_back()
    come_back()
    desk.ask()
    desk.submit()
    come_back()
    assert {row.act for row in desk.bot.rows(StripeCall)} == {
        "dispute.create",
        "dispute.change",
        "dispute.submit",
    }
    assert len(died) == len(desk.bot.rows(StripeCall))
    assert desk.row.state == "won"
    assert len(desk.theirs) == 1
    kinds = [event["type"] for _, event in desk.stripe.vault.events]
    assert kinds.count("issuing_dispute.submitted") == kinds.count("issuing_dispute.created") == 1
    assert desk.said("is submitted, by") == 1
