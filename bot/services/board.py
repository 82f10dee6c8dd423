"""What boards show: read from the rows when they are delivered, so that they are true then."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.domain import onboarding
from bot.domain.plan import Step as PlanStep
from bot.services import complaint_page, dispute_board, live_use, lost_page, standing
from bot.services import person as people
from bot.services.duty_dates import due_dates
from bot.services.walk import Walk, of
from storage import Session
from storage.queries import person as person_rows
from storage.queries import program as programs
from storage.tables import Deadline, Program, Step, Thread

INTAKE: Final = "intake_form"
"""The step that shows the purpose somebody wrote on the start form, to paste into Stripe's."""


def program_facts(session: Session, program: Program, language: str = "") -> dict[str, Any]:
    """Return everything the board of a programme says.

    `language` is that of the one person who reads it; without one it is the channel's.
    """
    walk = of(session, program)
    language = language or program.language
    states = walk.states
    progress = onboarding.progress(walk.steps, states)
    workable = [step.id for step in walk.steps if states[step.id] in onboarding.WORKABLE]
    lines = walk.lines(workable, language)
    waiting = [step for step in walk.steps if states[step.id] == "waiting"]
    duties = _duties(walk, states, language)
    users = [
        *(program.lead, program.manager, *program.deputies),
        *(line["owner"] for line in lines),
        *(user for duty in duties for user in (duty["owner"], duty["deputy"])),
    ]
    absent = standing.of_program(session, program, users)
    return {
        "id": program.id,
        "ref": program.ref,
        "name": program.name,
        "state": program.state,
        "reason": program.state_reason or "",
        "region": program.region,
        "variant": program.variant,
        "products": list(program.products),
        "target_on": program.target_on.isoformat(),
        "zone": program.zone,
        "lead": program.lead,
        "manager": program.manager,
        "deputies": list(program.deputies),
        "live_at": _iso(program.live_at),
        "launched_at": _iso(program.launched_at),
        "capabilities": list(program.capabilities),
        "unapproved": live_use.unapproved(session, program),
        "parts": [
            {"id": part.id, "title": part.title[language], "done": done, "total": total}
            for part in walk.plan.parts
            for done, total in [progress.get(part.id, (0, 0))]
            if total
        ],
        "steps": lines,
        "waiting": len(waiting),
        "after": [step.title[language] for step in waiting[:3]],
        "names": people.names(session, program.team, [*users, *_deputies(absent)]),
        "absent": absent,
        "duties": duties,
    }


def step_facts(session: Session, row: Step, language: str = "") -> dict[str, Any]:
    """Return everything the message of a step says.

    `language` is that of the one person who reads it; without one it is the channel's.
    """
    program = session.get(Program, row.program_id)
    assert program is not None, "a step belongs to a programme"  # noqa: S101 - a foreign key says so
    walk = of(session, program)
    walk.rows.keep(row)
    step = walk.step(row.key)
    language = language or program.language
    evidence = [
        {
            "id": piece.id,
            "item": piece.item,
            "name": piece.name or "",
            "kind": piece.kind,
            "link": piece.link if piece.kind == "link" else "",
            "state": piece.state,
            "error": piece.error,
            "size": file.size if file else 0,
            "by": piece.by,
        }
        for piece, file in programs.evidence(session, [row.id])
    ]
    needs = onboarding.missing(step, walk.states) if row.state == "waiting" else ()
    absent = standing.of_program(session, program, [row.assignee, row.deputy])
    return {
        **walk.line(row.key, language),
        "do": step.do[language],
        "url": step.url or step.source,
        "mode": step.mode,
        "live": onboarding.is_live(walk.states),
        "outcome_form": step.outcome or "",
        "items": [
            {
                "id": item.id,
                "title": item.title[language],
                "required": item.required,
                "good": item.good[language],
                "there": _there(item.id, evidence),
            }
            for item in step.evidence
        ],
        "evidence": evidence,
        "needs": [walk.title(need, language) for need in needs],
        "purpose": (program.purpose or "") if row.key == INTAKE else "",
        "assignee": row.assignee,
        "deputy": row.deputy,
        "round": row.round,
        "done_by": row.done_by,
        "happened_at": _iso(row.happened_at),
        "recorded_at": _iso(row.recorded_at),
        "outcome": dict(row.outcome),
        "program": {"id": program.id, "ref": program.ref, "name": program.name, "state": program.state},
        "products": list(program.products),
        "names": people.names(session, program.team, [*_named(row, program), *_deputies(absent)]),
        "absent": absent,
    }


def list_facts(session: Session, team: str) -> dict[str, Any]:
    """Return every programme with its progress, for lists."""
    lines: list[dict[str, Any]] = []
    for program in programs.all_of(session, team):
        walk = of(session, program)
        lines.append(listed(walk, walk.states))
    return {"programs": lines, "names": people.names(session, team, [line["lead"] for line in lines])}


def listed(walk: Walk, states: Mapping[str, str]) -> dict[str, Any]:
    """Return the line of a programme in lists: what it is, where, who leads it, how far it is."""
    program = walk.program
    counted = onboarding.progress(walk.steps, states).values()
    return {
        "id": program.id,
        "ref": program.ref,
        "name": program.name,
        "state": program.state,
        "channel": program.channel,
        "lead": program.lead,
        "done": sum(done for done, _ in counted),
        "total": sum(total for _, total in counted),
    }


