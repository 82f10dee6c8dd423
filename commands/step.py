"""Steps of a programme: take, assign, done, Stripe answered, blocked, why this date."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain import onboarding as rules
from bot.domain import timeline
from bot.domain.error import FormError, NotFoundError
from bot.domain.role import Right
from bot.domain.submission import STEP as SUBMISSION
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, form
from bot.listeners.field import number
from bot.services import board, history, step_answer, stripe_account, submission_page
from bot.services import person as people
from bot.services import step as service
from bot.services import walk as walks
from bot.views import program_form, step_form, submission, submission_rounds
from commands.stripe import ACCOUNT, chosen
from storage import Session
from storage.queries import program as programs
from storage.tables import Program, Step

LOOK_AGAIN: Final = timedelta(days=3)
ANSWER: Final = {
    "happened_at": field.moment(),
    "fit_issuing": field.one_of(*rules.FIT, required=False),
    "fit_treasury": field.one_of(*rules.FIT, required=False),
    "choice": field.words(required=False),
    "until": field.day(required=False),
    "capabilities": field.some_of(*step_form.CAPABILITIES, required=False),
    "by": field.one_of(*step_form.APPROVERS, required=False),
    "note": field.words(required=False),
    **ACCOUNT,
}
FORMS: Final = {
    "meeting": step_form.meeting,
    "duty": step_form.duty,
    "employees": step_form.employees,
}


def opened(session: Session, request: Request) -> Reply:
    """Open the page of a step."""
    return page_of(session, request, step_of(session, request))


def take(session: Session, request: Request) -> Reply:
    """Take a step: one click."""
    row = step_of(session, request)
    service.take(session, request.who, row.id, request.now)
    return _after(session, request, row)


def done(session: Session, request: Request) -> Reply:
    """Finish a step, or open the form that it asks for."""
    row, program = with_program(session, request)
    people.require(session, request.who, Right.STEP, request.now, people.relations(program, row.assignee))
    step = walks.of(session, program).step(row.key)
    asks = step.actor == "us" and row.state in rules.WORKABLE
    if asks and step.id == SUBMISSION:
        today = timeline.day(request.now, program.zone)
        return form(partial(submission.sent, request.language, submission_page.facts(session, row), today))
    if asks and step.outcome in FORMS:
        today = timeline.day(request.now, program.zone)
        return form(partial(FORMS[step.outcome], request.language, facts_of(session, request, row), today))
    service.finish(session, request.who, row.id, request.now)
    return _after(session, request, row)


def met(session: Session, request: Request) -> Reply:
    """Finish the call: when it was, and its notes."""
    row, program = with_program(session, request)
    moment = moment_of(request, program.zone, "met_on")
    with field.renamed("happened_at", "met_on"):
        service.finish(
            session,
            request.who,
            row.id,
            request.now,
            happened_at=moment,
            outcome={"met_on": request.values["met_on"]},
            note=_text(request, "note"),
        )
    return behind(session, request, row)


def duty(session: Session, request: Request) -> Reply:
    """Give a lasting duty an owner and a deputy."""
    row, program = with_program(session, request)
    owner, deputy = request.values["owner"], request.values["deputy"]
    if owner == deputy:
        raise FormError({"deputy": ("duty.same", {})})
    _finish(session, request, row, program, {"owner": owner, "deputy": deputy})
    return behind(session, request, row)


def employees(session: Session, request: Request) -> Reply:
    """Designate the employees who make the first purchases, and what they try."""
    row, program = with_program(session, request)
    outcome = {
        "employees": list(request.values["employees"]),
        "scenarios": list(request.values["scenarios"]),
    }
    _finish(session, request, row, program, outcome, _text(request, "cardholders"))
    return behind(session, request, row)


def _finish(
    session: Session, request: Request, row: Step, program: Program, outcome: dict[str, Any], note: str = ""
) -> None:
    """Finish a step of ours on the day that its form says."""
    moment = moment_of(request, program.zone)
    with field.renamed("happened_at", "happened_on"):
        service.finish(
            session, request.who, row.id, request.now, happened_at=moment, outcome=outcome, note=note
        )


def ask_assign(session: Session, request: Request) -> Reply:
    """Open the form that gives a step to somebody."""
    row, program = with_program(session, request)
    people.require(session, request.who, Right.STEP, request.now, people.relations(program, row.assignee))
    return form(partial(step_form.assign, request.language, facts_of(session, request, row)))


def assigned(session: Session, request: Request) -> Reply:
    """Give a step to somebody."""
    row = step_of(session, request)
    service.assign(session, request.who, row.id, request.values["user"], request.now)
    return behind(session, request, row)


def ask_block(session: Session, request: Request) -> Reply:
    """Open the form that says why a step cannot go on."""
    row = step_of(session, request)
    look_again = request.now.date() + LOOK_AGAIN
    return form(partial(step_form.obstacle, request.language, facts_of(session, request, row), look_again))


def blocked(session: Session, request: Request) -> Reply:
    """Block a step, with a reason and a date to look again."""
    row, program = with_program(session, request)
    reason = _text(request, "reason")
    today = request.now.astimezone(ZoneInfo(program.zone)).date()
    look_again = date.fromisoformat(request.values["look_again_on"])
    problems: dict[str, tuple[str, dict[str, Any]]] = {}
    if not reason:
        problems["reason"] = ("form.required", {})
    if look_again <= today:
        problems["look_again_on"] = ("form.in_future", {})
    if problems:
        raise FormError(problems)
    service.block(session, request.who, row.id, reason, look_again, request.now)
    return behind(session, request, row)


def unblock(session: Session, request: Request) -> Reply:
    """Let a blocked step go on."""
    row = step_of(session, request)
    service.unblock(session, request.who, row.id, request.now)
    return _after(session, request, row)


def ask_answer(session: Session, request: Request) -> Reply:
    """Open the form that records what Stripe answered."""
    row, program = with_program(session, request)
    people.require(session, request.who, Right.STEP, request.now, people.relations(program, row.assignee))
    facts = facts_of(session, request, row)
    if facts["state"] not in rules.WORKABLE:
        return page_of(session, request, row)
    facts["bank"] = program.region == "us" and facts["outcome_form"] == "approval"
    if facts["outcome_form"] == "configuration":
        facts["stripe"] = stripe_account.facts(session, program)
    return form(partial(step_form.answered, request.language, facts, request.now))


def answered(session: Session, request: Request) -> Reply:
    """Record what Stripe answered; what it does follows in the same transaction."""
    row, program = with_program(session, request)
    given = answer_of(session, request, row, program)
    asked = _what_must_change(session, request, row, program) if given.choice == "revision" else None
    if asked is not None:
        return asked
    walk = step_answer.answer(session, request.who, row.id, given, request.now)
    if given.choice == "configured":
        platforms = request.defaults.platforms
        stripe_account.keep(session, walk, request.who, chosen(request), platforms, request.now)
    return behind(session, request, row)


def answer_of(session: Session, request: Request, row: Step, program: Program) -> step_answer.Answer:
    """Return what a form says that Stripe answered.

    Raises:
        FormError: something needed is missing, or a date cannot be.
    """
    fields = request.values
    if fields["happened_at"] is None:
        raise FormError({"happened_at": ("form.required", {})})
    happened_at = datetime.fromtimestamp(fields["happened_at"], UTC)
    if happened_at > request.now + timedelta(minutes=1):
        raise FormError({"happened_at": ("form.not_future", {})})
    outcome = walks.of(session, program).step(row.key).outcome
    note, until = _text(request, "note"), fields.get("until") or ""
    fit = {product: fields[f"fit_{product}"] for product in program.products} if outcome == "fit" else None
    missing = [product for product, answer in (fit or {}).items() if not answer]
    if missing:
        raise FormError({f"fit_{product}": ("form.choose", {}) for product in missing})
    choice = fields.get("choice", "")
    if fit is None:
        _check_choice(outcome or "", choice, note, until, request)
    return step_answer.Answer(
        happened_at=happened_at,
        choice=choice,
        fit=fit,
        note=note,
        until=date.fromisoformat(until) if until else None,
        capabilities=tuple(fields.get("capabilities") or ()),
        by=fields.get("by") or ("stripe" if outcome == "approval" else ""),
    )


def _what_must_change(session: Session, request: Request, row: Step, program: Program) -> Reply | None:
    """Show the page that asks what must change, item by item; None when the plan names no items."""
    target = walks.of(session, program)
    submitted = target.rows.get(target.step(row.key).back_to or "")
    items = submission_page.facts(session, submitted)["items"] if submitted else []
    if not items:
        return None
    private = {
        **request.private,
        "at": request.values["happened_at"],
        "items": [item["key"] for item in items],
    }
    facts, note = facts_of(session, request, row), _text(request, "note")
    return form(
        partial(submission_rounds.revision, request.language, facts, note=note, private=private, items=items)
    )


def why(session: Session, request: Request) -> Reply:
    """Explain the date of a step."""
    facts = board.why_facts(session, step_of(session, request), request.language)
    return form(partial(step_form.why, request.language, facts))


def _check_choice(outcome: str, choice: str, note: str, until: str, request: Request) -> None:
    found = next((option for option in rules.choices(outcome or "answer") if option.name == choice), None)
    problems: dict[str, tuple[str, dict[str, Any]]] = {}
    if found is None:
        raise FormError({"choice": ("form.required", {})})
    if found.note == "required" and not note:
        problems["note"] = ("answered.note_missing", {})
    if found.until and not until:
        problems["until"] = ("form.required", {})
    elif until and date.fromisoformat(until) <= request.now.date():
        problems["until"] = ("form.in_future", {})
    if problems:
        raise FormError(problems)


def _after(session: Session, request: Request, row: Step) -> Reply:
    """After a click on the page of a step, the page shows the new state."""
    if not request.in_view:
        return NOTHING
    return page_of(session, request, row, "update")


def behind(session: Session, request: Request, row: Step) -> Reply:
    """Close the form; the page of the step below it, if it lies on one, shows the new state."""
    return page_of(session, request, row, "page") if request.private.get("page") else NOTHING


def page_of(session: Session, request: Request, row: Step, how: str = "") -> Reply:
    """Return the page of a step as it is now, with what was recorded of it."""
    session.refresh(row)
    facts = {**facts_of(session, request, row), **history.of_step(session, row, request.now)}
    page = form(partial(step_form.page, request.language, facts), how)
    program = session.get(Program, row.program_id) if how and request.lies_on_more(how) else None
    if program is None:
        return page
    # A step's page lies on nothing but the page of all steps, which follows as well.
    facts = board.plan_facts(session, program, request.language)
    return replace(page, root=partial(program_form.steps, request.language, facts))


def facts_of(session: Session, request: Request, row: Step) -> dict[str, Any]:
    """Return what a step says, in the language of the one person who reads it."""
    return board.step_facts(session, row, request.language)


def step_of(session: Session, request: Request) -> Step:
    """Return the step a button or a form is about; raises NotFoundError when this person has none."""
    value = request.value or str(request.private.get("step", ""))
    row = programs.step(session, number(value)) if number(value) else None
    if row is None or row.team != request.who.team:
        raise NotFoundError("step.not_found", step=value)
    return row


def with_program(session: Session, request: Request) -> tuple[Step, Program]:
    """Return the step a button or a form is about, with its programme."""
    row = step_of(session, request)
    program = session.get(Program, row.program_id)
    assert program is not None, "a step belongs to a programme"  # noqa: S101 - a foreign key says so
    return row, program


def _text(request: Request, name: str) -> str:
    return str(request.values.get(name) or "").strip()


def moment_of(request: Request, zone: str, name: str = "happened_on") -> datetime:
    """Return when something happened on the day of a form: now if that is today, else noon.

    Raises:
        FormError: the day lies in the future.
    """
    on, today = date.fromisoformat(request.values[name]), timeline.day(request.now, zone)
    if on > today:
        raise FormError({name: ("form.not_future", {})})
    return request.now if on == today else timeline.noon(on, zone)


DOORS: Final = Doors(
    buttons=(
        Button("step.open", Right.SEE, opened, writes=False),
        Button("step.take", Right.TAKE, take),
        Button("step.done", Right.STEP, done),
        Button("step.assign", Right.STEP, ask_assign, writes=False),
        Button("step.block", Right.ADD_EVIDENCE, ask_block, writes=False),
        Button("step.unblock", Right.ADD_EVIDENCE, unblock),
        Button("step.answered", Right.STEP, ask_answer, writes=False),
        Button("step.why", Right.SEE, why, writes=False),
    ),
    forms=(
        Form("step.assign", Right.STEP, assigned, {"user": field.person()}),
        Form(
            "step.block", Right.ADD_EVIDENCE, blocked, {"reason": field.words(), "look_again_on": field.day()}
        ),
        Form("step.answered", Right.STEP, answered, ANSWER),
        Form("step.meeting", Right.STEP, met, {"met_on": field.day(), "note": field.words(required=False)}),
        Form(
            "step.duty",
            Right.STEP,
            duty,
            {"owner": field.person(), "deputy": field.person(), "happened_on": field.day()},
        ),
        Form(
            "step.employees",
            Right.STEP,
            employees,
            {
                "employees": field.people(),
                "cardholders": field.words(required=False),
                "scenarios": field.some_of(*step_form.SCENARIOS),
                "happened_on": field.day(),
            },
        ),
    ),
)
