"""Messages to Stripe's representative: the facts a draft is filled with, and to whom it goes."""

from datetime import datetime
from typing import Any

from bot.domain import onboarding
from bot.domain.role import Asker, Right
from bot.services import person as people
from bot.services.walk import Walk, locked, of
from storage import Session
from storage.tables import Program


def facts(session: Session, who: Asker, program: Program, step_id: int = 0) -> dict[str, Any]:
    """Return what a draft needs: the programme, its contact, what waits for Stripe, and which step is meant.

    A step that does not wait any more, or none, means the programme as a whole.
    """
    walk = of(session, program)
    waiting = [_step(walk, key) for key in _waiting(walk)]
    return {
        "id": program.id,
        "name": program.name,
        "ref": program.ref,
        "variant": program.variant,
        "region": program.region,
        "zone": program.zone,
        "language": program.language,
        "contact_name": program.contact_name or "",
        "contact_email": program.contact_email or "",
        "steps": waiting,
        "about": step_id if any(step["id"] == step_id for step in waiting) else 0,
        "writer": people.names(session, who.team, [who.user]).get(who.user, ""),
    }


def keep_contact(
    session: Session, who: Asker, program_id: int, *, name: str, email: str, now: datetime
) -> bool:
    """Store name and e-mail of the representative; false when they were that already.

    Raises:
        RefusedError: they differ, and the person may not change the programme.
    """
    walk = locked(session, program_id, who.team)
    program = walk.program
    if (program.contact_name or "", program.contact_email or "") == (name, email):
        return False
    people.require(session, who, Right.CHANGE_PROGRAM, now, people.relations(program))
    program.contact_name, program.contact_email = name or None, email or None
    session.add(program)
    walk.record(None, who, "program:contact:kept", now, after={"name": bool(name), "email": bool(email)})
    return True


def _waiting(walk: Walk) -> list[str]:
    return [
        step.id
        for step in walk.steps
        if step.actor == "stripe" and walk.states[step.id] in onboarding.WORKABLE
    ]


def _step(walk: Walk, key: str) -> dict[str, Any]:
    step = walk.step(key)
    return {
        **walk.line(key),
        "titles": {"en": step.title["en"], "fr": step.title["fr"]},
        "outcome": step.outcome or "answer",
    }
