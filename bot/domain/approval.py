"""The approvals of a programme: which steps of its plan are one, how each stands, how many days are left.

Which steps these are follows from the plan: everything that Stripe (or a partner behind it) answers, and what
we sign between two of its answers. Nothing here names a step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from bot.domain.deadline import LONGEST, reason_to_skip
from bot.domain.onboarding import ENDED, WORKABLE, choices, fit_effect
from bot.domain.timeline import BLOCKS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.domain.plan import Plan, Step

STATES: Final = (
    "not_yet",
    "with_us",
    "with_stripe",
    "changes_asked",
    "approved",
    "refused",
    "not_needed",
)
"""An approval waits for what comes before it, for us or for Stripe; or Stripe asked for more, said yes, said
no; or the programme does not need it any more."""

AGREEMENTS: Final = "agreements"
KIND_OF_OUTCOME: Final[Mapping[str, str]] = {
    "fit": "use_case",
    "supportability": "use_case",
    "configuration": "configuration",
    "review": "review",
    "approval": "live_access",
    "wallet": "wallets",
    "answer": "cards",
    "launch_approval": "launch",
}
"""What is approved, by the form in which Stripe's answer is recorded (`onboarding.OUTCOMES`)."""

MARKETING: Final = "duty_marketing"
"""The lasting duty under which new material goes to Stripe before it is published."""

KINDS: Final = tuple(dict.fromkeys((*KIND_OF_OUTCOME.values(), AGREEMENTS)))
GROUPS: Final = ("overdue", "us", "stripe")
"""Where a programme stands in a list, the most urgent first."""

FILTERS: Final = ("all", *GROUPS, "mine")


@lru_cache(maxsize=64)
def kinds(plan: Plan) -> Mapping[str, str]:
    """Return the steps of a plan that are approvals, in its order, each with what is approved (`KINDS`)."""
    by_id = plan.by_id
    asked = {need for step in plan.steps if step.actor == "stripe" for need in step.needs}

    def kind(step: Step) -> str:
        if step.actor == "stripe":
            return KIND_OF_OUTCOME.get(step.outcome or "answer", "cards")
        between = bool(step.needs) and all(by_id[need].actor == "stripe" for need in step.needs)
        return AGREEMENTS if between and step.id in asked and step.outcome is None else ""

    found = {step.id: kind(step) for step in plan.steps}
    return {key: kind for key, kind in found.items() if kind}


def judges(step: Step) -> bool:
    """Tell whether a step judges rounds of a submission: an answer can send it back."""
    return bool(step.back_to)


@dataclass(frozen=True)
class Recorded:
    """What the rows say of one step. `put_aside`: somebody of ours has blocked it until a day."""

    state: str
    outcome: Mapping[str, Any] = field(default_factory=dict)
    put_aside: bool = False


@dataclass(frozen=True)
class Stand:
    """How an approval stands.

    `actor` must act next: `us`, `stripe`, or nobody yet. `holding` are the steps of ours in hand before it;
    `after` the approvals that come first.
    """

    state: str
    actor: str = ""
    holding: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def current(self) -> bool:
        """True while it waits for us or for Stripe, now."""
        return bool(self.actor) and self.state != "not_yet"

    @property
    def ended(self) -> bool:
        """True when nothing is expected any more."""
        return self.state in {"approved", "not_needed"}


def stands(
    steps: Sequence[Step], rows: Mapping[str, Recorded], approvals: Collection[str]
) -> dict[str, Stand]:
    """Return how each approval stands, in plan order.

    What several of them wait for is said once, with the first.

    Args:
        steps: those that apply, each needing only steps that apply (`bot.domain.plan.steps_for`).
        rows: what is recorded, by step.
        approvals: the keys of `kinds`.
    """
    by_id = {step.id: step for step in steps}
    found: dict[str, Stand] = {}
    told: set[str] = set()
    for step in steps:
        if step.id in approvals and step.id in rows:
            stand = _stand(step, by_id, rows, approvals)
            fresh = tuple(key for key in stand.holding if key not in told)
            told |= set(fresh)
            if stand.state == "not_yet":
                stand = Stand("not_yet", "us" if fresh else "", fresh, stand.after)
            found[step.id] = stand
    return found


