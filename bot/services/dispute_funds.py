"""What money moved because of a dispute, from the balance transactions that Stripe names, each said once."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from bot.domain import dispute_funds as rules
from bot.domain import stripe_object as objects
from bot.domain.dispute_funds import UNNAMED, Moved
from bot.services import audit, dispute_call, stripe_call
from bot.services.stripe_call import Outcome
from bot.stripe_api import Whose
from storage import Session
from storage.queries import dispute as rows
from storage.queries import stripe_mirror as mirror
from storage.tables_call import StripeCall
from storage.tables_dispute import Dispute
from storage.tables_stripe_event import StripeDispute

ACT: Final = "dispute.funds"
KINDS: Final = ("reinstated", "rescinded")


def keep(found: StripeDispute, moves: Iterable[Mapping[str, Any]]) -> None:
    """Keep balance transactions that Stripe named, each once; the caller writes the row."""
    known = {one["id"]: one for one in found.moves}
    known |= {one["id"]: dict(one) for one in moves}
    found.moves = [known[name] for name in sorted(known)]


def follow(session: Session, row: Dispute, found: StripeDispute, now: datetime) -> None:
    """Say what moved and was not said yet; ask Stripe for what its events did not name."""
    _say(session, row, rules.moved(found.moves, found.amount, found.currency), now)
    if found.look:
        found.look = False
        session.add(found)
        stripe_call.put(
            session,
            team=row.team,
            whose=Whose(row.livemode, row.account, row.platform),
            act=ACT,
            subject=found.id,
            stream=f"funds:{found.id}",
            path=f"{dispute_call.PATH}/{found.id}",
            params={"expand": ["balance_transactions"]},
            method="get",
            now=now,
        )


def fetched(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Stripe was asked which balance transactions a dispute has; without an answer its amount is said."""
    found = rows.mirror(session, call.subject)
    row = rows.of_transaction(session, found.transaction) if found is not None else None
    if found is None or row is None or not outcome.final:
        return
    found = mirror.lock(session, StripeDispute, {"id": found.id})
    if outcome.ok:
        keep(found, objects.moves(outcome.object))
        session.add(found)
    _say(session, row, rules.moved(found.moves, found.amount, found.currency), now)
    unsaid = [what for what in KINDS if getattr(found, what) and not getattr(row, what)]
    amount, currency = found.amount or row.amount, found.currency or row.currency
    _say(session, row, [Moved("", what, amount, currency, UNNAMED) for what in unsaid], now)
    dispute_call.show(session, row, now)


def _say(session: Session, row: Dispute, moved: Iterable[Moved], now: datetime) -> None:
    known = {one["id"] for one in row.funds if one["id"]}
    for one in moved:
        if one.id in known:
            continue
        said = asdict(one)
        row.funds = [*row.funds, said]
        setattr(row, one.what, True)
        session.add(row)
        session.flush()
        audit.record(
            session,
            team=row.team,
            actor="stripe",
            tag="dispute:funds:noted",
            subject=row.ref,
            now=now,
            after={"state": row.state, **said},
        )
        dispute_call.tell(session, row, "dispute.funds", now, what=one.what, one=said)
