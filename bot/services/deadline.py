"""Clocks of steps: counted once, stored with all that explains them."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.deadline import calendar_for, count
from bot.domain.plan import Step as PlanStep
from storage import Session
from storage.queries import program as programs
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
    session: Session, program: Program, row: Step, step: PlanStep, *, started_by: str, at: datetime
) -> None:
    """Store the deadline of a step if its clock starts by this."""
    clock = step.clock
    if clock is None or clock.starts != started_by:
        return
    calendar = calendar_for(clock.calendar, program.region if clock.calendar == "stripe" else program.country)
    counted = count(at, program.zone, clock.length, clock.unit, calendar)
    _replace(
        session,
        program,
        row,
        Deadline(
            team=program.team,
            subject="step",
            subject_id=row.id,
            program_id=program.id,
            rule=f"{clock.length} {clock.unit}",
            length=clock.length,
            unit=clock.unit,
            about=clock.about,
            started_at=at,
            calendar=counted.calendar,
            zone=program.zone,
            due_on=counted.due_on,
            due_at=counted.due_at,
            skipped=[[day.isoformat(), reason] for day, reason in counted.skipped],
            source=clock.source or step.source,
            next_at=counted.due_at,
        ),
    )


def move(session: Session, program: Program, row: Step, *, until: date, at: datetime, source: str) -> None:
    """Replace the deadline of a step by a date that somebody named."""
    end = datetime.combine(until + timedelta(days=1), time.min, ZoneInfo(program.zone))
    due_at = end - timedelta(seconds=1)
    _replace(
        session,
        program,
        row,
        Deadline(
            team=program.team,
            subject="step",
            subject_id=row.id,
            program_id=program.id,
            rule="date",
            length=0,
            unit="date",
            started_at=at,
            calendar="",
            zone=program.zone,
            due_on=until,
            due_at=due_at,
            source=source,
            next_at=due_at,
        ),
    )


def _replace(session: Session, program: Program, row: Step, fresh: Deadline) -> None:
    del program
    before = programs.deadline_of(session, row.id)
    if before is not None:
        fresh.round = before.round + 1
        programs.close_deadlines(session, row.id, "dropped")
    session.add(fresh)
    session.flush()
