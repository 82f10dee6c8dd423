"""Each obligation of the guide, and the step or feature that carries it. One row of the table, one test."""

from __future__ import annotations

import re
from itertools import product

import pytest

import commands
from bot import plans
from bot.domain.plan import Answers, EvidenceItem, Plan, Step, steps_for

EVERYTHING = Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance", "custom", True, True)
STANDARD = Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance", "standard", True, True)
PLAN = plans.load("embedded_finance")

# part of the guide, what it obliges to, the step that carries it, words the step says, who acts, days, unit
STEPS = [
    ("use case", "say what Issuing and Treasury are for", "intake_form", "what you want the cards and accounts for", "us", None),
    ("use case", "say whether funded with a team, or one developer", "intake_form", "funded company", "us", None),
    ("use case", "only a supported use case", "supported_use_case", "business purpose", "us", None),
    ("use case", "Stripe makes contact within 5 days", "first_contact", "fits", "stripe", (5, "calendar_days")),
    ("use case", "a call with the account representative", "call", "account representative|use case", "us", None),
    ("use case", "the call is prepared", "call_preparation", "Agree a date", "us", None),
    ("use case", "a decision within 5 business days after the call", "supportability", "support", "stripe", (5, "business_days")),
    ("use case", "meanwhile a test build", "test_build", "test mode needs no permission", "us", None),
    ("use case", "meanwhile the compliance requirements are read", "compliance_requirements", "eight topics", "us", None),
    ("use case", "agreements are signed", "agreements", "signed", "us", None),
    ("use case", "Stripe configures the programme", "configuration", "capabilities", "stripe", None),
    ("live access", "the integration is built in production", "production_build", "production environment", "us", None),
    ("live access", "customer support takes on its requests", "support_playbook", "request", "us", None),
    ("live access", "compliance management", "compliance_processes", "", "us", None),
    ("live access", "custom physical cards", "physical_cards_design", "2,500", "us", None),
    ("live access", "custom cards take their time", "physical_cards_custom", "", "stripe", (70, "calendar_days")),
    ("live access", "mobile wallets: Apple Pay is applied for", "apple_pay_application", "Apple Pay", "us", None),
    ("live access", "mobile wallets: Apple approves", "apple_pay", "one to two weeks", "stripe", (14, "calendar_days")),
    ("live access", "fees are reviewed", "review_fees", "", "us", None),
    ("live access", "terms of service are reviewed", "review_terms", "", "us", None),
    ("live access", "marketing material is reviewed", "review_marketing", "", "us", None),
    ("live access", "user interfaces are reviewed", "review_interfaces", "", "us", None),
    ("live access", "content rules: UDAP", "guide_udap", "unfair and deceptive", "us", None),
    ("live access", "content rules: CAN-SPAM", "guide_can_spam", "", "us", None),
    ("live access", "content rules: messaging and marketing terms", "guide_messaging", "", "us", None),
    ("live access", "content rules: no marketing outside the US", "guide_marketing_abroad", "", "us", None),
    ("live access", "content rules: mandatory disclosures", "guide_disclosures", "", "us", None),
    ("live access", "everything is submitted", "submission", "compliance intake form", "us", None),
    ("live access", "Stripe reviews within two weeks", "review", "two weeks", "stripe", (14, "calendar_days")),
    ("test and live", "live only after the bank partner's approval", "live_access", "bank partner", "stripe", None),
    ("launch", "the first virtual or physical card", "first_card", "virtual or physical", "us", None),
    ("launch", "employees are designated", "designate_employees", "first transactions with real funds", "us", None),
    ("launch", "employees make the first transactions with real funds", "employee_tests", "real funds", "us", None),
    ("launch", "the public launch is approved", "launch_approval", "", "stripe", None),
    ("launch", "the public launch", "launch", "customers", "us", None),
    ("ever after", "marketing reviews for new material", "duty_marketing", "before they are published", "us", None),
    ("ever after", "complaints are handled and reported every month", "duty_complaints", "every month", "us", None),
    ("ever after", "dispute processes", "duty_disputes", "before the deadline", "us", None),
    ("ever after", "lost cards are stopped at once", "duty_lost_cards", "at once", "us", None),
    ("ever after", "records are kept for at least 5 years", "duty_records", "5 years", "us", None),
    ("ever after", "customers can complain", "complaint_door", "", "us", None),
    ("ever after", "customers can dispute", "dispute_door", "", "us", None),
    ("ever after", "customers can report a card at any hour", "lost_card_door", "hour", "us", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "obligation", "key", "says", "actor", "clock"), STEPS, ids=lambda value: str(value)[:60]
)
def test_a_step_carries_each_obligation_of_the_guide(
    part: str, obligation: str, key: str, says: str, actor: str, clock: tuple[int, str] | None
) -> None:
    steps = {step.id: step for step in steps_for(PLAN, EVERYTHING)}
    assert key in steps, f"{part}: nothing carries “{obligation}”"
    step = steps[key]
    assert step.actor == actor
    assert re.search(says, step.do.en, re.IGNORECASE), step.do.en
    assert step.do.fr
    rule = step.clock if step.clock and not step.clock.aim else None
    assert (rule and (rule.length, rule.unit)) == clock


