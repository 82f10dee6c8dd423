"""`/onboarding`: list programmes and show one, pause, resume, cancel, reopen, change people."""

from functools import partial
from typing import Any, Final

from bot.domain.error import FormError, NotFoundError
from bot.domain.role import Right
from bot.domain.submission import STEP as SUBMISSION
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Verb, form, say
from bot.listeners.field import number
from bot.services import board, submission_page
from bot.services import onboarding as service
from bot.services import person as people
from bot.views import program_form, submission_rounds
from commands import found
from storage import Session
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.tables import Program

PEOPLE: Final = {
    "lead": field.person(),
    "deputies": field.people(required=False),
    "manager": field.person(required=False),
}
REASON: Final = {"reason": field.words()}


def listing(session: Session, request: Request) -> Reply:
    """List every programme."""
    return say("program.list", **board.list_facts(session, request.who.team))


def show(session: Session, request: Request) -> Reply:
    """Show a programme privately, with the link to its board and the button that brings it here."""
    meant = found.several(session, request)
    if len(meant) > 1:
        return _choose(session, request, meant)
    return _shown(session, request, meant[0])


def shown(session: Session, request: Request) -> Reply:
    """Show the programme behind a button."""
    return _shown(session, request, found.at(session, request, request.value))


def all_steps(session: Session, request: Request) -> Reply:
    """Open the page of all steps."""
    facts = board.plan_facts(session, found.at(session, request, request.value), request.language)
    return form(partial(program_form.steps, request.language, facts))


def steps_of(session: Session, request: Request) -> Reply:
    """Open the page of all steps of the programme that the words mean."""
    meant = found.several(session, request)
    if len(meant) > 1:
        return _choose(session, request, meant)
    facts = board.plan_facts(session, meant[0], request.language)
    return form(partial(program_form.steps, request.language, facts))


def submissions(session: Session, request: Request) -> Reply:
    """Open the page of every round that was sent to Stripe."""
    meant = found.several(session, request)
    if len(meant) > 1:
        return _choose(session, request, meant)
    row = next((one for one in programs.steps(session, meant[0].id) if one.key == SUBMISSION), None)
    if row is None:
        raise NotFoundError("submission.none", name=meant[0].name, ref=meant[0].ref)
    return form(partial(submission_rounds.rounds, request.language, submission_page.facts(session, row)))


def ask_people(session: Session, request: Request) -> Reply:
    """Open the form that changes lead, deputies and manager."""
    program = found.one(session, request)
    people.require(session, request.who, Right.CHANGE_PROGRAM, request.now, people.relations(program))
    return form(partial(program_form.people, request.language, _facts(program)))


def reassigned(session: Session, request: Request) -> Reply:
    """Change lead, deputies and manager."""
    fields = request.values
    service.reassign(
        session,
        request.who,
        number(request.private.get("program")),
        lead=fields["lead"],
        deputies=fields.get("deputies") or (),
        manager=fields.get("manager") or "",
        now=request.now,
    )
    return NOTHING


def ask_reason(name: str) -> Any:  # noqa: ANN401 - a door's run function
    """Return the door that asks why a programme is paused or canceled."""

    def ask(session: Session, request: Request) -> Reply:
        program = found.one(session, request)
        people.require(session, request.who, Right.STEER_PROGRAM, request.now, people.relations(program))
        return form(partial(program_form.reason, request.language, name, _facts(program)))

    return ask


def paused(session: Session, request: Request) -> Reply:
    """Pause a programme."""
    service.pause(session, request.who, number(request.private.get("program")), _reason(request), request.now)
    return NOTHING


def canceled(session: Session, request: Request) -> Reply:
    """Cancel a programme."""
    service.cancel(
        session, request.who, number(request.private.get("program")), _reason(request), request.now
    )
    return NOTHING


def resume(session: Session, request: Request) -> Reply:
    """Let a paused programme go on."""
    program = found.one(session, request, sure=True)
    service.resume(session, request.who, program.id, request.now)
    return say("program.acted", key="acted.resumed", name=program.name, ref=program.ref)


