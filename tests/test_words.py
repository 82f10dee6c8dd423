"""The catalogues against the code that uses them, and against the rules of both languages."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from bot import text
from bot.text import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent

# How a key reaches the catalogue. A literal in one of these places must exist:
PLAIN = {"say", "plain", "count"}  # bot.text functions: the second argument; their texts hold no markup signs
CALLS = PLAIN | {"mrkdwn", "has"}  # `has` takes the key first
ERRORS = {
    "GantryError",
    "RefusedError",
    "StaleError",
    "NotFoundError",
}  # bot.domain.error: the first argument
KEYWORDS = {"text_key", "title_key", "help_key", "label_key", "hint_key"}  # of any call
# Keys put together at run time are written as an f-string that starts with its literal part, for instance
# f"outcome.{name}.title". Every key that fits counts as used; none fitting is a mistake in a place above.
# One of two parts that starts with its place, f"{form}.title" or f"{group}.{value}", only counts as a use: of
# the keys whose parts stand somewhere in the code as strings.

# Characters that stay whole where a text is shown; more is cut with "…" (phones cut buttons after 30).
SHORT = {
    ("button", 0): 30,
    ("modal", 0): 24,
    ("modal", "submit"): 24,
    ("modal", "close"): 24,
    ("option", 0): 75,
}

FRENCH_RULES = {
    r"(?<![\u00a0\u202f?!])[;!?»]|(?<![\u00a0\u202f])(?<!https)(?<!http):(?![a-z_]+:|\d|//)(?<!\d:)": "no no-break space before it",
    r"«(?![\u00a0\u202f])": "no no-break space after it",
    r"'": "the apostrophe is U+2019",
    r'"': "quotation marks are « »",
    r"\.\.\.": "three dots are …",
    r"(?i)jours? ouvrable": "say jour ouvré",
    r"(?i)\bplaintes?\b": "say réclamation",
    r"(?i)\bcontestations?\b": "say litige",
    r"(?i)\bmode (live|réel|direct)\b": "say mode production",
    r"(?i)(gestionnaire|responsable) de compte": "say représentant de compte",
}
EMOJI_NAME = re.compile(r":[a-z0-9_+-]+:")


@dataclass
class Use:
    where: str
    literal: str | None = None
    pattern: str | None = None
    plain: bool = False


@dataclass
class Found:
    uses: list[Use] = field(default_factory=list)
    strings: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    endings: set[str] = field(default_factory=set)

    def used(self, key: str) -> bool:
        head, _, last = key.partition(".")
        return (
            key in self.strings
            or any(re.fullmatch(made, key) for made in self.patterns)
            or (
                head in self.strings and (last in self.endings or ({last, ""} <= self.strings | self.endings))
            )
        )


def sources() -> Iterator[Path]:
    for folder in ("bot", "commands", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "playground" not in path.parts and path.parent != ROOT / "bot" / "text":
                yield path


def pattern(node: ast.JoinedStr) -> str | None:
    """What an f-string may become, or None when it does not start like a key."""
    first = node.values[0]
    if not (isinstance(first, ast.Constant) and re.match(r"[a-z_]+\.", str(first.value))):
        return None
    return "".join(
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.-]+" for part in node.values
    )


def ending(node: ast.JoinedStr) -> str | None:
    """What follows the dot of `{place}.word`, nothing for `{place}.{place}`, or None when it is neither."""
    if not isinstance(node.values[0], ast.FormattedValue) or len(node.values) < 2:
        return None
    dot, *rest = node.values[1:]
    if not (isinstance(dot, ast.Constant) and re.fullmatch(r"\.[a-z_]*", str(dot.value))):
        return None
    places = [isinstance(part, ast.FormattedValue) for part in rest]
    return str(dot.value)[1:] if places == [True] * (str(dot.value) == ".") else None


def names_of(tree: ast.Module) -> dict[str, str]:
    """Local names that stand for `bot.text`, its functions, and the errors."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        for alias in node.names:
            if node.module == "bot" and alias.name == "text":
                known[alias.asname or "text"] = "bot.text"
            if node.module.split(".")[:2] == ["bot", "text"] or node.module == "bot.domain.error":
                known[alias.asname or alias.name] = alias.name
    return known


