"""Clocks of steps: counted once, stored with all that explains them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from bot.domain.deadline import Counted, calendar_for, count, earlier, end_of_day, later
from bot.domain.plan import Clock
from bot.domain.plan import Step as PlanStep
from bot.domain.timeline import Place, paused_days
from storage import Session
from storage.queries import program as programs
from storage.queries.calendar import closing_days
from storage.tables import Deadline, Program, Step

EU_COUNTRIES: Final = frozenset(
    {
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    }
)
"""Countries of the European Economic Area, where one European programme may issue."""

DEFAULT_PLACE: Final = {
    "us": ("US", "America/New_York"),
    "uk": ("GB-ENG", "Europe/London"),
    "eu": ("", "Europe/Paris"),
}
"""Country and zone of a region when the settings name a place outside it; no country means `XECB`."""


@dataclass(frozen=True)
class Rule:
    """How a deadline is counted: so many days of a unit, in a calendar."""

    length: int
    unit: str
    calendar: str


def place(region: str, country: str, zone: str) -> tuple[str, str]:
    """Return the country and zone of a programme: the settings when they lie in its region.

    Args:
        region: us, uk or eu.
        country: `GANTRY_COUNTRY`, such as `FR` or `GB-ENG`.
        zone: `GANTRY_TIMEZONE`.
    """
    head = country.partition("-")[0]
    inside = {"us": head == "US", "uk": head == "GB", "eu": head in EU_COUNTRIES}[region]
    default_country, default_zone = DEFAULT_PLACE[region]
    return (country if inside else default_country), (zone if inside and zone != "UTC" else default_zone)


def start(
    session: Session,
    program: Program,
    row: Step,
    step: PlanStep,
    *,
    started_by: str,
    at: datetime,
    now: datetime,
) -> None:
    """Store the deadline of a step if its clock starts by this, as of `at`; reminders count from `now` on."""
    clock = step.clock
    if clock is None or clock.starts != started_by:
        return
    replace(session, _of_clock(session, program, row, step, at), now)


def settle(
    session: Session, program: Program, row: Step, step: PlanStep, place: Place, now: datetime
) -> None:
    """Bring the deadline of a step to where its place says; a programme that stands still stops it."""
    if row.state in {"done", "dropped"}:
        programs.close_deadlines(session, row.id, "met" if row.state == "done" else "dropped")
        return
    wanted = None
    if place.named is not None and place.named.until is not None:
        until, at = place.named.until, place.named.happened_at
        wanted = _named(program, row, until=until, at=at, source=step.source)
    elif place.clock_at is not None:
        wanted = _of_clock(session, program, row, step, place.clock_at)
    if wanted is None:
        programs.close_deadlines(session, row.id, "dropped")
        return
    if program.state not in {"active", "launched"}:
        wanted.state = "stopped"
    before = programs.deadline_of(session, row.id)
    same = ("state", "rule", "started_at", "calendar", "zone", "due_on", "skipped")
    if before is None or any(getattr(before, name) != getattr(wanted, name) for name in same):
        replace(session, wanted, now)


def _of_clock(session: Session, program: Program, row: Step, step: PlanStep, at: datetime) -> Deadline:
    clock = step.clock
    assert clock is not None, "the caller looked"  # noqa: S101 - the caller looked
    counted = [_count(session, program, rule, at) for rule in _rules(program, clock)]
    # Where the source names no calendar, nobody is chased too early and nothing of ours is late.
    found = (later if step.actor == "stripe" else earlier)(*counted)
    return Deadline(
        team=program.team,
        subject="step",
        subject_id=row.id,
        program_id=program.id,
        ladder="aim" if clock.aim else "stripe",
        rule=found.rule,
        length=clock.length,
        unit=clock.unit,
        about=clock.about,
        started_at=at,
        calendar=found.calendar,
        zone=program.zone,
        due_on=found.due_on,
        due_at=found.due_at,
        skipped=[[day.isoformat(), reason] for day, reason in found.skipped],
        source="" if clock.aim else clock.source or step.source,
    )


def _rules(program: Program, clock: Clock) -> list[Rule]:
    kinds = ("stripe", "team") if clock.calendar == "open" else (clock.calendar,)
    places = {"stripe": program.region, "team": program.country}
    return [Rule(clock.length, clock.unit, calendar_for(kind, places[kind])) for kind in kinds]


def recount(
    session: Session, program: Program, row: Step, step: PlanStep, old: Deadline, now: datetime
) -> Deadline | None:
    """Count an open deadline again, after a day was closed or opened; None when it stays where it was."""
    fresh = _of_clock(session, program, row, step, old.started_at)
    if fresh.due_on == old.due_on:
        return None
    replace(session, fresh, now)
    return fresh


def move(
    session: Session,
    program: Program,
    row: Step,
    *,
    until: date,
    at: datetime,
    source: str,
    now: datetime,
) -> None:
    """Replace the deadline of a step by a date that somebody named."""
    replace(session, _named(program, row, until=until, at=at, source=source), now)


def look_again(session: Session, program: Program, row: Step, on: date | None, now: datetime) -> None:
    """Remember the day on which to look at a blocked step again; None forgets it."""
    if on is None:
        programs.close_deadlines(session, row.id, "met", ("look_again",))
        return
    fresh = _named(program, row, until=on, at=now, source="")
    fresh.subject = fresh.ladder = "look_again"
    replace(session, fresh, now)


def keep_duty(session: Session, program: Program, row: Step, due_on: date | None, now: datetime) -> None:
    """Bring the date of a lasting duty up to date; None where it has no period or nothing lasts any more."""
    before = programs.deadline_of(session, row.id, "duty")
    kept = before is not None and before.state == "open" and before.due_on == due_on
    if kept:
        return
    if due_on is None:
        programs.close_deadlines(session, row.id, "met", ("duty",))
        return
    fresh = _named(program, row, until=due_on, at=now, source="")
    fresh.subject = fresh.ladder = "duty"
    replace(session, fresh, now)


def _named(program: Program, row: Step, *, until: date, at: datetime, source: str) -> Deadline:
    return Deadline(
        team=program.team,
        subject="step",
        subject_id=row.id,
        program_id=program.id,
        ladder="stripe",
        rule="date",
        length=0,
        unit="date",
        started_at=at,
        calendar="",
        zone=program.zone,
        due_on=until,
        due_at=end_of_day(until, program.zone),
        source=source,
    )


def _count(session: Session, program: Program, rule: Rule, at: datetime) -> Counted:
    closed = closing_days(session, program.team)
    paused = paused_days(program.pauses, at.date()) if program.pauses else frozenset()
    return count(at, program.zone, rule.length, rule.unit, rule.calendar, closed, paused)


def replace(session: Session, fresh: Deadline, now: datetime) -> Deadline:
    """Store a deadline in the place of the one that its subject had; reminders count from `now` on."""
    before = programs.deadline_of(session, fresh.subject_id, fresh.subject)
    if before is not None:
        fresh.round = before.round + 1
        ended = "met" if fresh.subject == "duty" else "dropped"
        programs.close_deadlines(session, fresh.subject_id, ended, (fresh.subject,))
    fresh.noted_at = now
    if fresh.state == "open":
        # The next tick finds out when a rung is due; nothing from before this moment is said.
        fresh.next_at = fresh.reminded_to = now
    session.add(fresh)
    session.flush()
    return fresh
