"""Which programme a card belongs to: the account, and what tells cards apart where several share one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TELLS: Final = ("all", "currency", "design", "metadata")
"""What tells the cards of a programme from others on its account; `all`: nobody else has cards there."""

KEY: Final = "gantry_program"
"""Metadata of a card that name its programme (`P-7`) win over every other rule."""


@dataclass(frozen=True)
class Rule:
    """The cards of one programme (its reference) on one account."""

    program: str
    tell: str = "all"
    key: str = ""
    value: str = ""

    def fits(self, card: Traits) -> bool:
        """Tell whether a card is one of this programme's."""
        if self.tell == "all":
            return True
        found = {
            "currency": card.currency,
            "design": card.design,
            "metadata": card.metadata.get(self.key, ""),
        }.get(self.tell, "")
        return bool(found) and found.casefold() == self.value.casefold()


@dataclass(frozen=True)
class Traits:
    """What can tell a card's programme."""

    currency: str
    design: str
    metadata: Mapping[str, str]


def match(rules: Iterable[Rule], card: Traits) -> str:
    """Return the programme of a card; `''` when none fits, or more than one: then people decide."""
    these = list(rules)
    named = card.metadata.get(KEY, "")
    if any(rule.program == named for rule in these):
        return named
    fitting = {rule.program for rule in these if rule.fits(card)}
    return fitting.pop() if len(fitting) == 1 else ""


def clash(rules: Iterable[Rule], new: Rule) -> str:
    """Return the programme whose cards a new rule would claim as well; `''` when it is clear."""
    for rule in rules:
        if rule.program != new.program and (
            "all" in (rule.tell, new.tell)
            or (rule.tell, rule.key, rule.value.casefold()) == (new.tell, new.key, new.value.casefold())
        ):
            return rule.program
    return ""
