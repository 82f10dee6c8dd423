"""Handing over what somebody holds: listed, and moved in one transaction."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from bot.domain import onboarding
from bot.domain.error import FormError, StaleError
from bot.domain.role import Asker, Right, may
from bot.services import away
from bot.services import person as people
from bot.services.walk import Walk, locked, of
from storage import Session
from storage.queries import holding
from storage.queries import reminder as reminders
from storage.tables import Away, Program, Step

KINDS: Final = ("lead", "manager", "deputy", "step", "duty", "duty_deputy", "away")
"""What can be held: a programme (three ways), a step, a lasting duty (two ways), standing in for somebody."""


@dataclass(frozen=True)
class Held:
    """One thing that somebody holds: `id` is the row of the programme, the step or the absence.

    `program_id` is 0 for standing in, which belongs to no programme. `title` names a step in the language of
    its programme, or holds the id of the person who is away.
    """

    kind: str
    id: int
    program_id: int
    title: str = ""

    @property
    def value(self) -> str:
        """What a form carries for it."""
        return f"{self.kind}:{self.id}"


def held(session: Session, team: str, user: str) -> list[Held]:
    """Return everything somebody holds, by programme; canceled programmes and ended steps are left out.

    Roles of the workspace (support, operator, manager, admin) are rights, not work: admins move them.
    """
    found = [item for program in holding.programs(session, team, user) for item in _in_program(program, user)]
    for step, program in holding.steps(session, team, user):
        title = of(session, program).title(step.key)
        if step.state not in onboarding.ENDED and step.assignee == user:
            found.append(Held("step", step.id, program.id, title))
        elif step.state == "done" and step.assignee == user:
            found.append(Held("duty", step.id, program.id, title))
        if step.state == "done" and step.deputy == user:
            found.append(Held("duty_deputy", step.id, program.id, title))
    found.sort(key=lambda item: (item.program_id, KINDS.index(item.kind), item.id))
    return [*found, *(Held("away", row.id, 0, row.user) for row in holding.stands_in(session, team, user))]


def allowed(session: Session, who: Asker, user: str, now: datetime) -> list[Held]:
    """Return what this person may hand over of what somebody holds.

    Everything: the person themself, managers and admins. Who may change the people of a programme may do so
    here, too, for that programme alone.

    Raises:
        RefusedError: nothing of it.
    """
    found = held(session, who.team, user)
    if user == who.user or may(who, Right.HAND_OVER):
        people.require(session, who, Right.SEE, now)
        return found
    theirs = {
        number
        for number in {item.program_id for item in found} - {0}
        if (program := session.get(Program, number)) is not None
        and people.holds(session, who, Right.CHANGE_PROGRAM, now, people.relations(program))
    }
    mine = [item for item in found if item.program_id in theirs]
    if not mine:
        people.require(session, who, Right.HAND_OVER, now)
    return mine


def facts(session: Session, who: Asker, user: str, now: datetime) -> dict[str, Any]:
    """Return what the form lists: by programme, each thing with the value that the form carries.

    Raises:
        StaleError: they hold nothing.
        RefusedError: the person may not hand it over.
    """
    found = allowed(session, who, user, now)
    if not found:
        raise StaleError("handover.nothing", who=user)
    groups = []
    for number, items in groupby(found, key=lambda item: item.program_id):
        program = session.get(Program, number) if number else None
        groups.append(
            {
                "id": number,
                "name": program.name if program else "",
                "ref": program.ref if program else "",
                "items": [_shape(item) for item in items],
            }
        )
    users = [user, *(item.title for item in found if item.kind == "away")]
    return {"from": user, "groups": groups, "names": people.names(session, who.team, users)}


def move(
    session: Session, who: Asker, user: str, to: str, chosen: Collection[str] | None, now: datetime
) -> int:
    """Give what somebody holds to somebody else, all of it or what was chosen; return how many things.

    Each programme that is touched says so once, and its boards change.

    Args:
        session: the caller's transaction.
        who: the person themself, a manager, an admin, or who may change the programme's people.
        user: who holds it now.
        to: a full member who takes it.
        chosen: values of the form, `step:7` for one thing or `program:3` for all of a programme; None: all.
        now: business time.

    Raises:
        FormError: the other person cannot take it.
        StaleError: none of it is theirs any more.
        RefusedError: the person may not.
    """
    problem = people.no_member(session, who.team, to)
    if to == user:
        problem = ("handover.same", {})
    if problem:
        raise FormError({"to": problem})
    wanted = [item for item in allowed(session, who, user, now) if _is_chosen(item, chosen)]
    moved = 0
    for number, items in groupby(wanted, key=lambda item: item.program_id):
        mine = list(items)
        if number:
            moved += _move_in_program(locked(session, number, who.team), who, user, to, mine, now)
        else:
            moved += sum(_move_away(session, who, item, user, to, now) for item in mine)
    if not moved:
        raise StaleError("handover.nothing", who=user)
    return moved


def _move_in_program(walk: Walk, who: Asker, user: str, to: str, items: Iterable[Held], now: datetime) -> int:
    rows = {row.id: row for row in walk.rows.values()}
    done, keys = [], []
    for item in items:
        row = rows.get(item.id)
        if item.kind in {"lead", "manager", "deputy"}:
            changed = _move_program(walk.program, item.kind, user, to)
        else:
            changed = row is not None and _move_step(row, item.kind, user, to, now)
        if changed:
            done.append(item)
            keys += [row.key] if row is not None and item.kind not in {"lead", "manager", "deputy"} else []
    if not done:
        return 0
    walk.session.add_all([walk.program, *(walk.rows[key] for key in keys)])
    walk.session.flush()
    after = {"from": user, "to": to, "items": [item.value for item in done]}
    walk.record(None, who, "program:hand_over:moved", now, after=after)
    reminders.wake(walk.session, now, programs_=[walk.program.id])
    waits = [row.key for row in rows.values() if row.state in onboarding.WORKABLE and not row.assignee]
    walk.show(now, *dict.fromkeys([*keys, *(waits if any(item.kind == "lead" for item in done) else [])]))
    walk.say(
        "program.handed_over",
        who,
        now,
        users=[user, to],
        holder=user,
        to=to,
        items=[_shape(item) for item in done],
    )
    return len(done)


def _move_program(program: Program, kind: str, user: str, to: str) -> bool:
    if kind == "lead":
        if program.lead != user:
            return False
        program.lead = to
    elif kind == "manager":
        if program.manager != user:
            return False
        program.manager = to
    elif user not in program.deputies:
        return False
    kept = {*program.deputies} - {user} if kind == "deputy" else {*program.deputies}
    if kind == "deputy":
        kept.add(to)
    program.deputies = sorted(kept - {program.lead, program.manager})
    return True


def _move_step(row: Step, kind: str, user: str, to: str, now: datetime) -> bool:
    if kind == "duty_deputy":
        if row.deputy != user:
            return False
        row.deputy = to if row.assignee != to else ""  # nobody stands in for themself: the board says nobody
        return True
    if row.assignee != user or (row.state in onboarding.ENDED) != (kind == "duty"):
        return False
    row.assignee = to
    if kind == "step":
        row.taken_at = now
    if row.deputy == to:
        row.deputy = ""
    return True


def _move_away(session: Session, who: Asker, item: Held, user: str, to: str, now: datetime) -> int:
    row = session.get(Away, item.id, populate_existing=True)
    if row is None or row.deputy != user or row.user == to:
        return 0  # nobody stands in for themself: it stays where it is
    away.give(session, who, row, to, now)
    return 1


def _is_chosen(item: Held, chosen: Collection[str] | None) -> bool:
    return chosen is None or item.value in chosen or f"program:{item.program_id}" in chosen


def _in_program(program: Program, user: str) -> list[Held]:
    names: Mapping[str, bool] = {
        "lead": program.lead == user,
        "manager": program.manager == user,
        "deputy": user in program.deputies,
    }
    return [Held(kind, program.id, program.id) for kind, yes in names.items() if yes]


def _shape(item: Held) -> dict[str, str]:
    return {"kind": item.kind, "title": item.title, "value": item.value}
