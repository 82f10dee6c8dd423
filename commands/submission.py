"""The compliance submission: its items, a round for Stripe, the day it was sent, what must change."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain.error import FormError, NotFoundError, StaleError
from bot.domain.role import Right
from bot.domain.submission import STEP
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, form
from bot.listeners.field import number
from bot.services import board, step_answer, submission_page
from bot.services import evidence as evidences
from bot.services import packet as packets
from bot.services import person as people
from bot.services import submission as service
from bot.views import step_form, submission, submission_rounds
from commands.evidence import EVIDENCE, check
from commands.step import behind, step_of
from storage import Session
from storage.queries import program as programs
from storage.tables import Program, Step

CHANGES: Final = [f"change_{number}" for number in range(submission.MOST_ITEMS)]
REVISION: Final = {"note": field.words(), **{name: field.words(required=False) for name in CHANGES}}


def opened(session: Session, request: Request) -> Reply:
    """Open the page of all items; from the page of the step it takes that page's place."""
    return _page(session, request, _step(session, request), submission.items)


def all_rounds(session: Session, request: Request) -> Reply:
    """Show every round in place of the items."""
    return _page(session, request, _step(session, request), submission_rounds.rounds)


def back_to_step(session: Session, request: Request) -> Reply:
    """Show the page of the step in place of the items."""
    facts = board.step_facts(session, _step(session, request))
    return form(partial(step_form.page, request.language, facts), _in_place(request))


def ask_add(session: Session, request: Request) -> Reply:
    """Open the form that takes evidence for one item."""
    value, _, key = request.value.partition(":")
    row = _of_team(session, request, value)
    step_key, _, item_id = key.partition("/")
    collected = next((one for one in programs.steps(session, row.program_id) if one.key == step_key), None)
    facts = board.step_facts(session, collected) if collected else None
    items = [item for item in facts["items"] if item["id"] == item_id] if facts else []
    if facts is None or not items:
        raise NotFoundError("submission.no_item")
    view = partial(_evidence_form, request.language, {**facts, "items": items}, {"for": row.id})
    return form(view)


def added(session: Session, request: Request) -> Reply:
    """Add evidence for an item; the page of items below shows it."""
    row = step_of(session, request)
    evidences.add(
        session,
        request.who,
        row.id,
        item=str(request.values.get("item") or ""),
        files=request.values.get("files") or [],
        link=str(request.values.get("link") or "").strip(),
        now=request.now,
    )
    return _behind(session, request, _of_team(session, request, str(request.private.get("for", ""))))


def ask_submit(session: Session, request: Request) -> Reply:
    """Open the form that has a round packed; required items that are missing are named instead."""
    row, _ = _mine(session, request)
    facts = submission_page.facts(session, row)
    if facts["state"] not in {"open", "blocked"}:
        raise StaleError("submission.not_open", step=facts["title"])
    if facts["lacking"]:
        raise StaleError("submission.lacking", items=facts["lacking"])
    if not facts["packets"] and not facts["links"]:
        raise StaleError("submission.nothing_new" if facts["next"] > 1 else "submission.nothing_yet")
    return form(partial(submission.submit, request.language, facts))


def submitted(session: Session, request: Request) -> Reply:
    """Have a round packed."""
    row = _step(session, request)
    without = "yes" in (request.values.get("without") or ())
    service.prepare(session, request.who, row.id, request.now, without=without)
    return _behind(session, request, row)


def ask_sent(session: Session, request: Request) -> Reply:
    """Open the form that records when a round was sent."""
    row, program = _mine(session, request)
    facts = submission_page.facts(session, row)
    if facts["state"] not in {"open", "blocked"}:
        raise StaleError("submission.not_open", step=facts["title"])
    today = request.now.astimezone(ZoneInfo(program.zone)).date()
    return form(partial(submission.sent, request.language, facts, today))


def was_sent(session: Session, request: Request) -> Reply:
    """Record when a round was sent; the step is done, and Stripe's clock starts that day."""
    row = _step(session, request)
    sent_on = date.fromisoformat(request.values["sent_on"])
    reference = str(request.values.get("reference") or "")[: submission.REFERENCE_MOST]
    with field.renamed("happened_at", "sent_on"):
        service.sent(session, request.who, row.id, sent_on, reference, request.now)
    return behind(session, request, row)


