"""How long the team means to take for its own steps: aims, so that a step nobody works on is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.domain.deadline import LONGEST
from bot.domain.plan import Clock, PlanError

if TYPE_CHECKING:
    from bot.domain.plan import Plan

KNOWN: Final = frozenset({"default", "steps"})


@dataclass(frozen=True)
class Paces:
    """Working days for each step by its id; `default` for every other one."""

    default: int
    steps: Mapping[str, int]

    def of(self, step: str) -> int:
        """Return the working days that a step of ours is meant to take."""
        return self.steps.get(step, self.default)


def paces_from(document: Mapping[str, object], name: str) -> Paces:
    """Return the paces in a document of plain values; `name` (a file) starts each message.

    Raises:
        PlanError: a field is unknown or no number of days.
    """
    problems = [f"{name}: {key}: unknown field" for key in document if key not in KNOWN]
    steps = document.get("steps", {})
    lengths = {"default": document.get("default"), **(steps if isinstance(steps, Mapping) else {})}
    problems += [
        f"{name}: {key}: 1 to {LONGEST} working days, not {length!r}"
        for key, length in lengths.items()
        if type(length) is not int or not 1 <= length <= LONGEST
    ]
    if problems:
        raise PlanError(problems)
    found = {key: length for key, length in lengths.items() if isinstance(length, int)}
    return Paces(found.pop("default"), found)


def with_paces(plan: Plan, paces: Paces) -> Plan:
    """Return the plan with an aim for each step of ours that has no clock of its own."""
    return replace(
        plan,
        steps=tuple(
            replace(step, clock=Clock(paces.of(step.id), "business_days", "team", aim=True))
            if step.actor == "us" and step.clock is None
            else step
            for step in plan.steps
        ),
    )
