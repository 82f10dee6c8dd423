"""What the plans say goes to Stripe with the submission."""

from __future__ import annotations

import re

import pytest

from bot import plans
from bot.domain.plan import MATERIALS, PROOFS, Answers, from_json, steps_for, to_json

VARIANTS = plans.variants()

GUIDE = [
    ("disclosures", 1, "agreements and disclosures"),
    ("complaints", 2, "a channel to complain"),
    ("disputes", 2, "and to dispute"),
    ("emails", 3, "regulatory e-mails"),
    ("receipts", 4, "regulatory receipts"),
    ("statements", 5, "statements"),
]


@pytest.mark.parametrize(("proof", "number", "about"), GUIDE, ids=[about for *_, about in GUIDE])
def test_the_five_proofs_have_the_numbers_of_stripes_guide(proof: str, number: int, about: str) -> None:
    assert PROOFS[proof] == number, about
    assert set(PROOFS) == {name for name, *_ in GUIDE}
    assert min(MATERIALS.values()) == 6


FULL = {
    "en": ("full", "all pages", "whole list", "header and footer", "date of the version"),
    "fr": ("enti", "toutes les pages", "en-tête, pied de page", "date de la version"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_item_for_stripe_says_what_a_good_file_shows(variant: str) -> None:
    items = [item for one in plans.load(variant).steps for item in one.evidence if item.proof]

    assert len(items) >= 9
    for item in items:
        for language, (*whole, frame, dated) in FULL.items():
            words = item.good[language].casefold()
            assert frame.removeprefix("header and ") in words, (item.id, words)
            assert dated in words, (item.id, words)
            assert any(word in words for word in whole), (item.id, words)


ITEMS = [
    (Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance", statements=True),
     "fees terms marketing interfaces disclosures/signup disclosures/account disclosures/marketing complaints disputes emails receipts statements"),
    (Answers("us", frozenset({"issuing"}), "embedded_finance", statements=True),
     "fees terms marketing interfaces disclosures/signup disclosures/account disclosures/marketing complaints disputes emails"),
    (Answers("us", frozenset({"treasury"}), "embedded_finance"),
     "fees terms marketing interfaces disclosures/signup disclosures/account disclosures/marketing complaints receipts"),
    (Answers("us", frozenset({"issuing"}), "b2b_payments"),
     "fees terms marketing interfaces disclosures/signup disclosures/account disclosures/marketing complaints disputes emails"),
    (Answers("eu", frozenset({"issuing"}), "b2b_payments"),
     "fees terms marketing interfaces disclosures/signup disclosures/account complaints disputes"),
    (Answers("us", frozenset({"issuing"}), "expense_management"),
     "fees terms marketing interfaces disclosures/signup disclosures/account disclosures/marketing complaints disputes emails"),
    (Answers("uk", frozenset({"issuing"}), "expense_management"), ""),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "expected"), ITEMS)
def test_a_programme_shows_stripe_only_what_applies_to_it(answers: Answers, expected: str) -> None:
    steps = steps_for(plans.load(answers.variant), answers)
    found = [
        f"{item.proof}/{item.flow}" if item.proof == "disclosures" else item.proof
        for one in steps
        for item in one.evidence
        if item.proof
    ]

    assert found == expected.split()
    assert bool(found) == any(one.id == "submission" for one in steps)


@pytest.mark.parametrize("region", ["us", "uk", "eu"])
def test_b2b_requires_no_screenshot_since_not_everybody_publishes(region: str) -> None:
    steps = steps_for(plans.load("b2b_payments"), Answers(region, frozenset({"issuing"}), "b2b_payments"))

    assert [item.id for one in steps for item in one.evidence if item.proof and item.required] == []


def test_a_plan_that_was_stored_before_items_had_a_proof_is_still_read() -> None:
    text = to_json(plans.load("b2b_payments"))
    old = re.sub(r'"(proof|flow)":"[a-z]*",?', "", text)
    read = from_json(
        old.replace(
            ',"when":{"company":[],"physical_cards":[],"products":[],"regions":[],"statements":null,"wallets":null}}]',
            "}]",
        )
    )

    assert '"proof"' in text
    assert '"proof"' not in old
    assert [item.proof for one in read.steps for item in one.evidence if item.proof] == []
    assert [one.id for one in read.steps] == [one.id for one in plans.load("b2b_payments").steps]
