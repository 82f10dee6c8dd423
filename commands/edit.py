"""`/onboarding edit` and `/onboarding plan`: change a programme under way, after a look at what that does."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final

from bot import plans
from bot.domain.error import FormError, StaleError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import CLOSE, Button, Doors, Form, Reply, Request, Verb, form
from bot.listeners.field import number
from bot.services import edit as service
from bot.services import person as people
from bot.services.edit import Difference, Edit
from bot.services.walk import Walk, answers_of, of
from bot.views import edit_form, start_form
from commands import found
from commands.start import EMAIL
from storage import Session
from storage.tables import Program

EDIT: Final = {
    "target_on": field.day(),
    "physical_cards": field.one_of(*start_form.CARDS),
    "wallets": field.some_of("yes", required=False),
    "statements": field.some_of("yes", required=False),
    "company": field.one_of(*start_form.COMPANIES),
    "lead": field.person(),
    "deputies": field.people(required=False),
    "manager": field.person(required=False),
    "contact_name": field.words(required=False),
    "contact_email": field.words(required=False),
}


def ask(session: Session, request: Request) -> Reply:
    """Open the form with the answers, the date and the people of a programme."""
    program = _mine(session, request)
    if program.state == "canceled":
        raise StaleError("program.is_canceled", ref=program.ref)
    facts = {**_facts(program), **service.values_of(program), "treasury": "treasury" in program.products}
    facts["newer"] = service.newer(program, plans.load(program.variant))
    return form(partial(edit_form.edit, request.language, facts))


def check(request: Request) -> None:
    """Look at what was typed before anything is opened."""
    email = request.values["contact_email"]
    if email and not EMAIL.fullmatch(email):
        raise FormError({"contact_email": ("form.email", {})})


def preview(session: Session, request: Request) -> Reply:
    """Show which steps appear and vanish; nothing is saved yet, and closing the page returns to the form."""
    program = _program(session, request)
    given = _edit(request.values)
    if not service.changes(program, given):
        raise FormError({"target_on": ("edit.nothing_changed", {})})
    walk = of(session, program)
    found = service.difference(walk, given.answers(program))
    private = {"program": program.id, "mark": request.private.get("mark"), "edit": _json(given)}
    return form(
        partial(
            edit_form.difference,
            request.language,
            _facts(program),
            _named(walk, found, request),
            private=private,
        ),
        "push",
    )


def confirmed(session: Session, request: Request) -> Reply:
    """Save what the form said, now that its effect was seen."""
    typed = request.private.get("edit")
    values = field.fields(EDIT, typed if isinstance(typed, Mapping) else {})
    program = _program(session, request)
    service.edit(session, request.who, program.id, _edit(values), _mark(request), request.now)
    return CLOSE


def ask_plan(session: Session, request: Request) -> Reply:
    """Show what a newer plan says otherwise, and offer it."""
    program = _mine(session, request)
    plan = plans.load(program.variant)
    walk = of(session, program)
    if program.state == "canceled":
        raise StaleError("program.is_canceled", ref=program.ref)
    if not service.newer(program, plan):
        raise StaleError("plan.newest", ref=program.ref)
    found = service.difference(walk, answers_of(program), plan)
    facts = {**_facts(program), "before": walk.plan.version, "after": plan.version}
    lists = _named(walk, found, request, {step.id: step.title[request.language] for step in plan.steps})
    private = {"program": program.id, "mark": service.seen(program)}
    return form(partial(edit_form.difference, request.language, facts, lists, private=private, plan=True))


def adopted(session: Session, request: Request) -> Reply:
    """Follow the newer plan from now on."""
    program = _program(session, request)
    plan = plans.load(program.variant)
    service.adopt(session, request.who, program.id, plan, _mark(request), request.now)
    return CLOSE


def _mine(session: Session, request: Request) -> Program:
    program = found.one(session, request)
    people.require(session, request.who, Right.CHANGE_PROGRAM, request.now, people.relations(program))
    return program


def _program(session: Session, request: Request) -> Program:
    return found.at(session, request, str(number(request.private.get("program"))))


def _mark(request: Request) -> str:
    return str(request.private.get("mark") or "")


def _edit(values: Mapping[str, Any]) -> Edit:
    return Edit(
        **{
            **{name: values[name] for name in EDIT},
            "target_on": date.fromisoformat(values["target_on"]),
            "wallets": "yes" in values["wallets"],
            "statements": "yes" in values["statements"],
        }
    )


def _json(given: Edit) -> dict[str, Any]:
    """Return an edit as the fields of its form."""
    found = {name: getattr(given, name) for name in EDIT}
    for name in ("wallets", "statements"):
        found[name] = ["yes"] if found[name] else []
    return {**found, "target_on": given.target_on.isoformat(), "deputies": list(given.deputies)}


def _named(
    walk: Walk, found: Difference, request: Request, titles: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    names = titles or {}
    return {
        name: [names.get(key) or walk.title(key, request.language) for key in getattr(found, name)]
        for name in ("appear", "vanish", "stay", "differ")
    }


def _facts(program: Program) -> dict[str, Any]:
    return {"id": program.id, "ref": program.ref, "name": program.name, "mark": service.seen(program)}


DOORS: Final = Doors(
    verbs=(
        Verb(
            "onboarding.edit",
            "/onboarding",
            "edit",
            Right.CHANGE_PROGRAM,
            ask,
            aliases=("edit", "modifier"),
            opens_form=True,
        ),
        Verb(
            "onboarding.plan",
            "/onboarding",
            "plan",
            Right.CHANGE_PROGRAM,
            ask_plan,
            aliases=("plan", "parcours"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("program.edit", Right.CHANGE_PROGRAM, ask, writes=False),
        Button("program.plan", Right.CHANGE_PROGRAM, ask_plan, writes=False),
    ),
    forms=(
        Form("program.edit", Right.CHANGE_PROGRAM, preview, EDIT, check, writes=False),
        Form("program.edit_confirm", Right.CHANGE_PROGRAM, confirmed, {}),
        Form("program.adopt", Right.CHANGE_PROGRAM, adopted, {}),
    ),
)
