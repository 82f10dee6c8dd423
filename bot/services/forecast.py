"""Forecasts read from the rows: of one programme, and of every programme somebody answers for."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import plans
from bot.domain import onboarding
from bot.domain.deadline import calendar_for
from bot.domain.forecast import Calendars, Forecast, Known, Link, Pace, forecast, working_days
from bot.domain.timeline import day, paused_days
from bot.services.walk import Walk, of
from storage import Session
from storage.queries import forecast as rows
from storage.queries.calendar import closing_days
from storage.tables import Program

MOST_STEPS: Final = 200
"""So many steps of ours, finished last, say how fast a team is: an old pace is forgotten."""

MOST_ANSWERS: Final = 400


def pace(session: Session, team: str) -> Pace:
    """Return how fast a team has been, and how long Stripe took, in all of its programmes."""
    closing = closing_days(session, team)
    ratios = []
    for one in rows.aimed(session, team, MOST_STEPS):
        first, last = day(one.started_at, one.zone), day(one.happened_at, one.zone)
        ratios.append(working_days(first, last, one.calendar, closing) / one.length)
    seen: dict[str, list[int]] = {}
    for wait in rows.took(session, team, _waits(), MOST_ANSWERS):
        took = (day(wait.happened_at, wait.zone) - day(wait.opened_at, wait.zone)).days
        seen.setdefault(wait.key, []).append(max(took, 0))
    return Pace(ratios, seen)


def of_walk(walk: Walk, now: datetime, team_pace: Pace) -> Forecast:
    """Return when a programme can launch."""
    program = walk.program
    today = day(now, program.zone)
    return forecast(
        walk.steps,
        _known(walk),
        today=today,
        target=program.target_on,
        calendars=_calendars(walk.session, program, today),
        pace=team_pace,
        paused=program.state == "paused",
    )


def facts(session: Session, program: Program, now: datetime, language: str = "") -> dict[str, Any]:
    """Return the forecast of a programme as plain values, for its page, its picture and its words.

    `language` is the reader's; without one it is the channel's. A canceled programme has no dates.
    """
    return facts_of(of(session, program), now, pace(session, program.team), language)


def facts_of(walk: Walk, now: datetime, team_pace: Pace, language: str = "") -> dict[str, Any]:
    """Return the forecast of a programme as `facts` does, at a pace that was read before."""
    program = walk.program
    language = language or program.language
    today = day(now, program.zone)
    progress = onboarding.progress(walk.steps, walk.states)
    found: dict[str, Any] = {
        "id": program.id,
        "ref": program.ref,
        "name": program.name,
        "state": program.state,
        "today": today.isoformat(),
        "started_on": day(program.started_at, program.zone).isoformat(),
        "target_on": program.target_on.isoformat(),
        "done": sum(done for done, _ in progress.values()),
        "total": sum(total for _, total in progress.values()),
        "parts": [
            {"title": part.title[language], "done": done, "total": total}
            for part in walk.plan.parts
            for done, total in [progress.get(part.id, (0, 0))]
            if total
        ],
        "standing": "",
    }
    if program.state == "canceled":
        return found
    made = of_walk(walk, now, team_pace)
    return {**found, **_dates(walk, made, language), **_pace(team_pace)}


def _dates(walk: Walk, made: Forecast, language: str) -> dict[str, Any]:
    return {
        "standing": made.standing,
        "earliest": made.earliest.isoformat(),
        "soon": made.likely[0].isoformat(),
        "late": made.likely[1].isoformat(),
        "slack": list(made.slack),
        "chain": _chain(walk, made.chain, language),
        "likely_chain": _chain(walk, made.likely_chain, language),
        "launched_on": made.launched_on.isoformat() if made.launched_on else "",
    }


def _pace(team_pace: Pace) -> dict[str, Any]:
    soon, late = team_pace.factors
    return {"pace": {"own": team_pace.own, "steps": len(team_pace.ratios), "soon": soon, "late": late}}


def _chain(walk: Walk, chain: Sequence[Link], language: str) -> list[dict[str, Any]]:
    return [
        {
            "key": link.step,
            "title": walk.title(link.step, language),
            "actor": walk.step(link.step).actor,
            "begins": link.begins.isoformat(),
            "ends": link.ends.isoformat(),
            "days": link.days,
            "reason": link.reason,
        }
        for link in chain
    ]


def _known(walk: Walk) -> dict[str, Known]:
    zone = walk.program.zone
    dates = {row.subject_id: row for row in rows.open_dates(walk.session, walk.program.id)}
    found = {}
    # All of them in one look: one after the other would cost a query each.
    steps = walk.rows.read([step.id for step in walk.steps])
    for step, row in zip(walk.steps, steps, strict=True):
        due = dates.get(row.id)
        counted = due is not None and due.unit != "date"
        found[step.id] = Known(
            state=row.state,
            opened_on=_day(row.opened_at, zone),
            ended_on=_day(row.happened_at, zone),
            due_on=due.due_on if due else None,
            clock_on=day(due.started_at, zone) if due and counted else None,
            look_again_on=row.look_again_on,
        )
    return found


def _calendars(session: Session, program: Program, today: date) -> Calendars:
    stripe = calendar_for("stripe", program.region)
    team = calendar_for("team", program.country)
    return Calendars(
        program.zone,
        {"stripe": (stripe,), "team": (team,), "open": (stripe, team)},
        closing_days(session, program.team),
        paused_days(program.pauses, today) if program.pauses else (),
    )


def _day(moment: datetime | None, zone: str) -> date | None:
    return day(moment, zone) if moment is not None else None


def _waits() -> frozenset[str]:
    """Return the ids of the steps that are Stripe's, in any plan of today."""
    loaded = [plans.load(variant) for variant in plans.variants()]
    return frozenset(step.id for plan in loaded for step in plan.steps if step.actor == "stripe")
