from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot import plans
from bot.domain import onboarding as rules
from bot.domain.plan import Answers, Step, Text, steps_for


def step(key: str, *needs: str, part: str = "one", back_to: str | None = None) -> Step:
    return Step(
        key, part, "us", Text(key, key), Text(key, key), "https://example.com", needs=needs, back_to=back_to
    )


LINE = (step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"))

OPENING: list[tuple[Mapping[str, str], tuple[str, ...]]] = [
    ({"a": "waiting", "b": "waiting", "c": "waiting", "d": "waiting"}, ("a",)),
    ({"a": "open", "b": "waiting", "c": "waiting", "d": "waiting"}, ()),
    ({"a": "blocked", "b": "waiting", "c": "waiting", "d": "waiting"}, ()),
    ({"a": "done", "b": "waiting", "c": "waiting", "d": "waiting"}, ("b", "c")),
    ({"a": "dropped", "b": "waiting", "c": "waiting", "d": "waiting"}, ("b", "c")),
    ({"a": "done", "b": "done", "c": "open", "d": "waiting"}, ()),
    ({"a": "done", "b": "done", "c": "dropped", "d": "waiting"}, ("d",)),
    ({"a": "done", "b": "done", "d": "waiting"}, ("d",)),
    ({"a": "done", "b": "done", "c": "done", "d": "done"}, ()),
]


@pytest.mark.parametrize(("states", "wanted"), OPENING)
def test_steps_open_when_what_they_need_has_ended(states: Mapping[str, str], wanted: tuple[str, ...]) -> None:
    assert rules.opening(LINE, states) == wanted


def test_what_is_missing_is_named_in_the_order_of_the_plan() -> None:
    assert rules.missing(LINE[3], {"b": "open", "c": "waiting"}) == ("b", "c")
    assert rules.missing(LINE[3], {"b": "done", "c": "blocked"}) == ("c",)
    assert rules.missing(LINE[3], {}) == (), "a need that is not in the programme does not count"


def test_all_that_follows_a_step_is_found_through_others() -> None:
    assert rules.after(LINE, "a") == {"b", "c", "d"}
    assert rules.after(LINE, "c") == {"d"}
    assert rules.after(LINE, "d") == frozenset()


def test_progress_counts_what_is_done_and_forgets_what_was_dropped() -> None:
    steps = (step("a"), step("b"), step("c"), step("d", part="two"))
    states = {"a": "done", "b": "open", "c": "dropped", "d": "waiting"}
    assert rules.progress(steps, states) == {"one": (1, 2), "two": (0, 1)}


FITS = [
    ({"issuing": "fits"}, "done"),
    ({"issuing": "no"}, "ask_close"),
    ({"issuing": "other"}, "ask_close"),
    ({"issuing": "fits", "treasury": "fits"}, "done"),
    ({"issuing": "fits", "treasury": "no"}, "drop_treasury"),
    ({"issuing": "fits", "treasury": "other"}, "drop_treasury"),
    ({"issuing": "no", "treasury": "other"}, "ask_close"),
    ({"treasury": "no"}, "ask_close"),
    ({"treasury": "fits"}, "done"),
]


@pytest.mark.parametrize(("answers", "effect"), FITS)
def test_an_answer_for_each_product_has_one_effect(answers: Mapping[str, str], effect: str) -> None:
    assert rules.fit_effect(answers) == effect


@pytest.mark.parametrize("outcome", rules.OUTCOMES)
def test_every_outcome_can_end_its_step_and_explains_what_does_not(outcome: str) -> None:
    choices = rules.choices(outcome)
    assert len({choice.name for choice in choices}) == len(choices)
    assert choices[0].effect == "done", "the good answer comes first"
    assert {choice.effect for choice in choices} <= {"done", "wait", "ask_close", "revise", "block"}
    unclear = [c.name for c in choices if c.effect != "done" and c.note != "required" and not c.until]
    assert not unclear, "an answer that is no yes says why, or until when"


def test_an_unknown_outcome_has_the_plain_pair() -> None:
    assert rules.choices("no such thing") == rules.OUTCOMES["answer"]


@pytest.mark.parametrize("variant", plans.variants())
def test_a_review_sends_back_to_the_submission_it_judges(variant: str) -> None:
    steps = steps_for(plans.load(variant), Answers("us", frozenset({"issuing"}), variant))
    assert rules.back_to(steps, "review") == {"submission"}
    assert rules.back_to(steps, "launch") == frozenset()
    assert rules.back_to(steps, "no such step") == frozenset()


def test_live_is_what_live_access_says() -> None:
    assert [rules.is_live({"live_access": state}) for state in rules.STATES] == [
        False,
        False,
        False,
        True,
        False,
    ]
    assert not rules.is_live({})


@pytest.mark.parametrize("variant", plans.variants())
def test_every_live_step_waits_for_live_access(variant: str) -> None:
    for region in plans.load(variant).regions:
        steps = steps_for(plans.load(variant), Answers(region, frozenset({"issuing"}), variant))
        behind = rules.after(steps, rules.LIVE_ACCESS)
        assert {one.id for one in steps if one.mode == "live"} == behind