def plan_facts(session: Session, program: Program, language: str = "") -> dict[str, Any]:
    """Return every step of a programme with its state, part by part, for the page of all steps.

    `language` is the reader's; without one it is the channel's.
    """
    walk = of(session, program)
    language = language or program.language
    parts: list[dict[str, Any]] = []
    for part in walk.plan.parts:
        steps = [step for step in walk.steps if step.part == part.id]
        if steps:
            parts.append(
                {"id": part.id, "title": part.title[language], "steps": _short(walk, steps, language)}
            )
    users = [step["owner"] for part in parts for step in part["steps"]]
    absent = standing.of_program(session, program, users)
    return {
        "id": program.id,
        "ref": program.ref,
        "name": program.name,
        "zone": program.zone,
        "parts": parts,
        "names": people.names(session, program.team, [*users, *_deputies(absent)]),
        "absent": absent,
    }


def why_facts(session: Session, row: Step, language: str = "") -> dict[str, Any]:
    """Return what explains the date of a step: rule, calendar, skipped days, source.

    `language` is the reader's; without one it is the channel's.
    """
    program = session.get(Program, row.program_id)
    assert program is not None, "a step belongs to a programme"  # noqa: S101 - a foreign key says so
    walk = of(session, program)
    found = programs.deadline_of(session, row.id)
    return {
        "title": walk.title(row.key, language),
        "source": walk.step(row.key).source,
        "program": {"ref": program.ref, "name": program.name},
        "deadline": _explained(found) if found else None,
    }


def _explained(deadline: Deadline) -> dict[str, Any]:
    return {
        "rule": deadline.rule,
        "length": deadline.length,
        "unit": deadline.unit,
        "about": deadline.about,
        "aim": deadline.ladder == "aim",
        "calendar": deadline.calendar,
        "zone": deadline.zone,
        "started_at": _iso(deadline.started_at),
        "due_on": deadline.due_on.isoformat(),
        "due": _iso(deadline.due_at),
        "skipped": deadline.skipped,
        "source": deadline.source,
        "state": deadline.state,
    }


def _there(item: str, evidence: Sequence[Mapping[str, Any]]) -> str:
    """Return whether an item has a piece of evidence: `stored`, `arriving`, or an empty text."""
    states = {piece["state"] for piece in evidence if piece["item"] == item}
    return next((state for state in ("stored", "arriving") if state in states), "")


def _short(walk: Walk, steps: Sequence[PlanStep], language: str) -> list[dict[str, Any]]:
    states = walk.states
    return [
        {
            **line,
            "mode": step.mode,
            "needs": [walk.title(need, language) for need in onboarding.missing(step, states)]
            if line["state"] == "waiting"
            else [],
            "happened_at": _iso(walk.rows[step.id].happened_at),
        }
        for step, line in zip(steps, walk.lines([step.id for step in steps], language), strict=True)
    ]


def _duties(walk: Walk, states: Mapping[str, str], language: str) -> list[Mapping[str, str]]:
    done = [key for key, state in states.items() if key in walk.plan.duties and state == "done"]
    due = due_dates(walk)
    return [
        {
            "title": walk.title(key, language),
            "owner": row.assignee,
            "deputy": row.deputy,
            "next_due": f"{due[key] or ''}",
        }
        for key, row in zip(done, walk.rows.read(done), strict=True)
    ]


def _deputies(absent: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [one["deputy"] for one in absent.values()]


def _named(row: Step, program: Program) -> list[str]:
    """Return everybody the message of a step names."""
    ended = [str(row.outcome.get("owner", "")), str(row.outcome.get("deputy", ""))]
    return [
        *(row.assignee, row.deputy, row.done_by, program.lead),
        *ended,
        *row.outcome.get("employees", ()),
    ]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def permalink(session: Session, channel: str, ts: str) -> str:
    """Return the address of a message, or an empty text while the workspace or the message is unknown."""
    known = person_rows.workspace(session)
    return address(known.url if known else "", channel, ts)


def address(workspace: str, channel: str, ts: str) -> str:
    """Return the address of a message in the workspace at this address; nothing where one is unknown."""
    return f"{workspace.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}" if workspace and ts else ""


def _load_program(session: Session, thread: Thread) -> dict[str, Any] | None:
    program = session.get(Program, thread.subject_id)
    if program is None:
        return None
    channel, _, ts = thread.previous.partition("/")
    return {**program_facts(session, program), "previous": permalink(session, channel, ts)}


def _load_step(session: Session, thread: Thread) -> dict[str, Any] | None:
    row = session.get(Step, thread.subject_id)
    if row is None or (row.state in onboarding.ENDED and not thread.ts):
        return None  # a finished step is not posted again after its thread was lost
    return step_facts(session, row)


LOADERS: Final[Mapping[str, Callable[[Session, Thread], dict[str, Any] | None]]] = {
    "program": _load_program,
    "step": _load_step,
    "complaint": complaint_page.load,
    "dispute": dispute_board.load,
    "card": lost_page.load,
}
"""How each kind of board is read, for `bot.effects.deliver`."""
