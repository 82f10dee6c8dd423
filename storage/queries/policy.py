"""Queries of policies, the states of their rules, brakes, and the number that says they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, func, select, update

from storage.plain import add
from storage.tables_stripe import Brake, Card, Policy, PolicyHead, PolicyRule
from storage.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlmodel import Session


def bump(session: Session) -> None:
    """Let every process read policy, rules and brakes again at its next batch.

    Two changes at once wait here for each other, so that versions stay in order.
    """
    session.exec(update(PolicyHead).where(col(PolicyHead.id) == 1).values(number=col(PolicyHead.number) + 1))


def newest(session: Session) -> Policy | None:
    """Return the policy that is obeyed; None: the one Gantry ships."""
    return session.exec(
        select(Policy).where(col(Policy.state) == "current").order_by(col(Policy.version).desc()).limit(1)
    ).first()


def version(session: Session, number: int) -> Policy | None:
    """Return a policy by its version."""
    return session.exec(select(Policy).where(col(Policy.version) == number)).first()


def put(session: Session, *, team: str, sha256: str, body: str, by: str, now: datetime) -> int:
    """Keep a policy as the one to obey and return its version; call `bump` first."""
    last = session.exec(select(func.max(col(Policy.version)))).one() or 0
    session.exec(update(Policy).where(col(Policy.state) == "current").values(state="replaced"))
    add(
        session,
        Policy,
        {"team": team, "version": last + 1, "sha256": sha256, "body": body, "by": by, "at": now},
    )
    return last + 1


def states(session: Session) -> dict[str, str]:
    """Return the state of each rule that somebody has changed."""
    return dict(session.exec(select(PolicyRule.rule, PolicyRule.state)).all())


def set_state(session: Session, *, rule: str, state: str, team: str, by: str, now: datetime) -> None:
    """Record the state of a rule."""
    values = {"rule": rule, "state": state, "team": team, "by": by, "at": now}
    if not insert_once(session, PolicyRule, values, conflict=["rule"]):
        session.exec(
            update(PolicyRule)
            .where(col(PolicyRule.rule) == rule)
            .values(state=state, team=team, by=by, at=now)
        )


def put_brake(
    session: Session, *, team: str, kind: str, value: str, until: datetime, by: str, now: datetime
) -> None:
    """Keep a brake."""
    add(
        session,
        Brake,
        {"team": team, "kind": kind, "value": value, "until": until, "by": by, "at": now},
    )


def lift_brake(session: Session, kind: str, value: str) -> int:
    """End the brakes on a merchant, category or country; return how many there were."""
    found = session.exec(
        select(Brake).where(col(Brake.kind) == kind, col(Brake.value) == value, col(Brake.state) == "on")
    ).all()
    for row in found:
        row.state = "lifted"
        session.add(row)
    return len(found)


def brakes(session: Session, now: datetime) -> Sequence[Brake]:
    """Return the brakes that hold at a moment."""
    return session.exec(select(Brake).where(col(Brake.state) == "on", col(Brake.until) > now)).all()


def live_cards(session: Session, program: str) -> Sequence[tuple[str, str]]:
    """Return id and cardholder of the live cards of a programme that are not canceled."""
    return session.exec(
        select(Card.id, Card.cardholder).where(
            col(Card.program) == program, col(Card.livemode), col(Card.status) != "canceled"
        )
    ).all()


def report_card(
    session: Session, card_id: str, *, kind: str, account: str, livemode: bool, now: datetime
) -> None:
    """Mark a card as reported lost or stolen; one that is new to us gets its row now."""
    values = {
        "id": card_id,
        "account": account,
        "livemode": livemode,
        "reported": kind,
        "reported_at": now,
    }
    if not insert_once(session, Card, values, conflict=["id"]):
        session.exec(update(Card).where(col(Card.id) == card_id).values(reported=kind, reported_at=now))


def reported_cards(session: Session) -> frozenset[str]:
    """Return the cards that were reported and that Stripe does not yet call canceled."""
    return frozenset(
        session.exec(select(Card.id).where(col(Card.reported) != "", col(Card.status) != "canceled")).all()
    )
