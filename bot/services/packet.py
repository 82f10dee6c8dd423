"""What becomes of the packets of a round: arrived, failed, tried again; and what is said then."""

from datetime import datetime
from typing import Any, Final

from bot.domain import submission as rules
from bot.domain.error import NotFoundError, StaleError
from bot.domain.role import Asker, Right
from bot.outbox import AT_ONCE
from bot.services import person as people
from bot.services.submission_round import AT_STRIPE, case_of, item_of, title_of
from bot.services.walk import Walk, locked
from storage import Session, after_commit
from storage.queries import submission as rows
from storage.queries import thread as threads
from storage.tables import Program
from storage.tables_submission import Packet, Submission, SubmissionItem

WAKE: Final = "packets"
"""What `Database.on_commit` is told when a packet waits to be built."""


def share_facts(session: Session, packet: Packet) -> dict[str, Any] | None:
    """Return where a packet goes, what is said with it, and what it holds; None when nothing waits for it."""
    submission = session.get(Submission, packet.submission_id)
    program = session.get(Program, submission.program_id) if submission else None
    board = threads.of(session, "program", program.id) if program else None
    if submission is None or program is None or board is None or not board.ts:
        return None
    contents = rows.contents(session, submission.id, packet.number)
    return {
        "channel": board.channel,
        "thread_ts": board.ts,
        "language": program.language,
        "files": [{"name": entry.name or "", "place": file.location} for entry, file in contents],
        "said": {
            "ref": submission.ref,
            "round": submission.number,
            "packet": packet.number,
            "packets": len(rows.packets(session, submission.id)),
            "files": len(contents),
            "program": {"id": program.id, "ref": program.ref, "name": program.name},
        },
    }


def uploaded(session: Session, packet_id: int, *, owner: str, sha256: str, size: int, now: datetime) -> bool:
    """Record that a packet is in the thread, and say what belongs to it; false when the lease was lost.

    The lease of a packet whose round was replaced is lost.
    """
    more: dict[str, object] = {"sha256": sha256, "size": size} if sha256 else {}
    values = {"state": "uploaded", "error": "", "uploaded_at": now, **more}
    if not rows.move_packet(session, packet_id, owner=owner, **values):
        return False
    walk, submission, packet = _about(session, packet_id)
    _record(walk, "submission:upload:uploaded", submission, packet, now)
    tell(walk, submission, packet.number, now)
    after_commit(session, WAKE)
    if submission.state == "packing" and all(
        one.state == "uploaded" for one in rows.packets(session, submission.id)
    ):
        all_there(walk, submission, now)
    return True


def failed(session: Session, packet_id: int, *, owner: str, code: str, now: datetime) -> bool:
    """Record that a packet cannot be brought into the thread, and say so with a way to try again."""
    if not rows.move_packet(session, packet_id, owner=owner, state="failed", error=code):
        return False
    walk, submission, packet = _about(session, packet_id)
    _record(walk, "submission:upload:failed", submission, packet, now, code=code)
    walk.say(
        "submission.packet_failed",
        Asker(team=packet.team, user="", language=walk.program.language),
        now,
        step=walk.line(rules.STEP),
        users=[submission.by],
        to=submission.by,
        name=packet.name,
        code=code,
        packet=packet.id,
    )
    after_commit(session, WAKE)
    return True


def again(session: Session, who: Asker, packet_id: int, now: datetime) -> None:
    """Build and upload a packet once more; one that may have arrived says that it is sent again.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
        StaleError: it has not failed, or its round was replaced.
        RefusedError: the person may not.
    """
    row = rows.packet(session, packet_id)
    if row is None or row.team != who.team:
        raise NotFoundError("submission.no_packet")
    walk, submission, packet = _about(session, packet_id)
    relations = people.relations(walk.program, walk.rows[rules.STEP].assignee)
    people.require(session, who, Right.STEP, now, relations)
    if packet.state != "failed":
        raise StaleError("submission.packet_fine", name=packet.name)
    packet.again = packet.again or bool(packet.slack_file)
    packet.state, packet.error, packet.attempts, packet.next_attempt_at = "waiting", "", 0, AT_ONCE
    session.add(packet)
    session.flush()
    after_commit(session, WAKE)
    _record(walk, "submission:retry:packing", submission, packet, now, actor=who.user)


