"""When a programme can launch: the earliest day, the likely range, and the chain that decides."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from bot import plans
from bot.domain.forecast import (
    AIMS,
    Calendars,
    Forecast,
    Known,
    Pace,
    forecast,
    share,
    working_days,
)
from bot.domain.plan import Answers, Clock, Step, Text, steps_for

# Monday before Thanksgiving (November 26) and the long weekend of a bank in New York.
TODAY = date(2026, 11, 23)
TARGET = date(2026, 12, 31)
US = Calendars("America/New_York", {"stripe": ("XFED",), "team": ("US",), "open": ("XFED", "US")})


def day(text: str) -> date:
    """A day of the winter of these tests."""
    month, number = map(int, text.split("-"))
    return date(2026 if month > 6 else 2027, month, number)


def ours(name: str, *needs: str, aim: int = 5) -> Step:
    clock = Clock(aim, "business_days", "team", aim=True)
    return Step(name, "part", "us", Text(name, name), Text(), "https://x", needs=needs, clock=clock)


def theirs(name: str, *needs: str, days: int = 0, unit: str = "business_days", calendar: str = "stripe", starts: str = "opened") -> Step:  # fmt: skip
    clock = Clock(days, unit, calendar, starts) if days else None
    return Step(name, "part", "stripe", Text(name, name), Text(), "https://x", needs=needs, clock=clock)


def seen_from(
    steps: list[Step], known: dict[str, Known], *, today: date = TODAY, calendars: Calendars = US, **more: Any
) -> Forecast:
    return forecast(steps, known, today=today, target=TARGET, calendars=calendars, **more)


OPEN = Known("open", TODAY)
STEADY = Pace(ratios=[1.0] * 8)
A_B_LAUNCH = [ours("a"), theirs("b", "a", days=5), ours("launch", "b")]

EARLIEST = [
    ("a Stripe clock counts in full, over Thanksgiving", A_B_LAUNCH, {"a": OPEN}, US, "12-1"),
    ("calendar days are added and never moved", [ours("a"), theirs("b", "a", days=5, unit="calendar_days"), ours("launch", "b")], {"a": OPEN}, US, "11-28"),
    ("of two calendars a wait for Stripe takes the later", [theirs("b", days=3, calendar="open"), ours("launch", "b")], {}, Calendars("America/New_York", {"stripe": ("XFED",), "team": ("US",), "open": ("XFED", "GB-ENG")}), "11-27"),
    ("the bank's calendar of England has no Thanksgiving", [theirs("b", days=3), ours("launch", "b")], {}, Calendars("Europe/London", {"stripe": ("GB-ENG",), "team": ("GB-ENG",), "open": ("GB-ENG",)}), "11-26"),
    ("a closing day does not count", A_B_LAUNCH, {"a": OPEN}, Calendars("America/New_York", US.by, closing={day("11-30")}), "12-2"),
    ("our steps take no time", [ours("a"), ours("b", "a"), ours("launch", "b")], {"a": OPEN}, US, "11-23"),
    ("a wait without a clock takes no time", [ours("a"), theirs("b", "a"), ours("launch", "b")], {"a": OPEN}, US, "11-23"),
    ("the longer of two branches decides", [ours("a"), theirs("b", "a", days=2), theirs("c", "a", days=4), ours("launch", "b", "c")], {"a": OPEN}, US, "11-30"),
    ("what is done no longer counts", A_B_LAUNCH, {"a": Known("done", TODAY, TODAY), "b": Known("done", TODAY, TODAY), "launch": OPEN}, US, "11-23"),
    ("an open wait ends on its date", A_B_LAUNCH, {"a": Known("done"), "b": Known("open", TODAY, due_on=day("12-9"), clock_on=TODAY)}, US, "12-9"),
    ("a date that Stripe named counts", A_B_LAUNCH, {"a": Known("done"), "b": Known("open", TODAY, due_on=day("12-18"))}, US, "12-18"),
    ("a passed date is the next working day", A_B_LAUNCH, {"a": Known("done"), "b": Known("open", day("11-9"), due_on=day("11-16"), clock_on=day("11-9"))}, US, "11-24"),
    ("a wait that is due today may still end today", A_B_LAUNCH, {"a": Known("done"), "b": Known("open", day("11-9"), due_on=TODAY, clock_on=day("11-9"))}, US, "11-23"),
    ("our own passed aim takes no time in the earliest case", A_B_LAUNCH, {"a": Known("open", day("11-2"), due_on=day("11-9"), clock_on=day("11-2"))}, US, "12-1"),
    ("a blocked step waits for its day", A_B_LAUNCH, {"a": Known("blocked", TODAY, look_again_on=day("12-1"))}, US, "12-8"),
    ("a block whose day has passed holds nothing up", A_B_LAUNCH, {"a": Known("blocked", TODAY, look_again_on=day("11-2"))}, US, "12-1"),
    ("a dropped step is left out", A_B_LAUNCH, {"a": OPEN, "b": Known("dropped")}, US, "11-23"),
    ("a clock counts from the step it names", [ours("a"), ours("b", "a"), theirs("c", "b", days=10, unit="calendar_days", starts="a"), ours("launch", "c")], {"a": Known("done", ended_on=day("11-20")), "b": OPEN, "c": Known("waiting", due_on=day("11-30"), clock_on=day("11-20"))}, US, "11-30"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "known", "calendars", "expected"),
    [row[1:] for row in EARLIEST],
    ids=[row[0] for row in EARLIEST],
)
def test_the_earliest_day(
    steps: list[Step], known: dict[str, Known], calendars: Calendars, expected: str
) -> None:
    assert seen_from(steps, known, calendars=calendars).earliest == day(expected)


def test_a_passed_date_on_the_day_before_a_holiday_skips_it() -> None:
    known = {"a": Known("done"), "b": Known("open", day("11-9"), due_on=day("11-16"), clock_on=day("11-9"))}
    found = seen_from(A_B_LAUNCH, known, today=day("11-25"))
    assert (found.earliest, found.chain[0].reason) == (day("11-27"), "overdue")
    assert found.likely == (day("12-3"), day("12-8")), "and our launch takes its aim after that"


def test_a_paused_programme_is_forecast_as_if_it_went_on_today() -> None:
    known = {"a": Known("done"), "b": Known("open", day("11-9"), due_on=day("11-17"), clock_on=day("11-9"))}
    still = {date(2026, 11, number) for number in range(12, 23)}
    paused = Calendars("America/New_York", US.by, paused=still)
    found = seen_from(A_B_LAUNCH, known, calendars=paused, paused=True)
    # The 10th counted, the 11th was Veterans Day; the pause began on the 12th: four days are left.
    assert (found.earliest, found.chain[0].reason) == (day("11-27"), "clock")


def test_the_chain_names_each_step_with_its_days_and_its_reason() -> None:
    steps = [ours("a"), theirs("b", "a", days=2), theirs("c", "b"), ours("launch", "c")]
    found = seen_from(steps, {"a": OPEN})
    assert [(one.step, one.begins, one.ends, one.reason) for one in found.chain] == [
        ("a", TODAY, TODAY, "none"),
        ("b", TODAY, day("11-25"), "clock"),
        ("c", day("11-25"), day("11-25"), "unknown"),
        ("launch", day("11-25"), day("11-25"), "none"),
    ]


def test_of_two_branches_that_end_together_the_longer_wait_is_named() -> None:
    steps = [ours("a"), theirs("b", "a", days=2), ours("c", "b"), ours("launch", "b", "c")]
    found = seen_from(steps, {"a": OPEN})
    assert "b" in [one.step for one in found.chain]


def test_a_programme_that_has_launched_is_no_forecast() -> None:
    found = seen_from(A_B_LAUNCH, {"launch": Known("done", TODAY, day("11-20"))})
    assert (found.launched_on, found.earliest, found.likely, found.chain) == (
        day("11-20"), day("11-20"), (day("11-20"), day("11-20")), (),
    )  # fmt: skip
    assert found.standing == "launched"
    assert found.slack == (41, 41, 41)


def test_a_programme_in_which_all_but_the_launch_is_done_can_launch_today() -> None:
    known = {"a": Known("done"), "b": Known("done"), "launch": OPEN}
    assert seen_from(A_B_LAUNCH, known).earliest == TODAY


LIKELY = [
    ("too few steps: the aims, a quarter less and more", Pace(ratios=[9.0] * 7), ("11-30", "12-3")),
    ("eight steps: the pace of this team", Pace(ratios=[1.0] * 8), ("12-1", "12-1")),
    ("half and four out of five", Pace(ratios=[1, 1, 1, 1, 1, 2, 2, 3, 3, 3]), ("12-1", "12-15")),
    ("steps done on the day they open", Pace(ratios=[0.0] * 8), ("11-23", "11-23")),
]


@pytest.mark.parametrize(("pace", "expected"), [row[1:] for row in LIKELY], ids=[row[0] for row in LIKELY])
def test_the_likely_range_follows_the_pace(pace: Pace, expected: tuple[str, str]) -> None:
    found = seen_from([ours("launch")], {"launch": OPEN}, pace=pace)
    assert found.likely == (day(expected[0]), day(expected[1]))
    assert found.likely_chain[0].reason == "pace"


def test_a_step_under_way_counts_from_the_day_it_opened() -> None:
    known = {"launch": Known("open", day("11-18"))}
    assert seen_from([ours("launch")], known, pace=STEADY).likely[0] == day("11-25")


def test_a_step_behind_its_pace_counts_as_the_next_working_day() -> None:
    found = seen_from([ours("launch")], {"launch": Known("open", day("11-2"))}, pace=STEADY)
    assert (found.likely[0], found.likely_chain[0].reason) == (day("11-24"), "overdue")
    assert found.earliest == TODAY


def test_what_stripe_took_before_replaces_its_clock() -> None:
    steps = [theirs("b", days=2), ours("launch", "b", aim=1)]
    quick = Pace(ratios=[0.0] * 8, seen={"b": [20, 20, 20, 30, 40]})
    found = seen_from(steps, {"b": Known("open", day("11-20"), due_on=day("11-24"), clock_on=day("11-20"))}, pace=quick)  # fmt: skip
    assert found.earliest == day("11-24"), "the earliest day keeps to the clock"
    assert found.likely == (day("12-10"), day("12-20"))
    assert found.likely_chain[0].reason == "seen"


def test_four_answers_are_too_few() -> None:
    steps = [theirs("b", days=2), ours("launch", "b", aim=1)]
    found = seen_from(steps, {}, pace=Pace(ratios=[0.0] * 8, seen={"b": [20] * 4}))
    assert found.likely == (day("11-25"), day("11-25"))


def test_the_likely_range_never_begins_before_the_earliest_day() -> None:
    steps = [theirs("b", days=30, unit="calendar_days"), ours("launch", "b")]
    found = seen_from(steps, {}, pace=Pace(ratios=[0.0] * 8, seen={"b": [3] * 5}))
    assert found.likely == (found.earliest, found.earliest)


STANDINGS = [
    ("12-31", "early", "everything fits"),
    ("12-1", "tight", "only the quick end fits"),
    ("11-24", "late", "only the earliest day fits"),
    ("11-22", "impossible", "not even the earliest day fits"),
]


@pytest.mark.parametrize(("target", "standing", "_why"), STANDINGS)
def test_the_target_is_compared_with_all_three_figures(target: str, standing: str, _why: str) -> None:
    found = forecast([ours("launch")], {"launch": OPEN}, today=TODAY, target=day(target), calendars=US)
    assert found.standing == standing
    assert found.slack[0] == (day(target) - TODAY).days


def test_the_target_itself_is_in_time() -> None:
    found = forecast([ours("launch")], {"launch": OPEN}, today=TODAY, target=day("12-3"), calendars=US)
    assert (found.likely[1], found.slack[2], found.standing) == (day("12-3"), 0, "early")


def test_shares_are_nearest_ranks() -> None:
    assert [share([4, 1, 3, 2], part) for part in (0.25, 0.5, 0.8, 1)] == [1, 2, 4, 4]
    with pytest.raises(ValueError, match="nothing"):
        share([], 0.5)


def test_working_days_leave_out_weekends_holidays_and_closing_days() -> None:
    assert working_days(day("11-23"), day("11-30"), "US") == 4
    assert working_days(day("11-23"), day("11-30"), "US", {day("11-24")}) == 3
    assert working_days(day("11-30"), day("11-23"), "US") == 0


@pytest.mark.parametrize("variant", plans.variants())
def test_every_plan_has_a_chain_to_its_launch(variant: str) -> None:
    plan = plans.load(variant)
    for region in plan.regions:
        steps = steps_for(plan, Answers(region, frozenset(plan.products), variant, "custom", True, True))
        found = forecast(steps, {}, today=TODAY, target=TARGET, calendars=US)
        assert found.chain[-1].step == found.likely_chain[-1].step == "launch"
        assert TODAY < found.earliest <= found.likely[0] <= found.likely[1]
        for chain in (found.chain, found.likely_chain):
            assert all(one.ends == then.begins for one, then in pairwise(chain))
        assert AIMS[0] < 1 < AIMS[1]
