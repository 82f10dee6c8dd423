"""Disputes as people work on them: open, give evidence, ask for a second person, submit once, follow up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot import plans, text
from bot.domain import dispute as rules
from bot.domain import dispute_reason
from bot.domain.error import FormError, NotFoundError, RefusedError, StaleError
from bot.domain.role import Asker, Right, may
from bot.outbox import put_board_of, put_direct
from bot.services import audit, dispute_call, dispute_case, dispute_clock, preference
from bot.services import person as people
from bot.services.dispute_case import Case, Place
from storage import Session, insert_once, next_value
from storage.queries import dispute as rows
from storage.queries import person as person_rows
from storage.queries import stripe_mirror as mirror
from storage.tables import Counter, Thread
from storage.tables_dispute import Dispute
from storage.tables_stripe import Transaction
from storage.types import canonical

LONGEST: Final = 20_000
"""Characters kept of one text in evidence; Slack's inputs hold less."""


@dataclass(frozen=True)
class Choice:
    """What the first page of the form says: the reason, the amount in minor units, who raised it."""

    reason: str
    amount: int
    from_account: bool = False


def paid(session: Session, transaction: str) -> Transaction:
    """Return a transaction that Stripe has told of.

    Raises:
        NotFoundError: it has not.
    """
    found = mirror.paid(session, transaction) if transaction else None
    if found is None:
        raise NotFoundError("dispute.no_transaction", transaction=transaction)
    return found


def check(session: Session, who: Asker, transaction: str, now: datetime) -> Dispute | None:
    """Return the dispute of a transaction, None where there is none yet and one can be opened.

    Raises:
        RefusedError: the person may not.
        NotFoundError: Stripe has not told of such a transaction.
        StaleError: Stripe would refuse every dispute of it; the text says why.
    """
    people.require(session, who, Right.DISPUTE, now)
    row = rows.of_transaction(session, transaction)
    if row is not None and row.team == who.team and row.state != "dropped":
        return row
    bought = dispute_case.purchase(session, paid(session, transaction), now)
    if row is None or not row.stripe:
        for finding in rules.blocked(bought, now.date()):
            values = {"dispute": "", "date": now.date().isoformat(), "days": 0, **finding.values}
            raise StaleError(
                f"dispute_block.{finding.rule}",
                dispute=values["dispute"],
                date=values["date"],
                days=values["days"],
            )
    return None


def begin(
    session: Session, who: Asker, transaction: str, choice: Choice, place: Place, platform: str, now: datetime
) -> Dispute:
    """Open the dispute of a transaction, or keep what the first page of the form says of one.

    Args:
        session: the caller's transaction.
        who: support, or more.
        transaction: `ipi_…`.
        choice: what the page says.
        place: where disputes of its programme are worked on.
        platform: the platform account whose settings are used, `''` where they name none.
        now: business time.

    Raises:
        FormError: the amount is more than can be disputed.
        StaleError: Stripe would refuse it, or it was submitted.
        NotFoundError: no such transaction, or no channel to work in.
        RefusedError: the person may not.
    """
    row = check(session, who, transaction, now)
    bought = paid(session, transaction)
    most = dispute_case.purchase(session, bought, now).most
    if not 0 < choice.amount <= most:
        shown = text.bare_amount(most, bought.currency)
        raise FormError({"amount": ("dispute.amount_most", {"most": shown})})
    if plans.disputes().get(choice.reason) is None:
        raise FormError({"reason": ("form.choose", {})})
    opened = False
    if row is None:
        row, opened = _open(session, who, bought, place, platform, now)
    _editable(row)
    values = {"reason": choice.reason, "amount": choice.amount, "from_account": choice.from_account}
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed or opened:
        _changed(session, who, row, changed, now)
    return row


def keep(session: Session, who: Asker, row: Dispute, given: Mapping[str, Any], now: datetime) -> list[str]:
    """Keep what was typed on a page of the form, and have the draft at Stripe follow; returns what changed.

    Args:
        session: the caller's transaction.
        who: support, or more.
        row: the dispute, locked.
        given: by field of its reason: texts, ISO dates, values of choices; empty values remove.
        now: business time.

    Raises:
        StaleError: it was submitted.
        RefusedError: the person may not.
    """
    people.require(session, who, Right.DISPUTE, now)
    _editable(row)
    before = json.loads(row.fields or "{}")
    after = {**before, **{name: str(value)[:LONGEST] for name, value in given.items()}}
    changed = sorted(name for name, value in after.items() if value != before.get(name, ""))
    if changed:
        row.fields = canonical(after)
        _changed(session, who, row, changed, now)
    return changed