def tell(walk: Walk, submission: Submission, number: int, now: datetime) -> None:
    """Say what belongs to a packet: the text to paste, and where Stripe's form is."""
    entries = rows.entries(walk.session, [submission.id])
    first = number <= 1
    unchanged = [
        one.item
        for one in case_of(walk).looks
        if one.before and one.item.key not in {e.item for e in entries}
    ]
    walk.say(
        "submission.packet",
        _nobody(walk),
        now,
        step=walk.line(rules.STEP),
        ref=submission.ref,
        round=submission.number,
        packet=number,
        packets=len(rows.packets(walk.session, submission.id)),
        url=walk.step(rules.STEP).url or walk.step(rules.STEP).source,
        files=[_line(walk, entry) for entry in entries if entry.kind == "file" and entry.packet == number],
        links=[_line(walk, entry) for entry in entries if entry.kind == "link" and first],
        unchanged=[{"proof": item.proof, "flow": item.flow} for item in unchanged] if first else [],
    )


def all_there(walk: Walk, submission: Submission, now: datetime) -> None:
    """Say that a round is complete, with the button that records when it was sent."""
    submission.state = "prepared"
    walk.session.add(submission)
    walk.session.flush()
    walk.say(
        "submission.ready",
        Asker(team=submission.team, user="", language=walk.program.language),
        now,
        step=walk.line(rules.STEP),
        users=[submission.by],
        to=submission.by,
        ref=submission.ref,
        round=submission.number,
        packets=len(rows.packets(walk.session, submission.id)),
    )


def _line(walk: Walk, entry: SubmissionItem) -> dict[str, Any]:
    """Return what the text to paste says about one file or link."""
    item = item_of(walk, entry.item)
    return {
        "name": entry.name or "",
        "title": title_of(walk, entry.item),
        "proof": item.proof if item else "",
        "flow": item.flow if item else "",
        "version": entry.version,
        "was": entry.was,
        "sha256": rules.short(entry.sha256),
        "words": _asked(walk, entry),
    }


def _asked(walk: Walk, entry: SubmissionItem) -> str:
    """Return what the round before asked to change about this item, in Stripe's words."""
    earlier = {
        one.id
        for one in rows.rounds(walk.session, walk.program.id)
        if one.state in AT_STRIPE and one.id < entry.submission_id
    }
    said = [one for one in rows.entries(walk.session, list(earlier)) if one.item == entry.item]
    return (said[-1].change or "") if said else ""


def _about(session: Session, packet_id: int) -> tuple[Walk, Submission, Packet]:
    packet = rows.packet(session, packet_id)
    submission = session.get(Submission, packet.submission_id) if packet else None
    assert packet is not None, "the caller has seen it"  # noqa: S101 - rows are never deleted
    assert submission is not None, "a packet belongs to a round"  # noqa: S101 - a foreign key says so
    return locked(session, submission.program_id, packet.team), submission, packet


def _nobody(walk: Walk) -> Asker:
    return Asker(team=walk.program.team, user="", language=walk.program.language)


def _record(
    walk: Walk,
    tag: str,
    submission: Submission,
    packet: Packet,
    now: datetime,
    *,
    actor: str = "worker",
    code: str = "",
) -> None:
    after = {"ref": submission.ref, "packet": packet.number, "sha256": packet.sha256}
    walk.record(
        walk.rows[rules.STEP],
        Asker(team=packet.team, user=actor),
        tag,
        now,
        after={**after, "code": code} if code else after,
    )