def keys_in(call: ast.Call, known: dict[str, str]) -> Iterator[tuple[ast.expr, bool]]:
    """The expressions of a call that must be keys, and whether the text is shown as plain words."""
    name = callee(call.func, known)
    at = 1 if name in CALLS - {"has"} else 0
    if name in CALLS | ERRORS and len(call.args) > at:
        yield call.args[at], name in PLAIN
    if name == "FormError" and call.args and isinstance(call.args[0], ast.Dict):
        pairs = [value for value in call.args[0].values if isinstance(value, ast.Tuple)]
        yield from ((pair.elts[0], True) for pair in pairs)
    yield from ((keyword.value, False) for keyword in call.keywords if keyword.arg in KEYWORDS)


def callee(function: ast.expr, known: dict[str, str]) -> str:
    """The name in `bot.text` or `bot.domain.error` of what is called, else nothing."""
    if isinstance(function, ast.Name):
        return known.get(function.id, "")
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if known.get(function.value.id) == "bot.text" else ""
    return ""


def branches(node: ast.expr) -> Iterator[ast.expr]:
    """Both sides of `a if x else b`, else the expression itself."""
    if isinstance(node, ast.IfExp):
        yield from branches(node.body)
        yield from branches(node.orelse)
    else:
        yield node


def scan(source: str, name: str) -> Found:
    tree = ast.parse(source)
    known = names_of(tree)
    found = Found()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.strings.add(node.value)
        if isinstance(node, ast.JoinedStr) and (made := pattern(node)):
            found.patterns.add(made)
        if isinstance(node, ast.JoinedStr) and (last := ending(node)) is not None:
            found.endings.add(last)
        if not isinstance(node, ast.Call):
            continue
        for key, plain in keys_in(node, known):
            for each in branches(key):
                where = f"{name}:{each.lineno}"
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    found.uses.append(Use(where, literal=each.value, plain=plain))
                elif isinstance(each, ast.JoinedStr) and (made := pattern(each)):
                    found.uses.append(Use(where, pattern=made, plain=plain))
    return found


