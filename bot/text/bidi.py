"""Keeps right-to-left text in its place: it may neither turn nor reorder the words around it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TURNS: Final = frozenset(("R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"))
_ISOLATES: Final = re.compile("[\u2066\u2067\u2068\u2069]")
FIRST_STRONG: Final = "\u2068"
POP: Final = "\u2069"


def isolated(text: str) -> str:
    """The same text, each of its lines that could turn the direction wrapped in a first-strong isolate.

    A line's own unmatched isolates and pops are balanced, so that nothing in it reaches outside
    (Unicode Standard Annex 9, sections 2.4 and 2.5). Text without such characters comes back unchanged.
    """
    if text.isascii():
        return text
    return "\n".join(_isolated_line(line) for line in text.split("\n"))


def _isolated_line(line: str) -> str:
    if not any(unicodedata.bidirectional(character) in _TURNS for character in set(line)):
        return line
    unclosed = unopened = 0
    for character in _ISOLATES.findall(line):
        if character != POP:
            unclosed += 1
        elif unclosed:
            unclosed -= 1
        else:
            unopened += 1
    return FIRST_STRONG * (unopened + 1) + line + POP * (unclosed + 1)