def revised(session: Session, request: Request) -> Reply:
    """Record that Stripe asked for a revision: what must change, item by item."""
    row = step_of(session, request)
    keys = request.private.get("items")
    keys = keys if isinstance(keys, list) else []
    changes = {
        str(key): request.values[name]
        for key, name in zip(keys, CHANGES, strict=False)
        if request.values[name]
    }
    if not changes:
        raise FormError({CHANGES[0]: ("revision.nothing", {})})
    at = field.moment().read(request.private.get("at"))
    happened_at = datetime.fromtimestamp(at, UTC) if at is not None else request.now
    if happened_at > request.now + timedelta(minutes=1):
        raise FormError({"note": ("form.not_future", {})})
    given = step_answer.Answer(
        happened_at=happened_at, choice="revision", note=request.values["note"], changes=changes
    )
    with field.renamed("happened_at", "note"):
        step_answer.answer(session, request.who, row.id, given, request.now)
    return behind(session, request, row)


def again(session: Session, request: Request) -> Reply:
    """Build and upload a packet once more."""
    packets.again(session, request.who, number(request.value), request.now)
    return NOTHING


def _evidence_form(language: str, facts: dict[str, Any], private: dict[str, Any]) -> dict[str, Any]:
    return {**step_form.evidence(language, facts, private), "callback_id": "submission.evidence"}


def _page(
    session: Session, request: Request, row: Step, view: Callable[..., dict[str, Any]], how: str = ""
) -> Reply:
    facts = submission_page.facts(session, row)
    return form(partial(view, request.language, facts), how or _in_place(request))


def _in_place(request: Request) -> str:
    """Slack stacks three pages: those of a submission take each other's place, so that a form still fits."""
    return "update" if request.in_view else ""


def _behind(session: Session, request: Request, row: Step) -> Reply:
    """Close the form; the page of items below it, if it lies on one, shows the new state."""
    if not request.private.get("page"):
        return NOTHING
    return _page(session, request, row, submission.items, "page")


def _step(session: Session, request: Request) -> Step:
    """Return the step of a submission; raises NotFoundError for any other."""
    return _checked(step_of(session, request), request.value)


def _of_team(session: Session, request: Request, value: str) -> Step:
    row = programs.step(session, number(value)) if number(value) else None
    if row is None or row.team != request.who.team:
        raise NotFoundError("step.not_found", step=value)
    return _checked(row, value)


def _checked(row: Step, value: str) -> Step:
    if row.key != STEP:
        raise NotFoundError("step.not_found", step=value)
    return row


def _mine(session: Session, request: Request) -> tuple[Step, Program]:
    """Return the step and its programme to somebody who may finish it.

    Raises:
        RefusedError: this person may not.
    """
    row = _step(session, request)
    program = session.get(Program, row.program_id)
    assert program is not None, "a step belongs to a programme"  # noqa: S101 - a foreign key says so
    people.require(session, request.who, Right.STEP, request.now, people.relations(program, row.assignee))
    return row, program


DOORS: Final = Doors(
    buttons=(
        Button("submission.items", Right.SEE, opened, writes=False),
        Button("submission.rounds", Right.SEE, all_rounds, writes=False),
        Button("submission.step", Right.SEE, back_to_step, writes=False),
        Button("submission.add", Right.ADD_EVIDENCE, ask_add, writes=False),
        Button("submission.submit", Right.STEP, ask_submit, writes=False),
        Button("submission.sent", Right.STEP, ask_sent, writes=False),
        Button("packet.again", Right.STEP, again),
    ),
    forms=(
        Form("submission.evidence", Right.ADD_EVIDENCE, added, EVIDENCE, check),
        Form(
            "submission.submit",
            Right.STEP,
            submitted,
            {"without": field.some_of("yes", required=False)},
        ),
        Form(
            "submission.sent",
            Right.STEP,
            was_sent,
            {"sent_on": field.day(), "reference": field.words(required=False)},
        ),
        Form("step.revision", Right.STEP, revised, REVISION),
    ),
)
