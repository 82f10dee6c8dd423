"""Evidence for steps: through a form, a link, or the shortcut on a message with files."""

from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from bot.domain import onboarding as rules
from bot.domain.error import FormError, NotFoundError
from bot.domain.role import Right
from bot.domain.submission import STEP as SUBMISSION
from bot.listeners import field
from bot.listeners.door import NOTHING, Button, Doors, Form, Reply, Request, Shortcut, form
from bot.listeners.field import number
from bot.listeners.values import refuse_card_numbers
from bot.services import evidence as service
from bot.services.walk import of
from bot.views import step_form
from commands.step import behind, facts_of, step_of
from storage import Session
from storage.queries import program as programs

EVIDENCE: Final = {
    "item": field.words(required=False),
    "files": field.files(),
    "link": field.words(required=False),
}
MOST_STEPS: Final = 100
MOST_FILES: Final = 10


def ask(session: Session, request: Request) -> Reply:
    """Open the form that takes files and a link."""
    facts = facts_of(session, request, step_of(session, request))
    return form(partial(step_form.evidence, request.language, facts))


def check(request: Request) -> None:
    """Refuse what cannot be evidence, at its field, before anything is stored."""
    files, link = request.values.get("files") or [], str(request.values.get("link") or "").strip()
    problems: dict[str, tuple[str, dict[str, Any]]] = {}
    if not files and not link:
        problems["files"] = ("evidence.nothing", {})
    for file in files:
        kind = service.kind_of(file) if file.get("name") or file.get("mimetype") else "ok"
        if kind != "ok":
            problems["files"] = (f"evidence.error.{kind}", {})
    if link and not _is_address(link):
        problems["link"] = ("evidence.bad_link", {})
    if problems:
        raise FormError(problems)


def _is_address(link: str) -> bool:
    """Tell whether a link can be clicked in Slack."""
    try:
        found = urlsplit(link)
    except ValueError:
        return False
    return link.startswith(("https://", "http://")) and bool(found.hostname)


def added(session: Session, request: Request) -> Reply:
    """Add files and a link; the form closes at once, the files arrive later."""
    row = step_of(session, request)
    service.add(
        session,
        request.who,
        row.id,
        item=str(request.values.get("item") or ""),
        files=request.values.get("files") or [],
        link=str(request.values.get("link") or "").strip(),
        now=request.now,
    )
    return behind(session, request, row)


def again(session: Session, request: Request) -> Reply:
    """Fetch a file once more."""
    service.retry(session, request.who, number(request.value), request.now)
    return NOTHING


def from_message(session: Session, request: Request) -> Reply:
    """Open the form of *Add as evidence*: which open step do these files belong to?"""
    files = [file for file in request.message.get("files") or [] if file.get("id")][:MOST_FILES]
    if not files:
        raise NotFoundError("evidence.no_files")
    refuse_card_numbers({"files": files})
    for file in files:
        kind = service.kind_of(file)
        if kind != "ok":
            raise NotFoundError(f"evidence.error.{kind}")
    here = [p for p in programs.in_channel(session, request.who.team, request.channel) if p.state == "active"]
    found = here or [p for p in programs.all_of(session, request.who.team) if p.state == "active"]
    steps: list[tuple[str, str, str]] = []
    for program in found:
        walk = of(session, program)
        states = walk.states
        collecting = states.get(SUBMISSION) in rules.WORKABLE
        for step in walk.steps:
            step_id = walk.rows.id_of(step.id)
            # After a revision the steps that hold what goes to Stripe are done, and yet need new files.
            collected = collecting and any(item.proof for item in step.evidence)
            if states[step.id] not in rules.WORKABLE and not collected:
                continue
            title = step.title[request.language]
            items = [(f"{step_id}:{item.id}", item.title[request.language]) for item in step.evidence]
            for value, item in items or [(str(step_id), "")]:
                steps.append((value, title, f"{item} · {program.name}" if item else program.name))
    if not steps:
        raise NotFoundError("evidence.no_step")
    # The form carries at most 3,000 characters: what the worker needs, and the beginning of each name.
    kept = [{"id": file["id"], "name": str(file.get("name") or file["id"])[-60:]} for file in files]
    names = [str(file.get("name") or file["id"]) for file in files]
    private = {"files": kept, "channel": request.channel}
    return form(partial(step_form.shortcut_evidence, request.language, steps[:MOST_STEPS], names, private))


def from_message_added(session: Session, request: Request) -> Reply:
    """Add the files of the message to the chosen step, as the chosen one of its items."""
    step, _, item = request.values["step"].partition(":")
    service.add(
        session,
        request.who,
        number(step),
        item=item,
        files=field.files().read(request.private.get("files")) or [],
        link="",
        now=request.now,
    )
    return NOTHING


DOORS: Final = Doors(
    buttons=(
        Button("step.evidence", Right.ADD_EVIDENCE, ask, writes=False),
        Button("evidence.again", Right.ADD_EVIDENCE, again),
    ),
    forms=(
        Form("step.evidence", Right.ADD_EVIDENCE, added, EVIDENCE, check),
        Form("evidence.message", Right.ADD_EVIDENCE, from_message_added, {"step": field.row_item()}),
    ),
    shortcuts=(
        Shortcut(
            "evidence.from_message",
            "Add as evidence",
            "Keep the files of this message as evidence of a step",
            "message",
            Right.ADD_EVIDENCE,
            from_message,
        ),
    ),
)