def reopen(session: Session, request: Request) -> Reply:
    """Take back a cancellation, or take Treasury up again."""
    program = found.one(session, request, sure=True)
    service.reopen(session, request.who, program.id, request.now)
    return say("program.acted", key="acted.reopened", name=program.name, ref=program.ref)


def bring(session: Session, request: Request) -> Reply:
    """Move the board of a programme to this channel."""
    program = found.one(session, request, sure=True)
    if not request.channel or request.channel.startswith("D"):
        raise NotFoundError("start.needs_channel")
    service.bring_board(session, request.who, program.id, request.channel, request.now)
    return say("program.acted", key="acted.brought", name=program.name, ref=program.ref)


def _shown(session: Session, request: Request, program: Program) -> Reply:
    facts = board.program_facts(session, program, request.language)
    thread = threads.of(session, "program", program.id)
    facts["permalink"] = board.permalink(session, thread.channel, thread.ts) if thread is not None else ""
    return say("program.summary", **facts)


def _choose(session: Session, request: Request, meant: list[Program]) -> Reply:
    wanted = {program.id for program in meant}
    reply = listing(session, request)
    facts = dict(reply.facts)
    facts["programs"] = [line for line in facts["programs"] if line["id"] in wanted]
    return say("program.list", **facts)


def _facts(program: Program) -> dict[str, Any]:
    return {
        "id": program.id,
        "name": program.name,
        "ref": program.ref,
        "lead": program.lead,
        "manager": program.manager,
        "deputies": list(program.deputies),
    }


def _reason(request: Request) -> str:
    reason = str(request.values.get("reason") or "").strip()
    if not reason:
        raise FormError({"reason": ("form.required", {})})
    return reason


def _verb(words: str, right: Right, run: Any, **more: Any) -> Verb:  # noqa: ANN401 - a door's parts
    name = f"onboarding.{words.replace(' ', '_') or 'help'}"
    return Verb(name, "/onboarding", words, right, run, **more)


DOORS: Final = Doors(
    verbs=(
        _verb("list", Right.SEE, listing, aliases=("list", "programs", "programmes", "liste")),
        _verb(
            "show",
            Right.SEE,
            show,
            aliases=("show", "board", "voir", "tableau"),
        ),
        _verb("steps", Right.SEE, steps_of, aliases=("steps", "étapes"), opens_form=True),
        _verb(
            "submissions",
            Right.SEE,
            submissions,
            aliases=("submissions", "rounds", "soumissions"),
            opens_form=True,
        ),
        _verb("pause", Right.STEER_PROGRAM, ask_reason("pause"), aliases=("pause",), opens_form=True),
        _verb("resume", Right.STEER_PROGRAM, resume, aliases=("resume", "reprendre"), writes=True),
        _verb(
            "cancel",
            Right.STEER_PROGRAM,
            ask_reason("cancel"),
            aliases=("cancel", "annuler"),
            opens_form=True,
        ),
        _verb("reopen", Right.STEER_PROGRAM, reopen, aliases=("reopen", "rouvrir"), writes=True),
        _verb(
            "reassign",
            Right.CHANGE_PROGRAM,
            ask_people,
            aliases=("people", "reassign", "équipe"),
            opens_form=True,
        ),
        _verb("here", Right.CHANGE_PROGRAM, bring, aliases=("here", "ici"), writes=True),
    ),
    buttons=(
        Button("program.steps", Right.SEE, all_steps, writes=False),
        Button("program.show", Right.SEE, shown, writes=False),
        Button("program.people", Right.CHANGE_PROGRAM, ask_people, writes=False),
        Button("program.cancel", Right.STEER_PROGRAM, ask_reason("cancel"), writes=False),
        Button("program.resume", Right.STEER_PROGRAM, resume),
        Button("program.reopen", Right.STEER_PROGRAM, reopen),
        Button("program.bring", Right.CHANGE_PROGRAM, bring),
    ),
    forms=(
        Form("program.people", Right.CHANGE_PROGRAM, reassigned, PEOPLE),
        Form("program.pause", Right.STEER_PROGRAM, paused, REASON),
        Form("program.cancel", Right.STEER_PROGRAM, canceled, REASON),
    ),
)
