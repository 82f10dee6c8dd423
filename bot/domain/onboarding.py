"""The walk through a plan: which steps open, which are locked, and what Stripe's answers do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.plan import Step

STATES: Final = ("waiting", "open", "blocked", "done", "dropped")
"""A step waits for what it needs, is open, may be blocked, and ends done or dropped."""

ENDED: Final = frozenset({"done", "dropped"})
WORKABLE: Final = frozenset({"open", "blocked"})
LIVE_ACCESS: Final = "live_access"
LAUNCH: Final = "launch"


@dataclass(frozen=True)
class Choice:
    """One answer Stripe can give to a step, and what it does.

    `effect`: `done` finishes the step · `wait` leaves it open · `ask_close` blocks it and proposes to close
    the programme · `revise` sends the plan back to the step named by `back_to` · `block` blocks it.
    """

    name: str
    effect: str
    note: str = "optional"  # what Stripe said: none · optional · required
    until: bool = False  # asks for a new date


OUTCOMES: Final[Mapping[str, tuple[Choice, ...]]] = {
    "supportability": (
        Choice("supportable", "done"),
        Choice("more_asked", "wait", note="required"),
        Choice("needs_longer", "wait", until=True),
        Choice("declined", "ask_close", note="required"),
    ),
    "configuration": (Choice("configured", "done"), Choice("more_asked", "wait", note="required")),
    "review": (Choice("approved", "done"), Choice("revision", "revise", note="required")),
    "approval": (
        Choice("approved", "done"),
        Choice("more_asked", "wait", note="required"),
        Choice("declined", "ask_close", note="required"),
    ),
    "wallet": (
        Choice("approved", "done"),
        Choice("more_asked", "wait", note="required"),
        Choice("declined", "block", note="required"),
    ),
    "launch_approval": (Choice("approved", "done"), Choice("more_asked", "wait", note="required")),
    "answer": (Choice("done", "done"), Choice("more_asked", "wait", note="required")),
}
"""What Stripe can answer. `fit` is a form of its own, an answer for each product (`FIT`)."""

FIT: Final = ("fits", "no", "other")
"""First contact: the product fits, it does not, or Stripe proposes another one."""


def choices(outcome: str) -> tuple[Choice, ...]:
    """Return the answers of an outcome; an unknown one has the plain pair done and more asked."""
    return OUTCOMES.get(outcome, OUTCOMES["answer"])


def fit_effect(answers: Mapping[str, str]) -> str:
    """Return what an answer for each product does: `done`, `ask_close` or `drop_treasury`.

    A refusal of all products proposes to close; of Treasury alone, drops its steps.
    """
    if all(answer != "fits" for answer in answers.values()):
        return "ask_close"
    return "drop_treasury" if answers.get("treasury", "fits") != "fits" else "done"


def opening(steps: Sequence[Step], states: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of waiting steps whose needs have all ended, in plan order."""
    return tuple(step.id for step in steps if states.get(step.id) == "waiting" and not missing(step, states))


def missing(step: Step, states: Mapping[str, str]) -> tuple[str, ...]:
    """Return the needs of a step that have not ended; a need that is not in the programme does not count."""
    return tuple(need for need in step.needs if states.get(need, "dropped") not in ENDED)


def after(steps: Sequence[Step], key: str) -> frozenset[str]:
    """Return the keys of all steps that need this one, directly or through others."""
    found: set[str] = set()
    grew = True
    while grew:
        more = {step.id for step in steps if {key, *found} & set(step.needs)} - found
        grew = bool(more)
        found |= more
    return frozenset(found)


def in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps so that each comes after what it needs, in plan order where that leaves a choice."""
    ordered: dict[str, Step] = {}
    waiting = list(steps)
    known = {step.id for step in steps}
    while waiting:
        ready = [step for step in waiting if all(need in ordered or need not in known for need in step.needs)]
        ordered |= {step.id: step for step in ready}
        waiting = [step for step in waiting if step.id not in ordered]
    return tuple(ordered.values())


def datable(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps that a date alone can record as done, in plan order.

    Naming owners and test employees asks for people, so these steps, and all that build on them, come later.
    """
    asking = {step.id for step in steps if step.outcome in {"duty", "employees"}}
    later = set(asking).union(*(after(steps, key) for key in asking))
    return tuple(step for step in steps if step.id not in later)


def progress(steps: Sequence[Step], states: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Return how many steps of each part are done, and how many there are; dropped ones do not count."""
    counted: dict[str, tuple[int, int]] = {}
    for step in steps:
        state = states.get(step.id, "dropped")
        done, total = counted.get(step.part, (0, 0))
        if state != "dropped":
            counted[step.part] = (done + (state == "done"), total + 1)
    return counted


def is_live(states: Mapping[str, str]) -> bool:
    """Tell whether live access has been recorded."""
    return states.get(LIVE_ACCESS) == "done"


def back_to(steps: Collection[Step], review: str) -> frozenset[str]:
    """Return the steps that a request for revision opens again: the submission this review judges."""
    by_id = {step.id: step for step in steps}
    target = by_id[review].back_to if review in by_id else None
    return frozenset({target} if target else ())
