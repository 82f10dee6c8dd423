"""What Stripe shows of the work: told once, when its step can be worked on; what is proven is done by Gantry."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot.clock import FixedClock
from bot.domain.plan import Answers
from bot.effects import signal
from bot.services import entry, policy, step
from bot.services import signal as service
from bot.views.registry import render
from storage.queries import program as programs
from storage.tables import AuditEntry, Evidence, OutboxMessage, Program, StepEntry
from storage.tables_exception import StepSignal
from storage.tables_signal import StripeDesign, TreasuryReceipt
from storage.tables_stripe import Authorization, AuthorizationDecision, Card, Transaction
from storage.tables_stripe_event import ProgramAccount, StripeCapability, StripeDispute, StripeEvent
from tests.support.course import BOTH, EVERYTHING, LENA, MARC, NOW, TEAM, USUAL, Course

STANDARD = Answers("us", frozenset({"issuing"}), "embedded_finance", "standard", True)


def begin(course: Course, answers: Answers = USUAL, *, account: str = "", until: str = "") -> Course:
    course.start(answers)
    keep(
        course, ProgramAccount(team=TEAM, program_id=course.program_id, account=account, by="U0LENA", at=NOW)
    )
    if until:
        course.walk(until=until)
    return course


def keep(course: Course, *rows: SQLModel) -> None:
    with course.database.transaction() as session:
        session.add_all([type(row)(**row.model_dump()) for row in rows])


def card(name: str, **more: Any) -> Card:
    return Card(
        id=f"ic_{name}", **{"livemode": True, "program": "P-1", "status": "active", "created_at": NOW, **more}
    )


def asked(name: str, *, of: str, live: bool, approved: bool = True, **more: Any) -> Authorization:
    reason = "webhook_approved" if approved else "webhook_declined"
    made: dict[str, Any] = {"approved": approved, "reason": reason, "created_at": NOW, **more}
    return Authorization(id=f"iauth_{name}", livemode=live, card=f"ic_{of}", **made)


def answered(name: str, *, after: timedelta, rule: str = "none") -> AuthorizationDecision:
    return AuthorizationDecision(event=f"evt_ask_{name}", authorization=f"iauth_{name}", entries=1, livemode=False,
                                 card="ic_t", cardholder="", currency="usd", approved=True, rule=rule, policy=0,
                                 at=NOW + after)  # fmt: skip


def paid(name: str, *, of: str, live: bool, kind: str = "capture", **more: Any) -> Transaction:
    made = {"authorization": f"iauth_{name}", "card": f"ic_{of}", "created_at": NOW, **more}
    return Transaction(id=f"ipi_{name}{kind}", livemode=live, type=kind, amount=-1234, currency="eur", **made)


def heard(number: int, kind: str, about: str, *, live: bool = False, account: str = "") -> StripeEvent:
    return StripeEvent(event_id=f"evt_{number}", livemode=live, type=kind, object_id=about, account=account,
                       made_at=NOW + timedelta(seconds=number), received_at=NOW, next_attempt_at=NOW,
                       state="handled")  # fmt: skip


def design(
    name: str = "1", status: str = "active", reasons: str = "", *, at: int = 0, **more: Any
) -> StripeDesign:
    made = {"livemode": True, "event_at": NOW + timedelta(seconds=at), "metadata_text": "{}", **more}
    return StripeDesign(id=f"ics_{name}", status=status, reasons=reasons, **made)


def look(course: Course) -> list[str]:
    """Look until there is nothing new; return every signal that was taken, in order."""
    while signal.look(course.database, FixedClock(course.now)):
        pass
    return [row.name.partition(":")[0] for row in course.rows(StepSignal)]


def said(course: Course, view: str = "step.signal") -> dict[str, Any]:
    """The facts of the newest notice of a view."""
    found: dict[str, Any] = json.loads(
        [row for row in course.rows(OutboxMessage) if row.view == view][-1].facts or ""
    )
    return found


LOST = (
    card("t", livemode=False, status="canceled", cancellation_reason="stolen"),
    card("t2", livemode=False, replacement_for="ic_t"),
)
DISPUTED = (
    paid("a", of="t", live=False),
    StripeDispute(
        id="idp_1", livemode=False, status="won", transaction="ipi_acapture", currency="usd", event_at=NOW
    ),
    *(
        heard(n, f"issuing_dispute.{kind}", "idp_1")
        for n, kind in enumerate(("created", "submitted", "closed"), 1)
    ),
)
TRIED = (*LOST, *DISPUTED, asked("a", of="t", live=False), asked("b", of="t", live=False, approved=False))


def test_the_build_begins_with_the_first_event_of_test_mode_and_a_person_ends_it(course: Course) -> None:
    begin(course)
    keep(
        course, *LOST, heard(2, "issuing_card.created", "ic_t"), heard(1, "issuing_card.created", "ic_other")
    )
    assert look(course) == []
    course.walk(until="test_build")
    assert look(course) == ["test_started"]
    told = said(course)
    assert (told["act"], told["source"]) == ("tell", "evt_2")
    assert not [block for block in render("step.signal", "fr", told)["blocks"] if "accessory" in block]
    keep(course, asked("a", of="t", live=False), answered("a", after=timedelta(milliseconds=420)))
    assert look(course)[-1] == "test_answered"
    told = said(course)
    assert (told["ms"], told["events"]) == (420, ["evt_ask_a"])
    assert "420 ms" in render("step.signal", "en", told)["text"]
    keep(course, asked("b", of="t", live=False, approved=False))
    assert look(course) == ["test_started", "test_answered", "test_purchases"]
    assert look(course) == ["test_started", "test_answered", "test_purchases"]
    assert course.step("test_build").state == "open"  # whether that was all is for a person to say
    assert {"step:signal:seen", "step:signal:proposed"} <= set(course.tags())


def test_the_answer_of_the_fallback_proves_nothing(course: Course) -> None:
    begin(course, until="test_build")
    keep(course, *LOST, asked("a", of="t", live=False), answered("a", after=timedelta(0), rule="fallback"))
    assert look(course) == []


def test_what_test_mode_proves_is_done_when_its_step_opens_with_the_trail_as_proof(course: Course) -> None:
    begin(course)
    keep(course, *TRIED)
    course.walk(until="dispute_door")
    assert (
        look(course) == ["test_purchases", "test_dispute", "test_lost_card"][-2:]
    )  # the build was over already
    assert course.step("dispute_door").done_by == course.step("lost_card_door").done_by == "gantry"
    [one] = [row for row in course.rows(StepEntry) if row.key == "dispute_door"]
    assert [event for event, *_ in one.outcome["trail"]] == ["evt_1", "evt_2", "evt_3"]
    done = next(
        row
        for row in course.rows(AuditEntry)
        if row.subject == "P-1/dispute_door" and row.tag == "step:do:done"
    )
    assert (done.actor, done.after["outcome"]["event"]) == (
        "gantry",
        "evt_1",
    )  # the dispute was so from then on
    words = render("step.done", "fr", said(course, "step.done"))["text"]
    assert "Gantry" in words
    assert "ic_t" in words


@pytest.mark.parametrize("missing", range(1, 4))
def test_a_dispute_of_which_a_part_was_not_seen_proves_nothing(course: Course, missing: int) -> None:
    begin(course)
    keep(course, *LOST, *(row for row in DISPUTED if getattr(row, "event_id", "") != f"evt_{missing}"))
    course.walk(until="dispute_door")
    assert look(course) == []


def test_nothing_of_test_mode_speaks_for_a_live_step(course: Course) -> None:
    begin(course)
    keep(course, *TRIED)
    course.walk(until="first_card")
    look(course)
    assert course.step("first_card").state == "open"
    course.walk(until="employee_tests")
    look(course)
    assert {row.step for row in course.rows(StepSignal)} <= {"test_build", "dispute_door", "lost_card_door"}


def test_a_step_that_a_person_opened_again_is_theirs(course: Course) -> None:
    begin(course, until="first_card")
    course.finish("first_card")
    [by_hand] = [row for row in course.rows(StepEntry) if row.key == "first_card"]
    course.do(entry.undo, LENA, by_hand.id, course.now)
    keep(course, card("1"))
    assert look(course) == ["first_card"]
    assert (course.step("first_card").state, said(course)["act"]) == ("open", "propose")


@pytest.mark.parametrize("undone", [True, False])
def test_what_gantry_did_can_be_undone_and_no_later_event_does_it_again(
    course: Course, *, undone: bool
) -> None:
    begin(course, until="first_card")
    keep(course, card("1"), heard(1, "issuing_card.created", "ic_1", live=True))
    assert look(course) == ["first_card"]
    assert course.step("first_card").state == "done"
    assert said(course, "step.done")["shown"]["events"] == ["evt_1"]
    done = [row for row in course.rows(StepEntry) if row.key == "first_card"][-1]
    if undone:
        course.do(entry.undo, LENA, done.id, course.now)
    else:
        course.do(entry.reopen, MARC, done.id, "It is a customer's.", course.now)
    keep(course, card("2"), heard(2, "issuing_card.created", "ic_2", live=True))
    assert look(course) == ["first_card"]
    assert course.step("first_card").state == "open"


def test_a_step_that_a_person_blocked_is_theirs(course: Course) -> None:
    begin(course, until="first_card")
    on = (course.now + timedelta(days=3)).date()
    course.do(step.block, LENA, course.id("first_card"), "Finance first.", on, course.now)
    keep(course, card("1"))
    assert look(course) == ["first_card"]
    assert course.step("first_card").state == "blocked"


def test_a_rejected_design_blocks_the_cards_with_its_reasons_and_an_accepted_one_ends_them(
    course: Course,
) -> None:
    begin(course, STANDARD, until="physical_cards_standard")
    keep(course, design(livemode=False, name="t"))
    assert look(course) == []
    reasons = "card_logo:network_name,card_logo:a_new_reason"
    keep(
        course,
        design("1", "rejected", reasons),
        heard(1, "issuing_personalization_design.rejected", "ics_1", live=True),
    )
    assert look(course) == ["design_rejected"]
    row = course.step("physical_cards_standard")
    assert (row.state, row.note) == (
        "blocked",
        "Stripe rejected the design ics_1. Logo: it names a card network. Logo: a_new_reason.",
    )

    def change(status: str, why: str = "") -> None:
        with course.database.transaction() as session:
            found = session.get(StripeDesign, "ics_1")
            assert found is not None
            found.status, found.reasons = status, why

    change("review")
    assert look(course) == ["design_rejected"]
    keep(course, heard(9, "issuing_personalization_design.rejected", "ics_1", live=True))
    change("rejected", "carrier_text:inappropriate")
    assert look(course) == ["design_rejected", "design_rejected"]
    assert "Text of the letter" in (course.step("physical_cards_standard").note or "")
    change("active")
    assert look(course)[-1] == "design_active"
    assert course.step("physical_cards_standard").state == "done"


def test_what_stripe_or_apple_decides_is_only_asked(course: Course) -> None:
    begin(course, EVERYTHING, until="apple_pay")
    course.walk(until="physical_cards_custom")
    keep(course, design("1", "rejected", "card_logo:other"), card("1", apple_pay="missing_agreement"))
    looked = look(course)
    assert {"custom_rejected", "apple_pay_missing"} <= set(looked)
    keep(course, design("2"), card("2", apple_pay="eligible"))
    assert {"custom_active", "apple_pay"} <= set(look(course))
    for key in ("physical_cards_custom", "apple_pay"):
        assert course.step(key).state == "open"
    assert {
        row.act for row in course.rows(StepSignal) if row.step in {"physical_cards_custom", "apple_pay"}
    } == {"propose"}


@pytest.mark.parametrize("active", [("card_issuing",), ("treasury",), ("card_issuing", "treasury")])
def test_an_account_is_proven_by_every_capability_that_the_products_need(
    course: Course, active: tuple[str, ...]
) -> None:
    begin(course, BOTH, account="acct_7", until="connected_accounts")
    for name in active:
        of = {"account": "acct_7", "livemode": False, "platform": ""}
        keep(course, StripeCapability(capability=name, status="active", active_at=NOW, **of))
    whole = len(active) > 1
    assert look(course) == (["accounts_active"] if whole else [])
    assert course.step("connected_accounts").state == ("done" if whole else "open")


LIVE = (
    asked("o", of="1", live=True, method="online"),
    asked("c", of="1", live=True, method="contactless", wallet="apple_pay"),
    asked("d", of="1", live=True, approved=False, method="online"),
    paid("o", of="1", live=True),
    paid("c", of="1", live=True),
    paid("o", of="1", live=True, kind="refund"),
)


def test_live_purchases_of_designated_employees_are_evidence_and_the_last_asks_for_the_launch(
    course: Course,
) -> None:
    begin(course, until="employee_tests")
    keep(
        course,
        card("1"),
        card("2"),
        asked("x", of="2", live=True, method="online"),
        paid("x", of="2", live=True),
    )
    with course.database.transaction() as session:
        body = '[launch_gate]\nprogram = "P-1"\ncards = ["ic_1", "ic_3"]\n'
        policy.load(session, body, team=TEAM, by="U0OLGA", now=course.now)
    assert look(course) == []  # somebody else's card
    keep(course, *LIVE)
    assert look(course) == ["live_online", "live_wallet", "live_declined", "live_refund"]
    assert not said(course)["complete"]
    there = course.do(programs.evidence_items, course.id("employee_tests"))
    assert there == {"online", "in_person", "declined", "refund"}
    [bought] = [row for row in course.rows(Evidence) if row.origin == "ipi_ocapture"]
    assert bought.name == "ipi_ocapture · November 23, 2026 · €12.34"
    assert bought.link == "https://dashboard.stripe.com/issuing/transactions/ipi_ocapture"
    keep(course, card("3", status="canceled", cancellation_reason="lost"), card("4", replacement_for="ic_3"))
    assert look(course)[-1] == "live_lost_card"
    told = said(course)
    assert told["complete"]
    assert "ask for the launch" in render("step.signal", "en", told)["text"]
    assert course.step("employee_tests").state == "open"


def test_without_designated_cards_a_live_purchase_is_proposed_as_evidence(course: Course) -> None:
    begin(course, until="employee_tests")
    keep(course, card("1"), *LIVE)
    assert set(look(course)) >= {"live_online", "live_refund"}
    assert [row for row in course.rows(Evidence) if row.by == "gantry"] == []
    assert {row.act for row in course.rows(StepSignal)} == {"propose"}


def test_the_first_live_receipt_is_asked_about_though_its_step_is_done(course: Course) -> None:
    begin(course, BOTH, until="first_financial_account")
    assert course.step("evidence_receipts").state == "done"
    keep(
        course,
        TreasuryReceipt(
            program_id=course.program_id, object_id="obp_1", kind="treasury.outbound_payment", at=NOW
        ),
    )
    assert look(course) == ["live_receipt"]
    shown = render("step.signal", "en", said(course))
    assert "asked Stripe for the receipt" in shown["text"]
    [button] = [block["accessory"] for block in shown["blocks"] if "accessory" in block]
    assert button["action_id"] == f"step.evidence:{course.id('evidence_receipts')}"


def test_of_two_workers_who_saw_the_same_one_takes_it(course: Course) -> None:
    begin(course, until="first_card")
    keep(course, card("1"))
    program = course.program
    with course.database.reading() as session:
        found = service.fresh(session, program)
    assert [course.do(service.take, program, found, course.now) for _ in range(2)] == [1, 0]
    assert [row.by for row in course.rows(StepEntry) if row.key == "first_card"] == ["gantry"]


def test_a_paused_programme_waits(course: Course) -> None:
    begin(course, until="first_card")
    keep(course, card("1"))
    program = course.program
    with course.database.reading() as session:
        found = service.fresh(session, program)
    with course.database.transaction() as session:
        row = session.get(Program, program.id)
        assert row is not None
        row.state = "paused"
    assert course.do(service.take, program, found, course.now) == 0
    assert look(course) == []


def test_what_belongs_to_no_programme_does_nothing(course: Course) -> None:
    begin(course, STANDARD, until="physical_cards_standard")
    nobody = {"program": ""}
    keep(course, card("1", **nobody), card("t", livemode=False, **nobody), asked("a", of="t", live=False),
         heard(1, "issuing_card.created", "ic_t"), design("1", account="acct_other"))  # fmt: skip
    assert look(course) == []


def test_a_launched_programme_hears_nothing_more(course: Course) -> None:
    begin(course, until="first_card")
    keep(course, card("1"))
    with course.database.transaction() as session:
        program = session.get(Program, course.program_id)
        assert program is not None
        program.launched_at = course.now
    assert look(course) == []


def test_piece_by_piece_and_backwards_it_ends_as_at_once(course: Course) -> None:
    begin(course, until="dispute_door")
    for row in reversed((*LOST, *DISPUTED)):
        keep(course, row)
        look(course)
    assert look(course) == ["test_dispute", "test_lost_card"]
    assert course.step("dispute_door").done_by == course.step("lost_card_door").done_by == "gantry"