def _stand(
    step: Step, by_id: Mapping[str, Step], rows: Mapping[str, Recorded], approvals: Collection[str]
) -> Stand:
    row = rows[step.id]
    if row.state == "done":
        return Stand("approved")
    if row.state == "dropped":
        return Stand("not_needed")
    if row.state in WORKABLE:
        if step.actor != "stripe":
            return Stand("with_us", "us", (step.id,))
        state = _answered(step, row)
        return Stand(state, "stripe" if state == "with_stripe" else "us")
    holding, after = _before(step, by_id, rows, approvals)
    asking = [need for need in step.needs if need in holding]
    if asking:  # what is sent to Stripe for this approval is in hand
        return Stand("with_us", "us", (*asking, *(key for key in holding if key not in asking)), after)
    return Stand("not_yet", "us" if holding else "", holding, after)


def _answered(step: Step, row: Recorded) -> str:
    """Return what Stripe's last answer made of a step that is still open."""
    effect, until = "", False
    if "fit" in row.outcome:
        effect = fit_effect(row.outcome["fit"])
    else:
        for choice in choices(step.outcome or "answer"):
            if choice.name == row.outcome.get("choice"):
                effect, until = choice.effect, choice.until
    if effect in BLOCKS and row.state == "blocked" and not row.put_aside:
        return "refused"
    return "changes_asked" if effect == "wait" and not until else "with_stripe"


def _before(
    step: Step, by_id: Mapping[str, Step], rows: Mapping[str, Recorded], approvals: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the steps of ours in hand before this one, and the approvals before it; both in plan order.

    What lies behind another approval is that one's.
    """
    seen: set[str] = set()
    holding: set[str] = set()
    after: set[str] = set()
    look = list(step.needs)
    while look:
        key = look.pop()
        if key in seen or key not in by_id or key not in rows or rows[key].state in ENDED:
            continue
        seen.add(key)
        if key in approvals:
            after.add(key)
        elif rows[key].state in WORKABLE:
            holding.add(key)
        else:
            look.extend(by_id[key].needs)
    nearest = {key for key in after if not any(_needs(by_id, other, key) for other in after - {key})}
    return tuple(key for key in by_id if key in holding), tuple(key for key in by_id if key in nearest)


def _needs(by_id: Mapping[str, Step], key: str, wanted: str) -> bool:
    """Tell whether a step needs another one, directly or through others."""
    seen: set[str] = set()
    look = list(by_id[key].needs)
    while look:
        one = look.pop()
        if one == wanted:
            return True
        if one not in seen and one in by_id:
            seen.add(one)
            look.extend(by_id[one].needs)
    return False


@dataclass(frozen=True)
class Left:
    """How far away a date is: calendar days and working days, negative once it is past."""

    days: int
    working: int

    @property
    def overdue(self) -> bool:
        """True from the day after."""
        return self.days < 0


def left(due_on: date, today: date, calendar: str, closed: Collection[date] = ()) -> Left:
    """Return the days from today to a date, as people count them: tomorrow is one day away.

    Args:
        due_on: the date, which is over at its end.
        today: the local date in the zone of the deadline.
        calendar: whose working days are counted (`bot.domain.deadline.calendar_for`).
        closed: further days on which nobody works.
    """
    days = (due_on - today).days
    first, sign = (today, 1) if days >= 0 else (due_on, -1)
    between = (first + timedelta(days=number) for number in range(1, min(abs(days), LONGEST) + 1))
    return Left(days, sign * sum(reason_to_skip(day, calendar, closed) is None for day in between))


def urgency(stand: Stand, away: Left | None) -> tuple[int, int]:
    """Return by what approvals are sorted: late ones, ours, Stripe's, then what is not asked for yet."""
    late = away is not None and away.overdue and bool(stand.actor)
    rank = 0 if late else 3
    if not late and stand.current:
        rank = 1 if stand.actor == "us" else 2
    return rank, away.days if away is not None else LONGEST


def group(stand: Stand, away: Left | None) -> str:
    """Return the group of `GROUPS` in which an approval stands; nothing where nobody has to act."""
    if not stand.actor:
        return ""
    return "overdue" if away is not None and away.overdue else stand.actor


def counted(groups: Iterable[str]) -> dict[str, int]:
    """Return how many programmes stand in each group."""
    listed = list(groups)
    return {name: listed.count(name) for name in GROUPS}


def cut(page: int, total: int, size: int) -> tuple[int, int]:
    """Return a page that exists, from 1 on, and how many there are."""
    pages = max(1, -(-total // size))
    return min(max(page, 1), pages), pages
