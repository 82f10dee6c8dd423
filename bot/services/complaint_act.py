"""What people do with a complaint. A fact is never refused: one that breaks the lock is kept and shown so."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.domain import complaint as rules
from bot.domain.card_number import redact
from bot.domain.complaint_book import CLOCKS, SWITCHES
from bot.domain.error import FormError, StaleError
from bot.domain.role import Asker, Right
from bot.services import audit, complaint, complaint_case, complaint_document
from bot.services import person as people
from bot.services.complaint import SLACK_SKEW
from bot.services.complaint_case import Case
from storage import Session
from storage.queries import complaint as rows
from storage.tables import Program
from storage.tables_complaint import ComplaintSetting

TARGET: Final = re.compile(r"(?:ic|ich|ipi|iauth|idp|acct|txn)_[A-Za-z0-9_]{1,80}|[DL]-[0-9]{1,12}")
"""What a complaint can be linked to: Stripe's card, cardholder, transaction, authorization, dispute or
account, or a dispute or lost card of ours."""

DETAILS: Final = (
    "customer",
    "contact",
    "received_through",
    "category",
    "product",
    "account",
    "bank",
    "regulator",
    "summary",
    "root_cause",
    "refund_amount",
    "refund_currency",
)
ENDED: Final = ("resolved", "withdrawn")


def acknowledge(session: Session, who: Asker, number: int, at: datetime, words: str, now: datetime) -> Case:
    """Record that the customer was told that we have it.

    Raises:
        StaleError: it was acknowledged before, or is over.
        FormError: the moment is in the future or before it was submitted.
        RefusedError: the person may not.
    """
    case = _opened(session, who, number, now)
    row = case.row
    _happened(case, at, now)
    if row.acknowledged_at is not None or row.state not in rules.OPEN:
        raise StaleError("complaint.not_now", ref=row.ref)
    row.acknowledged_at = at
    row.state = "acknowledged" if row.state == "received" else row.state
    _contact(case, who, at, words, now)
    case.record(who.user, "complaint:acknowledge:acknowledged", now, at=at, locked=case.facts.locked)
    case.settle(now)
    case.say("acknowledged", who.user, now, at=at)
    return case


def resolve(
    session: Session,
    who: Asker,
    number: int,
    at: datetime,
    resolution: str,
    root_cause: str,
    now: datetime,
) -> Case:
    """Record how it ended and why it arose; raises as `acknowledge` does."""
    case = _opened(session, who, number, now)
    row = case.row
    _happened(case, at, now)
    _moved(case, rules.OPEN, "resolved")
    row.resolved_at, row.acknowledged_at = at, row.acknowledged_at or at
    row.resolution, row.root_cause, row.ended_by = redact(resolution), redact(root_cause), who.user
    _contact(case, who, at, resolution, now)
    case.record(who.user, "complaint:resolve:resolved", now, at=at, locked=case.facts.locked)
    case.settle(now)
    case.say("resolved", who.user, now, at=at)
    return case


def contact(session: Session, who: Asker, number: int, at: datetime, words: str, now: datetime) -> Case:
    """Record a contact with the customer; one that the lock forbade is a breach that managers hear of."""
    case = _opened(session, who, number, now)
    _happened(case, at, now)
    _contact(case, who, at, words, now)
    case.record(who.user, "complaint:contact:recorded", now, at=at, locked=case.facts.locked)
    complaint.look(case, words, now)
    case.settle(now)
    case.say("contact", who.user, now, at=at)
    return case


def withdraw(session: Session, who: Asker, number: int, at: datetime, reason: str, now: datetime) -> Case:
    """Record that the customer took it back; it stays in the report. Raises as `acknowledge` does."""
    case = _opened(session, who, number, now)
    _happened(case, at, now)
    _moved(case, rules.OPEN, "withdrawn")
    case.row.withdrawn_at, case.row.ended_by = at, who.user
    case.entry("note", _key(at, reason), who.user, at, now, words=redact(reason))
    case.record(who.user, "complaint:withdraw:withdrawn", now, at=at)
    case.settle(now)
    case.say("withdrawn", who.user, now, at=at)
    return case


def reopen(session: Session, who: Asker, number: int, reason: str, now: datetime) -> Case:
    """Take one up again that had ended; the clock to resolve starts anew, what was late stays so."""
    case = _opened(session, who, number, now)
    _moved(case, ENDED, "reopened")
    case.row.reopened_at = now
    case.entry("note", _key(now, reason), who.user, now, now, words=redact(reason))
    case.record(who.user, "complaint:reopen:reopened", now)
    complaint.look(case, reason, now)
    case.settle(now)
    case.say("reopened", who.user, now)
    return case


def mistake(session: Session, who: Asker, number: int, reason: str, now: datetime) -> Case:
    """Say that it was logged by mistake: a manager does, with a reason; it stays in the audit."""
    case = complaint_case.locked(session, number, who.team)
    case.require_manager(who, now)
    row = case.row
    before = row.state
    _moved(case, (*rules.OPEN, *ENDED), "mistake")
    if row.locked:
        row.released_at, row.released_by, row.release_reason = now, who.user, redact(reason)
    row.mistake_reason, row.ended_by = redact(reason), who.user
    if row.proposal == "asked":
        row.proposal, row.decided_at, row.decided_by = "no", now, who.user
    case.record(who.user, "complaint:mistake:mistake", now, before=before)
    case.settle(now)
    case.say("mistake", who.user, now)
    return case


def note(session: Session, who: Asker, number: int, words: str, now: datetime) -> Case:
    """Keep a note with it; words of the customer in it are looked at as the first ones were."""
    case = _opened(session, who, number, now)
    case.entry("note", _key(now, words), who.user, now, now, words=redact(words))
    case.record(who.user, "complaint:note:added", now)
    asked = complaint.look(case, words, now)
    case.settle(now)
    case.say("note_asked" if asked else "note", who.user, now)
    return case


def assign(session: Session, who: Asker, number: int, owner: str, now: datetime) -> Case:
    """Give it to somebody.

    Raises:
        FormError: no full member of the workspace.
    """
    case = _opened(session, who, number, now)
    problem = people.no_member(session, who.team, owner)
    if problem:
        raise FormError({"owner": problem})
    before, case.row.owner = case.row.owner, owner
    case.record(who.user, "complaint:assign:assigned", now, before=before, owner=owner)
    case.settle(now)
    case.say("assigned", who.user, now, to=owner)
    return case


def link(session: Session, who: Asker, number: int, target: str, now: datetime) -> Case:
    """Link it to a card, a transaction, a dispute; a link that is there stays.

    Raises:
        FormError: it is no id of Stripe's or ours.
    """
    case = _opened(session, who, number, now)
    wanted = target.strip()
    wanted = wanted.upper() if re.fullmatch(r"[dlDL]-[0-9]+", wanted) else wanted
    if not TARGET.fullmatch(wanted):
        raise FormError({"target": ("complaint.no_target", {})})
    if case.entry("link", wanted, who.user, now, now, target=wanted):
        case.record(who.user, "complaint:link:linked", now, target=wanted)
        case.settle(now)
    return case


def documents(
    session: Session, who: Asker, number: int, files: Sequence[Mapping[str, Any]], now: datetime
) -> Case:
    """Keep files with it, each once, by Slack's id."""
    case = _opened(session, who, number, now)
    for file in files:
        complaint_document.add(case, file, who.user, now)
    case.record(who.user, "complaint:document:added", now, files=len(files))
    case.settle(now)
    return case


