"""What follows when Stripe has frozen, released or canceled a card, or will not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.domain import lost_card as rules
from bot.services import case_clock, stripe_call
from bot.services import lost_case as cases
from bot.services.lost_case import CARD_PATH, FROZEN, NOT_STOPPED, Case
from bot.services.stripe_call import Outcome
from storage import Session
from storage.queries import lost_card as rows
from storage.queries import stripe_mirror as mirror
from storage.tables_call import StripeCall
from storage.tables_stripe import Card

LOOK: Final = "card.look"
STRIPE: Final = "stripe"
"""Who did it, where nobody here did: somebody in the Dashboard, or another program."""


def case_of(session: Session, call: StripeCall) -> Case | None:
    """Return the report a call is about, locked, or None once it is gone."""
    row = rows.one(session, int(call.subject))
    if row is None:
        return None
    mirror.lock(session, Card, {"id": row.card})
    return cases.of(session, rows.lock(session, row.id))


def frozen(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Stripe was asked to stop a card: say when it did, that it has not yet, or that it will not."""
    case = case_of(session, call)
    if case is None:
        return
    if outcome.ok:
        _status(case, outcome.object)
        stopped(case, now)
    else:
        _trouble(case, outcome, "lost.stop_failed", now)
        if outcome.final:
            _look(case, now)


def released(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Stripe was asked to let a card pay again."""
    case = case_of(session, call)
    if case is None:
        return
    if outcome.ok:
        _status(case, outcome.object)
        _clear(case)
        cases.show(case, now)
    else:
        _trouble(case, outcome, "lost.release_failed", now)
        if outcome.final:
            _look(case, now)


def canceled(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Stripe was asked to cancel a card."""
    case = case_of(session, call)
    if case is None:
        return
    if outcome.ok:
        _status(case, outcome.object)
        dead(case, now)
        return
    _trouble(case, outcome, "lost.revoke_failed", now)
    if outcome.final and rows.change(session, case.row.id, ["revoking"], state="frozen"):
        session.refresh(case.row)
        program = case.program
        case_clock.begin_emergency(
            session,
            team=case.row.team,
            subject=FROZEN,
            subject_id=case.row.id,
            ladder="card_frozen",
            program=program,
            zone=program.zone if program else "UTC",
            at=case.row.reported_at,
            now=now,
        )
        _look(case, now)
        cases.show(case, now)


def looked(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Stripe said how a card stands, after it had refused something about it."""
    case = case_of(session, call)
    if case is not None and outcome.ok:
        _status(case, outcome.object)
        changed(case, now)
        cases.show(case, now)


def changed(case: Case, now: datetime) -> None:
    """Let a report follow what Stripe says of its card, whoever changed it there."""
    if case.row.state not in rules.OPEN:
        return
    if case.card.status == "canceled":
        dead(case, now)
    elif case.card.status == "inactive" and case.row.stopped_at is None:
        stopped(case, now)


def stopped(case: Case, now: datetime) -> None:
    """Note, once, that Stripe has stopped a card."""
    row = case.row
    _clear(case)
    if row.stopped_at is not None:
        cases.show(case, now)
        return
    row.stopped_at = max(now, row.reported_at)
    case.session.add(row)
    case.session.flush()
    case_clock.end(case.session, NOT_STOPPED, row.id)
    cases.record(case, STRIPE, "card:freeze:stopped", now)
    cases.say(case, "lost.stopped", now)
    cases.show(case, now)
    cases.tell_reporter(case, now)


def dead(case: Case, now: datetime) -> None:
    """Note, once, that Stripe has canceled a card for good."""
    row, before = case.row, case.row.state
    values: dict[str, Any] = {"revoked_at": max(now, row.reported_at), "error": "", "request": ""}
    if row.stopped_at is None:
        values["stopped_at"] = values["revoked_at"]
    if before == "frozen":  # nobody here asked for it
        values |= {"revoked_by": STRIPE, "revoke_asked_at": now}
    kind = row.kind or case.card.cancellation_reason
    if not rows.change(case.session, row.id, rules.OPEN, state="revoked", kind=kind, **values):
        return
    case.session.refresh(row)
    case.card.reported = row.kind or "lost"
    case.session.add(case.card)
    case.session.flush()
    for subject in (FROZEN, NOT_STOPPED):
        case_clock.end(case.session, subject, row.id)
    cases.record(case, STRIPE, "card:revoke:revoked", now, before=before, kind=row.kind)
    cases.say(case, "lost.revoked", now)
    cases.show(case, now)
    cases.tell_reporter(case, now)


def _status(case: Case, found: Mapping[str, Any]) -> None:
    """Take what Stripe just answered; its event tells the rest."""
    status = found.get("status")
    card = case.card
    if isinstance(status, str) and card.status != "canceled":
        card.status = status
        reason = found.get("cancellation_reason")
        card.cancellation_reason = reason if isinstance(reason, str) else ""
        case.session.add(card)
        case.session.flush()


def _clear(case: Case) -> None:
    case.row.error = case.row.request = ""
    case.session.add(case.row)
    case.session.flush()


def _trouble(case: Case, outcome: Outcome, view: str, now: datetime) -> None:
    case.row.error, case.row.request = outcome.code, outcome.request
    case.session.add(case.row)
    case.session.flush()
    cases.say(case, view, now, code=outcome.code, final=outcome.final)
    cases.show(case, now)


def _look(case: Case, now: datetime) -> None:
    stripe_call.put(
        case.session,
        team=case.row.team,
        whose=case.whose,
        act=LOOK,
        subject=str(case.row.id),
        stream=case.card.id,
        path=f"{CARD_PATH}/{case.card.id}",
        params={},
        method="get",
        now=now,
    )
