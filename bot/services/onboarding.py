"""A programme as a whole: start, pause, resume, cancel, reopen, reassign, bring the board here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.domain import onboarding
from bot.domain.error import StaleError
from bot.domain.plan import Answers, Plan, steps_for
from bot.domain.role import Asker, Right
from bot.domain.timeline import day
from bot.outbox import put_board
from bot.services import entry as entries
from bot.services import past
from bot.services import person as people
from bot.services.timeline import settle
from bot.services.walk import Walk, keep_plan, locked, of
from storage import Session, next_value
from storage.queries import outbox
from storage.queries import reminder as reminders
from storage.queries import thread as threads
from storage.tables import Counter, Program, Step, Thread


@dataclass(frozen=True)
class NewProgram:
    """A start form, checked: what somebody typed, and what follows from it."""

    name: str
    answers: Answers
    target_on: date
    lead: str
    channel: str
    language: str
    zone: str
    country: str
    purpose: str = ""
    manager: str = ""
    contact_name: str = ""
    contact_email: str = ""
    done: Mapping[str, date] = field(default_factory=dict)  # days of the steps that were done before
    capabilities: Sequence[str] = ()  # approved before, where live access is among them


def start(session: Session, who: Asker, new: NewProgram, plan: Plan, now: datetime) -> Walk:
    """Start a programme: its row, its steps, the board and the first message in its thread.

    A programme that is already under way says which steps are done, and when (`NewProgram.done`).

    Raises:
        RefusedError: a guest asked.
        FormError: the dates of what was done before cannot be (fields `past_` and the id of the step).
    """
    people.require(session, who, Right.START_PROGRAM, now)
    steps = steps_for(plan, new.answers)
    before = past.checked(steps, new.done, new.zone, now)
    digest = keep_plan(session, plan, now)
    number = next_value(session, Counter, team=who.team, name="P")
    program = Program(
        team=who.team,
        ref=f"P-{number}",
        name=new.name,
        region=new.answers.region,
        variant=new.answers.variant,
        products=sorted(new.answers.products),
        company=new.answers.company,
        physical_cards=new.answers.physical_cards,
        wallets=new.answers.wallets,
        statements=new.answers.statements,
        purpose=new.purpose or None,
        target_on=new.target_on,
        language=new.language,
        zone=new.zone,
        country=new.country,
        lead=new.lead,
        manager=new.manager,
        contact_name=new.contact_name or None,
        contact_email=new.contact_email or None,
        channel=new.channel,
        plan=digest,
        started_by=who.user,
        started_at=now,
    )
    session.add(program)
    session.flush()
    for position, step in enumerate(steps):
        session.add(Step(team=who.team, program_id=program.id, key=step.id, position=position))
    session.add(Thread(team=who.team, subject="program", subject_id=program.id, channel=new.channel))
    session.flush()
    walk = of(session, program)
    walk.record(None, who, "program:start:active", now, after={"plan": digest, "variant": plan.variant})
    if before:
        past.record(walk, who, before, new.capabilities, now)
    walk.open_ready(now)
    walk.show(now)
    facts = {"target_on": program.target_on.isoformat(), "done": len(before)}
    walk.say("program.started", who, now, users=[program.lead], **facts)
    return walk


def pause(session: Session, who: Asker, program_id: int, reason: str, now: datetime) -> Walk:
    """Pause a programme: nothing opens, its buttons say why."""
    walk = _steered(session, who, program_id, now)
    _expect(walk, "active")
    return _turn(walk, who, now, state="paused", tag="program:pause:paused", reason=reason)


def resume(session: Session, who: Asker, program_id: int, now: datetime) -> Walk:
    """Let a paused programme go on; what became ready meanwhile opens."""
    walk = _steered(session, who, program_id, now)
    _expect(walk, "paused")
    return _turn(walk, who, now, state="active", tag="program:resume:active")


def cancel(session: Session, who: Asker, program_id: int, reason: str, now: datetime) -> Walk:
    """End a programme for now; it can be reopened."""
    walk = _steered(session, who, program_id, now)
    _expect(walk, "active", "paused")
    walk.program.ended_at = now
    return _turn(walk, who, now, state="canceled", tag="program:cancel:canceled", reason=reason)


def reopen(session: Session, who: Asker, program_id: int, now: datetime) -> Walk:
    """Take back a cancellation, or take Treasury up again after Stripe had refused it."""
    walk = _steered(session, who, program_id, now)
    program = walk.program
    state = program.state
    dropped = [row for row in walk.rows.values() if row.state == "dropped"]
    if state == "canceled":
        state, program.ended_at = "active", None
    elif not dropped:
        raise StaleError("program.nothing_to_reopen", ref=program.ref)
    if dropped:
        program.products = sorted({*program.products, "treasury"})
        for row in dropped:
            row.state = "waiting"
            session.add(row)
    session.add(program)
    session.flush()
    fresh = of(session, program)
    for row in fresh.rows.values():
        # A refusal blocked the step; it waits for a new answer now.
        if row.state == "blocked" and row.look_again_on is None and row.outcome:
            row.state = "open"
            session.add(row)
            entries.unblock(fresh, row, who, now)
    session.flush()
    reason = program.state_reason if state == "paused" else None  # taking Treasury up resumes nothing
    return _turn(fresh, who, now, state=state, tag="program:reopen:active", reason=reason or "")


def reassign(
    session: Session,
    who: Asker,
    program_id: int,
    *,
    lead: str,
    deputies: Sequence[str],
    manager: str,
    now: datetime,
) -> Walk:
    """Change who leads a programme, who stands in, and who its manager is."""
    walk = locked(session, program_id, who.team)
    program = walk.program
    people.require(session, who, Right.CHANGE_PROGRAM, now, people.relations(program))
    before = {"lead": program.lead, "deputies": list(program.deputies), "manager": program.manager}
    program.lead, program.manager = lead, manager
    reminders.wake(session, now, programs_=[program.id])
    program.deputies = sorted({user for user in deputies if user not in {lead, manager}})
    session.add(program)
    after = {"lead": program.lead, "deputies": list(program.deputies), "manager": program.manager}
    if after != before:
        walk.record(None, who, "program:reassign:active", now, before=before, after=after)
        walk.show(now)
        walk.say("program.reassigned", who, now, users=[lead, manager, *program.deputies], **after)
    return walk


def bring_board(session: Session, who: Asker, program_id: int, channel: str, now: datetime) -> Walk:
    """Move the board, and the thread that follows, to this channel."""
    walk = locked(session, program_id, who.team)
    people.require(session, who, Right.CHANGE_PROGRAM, now, people.relations(walk.program))
    board = walk.board
    before = board.channel
    if board.ts:
        threads.lose(session, board.id, ts=board.ts)
    session.refresh(board)
    board.channel = walk.program.channel = channel
    session.add_all([board, walk.program])
    for child in threads.children(session, board.id):
        child.channel = channel
        session.add(child)
    outbox.redirect(
        session, [board.id, *(child.id for child in threads.children(session, board.id))], channel
    )
    session.flush()
    walk.record(None, who, "program:board:moved", now, before={"channel": before}, after={"channel": channel})
    unfinished = [row for row in walk.rows.values() if row.state in onboarding.WORKABLE]
    walk.show(now, *(row.key for row in unfinished))
    return walk


def again(session: Session, program: Program, now: datetime) -> None:
    """Ask for the board to be brought up to date."""
    thread = threads.of(session, "program", program.id)
    if thread is not None:
        put_board(session, thread, language=program.language, now=now)


def _steered(session: Session, who: Asker, program_id: int, now: datetime) -> Walk:
    walk = locked(session, program_id, who.team)
    people.require(session, who, Right.STEER_PROGRAM, now, people.relations(walk.program))
    return walk


def _expect(walk: Walk, *states: str) -> None:
    if walk.program.state not in states:
        raise StaleError(f"program.is_{walk.program.state}", ref=walk.program.ref)


def _turn(walk: Walk, who: Asker, now: datetime, *, state: str, tag: str, reason: str = "") -> Walk:
    before = walk.program.state
    walk.program.state, walk.program.state_reason = state, reason or None
    _stand_still(walk.program, now)
    walk.session.add(walk.program)
    walk.session.flush()
    walk.record(None, who, tag, now, before={"state": before}, after={"state": state})
    walk.open_ready(now)
    settle(walk, now)
    open_steps = [row.key for row in walk.rows.values() if row.state in onboarding.WORKABLE]
    walk.show(now, *open_steps)
    view = {
        "program:pause:paused": "program.paused",
        "program:cancel:canceled": "program.canceled",
        "program:resume:active": "program.resumed",
    }.get(tag, "program.reopened")
    facts: dict[str, Any] = {"reason": "" if view == "program.reopened" else reason}
    if view == "program.canceled":
        facts["stays"] = _stays(walk)
        facts["users"] = [one["owner"] for one in facts["stays"]]
    walk.say(view, who, now, **facts)
    return walk


def _stays(walk: Walk) -> list[dict[str, str]]:
    """Return what is still open when a programme is canceled, and who has it: steps, then lasting duties."""
    lines = [walk.line(row.key) for row in walk.rows.values() if row.state in onboarding.WORKABLE]
    found = [{"title": line["title"], "owner": line["owner"], "actor": line["actor"]} for line in lines]
    duties = [row for row in walk.rows.values() if row.key in walk.plan.duties and row.state == "done"]
    return found + [{"title": walk.title(row.key), "owner": row.assignee, "actor": "us"} for row in duties]


def _stand_still(program: Program, now: datetime) -> None:
    """Keep the days on which the plan's clocks stand still, up to the first that counts again."""
    today = day(now, program.zone).isoformat()
    still = program.state in {"paused", "canceled"}
    open_span = bool(program.pauses) and not program.pauses[-1][1]
    if still and not open_span:
        program.pauses = [*program.pauses, [today, ""]]
    if not still and open_span:
        first = program.pauses[-1][0]
        program.pauses = [*program.pauses[:-1], *([[first, today]] if first != today else [])]
