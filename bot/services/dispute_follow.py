"""Disputes follow what Stripe says of them: made elsewhere, submitted, won, lost, expired, funds moved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.domain import dispute as rules
from bot.domain import stripe_object as objects
from bot.domain.error import NotFoundError
from bot.services import audit, dispute_call, dispute_case, dispute_clock, dispute_funds
from bot.services import dispute as service
from storage import Session, after_commit, insert_once
from storage.queries import dispute as rows
from storage.queries import person as person_rows
from storage.queries import stripe_mirror as mirror
from storage.tables_dispute import Dispute
from storage.tables_stripe import Transaction
from storage.tables_stripe_event import StripeDispute

WAKE: Final = "disputes"
"""What `Database.on_commit` is told when Stripe has told something new of a dispute."""
TASKS: Final = {"won": "reimburse", "expired": "review"}
_COLUMNS: Final[objects.Map] = objects.transaction
STATES: Final = {"submitted": "submitted", **{state: state for state in rules.ENDS}}


def touched(session: Session, row: StripeDispute) -> None:
    """Have the dispute that people work on follow, after the commit."""
    row.changed = True
    session.add(row)
    after_commit(session, WAKE)


def follow(session: Session, dispute: str, defaults: Mapping[str, str], language: str, now: datetime) -> bool:
    """Bring the dispute that people work on to where Stripe says; one made elsewhere is opened here.

    Returns:
        False when its transaction is not known yet: fetch it, `learn` it, and call again.
    """
    found = rows.mirror(session, dispute)
    if found is None:
        return True
    found = mirror.lock(session, StripeDispute, {"id": dispute})
    row = rows.of_transaction(session, found.transaction)
    if row is None:
        bought = mirror.paid(session, found.transaction)
        if bought is None:
            return False
        row = _adopt(session, found, bought, defaults, language, now)
    found.changed = False
    session.add(found)
    if row is not None and row.stripe in {"", found.id}:
        new = not row.stripe
        row.stripe = found.id
        _take(session, row, found)
        if new and row.error and not row.call:
            row.sent, row.error = row.kept, ""  # somebody made it elsewhere meanwhile: now it can be changed
        if new and not row.by and not row.wanted and found.status == "unsubmitted":
            dispute_call.read(session, row, now)
        _advance(session, row, found, now)
        dispute_funds.follow(session, row, found, now)
        dispute_clock.settle(session, row, now)
        dispute_call.sync(session, row, now)
        dispute_call.show(session, row, now)
    return True


def learn(session: Session, found: objects.Object, *, account: str, livemode: bool) -> None:
    """Know a transaction that was there before Gantry listened; what its events say holds over this."""
    columns = _COLUMNS(found)
    if not columns["created_at"]:
        return
    values = {"id": objects.reference(found), "account": account, "livemode": livemode, **columns}
    insert_once(session, Transaction, values, conflict=["id"])


def learn_dispute(
    session: Session, found: objects.Object, *, platform: str, account: str, livemode: bool
) -> bool:
    """Know a dispute that Stripe listed; true when it was not known."""
    values: dict[str, Any] = {"platform": platform, "account": account, "livemode": livemode}
    values |= {"id": objects.reference(found), **objects.dispute(found)}
    new = bool(values["id"]) and insert_once(session, StripeDispute, values, conflict=["id"])
    if new:
        after_commit(session, WAKE)
    return new


def _adopt(
    session: Session,
    found: StripeDispute,
    bought: Transaction,
    defaults: Mapping[str, str],
    language: str,
    now: datetime,
) -> Dispute | None:
    workspace = person_rows.workspace(session)
    if workspace is None:
        return None
    program = dispute_case.program_of(session, mirror.card(session, bought.card))
    place = dispute_case.place(session, program, defaults, language)
    try:
        row, _ = service.open_row(
            session,
            team=workspace.team,
            by="",
            bought=bought,
            place=place,
            platform=found.platform,
            now=now,
        )
    except NotFoundError:
        return None  # nobody has said where disputes are worked on
    row.amount = found.amount or row.amount
    _record(session, row, "dispute:find:found", now, dispute=found.id, status=found.status)
    return row


def _take(session: Session, row: Dispute, found: StripeDispute) -> None:
    """What was decided elsewhere is shown; what people typed here is never written over."""
    if not row.by and row.wanted == 0:
        row.reason = row.reason_at_stripe = found.reason
        row.amount = found.amount or row.amount
    session.add(row)
    session.flush()


def _advance(session: Session, row: Dispute, found: StripeDispute, now: datetime) -> None:
    wanted = STATES.get(found.status, "")
    if not wanted or not rules.may_go(row.state, wanted):
        return
    before = row.state
    row.state, row.loss_reason = wanted, found.loss_reason
    if wanted == "submitted":
        if before == "submitting":
            return  # the answer to our own call says it
        row.submitted_at = row.submitted_at or now
    if wanted in rules.ENDS:
        row.closed_at = now
        row.task = TASKS.get(wanted, "")
        row.task_state = "open" if row.task else ""
    session.add(row)
    session.flush()
    _record(session, row, "dispute:end:ended", now, dispute=found.id, before=before)
    if wanted in rules.ENDS:
        if row.task:
            dispute_clock.start_task(session, row, now)
        dispute_call.tell(session, row, "dispute.ended", now)
    elif before in rules.UNSUBMITTED | {"dropped"} and row.by:
        dispute_call.tell(session, row, "dispute.elsewhere", now)


def _record(session: Session, row: Dispute, tag: str, now: datetime, **after: object) -> None:
    after = {"state": row.state, **after}
    audit.record(session, team=row.team, actor="stripe", tag=tag, subject=row.ref, now=now, after=after)
