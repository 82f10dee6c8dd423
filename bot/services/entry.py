"""Entries of steps: what was recorded, with what was before it; taking back, reopening, correcting."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.domain import onboarding, timeline
from bot.domain.error import StaleError
from bot.domain.role import Asker, Right
from bot.outbox import amend_notice
from bot.services import person as people
from bot.services import submission_round as submissions
from bot.services import timeline as rows_of
from bot.services.timeline import Settled, Standing, changed, refit, settle
from bot.services.walk import Walk, locked
from storage import Session
from storage.queries import entry as entries
from storage.queries import policy
from storage.tables import Step, StepEntry
from storage.types import canonical

KEPT = ("state", "note", "outcome", "assignee", "deputy", "done_by")
DAYS = ("look_again_on",)
MOMENTS = ("happened_at", "recorded_at")


def record(
    walk: Walk,
    row: Step,
    who: Asker,
    now: datetime,
    *,
    effect: str,
    happened_at: datetime,
    outcome: Mapping[str, Any],
    note: str,
    corrects: int | None = None,
) -> StepEntry:
    """Keep what is recorded of a step, before the row changes."""
    entry = StepEntry(
        team=walk.program.team,
        program_id=walk.program.id,
        step_id=row.id,
        key=row.key,
        round=row.round,
        effect=effect,
        outcome=dict(outcome),
        note=note or None,
        happened_at=happened_at,
        recorded_at=now,
        by=who.user,
        corrects=corrects,
        was=_kept(row),
        undo_until=None if corrects else now + timeline.UNDO_WITHIN,
    )
    walk.session.add(entry)
    return entry


def told(walk: Walk, entry: StepEntry, notice_id: int) -> None:
    """Remember which message said it, so that it can be corrected there."""
    entries.told(walk.session, entry, notice_id)


def revised(walk: Walk, row: Step) -> None:
    """Set aside what was sent: Stripe asks for another round."""
    sent = entries.last(walk.session, row.id, "stands")
    if sent is not None:
        sent.state = "revised"
        walk.session.add(sent)


def expire(session: Session, now: datetime) -> int:
    """Take the button *Undo* out of messages whose ten minutes are over; returns how many."""
    over = entries.expired(session, now)
    for entry in over:
        entry.undo_until = None
        session.add(entry)
        if entry.notice_id is not None:
            amend_notice(session, entry.notice_id, now=now)
    return len(over)


def unblock(walk: Walk, row: Step, who: Asker, now: datetime) -> None:
    """Set aside a refusal of Stripe's that had blocked a step: somebody says that it goes on."""
    last = entries.last(walk.session, row.id, "stands")
    if last is not None and last.effect in timeline.BLOCKS:
        close(walk, who, [last], "reopened", now, "")


def times(happened_at: datetime, now: datetime) -> dict[str, Any]:
    """Return both times, with a mark on what was entered over three days after it happened."""
    both: dict[str, Any] = {"happened_at": happened_at.isoformat(), "recorded_at": now.isoformat()}
    return {**both, "late": True} if timeline.late(happened_at, now) else both


@dataclass(frozen=True)
class Target:
    """An entry that somebody wants to change, with its programme under lock."""

    walk: Walk
    row: Step
    entry: StepEntry


def target(session: Session, who: Asker, entry_id: int) -> Target:
    """Return an entry that stands, its programme locked until the commit.

    Raises:
        StaleError: somebody has changed it meanwhile; the text says who, when and what. Or the programme
            stands still.
    """
    found = entries.entry(session, entry_id)
    walk = locked(session, found.program_id if found else 0, who.team)
    assert found is not None, "a programme of nothing is not found"  # noqa: S101 - locked() has raised
    session.refresh(found)
    row = walk.rows[walk.rows.key_of(found.step_id)]
    if walk.program.state not in rows_of.RUNNING:
        raise StaleError(f"program.is_{walk.program.state}", ref=walk.program.ref)
    if found.state != "stands":
        before_on, now_on = _days(walk, found)
        raise StaleError(
            f"changed.{found.state}",
            step=walk.named(row.key),
            who=found.ended_by,
            at=found.ended_at,
            before_on=before_on,
            now_on=now_on,
        )
    if newest(walk, row) != found.id:
        raise StaleError("changed.older", step=walk.named(row.key))
    return Target(walk, row, found)


