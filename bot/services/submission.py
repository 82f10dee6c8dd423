"""The compliance submission: put a round together, and record that it was sent."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain import onboarding
from bot.domain import submission as rules
from bot.domain.error import FormError, StaleError
from bot.domain.role import Asker, Right
from bot.outbox import AT_ONCE
from bot.services import packet as packets
from bot.services import person as people
from bot.services import step as steps
from bot.services.submission_round import Case, case_of, new_round, title_of
from bot.services.walk import Walk
from storage import Session, after_commit
from storage.queries import submission as rows
from storage.tables import Step
from storage.tables_submission import Packet, Submission, SubmissionItem

NOON: Final = time(12)
"""A date without an hour counts from noon in the zone of the programme, so that it stays that date."""


def prepare(session: Session, who: Asker, step_id: int, now: datetime, *, without: bool = False) -> Walk:
    """Put the next round together; the worker packs it and brings the packets into the thread.

    Args:
        session: the caller's transaction.
        who: who may finish the step.
        step_id: the submission step.
        now: business time.
        without: go on although something is missing, once that was said.

    Raises:
        StaleError: a required item is missing, nothing is new, or the same round is prepared already.
        FormError: something is missing and nobody said to go on without.
        RefusedError: the person may not.
    """
    walk, row = steps.at_step(session, who.team, step_id)
    people.require(session, who, Right.STEP, now, people.relations(walk.program, row.assignee))
    _open(walk, row)
    case = case_of(walk)
    lacking = titles(walk, rules.lacking(case.looks))
    if lacking:
        raise StaleError("submission.lacking", items=lacking)
    if not rules.held(case.looks):
        raise StaleError("submission.nothing_new" if case.newest else "submission.nothing_yet")
    left = rules.left_out(case.looks)
    if left and not without:
        raise FormError({"without": ("submission.say_without", {})})
    fresh = entries_of(case)
    if case.open is not None:
        _replace(walk, who, case.open, case.entries[case.open.id], fresh, now)
    made = new_round(walk, who, row.id, case.next_number, now)
    _add(session, made, fresh)
    count = max((entry.packet for entry in fresh), default=0)
    for number in range(1, count + 1):
        name = f"{made.ref}-packet-{number}-of-{count}.zip"
        session.add(
            Packet(team=made.team, submission_id=made.id, number=number, name=name, next_attempt_at=AT_ONCE)
        )
    session.flush()
    files = {entry.name: entry.sha256 for entry in fresh if entry.kind == "file"}
    walk.record(
        row,
        who,
        "submission:prepare:packing",
        now,
        after={"ref": made.ref, "round": made.number, "files": files},
    )
    walk.say(
        "submission.prepared",
        who,
        now,
        step=walk.line(row.key),
        round=made.number,
        ref=made.ref,
        files=len(files),
        links=len(fresh) - len(files),
        packets=count,
        left_out=titles(walk, left),
    )
    if count:
        after_commit(session, packets.WAKE)
    else:
        packets.tell(walk, made, 0, now)
        packets.all_there(walk, made, now)
    return walk


def sent(session: Session, who: Asker, step_id: int, sent_on: date, reference: str, now: datetime) -> Walk:
    """Record that a round was sent to Stripe; the step is done that day, and the review's clock starts.

    Without a prepared round the team sent it by itself: what Gantry held that day is written down. A step
    that was opened again without an answer of Stripe's corrects the date of its round.

    Raises:
        FormError: the date is in the future.
        StaleError: somebody was first, or the step is locked.
        RefusedError: the person may not.
    """
    walk, row = steps.at_step(session, who.team, step_id)
    people.require(session, who, Right.STEP, now, people.relations(walk.program, row.assignee))
    zone = ZoneInfo(walk.program.zone)
    if sent_on > now.astimezone(zone).date():
        raise FormError({"sent_on": ("form.not_future", {})})
    case = case_of(walk)
    newest = case.newest
    found = case.open or (newest if newest is not None and newest.state == "sent" else None)
    if found is None:
        found = new_round(walk, who, row.id, case.next_number, now, packed=False)
        _add(session, found, entries_of(case, packed=False))
    before = {"ref": found.ref, "state": found.state, "sent_on": _iso(found.sent_on)}
    found.state, found.sent_on, found.sent_by, found.recorded_at = "sent", sent_on, who.user, now
    found.reference = reference or None
    session.add(found)
    outcome = {"sent_on": sent_on.isoformat(), "submission": found.ref, "round": found.number}
    happened_at = min(datetime.combine(sent_on, NOON, zone).astimezone(UTC), now)
    done = steps.finish(session, who, row.id, now, happened_at=happened_at, outcome=outcome)
    done.record(
        row,
        who,
        "submission:send:sent",
        now,
        before=before,
        after={"ref": found.ref, "state": "sent", "sent_on": sent_on.isoformat()},
    )
    return done


def _open(walk: Walk, row: Step) -> None:
    """Pass only while the step can be worked on."""
    if walk.program.state in {"paused", "canceled"}:
        raise StaleError(f"program.is_{walk.program.state}", ref=walk.program.ref)
    if row.state not in onboarding.WORKABLE:
        raise StaleError("submission.not_open", step=walk.title(row.key))


def _replace(
    walk: Walk,
    who: Asker,
    before: Submission,
    held: Sequence[SubmissionItem],
    fresh: Sequence[SubmissionItem],
    now: datetime,
) -> None:
    """Let a new round take the place of one that was prepared and not sent.

    Raises:
        StaleError: it holds just the same.
    """

    def content(entries: Sequence[SubmissionItem]) -> list[tuple[str, str, int]]:
        return [(entry.item, entry.sha256, entry.packet) for entry in entries]

    if content(held) == content(fresh):
        raise StaleError("submission.prepared_already", ref=before.ref, who=before.by, at=before.at)
    before.state = "replaced"
    walk.session.add(before)
    rows.drop_packets(walk.session, before.id)
    walk.record(walk.rows[rules.STEP], who, "submission:prepare:replaced", now, before={"ref": before.ref})


def entries_of(case: Case, *, packed: bool = True) -> list[SubmissionItem]:
    """Return the rows of the next round, in the order they are packed; not yet in the session."""
    found = [
        SubmissionItem(
            team="",
            submission_id=0,
            item=one.look.item.key,
            evidence_id=one.piece.id,
            kind="file",
            sha256=one.piece.digest,
            name=one.name,
            packet=one.packet if packed else 0,
            version=one.look.version,
            was=" ".join(rules.short(digest) for digest in one.look.before),
        )
        for one in rules.attachments(case.looks)
    ]
    return found + [
        SubmissionItem(
            team="",
            submission_id=0,
            item=look.item.key,
            evidence_id=piece.id,
            kind="link",
            sha256=piece.digest,
            name=piece.name,
            version=look.version,
            was=" ".join(rules.short(digest) for digest in look.before),
        )
        for look, piece in rules.links(case.looks)
    ]


def _add(session: Session, made: Submission, entries: Sequence[SubmissionItem]) -> None:
    for entry in entries:
        entry.team, entry.submission_id = made.team, made.id
        session.add(entry)
    session.flush()


def titles(walk: Walk, found: Sequence[rules.Look]) -> list[str]:
    """Return what items are called in the language of the channel."""
    return [title_of(walk, one.item.key) for one in found]


def _iso(moment: date | datetime | None) -> str | None:
    return moment.isoformat() if moment else None
