"""Words of the playground's scenes in both languages: the page shows those of the person who looks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from bot.domain.plan import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("en", "fr")


@dataclass(frozen=True)
class Said:
    """Words of `spoken.toml` by their key, with what fills their places."""

    key: str
    values: Mapping[str, Words]


Words = Said | Text | str
"""What people read: ours, a plan's, or a text that is the same in both languages (what somebody typed)."""


def said(key: str, **values: Words) -> Said:
    """Return words of `spoken.toml`; nothing is read before somebody looks at them."""
    return Said(key, values)


def both(words: Words) -> dict[str, str]:
    """Return words by language.

    Raises:
        KeyError: there are no such words, or a place has no value.
    """
    if isinstance(words, Said):
        given = {name: both(value) for name, value in words.values.items()}
        found = _all()[words.key]
        return {
            language: found[language].format(**{name: value[language] for name, value in given.items()})
            for language in LANGUAGES
        }
    return {language: words if isinstance(words, str) else words[language] for language in LANGUAGES}


@lru_cache(maxsize=1)
def _all() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("spoken.toml").read_text(encoding="utf-8"))
