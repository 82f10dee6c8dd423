"""Where every step of a programme stands, derived from what was recorded: one pure function.

People record things late, take them back and correct them. The rows of a programme must then say what they
would say if everything had been recorded right from the start; `derive` says what that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.plan import Step

UNDO_WITHIN: Final = timedelta(minutes=10)
"""How long the person who recorded something can simply take it back."""

LATE_AFTER: Final = timedelta(days=3)
"""What is recorded longer than this after it happened is marked as entered late."""

ENDS: Final = frozenset({"done", "drop_treasury"})
"""Effects that finish a step."""

BLOCKS: Final = frozenset({"block", "ask_close"})
"""Effects that block it."""


@dataclass(frozen=True)
class Entry:
    """One thing recorded about a step that still stands; `until` is a date that Stripe named."""

    step: str
    effect: str
    happened_at: datetime
    until: date | None = None


@dataclass(frozen=True)
class Place:
    """Where a step stands.

    `opened_at` is the moment since which it can be worked on, `ended_at` the one at which it was done,
    `clock_at` the one its clock counts from; `named` is the answer in which Stripe named a date instead. Only
    a step that can be worked on has the first, only one that is done the second.
    """

    state: str
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    clock_at: datetime | None = None
    named: Entry | None = None


def derive(
    steps: Sequence[Step],
    entries: Sequence[Entry],
    started_at: datetime,
    added: Mapping[str, datetime] | None = None,
) -> dict[str, Place]:
    """Return the place of each step.

    Args:
        steps: those that apply, each needing only steps that apply (`bot.domain.plan.steps_for`).
        entries: what stands, in the order in which it was recorded.
        started_at: when the programme started, which opens the steps that need nothing.
        added: when steps joined that the programme did not have at its start.
    """
    ended, asked, revised = _replayed(steps, entries)
    places = {}
    for step in steps:
        since = [ended[need].happened_at for need in step.needs if need in ended]
        since += [moment for moment in (revised.get(step.id), (added or {}).get(step.id)) if moment]
        places[step.id] = _place(step, ended, asked, max(since, default=started_at))
    return places


def _replayed(
    steps: Sequence[Step], entries: Sequence[Entry]
) -> tuple[dict[str, Entry], dict[str, list[Entry]], dict[str, datetime]]:
    """Return how steps ended, what was answered since without ending them, and what revisions reopened."""
    backs = {step.id: step.back_to for step in steps if step.back_to}
    ended: dict[str, Entry] = {}
    asked: dict[str, list[Entry]] = {}
    revised: dict[str, datetime] = {}
    for entry in entries:
        if entry.effect in ENDS:
            ended[entry.step] = entry
            asked.pop(entry.step, None)
        elif entry.effect == "revise":
            asked.pop(entry.step, None)
            ended.pop(entry.step, None)
            target = backs.get(entry.step)
            if target is not None:
                ended.pop(target, None)
                asked.pop(target, None)
                revised[target] = entry.happened_at
        else:
            asked.setdefault(entry.step, []).append(entry)
    return ended, asked, revised


def _place(
    step: Step, ended: Mapping[str, Entry], asked: Mapping[str, Sequence[Entry]], opened_at: datetime
) -> Place:
    end, answers = ended.get(step.id), asked.get(step.id, ())
    if end is not None:
        return Place("done", ended_at=end.happened_at)
    ready = all(need in ended for need in step.needs)
    clock_at = None
    if step.clock is not None:
        if step.clock.starts != "opened":
            starter = ended.get(step.clock.starts)
            clock_at = starter.happened_at if starter else None
        elif ready:
            clock_at = opened_at
    if not ready:
        return Place("waiting", clock_at=clock_at)
    named = next((one for one in reversed(answers) if one.until), None)
    blocked = bool(answers) and answers[-1].effect in BLOCKS
    return Place("blocked" if blocked else "open", opened_at, None, clock_at, named)


@dataclass(frozen=True)
class Bounds:
    """Between which moments something can have happened, and the steps that say so."""

    earliest: datetime | None = None
    after: str = ""
    latest: datetime | None = None
    before: str = ""

    def problem(self, moment: datetime, zone: str) -> str:
        """Return `early`, `late`, or nothing when the date lies between them; days count, not hours."""
        on = day(moment, zone)
        if self.earliest is not None and on < day(self.earliest, zone):
            return "early"
        if self.latest is not None and on > day(self.latest, zone):
            return "late"
        return ""

    def fitted(self, moment: datetime) -> datetime:
        """Return the moment, moved within its day to where it fits."""
        if self.latest is not None:
            moment = min(moment, self.latest)
        return max(moment, self.earliest) if self.earliest is not None else moment


def bounds(steps: Sequence[Step], entries: Sequence[Entry], key: str) -> Bounds:
    """Return when a step can have ended or been answered: after what it needs, before what needed it.

    `entries` are those that stand, without the one that is being recorded or corrected.
    """
    ended, asked, revised = _replayed(steps, entries)
    by_id = {step.id: step for step in steps}
    needs = [(ended[need].happened_at, need) for need in by_id[key].needs if need in ended]
    needs += [(revised[key], key)] if key in revised else []
    followers = [step.id for step in steps if key in step.needs]
    later = [(ended[one].happened_at, one) for one in followers if one in ended]
    later += [(first.happened_at, one) for one in followers for first in asked.get(one, ())[:1]]
    earliest = max(needs, default=(None, ""), key=lambda one: one[0])
    latest = min(later, default=(None, ""), key=lambda one: one[0])
    return Bounds(earliest[0], earliest[1], latest[0], latest[1])


def late(happened_at: datetime, recorded_at: datetime) -> bool:
    """Tell whether something was entered over three days after it happened."""
    return recorded_at - happened_at > LATE_AFTER


def day(moment: datetime, zone: str) -> date:
    """Return the local date of a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def noon(on: date, zone: str) -> datetime:
    """Return the middle of a local date, in UTC: a date without an hour stands for it."""
    return datetime.combine(on, time(12), ZoneInfo(zone)).astimezone(UTC)


def paused_days(spans: Iterable[Sequence[str]], until: date) -> frozenset[date]:
    """Return the local dates on which a programme stood still.

    Args:
        spans: pairs of ISO dates: the first day that does not count, and the first that counts again, empty
            while it still stands still.
        until: the day before which an open span ends.
    """
    days: set[date] = set()
    for first, last in spans:
        one, end = date.fromisoformat(first), date.fromisoformat(last) if last else until
        while one < end:
            days.add(one)
            one += timedelta(days=1)
    return frozenset(days)
