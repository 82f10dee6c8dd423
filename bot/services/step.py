"""Working on steps: take, assign, block, finish, and what Stripe answered."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from bot.domain import onboarding
from bot.domain.error import FormError, StaleError
from bot.domain.role import Asker, Right
from bot.outbox import put_board
from bot.services import deadline as clocks
from bot.services import entry as entries
from bot.services import person as people
from bot.services import submission_round as submissions
from bot.services.duty_dates import keep_dates
from bot.services.timeline import bounds, checked
from bot.services.walk import Walk, answers_of, locked, steps_of
from storage import Session
from storage.queries import policy
from storage.queries import program as programs
from storage.queries import reminder as reminders
from storage.queries import thread as threads
from storage.tables import Step, StepEntry

DUTY_PREFIX: Final = "duty_"


@dataclass(frozen=True)
class Answer:
    """What Stripe answered, as somebody recorded it.

    `choice` is a name of `onboarding.OUTCOMES`; for first contact `fit` holds an answer for each product;
    for a revision `changes` holds what must change, by the key of the item.
    """

    happened_at: datetime
    choice: str = ""
    fit: Mapping[str, str] | None = None
    note: str = ""
    until: date | None = None
    capabilities: Sequence[str] = ()
    by: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)


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
    _workable(walk, row)
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
    _workable(walk, row)
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
    _workable(walk, row)
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
    _workable(walk, row)
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
    _workable(walk, row, actor="us")
    _evidence_there(walk, row)
    if row.key.startswith(DUTY_PREFIX) and not (outcome and outcome.get("owner") and outcome.get("deputy")):
        raise FormError({"deputy": ("form.required", {})})
    happened_at = now if happened_at is None else checked(walk, happened_at, bounds(walk, row.key), now)
    entry = _end(walk, row, who, now, happened_at, dict(outcome or {}), note)
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


def answer(session: Session, who: Asker, step_id: int, given: Answer, now: datetime) -> Walk:
    """Record what Stripe answered to one of its steps.

    Raises:
        StaleError: somebody has recorded the final answer already.
        RefusedError: the person may not.
    """
    walk, row = at_step(session, who.team, step_id)
    people.require(session, who, Right.STEP, now, people.relations(walk.program, row.assignee))
    _workable(walk, row, actor="stripe")
    effect, outcome = effect_of(walk, row, given)
    happened_at = checked(walk, given.happened_at, bounds(walk, row.key), now)
    given = replace(given, happened_at=happened_at)
    after = {**outcome, "effect": effect, **entries.times(happened_at, now)}
    walk.record(row, who, "step:answer:recorded", now, after=after)
    changes = judged(walk, row, who, now, given)
    entry = apply(walk, row, who, now, given)
    walk.show(now, row.key)
    facts: dict[str, Any] = {"step": walk.line(row.key), "outcome": outcome, "note": given.note}
    facts |= {"effect": effect} | ({"changes": changes} if changes is not None else {})
    times = entries.times(happened_at, now)
    said = walk.say("step.answered", who, now, entry=entry.id, **facts, **times)
    entries.told(walk, entry, said)
    return walk


def effect_of(walk: Walk, row: Step, given: Answer) -> tuple[str, dict[str, Any]]:
    """Return what an answer of Stripe does, and what is kept of it: choices, ids, dates.

    Raises:
        FormError: the step has no such answer.
    """
    if given.fit is not None:
        effect = onboarding.fit_effect(given.fit)
        outcome: dict[str, Any] = {"fit": dict(given.fit)}
    else:
        known = onboarding.choices(walk.step(row.key).outcome or "answer")
        options = {choice.name: choice for choice in known}
        if given.choice not in options:
            raise FormError({"choice": ("form.choose", {})})
        effect = options[given.choice].effect
        outcome = {"choice": given.choice}
    if given.until:
        outcome["until"] = given.until.isoformat()
    if given.capabilities:
        outcome["capabilities"] = list(given.capabilities)
    if given.by:
        outcome["by"] = given.by
    return effect, outcome


def judged(walk: Walk, row: Step, who: Asker, now: datetime, given: Answer) -> list[dict[str, str]] | None:
    """Record on the round that was sent what Stripe answered to it; None for a step that judges none.

    Returns what must change, as titles in the language of the channel and words.
    """
    effect, _ = effect_of(walk, row, given)
    if not walk.step(row.key).back_to or effect not in {"done", "revise"}:
        return None
    return submissions.answered(
        walk,
        row.key,
        who,
        now,
        approved=effect == "done",
        happened_at=given.happened_at,
        words=given.note,
        changes=given.changes,
    )


def apply(
    walk: Walk, row: Step, who: Asker, now: datetime, given: Answer, corrects: int | None = None
) -> StepEntry:
    """Let an answer of Stripe take its effect, without a word."""
    effect, outcome = effect_of(walk, row, given)
    if effect in {"done", "drop_treasury"}:
        if effect == "drop_treasury":
            drop_treasury(walk, who, now)
        entry = _end(walk, row, who, now, given.happened_at, outcome, given.note, effect, corrects)
        if row.key == onboarding.LIVE_ACCESS:
            walk.program.live_at, walk.program.capabilities = given.happened_at, list(given.capabilities)
            walk.session.add(walk.program)
            walk.record(row, who, "program:live:approved", now, after=outcome)
        walk.open_ready(now)
        return entry
    entry = entries.record(
        walk,
        row,
        who,
        now,
        effect=effect,
        happened_at=given.happened_at,
        outcome=outcome,
        note=given.note,
        corrects=corrects,
    )
    if effect == "revise":
        _revise(walk, row, who, now, outcome, given)
    else:
        row.state = "open" if effect == "wait" else "blocked"
        row.outcome, row.note, row.look_again_on = outcome, given.note or None, None
        walk.session.add(row)
        if effect == "wait" and given.until:
            clocks.move(
                walk.session,
                walk.program,
                row,
                until=given.until,
                at=given.happened_at,
                source=walk.step(row.key).source,
                now=now,
            )
    walk.session.flush()
    return entry


def drop_treasury(walk: Walk, who: Asker, now: datetime) -> None:
    """Take Treasury out of the programme: steps that only it needs are dropped, finished ones stay."""
    walk.program.products = [product for product in walk.program.products if product != "treasury"]
    walk.session.add(walk.program)
    kept = of_program(walk)
    for key, row in walk.rows.items():
        if key not in kept and row.state not in onboarding.ENDED:
            row.state = "dropped"
            walk.session.add(row)
            programs.close_deadlines(walk.session, row.id, "dropped")
            walk.record(row, who, "step:drop:dropped", now)
            walk.withdraw(row, now)
    walk.steps = tuple(step for step in walk.steps if step.id in kept)
    walk.record(None, who, "program:treasury:dropped", now)


def of_program(walk: Walk) -> frozenset[str]:
    """Return the keys of the steps that apply to the programme as it is now."""
    walk.steps = steps_of(walk.plan, answers_of(walk.program))
    return frozenset(step.id for step in walk.steps)


def _revise(walk: Walk, row: Step, who: Asker, now: datetime, outcome: dict[str, Any], given: Answer) -> None:
    """Stripe asks for changes: the submission opens again, and the review waits for it."""
    programs.close_deadlines(walk.session, row.id, "met")
    row.state, row.outcome, row.note, row.opened_at = "waiting", outcome, given.note or None, None
    row.round += 1
    walk.session.add(row)
    walk.withdraw(row, now)
    for key in onboarding.back_to(walk.steps, row.key):
        again = walk.rows[key]
        entries.revised(walk, again)
        again.state, again.opened_at, again.round = "open", given.happened_at, again.round + 1
        again.recorded_at = again.happened_at = None
        walk.session.add(again)
        walk.session.flush()
        walk.opened.append(key)
        clocks.start(
            walk.session,
            walk.program,
            again,
            walk.step(key),
            started_by="opened",
            at=given.happened_at,
            now=now,
        )
        walk.record(again, who, "step:reopen:open", now, after={"round": again.round})
        thread = threads.of(walk.session, "step", again.id)
        if thread is not None:
            put_board(walk.session, thread, language=walk.program.language, now=now)


def _end(  # noqa: PLR0917 - one fact of the end each
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


def _workable(walk: Walk, row: Step, *, actor: str = "") -> None:
    """Pass only for a step that is open or blocked in a running programme, and for who has to act on it."""
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
        _workable(walk, row)
        raise StaleError("step.changed", step=walk.named(row.key))


def _evidence_there(walk: Walk, row: Step) -> None:
    """Pass only when each required item has a piece of its own, stored or arriving."""
    wanted = [item for item in walk.step(row.key).evidence if item.required]
    there = programs.evidence_items(walk.session, row.id) if wanted else set()
    missing = [asdict(item.title) for item in wanted if item.id not in there]
    if missing:
        raise StaleError("step.needs_evidence", step=walk.named(row.key), items=missing)
