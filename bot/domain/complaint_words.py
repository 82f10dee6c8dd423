"""Words that make a complaint look executive: they propose, people decide. The list is data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bot.domain.plan import PlanError, Text

REASONS: Final = ("litigation", "regulator", "practices", "discrimination", "harm", "law")
MOST_NAMED: Final = 6
"""Words that are named at once; one is enough to propose."""

_GAP: Final = r"(?:\W+\w+){0,4}?\W+"
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u02bc": "'", "`": "'", "\u00b4": "'"})


class Hit(NamedTuple):
    """A word of the list that a text holds, as the list writes it, and the reason it stands for."""

    reason: str
    word: str


@dataclass(frozen=True)
class Words:
    """The list, ready to look for; `titles` says what each reason is."""

    titles: Mapping[str, Text]
    patterns: tuple[tuple[str, str, re.Pattern[str]], ...]

    def look(self, text: str) -> tuple[Hit, ...]:
        """Return what of the list a text holds, each word once, at most `MOST_NAMED` of them."""
        folded = fold(text)
        found: dict[str, Hit] = {}
        for reason, word, pattern in self.patterns:
            if word not in found and pattern.search(folded):
                found[word] = Hit(reason, word)
                if len(found) == MOST_NAMED:
                    break
        return tuple(found.values())


def fold(text: str) -> str:
    """Return a text in small letters, without accents and hyphens, so that spellings meet."""
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.sub(r"[-\u2010-\u2015_]+", " ", bare).split())


def words_from(document: Mapping[str, Any], name: str) -> Words:
    """Return the list in a document of plain values; `name` (a file) starts each message.

    Raises:
        PlanError: a reason is missing or unknown, or one of its fields is impossible.
    """
    problems = [f"{name}: {key}: unknown reason" for key in document if key not in REASONS]
    titles: dict[str, Text] = {}
    patterns: list[tuple[str, str, re.Pattern[str]]] = []
    for reason in REASONS:
        given = document.get(reason)
        if not isinstance(given, Mapping) or set(given) != {"title", "en", "fr"}:
            problems.append(f"{name}: {reason}: title, en and fr are needed, and nothing else")
            continue
        title = given["title"]
        if not isinstance(title, Mapping) or not title.get("en") or not title.get("fr"):
            problems.append(f"{name}: {reason}: title: en and fr are needed")
            continue
        titles[reason] = Text(str(title["en"]), str(title["fr"]))
        for language in ("en", "fr"):
            for word in given[language]:
                if not isinstance(word, str) or not word.strip(" *…"):
                    problems.append(f"{name}: {reason}: {language}: a word is empty")
                    continue
                patterns.append((reason, word.replace("*", ""), re.compile(_pattern(word))))
    if problems:
        raise PlanError(problems)
    return Words(titles, tuple(patterns))


def _pattern(word: str) -> str:
    parts = [[_token(one) for one in fold(part).split()] for part in word.split("…")]
    return r"(?<!\w)" + _GAP.join(r"\W+".join(part) for part in parts if part) + r"(?!\w)"


def _token(one: str) -> str:
    return re.escape(one.removesuffix("*")) + (r"\w*" if one.endswith("*") else "")
