"""Finding the programme that words mean, or the thread or channel in which nothing was said of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.search import Named, find
from storage import Session
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.tables import Program


@dataclass(frozen=True)
class Match:
    """The programmes that words can mean, or none and the nearest to them, best first.

    `sure` is false where only a misspelling leads there: enough to show something, not to change it.
    """

    programs: Sequence[Program] = ()
    nearest: Sequence[Program] = ()
    sure: bool = True


def programs_meant(
    session: Session, team: str, words: str, *, channel: str = "", thread_ts: str = ""
) -> Match:
    """Return the programmes that words can mean: a number, a name, part of a name, a misspelled one.

    Without words it is the programme of the thread; else those of the channel that are running; else all.
    """
    everything = programs.all_of(session, team)
    if not words.strip():
        threaded = of_thread(session, team, channel, thread_ts)
        if threaded is not None:
            return Match([threaded])
        here = [program for program in everything if program.channel == channel]
        running = [program for program in here if program.state in programs.RUNNING]
        return Match(running or here or everything)
    by_id = {program.id: program for program in everything}
    found = find(words, [Named(program.id, program.ref, program.name) for program in everything])
    return Match([by_id[one] for one in found.ids], [by_id[one] for one in found.nearest], found.sure)


def of_thread(session: Session, team: str, channel: str, ts: str) -> Program | None:
    """Return the programme in whose thread something was said; None outside of such threads."""
    found = threads.at(session, team, channel, ts) if channel and ts else None
    return programs.of_thread(session, found) if found is not None else None
