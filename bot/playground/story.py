"""The scenes of the side bar, and what the playground reads in the bot's database.

The walk is made from the plan itself: when a plan changes, its scenes follow.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot import plans
from bot.domain import onboarding, submission
from bot.domain.plan import Answers, Step, steps_for
from bot.domain.submission import STEP as SUBMISSION
from bot.playground.acts import Act, Scene, click, close, command, fill, later, say, wait, wait_form
from bot.playground.breaks import Ledger
from bot.playground.identity import BOT_USER, CARDS, LENA, MARC, SAM
from bot.playground.play import Story
from storage import connect
from storage.queries import outbox, program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from storage import Database

NAME: Final = "Harbour Pay"
ANSWERS: Final = Answers(region="us", products=frozenset({"issuing", "treasury"}), variant="embedded_finance")
PDF: Final = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
WAITS: Final = {
    "first_contact": 3,
    "call": 4,
    "supportability": 5,
    "agreements": 2,
    "configuration": 3,
    "review": 13,
    "live_access": 2,
    "launch_approval": 1,
}
"""Days that pass before somebody records the end of these steps."""

NOTES: Final = {
    "call": "They liked the spending controls. Open question: who answers disputes at night?",
    "revision": "Please show the bank's name on the sign-up page, and the fee list in full.",
}
CHANGES: Final = {
    "evidence_disclosures/sign_up": "Show the name of the issuing bank beside the agreements.",
    "review_fees/fee_list": "Show the fee for a replacement card too.",
}
"""What Stripe asks to change, by item."""


def begun() -> tuple[Act, ...]:
    """Lena starts the programme, with Marc as its manager."""
    return (
        command(LENA, CARDS, "/onboarding start", caption="Lena types one command"),
        wait_form(LENA),
        fill(
            LENA,
            {"name": NAME, "products": ["issuing", "treasury"]},
            send=False,
            caption="Five fields, and the programme can start",
        ),
        click(LENA, "start.more", caption="She adds who manages it"),
        fill(LENA, {"manager": MARC, "purpose": "Cards for harbour crews"}, caption="Start"),
        wait(LENA, CARDS, NAME),
    )


def walked(first: str = "", last: str = "", before: str = "") -> Iterator[Act]:
    """Yield what Lena does to finish every step from the one after `first` up to and with `last`.

    With `before` she stops when that step is open.
    """
    states = {step.id: "waiting" for step in _steps()}
    on = not first
    while True:
        ready = [step for step in _steps() if step.id in onboarding.opening(_steps(), states)]
        if not ready or before in {step.id for step in ready}:
            return
        for step in ready:
            states[step.id] = "done"
            if on:
                yield from _finished(step)
            if step.id == last:
                return
            on = on or step.id == first


def _finished(step: Step) -> Iterator[Act]:
    title = step.title.en
    days = WAITS.get(step.id, 0)
    if days:
        yield later(days=days)
    if step.actor == "stripe":
        yield click(LENA, "step.open:all", value=title, caption=f"Stripe: {title}")
        yield click(LENA, "step.answered", caption="She records what Stripe answered")
        yield fill(LENA, _answer(step), caption="Stripe's answer")
    else:
        yield click(LENA, "step.open:all", value=title, caption=title)
        for item in [item for item in step.evidence if item.required]:
            file = {f"{item.id}.pdf": PDF + item.id.encode()}
            yield click(LENA, "step.evidence", caption="The proof comes first")
            yield fill(LENA, {"item": item.id, "files": file}, caption="A full-page PDF")
        yield click(LENA, "step.done", caption=f"Done: {title}")
        form = _form(step)
        if form or step.id == SUBMISSION:
            yield fill(LENA, form, caption=title)
    yield close(LENA, caption="Back to all steps")


def _answer(step: Step) -> Mapping[str, object]:
    if step.outcome == "fit":
        return {f"fit_{product}": "fits" for product in sorted(ANSWERS.products)}
    if step.outcome == "approval":
        return {"choice": "approved", "capabilities": ["issuing_virtual", "treasury_accounts"]}
    choice = next(one for one in onboarding.choices(step.outcome or "answer") if one.effect == "done")
    return {"choice": choice.name}


def _form(step: Step) -> Mapping[str, object]:
    if step.outcome == "meeting":
        return {"note": NOTES["call"]}
    if step.outcome == "duty":
        return {"owner": SAM, "deputy": LENA}
    return {"employees": [LENA, SAM]} if step.outcome == "employees" else {}


def _all_steps() -> tuple[Act, ...]:
    return (click(LENA, "program.steps", CARDS, caption="She opens the page of all steps"), wait_form(LENA))


def _start() -> Sequence[Act]:
    return (
        *begun(),
        click(LENA, "step.take", CARDS, caption="Lena takes the first step"),
        click(LENA, "step.done", CARDS, caption="And it is done; the next one opens"),
        wait(LENA, CARDS, _title("intake_form")),
        say(SAM, CARDS, f"<@{BOT_USER}> status", caption="Sam asks, in the channel"),
        say(MARC, CARDS, "Great, on track for the target date.", caption="Marc reads along"),
    )


@lru_cache(maxsize=1)
def _steps() -> tuple[Step, ...]:
    return steps_for(plans.load(ANSWERS.variant), ANSWERS)


def _revision() -> Sequence[Act]:
    return (
        *begun(),
        *_all_steps(),
        *walked(last="submission"),
        later(days=13, caption="Two weeks later"),
        click(LENA, "step.open:all", value=_title("review"), caption="Stripe has answered"),
        click(LENA, "step.answered", caption="She records the answer"),
        fill(LENA, {"choice": "revision", "note": NOTES["revision"]}, caption="Stripe asks for changes"),
        wait_form(LENA, "What must change"),
        fill(LENA, _changes(), caption="What must change, item by item"),
        close(LENA, caption=""),
        close(LENA, caption=""),
        wait(
            MARC,
            CARDS,
            "fee list in full",
            seconds=70,
            caption="The submission is open again; everybody sees why",
        ),
    )


def _changes() -> Mapping[str, object]:
    items = [item.key for item in submission.items(_steps())]
    return {f"change_{items.index(key)}": words for key, words in CHANGES.items()}


def _submit() -> Sequence[Act]:
    files = {f"review_{name}": f"{name}.pdf" for name in ("fees", "terms", "marketing", "interfaces")}
    return (
        *begun(),
        *_all_steps(),
        *walked(before=SUBMISSION),
        click(LENA, "step.open:all", value=_title(SUBMISSION), caption="Everything is collected"),
        click(LENA, "submission.items", caption="What Stripe asks to see, and what is there"),
        *(act for key, name in files.items() for act in _added(key, name)),
        click(LENA, "submission.step", caption="The files arrive"),
        click(LENA, "submission.items", caption="Everything is there"),
        click(LENA, "submission.submit", caption="She has the files packed"),
        fill(LENA, {"without": ["yes"]}, caption="What is missing is said first"),
        close(LENA, caption=""),
        close(LENA, caption=""),
        wait(
            LENA,
            CARDS,
            "S-1 is complete",
            seconds=150,
            caption="ZIPs of five files, a text to paste, and the link to Stripe's form",
        ),
        click(LENA, "submission.sent", CARDS, caption="Stripe has them: she records the day"),
        fill(LENA, {"reference": "CASE-2041"}, caption="The two weeks start"),
        wait(MARC, CARDS, _title("review"), seconds=30, caption="Now Stripe's clock runs"),
    )


def _added(key: str, name: str) -> Iterator[Act]:
    item = next(one for one in submission.items(_steps()) if one.step == key)
    yield click(LENA, f"submission.add:{item.key}", caption=f"She adds {name}")
    yield fill(LENA, {"files": {name: PDF + name.encode()}}, caption=name)


def _launch() -> Sequence[Act]:
    return (
        *begun(),
        *_all_steps(),
        *walked(last="launch"),
        close(LENA, caption=""),
        wait(MARC, CARDS, "Launched", seconds=50, caption="The programme is public"),
    )


def _title(key: str) -> str:
    return next(step.title.en for step in _steps() if step.id == key)


def upcoming(database_url: str) -> Sequence[tuple[int, str]]:
    """Return the next deadlines the bot has stored, as unix second and words."""
    with _database(database_url).reading() as session:
        found = program.upcoming(session, 5)
        return [
            (
                int(deadline.due_at.timestamp()),
                f"{plan_step(step.key, programme.variant)} is due ({programme.name})",
            )
            for deadline, step, programme in found
        ]


def plan_step(key: str, variant: str) -> str:
    """Return the English title of a step."""
    return next((step.title.en for step in plans.load(variant).steps if step.id == key), key)


def ledger(database_url: str) -> Ledger:
    """Return what the outbox says: what it posted, how much waits, how much it gave up."""
    with _database(database_url).reading() as session:
        counts = outbox.counts(session)
        return Ledger(
            sent=frozenset(outbox.posted(session)),
            pending=sum(counts.get(state, 0) for state in outbox.UNSETTLED),
            dead=counts.get("dead", 0),
        )


@lru_cache(maxsize=4)
def _database(url: str) -> Database:
    return connect(url)


def story() -> Story:
    """Return the scenes and looks of `gantry play`; the scenes are made from the plan."""
    return Story(
        scenes=(
            Scene("start", "Start", 1, "One command, one short form, and the thread takes over.", _start()),
            Scene(
                "submit",
                "Everything goes to Stripe",
                3,
                "Five proofs, packed five files at a time, with the text for Stripe's form.",
                _submit(),
            ),
            Scene(
                "revision",
                "Two weeks later: Stripe asks for changes",
                2,
                "Everything was submitted. The answer: please change two things.",
                _revision(),
            ),
            Scene(
                "launch",
                "Launch day",
                3,
                "Live access, real cards, employees' tests, and the launch.",
                _launch(),
            ),
        ),
        upcoming=upcoming,
        ledger=ledger,
    )
