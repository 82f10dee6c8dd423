"""What Stripe answered to one of its steps, as somebody recorded it, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from bot.domain import onboarding
from bot.domain.error import FormError
from bot.domain.role import Asker, Right
from bot.outbox import put_board
from bot.services import deadline as clocks
from bot.services import entry as entries
from bot.services import person as people
from bot.services import step as steps
from bot.services import submission_round as submissions
from bot.services.timeline import bounds, checked
from bot.services.walk import Walk, answers_of, steps_of
from storage import Session
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.tables import Step, StepEntry


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


def answer(session: Session, who: Asker, step_id: int, given: Answer, now: datetime) -> Walk:
    """Record what Stripe answered to one of its steps.

    Raises:
        StaleError: somebody has recorded the final answer already.
        RefusedError: the person may not.
    """
    walk, row = steps.at_step(session, who.team, step_id)
    people.require(session, who, Right.STEP, now, people.relations(walk.program, row.assignee))
    steps.workable(walk, row, actor="stripe")
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
        entry = steps.end(walk, row, who, now, given.happened_at, outcome, given.note, effect, corrects)
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
