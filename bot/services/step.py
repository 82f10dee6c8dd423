"""Working on steps: take, assign, block, finish."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from bot.domain import onboarding
from bot.domain.error import FormError, StaleError
from bot.domain.role import Asker, Right
from bot.services import deadline as clocks
from bot.services import entry as entries
from bot.services import person as people
from bot.services.duty_dates import keep_dates
from bot.services.timeline import bounds, checked
from bot.services.walk import Walk, locked
from storage import Session
from storage.queries import policy
from storage.queries import program as programs
from storage.queries import reminder as reminders
from storage.queries import thread as threads
from storage.tables import Step, StepEntry

DUTY_PREFIX: Final = "duty_"


def at_step(session: Session, team: str, step_id: int) -> tuple[Walk, Step]:
    """Return a step with its programme, locked until the commit.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
    """
    row = programs.step(session, step_id)
    walk = locked(session, row.program_id if row else 0, team)
    assert row is not None, "a programme of nothing is not found"  # noqa: S101 - locked() has raised
    programs.step_again(session, row)
    walk.rows.keep(row)
    return walk, row


def take(session: Session, who: Asker, step_id: int, now: datetime) -> Walk:
    """Take a step: it gets an owner and its own message in the thread.

    Raises:
        StaleError: it is finished, locked, or somebody else has it.
        RefusedError: a guest asked.
    """
    walk, row = at_step(session, who.team, step_id)
    people.require(session, who, Right.TAKE, now, people.relations(walk.program, row.assignee))
    workable(walk, row)
    if row.assignee and row.assignee != who.user:
        raise StaleError("step.taken_already", who=row.assignee, at=row.taken_at, step=walk.named(row.key))
    if row.assignee != who.user:
        _give(walk, row, who.user, now)
        walk.record(row, who, "step:take:open", now, after={"assignee": who.user})
    _show_step(walk, row, now)
    return walk


def assign(session: Session, who: Asker, step_id: int, user: str, now: datetime) -> Walk:
    """Give a step to somebody; they are told in the thread.

    Raises:
        StaleError: it is finished or locked.
        RefusedError: the person may not.
    """
    walk, row = at_step(session, who.team, step_id)
    people.require(session, who, Right.STEP, now, people.relations(walk.program, row.assignee))
    workable(walk, row)
    before = row.assignee
    if before == user:
        _show_step(walk, row, now)
        return walk
    _give(walk, row, user, now)
    walk.record(row, who, "step:assign:open", now, before={"assignee": before}, after={"assignee": user})
    _show_step(walk, row, now)
    walk.say("step.assigned", who, now, step=walk.line(row.key), users=[user], to=user)
    return walk


def block(
    session: Session, who: Asker, step_id: int, reason: str, look_again_on: date, now: datetime
) -> Walk:
    """Say that a step cannot go on, why, and when to look again."""
    walk, row = at_step(session, who.team, step_id)
    people.require(session, who, Right.ADD_EVIDENCE, now)
    blocked(walk, row, who, reason, look_again_on, now)
    return walk


def blocked(
    walk: Walk,
    row: Step,
    who: Asker,
    reason: str,
    look_again_on: date,
    now: datetime,
    proof: Mapping[str, Any] | None = None,
) -> None:
    """Block a step for somebody who may; `proof` is what the audit keeps besides. Raises as `block`."""
    session = walk.session
    workable(walk, row)
    moved = programs.move_step(
        session,
        row.id,
        states=("open", "blocked"),
        state="blocked",
        note=reason,
        look_again_on=look_again_on,
    )
    _first(walk, row, moved=moved)
    after = {**(proof or {}), "look_again_on": look_again_on.isoformat()}
    walk.record(row, who, "step:block:blocked", now, after=after)
    row.state, row.note, row.look_again_on = "blocked", reason, look_again_on
    clocks.look_again(session, walk.program, row, look_again_on, now)
    reminders.wake(session, now, steps_=[row.id])
    walk.show(now, row.key)
    walk.say("step.blocked", who, now, step=walk.line(row.key), reason=reason)


def unblock(session: Session, who: Asker, step_id: int, now: datetime) -> Walk:
    """Say that a blocked step goes on."""
    walk, row = at_step(session, who.team, step_id)
    people.require(session, who, Right.ADD_EVIDENCE, now)
    workable(walk, row)
    moved = programs.move_step(
        session, row.id, states=("blocked",), state="open", note=None, look_again_on=None
    )
    _first(walk, row, moved=moved)
    entries.unblock(walk, row, who, now)
    row.state, row.note, row.look_again_on = "open", None, None
    clocks.look_again(session, walk.program, row, None, now)
    reminders.wake(session, now, steps_=[row.id])
    walk.record(row, who, "step:unblock:open", now)
    walk.show(now, row.key)
    walk.say("step.unblocked", who, now, step=walk.line(row.key))
    return walk


def finish(
    session: Session,
    who: Asker,
    step_id: int,
    now: datetime,
    *,
    happened_at: datetime | None = None,
    outcome: Mapping[str, Any] | None = None,
    note: str = "",
) -> Walk:
    """Finish one of our steps; what waited for it opens in the same transaction.

    Args:
        session: the caller's transaction.
        who: the assignee, the lead, a deputy, the programme's manager or an admin.
        step_id: the step.
        now: business time.
        happened_at: when it was really done; clocks count from there.
        outcome: ids, dates and choices of the step's form (owner and deputy of a duty, test employees).
        note: what somebody wrote down, such as the notes of the call.

    Raises:
        StaleError: somebody was first, or the step is locked; the text says who, when, or what is missing.
        FormError: a duty has no owner or no deputy, or the date cannot be (field `happened_at`).
        RefusedError: the person may not.
    """
    walk, row = at_step(session, who.team, step_id)
    people.require(session, who, Right.STEP, now, people.relations(walk.program, row.assignee))
    finished(walk, row, who, now, happened_at=happened_at, outcome=outcome, note=note)
    return walk


def finished(
    walk: Walk,
    row: Step,
    who: Asker,
    now: datetime,
    *,
    happened_at: datetime | None = None,
    outcome: Mapping[str, Any] | None = None,
    note: str = "",
    **said_with: Any,  # noqa: ANN401 - JSON values
) -> None:
    """Finish a step of ours for somebody who may; `said_with` joins the message. Raises as `finish`."""
    session = walk.session
    workable(walk, row, actor="us")
    _evidence_there(walk, row)
    if row.key.startswith(DUTY_PREFIX) and not (outcome and outcome.get("owner") and outcome.get("deputy")):
        raise FormError({"deputy": ("form.required", {})})
    happened_at = now if happened_at is None else checked(walk, happened_at, bounds(walk, row.key), now)
    entry = end(walk, row, who, now, happened_at, dict(outcome or {}), note)
    if row.key.startswith(DUTY_PREFIX) and outcome:
        row.assignee, row.deputy = str(outcome.get("owner", "")), str(outcome.get("deputy", ""))
        session.add(row)
    times = entries.times(happened_at, now)
    walk.record(row, who, "step:do:done", now, after={"outcome": dict(outcome or {}), **times})
    if row.key == onboarding.LAUNCH:
        walk.program.state, walk.program.launched_at = "launched", happened_at
        session.add(walk.program)
        keep_dates(walk, now)
        policy.bump(session)  # the launch gate of its cards opens
        walk.record(row, who, "program:launch:launched", now)
    walk.open_ready(now)
    walk.show(now, row.key)
    facts: dict[str, Any] = {"step": walk.line(row.key), "note": note, "entry": entry.id, **times}
    said = walk.say("step.done", who, now, **facts, **said_with)
    entries.told(walk, entry, said)


def end(  # noqa: PLR0917 - one fact of the end each
    walk: Walk,
    row: Step,
    who: Asker,
    now: datetime,
    happened_at: datetime,
    outcome: dict[str, Any],
    note: str,
    effect: str = "done",
    corrects: int | None = None,
) -> StepEntry:
    """Mark a step as done and start what counts from it; returns the entry that says so.

    Raises:
        StaleError: somebody was first.
    """
    entry = entries.record(
        walk,
        row,
        who,
        now,
        effect=effect,
        happened_at=happened_at,
        outcome=outcome,
        note=note,
        corrects=corrects,
    )
    moved = programs.move_step(
        walk.session,
        row.id,
        states=("open", "blocked"),
        state="done",
        done_by=who.user,
        happened_at=happened_at,
        recorded_at=now,
        outcome=outcome,
        note=note or None,
        look_again_on=None,
    )
    _first(walk, row, moved=moved)
    programs.close_deadlines(walk.session, row.id, "met")
    walk.start_clocks_after(row.key, happened_at, now)
    if not row.assignee or walk.step(row.key).actor == "stripe":
        walk.withdraw(row, now)  # the button *I take it* went when somebody took the step
    return entry


def _give(walk: Walk, row: Step, user: str, now: datetime) -> None:
    if not row.assignee and walk.step(row.key).actor == "us":
        walk.withdraw(row, now)
    moved = programs.move_step(walk.session, row.id, states=onboarding.WORKABLE, assignee=user, taken_at=now)
    _first(walk, row, moved=moved)
    reminders.wake(walk.session, now, steps_=[row.id])


def _show_step(walk: Walk, row: Step, now: datetime) -> None:
    """Bring the board up to date, and the step's own message, which is posted the first time."""
    threads.want(walk.session, walk.board, "step", row.id)
    walk.show(now, row.key)