def test_standard_cards_are_prepared_as_custom_ones_are() -> None:
    assert "physical_cards_standard" in {step.id for step in steps_for(PLAN, STANDARD)}


# the five proofs: what they prove, where each must be shown
PROOFS = [
    ("disclosures", {"signup", "account", "marketing"}),
    ("complaints", {"account"}),
    ("disputes", {"account"}),
    ("emails", set()),
    ("receipts", {"account"}),
    ("statements", set()),
    *((name, set()) for name in ("fees", "terms", "marketing", "interfaces")),
]


def items(answers: Answers) -> list[EvidenceItem]:
    return [item for step in steps_for(PLAN, answers) for item in step.evidence if item.proof]


@pytest.mark.parametrize(("proof", "flows"), PROOFS, ids=[name for name, _ in PROOFS])
def test_the_submission_proves_each_thing_in_the_flows_it_concerns(proof: str, flows: set[str]) -> None:
    found = [item for item in items(EVERYTHING) if item.proof == proof]
    assert found, f"no item proves {proof}"
    assert flows <= {item.flow for item in found}
    assert all(item.good.en and item.good.fr for item in found), "each says what a good file shows"


@pytest.mark.parametrize(
    ("proof", "without"),
    [
        ("receipts", Answers("us", frozenset({"issuing"}), "embedded_finance")),
        ("statements", Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance")),
        ("emails", Answers("us", frozenset({"treasury"}), "embedded_finance")),
    ],
)
def test_a_proof_is_asked_only_of_those_it_concerns(proof: str, without: Answers) -> None:
    assert proof not in {item.proof for item in items(without)}


def test_a_revision_starts_the_loop_again() -> None:
    review = PLAN.by_id["review"]
    assert review.back_to == "submission"
    assert review.clock is not None
    assert review.clock.starts == "submission"


LIVE = [step for step in PLAN.steps if step.mode == "live"]


@pytest.mark.parametrize("step", LIVE, ids=lambda step: step.id)
def test_live_mode_waits_for_its_approval(step: Step) -> None:
    behind, waiting = set(step.needs), list(step.needs)
    while waiting:
        more = set(PLAN.by_id[waiting.pop()].needs) - behind
        behind |= more
        waiting.extend(more)
    assert "live_access" in behind


def test_nothing_but_the_launch_part_is_live() -> None:
    assert {step.part for step in LIVE} == {"launch"}


# variant, the duties that its page lists
DUTIES = [
    (
        "embedded_finance",
        {"duty_marketing", "duty_complaints", "duty_disputes", "duty_lost_cards", "duty_records"},
    ),
    ("b2b_payments", {"duty_marketing", "duty_lost_cards", "duty_records"}),
    ("expense_management", {"duty_marketing", "duty_complaints", "duty_disputes", "duty_lost_cards"}),
]


@pytest.mark.parametrize(("variant", "duties"), DUTIES, ids=[name for name, _ in DUTIES])
def test_launch_waits_for_an_owner_of_each_duty_of_the_variant(variant: str, duties: set[str]) -> None:
    plan = plans.load(variant)
    assert set(plan.duties) == duties
    assert duties <= set(plan.by_id["launch"].needs)
    assert all(plan.by_id[key].outcome == "duty" for key in duties)


def test_complaints_are_due_every_month() -> None:
    repeats = PLAN.by_id["duty_complaints"].repeats
    assert repeats is not None
    assert (repeats.length, repeats.unit) == (1, "months")


REGIONS: list[tuple[Plan, str]] = [
    (plan, region) for plan, region in product(map(plans.load, plans.variants()), ("us", "uk", "eu"))
]


@pytest.mark.parametrize(("plan", "region"), REGIONS, ids=lambda value: getattr(value, "variant", value))
def test_treasury_is_for_the_united_states_only(plan: Plan, region: str) -> None:
    if region != "us" and region in plan.regions:
        assert "treasury" not in plan.products


# what no step carries: the word that people use instead
FEATURES = [
    ("a revision, correction or late entry", "onboarding.history"),
    ("changes of cards, wallets, dates and people", "onboarding.edit"),
    ("every round of the submission", "onboarding.submissions"),
    ("lasting duties with their dates", "onboarding.duties"),
    ("messages to the account representative", "onboarding.write"),
]


@pytest.mark.parametrize(("what", "verb"), FEATURES)
def test_a_word_carries_what_no_step_does(what: str, verb: str) -> None:
    assert commands.DOORS.verb(verb) is not None, what