def notified(session: Session, who: Asker, number: int, at: datetime, now: datetime) -> Case:
    """Record that Stripe was told of an executive complaint."""
    case = _executive(session, who, number, now)
    _happened(case, at, now)
    if case.row.notified_at is not None:
        raise StaleError("complaint.not_now", ref=case.row.ref)
    case.row.notified_at = at
    case.record(who.user, "complaint:notify:notified", now, at=at)
    case.settle(now)
    case.say("notified", who.user, now, at=at)
    return case


def released(session: Session, who: Asker, number: int, at: datetime, words: str, now: datetime) -> Case:
    """Record what Stripe answered after its review: the customer may be answered again.

    Stripe has known of it then, at the latest.
    """
    case = _executive(session, who, number, now)
    row = case.row
    _happened(case, at, now)
    if not row.locked:
        raise StaleError("complaint.not_now", ref=row.ref)
    if row.proposal == "asked":
        row.proposal, row.decided_at, row.decided_by = "yes", now, who.user
    row.notified_at = row.notified_at or at
    row.released_at, row.released_by = at, who.user
    row.release_reason = row.stripe_answer = redact(words)
    case.record(who.user, "complaint:release:released", now, at=at)
    case.settle(now)
    case.say("released", who.user, now, at=at)
    return case


