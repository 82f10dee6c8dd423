"""Logging a complaint, and the question whether it is an executive one.

The same message, or the same form, gives the same complaint. From the proposal of the word list on the
customer must not be answered; who does not answer the question within the hour has said yes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot import plans
from bot.domain.card_number import redact
from bot.domain.complaint import KINDS
from bot.domain.error import FormError, StaleError
from bot.domain.role import Asker
from bot.services import board, complaint_case, complaint_document
from bot.services.complaint_case import Case
from storage import Session, insert_once, next_value
from storage.queries import complaint as rows
from storage.queries import program as programs
from storage.tables import Counter, Program
from storage.tables_complaint import Complaint

RUNNING: Final = ("active", "launched", "paused")
ANSWERS: Final = {
    "yes": "complaint:propose:yes",
    "no": "complaint:propose:no",
    "silent": "complaint:propose:silent",
}
"""The audit tag of each way in which the question can end."""

SLACK_SKEW: Final = timedelta(minutes=1)
"""A clock of Slack's that is ahead of ours makes no future."""


@dataclass(frozen=True)
class Said:
    """What a form says about a complaint.

    `source` is `channel/ts` of the message it came from, else Slack's key of the form. `files` are those of
    the message, by Slack's id and name. `more` holds further columns by name, already checked.
    """

    text: str
    source: str
    submitted_at: datetime
    customer: str = ""
    kind: str = "operational"
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    redacted: bool = False
    feedback: bool = False
    program_id: int = 0
    owner: str = ""
    files: Sequence[Mapping[str, str]] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Logged:
    """The complaint, and whether it was logged just now."""

    case: Case
    new: bool


def log(
    session: Session, who: Asker, said: Said, channels: Mapping[str, str], language: str, now: datetime
) -> Logged:
    """Log a complaint, or return the one that this message or form was logged as before.

    Args:
        session: the caller's transaction.
        who: the agent; the door has checked the right.
        said: what the form says.
        channels: the channels of the settings by purpose.
        language: of the thread, where no programme is known.
        now: business time.

    Raises:
        FormError: it was submitted in the future, or nothing was said.
        NotFoundError: there is no channel that may know of it.
    """
    before = rows.by_source(session, who.team, said.source)
    if before is not None:
        return Logged(complaint_case.of(session, before, channels), new=False)
    _check(said, now)
    program = _program(session, who, said)
    text = redact(said.text)
    values: dict[str, Any] = {
        "team": who.team,
        "ref": f"?{said.source}",  # its number follows, once it is sure that nobody else has logged it
        "source": said.source,
        "source_channel": said.channel,
        "source_ts": said.ts,
        "source_thread_ts": said.thread_ts,
        "source_link": board.permalink(session, said.channel, said.ts) or None,
        "public": "check" if said.channel and said.ts and not said.channel.startswith("D") else "",
        "text": text,
        "redacted": said.redacted or text != said.text,
        "customer": redact(said.customer) or None,
        "program_id": program.id if program else None,
        "feedback": said.feedback,
        "livemode": bool(program and program.live_at and program.live_at <= said.submitted_at),
        "received_by": who.user,
        "logged_by": who.user,
        "logged_at": now,
        "submitted_at": min(said.submitted_at, now),
        "changed_at": now,
        **{name: value for name, value in said.more.items() if value},
    }
    if program and len(program.products) == 1 and not values.get("product"):
        values["product"] = program.products[0]
    if not insert_once(session, Complaint, values, conflict=["team", "source"]):
        # Somebody was logging the same message; their transaction has ended meanwhile.
        before = rows.by_source(session, who.team, said.source)
        assert before is not None, "its insert conflicted"  # noqa: S101 - nothing removes complaints
        return Logged(complaint_case.of(session, before, channels), new=False)
    row = rows.by_source(session, who.team, said.source)
    assert row is not None, "it was just inserted"  # noqa: S101 - the same
    case = complaint_case.of(session, row, channels)
    case.default_language = language
    row.ref = f"C-{next_value(session, Counter, team=who.team, name='C')}"
    row.owner = said.owner or case.settings.get("owner") or (program.lead if program else who.user)
    _classify(case, said, now)
    session.add(row)
    session.flush()
    for file in said.files:
        complaint_document.add(case, file, who.user, now)
    case.open_board(now)
    case.settle(now)
    what = {"class": row.kind, "proposal": row.proposal, "feedback": row.feedback}
    case.record(who.user, "complaint:log:received", now, submitted_at=row.submitted_at, **what)
    case.say("feedback" if row.feedback else "logged", who.user, now)
    if row.kind == "executive":
        case.tell_managers("executive", now)
    return Logged(case, new=True)


def ask(case: Case, words: Sequence[str], now: datetime) -> None:
    """Propose *executive*: from this moment on nobody answers the customer."""
    row = case.row
    row.proposal, row.proposal_words = "asked", list(words)
    row.proposed_at, row.proposal_until = now, now + timedelta(minutes=case.book.proposal_minutes)
    row.decided_at, row.decided_by, row.decision_reason = None, "", None


