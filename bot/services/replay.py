"""What another policy would have answered to the requests of the past: nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from bot.domain import spend
from bot.domain.authorization import FALLBACK, Facts, Request, decide
from bot.domain.policy import RULES
from bot.domain.rule import BRAKE, ruling
from bot.services import policy
from storage.queries import authorization as rows
from storage.queries import program as programs

if TYPE_CHECKING:
    from bot.domain.authorization import Ruling
    from bot.domain.policy import Policy
    from storage import Session

ENFORCED: Final = dict.fromkeys(RULES, "enforced")


@dataclass
class Flips:
    """What one rule would have done, were it enforced alone beside those that answered."""

    declines: int = 0
    approved_before: int = 0
    """Of these, how many were approved at the time: what enabling the rule would flip."""


@dataclass
class Replay:
    """The figures of a replay."""

    states: dict[str, str]
    decisions: int = 0
    unreadable: int = 0
    """Decisions that the fallback or a brake gave."""
    emptied: int = 0
    """Decisions whose inputs were emptied since: the part of the time that nothing can say anything about."""
    complete_from: datetime | None = None
    """When the first request was made that was decided again, if some before it were emptied."""
    rules: dict[str, Flips] = field(default_factory=dict)
    newly_declined: int = 0
    """Approved then, declined by the new policy with the states of now."""
    newly_approved: int = 0


def replay(session: Session, made: Policy, since: datetime) -> Replay:
    """Decide the requests since a moment again, by another policy and with what was looked at then.

    What the new policy would have declined is taken out of the spend that later requests see, and the other
    way round. Captures, reversals and refunds count as they did.

    Args:
        session: a reading session.
        made: the policy, parsed.
        since: business time.
    """
    launched = programs.launched(session)
    states = policy.states(session)
    now = ruling(made, version=0, states=states, brakes={}, launched=launched)
    every = ruling(made, version=0, states=ENFORCED, brakes={}, launched=launched)
    found = Replay(states)
    past = _Past()
    for row in rows.decisions_from(session, rows.first_since(session, since)):
        if row.rule in {FALLBACK, BRAKE}:
            found.unreadable += 1
            continue
        if row.inputs is None:
            found.emptied += 1
            found.complete_from = None
            continue
        found.decisions += 1
        approved = past.again(row, now)
        if found.emptied and found.complete_from is None:
            found.complete_from = datetime.fromtimestamp(past.request.created, UTC)
        found.newly_declined += row.approved and not approved
        found.newly_approved += approved and not row.approved
        for name, said in decide(past.request, past.facts, every).outcomes.items():
            if said.startswith("declines"):
                flips = found.rules.setdefault(name, Flips())
                flips.declines += 1
                flips.approved_before += row.approved
    return found


class _Past:
    """Walks through decisions, and knows how far the spend is from what it was."""

    def __init__(self) -> None:
        self.request: Request
        self.facts: Facts
        self._drift: dict[tuple[str, str, str], int] = {}
        self._own: dict[str, int] = {}

    def again(self, row: Any, standing: Ruling) -> bool:  # noqa: ANN401 - a row of the query
        """Decide one request again; return whether it is approved now."""
        kept = orjson.loads(row.inputs)
        request = self.request = Request(**kept["request"])
        then = Facts(**kept["facts"])
        windows = spend.windows(datetime.fromtimestamp(request.created, UTC))
        keys = [
            (subject, window, request.currency)
            for subject in (request.card, request.cardholder)
            for window in windows
        ]
        own = self._own.get(request.authorization, then.own)
        moved = [
            before + self._drift.get(key, 0) - (own - then.own)
            for before, key in zip(then.spent, keys, strict=True)
        ]
        day, week, month, holder_day, holder_week, holder_month = moved
        sums = (day, week, month, holder_day, holder_week, holder_month)
        facts = self.facts = then._replace(own=own, spent=sums)
        decision = decide(request, facts, standing)
        shift = (decision.counted - own) - (row.counted - then.own)
        if shift:
            for key in keys:
                self._drift[key] = self._drift.get(key, 0) + shift
        self._own[request.authorization] = decision.counted
        return decision.approved
