from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot import plans
from bot.domain.plan import Answers, steps_for
from bot.domain.timeline import Bounds, Entry, bounds, derive, late, noon, paused_days

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ANSWERS = Answers("us", frozenset({"issuing"}), "embedded_finance")
STEPS = steps_for(plans.load("embedded_finance"), ANSWERS)


def on(day: int, hour: int = 15) -> datetime:
    """A day after the start, at an hour."""
    return (NOW + timedelta(days=day)).replace(hour=hour)


def done(step: str, day: int) -> Entry:
    return Entry(step, "done", on(day))


WALKED = [done("supported_use_case", 1), done("intake_form", 2), done("first_contact", 4)]

# what was recorded, step: state, since, its clock counts from
PLACES = [
    ([], "supported_use_case", "open", NOW, NOW),
    ([], "intake_form", "waiting", None, None),
    (WALKED[:1], "intake_form", "open", on(1), on(1)),
    (WALKED[:2], "first_contact", "open", on(2), on(2)),
    (WALKED[:2], "test_build", "open", on(2), on(2)),
    (WALKED, "first_contact", "done", None, None),
    (WALKED, "call_preparation", "open", on(4), on(4)),
    ([done("supported_use_case", -9)], "supported_use_case", "done", None, None),
    ([done("supported_use_case", -9)], "intake_form", "open", on(-9), on(-9)),
    ([*WALKED[:2], Entry("first_contact", "ask_close", on(3))], "first_contact", "blocked", on(2), on(2)),
    ([*WALKED[:2], Entry("first_contact", "wait", on(3))], "first_contact", "open", on(2), on(2)),
]


@pytest.mark.parametrize(("entries", "step", "state", "since", "clock"), PLACES)
def test_the_place_of_a_step_follows_from_what_was_recorded(
    entries: list[Entry], step: str, state: str, since: datetime | None, clock: datetime | None
) -> None:
    place = derive(STEPS, entries, NOW)[step]
    assert (place.state, place.opened_at, place.clock_at) == (state, since, clock)


def everything(until: str) -> list[Entry]:
    """All steps done, a day apart, up to and with one."""
    found = []
    for number, step in enumerate(_in_order(), start=1):
        found.append(done(step, number))
        if step == until:
            break
    return found


def _in_order() -> list[str]:
    ordered: list[str] = []
    while len(ordered) < len(STEPS):
        ordered += [one.id for one in STEPS if one.id not in ordered and set(one.needs) <= set(ordered)]
    return ordered


def test_a_revision_opens_the_submission_again_from_the_day_it_was_asked() -> None:
    sent = everything("submission")
    day = len(sent) + 12
    places = derive(STEPS, [*sent[:-1], Entry("review", "revise", on(day))], NOW)
    assert (places["submission"].state, places["submission"].opened_at) == ("open", on(day))
    assert (places["review"].state, places["review"].clock_at) == ("waiting", None)
    again = [*sent[:-1], Entry("review", "revise", on(day)), done("submission", day + 3)]
    review = derive(STEPS, again, NOW)["review"]
    assert (review.state, review.opened_at, review.clock_at) == ("open", on(day + 3), on(day + 3))


def test_a_date_that_stripe_named_stands_until_another_one_is_named() -> None:
    walked = everything("call")
    asked = Entry("supportability", "wait", on(60), date(2027, 2, 1))
    more = Entry("supportability", "wait", on(61))
    assert derive(STEPS, [*walked, asked, more], NOW)["supportability"].named == asked
    other = Entry("supportability", "wait", on(62), date(2027, 2, 9))
    assert derive(STEPS, [*walked, asked, more, other], NOW)["supportability"].named == other


def test_a_step_that_joined_later_is_open_since_it_joined() -> None:
    joined = {"supported_use_case": on(5)}
    assert derive(STEPS, [], NOW, joined)["supported_use_case"].opened_at == on(5)


# step: not before, because of; not after, because of
LIMITS = [
    ("supported_use_case", None, "", on(2), "intake_form"),
    ("intake_form", on(1), "supported_use_case", on(4), "first_contact"),
    ("first_contact", on(2), "intake_form", None, ""),
    ("test_build", on(2), "intake_form", None, ""),
]


@pytest.mark.parametrize(("step", "earliest", "after", "latest", "before"), LIMITS)
def test_a_step_lies_between_what_it_needs_and_what_needs_it(
    step: str, earliest: datetime | None, after: str, latest: datetime | None, before: str
) -> None:
    without = [one for one in WALKED if one.step != step]
    assert bounds(STEPS, without, step) == Bounds(earliest, after, latest, before)


def test_a_request_for_changes_is_a_bound_of_what_is_sent_next() -> None:
    sent = everything("submission")
    day = len(sent) + 12
    found = bounds(STEPS, [*sent[:-1], Entry("review", "revise", on(day))], "submission")
    assert (found.earliest, found.after) == (on(day), "submission")


# moment, the same day as a bound or another: the problem, and the moment that is kept
FITS = [
    (on(2, 8), "", on(2, 15)),
    (on(3, 12), "", on(3, 12)),
    (on(5, 20), "", on(5, 15)),
    (on(1, 23), "early", None),
    (on(6, 9), "late", None),
]


@pytest.mark.parametrize(("moment", "problem", "kept"), FITS)
def test_days_count_and_hours_are_moved_to_fit(moment: datetime, problem: str, kept: datetime | None) -> None:
    limits = Bounds(on(2), "a", on(5), "b")
    assert limits.problem(moment, "UTC") == problem
    if kept is not None:
        assert limits.fitted(moment) == kept


@pytest.mark.parametrize(("days", "expected"), [(3, False), (3.01, True), (0, False), (30, True)])
def test_what_is_entered_over_three_days_after_is_late(days: float, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert late(NOW - timedelta(days=days), NOW) is expected


def test_a_date_without_an_hour_is_its_local_noon() -> None:
    assert noon(date(2026, 7, 1), "America/New_York") == datetime(2026, 7, 1, 16, tzinfo=UTC)
    assert noon(date(2026, 12, 1), "America/New_York") == datetime(2026, 12, 1, 17, tzinfo=UTC)


def test_the_days_of_a_pause_go_up_to_the_one_that_counts_again() -> None:
    spans = [["2026-05-01", "2026-05-03"], ["2026-05-10", ""]]
    days = paused_days(spans, date(2026, 5, 12))
    assert sorted(one.day for one in days) == [1, 2, 10, 11]