def look(case: Case, text: str, now: datetime) -> bool:
    """Propose *executive* if new words of an operational complaint look like it; say whether they do."""
    row = case.row
    if row.feedback or row.kind == "executive" or row.proposal == "asked" or row.state == "mistake":
        return False
    new = [word for word in words_in(text) if word not in row.proposal_words]
    if not new:
        return False
    ask(case, new, now)
    case.record("", "complaint:propose:asked", now)
    return True


def decide(
    session: Session,
    who: Asker,
    complaint_id: int,
    *,
    yes: bool,
    reason: str,
    now: datetime,
) -> Case:
    """Answer the question whether it is executive.

    Raises:
        StaleError: it was answered meanwhile.
        FormError: a no without a reason.
        RefusedError: the person may not.
    """
    case = complaint_case.locked(session, complaint_id, who.team)
    case.require(who, now)
    row = case.row
    if row.proposal != "asked":
        raise StaleError("complaint.answered", ref=row.ref)
    if not yes and not reason:
        raise FormError({"reason": ("complaint.reason_needed", {})})
    _decided(case, who.user, "yes" if yes else "no", reason, now)
    if yes:
        make_executive(case, who.user, row.proposed_at or now, now)
    else:
        make_operational(case, who.user, reason, now)
    case.settle(now)
    case.say("decided_yes" if yes else "decided_no", who.user, now)
    return case


def no_answer(session: Session, complaint_id: int, team: str, now: datetime) -> bool:
    """Take the silence of an hour as a yes; false when somebody has answered."""
    case = complaint_case.locked(session, complaint_id, team)
    row = case.row
    if row.proposal != "asked" or row.proposal_until is None or row.proposal_until > now:
        return False
    _decided(case, "", "silent", "", now)
    make_executive(case, "", row.proposed_at or now, now)
    case.settle(now)
    case.say("decided_silent", "", now)
    return True


def make_executive(case: Case, by: str, aware_at: datetime, now: datetime) -> None:
    """Make it executive: the earlier moment at which that was known stays; managers hear at once."""
    row = case.row
    if row.kind == "executive":
        return
    row.kind, row.executive_at = "executive", min(aware_at, row.executive_at or aware_at)
    row.released_at, row.released_by, row.release_reason = None, "", None
    case.record(by, "complaint:classify:executive", now, known_since=row.executive_at)
    case.session.flush()
    case.tell_managers("executive", now)


def make_operational(case: Case, by: str, reason: str, now: datetime) -> None:
    """Make it operational, or leave it so after a proposal: the lock ends now, with a person and a reason."""
    row = case.row
    before = row.kind
    row.kind, row.executive_at = "operational", None
    row.released_at, row.released_by, row.release_reason = now, by, redact(reason)
    case.record(by, "complaint:classify:operational", now, before=before)


def words_in(text: str, received_through: str = "") -> list[str]:
    """Return what makes a complaint look executive: words of the list, or where it came from."""
    found = [hit.word for hit in plans.complaint_words().look(text)]
    source = plans.complaints().channel(received_through)
    return [*found, *([source.id] if source and source.executive else [])]


def _decided(case: Case, by: str, answer: str, reason: str, now: datetime) -> None:
    row = case.row
    row.proposal, row.decided_at, row.decided_by = answer, now, by
    row.decision_reason = redact(reason) or None
    case.record(by, ANSWERS[answer], now, proposed_at=row.proposed_at)


def _classify(case: Case, said: Said, now: datetime) -> None:
    row = case.row
    if said.feedback:
        return
    words = words_in(row.text or "", row.received_through)
    if said.kind == KINDS[1]:
        row.kind, row.executive_at = "executive", now
    if words:
        ask(case, words, now)


def _check(said: Said, now: datetime) -> None:
    if not said.text.strip():
        raise FormError({"text": ("form.required", {})})
    if said.submitted_at > now + SLACK_SKEW:
        raise FormError({"submitted_at": ("form.not_future", {})})


def _program(session: Session, who: Asker, said: Said) -> Program | None:
    """Return the programme: chosen, of the channel, of the agent's last complaint, or the only one."""
    if said.program_id:
        chosen = session.get(Program, said.program_id)
        if chosen is not None and chosen.team == who.team:
            return chosen
        raise FormError({"program": ("form.choose", {})})
    return likely_program(session, who, said.channel)


def likely_program(session: Session, who: Asker, channel: str) -> Program | None:
    """Return the programme that somebody means who names none."""
    if channel:
        here = [one for one in programs.in_channel(session, who.team, channel) if one.state in RUNNING]
        if len(here) == 1:
            return here[0]
    last = rows.last_program(session, who.team, who.user)
    found = session.get(Program, last) if last else None
    if found is not None:
        return found
    running = [one for one in programs.all_of(session, who.team) if one.state in RUNNING]
    return running[0] if len(running) == 1 else None
