"""The book of complaints: clocks, channels of receipt and categories, read from data.

Sources: https://docs.stripe.com/treasury/connect/handling-complaints and the addresses in the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain.deadline import LONGEST
from bot.domain.plan import REGIONS, PlanError, Text

CLOCKS: Final = ("acknowledge", "resolve", "notify", "forward", "extended")
SWITCHES: Final = ("forward",)
"""Clocks that a programme can switch on and off."""

MOST_MINUTES: Final = 60 * 24
_SECTIONS: Final = frozenset({"clocks", "proposal", "channel", "category"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,40}")
_TITLE_MOST: Final = 75
"""Characters of an option in a Slack menu."""


@dataclass(frozen=True)
class Rule:
    """A statutory clock: `length` business days. Without `regions` it holds in all; `on` is its switch."""

    length: int
    source: str
    on: bool = True
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A channel of receipt or a category; an `executive` one makes a complaint executive by itself."""

    id: str
    title: Text
    source: str = ""
    executive: bool = False


@dataclass(frozen=True)
class Book:
    """Everything about complaints that is data. Ids stay in stored rows: titles change, ids do not."""

    clocks: Mapping[str, Rule]
    proposal_minutes: int
    channels: tuple[Choice, ...]
    categories: tuple[Choice, ...]

    def channel(self, wanted: str) -> Choice | None:
        """Return a channel of receipt by its id."""
        return next((one for one in self.channels if one.id == wanted), None)

    def category(self, wanted: str) -> Choice | None:
        """Return a category by its id."""
        return next((one for one in self.categories if one.id == wanted), None)

    def with_settings(self, settings: Mapping[str, str]) -> Book:
        """Return the book of one programme: a number is another length, `on` and `off` set a switch.

        What cannot be read is left out: the default holds.
        """
        clocks = dict(self.clocks)
        for name, value in settings.items():
            if name in SWITCHES and value in {"on", "off"}:
                clocks[name] = replace(clocks[name], on=value == "on")
            elif name in clocks and value.isdecimal() and 1 <= int(value) <= LONGEST:
                clocks[name] = replace(clocks[name], length=int(value))
        return replace(self, clocks=clocks)


def book_from(document: Mapping[str, Any], name: str) -> Book:
    """Return the book in a document of plain values; `name` (a file) starts each message.

    Raises:
        PlanError: a field is missing, unknown or impossible (all of them are listed).
    """
    problems = [f"{name}: {key}: unknown section" for key in document if key not in _SECTIONS]
    given = document.get("clocks")
    given = given if isinstance(given, Mapping) else {}
    clocks = {key: _rule(given.get(key), f"{name}: clocks.{key}", problems) for key in CLOCKS}
    problems += [f"{name}: clocks.{key}: unknown clock" for key in given if key not in CLOCKS]
    proposal = document.get("proposal")
    minutes = proposal.get("minutes") if isinstance(proposal, Mapping) else None
    if type(minutes) is not int or not 1 <= minutes <= MOST_MINUTES:
        problems.append(f"{name}: proposal: minutes: 1 to {MOST_MINUTES}, not {minutes!r}")
    channels = _choices(document.get("channel"), f"{name}: channel", problems)
    categories = _choices(document.get("category"), f"{name}: category", problems)
    if problems:
        raise PlanError(problems)
    assert isinstance(minutes, int), "checked above"  # noqa: S101 - for the type checker
    return Book(clocks, minutes, channels, categories)


def _rule(value: object, where: str, problems: list[str]) -> Rule:
    if not isinstance(value, Mapping):
        problems.append(f"{where}: missing")
        return Rule(1, "")
    problems += [
        f"{where}: {key}: unknown field" for key in value if key not in {"length", "source", "on", "regions"}
    ]
    length, source = value.get("length"), value.get("source")
    on, regions = value.get("on", True), value.get("regions", [])
    if type(length) is not int or not 1 <= length <= LONGEST:
        problems.append(f"{where}: length: 1 to {LONGEST} business days, not {length!r}")
    if not isinstance(source, str) or not source.startswith("https://"):
        problems.append(f"{where}: source: an https address, not {source!r}")
    if type(on) is not bool:
        problems.append(f"{where}: on: true or false, not {on!r}")
    if not isinstance(regions, list) or not all(one in REGIONS for one in regions):
        problems.append(f"{where}: regions: some of {', '.join(REGIONS)}, not {regions!r}")
    if problems:
        return Rule(1, "")
    return Rule(length, source, on, tuple(regions))  # type: ignore[arg-type]


def _choices(value: object, where: str, problems: list[str]) -> tuple[Choice, ...]:
    if not isinstance(value, list) or not value:
        problems.append(f"{where}: at least one is needed")
        return ()
    found: list[Choice] = []
    for number, one in enumerate(value, 1):
        here = f"{where} {number}"
        if not isinstance(one, Mapping):
            problems.append(f"{here}: must be a table")
            continue
        known = {"id", "title", "source", "executive"}
        problems += [f"{here}: {key}: unknown field" for key in one if key not in known]
        name, title = one.get("id"), one.get("title")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in {had.id for had in found}:
            problems.append(f"{here}: id: small letters, used once, not {name!r}")
            continue
        texts = title if isinstance(title, Mapping) else {}
        if any(not 0 < len(str(texts.get(language, ""))) <= _TITLE_MOST for language in ("en", "fr")):
            problems.append(f"{here}: title: en and fr, up to {_TITLE_MOST} characters each")
            continue
        text = Text(str(texts["en"]), str(texts["fr"]))
        found.append(Choice(name, text, str(one.get("source", "")), one.get("executive") is True))
    return tuple(found)