def ask(session: Session, who: Asker, row: Dispute, now: datetime) -> None:
    """Ask for a second person to look at a dispute and to submit it; those who may are named in the thread.

    Raises:
        StaleError: something is missing, a file cannot be used, or it was submitted.
        RefusedError: the person may not.
    """
    people.require(session, who, Right.DISPUTE, now)
    _editable(row)
    case = dispute_case.of(session, row, now)
    _complete(case)
    row.state, row.asked_by, row.asked_at = "asked", who.user, now
    session.add(row)
    session.flush()
    _record(session, who.user, row, "dispute:ask:asked", now)
    seconds = [
        user
        for user in person_rows.holders(session, row.team, ("operator", "manager", "admin"), now.date())
        if user != who.user
    ]
    dispute_call.tell(
        session,
        row,
        "dispute.asked",
        now,
        actor=who.user,
        seconds=seconds[:10],
        alone_possible=bool(dispute_case.alone(session, case)),
    )
    dispute_call.show(session, row, now)


def needs(session: Session, who: Asker, row: Dispute, now: datetime) -> str:
    """Return why this person can submit alone, or an empty text: they are the second one.

    Raises:
        RefusedError: the author asked and a second person is needed, or the person may not.
        StaleError: it does not wait to be submitted.
    """
    people.require(session, who, Right.DISPUTE, now)
    if row.state != "asked":
        raise StaleError("dispute.not_asked", ref=row.ref)
    if who.user != row.asked_by and may(who, Right.SUBMIT_DISPUTE):
        return ""
    case = dispute_case.of(session, row, now)
    why = dispute_case.alone(session, case)
    if why:
        return why
    if who.user != row.asked_by:
        people.require(session, who, Right.SUBMIT_DISPUTE, now)
    seconds = person_rows.holders(session, row.team, ("operator", "manager", "admin"), now.date())
    users = [user for user in seconds if user != who.user][:5]
    if not users:
        raise RefusedError("dispute.no_second", ref=row.ref)
    raise RefusedError("dispute.needs_second", ref=row.ref, users=users)


def submit(
    session: Session, who: Asker, row: Dispute, now: datetime, *, reason: str = "", with_card: bool = False
) -> None:
    """Have Stripe submit a dispute, once and for good; two people at once submit it once.

    Args:
        session: the caller's transaction.
        who: the second person, or the author where one is enough.
        row: the dispute, locked.
        now: business time.
        reason: why one person submits alone.
        with_card: submit a fraud dispute although its card is not canceled; it was said what that means.

    Raises:
        FormError: the reason for submitting alone is missing, or the card still works.
        StaleError: somebody was first, or something is missing.
        RefusedError: a second person is needed.
    """
    why = needs(session, who, row, now)
    case = dispute_case.of(session, row, now)
    _complete(case)
    problems: dict[str, tuple[str, Mapping[str, object]]] = {}
    if why and not reason.strip():
        problems["alone"] = ("dispute.say_why_alone", {})
    active = any(one.rule == "card_active" for one in case.warnings)
    if active and not with_card and why != "connected":
        problems["with_card"] = ("dispute.card_first", {})
    if problems:
        raise FormError(problems)
    values = {"state": "submitting", "second": who.user, "alone": why, "alone_reason": reason or None}
    if not rows.move(session, row.id, ["asked"], **values):
        raise StaleError("dispute.not_asked", ref=row.ref)
    if row.error and row.sent == row.wanted:
        row.wanted += 1  # what Stripe refused is asked once more, as it is now
    row.error = row.error_param = row.error_request = ""
    session.add(row)
    session.flush()
    _record(session, who.user, row, "dispute:submit:submitting", now, alone=why, amount=row.amount)
    if why:
        _tell_managers(session, who, row, reason, now)
    dispute_call.sync(session, row, now)
    dispute_call.show(session, row, now)


def drop(session: Session, who: Asker, row: Dispute, now: datetime) -> None:
    """Give up a draft; at Stripe it stays unsubmitted and expires by itself.

    Raises:
        StaleError: it was submitted.
        RefusedError: the person may not.
    """
    people.require(session, who, Right.DISPUTE, now)
    _editable(row)
    row.state = "dropped"
    session.add(row)
    session.flush()
    dispute_clock.settle(session, row, now)
    _record(session, who.user, row, "dispute:drop:dropped", now)
    dispute_call.tell(session, row, "dispute.dropped", now, actor=who.user)
    dispute_call.show(session, row, now)


