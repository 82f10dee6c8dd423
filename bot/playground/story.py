"""The scenes of the side bar, and what the playground reads in the bot's database.

The walk is made from the plan itself: when a plan changes, its scenes follow.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot import plans
from bot.domain import onboarding, submission
from bot.domain.plan import Answers, Step, Text, steps_for
from bot.domain.submission import STEP as SUBMISSION
from bot.playground import story_complaint, story_dates
from bot.playground.acts import Act, Scene, click, close, command, fill, later, say, wait, wait_form
from bot.playground.breaks import Ledger
from bot.playground.identity import BOT_USER, CARDS, LENA, MARC, SAM
from bot.playground.play import Story
from bot.playground.spoken import Said, said
from bot.services import reminder_subject
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
        command(LENA, CARDS, "/onboarding start", caption=said("command")),
        wait_form(LENA),
        fill(
            LENA,
            {"name": NAME, "products": ["issuing", "treasury"]},
            send=False,
            caption=said("five_fields"),
        ),
        click(LENA, "start.more", caption=said("manager")),
        fill(LENA, {"manager": MARC, "purpose": "Cards for harbour crews"}, caption=said("start")),
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
        yield click(LENA, "step.open:all", value=title, caption=said("stripe", title=step.title))
        yield click(
            LENA,
            "step.answered",
            caption=said("records"),
        )
        yield fill(LENA, _answer(step), caption=said("answer"))
    else:
        yield click(LENA, "step.open:all", value=title, caption=step.title)
        for item in (one for one in step.evidence if one.required):
            yield click(LENA, "step.evidence", caption=said("proof"))
            yield fill(
                LENA,
                {"item": item.id, "files": {f"{item.id}.pdf": PDF + item.id.encode()}},
                caption=said("pdf"),
            )
        yield click(LENA, "step.done", caption=said("done", title=step.title))
        form = _form(step)
        if form or step.id == SUBMISSION:
            yield fill(LENA, form, caption=step.title)
    yield close(LENA, caption=said("back"))


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
    return (
        click(
            LENA,
            "program.steps",
            CARDS,
            caption=said("all_steps"),
        ),
        wait_form(LENA),
    )


def _start() -> Sequence[Act]:
    return (
        *begun(),
        click(
            LENA,
            "step.take",
            CARDS,
            caption=said("take"),
        ),
        click(
            LENA,
            "step.done",
            CARDS,
            caption=said("done_first"),
        ),
        wait(LENA, CARDS, _title("intake_form")),
        say(
            SAM,
            CARDS,
            f"<@{BOT_USER}> status",
            caption=said("asks"),
        ),
        say(
            MARC,
            CARDS,
            "Great, on track for the target date.",
            caption=said("reads"),
        ),
    )


@lru_cache(maxsize=1)
def _steps() -> tuple[Step, ...]:
    return steps_for(plans.load(ANSWERS.variant), ANSWERS)


def _revision() -> Sequence[Act]:
    return (
        *begun(),
        *_all_steps(),
        *walked(last="submission"),
        later(days=13, caption=said("two_weeks")),
        click(
            LENA,
            "step.open:all",
            value=_title("review"),
            caption=said("has_answered"),
        ),
        click(LENA, "step.answered", caption=said("records_answer")),
        fill(
            LENA,
            {"choice": "revision", "note": NOTES["revision"]},
            caption=said("changes"),
        ),
        wait_form(LENA, "What must change"),
        fill(LENA, _changes(), caption=said("what_changes")),
        close(LENA, caption=""),
        close(LENA, caption=""),
        wait(
            MARC,
            CARDS,
            "fee list in full",
            seconds=70,
            caption=said("open_again"),
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
        click(LENA, "step.open:all", value=_title(SUBMISSION), caption=said("collected")),
        click(LENA, "submission.items", caption=said("asked_to_see")),
        *(act for key, name in files.items() for act in _added(key, name)),
        click(LENA, "submission.step", caption=said("files_arrive")),
        click(LENA, "submission.items", caption=said("all_there")),
        click(LENA, "submission.submit", caption=said("packs")),
        fill(LENA, {"without": ["yes"]}, caption=said("missing_first")),
        close(LENA, caption=""),
        close(LENA, caption=""),
        wait(
            LENA,
            CARDS,
            "S-1 is complete",
            seconds=150,
            caption=said("zips"),
        ),
        click(LENA, "submission.sent", CARDS, caption=said("records_day")),
        fill(LENA, {"reference": "CASE-2041"}, caption=said("weeks_start")),
        wait(MARC, CARDS, _title("review"), seconds=30, caption=said("clock_runs")),
    )


def _added(key: str, name: str) -> Iterator[Act]:
    item = next(one for one in submission.items(_steps()) if one.step == key)
    yield click(LENA, f"submission.add:{item.key}", caption=said("adds", name=name))
    yield fill(LENA, {"files": {name: PDF + name.encode()}}, caption=name)


def _launch() -> Sequence[Act]:
    return (
        *begun(),
        *_all_steps(),
        *walked(last="launch"),
        close(LENA, caption=""),
        wait(
            MARC,
            CARDS,
            "Launched",
            seconds=50,
            caption=said("public"),
        ),
    )


def _title(key: str) -> str:
    return next(step.title.en for step in _steps() if step.id == key)


def upcoming(database_url: str) -> Sequence[tuple[int, Said]]:
    """Return what the stored deadlines bring next, as unix second and words: due dates, and reminders."""
    with _database(database_url).reading() as session:
        found = program.upcoming(session)
        said_: list[tuple[int, Said]] = []
        for deadline, step, programme in found:
            title = plan_step(step.key, programme.variant)
            said_.append((int(deadline.due_at.timestamp()), _due(title, programme.name)))
            if deadline.next_at is not None:
                at = int(deadline.next_at.timestamp())
                said_.append((at, said("reminded", title=title, name=programme.name)))
        cases = program.upcoming_cases(session)
        about = reminder_subject.read(session, cases)
        for deadline in cases:
            case = about[deadline.id]
            title = Text(case.title("en"), case.title("fr"))
            name = case.program.name if case.program else "Gantry"
            said_.append((int(deadline.due_at.timestamp()), _due(title, name)))
        return said_


def _due(title: Text, name: str) -> Said:
    return said("due", title=title, name=name)


def plan_step(key: str, variant: str) -> Text:
    """Return the title of a step."""
    return next((step.title for step in plans.load(variant).steps if step.id == key), Text(key, key))


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
            Scene("start", said("scene.start"), 1, said("scene.start_blurb"), _start()),
            Scene("submit", said("scene.submit"), 3, said("scene.submit_blurb"), _submit()),
            Scene("revision", said("scene.revision"), 2, said("scene.revision_blurb"), _revision()),
            *story_dates.scenes(),
            *story_complaint.scenes(),
            Scene("launch", said("scene.launch"), 3, said("scene.launch_blurb"), _launch()),
        ),
        upcoming=upcoming,
        ledger=ledger,
    )