def workable(walk: Walk, row: Step, *, actor: str = "") -> None:
    """Pass only for a step that is open or blocked in a running programme, and for who has to act on it.

    Raises:
        StaleError: it is something else; the text says what, who did it, or what is missing.
    """
    program = walk.program
    if program.state in {"paused", "canceled"}:
        raise StaleError(f"program.is_{program.state}", ref=program.ref)
    if row.state == "done":
        raise StaleError("step.done_already", who=row.done_by, at=row.recorded_at, step=walk.named(row.key))
    if row.state == "dropped":
        raise StaleError("step.is_dropped", step=walk.named(row.key))
    if row.state == "waiting":
        step = next(step for step in walk.steps if step.id == row.key)
        needs = [walk.named(need) for need in onboarding.missing(step, walk.states)]
        live = step.mode == "live" and not onboarding.is_live(walk.states)
        raise StaleError(
            "step.is_locked_live" if live else "step.is_locked", step=walk.named(row.key), needs=needs
        )
    if actor == "us" != walk.step(row.key).actor:
        raise StaleError("step.stripe_acts", step=walk.named(row.key))
    if actor == "stripe" != walk.step(row.key).actor:
        raise StaleError("step.we_act", step=walk.named(row.key))


def _first(walk: Walk, row: Step, *, moved: bool) -> None:
    if not moved:
        walk.session.refresh(row)
        workable(walk, row)
        raise StaleError("step.changed", step=walk.named(row.key))


def _evidence_there(walk: Walk, row: Step) -> None:
    """Pass only when each required item has a piece of its own, stored or arriving."""
    wanted = [item for item in walk.step(row.key).evidence if item.required]
    there = programs.evidence_items(walk.session, row.id) if wanted else set()
    missing = [asdict(item.title) for item in wanted if item.id not in there]
    if missing:
        raise StaleError("step.needs_evidence", step=walk.named(row.key), items=missing)
