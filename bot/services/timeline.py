"""Keeping the rows of a programme what its entries say, after something was taken back or corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.domain import timeline
from bot.domain.error import FormError
from bot.domain.onboarding import ENDED, WORKABLE
from bot.domain.timeline import Bounds, Entry, Place
from bot.services import deadline as clocks
from bot.services.duty_dates import keep_dates
from bot.services.walk import Walk, answers_of, steps_of
from storage.queries import entry as entries
from storage.queries import program as programs
from storage.queries import reminder as reminders
from storage.tables import Step, StepEntry

RUNNING = frozenset({"active", "launched"})


@dataclass(frozen=True)
class Standing:
    """The states and open dates of all steps at one moment, to tell later what has changed."""

    states: Mapping[str, str]
    dates: Mapping[str, date]

    @classmethod
    def of(cls, walk: Walk) -> "Standing":
        """Return how a programme stands now."""
        walk.session.flush()
        dates = programs.open_dates(walk.session, walk.program.id)
        keys = {row.id: key for key, row in walk.rows.items()}
        return cls(walk.states, {keys[step]: on for step, on in dates.items() if step in keys})


@dataclass(frozen=True)
class Settled:
    """What changed: steps that opened, steps that wait again, and dates that moved (from, to)."""

    opened: tuple[str, ...]
    waiting: tuple[str, ...]
    moved: tuple[tuple[str, date, date], ...]

    def facts(self, walk: Walk, without: str = "") -> dict[str, Any]:
        """Return what a message says of it; `without` is the step that the message is about."""
        return {
            "waiting": [walk.title(key) for key in self.waiting if key != without],
            "moved": [
                {"title": walk.title(key), "before": before.isoformat(), "after": after.isoformat()}
                for key, before, after in self.moved
            ],
        }


def standing(walk: Walk) -> list[StepEntry]:
    """Return what stands of a programme, in the order of recording."""
    return list(entries.standing(walk.session, walk.program.id))


def pure(row: StepEntry) -> Entry:
    """Return an entry as the domain knows it."""
    until = row.outcome.get("until")
    return Entry(row.key, row.effect, row.happened_at, date.fromisoformat(until) if until else None)


def places(walk: Walk, known: Sequence[StepEntry] | None = None) -> dict[str, Place]:
    """Return where each step stands by what was recorded."""
    found = standing(walk) if known is None else known
    added = {row.key: row.added_at for row in walk.rows.values() if row.added_at is not None}
    return timeline.derive(walk.steps, [pure(row) for row in found], walk.program.started_at, added)


def settle(walk: Walk, now: datetime) -> None:
    """Bring every step and every deadline to where the entries say they are."""
    walk.session.flush()
    again = programs.looked_at_again(walk.session, walk.program.id)
    for key, place in places(walk).items():
        row = walk.rows[key]
        state = _state(walk, row, place)
        opened_at = place.opened_at if state in WORKABLE else None
        if state != row.state or (opened_at != row.opened_at and state != "done"):
            row.look_again_on = None if state == "waiting" else row.look_again_on
            row.state, row.opened_at = state, opened_at
            walk.session.add(row)
        clocks.settle(walk.session, walk.program, row, walk.step(key), place, now)
        wanted = row.look_again_on if row.state == "blocked" else None
        if again.get(row.id) != wanted:
            clocks.look_again(walk.session, walk.program, row, wanted, now)
    keep_dates(walk, now)
    reminders.wake(walk.session, now, programs_=[walk.program.id])
    walk.session.flush()


def refit(walk: Walk, now: datetime) -> None:
    """Let the steps follow the answers and the plan, which may have changed: new ones join, others drop out.

    Finished steps stay as they are, whether they would still apply or not.
    """
    walk.session.flush()
    walk.steps = steps_of(walk.plan, answers_of(walk.program))
    kept = {step.id for step in walk.steps}
    order = {step.id: number for number, step in enumerate(walk.plan.steps)}
    for key in kept - set(walk.rows):
        row = Step(
            team=walk.program.team, program_id=walk.program.id, key=key, position=order[key], added_at=now
        )
        walk.session.add(row)
        walk.session.flush()
        walk.rows[key] = row
    for key, row in walk.rows.items():
        row.position = order.get(key, row.position)
        if key not in kept and row.state not in ENDED:
            row.state = "dropped"
            programs.close_deadlines(walk.session, row.id, "dropped")
        elif key in kept and row.state == "dropped":
            row.state, row.added_at = "waiting", now
        walk.session.add(row)
    walk.session.flush()


def changed(walk: Walk, before: Standing) -> Settled:
    """Tell what is different; what opened is remembered for the next message."""
    after = Standing.of(walk)
    opened = [key for key, state in after.states.items() if state in WORKABLE]
    opened = [key for key in opened if before.states.get(key, "waiting") not in WORKABLE]
    waiting = [
        key
        for key, state in after.states.items()
        if state == "waiting" and before.states.get(key, "waiting") not in {"waiting", "dropped"}
    ]
    both = [key for key in before.dates if key in after.dates]
    moved = [(key, before.dates[key], after.dates[key]) for key in both]
    walk.opened += [key for key in opened if key not in walk.opened]
    return Settled(tuple(opened), tuple(waiting), tuple(one for one in moved if one[1] != one[2]))


def _state(walk: Walk, row: Step, place: Place) -> str:
    if place.state == "open" and row.state == "blocked" and row.look_again_on is not None:
        return "blocked"  # somebody of ours has blocked it
    if place.state in WORKABLE and row.state not in WORKABLE | {"done"} and walk.program.state not in RUNNING:
        return "waiting"  # nothing opens while the programme stands still
    return place.state


def bounds(walk: Walk, key: str, known: Sequence[StepEntry] | None = None, without: int = 0) -> Bounds:
    """Return between which moments a step can have ended; `without` is the entry being corrected."""
    row = walk.rows[key]
    found = [one for one in (standing(walk) if known is None else known) if one.id != without]
    if row.added_at is not None:
        # What was done before the step joined did not need it then.
        added = row.added_at
        kept = {one.id for one in walk.steps if key not in one.needs}
        found = [one for one in found if one.key in kept or one.recorded_at >= added]
    return timeline.bounds(walk.steps, [pure(one) for one in found], key)


def checked(walk: Walk, moment: datetime, limits: Bounds, now: datetime) -> datetime:
    """Return when something happened, moved within its day to fit.

    Raises:
        FormError: it lies in the future, before what the step needs, or after what needed the step.
    """
    if moment > now:
        place = walk.program.zone
        if timeline.day(moment, place) > timeline.day(now, place):
            raise FormError({"happened_at": ("form.not_future", {})})
        moment = now
    problem = limits.problem(moment, walk.program.zone)
    if problem:
        other = limits.after if problem == "early" else limits.before
        bound = limits.earliest if problem == "early" else limits.latest
        assert bound is not None, "a problem has a bound"  # noqa: S101 - a problem has a bound
        day = timeline.day(bound, walk.program.zone)
        raise FormError({"happened_at": (f"happened.{problem}", {"step": walk.named(other), "date": day})})
    return limits.fitted(moment)
