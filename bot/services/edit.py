"""Changing a programme under way: its answers, its people and dates, and the plan it follows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from bot.domain import onboarding
from bot.domain.error import StaleError
from bot.domain.plan import Answers, Plan, sha256, steps_for, to_json
from bot.domain.plan import Step as PlanStep
from bot.domain.role import Asker, Right
from bot.services import person as people
from bot.services.timeline import Standing, changed, refit, settle
from bot.services.walk import Walk, answers_of, keep_plan, locked
from storage import Session
from storage.tables import Program

SHOWN: Final = ("title", "do", "needs", "clock", "evidence", "source", "url", "outcome", "mode")
"""What of a step people would notice when a newer plan says it otherwise."""


@dataclass(frozen=True)
class Difference:
    """What a change does to the steps of a programme: keys, in plan order."""

    appear: tuple[str, ...] = ()
    vanish: tuple[str, ...] = ()
    stay: tuple[str, ...] = ()  # finished, though it would not apply any more
    differ: tuple[str, ...] = ()  # said otherwise by the newer plan

    def __bool__(self) -> bool:
        """Tell whether anything is different."""
        return any(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True)
class Edit:
    """What the form of a programme says: answers, date and people."""

    target_on: date
    physical_cards: str
    wallets: bool
    statements: bool
    company: str
    lead: str
    deputies: Sequence[str]
    manager: str
    contact_name: str
    contact_email: str

    def answers(self, program: Program) -> Answers:
        """Return the answers that decide which steps there are; region, products and variant stay."""
        return Answers(
            region=program.region,
            products=frozenset(program.products),
            variant=program.variant,
            physical_cards=self.physical_cards,
            wallets=self.wallets,
            statements=self.statements,
            company=self.company,
        )


EDITED: Final = tuple(one.name for one in fields(Edit))
WORDS: Final = frozenset({"contact_name", "contact_email"})
"""What somebody typed, which the audit does not repeat."""


def values_of(program: Program) -> dict[str, Any]:
    """Return what the form of a programme shows before it is changed, as JSON."""
    found = {name: getattr(program, name) for name in EDITED}
    return {**found, "target_on": program.target_on.isoformat(), "deputies": list(program.deputies)}


def seen(program: Program) -> str:
    """Return a mark of what a form showed, to notice that somebody else was faster."""
    return sha256(repr(sorted(values_of(program).items())) + program.plan)[:16]


def changes(program: Program, given: Edit) -> list[str]:
    """Return the names of what an edit would change."""
    before = values_of(program)
    after = {
        **before,
        **{name: _value(given, name) for name in EDITED},
        "target_on": given.target_on.isoformat(),
    }
    return [name for name in EDITED if before[name] != after[name]]


def difference(walk: Walk, answers: Answers, plan: Plan | None = None) -> Difference:
    """Return which steps other answers, or another plan, bring and take away."""
    before = {step.id: step for step in walk.steps}
    steps = steps_for(plan or walk.plan, answers)
    after = {step.id: step for step in steps}
    gone = [key for key in before if key not in after]
    ended = {key for key, row in walk.rows.items() if row.state == "done"}
    return Difference(
        appear=tuple(key for key in after if key not in before and key not in ended),
        vanish=tuple(key for key in gone if key not in ended),
        stay=tuple(key for key in gone if key in ended),
        differ=tuple(key for key, step in after.items() if key in before and _differs(before[key], step)),
    )


def edit(session: Session, who: Asker, program_id: int, given: Edit, mark: str, now: datetime) -> Walk:
    """Change the answers, date and people of a programme; steps appear and vanish, finished ones stay.

    Raises:
        StaleError: somebody has changed it since the form was opened, or it is canceled.
        RefusedError: neither lead, deputy nor manager.
    """
    walk = _changeable(session, who, program_id, mark, now)
    program = walk.program
    before, values = Standing.of(walk), values_of(program)
    found = difference(walk, given.answers(program))
    titles = {key: walk.title(key) for key in (*found.appear, *found.vanish)}
    names = changes(program, given)
    if not names:
        raise StaleError("edit.nothing", ref=program.ref)
    _set(program, given)
    session.add(program)
    after = values_of(program)
    refit(walk, now)
    settle(walk, now)
    kept = [name for name in names if name not in WORDS]
    walk.record(
        None,
        who,
        "program:edit:active",
        now,
        before={name: values[name] for name in kept},
        after={**{name: after[name] for name in kept}, **_keys(found)},
    )
    _say(walk, who, now, "program.edited", before, found, titles, fields=names)
    return walk


def adopt(session: Session, who: Asker, program_id: int, plan: Plan, mark: str, now: datetime) -> Walk:
    """Let a programme follow a newer plan; finished steps stay, dates follow the newer clocks.

    Raises:
        StaleError: somebody has changed it since the page was opened, it is canceled, or it has this plan.
        RefusedError: neither lead, deputy nor manager.
    """
    walk = _changeable(session, who, program_id, mark, now)
    program = walk.program
    digest = keep_plan(session, plan, now)
    if digest == program.plan:
        raise StaleError("plan.newest", ref=program.ref)
    before, old = Standing.of(walk), walk.plan.version
    found = difference(walk, answers_of(program), plan)
    titles = {key: walk.title(key) for key in found.vanish}
    program.earlier_plans = [*program.earlier_plans, program.plan]
    program.plan = digest
    session.add(program)
    walk.plan = plan
    refit(walk, now)
    settle(walk, now)
    titles |= {key: walk.title(key) for key in (*found.appear, *found.differ)}
    versions = {"before": old, "after": plan.version}
    after = {"plan": digest, **_keys(found)}
    walk.record(
        None, who, "program:plan:adopted", now, before={"plan": program.earlier_plans[-1]}, after=after
    )
    _say(walk, who, now, "program.plan_adopted", before, found, titles, versions=versions)
    return walk


def newer(program: Program, plan: Plan) -> bool:
    """Tell whether a plan is another one than the programme follows."""
    return sha256(to_json(plan)) != program.plan


def _changeable(session: Session, who: Asker, program_id: int, mark: str, now: datetime) -> Walk:
    walk = locked(session, program_id, who.team)
    people.require(session, who, Right.CHANGE_PROGRAM, now, people.relations(walk.program))
    if walk.program.state == "canceled":
        raise StaleError("program.is_canceled", ref=walk.program.ref)
    if mark and mark != seen(walk.program):
        raise StaleError("edit.changed", ref=walk.program.ref)
    return walk


def _set(program: Program, given: Edit) -> None:
    for name in EDITED:
        setattr(program, name, _value(given, name))


def _value(given: Edit, name: str) -> Any:  # noqa: ANN401 - a column's value
    value = getattr(given, name)
    if name == "deputies":
        return sorted({user for user in value if user not in {given.lead, given.manager}})
    return value or None if name in WORDS else value


def _differs(before: PlanStep, after: PlanStep) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in SHOWN)


def _keys(found: Difference) -> dict[str, list[str]]:
    return {one.name: list(getattr(found, one.name)) for one in fields(found) if getattr(found, one.name)}


def _say(
    walk: Walk,
    who: Asker,
    now: datetime,
    view: str,
    before: Standing,
    found: Difference,
    titles: dict[str, str],
    **facts: Any,  # noqa: ANN401 - JSON values
) -> None:
    settled = changed(walk, before)
    walk.show(now, *(key for key in walk.rows if walk.rows[key].state in onboarding.WORKABLE))
    walk.show(now, *(key for key in found.vanish if key in walk.rows))
    for key in (*settled.waiting, *found.vanish):
        walk.withdraw(walk.rows[key], now)
    lists = {
        one.name: [titles[key] for key in getattr(found, one.name) if key in titles] for one in fields(found)
    }
    walk.say(view, who, now, **settled.facts(walk), **lists, **facts)