@cache
def everything() -> Found:
    whole = Found()
    for path in sources():
        one = scan(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
        whole.uses += one.uses
        whole.strings |= one.strings
        whole.patterns |= one.patterns
        whole.endings |= one.endings
    return whole


def words(language: text.Language) -> dict[str, list[str]]:
    with catalogue.file_of(language).open("rb") as file:
        return {
            message.id if isinstance(message.id, str) else message.id[0]: [message.string]
            if isinstance(message.string, str)
            else list(message.string or ())
            for message in read_po(file, locale=language)
            if message.id
        }


def fitting(use: Use) -> set[str]:
    known = text.keys()
    if use.literal is not None:
        return {use.literal} & known
    return {key for key in known if re.fullmatch(use.pattern or "", key)}


def test_both_languages_have_every_text() -> None:
    english, french = text.keys("en"), text.keys("fr")
    assert sorted(english - french) == [], "missing in fr"
    assert sorted(french - english) == [], "missing in en"


def test_no_catalogue_has_a_key_twice() -> None:
    for language in text.LANGUAGES:
        ids = re.findall(r'(?m)^msgid "(.+)"$', catalogue.file_of(language).read_text(encoding="utf-8"))
        assert sorted({key for key in ids if ids.count(key) > 1}) == [], language


def test_both_languages_have_the_same_places_and_plurals() -> None:
    for key in text.keys() & text.keys("fr"):
        assert text.places("en", key) == text.places("fr", key), key
        many = [catalogue.catalogue(language)[key].other is not None for language in text.LANGUAGES]
        assert many[0] == many[1], f"{key} has plural forms in one language only"


def test_every_text_that_the_code_names_exists() -> None:
    missing = [f"{use.where} {use.literal or use.pattern}" for use in everything().uses if not fitting(use)]
    assert not missing, "\n".join(["add to both catalogues:", *missing])


def test_every_text_is_used() -> None:
    found = everything()
    left = sorted(key for key in text.keys() if not found.used(key))  # noqa: SIM118 - a function, no mapping
    assert left == [], "remove them from both catalogues"


def test_texts_shown_as_plain_words_hold_no_markup() -> None:
    catalogues = {language: words(language) for language in text.LANGUAGES}
    signs = re.compile(r"(?<!\w)[*_~](?=\S)|`")
    wrong = {
        f"{use.where} {key}"
        for use in everything().uses
        if use.plain
        for key in fitting(use)
        for entries in catalogues.values()
        if any(signs.search(form) for form in entries[key])
    }
    assert sorted(wrong) == []


def shown_short(tree: ast.Module, known: dict[str, str]) -> Iterator[tuple[ast.expr, int]]:
    """The keys of texts that become buttons, titles and options, and how long those may be."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [*enumerate(call.args), *((keyword.arg, keyword.value) for keyword in call.keywords)]
        for place, value in given:
            most = SHORT.get((name, place))
            if most and isinstance(value, ast.Call):
                yield from ((key, most) for key, _ in keys_in(value, known))


def test_buttons_titles_and_options_are_short_enough() -> None:
    limits = {key: 24 for key in text.keys() if key.endswith(".submit")}  # noqa: SIM118 - a function, no mapping
    limits |= {key.replace(".submit", ".title"): 24 for key in limits}
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for key, most in shown_short(tree, names_of(tree)):
            for each in branches(key):
                literal = str(each.value) if isinstance(each, ast.Constant) else None
                made = pattern(each) if isinstance(each, ast.JoinedStr) else None
                limits |= dict.fromkeys(fitting(Use("", literal, made)), most) if literal or made else {}
    assert len(limits) > 50, "the scan finds no places any more"
    too_long = [
        f"{language} {key}: {len(form)} characters, at most {limits[key]}"
        for language in text.LANGUAGES
        for key, forms in words(language).items()
        for form in forms
        if len(form) > limits.get(key, len(form)) and not key.endswith("_label")
    ]
    assert too_long == []


def faults(form: str) -> list[str]:
    form = EMOJI_NAME.sub("", form)
    return [
        f"{complaint}: {form[max(0, found.start() - 15) : found.end() + 10]!r}"
        for rule, complaint in FRENCH_RULES.items()
        for found in re.finditer(rule, form)
    ]


def test_french_keeps_its_own_rules() -> None:
    wrong = [
        f"{key}: {fault}" for key, forms in words("fr").items() for form in forms for fault in faults(form)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ("Fini\u00a0!", False),
        ("Fini !", True),
        ("Fini!", True),
        ("Pourquoi\u202f?!", False),
        ("Étape\u00a0: carte", False),
        ("Étape: carte", True),
        ("à 10:30, voir https://x.test :tada:", False),
        ("«\u00a0oui\u00a0»", False),
        ("« oui »", True),
        ("l'offre", True),
        ("5 jours ouvrables", True),
        ("5 jours ouvrés", False),
        ("Une plainte", True),
    ],
)
def test_the_french_rules_find_what_they_should(form: str, wrong: bool) -> None:  # noqa: FBT001 - a case's column
    assert bool(faults(form)) is wrong


def test_the_scan_knows_where_keys_stand() -> None:
    source = """
from bot import text
from bot.text import mrkdwn as marked, say
from bot.domain.error import FormError, RefusedError

def show(language, walk, name, late):
    walk.say("a.view", name)
    text.say(language, "one.two")
    marked(language, f"kind.{name}.title")
    say(language, "yes.it" if late else "no.it")
    raise RefusedError("refused.x", who=name)
    raise FormError({"name": ("form.name", {})})
    verb(text_key="verb.help")
    form(f"{name}.title", f"{group}.{value}", "block", "cards", "none", f"{day}.{month}.{year}", f"{kind}-{id}")
"""
    found = scan(source, "x.py")
    assert [use.literal or use.pattern for use in found.uses] == [
        "one.two",
        r"kind\.[\w.-]+\.title",
        "yes.it",
        "no.it",
        "refused.x",
        "form.name",
        "verb.help",
    ]
    assert [use.plain for use in found.uses] == [True, False, True, True, False, True, False]
    assert found.endings == {"title", ""}
    assert [found.used(key) for key in ("block.title", "cards.none", "block.text", "other.title")] == [
        True,
        True,
        False,
        False,
    ]
