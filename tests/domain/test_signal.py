"""What a signal may do: never a live step from test mode, never what Stripe or a person has to decide."""

from __future__ import annotations

from typing import Any

import pytest

from bot import plans
from bot.domain.plan import steps_for
from bot.domain.signal import ACTS, SIGNALS, TESTS, Sight, Standing, act_of, complete, purchase, speaks
from tests.support.course import wide

STEPS = {step.id: step for answers in wide() for step in steps_for(plans.load(answers.variant), answers)}


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_speaks_for_a_step_of_the_plans_and_from_live_mode_alone_for_a_live_one(name: str) -> None:
    signal, step = SIGNALS[name], STEPS[SIGNALS[name].step]
    assert signal.act in ACTS
    assert signal.item in {"", *(item.id for item in step.evidence)}
    assert speaks(name, mode=step.mode)
    assert speaks(name, mode="live") is signal.live


@pytest.mark.parametrize("name", [name for name, one in SIGNALS.items() if STEPS[one.step].actor == "stripe"])
def test_what_stripe_decides_is_asked(name: str) -> None:
    assert SIGNALS[name].act == "propose"
    assert act_of(Sight(name, "ic_1"), Standing("stripe")) == "propose"


@pytest.mark.parametrize(
    ("name", "how", "act"),
    [
        ("test_dispute", {}, "finish"),
        ("test_dispute", {"reopened": True}, "propose"),
        ("test_dispute", {"held": True}, "propose"),
        ("test_dispute", {"needs": True}, "propose"),
        ("test_dispute", {"actor": "stripe"}, "propose"),
        ("test_purchases", {}, "propose"),
        ("test_started", {"held": True, "reopened": True}, "tell"),
        ("design_rejected", {}, "block"),
        ("design_rejected", {"held": True}, "propose"),
        ("design_rejected", {"reopened": True}, "propose"),
        ("design_rejected", {"needs": True}, "block"),
        ("live_online", {"needs": True, "held": True}, "tick"),
        ("live_online", {"reopened": True}, "propose"),
    ],
)
def test_gantry_acts_alone_only_where_nobody_has_to_judge(name: str, how: dict[str, Any], act: str) -> None:
    assert act_of(Sight(name, "x"), Standing(**{"actor": "us", **how})) == act


def test_a_purchase_of_which_nobody_said_whose_it_may_be_is_proposed() -> None:
    assert act_of(Sight("live_online", "ipi_1", sure=False), Standing("us")) == "propose"


@pytest.mark.parametrize(
    ("method", "wallet", "scenario"),
    [
        ("online", "", "live_online"),
        ("chip", "", "live_in_person"),
        ("contactless", "", "live_in_person"),
        ("contactless", "apple_pay", "live_wallet"),
        ("online", "apple_pay", "live_online"),
        ("keyed_in", "", ""),
        ("a_new_way", "", ""),
    ],
)
def test_a_capture_is_a_scenario_by_how_the_card_was_used(method: str, wallet: str, scenario: str) -> None:
    assert purchase(method=method, wallet=wallet) == scenario


def test_the_tests_are_complete_when_every_scenario_was_seen_with_card_or_wallet() -> None:
    every = {name for name, one in SIGNALS.items() if one.step == TESTS}
    assert complete(every)
    assert complete(every - {"live_wallet"})
    assert complete(every - {"live_in_person"})
    assert not complete(every - {"live_wallet", "live_in_person"})
    assert not complete(every - {"live_refund"} | {"first_card"})
