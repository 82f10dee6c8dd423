"""When a programme can launch: the earliest day, a likely range, and the chain of steps that decides.

The earliest day counts Stripe's clocks in full and our own steps as done on the day they open. The likely
range lets our steps take what this team's steps have taken against their aims, twice: at the pace of half of
them, and at the pace of four out of five. Days are dates in the programme's zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Final

from bot.domain.deadline import Counted, count, earlier, later, reason_to_skip
from bot.domain.onboarding import ENDED, LAUNCH, in_order
from bot.domain.timeline import noon

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.domain.plan import Clock, Step

FEWEST_STEPS: Final = 8
"""Finished steps of ours from which a team's own pace counts."""

FEWEST_ANSWERS: Final = 5
"""Answers of Stripe's to one step from which what was seen counts instead of its clock."""

AIMS: Final = (0.75, 1.25)
"""Before that, our steps take the plan's aims, a quarter less and a quarter more."""

SHARES: Final = (0.5, 0.8)
"""The two ends of the range: what half and what four out of five of the steps stayed within."""


@dataclass(frozen=True)
class Known:
    """What is known of one step: its state, its days so far, and the date its open deadline names.

    `due_on` is the open or stopped deadline's; `clock_on` the day it counts from, empty when Stripe named the
    date. `look_again_on` is the day until which somebody has blocked it.
    """

    state: str
    opened_on: date | None = None
    ended_on: date | None = None
    due_on: date | None = None
    clock_on: date | None = None
    look_again_on: date | None = None


@dataclass(frozen=True)
class Pace:
    """How fast this team and Stripe have been so far.

    `ratios` holds, for each finished step of ours, the working days it took divided by its aim; `seen` the
    calendar days that Stripe took for a step, by its id.
    """

    ratios: Sequence[float] = ()
    seen: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @property
    def own(self) -> bool:
        """Tell whether there are enough finished steps to go by."""
        return len(self.ratios) >= FEWEST_STEPS

    @cached_property
    def factors(self) -> tuple[float, float]:
        """By what an aim is multiplied at both ends of the range."""
        if not self.own:
            return AIMS
        return share(self.ratios, SHARES[0]), share(self.ratios, SHARES[1])

    def waits(self, step: str) -> tuple[int, int] | None:
        """Return the calendar days Stripe has taken for a step at both ends; None for too few answers."""
        days = self.seen.get(step, ())
        if len(days) < FEWEST_ANSWERS:
            return None
        return round(share(days, SHARES[0])), round(share(days, SHARES[1]))


@dataclass(frozen=True)
class Calendars:
    """In which days a programme counts: zone, calendars by the name a clock has for them, days left out.

    `by` maps `stripe`, `team` and `open` to one or two calendars of `bot.domain.deadline`; on the days
    `paused` the programme stood still, up to yesterday where it still does.
    """

    zone: str
    by: Mapping[str, Sequence[str]]
    closing: Collection[date] = ()
    paused: Collection[date] = ()


@dataclass(frozen=True)
class Link:
    """One step of the chain that decides: from its first day to its last, and why it takes that long.

    `reason` is `clock` (Stripe's or the plan's), `date` (Stripe named it), `overdue`, `blocked`, `seen` (what
    Stripe took before), `pace` (ours), `none` (done on the day it opens) or `unknown` (a wait of Stripe's
    without a clock, which counts as no days).
    """

    step: str
    begins: date
    ends: date
    reason: str

    @property
    def days(self) -> int:
        """The calendar days it takes."""
        return (self.ends - self.begins).days


@dataclass(frozen=True)
class Forecast:
    """When a programme can launch.

    `chain` leads to the earliest day, `likely_chain` to the later end of the range. `slack` is the number of
    days from each figure to the target, below 0 when it is missed. `launched_on` is set once it has launched;
    then there is nothing left to forecast, and all three figures are that day.
    """

    earliest: date
    likely: tuple[date, date]
    target: date
    chain: tuple[Link, ...] = ()
    likely_chain: tuple[Link, ...] = ()
    launched_on: date | None = None

    @property
    def slack(self) -> tuple[int, int, int]:
        """Return the days left to the target from the earliest day and both ends of the range."""
        one, two, three = ((self.target - day).days for day in (self.earliest, *self.likely))
        return one, two, three

    @property
    def standing(self) -> str:
        """Return `launched`, `early` (the whole range fits), `tight` (part of it), `late`, `impossible`."""
        if self.launched_on is not None:
            return "launched"
        earliest, soon, late = self.slack
        if late >= 0:
            return "early"
        if soon >= 0:
            return "tight"
        return "late" if earliest >= 0 else "impossible"


