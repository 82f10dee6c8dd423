"""The rounds of a programme's submission as rows, and what an answer of Stripe's does to the newest one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain import submission as rules
from bot.domain.plan import EvidenceItem
from bot.domain.role import Asker
from bot.services.walk import Walk
from storage import next_value
from storage.queries import program as programs
from storage.queries import submission as rows
from storage.tables import Counter
from storage.tables_submission import Submission, SubmissionItem

OPEN: Final = ("packing", "prepared")
"""A round that was put together and not sent."""

ANSWERED: Final = ("approved", "revision")
AT_STRIPE: Final = ("sent", *ANSWERED)
"""A round that was sent; the last two are its answers."""


@dataclass(frozen=True)
class Case:
    """Everything about the submission of a programme, read at one moment."""

    rounds: Sequence[Submission]
    entries: Mapping[int, Sequence[SubmissionItem]]
    looks: tuple[rules.Look, ...]

    @property
    def open(self) -> Submission | None:
        """The round that was put together and not sent."""
        return next((one for one in reversed(self.rounds) if one.state in OPEN), None)

    @property
    def newest(self) -> Submission | None:
        """The round that was sent last."""
        return next((one for one in reversed(self.rounds) if one.state in AT_STRIPE), None)

    @property
    def next_number(self) -> int:
        """The number of the round that is sent next."""
        return sum(one.state in AT_STRIPE for one in self.rounds) + 1


def case_of(walk: Walk) -> Case:
    """Return how the submission of a programme stands."""
    found = rows.rounds(walk.session, walk.program.id)
    entries: dict[int, list[SubmissionItem]] = {one.id: [] for one in found}
    for entry in rows.entries(walk.session, list(entries)):
        entries[entry.submission_id].append(entry)
    sent = [
        rules.Round(
            one.number,
            one.state,
            tuple(rules.Entry(e.item, e.sha256, e.result, e.change or "") for e in entries[one.id]),
        )
        for one in found
        if one.state in AT_STRIPE
    ]
    return Case(found, entries, rules.looks(rules.items(walk.steps), pieces_of(walk), sent))


def pieces_of(walk: Walk) -> list[rules.Piece]:
    """Return the evidence that counts for the submission.

    What was added to a step without naming an item belongs to the first of its items.
    """
    known: dict[str, list[str]] = {}
    for item in rules.items(walk.steps):
        known.setdefault(item.step, []).append(item.id)
    keys = {walk.rows.id_of(key): key for key in known}
    found = []
    for row, file in programs.evidence(walk.session, list(keys)):
        if row.state == "failed":
            continue
        key = keys[row.step_id]
        named = row.item if row.item in known[key] else known[key][0]
        found.append(
            rules.Piece(
                id=row.id,
                item=f"{key}/{named}",
                name=row.name or "",
                digest=file.sha256 if file else ("" if row.kind == "file" else row.origin),
                kind=row.kind,
                arriving=row.state == "arriving",
                mimetype=file.mimetype if file else "",
            )
        )
    return found


def item_of(walk: Walk, key: str) -> EvidenceItem | None:
    """Return the plan's item behind a key, whether it applies now or not."""
    step_id, _, name = key.partition("/")
    step = walk.plan.by_id.get(step_id)
    return next((item for item in step.evidence if item.id == name), None) if step else None


def title_of(walk: Walk, key: str) -> str:
    """Return what an item is called in the language of the channel."""
    found = item_of(walk, key)
    return found.title[walk.program.language] if found else key


def new_round(walk: Walk, who: Asker, step_id: int, number: int, now: datetime, **more: Any) -> Submission:  # noqa: ANN401 - columns
    """Add a round with the next reference."""
    team = walk.program.team
    made = Submission(
        team=team,
        ref=f"S-{next_value(walk.session, Counter, team=team, name='S')}",
        program_id=walk.program.id,
        step_id=step_id,
        number=number,
        by=who.user,
        at=now,
        **more,
    )
    walk.session.add(made)
    walk.session.flush()
    return made


def answered(
    walk: Walk,
    review: str,
    who: Asker,
    now: datetime,
    *,
    approved: bool,
    happened_at: datetime,
    words: str,
    changes: Mapping[str, str],
) -> list[dict[str, str]]:
    """Record on the newest round what Stripe answered to it.

    Args:
        walk: the programme.
        review: the step that was answered; one that sends back to no submission has no round.
        who: who recorded it.
        now: business time.
        approved: approved, or a revision was asked.
        happened_at: when Stripe answered.
        words: what Stripe wrote in general.
        changes: what must change, in words, by the key of the item.

    Returns:
        What must change, as titles in the language of the channel and words.
    """
    submission = walk.rows.get(walk.step(review).back_to or "")
    if submission is None or submission.key != rules.STEP:
        return []
    case = case_of(walk)
    found = case.newest or _sent_earlier(walk, who, now)
    before = found.state
    found.state = "approved" if approved else "revision"
    found.words, found.answered_at, found.answered_by = words or None, happened_at, who.user
    walk.session.add(found)
    wanted = {} if approved else {key: said for key, said in changes.items() if item_of(walk, key)}
    entries = case.entries.get(found.id, ())
    for entry in entries:
        entry.change = wanted.get(entry.item)
        entry.result = "to_change" if entry.item in wanted else "approved" if approved else "sent"
        walk.session.add(entry)
    for key in wanted.keys() - {entry.item for entry in entries}:
        walk.session.add(
            SubmissionItem(
                team=found.team,
                submission_id=found.id,
                item=key,
                kind="nothing",
                change=wanted[key],
                result="to_change",
            )
        )
    walk.session.flush()
    walk.record(
        submission,
        who,
        "submission:answer:approved" if approved else "submission:answer:revision",
        now,
        before={"ref": found.ref, "state": before},
        after={"ref": found.ref, "round": found.number, "items": sorted(wanted)},
    )
    return [{"title": title_of(walk, key), "words": said} for key, said in wanted.items()]


def unanswered(walk: Walk) -> None:
    """Take back the newest answer: the round waits for Stripe again, as it was sent."""
    case = case_of(walk)
    found = next((one for one in reversed(case.rounds) if one.state in ANSWERED), None)
    if found is None:
        return
    found.state, found.words, found.answered_at, found.answered_by = "sent", None, None, ""
    walk.session.add(found)
    for entry in case.entries.get(found.id, ()):
        if entry.kind == "nothing":
            walk.session.delete(entry)
        else:
            entry.result, entry.change = "sent", None
            walk.session.add(entry)
    walk.session.flush()


def reworded(walk: Walk, answered_at: datetime, words: str) -> None:
    """Correct when the newest answer came, and what Stripe wrote in general."""
    found = next((one for one in reversed(case_of(walk).rounds) if one.state in ANSWERED), None)
    if found is not None:
        found.answered_at, found.words = answered_at, words or None
        walk.session.add(found)
        walk.session.flush()


def redated(walk: Walk, sent_on: date) -> None:
    """Correct the day on which the newest round was sent."""
    found = case_of(walk).newest
    if found is not None:
        found.sent_on = sent_on
        walk.session.add(found)
        walk.session.flush()


def _sent_earlier(walk: Walk, who: Asker, now: datetime) -> Submission:
    """Write down a round that was sent before Gantry kept rounds: its date is that of the step."""
    row = walk.rows[rules.STEP]
    day = (row.happened_at or now).astimezone(ZoneInfo(walk.program.zone)).date()
    more = {"state": "sent", "packed": False, "sent_on": day, "sent_by": row.done_by, "recorded_at": now}
    return new_round(walk, who, row.id, 1, now, **more)
