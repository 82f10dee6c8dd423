"""What Stripe shows of the work: said once in the thread of the programme, as a proposal to finish a step.

Nothing is finished here. Who does the step confirms it with one click, and what Stripe decides stays an
answer that a person records.
"""

from datetime import datetime

from bot.domain import onboarding
from bot.domain.policy import parse
from bot.domain.signal import SIGNALS, complete, speaks
from bot.outbox import put_notice
from bot.services import audit, policy
from bot.services.walk import Walk, locked
from storage import Session
from storage.queries import signal as rows
from storage.tables import Program


def fresh(session: Session, program: Program) -> dict[str, str]:
    """Return what Stripe shows and nobody was told yet: the object that shows it, by the signal's name."""
    known, found = rows.told(session, program.id), dict[str, str]()
    for name, source in rows.seen(session, program, _designated(session, program.ref)):
        if name not in known:
            found.setdefault(name, source)
    return found


def propose(session: Session, program: Program, found: dict[str, str], now: datetime) -> int:
    """Say what is new of the steps that can be worked on; the others wait until they open.

    Args:
        session: the caller's transaction.
        program: whose.
        found: as `fresh` returned it.
        now: business time.

    Returns:
        How many notices were put.
    """
    walk, said = locked(session, program.id, program.team), 0
    for name in [name for name in SIGNALS if name in found]:
        signal = SIGNALS[name]
        states = walk.states
        if states.get(signal.step) not in onboarding.WORKABLE:
            continue
        step = walk.step(signal.step)
        if not speaks(name, mode=step.mode) or (signal.item and not _takes(walk, signal.step, signal.item)):
            continue
        if rows.tell(session, walk.program, name, step=signal.step, source=found[name], now=now):
            _say(session, walk, name, found[name], now)
            said += 1
    return said


def _say(session: Session, walk: Walk, name: str, source: str, now: datetime) -> None:
    signal, program = SIGNALS[name], walk.program
    line = walk.line(signal.step)
    audit.record(
        session,
        team=program.team,
        actor="stripe",
        tag="step:signal:proposed",
        subject=f"{program.ref}/{signal.step}",
        now=now,
        after={"signal": name, "source": source},
    )
    put_notice(
        session,
        walk.board,
        "step.signal",
        {
            "signal": name,
            "source": source,
            "item": signal.item,
            "complete": bool(signal.item) and complete(rows.told(session, program.id)),
            "step": {"id": line["id"], "title": line["title"], "actor": line["actor"]},
            "program": {"id": program.id, "ref": program.ref, "name": program.name},
        },
        language=program.language,
        now=now,
    )


def _takes(walk: Walk, key: str, item: str) -> bool:
    return any(one.id == item for one in walk.step(key).evidence)


def _designated(session: Session, ref: str) -> frozenset[str]:
    """Return who the launch gate of the policy lets spend before the launch; nobody named: everybody."""
    gate = parse(policy.current(session).body).settings.get("launch_gate", {})
    if not gate or gate.get("program") != ref:
        return frozenset()
    return frozenset(gate.get("cards", ())) | frozenset(gate.get("cardholders", ()))