def forwarded(session: Session, who: Asker, number: int, at: datetime, now: datetime) -> Case:
    """Record that it was forwarded to Stripe, where the older rule is on."""
    case = _opened(session, who, number, now)
    _happened(case, at, now)
    if not case.book.clocks["forward"].on or case.row.forwarded_at is not None:
        raise StaleError("complaint.not_now", ref=case.row.ref)
    case.row.forwarded_at = at
    case.record(who.user, "complaint:forward:forwarded", now, at=at)
    case.settle(now)
    case.say("forwarded", who.user, now, at=at)
    return case


def to_executive(session: Session, who: Asker, number: int, at: datetime, reason: str, now: datetime) -> Case:
    """Say that it is executive after all, known since `at`; the clock counts from the earlier moment."""
    case = _opened(session, who, number, now)
    row = case.row
    if at > now + SLACK_SKEW:
        raise FormError({"at": ("form.not_future", {})})
    if row.kind == "executive" or row.feedback or row.state == "mistake":
        raise StaleError("complaint.not_now", ref=row.ref)
    if row.proposal == "asked":
        row.proposal, row.decided_at, row.decided_by = "yes", now, who.user
    row.decision_reason = redact(reason)
    complaint.make_executive(case, who.user, at, now)
    case.settle(now)
    case.say("to_executive", who.user, now)
    return case


def to_operational(session: Session, who: Asker, number: int, reason: str, now: datetime) -> Case:
    """Say that it is no executive one: a manager does, with a reason; 5 and 15 days count from submission."""
    case = complaint_case.locked(session, number, who.team)
    case.require_manager(who, now)
    row = case.row
    if row.kind != "executive" or row.state == "mistake":
        raise StaleError("complaint.not_now", ref=row.ref)
    if row.proposal == "asked":
        row.proposal, row.decided_at, row.decided_by = "no", now, who.user
    complaint.make_operational(case, who.user, reason, now)
    case.settle(now)
    case.say("to_operational", who.user, now)
    return case


def extend(session: Session, who: Asker, number: int, reason: str, now: datetime) -> Case:
    """Take the longer time to resolve (UK, EU), with a reason, before the shorter one is over."""
    case = _opened(session, who, number, now)
    due = case.dues.get("resolve")
    if not rules.extendable(case.book, case.facts, case.region) or due is None or due.late(now):
        raise StaleError("complaint.not_now", ref=case.row.ref)
    case.row.extended_at, case.row.extension_reason = now, redact(reason)
    case.record(who.user, "complaint:extend:extended", now)
    case.settle(now)
    case.say("extended", who.user, now)
    return case


