"""Rows for a measurement: programmes made by the real services, with many buttons that wait for a click."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain import onboarding
from bot.domain.plan import Answers
from bot.domain.role import Asker
from bot.plans import load
from bot.playground.identity import TEAM_ID
from bot.services import onboarding as programs
from bot.services import person, step, step_answer
from bot.services import walk as walks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.plan import Step as PlanStep
    from bot.services.walk import Walk
    from storage import Database, Session

PLAN: Final = "embedded_finance"
# From here on about twenty steps of ours follow each other without an answer of Stripe.
REACHED: Final = "configuration"
_ANSWERS: Final = Answers(
    region="us",
    products=frozenset({"issuing", "treasury"}),
    variant=PLAN,
    physical_cards="standard",
    wallets=True,
)


@dataclass(frozen=True)
class Clicks:
    """One person, their channel, and the buttons to click, in this order: action id and value."""

    user: str
    channel: str
    buttons: tuple[tuple[str, str], ...]


class _RolledBackError(Exception):
    """Ends a transaction that was only a rehearsal."""


def plant(database: Database, people: Sequence[tuple[str, str]], programs_each: int) -> list[Clicks]:
    """Start programmes for each (user, channel) and return what each of them can click.

    Every button returned changes rows when it is clicked in its turn: it takes a step or finishes one.
    """
    now = datetime.now(UTC)
    with database.transaction() as session:
        for user, _ in people:
            found = {"name": user.lower(), "locale": "en-US", "tz": "Europe/London"}
            person.remember(session, team=TEAM_ID, user=user, found=found, now=now)
    script: list[tuple[str, str]] = []
    planted = []
    for user, channel in people:
        who = Asker(team=TEAM_ID, user=user, role="member", language="en")
        buttons: list[tuple[str, str]] = []
        for number in range(programs_each):
            with database.transaction() as session:
                walk = _walked(session, who, f"Programme {number + 1} of {user}", channel, now)
                ids = {key: row.id for key, row in walk.rows.items()}
            script = script or _rehearsed(database, who, walk.program.id, now)
            buttons += [(f"{action}:{ids[key]}", str(ids[key])) for action, key in script]
        planted.append(Clicks(user, channel, tuple(buttons)))
    return planted


def _walked(session: Session, who: Asker, name: str, channel: str, now: datetime) -> Walk:
    """Return a programme that has come as far as `REACHED`."""
    new = programs.NewProgram(
        name=name,
        answers=_ANSWERS,
        target_on=now.date() + timedelta(days=120),
        lead=who.user,
        channel=channel,
        language="en",
        zone="America/New_York",
        country="US",
    )
    walk = programs.start(session, who, new, load(PLAN), now)
    wanted = _needed(walk.steps, REACHED)
    while walk.rows[REACHED].state != "done":
        key = next(key for key in wanted if walk.rows[key].state == "open")
        walk = _ended(session, who, walk, key, now)
    return walk


def _needed(steps: Sequence[PlanStep], key: str) -> list[str]:
    """Return a step and all that it needs, in plan order."""
    return [one.id for one in steps if one.id == key or key in onboarding.after(steps, one.id)]


def _ended(session: Session, who: Asker, walk: Walk, key: str, now: datetime) -> Walk:
    row, plan_step = walk.rows[key], walk.step(key)
    if plan_step.actor == "us":
        return step.finish(session, who, row.id, now)
    if plan_step.outcome == "fit":
        given = step_answer.Answer(happened_at=now, fit=dict.fromkeys(walk.program.products, "fits"))
    else:
        options = onboarding.choices(plan_step.outcome or "answer")
        given = step_answer.Answer(
            happened_at=now, choice=next(one.name for one in options if one.effect == "done")
        )
    return step_answer.answer(session, who, row.id, given, now)


def _rehearsed(database: Database, who: Asker, program_id: int, now: datetime) -> list[tuple[str, str]]:
    """Return what can be clicked in a programme until it needs a form: (action, key of the step)."""
    script: list[tuple[str, str]] = []
    with suppress(_RolledBackError), database.transaction() as session:
        while found := _next(walks.locked(session, program_id, who.team)):
            for action, key, step_id in found:
                act = step.take if action == "step.take" else step.finish
                act(session, who, step_id, now)
                script.append((action, key))
        raise _RolledBackError
    return script


def _next(walk: Walk) -> list[tuple[str, str, int]]:
    """Return every click that is possible now: all that can be taken, else all that can be finished."""
    steps = [one for one in walk.steps if walk.rows[one.id].state == "open"]
    takes = [("step.take", one.id, walk.rows[one.id].id) for one in steps if not walk.rows[one.id].assignee]
    return takes or [
        ("step.done", one.id, walk.rows[one.id].id)
        for one in steps
        if one.actor == "us" and not one.outcome and not any(item.required for item in one.evidence)
    ]
