"""What a signal may speak for: never a live step from test mode, never a step that does not exist."""

from __future__ import annotations

import pytest

from bot import plans
from bot.domain.plan import steps_for
from bot.domain.signal import SIGNALS, complete, purchase, speaks
from tests.support.course import wide

STEPS = {step.id: step for answers in wide() for step in steps_for(plans.load(answers.variant), answers)}


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_speaks_for_a_step_of_the_plans_and_from_live_mode_alone_for_a_live_one(name: str) -> None:
    signal, step = SIGNALS[name], STEPS[SIGNALS[name].step]
    assert signal.item in {"", *(item.id for item in step.evidence)}
    assert speaks(name, mode=step.mode)
    assert speaks(name, mode="live") is signal.live


@pytest.mark.parametrize(
    ("method", "wallet", "scenario"),
    [
        ("online", "", "live_online"),
        ("chip", "", "live_in_person"),
        ("contactless", "", "live_in_person"),
        ("online", "apple_pay", "live_in_person"),
        ("keyed_in", "", ""),
        ("a_new_way", "", ""),
    ],
)
def test_a_capture_is_a_scenario_by_how_the_card_was_used(method: str, wallet: str, scenario: str) -> None:
    assert purchase(method=method, wallet=wallet) == scenario


def test_the_tests_are_complete_when_every_scenario_was_seen() -> None:
    live = {name for name in SIGNALS if name.startswith("live_")}
    assert complete(live)
    assert not complete(live - {"live_refund"})
