"""What Stripe shows of the work: each thing once, in the thread of the programme.

A step of ours that is proven by it is finished here, with Gantry as who did it; anybody who may can undo that
or open the step again, and then it is theirs. What Stripe decides, and what a person has to judge, is asked.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from bot import text
from bot.domain import onboarding
from bot.domain.policy import parse
from bot.domain.role import GANTRY, Asker
from bot.domain.signal import SIGNALS, TESTS, Sight, Signal, Standing, act_of, complete, speaks
from bot.domain.stripe_link import dashboard
from bot.domain.timeline import day
from bot.outbox import put_notice
from bot.services import audit, evidence, policy, stripe_signal
from bot.services import step as steps
from bot.services.timeline import bounds
from bot.services.walk import Walk, locked, of
from bot.views.signal import rejection
from storage import Session
from storage.queries import entry as entries
from storage.queries import signal as rows
from storage.tables import Program, Step

LOOK_AGAIN: Final = timedelta(days=7)
"""When a step that a rejection blocked is looked at again."""

LIMIT_MS: Final = 2000
"""Stripe takes an answer no later: https://docs.stripe.com/issuing/controls/real-time-authorizations."""

MOST_SHOWN: Final = 8
"""Events that a message names; all that were read are in the books."""

PATHS: Final = {"ipi": "issuing/transactions", "iauth": "issuing/authorizations", "ic": "issuing/cards"}
DESIGNS: Final = frozenset(
    {"design_active", "design_rejected", "artwork_rejected", "custom_active", "custom_rejected"}
)
REJECTED: Final = "issuing_personalization_design.rejected"


def fresh(session: Session, program: Program) -> list[Sight]:
    """Return what Stripe shows of steps that can be worked on and nobody was told, in the order of telling.

    What no step waits for is not looked for.
    """
    known, states = rows.told(session, program.id), of(session, program).states
    listens = {name for name, one in SIGNALS.items() if _listens(one, states.get(one.step, ""))}
    shut = known | (SIGNALS.keys() - listens)
    tests = any(SIGNALS[name].step == TESTS for name in listens)
    seen = [*rows.seen(session, program, _designated(session, program.ref) if tests else (), shut)]
    if listens & DESIGNS:
        seen += _designs(session, program)
    found: dict[str, Sight] = {}
    for sight in seen:
        if sight.name in listens and sight.key not in known:
            held = found.setdefault(sight.key, sight)
            if sight.sure and not held.sure:
                found[sight.key] = sight
    order = list(SIGNALS)
    return sorted(found.values(), key=lambda sight: order.index(sight.name))


def _listens(signal: Signal, state: str) -> bool:
    """Tell whether a step takes a signal now."""
    return state in onboarding.WORKABLE or (signal.afterwards and state == "done")


def take(session: Session, program: Program, found: list[Sight], now: datetime) -> int:
    """Say and do what is new of the steps that can be worked on; the others wait until they open.

    Args:
        session: the caller's transaction.
        program: whose.
        found: as `fresh` returned it.
        now: business time.

    Returns:
        How many signals were taken.
    """
    walk, taken = locked(session, program.id, program.team), 0
    if walk.program.state != "active":
        return 0  # somebody has paused it meanwhile
    for sight in found:
        signal = SIGNALS[sight.name]
        if not _listens(signal, walk.states.get(signal.step, "")):
            continue
        step = walk.step(signal.step)
        asked = {one.id for one in step.evidence}
        if not speaks(sight.name, mode=step.mode) or (signal.item and signal.item not in asked):
            continue
        row = walk.rows[signal.step]
        act = act_of(sight, _standing(walk, row))
        if act == "finish" and bounds(walk, row.key).problem(
            _moment(walk, row, sight, now), walk.program.zone
        ):
            act = "propose"
        trail = rows.trail(session, sight.objects, sight.account) if sight.objects else ()
        proof = _proof(sight, trail)
        if rows.tell(session, walk.program, sight, event=proof["event"], act=act, now=now):
            _do(walk, row, sight, act, proof, now)
            taken += 1
    return taken


def _do(walk: Walk, row: Step, sight: Sight, act: str, proof: dict[str, Any], now: datetime) -> None:
    who = Asker(team=walk.program.team, user=GANTRY, language=walk.program.language)
    facts = _facts(walk, sight, act, proof)
    if act == "finish":
        steps.finished(
            walk, row, who, now, happened_at=_moment(walk, row, sight, now), outcome=proof, shown=facts
        )
        return
    if act == "block":
        words = _reasons(walk.program.language, sight)
        steps.blocked(walk, row, who, words, (now + LOOK_AGAIN).date(), now, proof)
        return
    if act == "tick":
        _tick(walk, row, sight, proof, now)
    _record(walk, row, _TAGS[act], proof, now)
    step = {key: walk.line(row.key)[key] for key in ("id", "title", "actor")}
    program = {"id": walk.program.id, "ref": walk.program.ref, "name": walk.program.name}
    told = {**facts, "step": step, "program": program}
    put_notice(walk.session, walk.board, "step.signal", told, language=walk.program.language, now=now)


