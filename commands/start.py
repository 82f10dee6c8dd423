"""`/onboarding start`: one form of three pages; what was typed on one is kept while another is looked at."""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache, partial
from typing import Any, Final

from bot import plans, text
from bot.domain import onboarding as rules
from bot.domain.error import FormError, NotFoundError, StaleError
from bot.domain.plan import Answers, Step, Text, steps_for
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Verb, form
from bot.listeners.field import number
from bot.services import deadline
from bot.services import onboarding as service
from bot.views import start_form, step_form
from storage import Session
from storage.queries import entry as drafts
from storage.tables import Draft

WEEKS_AHEAD: Final = 12
CHANNEL: Final = re.compile(r"[CG][A-Z0-9]+")
FIRST: Final = {
    "name": field.words(),
    "channel": field.channel(required=False),  # asked where the verb was said outside of one
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
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@cache
def past() -> Mapping[str, field.Field]:
    """Return the fields of the page of what is done: a day for each step of any plan."""
    return {
        **{start_form.FIELD + key: field.day(required=False) for key in _keys()},
        "capabilities": field.some_of(*step_form.CAPABILITIES, required=False),
    }


@cache
def _keys() -> tuple[str, ...]:
    return tuple(sorted({step.id for name in plans.variants() for step in plans.load(name).steps}))


def _shape(page: str) -> Mapping[str, field.Field]:
    return {"first": FIRST, "more": MORE}.get(page) or past()


def start(session: Session, request: Request) -> Reply:
    """Open the form that starts a programme; words after the verb become its name."""
    del session
    typed = {"name": request.text[: start_form.NAME_MOST]}
    here = request.channel if CHANNEL.fullmatch(request.channel) else ""
    return form(partial(_first, request, {"channel": here}, typed))


def turn_to(page: str) -> Any:  # noqa: ANN401 - a door's run function
    """Return the door that turns to another page: what was typed on this one is kept, wrong or not."""

    def turn(session: Session, request: Request) -> Reply:
        kept = _kept(session, request)
        private = {**request.private, "draft": _keep(session, request, kept)}
        first = field.lenient(FIRST, kept.get("first", {}))
        problems = [] if page == "first" else list(_problems(first, request).values())
        if page == "first" or problems:
            said = [text.say(request.language, key, **values) for key, values in problems]
            return form(partial(_first, request, private, first, said), "update")
        if page == "more":
            return form(
                partial(
                    start_form.more,
                    request.language,
                    private=private,
                    treasury="treasury" in first["products"],
                    channel_language=request.defaults.language,
                    typed=field.lenient(MORE, kept.get("more", {})) if "more" in kept else {},
                ),
                "update",
            )
        typed = field.lenient(past(), kept.get("past", {}))
        steps = rules.datable(_steps(_answers({**first, **kept.get("more", {})})))
        return form(
            partial(
                start_form.past, request.language, private=private, steps=_dated(first, steps), typed=typed
            ),
            "update",
        )

    return turn


def check_first(request: Request) -> None:
    """Look at page 1 before anything is opened."""
    problems = _problems(request.values, request)
    if problems:
        raise FormError(problems)


def check_more(request: Request) -> None:
    """Look at page 2: an e-mail address is the only thing that can be wrong."""
    email = str(request.values.get("contact_email") or "").strip()
    if email and not EMAIL.fullmatch(email):
        raise FormError({"contact_email": ("form.email", {})})


def started(session: Session, request: Request) -> Reply:
    """Start a programme from what all pages hold."""
    kept = _kept(session, request)
    first = field.fields(FIRST, kept.get("first", {}))
    more = field.lenient(MORE, kept.get("more", {}))
    before = field.lenient(past(), kept.get("past", {}))
    channel = str(request.private.get("channel") or first["channel"])
    if not CHANNEL.fullmatch(channel):
        raise NotFoundError("start.needs_channel")
    answers = _answers({**first, **more})
    shown = {step.id for step in rules.datable(_steps(answers))}
    days = {key: before[start_form.FIELD + key] for key in _keys() if key in shown}
    country, zone = deadline.place(answers.region, request.defaults.country, request.defaults.zone)
    new = service.NewProgram(
        name=" ".join(str(first["name"]).split())[: start_form.NAME_MOST],
        answers=answers,
        target_on=date.fromisoformat(first["target_on"]),
        lead=request.who.user,
        channel=channel,
        language=more["language"] or request.defaults.language,
        zone=zone,
        country=country,
        purpose=more["purpose"],
        manager=more["manager"],
        contact_name=more["contact_name"],
        contact_email=more["contact_email"],
        done={key: date.fromisoformat(day) for key, day in days.items() if day},
        capabilities=before["capabilities"] if days.get(rules.LIVE_ACCESS) else (),
    )
    try:
        service.start(session, request.who, new, plans.load(answers.variant), request.now)
    except FormError as error:
        if request.private.get("at") == "past":
            raise
        # Slack shows errors on the page in front only.
        raise StaleError("start.past_wrong") from error
    _forget(session, request)
    return NOTHING


def _first(
    request: Request,
    private: Mapping[str, Any],
    typed: Mapping[str, Any],
    problems: tuple[str, ...] | list[str] = (),
) -> dict[str, Any]:
    target = _date(typed.get("target_on")) or request.now.date() + timedelta(weeks=WEEKS_AHEAD)
    found = [plans.load(name) for name in plans.variants()]
    variants = [(plan.variant, plan.title[request.language], plan.who[request.language]) for plan in found]
    return start_form.first(
        request.language,
        variants,
        private=private,
        target=target,
        typed=typed,
        problems=problems,
        asks_channel=not private.get("channel"),
    )


def _kept(session: Session, request: Request) -> dict[str, dict[str, Any]]:
    """Return what was typed on each page: earlier ones from the draft, this one from the form."""
    row = drafts.draft(session, request.who.team, request.who.user, number(request.private.get("draft")))
    kept: dict[str, dict[str, Any]] = json.loads(row.fields or "{}") if row is not None else {}
    page = str(request.private.get("at") or "first")
    kept[page] = field.lenient(_shape(page), request.values)
    return kept


def _keep(session: Session, request: Request, kept: Mapping[str, Any]) -> int:
    row = drafts.draft(session, request.who.team, request.who.user, number(request.private.get("draft")))
    row = row or Draft(team=request.who.team, user=request.who.user, form=start_form.START, at=request.now)
    row.fields, row.at = json.dumps(kept, ensure_ascii=False), request.now
    session.add(row)
    session.flush()
    return row.id


def _forget(session: Session, request: Request) -> None:
    row = drafts.draft(session, request.who.team, request.who.user, number(request.private.get("draft")))
    if row is not None:
        session.delete(row)


def _answers(typed: Mapping[str, Any]) -> Answers:
    return Answers(
        region=typed["region"],
        products=frozenset(typed["products"]),
        variant=typed["variant"],
        physical_cards=typed.get("physical_cards") or "none",
        wallets="yes" in (typed.get("wallets") or ()),
        statements="yes" in (typed.get("statements") or ()),
        company=typed.get("company") or "funded_team",
    )


def _steps(answers: Answers) -> tuple[Step, ...]:
    return steps_for(plans.load(answers.variant), answers)


def _dated(first: Mapping[str, Any], steps: tuple[Step, ...]) -> list[tuple[Text, list[Step]]]:
    """Return the steps that a date can record, by the title of their part."""
    plan = plans.load(first["variant"])
    parts = [(part.title, [step for step in steps if step.part == part.id]) for part in plan.parts]
    return [(title, found) for title, found in parts if found]


_GROUP: Final = {"region": "region", "products": "product", "variant": "variant"}


def _problems(typed: Mapping[str, Any], request: Request) -> dict[str, tuple[str, dict[str, Any]]]:
    problems: dict[str, tuple[str, dict[str, Any]]] = {}
    if not str(typed.get("name") or "").strip():
        problems["name"] = ("start.name_missing", {})
    if not (request.private.get("channel") or typed.get("channel")):
        problems["channel"] = ("start.channel_missing", {})
    target = _date(typed.get("target_on"))
    if target is None:
        problems["target_on"] = ("start.target_missing", {})
    elif target <= request.now.date():
        problems["target_on"] = ("start.target_past", {})
    products = typed.get("products") or []
    for problem in plans.problems_of_choice(typed["variant"], typed["region"], products):
        fits = [text.say(request.language, f"{_GROUP[problem.field]}.{value}") for value in problem.fits]
        problems[problem.field] = (problem.text, {"fits": text.listing(request.language, fits)})
    return problems


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


DOORS: Final = Doors(
    verbs=(
        Verb(
            "onboarding.start",
            "/onboarding",
            "start",
            Right.START_PROGRAM,
            start,
            aliases=("start", "démarrer"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("start.first", Right.START_PROGRAM, turn_to("first")),
        Button("start.more", Right.START_PROGRAM, turn_to("more")),
        Button("start.past", Right.START_PROGRAM, turn_to("past")),
    ),
    forms=(
        Form(start_form.START, Right.START_PROGRAM, started, FIRST, check_first),
        Form(start_form.MORE, Right.START_PROGRAM, started, MORE, check_more),
        Form(start_form.PAST, Right.START_PROGRAM, started, past),
    ),
)
