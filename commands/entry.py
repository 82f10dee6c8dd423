"""What was recorded of a step: on another day, taken back, corrected, opened again; and its history."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Final

from bot.domain import timeline
from bot.domain.error import FormError, NotFoundError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Verb, form
from bot.listeners.field import number
from bot.services import correction, history
from bot.services import entry as service
from bot.services import person as people
from bot.services import step as steps
from bot.services import walk as walks
from bot.services.correction import Correction
from bot.views import entry as view
from bot.views import history as pages
from commands import found
from commands.step import ANSWER, answer_of, behind, facts_of, moment_of, page_of, with_program
from storage import Session
from storage.queries import entry as entries
from storage.tables import Program, Step, StepEntry

DONE_ON: Final = {"happened_on": field.day(), "note": field.words(required=False)}
OURS: Final = {
    "happened_on": field.day(required=False),
    "note": field.words(required=False),
    "reason": field.words(),
}
CORRECT: Final = {**ANSWER, **OURS, "happened_at": field.moment(required=False)}
REOPEN: Final = {"reason": field.words()}


def ask_done_on(session: Session, request: Request) -> Reply:
    """Open the form that finishes a step which was done on another day."""
    row, program = with_program(session, request)
    people.require(session, request.who, Right.STEP, request.now, people.relations(program, row.assignee))
    today = timeline.day(request.now, program.zone)
    return form(partial(view.done_on, request.language, facts_of(session, request, row), today))


def done_on(session: Session, request: Request) -> Reply:
    """Finish a step as of the day it was done."""
    row, program = with_program(session, request)
    moment = moment_of(request, program.zone)
    with field.renamed("happened_at", "happened_on"):
        steps.finish(
            session, request.who, row.id, request.now, happened_at=moment, note=request.values["note"]
        )
    return behind(session, request, row)


def undo(session: Session, request: Request) -> Reply:
    """Take back what was recorded a moment ago."""
    entry = _entry(session, request)
    service.undo(session, request.who, entry.id, request.now)
    return page_of(session, request, _place(session, entry)[0], "update") if request.in_view else NOTHING


def ask_correct(session: Session, request: Request) -> Reply:
    """Open the form that corrects what was recorded last."""
    entry = _entry(session, request)
    row, program = _place(session, entry)
    people.require(session, request.who, Right.STEER_PROGRAM, request.now, people.relations(program))
    facts = {**facts_of(session, request, row), "entry": history.line(walks.of(session, program), entry)}
    facts["bank"] = program.region == "us" and facts["outcome_form"] == "approval"
    return form(partial(view.correction, request.language, facts))


def corrected(session: Session, request: Request) -> Reply:
    """Correct what was recorded; of two people at the same moment one is told what the other changed."""
    entry = _entry(session, request)
    row, program = _place(session, entry)
    values = request.values
    answer, name = None, "happened_on"
    if walks.of(session, program).step(row.key).actor == "stripe":
        answer, name = answer_of(session, request, row, program), "happened_at"
        moment = datetime.fromtimestamp(values["happened_at"], UTC)
    else:
        moment = _moment(request, entry, program.zone)
    given = Correction(happened_at=moment, note=values["note"], reason=values["reason"], answer=answer)
    with field.renamed("happened_at", name):
        correction.correct(session, request.who, entry.id, given, request.now)
    return behind(session, request, row)


def ask_reopen(session: Session, request: Request) -> Reply:
    """Open the form that opens a finished step again."""
    entry = _entry(session, request)
    row, program = _place(session, entry)
    people.require(session, request.who, Right.STEER_PROGRAM, request.now, people.relations(program))
    walk = walks.of(session, program)
    facts = {**facts_of(session, request, row), "entry": history.line(walk, entry)}
    return form(
        partial(view.reopening, request.language, facts, service.reopens(walk, entry, request.language))
    )


def reopened(session: Session, request: Request) -> Reply:
    """Open a finished step again."""
    entry = _entry(session, request)
    service.reopen(session, request.who, entry.id, request.values["reason"], request.now)
    return behind(session, request, _place(session, entry)[0])


def show_history(session: Session, request: Request) -> Reply:
    """Open the page of everything recorded of a programme."""
    program = found.one(session, request)
    return form(partial(pages.page, request.language, history.of_program(session, program, request.language)))


def _entry(session: Session, request: Request) -> StepEntry:
    """Return the entry behind a button or a form; raises NotFoundError when this person has none."""
    value = request.value or str(request.private.get("entry", ""))
    found = entries.entry(session, number(value)) if number(value) else None
    if found is None or found.team != request.who.team:
        raise NotFoundError("error.old_button")
    return found


def _place(session: Session, entry: StepEntry) -> tuple[Step, Program]:
    row, program = session.get(Step, entry.step_id), session.get(Program, entry.program_id)
    assert row is not None, "an entry has a step"  # noqa: S101 - a foreign key says so
    assert program is not None, "an entry has a programme"  # noqa: S101 - the same
    return row, program


def _moment(request: Request, entry: StepEntry, zone: str) -> datetime:
    """Return the corrected moment: the day that was typed; the same day keeps its hour."""
    typed = request.values["happened_on"]
    if not typed:
        raise FormError({"happened_on": ("form.required", {})})
    if date.fromisoformat(typed) == timeline.day(entry.happened_at, zone):
        return entry.happened_at
    return moment_of(request, zone)


DOORS: Final = Doors(
    verbs=(
        Verb(
            "onboarding.history",
            "/onboarding",
            "history",
            Right.SEE,
            show_history,
            aliases=("history", "historique"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("step.done_on", Right.STEP, ask_done_on, writes=False),
        Button("entry.undo", Right.SEE, undo),
        Button("entry.correct", Right.STEER_PROGRAM, ask_correct, writes=False),
        Button("entry.reopen", Right.STEER_PROGRAM, ask_reopen, writes=False),
    ),
    forms=(
        Form("step.done_on", Right.STEP, done_on, DONE_ON),
        Form("step.correct", Right.STEER_PROGRAM, corrected, CORRECT),
        Form("step.reopen", Right.STEER_PROGRAM, reopened, REOPEN),
    ),
)
