"""The catalogues: one `.po` file per language, symbolic keys, `{name}` places, plural entries.

A plural entry repeats its key as `msgid_plural`; form 0 is the language's "one", form 1 everything else.
French counts 0 as "one", English does not: Babel's plural rules decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final, Literal, get_args

from babel import Locale
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from babel.messages.catalog import Message

Language = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

FOLDER: Final = Path(__file__).parent.parent / "locales"

Template = tuple[tuple[str, str | None], ...]
"""Pairs of literal text and the name of the place after it (None at the end)."""


class TextError(LookupError):
    """A text or one of its places is missing, or an entry is malformed: a mistake of ours, no person's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One text: `other` is None unless the text depends on `count`."""

    one: Template
    other: Template | None = None


def file_of(language: str) -> Path:
    """The catalogue's file."""
    return FOLDER / language / "LC_MESSAGES" / "gantry.po"


def load() -> None:
    """Reads all catalogues now, so that no request pays for it. Otherwise the first text does.

    Raises:
        TextError: an entry is malformed; the message names its file and key.
    """
    for language in LANGUAGES:
        catalogue(language)


@cache
def catalogue(language: str) -> Mapping[str, Entry]:
    """All entries of a language by key, parsed once.

    Raises:
        TextError: no such language, or an entry is malformed.
    """
    if language not in LANGUAGES:
        raise TextError(f"no language {language!r}; there are {', '.join(LANGUAGES)}")
    with file_of(language).open("rb") as file:
        messages = read_po(file, locale=language, abort_invalid=True)
    return {_key(message): _entry(language, message) for message in messages if message.id}


def language_of(locale: str | None, default: Language = "en") -> Language:
    """The language for a Slack locale such as `fr-CA`: French for every French one, else English.

    An unknown locale (None or empty) gives the default.
    """
    if not locale:
        return default
    return "fr" if locale.replace("_", "-").split("-")[0].lower() == "fr" else "en"


def keys(language: str = "en") -> frozenset[str]:
    """Every key of the catalogue."""
    return frozenset(catalogue(language))


def has(key: str) -> bool:
    """True when the text exists."""
    return key in catalogue("en")


def places(language: str, key: str) -> frozenset[str]:
    """The names of the places of a text, over all its plural forms."""
    entry = catalogue(language)[key]
    return frozenset(name for form in (entry.one, entry.other or ()) for _, name in form if name)


def fill(
    language: str,
    key: str,
    values: Mapping[str, object],
    *,
    words: Callable[[str], str],
    value: Callable[[object], str],
) -> str:
    """A text with its places filled: `words` treats our own words, `value` each value.

    Raises:
        TextError: no such text, a place without a value, or a plural entry without a whole `count`.
    """
    template = _form(language, key, values)
    parts: list[str] = []
    for literal, name in template:
        parts.append(words(literal))
        if name is None:
            continue
        if name not in values:
            raise TextError(f"{language}: {key!r} needs a value for {{{name}}}; given: {sorted(values)}")
        parts.append(value(values[name]))
    return "".join(parts)


def _form(language: str, key: str, values: Mapping[str, object]) -> Template:
    try:
        entry = catalogue(language)[key]
    except KeyError:
        raise TextError(f"{language}: no text {key!r} in {file_of(language).name}") from None
    if entry.other is None:
        return entry.one
    number = values.get("count")
    if not isinstance(number, int) or isinstance(number, bool):
        raise TextError(f"{language}: {key!r} has plural forms and needs a whole number as count")
    return entry.one if Locale.parse(language).plural_form(number) == "one" else entry.other


def _key(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, (tuple, list)) else message.id)


def _entry(language: str, message: Message) -> Entry:
    where = f"{language}: {_key(message)!r}"
    if message.fuzzy:
        raise TextError(f"{where} is marked fuzzy: check the words, then remove the mark")
    if isinstance(message.id, (tuple, list)):
        forms = [str(form) for form in message.string] if isinstance(message.string, (tuple, list)) else []
        if len(forms) != 2 or not all(forms) or len(set(message.id)) != 1:  # noqa: PLR2004 - one and other
            raise TextError(f"{where} needs msgid_plural equal to msgid, msgstr[0] and msgstr[1]")
        return Entry(_template(where, forms[0]), _template(where, forms[1]))
    if not message.string:
        raise TextError(f"{where} has no words")
    return Entry(_template(where, str(message.string)))


def _template(where: str, text: str) -> Template:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise TextError(f"{where}: {error}; write {{{{ for a brace that people shall see") from error
    for _, name, spec, conversion in parts:
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise TextError(f"{where}: a place is a plain name in braces, not {{{name}}} with anything more")
    return tuple((literal, name) for literal, name, _, _ in parts)
