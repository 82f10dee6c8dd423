"""Policies, the states of their rules, and brakes: loaded, changed, and obeyed from the next batch on."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from bot import plans
from bot.domain.error import GantryError
from bot.domain.policy import RULES, Policy, parse
from bot.domain.rule import BRAKES, bound, ruling
from bot.services import audit
from bot.services import person as people
from storage.queries import exception as exceptions
from storage.queries import policy as rows
from storage.queries import program as programs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.domain.authorization import Ruling
    from storage import Session

WEEK: Final = timedelta(days=7)
MOST_CURRENCIES: Final = 3
STATES: Final = ("shadow", "enforced")


class Current(NamedTuple):
    """The policy that is obeyed now."""

    version: int
    sha256: str
    body: str
    by: str
    at: datetime | None


class WouldStopError(GantryError):
    """The launch gate would stop live cards: whoever enables it must say how many."""

    def __init__(self, cards: int) -> None:
        super().__init__("error.gate_stops", cards=cards)
        self.cards = cards


def current(session: Session) -> Current:
    """Return the policy that is obeyed: the newest that was loaded, else version 0, which Gantry ships."""
    row = rows.newest(session)
    if row is None:
        body = plans.policy()
        return Current(0, hashlib.sha256(body.encode()).hexdigest(), body, "", None)
    return Current(row.version, row.sha256, row.body, row.by, row.at)


def load(session: Session, body: str, *, team: str, by: str, now: datetime) -> Current:
    """Keep a text as the policy to obey; the same text again changes nothing.

    Raises:
        PolicyError: it does not parse; the policy that was obeyed stays.
    """
    parse(body)
    rows.bump(session)
    before = current(session)
    digest = hashlib.sha256(body.encode()).hexdigest()
    if digest == before.sha256:
        return before
    number = rows.put(session, team=team, sha256=digest, body=body, by=by, now=now)
    audit.record(
        session,
        team=team,
        actor=by,
        tag="policy:load:current",
        subject=f"policy {number}",
        now=now,
        before={"version": before.version, "sha256": before.sha256},
        after={"version": number, "sha256": digest},
    )
    return Current(number, digest, body, by, now)


def states(session: Session) -> dict[str, str]:
    """Return the state of every rule."""
    changed = rows.states(session)
    return {name: changed.get(name, rule.state) for name, rule in RULES.items()}


def set_state(
    session: Session,
    rule: str,
    state: str,
    *,
    team: str,
    by: str,
    now: datetime,
    stops: int | None = None,
) -> bool:
    """Enforce a rule, or put it back into shadow; return whether that changed anything.

    Args:
        session: the caller's transaction.
        rule: a name of `RULES`.
        state: one of `STATES`.
        team: the Slack workspace; empty from the command line.
        by: who.
        now: business time.
        stops: for the launch gate: how many live cards it will stop, as whoever enables it knows.

    Raises:
        WouldStopError: the launch gate would stop another number of cards, which is not 0.
        ValueError: there is no such rule or state.
    """
    if rule not in RULES or state not in STATES:
        raise ValueError(f"there is no rule {rule} or no state {state}")
    rows.bump(session)
    before = states(session)[rule]
    if before == state:
        return False
    stopped = len(would_stop(session)) if rule == "launch_gate" and state == "enforced" else 0
    if stopped and stopped != stops:
        raise WouldStopError(stopped)
    rows.set_state(session, rule=rule, state=state, team=team, by=by, now=now)
    audit.record(
        session,
        team=team,
        actor=by,
        tag="policy:enforced:changed" if state == "enforced" else "policy:shadow:changed",
        subject=rule,
        now=now,
        before={"state": before},
        after={"state": state, "cards": stopped},
    )
    return True


def would_stop(session: Session) -> list[str]:
    """Return the live cards that the launch gate would stop now, were it enforced."""
    fields = parse(current(session).body).settings.get("launch_gate", {})
    if not fields or fields["program"] in programs.launched(session):
        return []
    program = fields["program"]
    return [
        card
        for card, cardholder in rows.live_cards(session, program)
        if bound(fields, livemode=True, program=program, card=card, cardholder=cardholder)
    ]


def brake(
    session: Session, kind: str, value: str, *, length: timedelta, team: str, by: str, now: datetime
) -> None:
    """Decline a merchant, category or country for a while, whatever the policy says.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in BRAKES:
        raise ValueError(f"a brake holds a {' or '.join(BRAKES)}, not a {kind}")
    rows.bump(session)
    until = now + length
    rows.put_brake(session, team=team, kind=kind, value=value, until=until, by=by, now=now)
    audit.record(
        session,
        team=team,
        actor=by,
        tag="policy:brake:on",
        subject=f"{kind} {value}",
        now=now,
        after={"until": until.isoformat()},
    )


def share(session: Session, kind: str, value: str, now: datetime) -> list[dict[str, object]]:
    """Return by currency what was spent in the last seven days, and what of it this brake would have stopped.

    Nothing for a category of four digits: authorizations keep the name of their category.
    """
    if kind == "category" and value.isdigit():
        return []
    found = exceptions.spent_by(session, kind, value, now - WEEK)
    return [
        {"currency": currency, "total": total, "stopped": stopped}
        for currency, total, stopped in found[:MOST_CURRENCIES]
    ]


def names(session: Session, team: str, brakes: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return how the people who set these brakes are called, by user id; the command line has no name."""
    return people.names(
        session, team, sorted({one["by"] for one in brakes if one["by"].startswith(("U", "W"))})
    )


def lift(session: Session, kind: str, value: str, *, team: str, by: str, now: datetime) -> bool:
    """End the brakes on a merchant, category or country; false when there was none."""
    rows.bump(session)
    if not rows.lift_brake(session, kind, value):
        return False
    audit.record(session, team=team, actor=by, tag="policy:brake:lifted", subject=f"{kind} {value}", now=now)
    return True


def compiled(session: Session, now: datetime) -> Ruling:
    """Return the policy that is obeyed with its states and the brakes of now, ready to decide."""
    found = current(session)
    held: dict[tuple[str, str], int] = {}
    for row in rows.brakes(session, now):
        key = (row.kind, row.value)
        held[key] = max(held.get(key, 0), int(row.until.timestamp()))
    return ruling(
        _parsed(found),
        version=found.version,
        states=rows.states(session),
        brakes=held,
        launched=programs.launched(session),
    )


def _parsed(found: Current) -> Policy:
    return parse(found.body)