def undo(session: Session, who: Asker, entry_id: int, now: datetime) -> Walk:
    """Take back what was recorded in the last ten minutes, as if it had not been.

    Raises:
        StaleError: it is older, was changed or corrected, or something that builds on it was recorded.
        RefusedError: neither who recorded it nor somebody who may work on the step.
    """
    it = target(session, who, entry_id)
    walk, row, entry = it.walk, it.row, it.entry
    if entry.by != who.user:
        people.require(session, who, Right.STEP, now, people.relations(walk.program, row.assignee))
    if entry.corrects:
        raise StaleError("undo.corrected", step=walk.named(row.key))
    if now - entry.recorded_at > timeline.UNDO_WITHIN:
        raise StaleError("undo.too_late", step=walk.named(row.key))
    followed = _after(walk, entry)
    if followed:
        raise StaleError("undo.followed", step=walk.named(row.key), after=walk.named(followed[-1].key))
    before = Standing.of(walk)
    close(walk, who, [entry], "undone", now, "")
    _put_back(walk, row, entry)
    refit(walk, now)
    settle(walk, now)
    walk.record(row, who, "step:undo:open", now, before=times(entry.happened_at, entry.recorded_at))
    say(walk, who, now, "entry.undone", entry, changed(walk, before), reason="")
    return walk


def reopen(session: Session, who: Asker, entry_id: int, reason: str, now: datetime) -> Walk:
    """Open a finished step again, with a reason; whatever was recorded after it waits again.

    Raises:
        StaleError: it was changed meanwhile.
        RefusedError: the person is no manager.
    """
    it = target(session, who, entry_id)
    walk, row, entry = it.walk, it.row, it.entry
    people.require(session, who, Right.STEER_PROGRAM, now, people.relations(walk.program))
    before = Standing.of(walk)
    gone = [entry, *_after(walk, entry)]
    _take_away(walk, who, gone, "reopened", now, reason)
    settle(walk, now)
    keys = [one.key for one in gone]
    walk.record(row, who, "step:reopen:open", now, before={"entry": entry.id}, after={"steps": keys})
    say(walk, who, now, "entry.reopened", entry, changed(walk, before), reason=reason, also=gone[1:])
    return walk


def turn(walk: Walk, who: Asker, entry: StepEntry, now: datetime, reason: str) -> list[StepEntry]:
    """Take an answer away that was another one; returns what was recorded after it and waits again."""
    also = _after(walk, entry)
    _take_away(walk, who, also, "reopened", now, reason)
    close(walk, who, [entry], "corrected", now, reason)
    _put_back(walk, walk.rows[entry.key], entry)
    refit(walk, now)
    settle(walk, now)
    return also


def newest(walk: Walk, row: Step) -> int:
    """Return the id of the newest entry of a step that stands; 0 without one."""
    found = entries.last(walk.session, row.id, "stands")
    return found.id if found is not None else 0


def reopens(walk: Walk, entry: StepEntry, language: str) -> list[str]:
    """Return the names of the other steps that would wait again."""
    keys = dict.fromkeys(one.key for one in _after(walk, entry) if one.key != entry.key)
    return [walk.title(key, language) for key in keys]


def _after(walk: Walk, entry: StepEntry) -> list[StepEntry]:
    """Return what stands and was recorded after an entry on steps that build on it, oldest first."""
    builds = set(onboarding.after(walk.steps, entry.key)) | {entry.key}
    builds |= onboarding.back_to(walk.steps, entry.key) if entry.effect == "revise" else set()
    here = entries.place(entry)
    return [
        one
        for one in rows_of.standing(walk)
        if one.key in builds and entries.place(one) > here and one.id != entry.id
    ]


def _take_away(
    walk: Walk, who: Asker, gone: Sequence[StepEntry], state: str, now: datetime, reason: str
) -> None:
    """End entries that no longer hold, newest first; their steps forget how they ended."""
    close(walk, who, gone, state, now, reason)
    for entry in reversed(gone):
        row = walk.rows[entry.key]
        _special(walk, entry)
        row.outcome, row.note, row.look_again_on = {}, None, None
        row.happened_at, row.recorded_at, row.done_by = None, None, ""
        if row.state == "done":
            row.state = "waiting"
        walk.session.add(row)
    refit(walk, now)


