"""An onboarding plan: its steps, what each needs, and which of them a programme has. Pure data and rules.

Plans are written in `bot/plans/*.toml`, stored as canonical JSON (`to_json`), and read back with `from_json`.
`bot.domain.plan_check` finds the mistakes in one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from functools import cached_property, lru_cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterable

LANGUAGES: Final = ("en", "fr")
REGIONS: Final = ("us", "uk", "eu")
PRODUCTS: Final = ("issuing", "treasury")
PHYSICAL_CARDS: Final = ("none", "standard", "custom")
COMPANIES: Final = ("funded_team", "one_developer")
FLOWS: Final = ("marketing", "signup", "account")
PROOFS: Final[Mapping[str, int]] = {
    "disclosures": 1,
    "complaints": 2,
    "disputes": 2,
    "emails": 3,
    "receipts": 4,
    "statements": 5,
}
"""What the screenshots must prove, by the number it has in Stripe's guide: agreements and disclosures;
complaints and disputes; regulatory e-mails; regulatory receipts; statements."""
MATERIALS: Final[Mapping[str, int]] = {"fees": 6, "terms": 7, "marketing": 8, "interfaces": 9}
"""What else Stripe reviews with them; the guide gives these no number, ours go on after its five."""


class PlanError(Exception):
    """A plan cannot be used; `problems` names file, step and field of every mistake."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Text:
    """The same sentence in each language of `LANGUAGES`; `text["fr"]` reads one."""

    en: str = ""
    fr: str = ""

    def __getitem__(self, language: str) -> str:
        """Return the sentence in a language; one we do not speak reads English."""
        return self.fr if language.partition("_")[0] == "fr" else self.en


@dataclass(frozen=True)
class Answers:
    """What a programme said on its form, and so what decides which steps it has."""

    region: str
    products: frozenset[str]
    variant: str
    physical_cards: str = "none"
    wallets: bool = False
    statements: bool = False
    company: str = "funded_team"


@dataclass(frozen=True)
class Condition:
    """When a step applies: all that is set must hold; nothing set means always."""

    regions: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    physical_cards: tuple[str, ...] = ()
    wallets: bool | None = None
    statements: bool | None = None
    company: tuple[str, ...] = ()

    def holds(self, answers: Answers) -> bool:
        """Tell whether a programme with these answers fulfils all of it; one of the products is enough."""
        return (
            (not self.regions or answers.region in self.regions)
            and (not self.products or bool(answers.products & frozenset(self.products)))
            and (not self.physical_cards or answers.physical_cards in self.physical_cards)
            and self.wallets in (None, answers.wallets)
            and self.statements in (None, answers.statements)
            and (not self.company or answers.company in self.company)
        )


@dataclass(frozen=True)
class Clock:
    """How long a step may take: `length` days of the calendar, from its opening or the end of another step.

    `calendar` is `stripe`, `team`, or `open` where the source names none: then a wait for Stripe takes the
    one that ends later, a duty of ours the one that ends earlier. `starts` is `opened` or the id of a step;
    `about` marks a length that its source gives as a guess, `aim` one that is ours and no rule of Stripe's.
    `source` is empty where the source of the step says it.
    """

    length: int
    unit: str
    calendar: str
    starts: str = "opened"
    about: bool = False
    source: str = ""
    aim: bool = False


@dataclass(frozen=True)
class Repeats:
    """How often a lasting duty is due again after launch: every `length` days or months.

    `source` is empty where the source of the step says it. A duty without this has no fixed period.
    """

    length: int
    unit: str
    source: str = ""


@dataclass(frozen=True)
class EvidenceItem:
    """One thing to attach to a step; `good` says what a good one shows.

    `proof` is a key of `PROOFS` or `MATERIALS` when the item goes to Stripe with the submission, `flow` the
    screens it shows, if they are of one flow. The defaults keep plans readable that were stored without.
    """

    id: str
    title: Text
    required: bool = False
    good: Text = Text()
    proof: str = ""
    flow: str = ""
    when: Condition = Condition()


@dataclass(frozen=True)
class Part:
    """One of the parts a plan is read in."""

    id: str
    title: Text


@dataclass(frozen=True)
class Step:
    """One thing that we or Stripe do. A step of mode `live` works only after live access.

    `outcome` names the form that ends the step (None: it is simply done). `back_to` is the step that opens
    again when the outcome asks for a revision. `url` is the page to work with, if it is not the source.
    """

    id: str
    part: str
    actor: str
    title: Text
    do: Text
    source: str
    mode: str = "test"
    needs: tuple[str, ...] = ()
    when: Condition = Condition()
    outcome: str | None = None
    evidence: tuple[EvidenceItem, ...] = ()
    clock: Clock | None = None
    url: str | None = None
    back_to: str | None = None
    repeats: Repeats | None = None


