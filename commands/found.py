"""The programme that a request means: by its words, its thread, its channel or its button."""

from collections.abc import Sequence
from typing import Final

from bot.domain.error import NotFoundError
from bot.listeners.door import Request
from bot.listeners.field import number
from bot.services import search
from bot.services.search import Match
from storage import Session
from storage.tables import Program

MOST_NAMED: Final = 5


def matching(session: Session, request: Request) -> Match:
    """Return the programmes that a request can mean, at least one.

    Raises:
        NotFoundError: none; the text lists the nearest.
    """
    found = search.programs_meant(
        session, request.who.team, request.text, channel=request.channel, thread_ts=request.thread_ts
    )
    if found.programs:
        return found
    if not found.nearest:
        raise NotFoundError("program.none")
    raise NotFoundError("program.unknown", typed=request.text, nearest=_named(found.nearest))


def several(session: Session, request: Request) -> list[Program]:
    """Return the programmes that a request can mean, at least one. Raises as `matching` does."""
    return list(matching(session, request).programs)


def here(session: Session, request: Request) -> list[Program]:
    """Return the programmes of the thread or the channel, else all of them; there may be none."""
    place = {"channel": request.channel, "thread_ts": request.thread_ts}
    return list(search.programs_meant(session, request.who.team, "", **place).programs)


def one(
    session: Session,
    request: Request,
    *,
    which: str = "program.which",
    sure: bool = False,
    prefer: str = "",
) -> Program:
    """Return the one programme that a button or words mean.

    Args:
        session: any session.
        request: who asks, where, and with what.
        which: the text that asks for one of several.
        sure: something changes at once, so that a misspelled name is not enough.
        prefer: the state of those meant, where some of several are in it.

    Raises:
        NotFoundError: none, several, or only a misspelling leads there.
    """
    if number(request.value):
        return at(session, request, request.value)
    found = matching(session, request)
    if sure and not found.sure:
        raise NotFoundError("program.unknown", typed=request.text, nearest=_named(found.programs))
    meant = [program for program in found.programs if program.state == prefer] or found.programs
    if len(meant) > 1:
        raise NotFoundError(which, refs=_named(meant), ref=meant[0].ref)
    return meant[0]


def at(session: Session, request: Request, value: str) -> Program:
    """Return a programme by the number that a button or a form carries.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
    """
    program = session.get(Program, number(value)) if number(value) else None
    if program is None or program.team != request.who.team:
        raise NotFoundError("program.not_found", ref=value)
    return program


def _named(programs: Sequence[Program]) -> list[str]:
    return [f"{program.ref} {program.name}" for program in programs[:MOST_NAMED]]
