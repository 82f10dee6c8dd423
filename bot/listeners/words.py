"""Which verb somebody means: after a command, after `/gantry`, or after a mention, in either language."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from bot.listeners.door import Verb

OWN = "/gantry"


@dataclass(frozen=True)
class Meant:
    """The verb that was meant and the words that remain; without a verb, the nearest ways to say one."""

    verb: Verb | None
    rest: str = ""
    nearest: tuple[str, ...] = ()


def meant(verbs: Iterable[Verb], command: str, text: str) -> Meant:
    """Return what words mean after a command; `command` is `/gantry` for a mention.

    `/gantry onboarding start` is `/onboarding start`, so that Gantry stays reachable when another app
    owns a command's name.
    """
    everything = tuple(verbs)
    words = text.strip()
    ways = _ways(everything, command)
    best: tuple[int, Verb] | None = None
    lowered = words.casefold()
    for way, verb in ways:
        if (lowered == way or lowered.startswith(f"{way} ") or not way) and (
            best is None or len(way) > best[0]
        ):
            best = (len(way), verb)
    only = len(ways) == 1  # a command of one verb: all its words are for that
    if best is not None and (best[0] or not words or only or _free(best[1], words)):
        return Meant(best[1], words[best[0] :].strip())
    candidates = [way for way, _ in ways if way]
    first = " ".join(lowered.split()[:2])
    near = get_close_matches(first, candidates, n=3, cutoff=0.6) or get_close_matches(
        first.split(" ")[0], candidates, n=3, cutoff=0.6
    )
    return Meant(None, words, tuple(near))


def _free(verb: Verb, words: str) -> bool:
    return 0 < verb.takes_words <= len(words.split())


def _ways(verbs: tuple[Verb, ...], command: str) -> list[tuple[str, Verb]]:
    ways: list[tuple[str, Verb]] = []
    for verb in verbs:
        if verb.command == command:
            ways.append((verb.words, verb))
        if command == OWN:
            if verb.command != OWN:
                ways.append((f"{verb.command.removeprefix('/')} {verb.words}".strip(), verb))
            ways.extend((alias.casefold(), verb) for alias in verb.aliases)
    return ways
