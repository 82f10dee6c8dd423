"""What Stripe is asked to do about a dispute: the draft follows what people typed, then one submission.

One call at a time: the next is put when the last one has its result. See docs/decisions/0021-disputes.md.
"""

import re
from datetime import datetime
from typing import Any, Final

from bot import plans, text
from bot.domain import dispute as rules
from bot.domain import dispute_reason
from bot.outbox import AT_ONCE, put_board_of, put_notice
from bot.services import audit, dispute_case, dispute_clock, stripe_call
from bot.services.dispute_case import Case
from bot.services.stripe_call import UNSURE, Outcome
from bot.stripe_api import Whose
from storage import Session, insert_once
from storage.queries import dispute as rows
from storage.queries import thread as threads
from storage.tables_call import StripeCall
from storage.tables_dispute import Dispute, DisputePaper
from storage.types import canonical

SUBJECT: Final = "dispute"
"""Of its board and of the deadline to submit it."""
PATH: Final = "/v1/issuing/disputes"
_PARAM: Final = re.compile(r"evidence\[\w+\]\[(\w+)\]")


def sync(session: Session, row: Dispute, now: datetime) -> None:
    """Put the next call, if there is one to make: create the draft, bring it up to date, or submit it."""
    if row.call or row.state not in rules.UNSUBMITTED or not row.reason:
        return
    case = dispute_case.of(session, row, now)
    behind = row.wanted > row.kept
    if behind and row.error and row.sent == row.wanted:
        return  # Stripe refused just this; somebody has to change it
    if behind and row.stripe:
        _put(session, case, "change", f"{PATH}/{row.stripe}", now)
    elif behind:
        _put(session, case, "create", PATH, now)
    elif row.state == "submitting" and not case.unsettled:
        row.call = stripe_call.put(
            session,
            **_common(row),
            act="dispute.submit",
            path=f"{PATH}/{row.stripe}/submit",
            params={},
            creates=True,
            now=now,
            by=row.second,
        )
        session.add(row)
        session.flush()


def _put(session: Session, case: Case, act: str, path: str, now: datetime) -> None:
    row = case.row
    assert case.reason is not None, "the caller looked"  # noqa: S101 - the caller looked
    known = {name: paper.stripe for name, paper in case.papers.items() if paper.stripe}
    params: dict[str, Any] = {
        "amount": row.amount,
        "evidence": dispute_reason.evidence(
            case.reason, case.given, known, _attempt(case), row.reason_at_stripe
        ),
        "metadata": {"gantry_dispute": row.ref},
    }
    if act == "create" and case.paid is not None and case.paid.received_debit:
        params["treasury"] = {"received_debit": case.paid.received_debit}  # Stripe takes it instead
    elif act == "create":
        params["transaction"] = row.transaction
    files = [
        {
            "place": paper.place,
            "name": f"{row.ref}-{paper.field}.{'pdf' if paper.mimetype.endswith('pdf') else 'jpg'}",
            "mimetype": paper.mimetype,
            "purpose": "dispute_evidence",
            "param": f"evidence.{row.reason}.{paper.field}",
        }
        for paper in case.papers.values()
        if paper.state == "made" and not paper.stripe and case.reason.field(paper.field) is not None
    ]
    row.sent, row.error, row.error_param, row.error_request = row.wanted, "", "", ""
    row.call = stripe_call.put(
        session,
        **_common(row),
        act=f"dispute.{act}",
        path=path,
        params=params,
        files=files,
        creates=act == "create",
        now=now,
        by=row.by,
    )
    session.add(row)
    session.flush()


def _attempt(case: Case) -> str:
    """Return the attempt with the merchant in words, for the network: always English."""
    day, answer = case.given.get("merchant_tried_on"), case.given.get("merchant_answer")
    if not (case.reason and case.reason.consumer and (day or answer)):
        return ""
    return text.say("en", "dispute_own.attempt", date=day or "-", answer=answer or "-")


def _common(row: Dispute) -> dict[str, Any]:
    return {
        "team": row.team,
        "whose": Whose(row.livemode, row.account, row.platform),
        "subject": row.transaction,
        "stream": f"dispute:{row.transaction}",
    }


