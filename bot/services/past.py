"""A programme that is already under way when it starts here: what was done before, and when."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot.domain import onboarding, timeline
from bot.domain.error import FormError
from bot.domain.plan import Step as PlanStep
from bot.domain.role import Asker
from bot.services import entry as entries
from bot.services.timeline import Standing, changed, settle
from bot.services.walk import Walk

FIELD: Final = "past_"
"""What the field of a step is called on the form, before its id."""

Problems = dict[str, tuple[str, Mapping[str, object]]]


def checked(
    steps: Sequence[PlanStep], days: Mapping[str, date], zone: str, now: datetime
) -> dict[str, datetime]:
    """Return when each ticked step happened, in an order in which they can have happened.

    Args:
        steps: those of the programme.
        days: the day of each ticked step, by its id; steps the programme does not have are left out.
        zone: of the programme.
        now: business time.

    Raises:
        FormError: at the field of each step that lies in the future, before what it needs, or needs one that
            was not ticked.
    """
    known = {step.id: step for step in steps}
    moments: dict[str, datetime] = {}
    problems: Problems = {}
    for step in onboarding.in_order(steps):
        if step.id not in days:
            continue
        need = next((need for need in step.needs if need not in days), None)
        if days[step.id] > timeline.day(now, zone):
            problems[FIELD + step.id] = ("form.not_future", {})
        elif need is not None:
            problems[FIELD + step.id] = ("past.needs", {"step": _named(known[need])})
        else:
            latest = max(step.needs, key=lambda one: moments.get(one, now), default="")
            moment = min(timeline.noon(days[step.id], zone), now)
            if latest and days[step.id] < days[latest]:
                values = {"step": _named(known[latest]), "date": days[latest]}
                problems[FIELD + step.id] = ("happened.early", values)
            moments[step.id] = max(moment, moments.get(latest, moment))
    if problems:
        raise FormError(problems)
    return moments


def record(
    walk: Walk, who: Asker, moments: Mapping[str, datetime], capabilities: Sequence[str], now: datetime
) -> None:
    """Record what was done before a programme started here: entries and rows, no message, no reminder."""
    walk.rows.read(list(moments))
    for step in onboarding.in_order(walk.steps):
        if step.id not in moments:
            continue
        row, moment = walk.rows[step.id], moments[step.id]
        outcome = _outcome(walk, step, moment, capabilities)
        entry = entries.record(
            walk, row, who, now, effect="done", happened_at=moment, outcome=outcome, note=""
        )
        entry.undo_until = None
        row.state, row.outcome, row.done_by = "done", outcome, who.user
        row.happened_at, row.recorded_at = moment, now
        walk.session.add_all([entry, row])
        if step.id == onboarding.LIVE_ACCESS:
            walk.program.live_at, walk.program.capabilities = moment, list(capabilities)
            walk.session.add(walk.program)
        times = entries.times(moment, now)
        walk.record(row, who, "step:do:done", now, after={"outcome": outcome, "before_start": True, **times})
    walk.session.flush()
    before = Standing.of(walk)
    settle(walk, now)
    changed(walk, before)  # what opens is said with the start


def _outcome(walk: Walk, step: PlanStep, moment: datetime, capabilities: Sequence[str]) -> dict[str, Any]:
    """Return the answer everybody hoped for: what was ticked went well."""
    if step.outcome == "meeting":
        return {"met_on": timeline.day(moment, walk.program.zone).isoformat()}
    if step.actor != "stripe":
        return {}
    if step.outcome == "fit":
        return {"fit": dict.fromkeys(walk.program.products, "fits")}
    choice = next(one for one in onboarding.choices(step.outcome or "answer") if one.effect == "done")
    given = {"capabilities": list(capabilities)} if step.id == onboarding.LIVE_ACCESS and capabilities else {}
    return {"choice": choice.name, **given}


def _named(step: PlanStep) -> dict[str, str]:
    return {"en": step.title.en, "fr": step.title.fr}
