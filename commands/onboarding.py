"""`/onboarding`: start a programme, list and show them, pause, resume, cancel, reopen, change people."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from bot import plans, text
from bot.domain.error import FormError, NotFoundError
from bot.domain.plan import Answers
from bot.domain.role import Right
from bot.domain.submission import STEP as SUBMISSION
from bot.listeners import field
from bot.listeners.door import CLOSE, NOTHING, Button, Doors, Form, Reply, Request, Verb, form, say
from bot.listeners.field import number
from bot.services import board, deadline, submission_page
from bot.services import onboarding as service
from bot.services import person as people
from bot.views import program_form, start_form, submission_rounds
from storage import Session
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.tables import Program

WEEKS_AHEAD: Final = 12
CHANNEL: Final = re.compile(r"[CG][A-Z0-9]+")
START: Final = {
    "name": field.words(),
    "region": field.one_of(*start_form.REGIONS),
    "products": field.some_of(*start_form.PRODUCTS),
    "variant": field.one_of(*plans.variants()),
    "target_on": field.day(),
}
MORE: Final = {
    "purpose": field.words(required=False),
    "company": field.one_of(*start_form.COMPANIES, required=False),
    "physical_cards": field.one_of(*start_form.CARDS, required=False),
    "wallets": field.some_of("yes", required=False),
    "statements": field.some_of("yes", required=False),
    "manager": field.person(required=False),
    "language": field.one_of("en", "fr", required=False),
    "contact_name": field.words(required=False),
    "contact_email": field.words(required=False),
}
PEOPLE: Final = {
    "lead": field.person(),
    "deputies": field.people(required=False),
    "manager": field.person(required=False),
}
REASON: Final = {"reason": field.words()}
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NEAREST: Final = 5


def start(session: Session, request: Request) -> Reply:
    """Open the form that starts a programme; words after the verb become its name."""
    del session
    if not request.channel or request.channel.startswith("D"):
        raise NotFoundError("start.needs_channel")
    private = {"channel": request.channel}
    target = request.now.date() + timedelta(weeks=WEEKS_AHEAD)
    return form(
        partial(
            start_form.first,
            request.language,
            _variants(request.language),
            private=private,
            target=target,
            name=request.text[: start_form.NAME_MOST],
        )
    )


def more(session: Session, request: Request) -> Reply:
    """Show page 2, once page 1 holds together; what is wrong is said above page 1."""
    del session
    request = replace(request, values=field.lenient(START, request.values))
    target = _date(request.values["target_on"]) or request.now.date() + timedelta(weeks=WEEKS_AHEAD)
    problems = _problems(request.values, request.now.date(), request.language)
    if problems:
        said = [text.say(request.language, key, **values) for key, values in problems.values()]
        return form(
            partial(
                start_form.first,
                request.language,
                _variants(request.language),
                private=request.private,
                target=target,
                problems=said,
            ),
            "update",
        )
    page = {**request.private, "first": dict(request.values)}
    return form(
        partial(
            start_form.more,
            request.language,
            private=page,
            treasury="treasury" in request.values.get("products", ()),
            channel_language=request.defaults.language,
        ),
        "push",
    )


def check_start(request: Request) -> None:
    """Look at page 1 before anything is opened."""
    problems = _problems(request.values, request.now.date(), request.language)
    if problems:
        raise FormError(problems)


def check_more(request: Request) -> None:
    """Look at page 2: an e-mail address is the only thing that can be wrong."""
    email = str(request.values.get("contact_email") or "").strip()
    if email and not EMAIL.fullmatch(email):
        raise FormError({"contact_email": ("form.email", {})})


def started(session: Session, request: Request) -> Reply:
    """Start a programme from page 1."""
    _start(session, request, request.values)
    return NOTHING


def started_with_more(session: Session, request: Request) -> Reply:
    """Start a programme from both pages; page 2 carries what page 1 held."""
    first = request.private.get("first")
    _start(
        session,
        request,
        {**field.fields(START, first if isinstance(first, Mapping) else {}), **request.values},
    )
    return CLOSE


def _start(session: Session, request: Request, fields: Mapping[str, Any]) -> None:
    channel = str(request.private.get("channel", ""))
    if not CHANNEL.fullmatch(channel):
        raise NotFoundError("start.needs_channel")
    answers = Answers(
        region=fields["region"],
        products=frozenset(fields["products"]),
        variant=fields["variant"],
        physical_cards=fields.get("physical_cards") or "none",
        wallets="yes" in (fields.get("wallets") or ()),
        statements="yes" in (fields.get("statements") or ()),
        company=fields.get("company") or "funded_team",
    )
    country, zone = deadline.place(answers.region, request.defaults.country, request.defaults.zone)
    new = service.NewProgram(
        name=" ".join(str(fields["name"]).split())[: start_form.NAME_MOST],
        answers=answers,
        target_on=date.fromisoformat(fields["target_on"]),
        lead=request.who.user,
        channel=channel,
        language=fields.get("language") or request.defaults.language,
        zone=zone,
        country=country,
        purpose=str(fields.get("purpose") or "").strip(),
        manager=str(fields.get("manager") or ""),
        contact_name=str(fields.get("contact_name") or "").strip(),
        contact_email=str(fields.get("contact_email") or "").strip(),
    )
    service.start(session, request.who, new, plans.load(answers.variant), request.now)


def listing(session: Session, request: Request) -> Reply:
    """List every programme."""
    return say("program.list", **board.list_facts(session, request.who.team))


def show(session: Session, request: Request) -> Reply:
    """Show a programme privately, with the link to its board and the button that brings it here."""
    found = _found(session, request, request.text)
    if len(found) > 1:
        return _choose(session, request, found)
    return _shown(session, found[0])


def shown(session: Session, request: Request) -> Reply:
    """Show the programme behind a button."""
    return _shown(session, _program(session, request, request.value))


def all_steps(session: Session, request: Request) -> Reply:
    """Open the page of all steps."""
    facts = board.plan_facts(session, _program(session, request, request.value))
    return form(partial(program_form.steps, request.language, facts))


def steps_of(session: Session, request: Request) -> Reply:
    """Open the page of all steps of the programme that the words mean."""
    found = _found(session, request, request.text)
    if len(found) > 1:
        return _choose(session, request, found)
    return form(partial(program_form.steps, request.language, board.plan_facts(session, found[0])))


def submissions(session: Session, request: Request) -> Reply:
    """Open the page of every round that was sent to Stripe."""
    found = _found(session, request, request.text)
    if len(found) > 1:
        return _choose(session, request, found)
    row = next((one for one in programs.steps(session, found[0].id) if one.key == SUBMISSION), None)
    if row is None:
        raise NotFoundError("submission.none", name=found[0].name, ref=found[0].ref)
    return form(partial(submission_rounds.rounds, request.language, submission_page.facts(session, row)))


def ask_people(session: Session, request: Request) -> Reply:
    """Open the form that changes lead, deputies and manager."""
    program = _one(session, request)
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
        program = _one(session, request)
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
    program = _one(session, request)
    service.resume(session, request.who, program.id, request.now)
    return say("program.acted", key="acted.resumed", name=program.name, ref=program.ref)


def reopen(session: Session, request: Request) -> Reply:
    """Take back a cancellation, or take Treasury up again."""
    program = _one(session, request)
    service.reopen(session, request.who, program.id, request.now)
    return say("program.acted", key="acted.reopened", name=program.name, ref=program.ref)


def bring(session: Session, request: Request) -> Reply:
    """Move the board of a programme to this channel."""
    program = _one(session, request)
    if not request.channel or request.channel.startswith("D"):
        raise NotFoundError("start.needs_channel")
    service.bring_board(session, request.who, program.id, request.channel, request.now)
    return say("program.acted", key="acted.brought", name=program.name, ref=program.ref)


def _shown(session: Session, program: Program) -> Reply:
    facts = board.program_facts(session, program)
    thread = threads.of(session, "program", program.id)
    facts["permalink"] = board.permalink(session, thread.channel, thread.ts) if thread is not None else ""
    return say("program.summary", **facts)


def _choose(session: Session, request: Request, found: list[Program]) -> Reply:
    wanted = {program.id for program in found}
    reply = listing(session, request)
    facts = dict(reply.facts)
    facts["programs"] = [line for line in facts["programs"] if line["id"] in wanted]
    return say("program.list", **facts)


def _one(session: Session, request: Request) -> Program:
    """Return the one programme a button or words mean."""
    if number(request.value):
        return _program(session, request, request.value)
    found = _found(session, request, request.text)
    if len(found) > 1:
        refs = [f"{program.ref} {program.name}" for program in found[:NEAREST]]
        raise NotFoundError("program.which", refs=refs, ref=found[0].ref)
    return found[0]


def _found(session: Session, request: Request, words: str) -> list[Program]:
    found = service.find(session, request.who.team, words, request.channel)
    if found:
        return found
    everything = list(programs.all_of(session, request.who.team))
    if not everything:
        raise NotFoundError("program.none")
    nearest = [f"{program.ref} {program.name}" for program in everything[:NEAREST]]
    raise NotFoundError("program.unknown", typed=words, nearest=nearest)


def _program(session: Session, request: Request, value: str) -> Program:
    program = session.get(Program, number(value)) if number(value) else None
    if program is None or program.team != request.who.team:
        raise NotFoundError("program.not_found", ref=value)
    return program


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


def _variants(language: str) -> list[tuple[str, str, str]]:
    found = [plans.load(name) for name in plans.variants()]
    return [(plan.variant, plan.title[language], plan.who[language]) for plan in found]


_GROUP: Final = {"region": "region", "products": "product", "variant": "variant"}


def _problems(fields: Mapping[str, Any], today: date, language: str) -> dict[str, tuple[str, dict[str, Any]]]:
    problems: dict[str, tuple[str, dict[str, Any]]] = {}
    if not str(fields.get("name") or "").strip():
        problems["name"] = ("start.name_missing", {})
    target = _date(fields.get("target_on"))
    if target is None:
        problems["target_on"] = ("start.target_missing", {})
    elif target <= today:
        problems["target_on"] = ("start.target_past", {})
    products = fields.get("products") or []
    for problem in plans.problems_of_choice(fields["variant"], fields["region"], products):
        fits = [text.say(language, f"{_GROUP[problem.field]}.{value}") for value in problem.fits]
        problems[problem.field] = (problem.text, {"fits": text.listing(language, fits)})
    return problems


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _verb(words: str, right: Right, run: Any, **more: Any) -> Verb:  # noqa: ANN401 - a door's parts
    name = f"onboarding.{words.replace(' ', '_') or 'help'}"
    return Verb(name, "/onboarding", words, right, run, **more)


DOORS: Final = Doors(
    verbs=(
        _verb("start", Right.START_PROGRAM, start, aliases=("start", "démarrer"), opens_form=True),
        _verb("list", Right.SEE, listing, aliases=("list", "programs", "programmes", "liste")),
        _verb(
            "show",
            Right.SEE,
            show,
            aliases=("show", "status", "approvals", "board", "statut", "voir", "approbations"),
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
        Button("start.more", Right.START_PROGRAM, more, writes=False),
        Button("program.steps", Right.SEE, all_steps, writes=False),
        Button("program.show", Right.SEE, shown, writes=False),
        Button("program.people", Right.CHANGE_PROGRAM, ask_people, writes=False),
        Button("program.cancel", Right.STEER_PROGRAM, ask_reason("cancel"), writes=False),
        Button("program.resume", Right.STEER_PROGRAM, resume),
        Button("program.reopen", Right.STEER_PROGRAM, reopen),
        Button("program.bring", Right.CHANGE_PROGRAM, bring),
    ),
    forms=(
        Form(start_form.START, Right.START_PROGRAM, started, START, check_start),
        Form(start_form.MORE, Right.START_PROGRAM, started_with_more, MORE, check_more),
        Form("program.people", Right.CHANGE_PROGRAM, reassigned, PEOPLE),
        Form("program.pause", Right.STEER_PROGRAM, paused, REASON),
        Form("program.cancel", Right.STEER_PROGRAM, canceled, REASON),
    ),
)