def close(walk: Walk, who: Asker, gone: Sequence[StepEntry], state: str, now: datetime, reason: str) -> None:
    """End entries; they stay in the books with who ended them, when and why."""
    for entry in gone:
        entry.state, entry.ended_at, entry.ended_by, entry.reason = state, now, who.user, reason or None
        walk.session.add(entry)
    walk.session.flush()


def _put_back(walk: Walk, row: Step, entry: StepEntry) -> None:
    """Give a step back what it was before an entry."""
    if entry.effect == "revise":
        for key in onboarding.back_to(walk.steps, row.key):
            _unrevise(walk, walk.rows[key])
        row.round -= 1
    _special(walk, entry)
    restore(row, entry.was or "{}")
    walk.session.add(row)


def _unrevise(walk: Walk, row: Step) -> None:
    """The submission that a revision had opened again is as it was sent."""
    sent = entries.last(walk.session, row.id, "revised")
    if sent is None:
        return
    sent.state = "stands"
    row.round -= 1
    row.state, row.outcome, row.note = "done", dict(sent.outcome), sent.note
    row.happened_at, row.recorded_at, row.done_by = sent.happened_at, sent.recorded_at, sent.by
    walk.session.add_all([sent, row])


def _special(walk: Walk, entry: StepEntry) -> None:
    """Take back what an entry did to the programme as a whole."""
    program = walk.program
    if entry.effect == "drop_treasury":
        program.products = sorted({*program.products, "treasury"})
        for row in walk.rows.values():
            if row.state == "dropped":
                row.state = "waiting"
                walk.session.add(row)
    if entry.effect in timeline.ENDS and entry.key == onboarding.LIVE_ACCESS:
        program.live_at, program.capabilities = None, []
    if entry.effect in timeline.ENDS and entry.key == onboarding.LAUNCH:
        program.state, program.launched_at = "active", None
        policy.bump(walk.session)  # the launch gate of its cards closes again
    if entry.effect in {"done", "revise"} and walk.step(entry.key).back_to:
        submissions.unanswered(walk)
    walk.session.add(program)


def say(
    walk: Walk,
    who: Asker,
    now: datetime,
    view: str,
    entry: StepEntry,
    settled: Settled,
    *,
    reason: str,
    also: Sequence[StepEntry] = (),
    **facts: Any,  # noqa: ANN401 - JSON values
) -> int:
    """Correct what was said, and say once what follows; returns the id of that message."""
    correction = {
        "what": view.partition(".")[2],
        "actor": who.user,
        "at": now.isoformat(),
        "reason": reason,
        "names": people.names(walk.session, walk.program.team, [who.user]),
    }
    for one in (entry, *also):
        if one.notice_id is not None:
            amend_notice(walk.session, one.notice_id, now=now, correction=correction)
    touched = dict.fromkeys((entry.key, *(one.key for one in also), *settled.opened, *settled.waiting))
    walk.show(now, *touched)
    for key in settled.waiting:
        walk.withdraw(walk.rows[key], now)
    told_of = settled.facts(walk, without=entry.key)
    return walk.say(view, who, now, step=walk.line(entry.key), reason=reason, **told_of, **facts)


def _kept(row: Step) -> str:
    kept: dict[str, Any] = {name: getattr(row, name) for name in KEPT}
    for name in (*DAYS, *MOMENTS):
        value = getattr(row, name)
        kept[name] = value.isoformat() if value is not None else None
    return canonical(kept)


def restore(row: Step, kept: str) -> None:
    """Give a row back what `_kept` kept of it."""
    values = json.loads(kept)
    for name in KEPT:
        if name in values:
            setattr(row, name, values[name])
    for name in DAYS:
        setattr(row, name, date.fromisoformat(values[name]) if values.get(name) else None)
    for name in MOMENTS:
        setattr(row, name, datetime.fromisoformat(values[name]) if values.get(name) else None)


def _days(walk: Walk, entry: StepEntry) -> tuple[date, date]:
    """Return the date of an entry that was changed, and the one that stands for its step now."""
    now = entries.last(walk.session, entry.step_id, "stands") or entry
    zone = walk.program.zone
    return timeline.day(entry.happened_at, zone), timeline.day(now.happened_at, zone)
