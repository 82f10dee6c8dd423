"""Which steps are approvals, how each stands, how many days are left, and what comes first in a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from bot import plans
from bot.domain import approval
from bot.domain.approval import Left, Recorded, Stand
from bot.domain.plan import Answers, steps_for
from tests.support.course import EVERYTHING, USUAL, name_of, wide

ANSWERS = list(wide())


@pytest.mark.parametrize("answers", ANSWERS, ids=[name_of(one) for one in ANSWERS])
def test_everything_that_stripe_answers_is_an_approval_and_of_ours_only_the_agreements(
    answers: Answers,
) -> None:
    plan = plans.load(answers.variant)
    kinds = approval.kinds(plan)
    steps = steps_for(plan, answers)
    ours = {step.id for step in steps if step.actor == "us" and step.id in kinds}
    assert ours == {"agreements"}
    assert {step.id for step in steps if step.actor == "stripe"} <= set(kinds)
    assert set(kinds.values()) <= set(approval.KINDS)


def test_the_approvals_come_in_the_order_of_the_plan() -> None:
    kinds = approval.kinds(plans.load("embedded_finance"))
    assert list(kinds.values()) == [
        "use_case",
        "use_case",
        "agreements",
        "configuration",
        "cards",
        "wallets",
        "review",
        "live_access",
        "launch",
    ]


def stands(answers: Answers, **recorded: str | tuple[str, Mapping[str, Any]] | Recorded) -> dict[str, Stand]:
    """How the approvals of a programme stand; steps that are not named wait."""
    plan = plans.load(answers.variant)
    steps = steps_for(plan, answers)
    rows = {}
    for step in steps:
        said = recorded.get(step.id, "waiting")
        rows[step.id] = (
            said
            if isinstance(said, Recorded)
            else Recorded(said)
            if isinstance(said, str)
            else Recorded(said[0], said[1])
        )
    return approval.stands(steps, rows, approval.kinds(plan))


DONE = dict.fromkeys(
    (
        "supported_use_case",
        "intake_form",
        "test_build",
        "compliance_requirements",
        "call_preparation",
        "call",
    ),
    "done",
)
CALLED = {**DONE, "first_contact": "done"}
SIGNED = {**CALLED, "supportability": "done", "agreements": "done"}
MORE = ("open", {"choice": "more_asked"})
NO = ("blocked", {"choice": "declined"})

# what is recorded, the approval, its state, who must act, what it waits for, what comes first
CASES: list[tuple[dict[str, Any], str, str, str, tuple[str, ...], tuple[str, ...]]] = [
    ({}, "first_contact", "not_yet", "", (), ()),
    ({"supported_use_case": "open"}, "first_contact", "not_yet", "us", ("supported_use_case",), ()),
    ({**DONE, "intake_form": "open"}, "first_contact", "with_us", "us", ("intake_form",), ()),
    ({**DONE, "intake_form": "blocked"}, "first_contact", "with_us", "us", ("intake_form",), ()),
    ({**DONE, "first_contact": "open"}, "first_contact", "with_stripe", "stripe", (), ()),
    ({**DONE, "call_preparation": "waiting", "call": "waiting", "first_contact": "open"}, "supportability", "not_yet", "", (), ("first_contact",)),
    (CALLED, "first_contact", "approved", "", (), ()),
    ({**DONE, "first_contact": ("blocked", {"fit": {"issuing": "no"}})}, "first_contact", "refused", "us", (), ()),
    ({**DONE, "first_contact": ("done", {"fit": {"treasury": "no", "issuing": "fits"}})}, "first_contact", "approved", "", (), ()),
    ({**CALLED, "supportability": "open"}, "supportability", "with_stripe", "stripe", (), ()),
    ({**CALLED, "supportability": MORE}, "supportability", "changes_asked", "us", (), ()),
    ({**CALLED, "supportability": ("open", {"choice": "needs_longer"})}, "supportability", "with_stripe", "stripe", (), ()),
    ({**CALLED, "supportability": NO}, "supportability", "refused", "us", (), ()),
    ({**CALLED, "supportability": Recorded("blocked", {}, put_aside=True)}, "supportability", "with_stripe", "stripe", (), ()),
    ({**CALLED, "supportability": Recorded("blocked", {"choice": "declined"}, put_aside=True)}, "supportability", "with_stripe", "stripe", (), ()),
    ({**CALLED, "supportability": ("open", {"choice": "declined"})}, "supportability", "with_stripe", "stripe", (), ()),
    ({**CALLED, "supportability": "done"}, "supportability", "approved", "", (), ()),
    ({**CALLED, "supportability": "done", "agreements": "open"}, "agreements", "with_us", "us", ("agreements",), ()),
    ({**CALLED, "supportability": "done", "agreements": "open"}, "configuration", "not_yet", "", (), ("agreements",)),
    (SIGNED, "agreements", "approved", "", (), ()),
    ({**SIGNED, "configuration": "open"}, "configuration", "with_stripe", "stripe", (), ()),
    ({**SIGNED, "configuration": MORE}, "configuration", "changes_asked", "us", (), ()),
    ({**SIGNED, "apple_pay_application": "open"}, "apple_pay", "with_us", "us", ("apple_pay_application",), ()),
    ({**SIGNED, "apple_pay_application": "done", "apple_pay": "open"}, "apple_pay", "with_stripe", "stripe", (), ()),
    ({**SIGNED, "apple_pay_application": "done", "apple_pay": NO}, "apple_pay", "refused", "us", (), ()),
    ({**SIGNED, "apple_pay": "dropped"}, "apple_pay", "not_needed", "", (), ()),
    ({**SIGNED, "physical_cards_design": "open"}, "physical_cards_custom", "with_us", "us", ("physical_cards_design",), ()),
    ({**SIGNED, "guide_udap": "open", "configuration": "open"}, "review", "not_yet", "us", ("guide_udap",), ("configuration",)),
    ({**SIGNED, "submission": "open", "configuration": "done"}, "review", "with_us", "us", ("submission",), ()),
    ({**SIGNED, "submission": "done", "configuration": "done", "review": "open"}, "review", "with_stripe", "stripe", (), ()),
    ({**SIGNED, "submission": "done", "configuration": "done", "review": "open"}, "live_access", "not_yet", "", (), ("review",)),
    ({**SIGNED, "configuration": "open"}, "live_access", "not_yet", "", (), ("review",)),
]  # fmt: skip


@pytest.mark.parametrize(("recorded", "key", "state", "actor", "holding", "after"), CASES)
def test_an_approval_stands_as_its_steps_say(
    recorded: dict[str, Any],
    key: str,
    state: str,
    actor: str,
    holding: tuple[str, ...],
    after: tuple[str, ...],
) -> None:
    found = stands(EVERYTHING, **recorded)[key]
    assert found == Stand(state, actor, holding, after)
    assert found.state in approval.STATES
    assert found.ended is (state in {"approved", "not_needed"})


def test_work_that_several_approvals_wait_for_is_said_once() -> None:
    found = stands(EVERYTHING, **SIGNED, configuration="done", production_build="open")
    holding = [key for stand in found.values() for key in stand.holding]
    assert holding.count("production_build") == 1
    assert found["review"].holding == ("production_build",)


def test_a_programme_without_cards_and_wallets_has_no_such_approvals() -> None:
    assert {"apple_pay", "physical_cards_custom"} & set(stands(USUAL)) == set()


# today, due, calendar, closing days: calendar days and working days
DAYS = [
    ("2026-11-23", "2026-11-23", "XFED", (), 0, 0),
    ("2026-11-23", "2026-11-24", "XFED", (), 1, 1),
    ("2026-11-23", "2026-11-30", "XFED", (), 7, 4),  # Thanksgiving and a weekend
    ("2026-11-25", "2026-11-26", "XFED", (), 1, 0),  # due on the holiday itself
    ("2026-11-27", "2026-11-29", "XFED", (), 2, 0),  # a Friday, due on Sunday
    ("2026-11-23", "2026-11-27", "FR", ("2026-11-24",), 4, 3),
    ("2026-12-24", "2026-12-28", "GB-ENG", (), 4, 0),  # Christmas, and Boxing Day on the Monday
    ("2026-11-24", "2026-11-23", "XFED", (), -1, -1),
    ("2026-11-29", "2026-11-27", "XFED", (), -2, 0),  # since Friday, on Sunday
    ("2026-11-30", "2026-11-25", "XFED", (), -5, -2),
    ("2027-01-04", "2026-12-30", "XECB", (), -5, -2),  # New Year's Day lies between
    ("2026-11-23", "2040-11-23", "XFED", (), 5114, None),
]  # fmt: skip


@pytest.mark.parametrize(("today", "due", "calendar", "closed", "days", "working"), DAYS)
def test_days_are_counted_as_people_do(
    today: str, due: str, calendar: str, closed: tuple[str, ...], days: int, working: int | None
) -> None:
    shut = [date.fromisoformat(day) for day in closed]
    found = approval.left(date.fromisoformat(due), date.fromisoformat(today), calendar, shut)
    assert found.days == days
    assert working is None or found.working == working
    assert found.overdue is (days < 0)


def test_the_day_itself_is_not_late() -> None:
    assert not Left(0, 0).overdue
    assert Left(-1, 0).overdue


US, STRIPE = Stand("with_us", "us", ("agreements",)), Stand("with_stripe", "stripe")
LATER, NOBODY = Stand("not_yet", "us", ("guide_udap",)), Stand("not_yet", "", (), ("review",))
ORDER = [
    (STRIPE, Left(-9, -6), "overdue"),
    (US, Left(-1, -1), "overdue"),
    (LATER, Left(-1, 0), "overdue"),
    (US, Left(2, 2), "us"),
    (Stand("changes_asked", "us"), Left(4, 2), "us"),
    (US, None, "us"),
    (STRIPE, Left(1, 1), "stripe"),
    (STRIPE, None, "stripe"),
    (LATER, Left(3, 1), "us"),
    (NOBODY, None, ""),
]


def test_late_ones_come_first_then_ours_then_stripes_then_what_is_not_asked_for() -> None:
    ranked = sorted(ORDER, key=lambda one: approval.urgency(one[0], one[1]))
    assert ranked == ORDER
    assert [approval.group(stand, away) for stand, away, _ in ORDER] == [wanted for _, _, wanted in ORDER]


@pytest.mark.parametrize(
    ("page", "total", "wanted"),
    [(1, 0, (1, 1)), (1, 15, (1, 1)), (2, 15, (1, 1)), (2, 16, (2, 2)), (0, 40, (1, 3)), (999, 40, (3, 3))],
)
def test_a_page_that_does_not_exist_becomes_the_nearest(
    page: int, total: int, wanted: tuple[int, int]
) -> None:
    assert approval.cut(page, total, 15) == wanted


def test_programmes_are_counted_by_group() -> None:
    assert approval.counted(["us", "", "overdue", "us"]) == {"overdue": 1, "us": 2, "stripe": 0}
