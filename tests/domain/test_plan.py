from __future__ import annotations

import itertools
import re
from dataclasses import FrozenInstanceError, replace

import pytest

from bot import plans
from bot.domain.plan import (
    Answers,
    Clock,
    Condition,
    EvidenceItem,
    Part,
    Plan,
    PlanError,
    Step,
    Text,
    applies,
    from_json,
    sha256,
    steps_for,
    to_json,
)
from bot.domain.plan_check import possible_answers, validate

VARIANTS = plans.variants()
US = Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance", "standard", wallets=True)
BOTH = Text("Do it.", "Faites-le.")


def step(key: str, *needs: str, **changes: object) -> Step:
    made = Step(key, "start", "us", BOTH, BOTH, "https://example.com/guide", needs=needs)
    return replace(made, **changes)  # type: ignore[arg-type]


def item(key: str, **changes: object) -> EvidenceItem:
    return replace(EvidenceItem(key, BOTH, good=BOTH), **changes)  # type: ignore[arg-type]


def plan(*steps: Step, **changes: object) -> Plan:
    made = Plan(
        variant="small",
        version="1",
        products=("issuing",),
        regions=("us", "uk"),
        source="https://example.com/guide",
        title=BOTH,
        who=BOTH,
        parts=(Part("start", BOTH),),
        steps=steps,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def needs_of(steps: tuple[Step, ...]) -> dict[str, tuple[str, ...]]:
    return {one.id: one.needs for one in steps}


# ---- the three plans


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_plan_is_without_mistakes_and_survives_storage(variant: str) -> None:
    loaded = plans.load(variant)

    assert validate(loaded) == []
    text = to_json(loaded)
    assert from_json(text) == loaded
    assert to_json(from_json(text)) == text
    assert len(sha256(text)) == 64
    assert hash(loaded) == hash(from_json(text))


NAMED = [
    "supported_use_case",
    "intake_form",
    "first_contact",
    "call_preparation",
    "call",
    "supportability",
    "agreements",
    "configuration",
    "test_build",
    "compliance_requirements",
    "production_build",
    "support_playbook",
    "compliance_processes",
    "complaint_door",
    "dispute_door",
    "lost_card_door",
    "physical_cards_standard",
    "physical_cards_custom",
    "apple_pay",
    "guide_udap",
    "guide_can_spam",
    "guide_messaging",
    "guide_marketing_abroad",
    "guide_disclosures",
    "review_fees",
    "review_terms",
    "review_marketing",
    "review_interfaces",
    "evidence_disclosures",
    "evidence_complaints_disputes",
    "evidence_emails",
    "submission",
    "review",
    "live_access",
    "first_card",
    "designate_employees",
    "employee_tests",
    "duty_marketing",
    "duty_lost_cards",
    "launch_approval",
    "launch",
]
ONLY_IN = {
    "embedded_finance": "connected_accounts first_financial_account evidence_receipts evidence_statements "
    "duty_complaints duty_disputes duty_records",
    "b2b_payments": "duty_records wallets_partnership guide_marketing_eu_uk bank_approval",
    "expense_management": "duty_complaints duty_disputes wallets_partnership guide_marketing_eu_uk",
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_plan_has_every_step_of_the_guide_by_name(variant: str) -> None:
    assert {*NAMED, *ONLY_IN[variant].split()} <= set(plans.load(variant).by_id)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_programme_ends_in_a_launch_that_waits_for_all_its_duties(variant: str) -> None:
    loaded = plans.load(variant)
    for answers in possible_answers(loaded):
        steps = steps_for(loaded, answers)
        duties = {one.id for one in steps if one.outcome == "duty"}

        assert duties <= set(loaded.duties)
        assert duties <= set(needs_of(steps)["launch"])
        behind, fresh = set[str](), {"launch"}
        while fresh:
            behind |= fresh
            fresh = {need for key in fresh for need in needs_of(steps)[key]} - behind
        # Wallets may follow the launch; everything else comes before it.
        assert set(needs_of(steps)) - behind <= {
            "apple_pay",
            "apple_pay_application",
            "wallets_request",
            "wallets_partnership",
        }


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_rule_comes_from_a_page_of_stripes(variant: str) -> None:
    loaded = plans.load(variant)
    pages = [loaded.source, *(one.source for one in loaded.steps)]

    assert [
        page
        for page in pages
        if not page.startswith(("https://docs.stripe.com/", "https://support.stripe.com/"))
    ] == []


def test_the_five_duties_of_embedded_finance_are_all_named() -> None:
    assert plans.load("embedded_finance").duties == (
        "duty_marketing",
        "duty_complaints",
        "duty_disputes",
        "duty_lost_cards",
        "duty_records",
    )


CLOCKS = [
    pytest.param("first_contact", 5, "calendar_days", "stripe", "intake_form", True, id="first contact: about 5 days (12)"),
    pytest.param("supportability", 5, "business_days", "open", "call", False, id="decision: 5 business days (1.2)"),
    pytest.param("review", 14, "calendar_days", "stripe", "submission", False, id="review: two weeks (1.2)"),
    pytest.param("apple_pay", 14, "calendar_days", "stripe", "apple_pay_application", True, id="Apple: one to two weeks (1.7)"),
    pytest.param("physical_cards_custom", 70, "calendar_days", "stripe", "physical_cards_design", True, id="custom cards: 8 to 10 weeks (1.7)"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "length", "unit", "calendar", "starts", "about"), CLOCKS)
def test_the_waits_for_others_have_the_clock_of_their_source(
    key: str,
    length: int,
    unit: str,
    calendar: str,
    starts: str,
    about: bool,  # noqa: FBT001 - a column
) -> None:
    assert plans.load("embedded_finance").by_id[key].clock == Clock(length, unit, calendar, starts, about)


WORDS = re.compile(
    r"CAN-SPAM|UDAP|bank partner|banque partenaire|outside the US|à l.étranger|Treasury", re.IGNORECASE
)


@pytest.mark.parametrize(
    ("variant", "region"), list(itertools.product(("b2b_payments", "expense_management"), ("uk", "eu")))
)
def test_nobody_in_the_uk_or_the_eu_reads_about_rules_of_the_us(variant: str, region: str) -> None:
    loaded = plans.load(variant)
    answers = Answers(region, frozenset({"issuing"}), variant, "custom", wallets=True)
    texts = [
        (one.id, text[language])
        for one in steps_for(loaded, answers)
        for text in (one.title, one.do, *(part for item in one.evidence for part in (item.title, item.good)))
        for language in ("en", "fr")
    ]

    assert [(key, text) for key, text in texts if WORDS.search(text)] == []
    assert any("Stripe" in text for key, text in texts if key == "live_access")


def test_a_programme_in_the_us_hears_of_the_bank_partner() -> None:
    assert "bank partner" in plans.load("embedded_finance").by_id["live_access"].do.en
    assert "bank_approval" in needs_of(plans.load("b2b_payments").steps)["live_access"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_who_finishes_steps_in_plan_order_never_has_more_than_five_open(variant: str) -> None:
    loaded = plans.load(variant)
    for answers in possible_answers(loaded):
        left, done = list(steps_for(loaded, answers)), set[str]()
        while left:
            ready = [one for one in left if done.issuperset(one.needs)]
            assert len(ready) <= 5, [one.id for one in ready]
            left.remove(ready[0])
            done.add(ready[0].id)


@pytest.mark.parametrize("variant", VARIANTS)
def test_needs_stand_before_the_step_in_the_file(variant: str) -> None:
    seen = set[str]()
    for one in plans.load(variant).steps:
        assert set(one.needs) <= seen, one.id
        seen.add(one.id)


FRENCH = re.compile(
    r"(?<![\u00a0\u202f])[;!?»:]|«(?!\u00a0)|'|\\.\\.\\.|plainte|contestation|responsable de compte",
    re.IGNORECASE,
)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_french_is_set_and_worded_as_french(variant: str) -> None:
    loaded = plans.load(variant)
    texts = [loaded.title.fr, loaded.who.fr, *(one.title.fr for one in loaded.parts)]
    for one in loaded.steps:
        texts += [
            one.title.fr,
            one.do.fr,
            *(text.fr for item in one.evidence for text in (item.title, item.good)),
        ]

    assert [text for text in texts if FRENCH.search(text)] == []


# ---- which steps a programme has


def test_refusing_treasury_drops_its_steps_and_nothing_else() -> None:
    loaded = plans.load("embedded_finance")
    before = {one.id for one in steps_for(loaded, US)}
    after = {one.id for one in steps_for(loaded, replace(US, products=frozenset({"issuing"})))}

    assert before - after == {"connected_accounts", "first_financial_account", "evidence_receipts"}
    assert after < before


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ("none", set()),
        ("standard", {"physical_cards_standard"}),
        ("custom", {"physical_cards_design", "physical_cards_custom"}),
    ],
)
def test_physical_cards_bring_only_their_own_steps(cards: str, expected: set[str]) -> None:
    steps = steps_for(plans.load("embedded_finance"), replace(US, physical_cards=cards))

    assert {one.id for one in steps if one.id.startswith("physical_cards")} == expected


def test_a_need_that_does_not_apply_is_replaced_by_its_own_needs() -> None:
    never = Condition(regions=("uk",))
    small = plan(
        step("a"),
        step("b", "a", when=never),
        step("c", "b", "a", when=never),
        step("d", "c", "a"),
        step("e", "missing", "d"),
    )

    assert needs_of(steps_for(small, US)) == {"a": (), "d": ("a",), "e": ("d",)}


def test_a_cycle_among_dropped_steps_does_not_hang() -> None:
    never = Condition(regions=("uk",))
    small = plan(step("a", "b", when=never), step("b", "a", when=never), step("c", "a"))

    assert needs_of(steps_for(small, US)) == {"c": ()}


CONDITIONS = [
    (Condition(), True),
    (Condition(regions=("us", "uk")), True),
    (Condition(regions=("eu",)), False),
    (Condition(products=("treasury",)), True),
    (Condition(products=("issuing", "treasury")), True),
    (Condition(physical_cards=("custom",)), False),
    (Condition(wallets=True), True),
    (Condition(wallets=False), False),
    (Condition(statements=True), False),
    (Condition(statements=False), True),
    (Condition(company=("one_developer",)), False),
    (Condition(regions=("us",), statements=True), False),
]


@pytest.mark.parametrize(("when", "expected"), CONDITIONS)
def test_a_step_applies_when_all_of_its_condition_holds(when: Condition, *, expected: bool) -> None:
    assert applies(step("a", when=when), US) is expected


# ---- what is wrong with a plan

UNCHECKED = Text("", "")
WRONG = [
    (plan(step("a", "b")), "small.toml: step a: needs: unknown step b"),
    (plan(step("a", "c"), step("b", "a"), step("c", "b")), "small.toml: needs: cycle a→c→b→a"),
    (plan(step("a", "a")), "small.toml: needs: cycle a→a"),
    (plan(step("a"), step("a")), "small.toml: step a: id used 2 times"),
    (plan(step("A b")), "small.toml: step A b: id: use small letters, digits and underscores"),
    (plan(step("a", part="end")), "small.toml: step a: part: unknown part end"),
    (plan(step("a"), parts=(Part("start", BOTH), Part("end", BOTH))), "small.toml: part end: has no step"),
    (plan(step("a", title=Text("Do", ""))), "small.toml: step a: title.fr: missing"),
    (plan(step("a", do=Text("", "Fais"))), "small.toml: step a: do.en: missing"),
    (plan(step("a"), who=Text("x" * 76, "x")), "small.toml: who.en: 76 characters, at most 75"),
    (plan(step("a", title=Text("x", "x" * 61))), "small.toml: step a: title.fr: 61 characters, at most 60"),
    (plan(step("a", do=Text("x", "5 jours ouvrables"))), "small.toml: step a: do.fr: says ouvrables; business days are jours ouvrés"),
    (plan(step("a", source="")), "small.toml: step a: source: missing"),
    (plan(step("a", source="http://example.com/")), "small.toml: step a: source: not an https address: http://example.com/"),
    (plan(step("a", url="ftp://x/")), "small.toml: step a: url: not an https address: ftp://x/"),
    (plan(step("a", actor="bank")), "small.toml: step a: actor: us or stripe, not bank"),
    (plan(step("a", mode="real")), "small.toml: step a: mode: test or live, not real"),
    (plan(step("a", outcome="fit")), "small.toml: step a: outcome: a step of ours has none or one of duty, employees, meeting, not fit"),
    (plan(step("a", outcome="duty")), "small.toml: step a: outcome: duty, but the step is not among the duties of the plan"),
    (plan(step("a"), duties=("a",)), "small.toml: duties: step a does not have the outcome duty"),
    (plan(step("a"), duties=("b",)), "small.toml: duties: unknown step b"),
    (plan(step("a", actor="stripe", outcome="review")), "small.toml: step a: back_to: a review, and only a review, names the step that opens again"),
    (plan(step("a", actor="stripe", outcome="review", back_to="b")), "small.toml: step a: back_to: unknown step b"),
    (plan(step("a", evidence=(EvidenceItem("e", UNCHECKED),))), "small.toml: step a: evidence e: title.en: missing"),
    (plan(step("a", evidence=(EvidenceItem("e", BOTH, good=Text("x", "")),))), "small.toml: step a: evidence e: good.fr: missing"),
    (plan(step("a", evidence=(EvidenceItem("e", BOTH), EvidenceItem("e", BOTH)))), "small.toml: step a: evidence e: id used 2 times"),
    (plan(step("a", evidence=(item("e", proof="fee"),))), "small.toml: step a: evidence e: proof: one of complaints, disclosures, disputes, emails, fees, interfaces, marketing, receipts, statements, terms, not fee"),
    (plan(step("a", evidence=(item("e", proof="emails", flow="web"),))), "small.toml: step a: evidence e: flow: one of account, marketing, signup, not web"),
    (plan(step("a", evidence=(item("e", flow="signup"),))), "small.toml: step a: evidence e: flow: only an item with a proof has one"),
    (plan(step("a", evidence=(item("e", proof="emails", good=Text()),))), "small.toml: step a: evidence e: good.en: missing"),
    (plan(step("a", evidence=(item("e", when=Condition(products=("gold",))),))), "small.toml: step a: evidence e: when.products: unknown value gold"),
    (plan(step("a", when=Condition(regions=("us",)), evidence=(item("e", when=Condition(regions=("uk",))),))), "small.toml: step a: evidence e: when: never applies in this plan"),
    (plan(step("a", evidence=(item("e", proof="emails"), item("f", proof="complaints")))), "small.toml: step a: evidence f: proof: complaints (2) after number 3"),
    (plan(step("a", evidence=(item("e", good=Text("UDAP", "x"), when=Condition(regions=("uk",))),))), "small.toml: step a: evidence e: good.en: says UDAP to readers in the UK or the EU"),
    (plan(step("a", clock=Clock(5, "days", "stripe"))), "small.toml: step a: clock.unit: calendar_days or business_days, not days"),
    (plan(step("a", clock=Clock(0, "calendar_days", "stripe"))), "small.toml: step a: clock.length: at least 1 day, not 0"),
    (plan(step("a", clock=Clock(1, "calendar_days", "moon"))), "small.toml: step a: clock.calendar: stripe, team or open, not moon"),
    (plan(step("a", clock=Clock(1, "calendar_days", "team", "b"))), "small.toml: step a: clock.starts: unknown step b"),
    (plan(step("a", clock=Clock(1, "calendar_days", "team", "b")), step("b")), "small.toml: step a: clock.starts: b is not among what the step needs"),
    (plan(step("a", when=Condition(regions=("mars",)))), "small.toml: step a: when.regions: unknown value mars"),
    (plan(step("a", when=Condition(regions=("eu",)))), "small.toml: step a: when: never applies in this plan"),
    (plan(step("a", mode="live")), "small.toml: step a: mode: live, but reachable without live_access in us"),
    (plan(step("live_access", when=Condition(regions=("us",))), step("a", "live_access", mode="live")), "small.toml: step a: mode: live, but reachable without live_access in uk"),
    (plan(step("b", when=Condition(regions=("us",))), step("a", "b", clock=Clock(1, "calendar_days", "team", "b"))), "small.toml: step a: clock.starts: b does not always apply"),
    (plan(step("a", do=Text("The bank partner agrees.", "x"))), "small.toml: step a: do.en: says bank partner to readers in the UK or the EU"),
    (plan(step("a", title=Text("CAN-SPAM", "x"), when=Condition(regions=("uk",)))), "small.toml: step a: title.en: says CAN-SPAM to readers in the UK or the EU"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_mistake_is_named_with_file_step_and_field(wrong: Plan, message: str) -> None:
    assert message in validate(wrong)


def test_words_of_the_us_are_fine_where_only_the_us_reads_them() -> None:
    only = Condition(regions=("us",))
    assert validate(plan(step("a", title=Text("UDAP", "UDAP"), when=only))) == []
    assert validate(plan(step("a", evidence=(item("e", good=Text("UDAP", "UDAP"), when=only),)))) == []


def test_an_item_that_does_not_apply_is_no_item_of_the_step() -> None:
    uk = Condition(regions=("uk",))
    small = plan(step("a", evidence=(item("e"), item("f", when=uk))))

    assert [one.id for one in steps_for(small, US)[0].evidence] == ["e"]
    assert [one.id for one in steps_for(small, replace(US, region="uk"))[0].evidence] == ["e", "f"]


HEADER = """
variant = "small"
version = "1"
products = ["issuing"]
regions = ["us"]
source = "https://example.com/"
title = { en = "A", fr = "A" }
who = { en = "A", fr = "A" }
[[part]]
id = "start"
title = { en = "A", fr = "A" }
"""
STEP = """
[[step]]
id = "a"
part = "start"
actor = "us"
source = "https://example.com/"
title = { en = "A", fr = "A" }
do = { en = "A", fr = "A" }
"""
UNREADABLE = [
    ("x = ", "small.toml: Invalid value"),
    (HEADER, "small.toml: steps: missing"),
    (HEADER + STEP + "colour = 1", "small.toml: step a: colour: unknown field"),
    (HEADER + STEP + "needs = 'b'", "small.toml: step a: needs: must be a list, not 'b'"),
    (HEADER + STEP + "mode = 3", "small.toml: step a: mode: must be str, not 3"),
    (HEADER + STEP + "when = { wallets = 'yes' }", "small.toml: step a: when wallets: must be bool, not 'yes'"),
    (HEADER + STEP + "clock = { length = true, unit = 'x', calendar = 'y' }", "small.toml: step a: clock length: must be int, not True"),
    (HEADER + STEP + "clock = { length = 1, unit = 'x' }", "small.toml: step a: clock calendar: missing"),
    (HEADER + STEP + "[[step.evidence]]\nid = 'e'", "small.toml: step a: evidence e: title: missing"),
    (HEADER + STEP.replace('id = "a"\n', ""), "small.toml: steps 1 id: missing"),
    (HEADER.replace("small", "large") + STEP, "small.toml: variant: the file is for small, not large"),
    (HEADER + STEP.replace("https", "http"), "small.toml: step a: source: not an https address: http://example.com/"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), UNREADABLE, ids=[message for _, message in UNREADABLE])
def test_a_file_that_cannot_be_used_says_why(text: str, message: str) -> None:
    with pytest.raises(PlanError) as caught:
        plans.read(text, "small.toml", "small")

    assert any(one.startswith(message) for one in caught.value.problems), caught.value.problems


def test_a_small_file_is_enough_for_a_plan() -> None:
    read = plans.read(HEADER + STEP, "small.toml", "small")

    assert [one.id for one in read.steps] == ["a"]
    assert read.title["fr_FR"] == "A"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"variant": 1}'])
def test_a_stored_text_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanError):
        from_json(text)


def test_an_unknown_variant_is_refused_with_those_there_are() -> None:
    with pytest.raises(PlanError, match="embedded_finance, b2b_payments, expense_management"):
        plans.load("../secrets")


def test_plans_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        plans.load("b2b_payments").version = "2"  # type: ignore[misc]
