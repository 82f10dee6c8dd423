"""Measures and shortens text as Slack's limits ask for."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, TypeVar

from bot.text import Mrkdwn

MORE: Final = "…"

_Text = TypeVar("_Text", bound=str)
_WORD: Final = 24
_JOINER: Final = "\u200d"
_OPENS: Final = "\u2066\u2067\u2068"
_POP: Final = "\u2069"
_TOKEN: Final = re.compile(r"<[^<>\n]*>|&(?:amp|lt|gt);")


def length(text: str) -> int:
    """Characters as Slack may count them: an emoji outside the basic plane counts twice (UTF-16).

    Slack's pages say "characters" and no more, so this keeps to the stricter reading.
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: _Text, limit: int) -> _Text:
    """The text, or as much of it as fits with "…" behind it; of the same kind, markup or words.

    Never cuts inside a mention, a link, an entity or an emoji made of several characters, and closes what
    keeps right-to-left text in its place. Prefers the end of a word.
    """
    if length(text) <= limit:
        return text
    end = _fitting(text, limit - len(MORE))
    while True:
        stop = _whole(text, end)
        kept = text[:stop]
        word = max(kept.rfind(" "), kept.rfind("\n"))
        if not text[stop].isspace() and 0 < word > stop - _WORD and _whole(text, word) == word:
            kept = kept[:word]
        closed = f"{kept.rstrip()}{MORE}{_POP * _open(kept)}"
        if length(closed) <= limit or not kept:
            break
        end = max(0, end - max(1, (length(closed) - limit) // 2))
    return type(text)(closed)


def _fitting(text: str, limit: int) -> int:
    """How many leading characters measure at most the limit."""
    measured = 0
    for index, character in enumerate(text):
        measured += 2 if ord(character) > 0xFFFF else 1  # noqa: PLR2004 - the end of the basic plane
        if measured > limit:
            return index
    return len(text)


def _whole(text: str, end: int) -> int:
    """The last index at or before `end` where nothing is torn."""
    if isinstance(text, Mrkdwn):
        for found in _TOKEN.finditer(text):
            if found.start() < end < found.end():
                end = found.start()
                break
    while 0 < end < len(text) and _belongs(text, end):
        end -= 1
    return end


def _belongs(text: str, index: int) -> bool:
    """True when this character continues what the one before it began."""
    here, before = text[index], text[index - 1]
    if unicodedata.combining(here) or unicodedata.category(here) in ("Mn", "Me", "Mc"):
        return True
    if _JOINER in (here, before) or "\U0001f3fb" <= here <= "\U0001f3ff":
        return True
    # Two regional letters make one flag; count how many stand in a row before this one.
    if not _regional(here):
        return False
    row = 0
    while row < index and _regional(text[index - 1 - row]):
        row += 1
    return row % 2 == 1


def _regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _open(text: str) -> int:
    depth = 0
    for character in text:
        if character in _OPENS:
            depth += 1
        elif character == _POP and depth:
            depth -= 1
    return depth
