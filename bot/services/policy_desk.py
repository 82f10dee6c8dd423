"""What operators see and do about the policy in Slack: propose a text, see what it would flip, load it."""

import hashlib
from datetime import datetime
from typing import Any, Final

from bot.domain.error import FormError, NotFoundError, StaleError
from bot.domain.policy import RULES, PolicyError, parse
from bot.domain.role import Asker, Right
from bot.outbox import put_direct
from bot.services import person as people
from bot.services import picture, policy
from bot.services.policy import WouldStopError
from bot.services.replay import Flips, Replay
from storage import Session
from storage.queries import policy_draft as rows
from storage.tables_exception import PolicyDraft

DAYS: Final = (1, 7, 30)
"""How far back a replay may reach."""


def page(session: Session, team: str) -> dict[str, Any]:
    """Return what the page of the policy shows."""
    found = policy.current(session)
    by = found.by if found.by.startswith(("U", "W")) else ""
    return {
        "version": found.version,
        "sha256": found.sha256,
        "at": found.at.isoformat() if found.at else "",
        "by": by,
        "names": people.names(session, team, [by] if by else []),
        "rules": [{"rule": name, "state": state} for name, state in policy.states(session).items()],
    }


def propose(session: Session, who: Asker, body: str, days: int, now: datetime) -> None:
    """Keep a text whose replay the worker then shows to who proposed it.

    Raises:
        FormError: the text does not parse; the policy that is obeyed stays.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.BRAKE, now)
    try:
        parse(body)
    except PolicyError as error:
        more = len(error.lines) - 1
        key = "policy.wrong_more" if more else "policy.wrong"
        raise FormError({"body": (key, {"line": error.lines[0][:200], "count": more})}) from None
    digest = hashlib.sha256(body.encode()).hexdigest()
    rows.put(
        session,
        team=who.team,
        body=body,
        sha256=digest,
        days=days,
        language=who.language,
        by=who.user,
        now=now,
    )


def replay_now(session: Session, who: Asker, now: datetime) -> None:
    """Replay the last 30 days with the policy that is obeyed, to see what each rule would flip."""
    propose(session, who, policy.current(session).body, DAYS[-1], now)


def facts(session: Session, draft: PolicyDraft, found: Replay) -> dict[str, Any]:
    """Return what the message and the picture of a replay show."""
    current = policy.current(session)
    return {
        "draft": draft.id,
        "version": current.version,
        "same": draft.sha256 == current.sha256,
        "days": draft.days,
        "decisions": found.decisions,
        "unreadable": found.unreadable + found.emptied,
        "newly_declined": found.newly_declined,
        "newly_approved": found.newly_approved,
        "rules": [
            {
                "rule": name,
                "state": state,
                "declines": found.rules.get(name, Flips()).declines,
                "approved_before": found.rules.get(name, Flips()).approved_before,
            }
            for name, state in found.states.items()
        ],
    }


def show(session: Session, draft: PolicyDraft, told: dict[str, Any], now: datetime) -> bool:
    """Write the figures and the picture to who proposed a text; false when another worker has."""
    if not rows.move(session, draft.id, "waiting", "shown"):
        return False
    put_direct(
        session,
        team=draft.team,
        user=draft.by,
        view="policy.replayed",
        facts=told,
        language=draft.language,
        now=now,
    )
    picture.put(
        session,
        team=draft.team,
        kind="policy",
        person=draft.by,
        asked_by=draft.by,
        language=draft.language,
        facts=told,
        name=f"policy-{draft.sha256[:8]}.png",
        now=now,
    )
    return True


def load(session: Session, who: Asker, draft_id: int, now: datetime) -> dict[str, Any]:
    """Make a proposed text the policy to obey; returns what is to be said.

    Raises:
        NotFoundError: there is no such text.
        StaleError: it was loaded or dropped already.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.BRAKE, now)
    draft = _own(session, who, draft_id)
    if not rows.move(session, draft.id, "shown", "loaded"):
        raise StaleError("policy.settled")
    found = policy.load(session, draft.body, team=who.team, by=who.user, now=now)
    return {"what": "loaded", "version": found.version, "rule": ""}


def drop(session: Session, who: Asker, draft_id: int, now: datetime) -> dict[str, Any]:
    """Forget a proposed text; raises as `load`."""
    people.require(session, who, Right.BRAKE, now)
    draft = _own(session, who, draft_id)
    if not rows.move(session, draft.id, "shown", "dropped"):
        raise StaleError("policy.settled")
    return {"what": "dropped", "version": policy.current(session).version, "rule": ""}


def _own(session: Session, who: Asker, draft_id: int) -> PolicyDraft:
    draft = rows.one(session, draft_id)
    if draft is None or draft.team != who.team:
        raise NotFoundError("policy.no_draft")
    return draft


def set_rule(
    session: Session, who: Asker, rule: str, state: str, typed: str, now: datetime
) -> dict[str, Any]:
    """Enforce a rule or put it into shadow; returns what is to be said.

    Raises:
        FormError: the launch gate would stop live cards, and `typed` is not how many.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.BRAKE, now)
    if rule not in RULES:
        raise FormError({"rule": ("form.choose", {})})
    stops = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else None  # noqa: PLR2004 - a count of cards
    try:
        changed = policy.set_state(session, rule, state, team=who.team, by=who.user, now=now, stops=stops)
    except WouldStopError as error:
        raise FormError({"cards": (error.key, {"cards": error.cards})}) from None
    what = state if changed else f"already_{state}"
    return {"what": what, "version": policy.current(session).version, "rule": rule}
