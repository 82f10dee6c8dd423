"""`/approval-status`: where every approval of a programme stands, or of all that one may see."""

from dataclasses import replace
from typing import Any, Final

from bot.domain.approval import FILTERS
from bot.domain.error import NotFoundError
from bot.domain.role import Right
from bot.domain.search import plain
from bot.listeners.door import Button, Doors, Options, Reply, Request, Verb
from bot.listeners.field import number
from bot.services import approval as service
from bot.services import search
from bot.views import form
from commands import found
from storage import Session
from storage.tables import Program

ONE: Final = "approval.program"
LIST: Final = "approval.list"
WORDS: Final = {
    "overdue": "overdue",
    "late": "overdue",
    "en retard": "overdue",
    "ours": "us",
    "a nous": "us",
    "stripe": "stripe",
    "chez stripe": "stripe",
    "mine": "mine",
    "les miens": "mine",
    "all": "all",
    "tous": "all",
}
"""Words that choose a part of the list, as `bot.domain.search.plain` writes them."""

MOST_SUGGESTED: Final = 100
LONGEST: Final = 9
"""Digits of a page; what nobody has pages for becomes the last one."""


def status(session: Session, request: Request) -> Reply:
    """Show the programme that words or the thread mean; several, or all without words, as a list."""
    if not request.text:
        here = search.of_thread(session, request.who.team, request.channel, request.thread_ts)
        return _one(session, request, here) if here else _list(session, request, "all 1")
    only = WORDS.get(plain(request.text))
    if only:
        return _list(session, request, f"{only} 1")
    meant = found.several(session, request)
    if len(meant) == 1:
        return _one(session, request, meant[0])
    return _list(session, request, f"all 1 {request.text}")


def show(session: Session, request: Request) -> Reply:
    """Show the programme behind a button or a menu."""
    return _one(session, request, found.at(session, request, request.value))


def page(session: Session, request: Request) -> Reply:
    """Show another part of the list."""
    return _list(session, request, request.value)


def share(session: Session, request: Request) -> Reply:
    """Post what this person sees where they asked, as it is now; their own answer then offers it no more."""
    kind, _, place = request.value.partition(" ")
    if kind == "p":
        program = found.at(session, request, place)
        facts = service.of_program(session, request.who, program, request.now, program.language)
        _post(session, request, ONE, facts, program)
        return _one(session, request, program, shared=True)
    language = service.language_of(session, request.who.team, request.channel, request.defaults.language)
    _post(session, request, LIST, _listed(session, request, place, language), None)
    return _list(session, request, place, shared=True)


def suggest(session: Session, request: Request) -> list[dict[str, Any]]:
    """Return the programmes that fit what is being typed, or the nearest."""
    match = search.programs_meant(session, request.who.team, request.text)
    listed = list(match.programs or match.nearest)[:MOST_SUGGESTED]
    return [form.option(f"{program.name} · {program.ref}", str(program.id)) for program in listed]


def _one(session: Session, request: Request, program: Program, *, shared: bool = False) -> Reply:
    facts = service.of_program(session, request.who, program, request.now)
    return _answer(request, ONE, facts, shared=shared)


def _list(session: Session, request: Request, place: str, *, shared: bool = False) -> Reply:
    facts = _listed(session, request, place)
    return _answer(request, LIST, facts, shared=shared)


def _listed(session: Session, request: Request, place: str, language: str = "") -> dict[str, Any]:
    only, _, rest = place.partition(" ")
    digits, _, words = rest.partition(" ")
    if only not in FILTERS or not digits.isdecimal():
        raise NotFoundError("error.old_button")
    meant = found.several(session, replace(request, text=words)) if words else None
    facts = service.of_all(
        session,
        request.who,
        request.now,
        only=only,
        page=number(digits[:LONGEST]),
        among=None if meant is None else [program.id for program in meant],
        language=language,
    )
    return {**facts, "words": words}


def _answer(request: Request, view: str, facts: dict[str, Any], *, shared: bool) -> Reply:
    place = bool(request.channel) and not request.channel.startswith("D")
    return Reply(say=view, facts={**facts, "shareable": place and not shared}, how="replace")


def _post(
    session: Session, request: Request, view: str, facts: dict[str, Any], program: Program | None
) -> None:
    service.share(
        session,
        request.who,
        view,
        facts,
        program=program,
        channel=request.channel,
        thread_ts=request.thread_ts,
        language=str(facts["language"]),
        now=request.now,
    )


def _verb(command: str, words: str, **more: Any) -> Verb:  # noqa: ANN401 - a door's parts
    return Verb("approval.status", command, words, Right.SEE, status, **more)


DOORS: Final = Doors(
    verbs=(
        _verb(
            "/approval-status",
            "",
            aliases=("status", "approvals", "statut", "approbations"),
            hint="[programme]",
        ),
        _verb("/onboarding", "status", quiet=True),
    ),
    buttons=(
        Button("approval.show", Right.SEE, show, writes=False),
        Button("approval.find", Right.SEE, show, writes=False),
        Button("approval.page", Right.SEE, page, writes=False),
        Button("approval.share", Right.SEE, share, asks_here=True),
    ),
    options=(Options("approval.find", Right.SEE, suggest),),
)
