"""What is wrong with a plan, in messages that name file, step and field."""

from __future__ import annotations

import itertools
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Final

from bot.domain.duty import UNITS
from bot.domain.plan import (
    COMPANIES,
    FLOWS,
    MATERIALS,
    PHYSICAL_CARDS,
    PRODUCTS,
    PROOFS,
    REGIONS,
    Answers,
    EvidenceItem,
    Plan,
    Step,
    Text,
    applies,
    steps_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIVE_ACCESS: Final = "live_access"
"""The step that opens live mode; every step of mode `live` needs it, directly or through others."""

STRIPE_OUTCOMES: Final = frozenset(
    {"fit", "supportability", "configuration", "approval", "review", "wallet", "launch_approval", "answer"}
)
OUR_OUTCOMES: Final = frozenset({"meeting", "employees", "duty"})

LONGEST_PERIOD: Final = 366
LONGEST: Final = {"who": 75, "title": 60, "do": 600, "good": 300}
"""Characters: 75 is Slack's limit for the text of an option, the others keep a message short."""

WORDS_OF_THE_US: Final = re.compile(
    r"CAN-SPAM|UDAP|FDIC|bank partner|partner bank|banques? partenaires?|partenaires? bancaires?"
    r"|abroad|outside the US|hors des États-Unis|à l['\u2019]étranger|à l['\u2019]international",
    re.IGNORECASE,
)
"""Rules and parties of US programmes; nobody in the UK or the EU should read about them."""

WRONG_FRENCH: Final = re.compile(r"ouvrables?", re.IGNORECASE)
"""Business days are *jours ouvrés*; *ouvrables* would count Saturdays."""

CHOICES: Final = {
    "regions": REGIONS,
    "products": PRODUCTS,
    "physical_cards": PHYSICAL_CARDS,
    "company": COMPANIES,
}


def validate(plan: Plan, name: str = "") -> list[str]:
    """Return every mistake in a plan as one line; an empty list means that it can be used.

    Args:
        plan: what was read.
        name: how the messages call the plan, usually its file; `<variant>.toml` by default.
    """
    name = name or f"{plan.variant}.toml"
    found = [*_header(plan), *_duplicates(plan), *_references(plan), *_order_of_proofs(plan)]
    for step in plan.steps:
        found += [f"step {step.id}: {problem}" for problem in _step(plan, step)]
    found += _cycles(plan)
    if not found:
        # Walking a broken graph would only repeat what was said above.
        found += _walks(plan)
    return [f"{name}: {problem}" for problem in found]


def _header(plan: Plan) -> Iterator[str]:
    yield from _choices("", regions=plan.regions, products=plan.products)
    if not plan.version:
        yield "version: missing"
    yield from _source("source", plan.source)
    yield from _text("title", plan.title)
    yield from _text("who", plan.who)
    for part in plan.parts:
        yield from (f"part {part.id}: {problem}" for problem in _text("title", part.title))
        if not any(step.part == part.id for step in plan.steps):
            yield f"part {part.id}: has no step"


def _duplicates(plan: Plan) -> Iterator[str]:
    for kind, ids in (("part", [part.id for part in plan.parts]), ("step", [step.id for step in plan.steps])):
        yield from (
            f"{kind} {one}: id used {ids.count(one)} times"
            for one in dict.fromkeys(ids)
            if ids.count(one) > 1
        )


def _references(plan: Plan) -> Iterator[str]:
    known = set(plan.by_id)
    for duty in plan.duties:
        if duty not in known:
            yield f"duties: unknown step {duty}"
        elif plan.by_id[duty].outcome != "duty":
            yield f"duties: step {duty} does not have the outcome duty"
    yield from (
        f"step {step.id}: outcome: duty, but the step is not among the duties of the plan"
        for step in plan.steps
        if step.outcome == "duty" and step.id not in plan.duties
    )


def _step(plan: Plan, step: Step) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", step.id):
        yield "id: use small letters, digits and underscores"
    if step.part not in {part.id for part in plan.parts}:
        yield f"part: unknown part {step.part}"
    yield from (f"needs: unknown step {need}" for need in step.needs if need not in plan.by_id)
    if step.actor not in {"us", "stripe"}:
        yield f"actor: us or stripe, not {step.actor}"
    if step.mode not in {"test", "live"}:
        yield f"mode: test or live, not {step.mode}"
    yield from _outcome(plan, step)
    yield from _text("title", step.title)
    yield from _text("do", step.do)
    yield from _source("source", step.source)
    if step.url is not None:
        yield from _source("url", step.url)
    yield from _evidence(step)
    yield from _clock(plan, step)
    yield from _repeats(step)
    conditions = {key: getattr(step.when, key) for key in CHOICES}
    yield from _choices("when.", **conditions)
    yield from _forbidden(plan, step)


def _outcome(plan: Plan, step: Step) -> Iterator[str]:
    if step.actor == "stripe" and step.outcome not in STRIPE_OUTCOMES:
        yield f"outcome: a step of Stripe's needs one of {_listed(STRIPE_OUTCOMES)}, not {step.outcome}"
    if step.actor == "us" and step.outcome not in OUR_OUTCOMES | {None}:
        yield f"outcome: a step of ours has none or one of {_listed(OUR_OUTCOMES)}, not {step.outcome}"
    if (step.outcome == "review") != (step.back_to is not None):
        yield "back_to: a review, and only a review, names the step that opens again"
    if step.back_to is not None and step.back_to not in plan.by_id:
        yield f"back_to: unknown step {step.back_to}"


def _evidence(step: Step) -> Iterator[str]:
    ids = [item.id for item in step.evidence]
    for item in step.evidence:
        where = f"evidence {item.id}: "
        if ids.count(item.id) > 1:
            yield f"{where}id used {ids.count(item.id)} times"
        yield from (where + problem for problem in _text("title", item.title))
        if item.good.en or item.good.fr or item.proof:
            yield from (where + problem for problem in _text("good", item.good))
        yield from (where + problem for problem in _submitted(item))


def _submitted(item: EvidenceItem) -> Iterator[str]:
    """What is wrong with how an item takes part in the submission."""
    known = (*PROOFS, *MATERIALS)
    if item.proof and item.proof not in known:
        yield f"proof: one of {_listed(known)}, not {item.proof}"
    if item.flow and item.flow not in FLOWS:
        yield f"flow: one of {_listed(FLOWS)}, not {item.flow}"
    if item.flow and not item.proof:
        yield "flow: only an item with a proof has one"
    yield from _choices("when.", **{key: getattr(item.when, key) for key in CHOICES})


def _order_of_proofs(plan: Plan) -> Iterator[str]:
    """The five proofs stand in the order of Stripe's guide, so that the numbers of file names go up."""
    for numbers in (PROOFS, MATERIALS):
        last = 0
        for step, item in [(one, item) for one in plan.steps for item in one.evidence]:
            number = numbers.get(item.proof, last)
            where = f"step {step.id}: evidence {item.id}"
            if number < last:
                yield f"{where}: proof: {item.proof} ({number}) after number {last}"
            last = number


def _clock(plan: Plan, step: Step) -> Iterator[str]:
    clock = step.clock
    if clock is None:
        return
    if clock.length < 1:
        yield f"clock.length: at least 1 day, not {clock.length}"
    if clock.unit not in {"calendar_days", "business_days"}:
        yield f"clock.unit: calendar_days or business_days, not {clock.unit}"
    if clock.calendar not in {"stripe", "team", "open"}:
        yield f"clock.calendar: stripe, team or open, not {clock.calendar}"
    if clock.source:
        yield from _source("clock.source", clock.source)
    if clock.starts == "opened":
        return
    if clock.starts not in plan.by_id:
        yield f"clock.starts: unknown step {clock.starts}"
    elif clock.starts not in _all_needs(plan, step.id):
        yield f"clock.starts: {clock.starts} is not among what the step needs"


def _text(field: str, text: Text) -> Iterator[str]:
    longest = LONGEST[field]
    for language in (one.name for one in fields(Text)):
        words = getattr(text, language)
        if not words.strip():
            yield f"{field}.{language}: missing"
        if len(words) > longest:
            yield f"{field}.{language}: {len(words)} characters, at most {longest}"
    if found := WRONG_FRENCH.search(text.fr):
        yield f"{field}.fr: says {found[0]}; business days are jours ouvrés"


def _source(field: str, url: str) -> Iterator[str]:
    if not url:
        yield f"{field}: missing"
    elif not re.fullmatch(r"https://[a-z0-9.-]+/\S*", url):
        yield f"{field}: not an https address: {url}"


def _choices(prefix: str, **chosen: Iterable[str]) -> Iterator[str]:
    for field, values in chosen.items():
        yield from (f"{prefix}{field}: unknown value {one}" for one in values if one not in CHOICES[field])


def _repeats(step: Step) -> Iterator[str]:
    if step.repeats is None:
        return
    if step.outcome != "duty":
        yield "repeats: only a lasting duty is due again"
    if step.repeats.unit not in UNITS:
        yield f"repeats.unit: {' or '.join(UNITS)}, not {step.repeats.unit}"
    if not 1 <= step.repeats.length <= LONGEST_PERIOD:
        yield f"repeats.length: 1 to {LONGEST_PERIOD}, not {step.repeats.length}"
    if step.repeats.source:
        yield from _source("repeats.source", step.repeats.source)


def _forbidden(plan: Plan, step: Step) -> Iterator[str]:
    if not {"uk", "eu"} & set(plan.regions) & set(step.when.regions or plan.regions):
        return
    texts = {"title": step.title, "do": step.do}
    for item in step.evidence:
        if not {"uk", "eu"} & set(item.when.regions or ("uk", "eu")):
            continue
        texts |= {f"evidence {item.id}: title": item.title, f"evidence {item.id}: good": item.good}
    for field, text in texts.items():
        for language in (one.name for one in fields(Text)):
            if found := WORDS_OF_THE_US.search(getattr(text, language)):
                yield f"{field}.{language}: says {found[0]} to readers in the UK or the EU"


def _cycles(plan: Plan) -> list[str]:
    found: list[str] = []
    finished: set[str] = set()

    def visit(step_id: str, path: tuple[str, ...]) -> None:
        if step_id in path:
            found.append(f"needs: cycle {'→'.join((*path[path.index(step_id) :], step_id))}")
        elif step_id not in finished and step_id in plan.by_id:
            for need in plan.by_id[step_id].needs:
                visit(need, (*path, step_id))
            finished.add(step_id)

    for step in plan.steps:
        visit(step.id, ())
    return found


def _all_needs(plan: Plan, step_id: str) -> set[str]:
    found: set[str] = set()
    waiting = [step_id]
    while waiting:
        step = plan.by_id.get(waiting.pop())
        fresh = [need for need in step.needs if need not in found] if step else []
        found.update(fresh)
        waiting.extend(fresh)
    return found


def possible_answers(plan: Plan) -> Iterator[Answers]:
    """Return every combination of answers that a programme with this plan can have."""
    some = [
        frozenset(chosen)
        for size in range(1, len(plan.products) + 1)
        for chosen in itertools.combinations(plan.products, size)
    ]
    for region, products, cards, wallets, statements, company in itertools.product(
        plan.regions, some, PHYSICAL_CARDS, (False, True), (False, True), COMPANIES
    ):
        yield Answers(region, products, plan.variant, cards, wallets, statements, company)


def _walks(plan: Plan) -> list[str]:
    """Walk the plan with every combination of answers: what is never reached, what goes live too early."""
    found: dict[str, None] = {}
    never = set(plan.by_id)
    unseen = {f"step {step.id}: evidence {item.id}" for step in plan.steps for item in step.evidence}
    for answers in possible_answers(plan):
        never -= {step.id for step in plan.steps if applies(step, answers)}
        behind: dict[str, set[str]] = {}
        steps = {step.id: step for step in steps_for(plan, answers)}
        for step in _in_order(steps):
            unseen -= {f"step {step.id}: evidence {item.id}" for item in step.evidence}
            behind[step.id] = set(step.needs).union(*(behind[need] for need in step.needs))
            if step.mode == "live" and LIVE_ACCESS not in behind[step.id]:
                found[
                    f"step {step.id}: mode: live, but reachable without {LIVE_ACCESS} in {answers.region}"
                ] = None
            if step.clock and step.clock.starts not in {"opened", *steps}:
                found[f"step {step.id}: clock.starts: {step.clock.starts} does not always apply"] = None
            if step.back_to and step.back_to not in steps:
                found[f"step {step.id}: back_to: {step.back_to} does not always apply"] = None
    return [
        *found,
        *(f"step {one}: when: never applies in this plan" for one in plan.by_id if one in never),
        *(
            f"{where}: when: never applies in this plan"
            for step in plan.steps
            if step.id not in never
            for item in step.evidence
            if (where := f"step {step.id}: evidence {item.id}") in unseen
        ),
    ]


def _in_order(steps: dict[str, Step]) -> Iterator[Step]:
    done: set[str] = set()
    while len(done) < len(steps):
        ready = [step for step in steps.values() if step.id not in done and done.issuperset(step.needs)]
        yield from ready
        done |= {step.id for step in ready}


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))
