"""Two scenes about real dates: a programme entered in its fifth week, and three rounds of review.

Each is played by English readers in one channel, and by French readers in another.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot import plans
from bot.domain import onboarding, submission
from bot.domain.plan import Answers, Step, steps_for
from bot.domain.submission import STEP as SUBMISSION
from bot.playground.acts import Act, Scene, call, click, close, command, fill, later, wait, wait_form
from bot.playground.identity import CARDS, CARTES, CLAIRE, LENA, MARC
from bot.playground.spoken import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bot.playground.stage import Stage

ANSWERS: Final = Answers(region="us", products=frozenset({"issuing"}), variant="embedded_finance")
PDF: Final = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
FIFTH_WEEK: Final = {
    "supported_use_case": 33,
    "intake_form": 32,
    "first_contact": 28,
    "call_preparation": 25,
    "call": 4,
    "test_build": 12,
}
"""How many days ago each step was done."""

ARRIVES: Final = 1.5
"""Seconds in which the bot has fetched a small file."""

SIGN_UP: Final = "evidence_disclosures/sign_up"
FEES: Final = "review_fees/fee_list"


@dataclass(frozen=True)
class Cast:
    """Who plays a scene, where, and what they write: the lead and a manager who reads French."""

    lead: str
    channel: str
    language: str
    name: str
    why: str
    asked: tuple[str, str]


ENGLISH: Final = Cast(
    LENA,
    CARDS,
    "en",
    "Quay Cards",
    "The calendar says the call was a day later.",
    ("Show the bank's name beside the agreements.", "Show the fee for a replacement card too."),
)
FRENCH: Final = Cast(
    CLAIRE,
    CARTES,
    "fr",
    "Cartes du quai",
    "Selon mon agenda, cet appel a eu lieu un jour plus tard.",
    ("Montrez le nom de la banque près des accords.", "Indiquez aussi les frais des cartes de remplacement."),
)


def scenes() -> tuple[Scene, ...]:
    """Return the scenes, each in both languages."""
    late, late_fr = said("scene.under_way"), said("scene.under_way_fr")
    three, three_fr = said("scene.rounds"), said("scene.rounds_fr")
    return (
        Scene("under_way", late, 1, said("scene.under_way_blurb"), under_way(ENGLISH)),
        Scene("under_way_fr", late_fr, 1, said("scene.under_way_blurb_fr"), under_way(FRENCH)),
        Scene("rounds", three, 1, said("scene.rounds_blurb"), rounds(ENGLISH)),
        Scene("rounds_fr", three_fr, 1, said("scene.rounds_blurb_fr"), rounds(FRENCH)),
    )


def under_way(cast: Cast) -> Sequence[Act]:
    """A lead enters a programme in its fifth week; then a manager corrects the day of the call."""
    return (
        *_entered(cast, FIFTH_WEEK),
        wait(cast.lead, cast.channel, _title("supportability", cast.language), caption=said("stands_there")),
        click(cast.lead, "program.steps", cast.channel, caption=said("all_steps_dated")),
        wait_form(cast.lead),
        close(cast.lead, caption=""),
        *_corrected(cast, "call", 3),
        wait(cast.lead, cast.channel, cast.why, seconds=30, caption=said("dates_follow")),
    )


def rounds(cast: Cast) -> Sequence[Act]:
    """Stripe asks for changes twice and then approves; one answer was dated wrong, and is corrected."""
    before = [step.id for step in _before(SUBMISSION)]
    return (
        *_entered(cast, {key: 40 - number // 2 for number, key in enumerate(before)}),
        wait(cast.lead, cast.channel, _title(SUBMISSION, cast.language), caption=said("ready_to_send")),
        click(cast.lead, "program.steps", cast.channel, caption=said("opens_steps")),
        wait_form(cast.lead),
        *_added(cast, SIGN_UP, "sign-up.pdf"),
        *_added(cast, FEES, "fees.pdf"),
        *_sent(cast, "CASE-2041"),
        later(days=9, caption=said("nine_days")),
        *_asked(cast, SIGN_UP, cast.asked[0]),
        *_added(cast, SIGN_UP, "sign-up-2.pdf"),
        *_sent(cast, "CASE-2057"),
        later(days=6, caption=said("six_days")),
        *_asked(cast, FEES, cast.asked[1]),
        *_corrected(cast, "review", 1),
        *_added(cast, FEES, "fees-2.pdf"),
        *_sent(cast, "CASE-2063"),
        later(days=5, caption=said("five_days")),
        click(
            cast.lead, "step.open:all", value=_title("review", cast.language), caption=said("has_answered")
        ),
        click(cast.lead, "step.answered", caption=said("records_answer")),
        fill(cast.lead, {"choice": "approved"}, caption=said("third_time")),
        close(cast.lead, caption=""),
        close(cast.lead, caption=""),
        command(
            cast.lead, cast.channel, f"/onboarding submissions {cast.name}", caption=said("what_was_sent")
        ),
        wait_form(cast.lead, caption=said("three_rounds")),
    )


def _entered(cast: Cast, days: Mapping[str, int]) -> Iterator[Act]:
    """Start a programme that is already under way."""
    yield command(cast.lead, cast.channel, "/onboarding start", caption=said("command"))
    yield wait_form(cast.lead)
    yield fill(cast.lead, {"name": cast.name}, send=False, caption=said("five_fields"))
    yield click(cast.lead, "start.more", caption=said("manager"))
    yield fill(cast.lead, {"manager": MARC, "language": cast.language}, send=False, caption=said("manager"))
    yield click(cast.lead, "start.past", caption=said("under_way"))
    yield _dated(
        lambda today: fill(
            cast.lead,
            {f"past_{key}": f"{today - timedelta(days=ago)}" for key, ago in days.items()},
            caption=said("days_of_past"),
        )
    )
    yield wait(cast.lead, cast.channel, cast.name)


def _corrected(cast: Cast, key: str, ago: int) -> Iterator[Act]:
    """The manager, who reads French, opens a step and corrects its day."""
    yield click(MARC, "program.steps", cast.channel, caption=said("manager_looks"))
    yield wait_form(MARC)
    yield click(MARC, "step.open:all", value=_title(key, "fr"), caption=said("manager_opens"))
    yield click(MARC, "entry.correct", caption=said("corrects"))
    if key == "review":
        yield _dated(
            lambda today: fill(
                MARC,
                {"happened_at": _noon(today - timedelta(days=ago)), "reason": cast.why},
                caption=said("the_right_day"),
            )
        )
    else:
        yield _dated(
            lambda today: fill(
                MARC,
                {"happened_on": f"{today - timedelta(days=ago)}", "reason": cast.why},
                caption=said("the_right_day"),
            )
        )
    yield close(MARC, caption="")
    yield close(MARC, caption="")


def _added(cast: Cast, key: str, name: str) -> Iterator[Act]:
    """Add a file for an item of the submission, from the page of all steps and back."""
    yield click(
        cast.lead, "step.open:all", value=_title(SUBMISSION, cast.language), caption=said("opens_submission")
    )
    yield click(cast.lead, "submission.items", caption=said("asked_to_see"))
    yield click(cast.lead, f"submission.add:{key}", caption=said("adds", name=name))
    yield fill(cast.lead, {"files": {name: PDF + name.encode()}}, caption=name)
    yield call(lambda _: asyncio.sleep(ARRIVES), caption=said("arrives", name=name))
    yield close(cast.lead, caption="")


def _sent(cast: Cast, reference: str) -> Iterator[Act]:
    yield click(
        cast.lead, "step.open:all", value=_title(SUBMISSION, cast.language), caption=said("opens_submission")
    )
    yield click(cast.lead, "step.done", caption=said("records_day"))
    yield fill(cast.lead, {"reference": reference}, caption=said("weeks_start"))
    yield close(cast.lead, caption="")


def _asked(cast: Cast, key: str, words: str) -> Iterator[Act]:
    """Record that Stripe asks to change one item."""
    number = [item.key for item in submission.items(_steps())].index(key)
    yield click(
        cast.lead, "step.open:all", value=_title("review", cast.language), caption=said("has_answered")
    )
    yield click(cast.lead, "step.answered", caption=said("records_answer"))
    yield fill(cast.lead, {"choice": "revision", "note": words}, caption=said("changes"))
    yield fill(cast.lead, {f"change_{number}": words}, caption=said("what_changes"))
    yield close(cast.lead, caption="")


def _dated(make: Callable[[date], Act]) -> Act:
    """An act with days in it, counted from the day on which it is played."""

    async def do(stage: Stage) -> None:
        today = datetime.fromtimestamp(stage.slack.clock.now(), UTC).date()
        await make(today).try_once(stage)

    return replace(make(date(2000, 2, 1)), try_once=do)


def _noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


def _steps() -> tuple[Step, ...]:
    return steps_for(plans.load(ANSWERS.variant), ANSWERS)


def _before(key: str) -> list[Step]:
    """Return the steps that a step needs, and what they need, in an order in which they can be done."""
    behind = {step.id for step in _steps() if key in onboarding.after(_steps(), step.id)}
    return [step for step in onboarding.in_order(_steps()) if step.id in behind]


def _title(key: str, language: str) -> str:
    return plans.load(ANSWERS.variant).by_id[key].title[language]