@dataclass(frozen=True)
class Plan:
    """A whole plan: for one variant, the regions and products it fits, its parts and steps in order.

    `duties` are the ids of the steps that name an owner and a deputy for an obligation that lasts.
    """

    variant: str
    version: str
    products: tuple[str, ...]
    regions: tuple[str, ...]
    source: str
    title: Text
    who: Text
    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    duties: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Equal plans have equal names; hashing all their texts at each click costs more than a query."""
        return hash((self.variant, self.version))

    @cached_property
    def by_id(self) -> Mapping[str, Step]:
        """The steps by id, those that do not apply included."""
        return {step.id: step for step in self.steps}


def applies(step: Step, answers: Answers) -> bool:
    """Tell whether a programme with these answers has the step."""
    return step.when.holds(answers)


def steps_for(plan: Plan, answers: Answers) -> tuple[Step, ...]:
    """Return the steps that apply, in plan order, each with the items and the needs that apply.

    A need that does not apply is replaced by what it needs itself, and so on.
    """
    resolved: dict[str, tuple[str, ...]] = {}

    def stand_ins(step_id: str, seen: frozenset[str]) -> tuple[str, ...]:
        step = plan.by_id.get(step_id)
        if step is None or step_id in seen:
            return ()
        if applies(step, answers):
            return (step_id,)
        if step_id not in resolved:
            found = [one for need in step.needs for one in stand_ins(need, seen | {step_id})]
            resolved[step_id] = tuple(dict.fromkeys(found))
        return resolved[step_id]

    return tuple(
        replace(
            step,
            needs=tuple(
                dict.fromkeys(one for need in step.needs for one in stand_ins(need, frozenset({step.id})))
            ),
            evidence=tuple(item for item in step.evidence if item.when.holds(answers)),
        )
        for step in plan.steps
        if applies(step, answers)
    )


@dataclass(frozen=True)
class ChoiceProblem:
    """Why a choice has no plan: the field of the form at fault, the key of its text, the values that fit."""

    field: str
    text: str
    fits: tuple[str, ...]


def choice_problems(
    plans: Iterable[Plan], variant: str, region: str, products: Iterable[str]
) -> tuple[ChoiceProblem, ...]:
    """Return what is wrong with a choice of variant, region and products, at most one problem per field.

    The plans say what fits: embedded finance and Treasury are for the US only, the others are Issuing only.
    Every field at fault is named: Treasury in Europe is wrong at the region and at the products. Whoever
    takes what fits at each of them has a choice that has a plan.
    """
    known = {plan.variant: plan for plan in plans}
    plan = known.get(variant)
    if plan is None:
        return (ChoiceProblem("variant", "start.variant_unknown", tuple(known)),)
    problems: list[ChoiceProblem] = []
    if region not in plan.regions:
        problems.append(ChoiceProblem("region", "start.region_for_variant", plan.regions))
    chosen = frozenset(products)
    if not chosen:
        problems.append(ChoiceProblem("products", "start.products_none", plan.products))
    elif not chosen <= frozenset(plan.products):
        problems.append(ChoiceProblem("products", "start.products_for_variant", plan.products))
    else:
        there = {product for one in known.values() if region in one.regions for product in one.products}
        fits = tuple(product for product in plan.products if product in there)
        if fits and not chosen <= there:
            problems.append(ChoiceProblem("products", "start.products_for_region", fits))
    return tuple(problems)


@lru_cache(maxsize=16)  # every start of a programme asks for it, and there are few plans
def to_json(plan: Plan) -> str:
    """Return the canonical text of a plan: sorted keys, no spaces, UTF-8; equal plans give equal texts."""
    return json.dumps(asdict(plan), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Plan:
    """Return the plan of a canonical text.

    Raises:
        PlanError: the text is not a plan.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanError([f"not JSON: {error}"]) from error
    return plan_from(document, "plan")


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def plan_from(document: object, name: str) -> Plan:
    """Return the plan in a document of plain values; `name` (a file) starts each message.

    Missing languages are left to `bot.domain.plan_check`, which names them.

    Raises:
        PlanError: a field is missing, unknown or of another type.
    """
    problems: list[str] = []
    plan = _read(Plan, document, f"{name}:", problems)
    if problems:
        raise PlanError(problems)
    assert plan is not None  # noqa: S101 - without problems there is a value; this tells the type checker
    return plan


_T = TypeVar("_T")


def _read(kind: type[_T], value: object, where: str, problems: list[str]) -> _T | None:
    """Build a dataclass of this module from plain values; every mistake becomes a line in `problems`."""
    if not isinstance(value, Mapping):
        problems.append(f"{where} must be a table, not {value!r}")
        return None
    if isinstance(value.get("id"), str):
        noun = "evidence" if kind is EvidenceItem else kind.__name__.lower()
        where = re.sub(r"\w+ \d+$", f"{noun} {value['id']}:", where)
    hints = get_type_hints(kind)
    before = len(problems)
    problems.extend(f"{where} {key}: unknown field" for key in value if key not in hints)
    built: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in value:
            built[field.name] = _value(
                hints[field.name], value[field.name], f"{where} {field.name}", problems
            )
        elif field.default is MISSING:
            problems.append(f"{where} {field.name}: missing")
    return None if len(problems) > before else kind(**built)


def _value(hint: Any, value: object, where: str, problems: list[str]) -> object:  # noqa: ANN401 - a type hint
    if get_origin(hint) in (Union, UnionType):
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            problems.append(f"{where}: must be a list, not {value!r}")
            return ()
        return tuple(
            _value(get_args(hint)[0], one, f"{where} {index}", problems) for index, one in enumerate(value, 1)
        )
    if hint in (Text, Condition, Clock, Repeats, EvidenceItem, Part, Step):
        return _read(hint, value, where, problems)
    if type(value) is not hint:
        problems.append(f"{where}: must be {hint.__name__}, not {value!r}")
    return value
