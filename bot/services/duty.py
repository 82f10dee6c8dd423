"""Duties that last after launch: who has them, when they were done, when they are due again."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.duty import next_due
from bot.domain.error import FormError, NotFoundError, StaleError
from bot.domain.role import Asker, Right
from bot.services import person as people
from bot.services import standing
from bot.services.duty_dates import duties_of, keep_dates, since
from bot.services.step import at_step
from bot.services.walk import Walk, of
from storage import Session, insert_once
from storage.queries import duty as rows
from storage.queries import reminder as reminders
from storage.tables import DutyRecord, Program, Step


def facts(session: Session, program: Program, now: datetime) -> dict[str, Any]:
    """Return what the page of lasting duties shows.

    Raises:
        NotFoundError: the programme is not launched yet, or its plan has no duties.
    """
    walk = of(session, program)
    duties = [_shape(walk, row, now) for row in duties_of(walk)]
    if program.state != "launched" or not duties:
        raise NotFoundError("duties.not_yet", ref=program.ref)
    users = [duty[name] for duty in duties for name in ("owner", "deputy", "last_by")]
    absent = standing.of_program(session, program, users, now)
    users += [one["deputy"] for one in absent.values()]
    return {
        "id": program.id,
        "name": program.name,
        "ref": program.ref,
        "duties": duties,
        "names": people.names(session, program.team, users),
        "absent": absent,
    }


def one(session: Session, who: Asker, step_id: int, now: datetime) -> dict[str, Any]:
    """Return what the forms of one duty show, to somebody who may use them.

    Raises:
        RefusedError: the person may not.
        NotFoundError: it is no lasting duty.
    """
    walk, row = _at(session, who, step_id, now)
    return {
        **_shape(walk, row, now),
        "program": {"id": walk.program.id, "ref": walk.program.ref, "name": walk.program.name},
        "today": _today(walk, now).isoformat(),
    }


def record(session: Session, who: Asker, step_id: int, on: date, note: str, now: datetime) -> Walk:
    """Record that a duty was done on a day; when it is due next follows from that.

    Raises:
        StaleError: somebody has recorded this duty for this day.
        FormError: the day has not come yet.
        RefusedError: the person may not.
    """
    walk, row = _at(session, who, step_id, now)
    if on > _today(walk, now):
        raise FormError({"on": ("form.not_future", {})})
    values = {
        "team": who.team,
        "program_id": walk.program.id,
        "step_id": row.id,
        "on": on,
        "by": who.user,
        "note": note or None,
        "at": now,
    }
    if not insert_once(session, DutyRecord, values, conflict=["step_id", "on"]):
        before = rows.on_day(session, row.id, on)
        raise StaleError("duties.recorded", who=before.by if before else "", step=walk.title(row.key))
    walk.record(row, who, "duty:do:done", now, after={"on": on.isoformat()})
    walk.show(now)
    keep_dates(walk, now)
    shape = _shape(walk, row, now)
    walk.say(
        "duty.done",
        who,
        now,
        duty={"title": shape["title"], "on": on.isoformat(), "next_due": shape["next_due"]},
        note=note,
    )
    return walk


def change(session: Session, who: Asker, step_id: int, owner: str, deputy: str, now: datetime) -> Walk:
    """Give a duty to another owner or deputy.

    Raises:
        FormError: they are the same, or one is no full member.
        RefusedError: the person may not.
    """
    walk, row = _at(session, who, step_id, now)
    found = {"owner": people.no_member(session, who.team, owner)}
    found["deputy"] = ("duty.same", {}) if owner == deputy else people.no_member(session, who.team, deputy)
    problems = {name: problem for name, problem in found.items() if problem is not None}
    if problems:
        raise FormError(problems)
    before = {"owner": row.assignee, "deputy": row.deputy}
    after = {"owner": owner, "deputy": deputy}
    if after == before:
        return walk
    row.assignee, row.deputy = owner, deputy
    session.add(row)
    session.flush()
    walk.record(row, who, "duty:people:changed", now, before=before, after=after)
    reminders.wake(session, now, steps_=[row.id])
    walk.show(now)
    walk.say("duty.people", who, now, users=[owner, deputy], duty={"title": walk.title(row.key)}, **after)
    return walk


def _at(session: Session, who: Asker, step_id: int, now: datetime) -> tuple[Walk, Step]:
    walk, row = at_step(session, who.team, step_id)
    if row not in duties_of(walk) or walk.program.state != "launched":
        raise NotFoundError("duties.not_yet", ref=walk.program.ref)
    # The deputy of a duty may do what its owner may.
    holder = who.user if who.user == row.deputy else row.assignee
    people.require(session, who, Right.STEP, now, people.relations(walk.program, holder))
    return walk, row


def _shape(walk: Walk, row: Step, now: datetime) -> dict[str, Any]:
    step = walk.step(row.key)
    last = rows.last_done(walk.session, walk.program.id).get(row.id)
    due = next_due(step.repeats, since(walk), last.on if last else None)
    return {
        "id": row.id,
        "title": walk.title(row.key),
        "owner": row.assignee,
        "deputy": row.deputy,
        "last_on": last.on.isoformat() if last else "",
        "last_by": last.by if last else "",
        "last_note": (last.note or "") if last else "",
        "repeats": {"length": step.repeats.length, "unit": step.repeats.unit} if step.repeats else None,
        "next_due": due.isoformat() if due else "",
        "late": bool(due and due < _today(walk, now)),
        "source": (step.repeats.source if step.repeats else "") or step.source,
    }


def _today(walk: Walk, now: datetime) -> date:
    return now.astimezone(ZoneInfo(walk.program.zone)).date()