def created(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Follow the creation of a draft, or its change."""
    row = _row(session, call)
    if row is None or not _settled(session, row, outcome, now):
        return
    if outcome.ok:
        row.stripe = row.stripe or str(outcome.object.get("id") or "")
        row.kept, row.reason_at_stripe = row.sent, row.reason
        _keep_files(session, row, outcome)
        if call.act == "dispute.create":
            _record(session, row, "dispute:draft:kept", now, dispute=row.stripe)
        sync(session, row, now)
    elif outcome.code == UNSURE:
        row.call = stripe_call.put(
            session,
            **_common(row),
            act="dispute.look",
            path=PATH,
            params={"transaction": row.transaction, "limit": 1},
            method="get",
            now=now,
        )
    else:
        _refused(session, row, outcome, now)
    session.add(row)
    show(session, row, now)


def looked(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Follow the question whether a draft is at Stripe, after its creation was left in doubt."""
    row = _row(session, call)
    if row is None or not _settled(session, row, outcome, now):
        return
    if outcome.ok:
        found = outcome.object.get("data") or []
        row.stripe = row.stripe or (str(found[0].get("id") or "") if found else "")
        row.sent = row.kept  # what Stripe has of it is not known: bring it up to date, or create it
        sync(session, row, now)
    else:
        _refused(session, row, outcome, now)
    session.add(row)
    show(session, row, now)


def submitted(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Follow the one submission."""
    row = _row(session, call)
    if row is None or not _settled(session, row, outcome, now):
        return
    if outcome.ok:
        row.submitted_at = row.submitted_at or now
        if rules.may_go(row.state, "submitted"):
            row.state = "submitted"
        session.add(row)
        dispute_clock.settle(session, row, now)
        _record(session, row, "dispute:submit:submitted", now, dispute=row.stripe)
        tell(session, row, "dispute.submitted", now)
    elif row.state == "submitting":
        # Stripe may have submitted it although the answer was lost for a day: its own events say so.
        _refused(session, row, outcome, now)
        session.add(row)
    show(session, row, now)


def read(session: Session, row: Dispute, now: datetime) -> None:
    """Ask Stripe for the evidence of a draft that was made elsewhere, before anybody here changes it."""
    row.call = stripe_call.put(
        session,
        **_common(row),
        act="dispute.read",
        path=f"{PATH}/{row.stripe}",
        params={},
        method="get",
        now=now,
    )
    session.add(row)
    session.flush()


def was_read(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Keep the evidence of a draft that was made elsewhere, as if it had been typed here."""
    row = _row(session, call)
    if row is None or not _settled(session, row, outcome, now):
        return
    evidence = outcome.object.get("evidence") if outcome.ok else None
    reason = plans.disputes().get(row.reason)
    given = evidence.get(row.reason) if isinstance(evidence, dict) else None
    if reason is not None and isinstance(given, dict) and row.fields is None:
        row.fields = canonical(dispute_reason.given_from(reason, given))
        for field in reason.fields:
            value = given.get(field.id)
            found = value.get("id") if isinstance(value, dict) else value
            if field.kind == "file" and isinstance(found, str) and found:
                values = {"team": row.team, "dispute_id": row.id, "field": field.id, "at": now}
                kept = {"state": "made", "stripe": found, "next_attempt_at": AT_ONCE}
                shown = canonical([{"id": found, "name": found, "link": ""}])
                insert_once(
                    session,
                    DisputePaper,
                    {**values, **kept, "given": shown},
                    conflict=["dispute_id", "field"],
                )
    session.add(row)
    session.flush()
    sync(session, row, now)
    show(session, row, now)


def show(session: Session, row: Dispute, now: datetime) -> None:
    """Have its board follow."""
    put_board_of(session, SUBJECT, row.id, language=row.language, now=now)


def tell(session: Session, row: Dispute, view: str, now: datetime, **more: object) -> None:
    """Say a fact in its thread."""
    board = threads.of(session, SUBJECT, row.id)
    if board is not None:
        facts = {**dispute_case.facts(session, row, now), **more}
        put_notice(session, board, view, facts, language=row.language, now=now)


def _row(session: Session, call: StripeCall) -> Dispute | None:
    row = rows.of_transaction(session, call.subject)
    return row if row is not None and row.call == call.id else None


def _settled(session: Session, row: Dispute, outcome: Outcome, now: datetime) -> bool:
    """Tell whether a call has its result; until then the board says what it waits for."""
    if not outcome.ok and not outcome.final:
        row.error, row.error_param, row.error_request = outcome.code, "", outcome.request
        session.add(row)
        show(session, row, now)
        return False
    row.call, row.error, row.error_param, row.error_request = 0, "", "", ""
    return True


def _refused(session: Session, row: Dispute, outcome: Outcome, now: datetime) -> None:
    """Take a refusal back to whoever can mend it: the field at fault, in Stripe's words for it."""
    match = _PARAM.search(outcome.param)
    field = match[1] if match else outcome.param
    row.error, row.error_param, row.error_request = outcome.code, field, outcome.request
    before = row.state
    if row.state in {"asked", "submitting"}:
        row.state, row.second, row.alone, row.alone_reason = "draft", "", "", None
    session.add(row)
    session.flush()
    _record(
        session,
        row,
        "dispute:call:refused",
        now,
        code=outcome.code,
        param=field,
        request=outcome.request,
        before=before,
    )
    tell(session, row, "dispute.refused", now)


def _keep_files(session: Session, row: Dispute, outcome: Outcome) -> None:
    """Remember which of Stripe's files holds what, so that none is sent twice."""
    evidence = outcome.object.get("evidence")
    given = evidence.get(row.reason) if isinstance(evidence, dict) else None
    for paper in rows.papers(session, row.id):
        value = given.get(paper.field) if isinstance(given, dict) else None
        found = value.get("id") if isinstance(value, dict) else value
        if paper.state == "made" and isinstance(found, str) and found.startswith("file_"):
            paper.stripe = found
            session.add(paper)


def _record(session: Session, row: Dispute, tag: str, now: datetime, **after: object) -> None:
    audit.record(
        session,
        team=row.team,
        actor="stripe",
        tag=tag,
        subject=row.ref,
        now=now,
        after={**after, "state": row.state},
    )
