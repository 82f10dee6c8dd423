"""The onboarding plans as data, one file for each programme variant. Importing reads nothing."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from bot.domain.complaint_book import Book, book_from
from bot.domain.complaint_words import Words, words_from
from bot.domain.dispute_reason import Reasons, reasons_from
from bot.domain.ladder import Ladder, ladders_from
from bot.domain.pace import Paces, paces_from, with_paces
from bot.domain.plan import ChoiceProblem, Plan, PlanError, choice_problems, plan_from
from bot.domain.plan_check import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIANTS: Final = ("embedded_finance", "b2b_payments", "expense_management")


def variants() -> tuple[str, ...]:
    """Return the names of the programme variants, in the order a form lists them."""
    return VARIANTS


@lru_cache(maxsize=len(VARIANTS))
def load(variant: str) -> Plan:
    """Return the plan of a variant, checked.

    Raises:
        PlanError: there is no such variant, or its file has mistakes (all of them are listed).
    """
    if variant not in VARIANTS:
        raise PlanError([f"no plan for the variant {variant}; there are {', '.join(VARIANTS)}"])
    name = f"{variant}.toml"
    return with_paces(read(_text(name), name, variant), paces())


def read(text: str, name: str, variant: str) -> Plan:
    """Return the plan written in TOML, checked; `name` starts each message.

    Raises:
        PlanError: the text is not TOML, not a plan, or a plan with mistakes.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError([f"{name}: {error}"]) from error
    # The file says [[part]] and [[step]], as one writes them; the plan has parts and steps.
    renamed = {{"part": "parts", "step": "steps"}.get(key, key): value for key, value in document.items()}
    plan = plan_from(renamed, name)
    problems = validate(plan, name)
    if plan.variant != variant:
        problems.append(f"{name}: variant: the file is for {variant}, not {plan.variant}")
    if problems:
        raise PlanError(problems)
    return plan


@lru_cache(maxsize=1)
def paces() -> Paces:
    """Return how long the team means to take for its own steps.

    Raises:
        PlanError: `paces.toml` has mistakes (all of them are listed).
    """
    return paces_from(tomllib.loads(_text("paces.toml")), "paces.toml")


@lru_cache(maxsize=1)
def ladders() -> Mapping[str, Ladder]:
    """Return the ladders of reminders by name.

    Raises:
        PlanError: `ladders.toml` has mistakes (all of them are listed).
    """
    return ladders_from(tomllib.loads(_text("ladders.toml")), "ladders.toml")


@lru_cache(maxsize=1)
def complaints() -> Book:
    """Return the clocks, channels of receipt and categories of complaints.

    Raises:
        PlanError: `complaints.toml` has mistakes (all of them are listed).
    """
    return book_from(tomllib.loads(_text("complaints.toml")), "complaints.toml")


@lru_cache(maxsize=1)
def complaint_words() -> Words:
    """Return the words that propose an executive complaint.

    Raises:
        PlanError: `complaint_words.toml` has mistakes (all of them are listed).
    """
    return words_from(tomllib.loads(_text("complaint_words.toml")), "complaint_words.toml")


@lru_cache(maxsize=1)
def disputes() -> Reasons:
    """Return the reasons of disputes with the evidence each asks for.

    Raises:
        PlanError: `dispute.toml` has mistakes (all of them are listed).
    """
    return reasons_from(tomllib.loads(_text("dispute.toml")), "dispute.toml")


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def problems_of_choice(variant: str, region: str, products: Iterable[str]) -> tuple[ChoiceProblem, ...]:
    """Return what is wrong with a choice on the form: the field at fault, the text, and what fits."""
    return choice_problems([load(one) for one in VARIANTS], variant, region, products)


def policy() -> str:
    """Return the text of the policy Gantry ships, for authorizations: version 0."""
    return _text("policy.toml")