def share(values: Iterable[float], part: float) -> float:
    """Return the smallest value that this part of all values stays within (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("a share of nothing")
    return ordered[max(ceil(round(part * len(ordered), 6)) - 1, 0)]


def working_days(first: date, last: date, calendar: str, closing: Collection[date] = ()) -> int:
    """Return the working days after the first date up to the last; 0 when that is not later."""
    days = (first + timedelta(days=number) for number in range(1, (last - first).days + 1))
    return sum(reason_to_skip(day, calendar, closing) is None for day in days)


def forecast(
    steps: Sequence[Step],
    known: Mapping[str, Known],
    *,
    today: date,
    target: date,
    calendars: Calendars,
    pace: Pace | None = None,
    paused: bool = False,
) -> Forecast:
    """Return when a programme can launch.

    Args:
        steps: those that apply, each needing only steps that apply (`bot.domain.plan.steps_for`).
        known: what is known of each of them; one that is missing waits.
        today: the date in the programme's zone.
        target: the date the programme means to launch on.
        calendars: how its days are counted.
        pace: how fast the team was so far.
        paused: the programme stands still; it is forecast as if it went on today.

    A deadline that has passed counts as the next working day: nobody knows more.
    """
    end = known.get(LAUNCH, Known("waiting"))
    if end.state == "done" and end.ended_on is not None:
        return Forecast(end.ended_on, (end.ended_on, end.ended_on), target, launched_on=end.ended_on)
    run = _Run(steps, known, today, calendars, paused=paused)
    pace = pace or Pace()
    earliest, chain = run.to_launch(None, 0)
    found = [run.to_launch(pace, number) for number in (0, 1)]
    # Stripe may have been faster than its clocks before; nothing is promised before the earliest day.
    soon = max(found[0][0], earliest)
    late = max(found[1][0], soon)
    return Forecast(earliest, (soon, late), target, chain, found[1][1])


class _Run:
    """One programme, walked through in the order of its needs."""

    def __init__(
        self,
        steps: Sequence[Step],
        known: Mapping[str, Known],
        today: date,
        calendars: Calendars,
        *,
        paused: bool,
    ) -> None:
        self._steps = [step for step in in_order(steps) if known.get(step.id, _WAITS).state != "dropped"]
        self._known = known
        self._today = today
        self._calendars = calendars
        self._paused = paused

    def to_launch(self, pace: Pace | None, end: int) -> tuple[date, tuple[Link, ...]]:
        """Return the day of the launch and the chain that leads to it, at one end of the pace."""
        links: dict[str, Link] = {}
        before: dict[str, str] = {}
        for step in self._steps:
            known = self._known.get(step.id, _WAITS)
            if known.state in ENDED:
                continue
            left = [need for need in step.needs if need in links]
            # Of two that end on the same day the longer one decides: it is the one worth watching.
            last = max(left, key=lambda need: (links[need].ends, links[need].days), default="")
            begins = max(links[last].ends, self._today) if last else self._today
            links[step.id] = self._link(step, known, begins, links, pace, end)
            before[step.id] = last
        if not links:
            return self._today, ()
        final = LAUNCH if LAUNCH in links else max(links, key=lambda key: links[key].ends)
        chain: list[Link] = []
        key = final
        while key:
            chain.append(links[key])
            key = before[key]
        return links[final].ends, tuple(reversed(chain))

    def _link(
        self,
        step: Step,
        known: Known,
        begins: date,
        links: Mapping[str, Link],
        pace: Pace | None,
        end: int,
    ) -> Link:
        if step.actor == "stripe":
            reason, ends = self._wait(step, known, begins, links, pace, end)
        elif pace is None or step.clock is None:
            reason, ends = "none", begins
        else:
            since = begins if known.state == "waiting" else known.opened_on or begins
            days = ceil(round(pace.factors[end] * step.clock.length, 6))
            reason, ends = "pace", self._count(step, step.clock, since, days)
        if ends < self._today:
            reason, ends = "overdue", self._next_working_day(step)
        until = known.look_again_on if known.state == "blocked" else None
        if until is not None and until > ends:
            reason, ends = "blocked", until
        return Link(step.id, begins, max(ends, begins), reason)

    def _wait(
        self,
        step: Step,
        known: Known,
        begins: date,
        links: Mapping[str, Link],
        pace: Pace | None,
        end: int,
    ) -> tuple[str, date]:
        """Return why and when a wait for Stripe ends; for one that runs, perhaps a day that has passed."""
        runs = known.state != "waiting"
        if runs and known.due_on is not None and known.clock_on is None:
            return "date", known.due_on
        since = known.clock_on or (known.opened_on if runs else None) or begins
        if step.clock is not None and step.clock.starts in links:
            since = links[step.clock.starts].ends
        seen = pace.waits(step.id) if pace else None
        if seen is not None:
            return "seen", since + timedelta(days=seen[end])
        if step.clock is None:
            return ("clock", known.due_on) if runs and known.due_on else ("unknown", begins)
        if runs and known.due_on is not None and not self._paused:
            return "clock", known.due_on
        return "clock", self._count(step, step.clock, since, step.clock.length)

    def _count(self, step: Step, clock: Clock, begins: date, length: int) -> date:
        found = [
            self._counted(begins, length, clock.unit, calendar)
            for calendar in self._calendars.by[clock.calendar]
        ]
        # As the deadlines themselves are counted (bot.services.deadline).
        return (later if step.actor == "stripe" else earlier)(*found).due_on

    def _next_working_day(self, step: Step) -> date:
        name = "stripe" if step.actor == "stripe" else "team"
        calendar = self._calendars.by[name][0]
        return self._counted(self._today, 1, "business_days", calendar).due_on

    def _counted(self, begins: date, length: int, unit: str, calendar: str) -> Counted:
        zone = self._calendars.zone
        days = self._calendars
        return count(noon(begins, zone), zone, length, unit, calendar, days.closing, days.paused)


_WAITS: Final = Known("waiting")
