"""Finding a programme by what somebody types: case, accents, signs, order, beginnings and small slips.

Rules are tried from strict to lenient, and the first that finds something ends the search: a name typed in
full never competes with one that only looks like it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

NEAREST: Final = 5
"""How many names are proposed when none fits."""

ALIKE: Final = 0.75
"""From here on a word counts as a misspelling of another (one letter of four, or two exchanged)."""

LEAST_FOR_SLIPS: Final = 4
"""Characters; in a shorter word a slip makes another word."""

LEAST_FOR_PARTS: Final = 3
"""Characters; fewer stand in the middle of nearly every name."""

_REF: Final = re.compile(r"p[\s-]*0*(\d{1,18})\b(.*)|#?\s*0*(\d{1,18})", re.IGNORECASE | re.DOTALL)
_NUMBER: Final = re.compile(r"P-(\d+)")
_LETTERS: Final = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ß": "ss"})


@dataclass(frozen=True)
class Named:
    """Something that has a name and a number that people quote, such as `P-7`."""

    id: int
    ref: str
    name: str


@dataclass(frozen=True)
class Found:
    """What words can mean: `ids` that fit, or none and the nearest instead, best first.

    `sure` is false where only a misspelling leads there: enough to show something, not to change it.
    """

    ids: tuple[int, ...] = ()
    nearest: tuple[int, ...] = ()
    sure: bool = True


def plain(text: str) -> str:
    """Return a text without case, accents and signs: "ACME (É.-U.)" gives "acme e u"."""
    folded = text.casefold().translate(_LETTERS)
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare).split())


def find(typed: str, known: Sequence[Named]) -> Found:
    """Return what the words mean among those known, in the order given; nothing typed means all of them."""
    words = plain(typed).split()
    if not words:
        # Signs alone are no name, but whoever types them wants something.
        return Found(tuple(one.id for one in known)) if not typed.strip() else Found((), _nearest("", known))
    named = [(one, plain(one.name).split()) for one in known]
    for rule in (_same, _numbered(typed), _joined, _reordered, _within, _beginnings, _part):
        fits = tuple(one.id for one, name in named if rule(words, name, one))
        if fits:
            return Found(fits)
    slips = [(one.id, _slips(words, name)) for one, name in named]
    best = max((score for _, score in slips), default=0.0)
    if best:
        return Found(tuple(id_ for id_, score in slips if score == best), sure=False)
    return Found((), _nearest(" ".join(words), known))


def _same(words: list[str], name: list[str], _: Named) -> bool:
    return words == name


def _numbered(typed: str) -> Callable[[list[str], list[str], Named], bool]:
    """`P-7`, `p7`, `#7`, `7`, and `P-7 Acme` as our own lists say it."""
    found = _REF.fullmatch(typed.strip())
    wanted = (found[1] or found[3]) if found else ""
    rest = plain(found[2] or "").split() if found else []

    def fits(_: list[str], name: list[str], one: Named) -> bool:
        number = _NUMBER.fullmatch(one.ref)
        return bool(wanted and number and number[1] == wanted) and _beginnings(rest, name, one)

    return fits


def _joined(words: list[str], name: list[str], _: Named) -> bool:
    return "".join(words) == "".join(name)


def _reordered(words: list[str], name: list[str], _: Named) -> bool:
    return sorted(words) == sorted(name)


def _within(words: list[str], name: list[str], _: Named) -> bool:
    return _matched(words, name, lambda word, other: word == other)


def _beginnings(words: list[str], name: list[str], _: Named) -> bool:
    return _matched(words, name, lambda word, other: other.startswith(word))


def _part(words: list[str], name: list[str], _: Named) -> bool:
    whole, joined = "".join(name), "".join(words)
    apart = all(word in whole and len(word) >= LEAST_FOR_PARTS for word in words)
    return apart or (joined in whole and len(joined) >= LEAST_FOR_PARTS)


def _slips(words: Iterable[str], name: Sequence[str]) -> float:
    """Return how alike the worst of the words is to a word of the name, 0 where one is like none."""
    return min((max((_alike(word, other) for other in name), default=0.0) for word in words), default=0.0)


def _alike(word: str, other: str) -> float:
    if word == other or (other.startswith(word) and len(word) > 1):
        return 1.0
    if min(len(word), len(other)) < LEAST_FOR_SLIPS:
        return 0.0
    # A beginning may be misspelled, too: "wallst" for "wallets".
    ratio = max(_ratio(word, other), _ratio(word, other[: len(word)]))
    return ratio if ratio >= ALIKE else 0.0


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _matched(words: Sequence[str], name: Sequence[str], fits: Callable[[str, str], bool]) -> bool:
    """Tell whether each word has a word of the name to itself; the longest choose first."""
    left = list(name)
    for word in sorted(words, key=len, reverse=True):
        own = next((other for other in left if fits(word, other)), None)
        if own is None:
            return False
        left.remove(own)
    return True


def _nearest(words: str, known: Sequence[Named]) -> tuple[int, ...]:
    """Return the names most like the words, best first; of equal ones the order given decides."""

    def likeness(one: Named) -> float:
        name = plain(one.name)
        parts = [_ratio(word, other) for word in words.split() for other in name.split()]
        return max([_ratio(words, name), *parts], default=0.0)

    ranked = sorted(known, key=likeness, reverse=True)
    return tuple(one.id for one in ranked[:NEAREST])
