"""When a lasting duty is due again."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest

from bot import plans
from bot.domain.duty import next_due
from bot.domain.plan import PlanError, Repeats, from_json, to_json

MONTHLY = Repeats(1, "months")
# period, launched, last done, due next
CASES = [
    (MONTHLY, date(2026, 12, 3), None, date(2027, 1, 3)),
    (MONTHLY, date(2026, 12, 3), date(2026, 12, 20), date(2027, 1, 20)),
    (MONTHLY, date(2026, 12, 3), date(2027, 1, 31), date(2027, 2, 28)),
    (MONTHLY, date(2026, 12, 3), date(2028, 1, 31), date(2028, 2, 29)),
    (Repeats(24, "months"), None, date(2026, 12, 31), date(2028, 12, 31)),
    (Repeats(10, "days"), date(2026, 12, 25), None, date(2027, 1, 4)),
    (MONTHLY, None, None, None),
    (None, date(2026, 12, 3), date(2026, 12, 20), None),
]


@pytest.mark.parametrize(("repeats", "since", "last", "due"), CASES)
def test_the_next_day_follows_from_the_last(
    repeats: Repeats | None, since: date | None, last: date | None, due: date | None
) -> None:
    assert next_due(repeats, since, last) == due


def test_only_a_period_that_a_source_gives_is_in_the_plans() -> None:
    found = {
        (plan.variant, step.id): step.repeats
        for plan in map(plans.load, plans.variants())
        for step in plan.steps
        if step.repeats
    }
    assert {key: (one.length, one.unit) for key, one in found.items()} == {
        ("embedded_finance", "duty_complaints"): (1, "months"),
        ("expense_management", "duty_complaints"): (1, "months"),
    }
    assert all(one.source.startswith("https://docs.stripe.com/") for one in found.values())


def test_a_plan_stored_before_periods_existed_is_still_read() -> None:
    plan = plans.load("embedded_finance")
    old = to_json(plan).replace('"repeats":null,', "")
    assert from_json(old) == plan
    assert '"repeats":null' not in old


def written() -> str:
    """A plan as its file has it."""
    return files("bot.plans").joinpath("b2b_payments.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("repeats", "said"),
    [
        ("repeats.length = 0\nrepeats.unit = 'months'\n", "repeats.length"),
        ("repeats.length = 1\nrepeats.unit = 'weeks'\n", "repeats.unit"),
        ("repeats.length = 1\nrepeats.unit = 'days'\nrepeats.source = 'http://x'\n", "repeats.source"),
    ],
)
def test_a_wrong_period_is_named_with_its_field(repeats: str, said: str) -> None:
    text = written()
    mark = 'outcome = "duty"\n'
    with pytest.raises(PlanError) as wrong:
        plans.read(text.replace(mark, mark + repeats, 1), "b2b_payments.toml", "b2b_payments")
    assert said in str(wrong.value)


def test_only_a_lasting_duty_may_have_a_period() -> None:
    text = written()
    mark = 'outcome = "meeting"\n'
    assert mark in text
    with pytest.raises(PlanError) as wrong:
        plans.read(
            text.replace(mark, mark + "repeats.length = 1\nrepeats.unit = 'months'\n", 1), "x", "b2b_payments"
        )
    assert "only a lasting duty" in str(wrong.value)