def finish(session: Session, who: Asker, row: Dispute, note: str, now: datetime) -> None:
    """Record that what an ended dispute asked for is done: the cardholder reimbursed, or the review.

    Raises:
        StaleError: there is nothing to do, or somebody was first.
        RefusedError: the person may not.
    """
    people.require(session, who, Right.DISPUTE, now)
    if row.task_state != "open":
        raise StaleError("dispute.no_task", ref=row.ref)
    row.task_state, row.task_by, row.task_at, row.task_note = "done", who.user, now, note or None
    session.add(row)
    session.flush()
    dispute_clock.end_task(session, row)
    _record(session, who.user, row, "dispute:task:done", now, task=row.task)
    dispute_call.tell(session, row, "dispute.task_done", now, actor=who.user)
    dispute_call.show(session, row, now)


def open_row(
    session: Session, *, team: str, by: str, bought: Transaction, place: Place, platform: str, now: datetime
) -> tuple[Dispute, bool]:
    """Return the dispute of a transaction, opened with its board if there was none; and whether it was.

    Raises:
        NotFoundError: there is no channel to work in.
    """
    before = rows.of_transaction(session, bought.id)
    if before is not None:
        return before, False
    if not place.channel:
        raise NotFoundError("dispute.no_channel")
    values: dict[str, Any] = {
        "team": team,
        "ref": f"D-{next_value(session, Counter, team=team, name='D')}",
        "transaction": bought.id,
        "platform": platform,
        "account": bought.account,
        "livemode": bought.livemode,
        "card": bought.card,
        "language": place.language,
        "amount": max(0, -bought.amount),
        "currency": bought.currency,
        "by": by,
        "opened_at": now,
    }
    opened = insert_once(session, Dispute, values, conflict=["transaction"])
    row = rows.of_transaction(session, bought.id)
    assert row is not None, "it was just inserted"  # noqa: S101 - nothing removes disputes
    thread = {
        "team": team,
        "subject": dispute_call.SUBJECT,
        "subject_id": row.id,
        "channel": place.channel,
    }
    insert_once(session, Thread, thread, conflict=["subject", "subject_id"])
    put_board_of(session, dispute_call.SUBJECT, row.id, language=row.language, now=now)
    return row, opened


def _open(
    session: Session, who: Asker, bought: Transaction, place: Place, platform: str, now: datetime
) -> tuple[Dispute, bool]:
    row, opened = open_row(
        session, team=who.team, by=who.user, bought=bought, place=place, platform=platform, now=now
    )
    if row.team != who.team:
        raise NotFoundError("dispute.no_transaction", transaction=bought.id)
    if row.state == "dropped":
        row.state, row.by, opened = "draft", who.user, True
        session.add(row)
        session.flush()
    if opened:  # else somebody was first, in the same moment
        about = {"transaction": row.transaction, "amount": row.amount}
        _record(session, who.user, row, "dispute:open:draft", now, **about)
    return row, opened


def _editable(row: Dispute) -> None:
    if row.state not in rules.OPEN:
        raise StaleError("dispute.not_open", ref=row.ref)


def _changed(session: Session, who: Asker, row: Dispute, changed: list[str], now: datetime) -> None:
    """A draft differs from what Stripe has, and from what a second person has seen."""
    row.wanted += 1
    if row.state == "asked":
        row.state, row.asked_by, row.asked_at = "draft", "", None
    session.add(row)
    session.flush()
    _record(session, who.user, row, "dispute:change:draft", now, fields=changed)
    dispute_clock.settle(session, row, now)
    dispute_call.sync(session, row, now)
    dispute_call.show(session, row, now)


def _complete(case: Case) -> None:
    if case.reason is None:
        raise StaleError("dispute.no_reason", ref=case.row.ref)
    if case.missing:
        raise StaleError("dispute.missing", ref=case.row.ref)
    if any(paper.state == "failed" for paper in case.papers.values()):
        raise StaleError("dispute.bad_file", ref=case.row.ref)
    if dispute_reason.too_many(case.reason, case.given, case.with_files):
        raise StaleError("dispute.one_proof", ref=case.row.ref)


def _tell_managers(session: Session, who: Asker, row: Dispute, reason: str, now: datetime) -> None:
    """Managers hear of a dispute that one person submitted; the programme's own, else all."""
    case = dispute_case.of(session, row, now)
    manager = case.program.manager if case.program else ""
    users = [manager] if manager else person_rows.holders(session, row.team, ("manager",), now.date())
    for user in users:
        if user != who.user:
            put_direct(
                session,
                team=row.team,
                user=user,
                view="dispute.alone",
                facts={**dispute_case.facts(session, row, now), "actor": who.user, "words": reason},
                language=preference.language(session, row.team, user, row.language),
                now=now,
            )


def _record(session: Session, actor: str, row: Dispute, tag: str, now: datetime, **after: object) -> None:
    after = {"state": row.state, **after}
    audit.record(session, team=row.team, actor=actor, tag=tag, subject=row.ref, now=now, after=after)
