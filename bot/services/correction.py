"""Correcting what was recorded of a step: when it happened, what Stripe said, what it was about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bot.domain import onboarding, timeline
from bot.domain.error import FormError
from bot.domain.role import Asker, Right
from bot.domain.submission import STEP as SUBMISSION
from bot.domain.timeline import Bounds
from bot.services import entry as entries
from bot.services import person as people
from bot.services import step_answer as answers
from bot.services import submission_round as submissions
from bot.services import timeline as rows_of
from bot.services.step_answer import Answer
from bot.services.walk import Walk
from storage import Session
from storage.queries import entry as entry_rows
from storage.tables import Step, StepEntry

DAYS: Final = ("met_on", "sent_on")
"""What some forms keep beside the moment: the day of the call, the day it was sent."""


@dataclass(frozen=True)
class Correction:
    """What an entry should say; `answer` for a step of Stripe's, else the moment and the note alone."""

    happened_at: datetime
    note: str
    reason: str
    answer: Answer | None = None


def correct(session: Session, who: Asker, entry_id: int, given: Correction, now: datetime) -> Walk:
    """Correct an entry that stands; dates that follow are counted again, and what was said is amended.

    When Stripe's answer itself changes, what was recorded after it on steps that build on it waits again.

    Raises:
        StaleError: somebody changed it meanwhile; the text says what it says now.
        FormError: the date is in the future, before what the step needs or after what needed it; or nothing
            would change.
        RefusedError: the person is no manager.
    """
    it = entries.target(session, who, entry_id)
    walk, row, entry = it.walk, it.row, it.entry
    people.require(session, who, Right.STEER_PROGRAM, now, people.relations(walk.program))
    if given.answer is not None:
        effect, outcome = answers.effect_of(walk, row, given.answer)
    else:
        effect, outcome = entry.effect, dict(entry.outcome)
    before = rows_of.Standing.of(walk)
    turned, also = effect != entry.effect, []
    if turned:
        also = entries.turn(walk, who, entry, now, given.reason)
        moment = rows_of.checked(walk, given.happened_at, rows_of.bounds(walk, row.key), now)
        answer = replace(_needed(given.answer), happened_at=moment, note=given.note)
        answers.judged(walk, row, who, now, answer)
        fresh = answers.apply(walk, row, who, now, answer, corrects=entry.corrects or entry.id)
    else:
        moment = rows_of.checked(walk, given.happened_at, _limits(walk, row, entry), now)
        on = timeline.day(moment, walk.program.zone).isoformat()
        outcome |= {name: on for name in DAYS if name in outcome}
        said = (outcome, given.note or None)
        if said == (entry.outcome, entry.note) and _same_day(walk, moment, entry.happened_at):
            raise FormError({"happened_at": ("correct.nothing", {})})
        fresh = _rewrite(walk, who, entry, replace(given, happened_at=moment), outcome, now)
    rows_of.settle(walk, now)
    walk.record(
        row,
        who,
        "step:correct:corrected",
        now,
        before={**entry.outcome, **entries.times(entry.happened_at, entry.recorded_at)},
        after={**outcome, **entries.times(moment, now)},
    )
    notice = entries.say(
        walk,
        who,
        now,
        "entry.corrected",
        entry,
        rows_of.changed(walk, before),
        reason=given.reason,
        also=also,
        before=_facts(entry.happened_at, entry.outcome),
        after=_facts(moment, outcome),
        note=given.note if given.note != (entry.note or "") else "",
    )
    entries.told(walk, fresh, notice)
    return walk


def _limits(walk: Walk, row: Step, entry: StepEntry) -> Bounds:
    """Return between which moments a corrected entry can lie."""
    if entry.effect != "revise":
        return rows_of.bounds(walk, row.key, without=entry.id)
    # A request for changes came after what had been sent, and before what was sent next.
    sent = [walk.rows[key] for key in onboarding.back_to(walk.steps, row.key)]
    earlier = [
        one for again in sent if (one := entry_rows.last(walk.session, again.id, "revised")) is not None
    ]
    latest = [again for again in sent if again.happened_at is not None]
    return Bounds(
        earlier[0].happened_at if earlier else None,
        earlier[0].key if earlier else "",
        latest[0].happened_at if latest else None,
        latest[0].key if latest else "",
    )


def _rewrite(
    walk: Walk, who: Asker, entry: StepEntry, given: Correction, outcome: Mapping[str, Any], now: datetime
) -> StepEntry:
    """Put a corrected entry in the place of the old one; what it does to the programme stays of its kind."""
    row = walk.rows[entry.key]
    fresh = entries.record(
        walk,
        row,
        who,
        now,
        effect=entry.effect,
        happened_at=given.happened_at,
        outcome=outcome,
        note=given.note,
        corrects=entry.corrects or entry.id,
    )
    fresh.was, fresh.round = entry.was, entry.round
    entries.close(walk, who, [entry], "corrected", now, given.reason)
    row.outcome, row.note = dict(outcome), given.note or None
    if walk.step(row.key).back_to:
        submissions.reworded(walk, given.happened_at, given.note)
    if row.state == "done":
        row.happened_at, row.recorded_at, row.done_by = given.happened_at, now, who.user
        _programme(walk, row, given.happened_at, outcome)
    walk.session.add(row)
    walk.session.flush()
    return fresh


def _programme(walk: Walk, row: Step, moment: datetime, outcome: Mapping[str, Any]) -> None:
    program = walk.program
    if row.key == onboarding.LIVE_ACCESS:
        program.live_at, program.capabilities = moment, list(outcome.get("capabilities", ()))
    if row.key == onboarding.LAUNCH:
        program.launched_at = moment
    if row.key == SUBMISSION:
        submissions.redated(walk, timeline.day(moment, program.zone))
    walk.session.add(program)


def _facts(moment: datetime, outcome: Mapping[str, Any]) -> dict[str, Any]:
    return {"happened_at": moment.isoformat(), "outcome": dict(outcome)}


def _same_day(walk: Walk, one: datetime, other: datetime) -> bool:
    zone = walk.program.zone
    return timeline.day(one, zone) == timeline.day(other, zone)


def _needed(answer: Answer | None) -> Answer:
    assert answer is not None, "only an answer of Stripe changes its effect"  # noqa: S101 - effects of ours are one
    return answer