def detail(session: Session, who: Asker, number: int, values: Mapping[str, Any], now: datetime) -> Case:
    """Fill in or correct what is known of it: columns of `DETAILS`, `program` and `submitted_at`.

    Raises:
        FormError: it was submitted in the future, or after it was answered.
    """
    case = _opened(session, who, number, now)
    row = case.row
    changed = [name for name in DETAILS if name in values and (getattr(row, name) or "") != values[name]]
    for name in changed:
        value = values[name]
        setattr(row, name, redact(value) if isinstance(value, str) and name != "account" else value)
    submitted = values.get("submitted_at")
    if submitted is not None and submitted != row.submitted_at:
        if submitted > now + SLACK_SKEW:
            raise FormError({"submitted_at": ("form.not_future", {})})
        changed.append("submitted_at")
        row.submitted_at = submitted
    if values.get("program") and values["program"] != row.program_id:
        program = session.get(Program, values["program"])
        if program is None or program.team != who.team:
            raise FormError({"program": ("form.choose", {})})
        changed.append("program")
        row.program_id = program.id
        case = complaint_case.of(session, row)
    row.livemode = bool(case.program and case.program.live_at and case.program.live_at <= row.submitted_at)
    if changed:
        case.record(who.user, "complaint:detail:changed", now, fields=sorted(changed))
        complaint.look(case, str(values.get("summary") or ""), now)
        case.settle(now)
    return case


def choose(session: Session, who: Asker, program: Program, values: Mapping[str, str], now: datetime) -> None:
    """Set what a programme does otherwise than the book; an empty value goes back to it.

    Open complaints are counted anew when somebody touches them or a date passes.

    Raises:
        RefusedError: the person may not change the programme.
    """
    people.require(session, who, Right.CHANGE_PROGRAM, now, people.relations(program))
    before = rows.settings(session, program.id)
    for name, value in values.items():
        if name not in {*CLOCKS, *SWITCHES, "owner", "report"}:
            continue
        row = session.get(ComplaintSetting, (program.id, name))
        if row is not None and not value:
            session.delete(row)
        elif row is not None:
            row.value, row.by, row.at = value, who.user, now
            session.add(row)
        elif value:
            made = ComplaintSetting(
                program_id=program.id, name=name, team=program.team, value=value, by=who.user, at=now
            )
            session.add(made)
    session.flush()
    after = rows.settings(session, program.id)
    if after != before:
        audit.record(
            session,
            team=program.team,
            actor=who.user,
            tag="complaint:settings:changed",
            subject=program.ref,
            now=now,
            before=before,
            after=after,
        )
    for number in rows.open_of(session, program.id):
        complaint_case.locked(session, number, who.team).settle(now)


def _opened(session: Session, who: Asker, number: int, now: datetime) -> Case:
    case = complaint_case.locked(session, number, who.team)
    case.require(who, now)
    return case


def _executive(session: Session, who: Asker, number: int, now: datetime) -> Case:
    case = _opened(session, who, number, now)
    if case.row.kind != "executive" or case.row.state == "mistake":
        raise StaleError("complaint.not_now", ref=case.row.ref)
    return case


def _happened(case: Case, at: datetime, now: datetime) -> None:
    if at > now + SLACK_SKEW:
        raise FormError({"at": ("form.not_future", {})})
    if at < case.row.submitted_at.replace(second=0, microsecond=0):
        raise FormError({"at": ("complaint.before", {"at": case.row.submitted_at})})


def _moved(case: Case, states: Sequence[str], state: str) -> None:
    """Change the state of a complaint that is in one of these; the row is locked, the update decides."""
    if not rows.move(case.session, case.row.id, states, state=state):
        raise StaleError("complaint.not_now", ref=case.row.ref)
    case.session.refresh(case.row)


def _contact(case: Case, who: Asker, at: datetime, words: str, now: datetime) -> None:
    """Keep a contact; the lock is asked as it is now, under which no proposal can slip in between."""
    breaks = rules.breaks_lock(case.facts, case.row.locked_at, at)
    key = _key(at, words)
    while_locked = rows.WHILE_LOCKED if case.facts.locked else ""
    kept = {"words": redact(words) or None, "breach": breaks, "target": while_locked}
    case.entry("contact", key, who.user, at, now, **kept)
    if breaks:
        case.broke = True
        case.breach(rules.CONTACT, key, who.user, at, now)
        case.tell_managers("breach_contact", now)


def _key(at: datetime, words: str) -> str:
    return f"{at.isoformat()}:{hashlib.sha256(words.encode()).hexdigest()[:12]}"