PROPOSED: Final = "step:signal:proposed"
_TAGS: Final = {"tell": "step:signal:seen", "tick": "step:signal:seen", "propose": PROPOSED}


def _facts(walk: Walk, sight: Sight, act: str, proof: dict[str, Any]) -> dict[str, Any]:
    """Return what messages say of a signal, and of its proof."""
    signal = SIGNALS[sight.name]
    asked, answered = sight.more.get("asked_at"), sight.more.get("answered_at")
    took = round((answered - asked).total_seconds() * 1000) if asked and answered else 0
    return {
        "signal": sight.name,
        "act": act,
        "source": sight.source,
        "events": [event for event, *_ in proof["trail"]][:MOST_SHOWN] or [proof["event"]],
        "item": signal.item,
        "complete": bool(signal.item) and complete(rows.told(walk.session, walk.program.id)),
        # Stripe writes whole seconds, and so this is the most it can have been.
        "ms": min(max(took, 1), LIMIT_MS) if asked else 0,
        "reasons": list(sight.more.get("reasons", ())),
    }


def _proof(sight: Sight, trail: Any) -> dict[str, Any]:  # noqa: ANN401 - rows of a query
    """Return what is kept: the signal, its object, the event that shows it, and all events on the way."""
    reached = [event for event, _, at in trail if sight.at is None or at <= sight.at]
    newest = reached[-1] if reached else trail[0][0] if trail else ""
    proof = {"signal": sight.name, "source": sight.source, "event": str(sight.more.get("event") or newest)}
    return {**proof, "trail": [[event, kind, at.isoformat()] for event, kind, at in trail]}


def _tick(walk: Walk, row: Step, sight: Sight, proof: dict[str, Any], now: datetime) -> None:
    language = walk.program.language
    parts = [sight.source]
    if sight.at:
        parts.append(text.date(language, day(sight.at, walk.program.zone)))
    if sight.more.get("currency"):
        parts.append(text.money(language, sight.more["amount"], sight.more["currency"]))
    path = f"{PATHS[sight.source.partition('_')[0]]}/{sight.source}"
    link = dashboard(path, account=sight.account, livemode=True)
    name, item = " · ".join(parts), SIGNALS[sight.name].item
    evidence.note(walk, row, item=item, source=sight.source, name=name, link=link, proof=proof, now=now)


def _moment(walk: Walk, row: Step, sight: Sight, now: datetime) -> datetime:
    """Return when a step was done: when Stripe showed it, but not before the step could be worked on."""
    limits = bounds(walk, row.key)
    moments = [moment for moment in (sight.at or now, limits.earliest) if moment is not None]
    return min(max(moments), now)


def _standing(walk: Walk, row: Step) -> Standing:
    past = entries.of_step(walk.session, row.id)
    ours = rows.blocked_by(walk.session, walk.program.id, row.key) if row.state == "blocked" else ()
    return Standing(
        actor=walk.step(row.key).actor,
        reopened=any(one.state in {"reopened", "undone"} for one in past),
        held=row.state == "blocked" and not any(source in (row.note or "") for source in ours),
        needs=any(item.required for item in walk.step(row.key).evidence),
    )


def _designs(session: Session, program: Program) -> list[Sight]:
    """Return what the designs of a programme show: the first that is active, each rejection of one."""
    found = []
    for row in stripe_signal.designs(session, program.ref, program.id):
        same: dict[str, Any] = {
            "source": row.id,
            "at": row.event_at,
            "objects": (row.id,),
            "account": row.account,
        }
        if row.status == "active":
            found += [Sight(name, **same) for name in ("design_active", "custom_active")]
        if row.status == "rejected":
            same["again"] = rows.newest(session, row.id, REJECTED) or row.id
            same["more"] = {"reasons": [one for one in row.reasons.split(",") if one]}
            names = ("design_rejected", "artwork_rejected", "custom_rejected")
            found += [Sight(name, **same) for name in names]
    return found


def _reasons(language: str, sight: Sight) -> str:
    """Return why a design was rejected, as the reason of a blocked step; the design is named in it."""
    why = rejection(language, sight.more.get("reasons", ()))
    return text.say(language, "signal_blocked", source=sight.source, why=why)


def _record(walk: Walk, row: Step, tag: str, proof: dict[str, Any], now: datetime) -> None:
    audit.record(
        walk.session,
        team=walk.program.team,
        actor="stripe" if tag == PROPOSED else GANTRY,
        tag=tag,
        subject=f"{walk.program.ref}/{row.key}",
        now=now,
        after=proof,
    )


def _designated(session: Session, ref: str) -> frozenset[str]:
    """Return who the launch gate of the policy lets spend before the launch; nobody named: everybody."""
    gate = parse(policy.current(session).body).settings.get("launch_gate", {})
    if not gate or gate.get("program") != ref:
        return frozenset()
    return frozenset(gate.get("cards", ())) | frozenset(gate.get("cardholders", ()))
