"""A dispute with all that is known of it: the purchase, its programme, the days left, what people read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import plans
from bot.domain import dispute as rules
from bot.domain import dispute_reason
from bot.domain.deadline import STRIPE_CALENDARS
from bot.domain.dispute import Finding, Purchase, Windows
from bot.domain.dispute_reason import Reason
from bot.domain.lost_card import KINDS
from bot.services import channel
from bot.services import person as people
from storage import Session
from storage.queries import dispute as rows
from storage.queries import stripe_mirror as mirror
from storage.queries.calendar import closing_days
from storage.tables import Program
from storage.tables_dispute import Dispute, DisputePaper
from storage.tables_stripe import Card, Transaction

AUTHENTICATED: Final = frozenset({"authenticated", "attempt_acknowledged"})
"""Results of 3-D Secure after which the loss is the issuer's (`verification_data.three_d_secure.result`)."""
CALENDARS: Final = {
    "usd": STRIPE_CALENDARS["us"],
    "gbp": STRIPE_CALENDARS["uk"],
    "eur": STRIPE_CALENDARS["eu"],
}


@dataclass(frozen=True)
class Place:
    """Where a dispute is worked on, and in which language."""

    channel: str
    language: str


@dataclass(frozen=True)
class Case:
    """A dispute with its transaction, card and programme; what is not known yet is None."""

    row: Dispute
    paid: Transaction | None
    card: Card | None
    program: Program | None
    purchase: Purchase | None
    reason: Reason | None
    given: Mapping[str, Any]
    papers: Mapping[str, DisputePaper]
    today: date
    windows: Windows | None

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields without which it cannot be submitted."""
        return dispute_reason.missing(self.reason, self.given, self.with_files) if self.reason else ()

    @property
    def with_files(self) -> tuple[str, ...]:
        """The fields for which files were given."""
        return tuple(name for name, paper in self.papers.items() if paper.state != "empty")

    @property
    def unsettled(self) -> bool:
        """Tell whether a file is still being fetched."""
        return any(paper.state == "waiting" for paper in self.papers.values())

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a network may reject it for."""
        if self.purchase is None or self.reason is None:
            return ()
        return rules.warnings(self.purchase, self.reason, self.given, self.today)

    @property
    def due_on(self) -> date | None:
        """The day people are reminded of: the network's last one, and after it Stripe's."""
        if self.windows is None:
            return None
        return self.windows.due_on if self.windows.due_on >= self.today else self.windows.stripe_on

    @property
    def calendar(self) -> str:
        """The calendar of its working days: that of its programme's region, else of its currency."""
        if self.program is not None:
            return STRIPE_CALENDARS[self.program.region]
        return CALENDARS.get(self.row.currency, STRIPE_CALENDARS["us"])


def zone_of(program: Program | None) -> str:
    """Return the zone in which its days are counted."""
    return program.zone if program is not None else "UTC"


def program_of(session: Session, card: Card | None) -> Program | None:
    """Return the programme that a card belongs to."""
    return mirror.program(session, card.program) if card is not None and card.program else None


def place(session: Session, program: Program | None, defaults: Mapping[str, str], language: str) -> Place:
    """Return where disputes of a programme are worked on: its operations channel, else the default one."""
    if program is None:
        return Place(defaults.get("operations", ""), language)
    return Place(channel.usable(session, program, "operations", defaults), program.language)


def purchase(session: Session, paid: Transaction, now: datetime, *, zone: str = "UTC") -> Purchase:
    """Return what the rules of disputes look at of a transaction."""
    card = mirror.card(session, paid.card)
    found = rows.authorization(session, paid.authorization)
    back = rows.refunded(session, paid.authorization) if paid.authorization else 0
    bought_at = found.created_at if found is not None else paid.created_at
    return Purchase(
        type=paid.type,
        captured=max(0, -paid.amount),
        refunded=back,
        disputed=paid.dispute,
        bought_on=bought_at.astimezone(ZoneInfo(zone)).date(),
        cleared_on=paid.created_at.astimezone(ZoneInfo(zone)).date(),
        brand=card.brand if card else "",
        wallet=paid.wallet,
        method=found.method if found is not None else "",
        three_d_secure=found is not None and found.three_d_secure in AUTHENTICATED,
        card_status=_status(card) if card else "",
        fraud_disputes=rows.fraud_since(session, paid.card, now - timedelta(days=rules.FRAUD_DAYS)),
    )


def _status(card: Card) -> str:
    """Return how a card stands for a dispute: one that somebody revoked here is as good as canceled."""
    asked = card.reported in KINDS and card.status != "canceled"
    return rules.STOPPING if asked else card.status


def of(session: Session, row: Dispute, now: datetime) -> Case:
    """Return a dispute with all that is known of it."""
    paid = mirror.paid(session, row.transaction)
    card = mirror.card(session, paid.card if paid else row.card)
    program = program_of(session, card)
    zone = zone_of(program)
    bought = purchase(session, paid, now, zone=zone) if paid is not None else None
    reason = plans.disputes().get(row.reason)
    given = json.loads(row.fields or "{}")
    return Case(
        row=row,
        paid=paid,
        card=card,
        program=program,
        purchase=bought,
        reason=reason,
        given=given,
        papers={paper.field: paper for paper in rows.papers(session, row.id)},
        today=now.astimezone(ZoneInfo(zone)).date(),
        windows=rules.windows(bought, reason, given) if bought is not None and reason is not None else None,
    )


def alone(session: Session, case: Case) -> str:
    """Return why one person is enough to submit it, or an empty text."""
    last = case.due_on
    left = (
        rules.working_days_left(case.today, last, case.calendar, closing_days(session, case.row.team))
        if last is not None
        else rules.LAST_WORKING_DAYS + 1
    )
    return rules.alone_because(
        company=case.program.company if case.program else "",
        reason=case.row.reason,
        account=case.row.account,
        from_account=case.row.from_account,
        days_left=left,
    )


def about(paid: Transaction, card: Card | None) -> dict[str, Any]:
    """Return what people are told of a purchase; only in forms and to those who may see it."""
    return {
        "transaction": paid.id,
        "amount": max(0, -paid.amount),
        "currency": paid.currency,
        "merchant": paid.merchant_name or "",
        "at": paid.created_at.isoformat(),
        "last4": card.last4 if card else "",
        "livemode": paid.livemode,
    }


def facts(session: Session, row: Dispute, now: datetime) -> dict[str, Any]:
    """Return everything that messages about a dispute say; nothing that was typed."""
    case = of(session, row, now)
    windows = case.windows
    users = [row.by, row.asked_by, row.second, row.task_by]
    return {
        "id": row.id,
        "ref": row.ref,
        "state": row.state,
        "transaction": row.transaction,
        "dispute": row.stripe,
        "account": row.account,
        "livemode": row.livemode,
        "last4": case.card.last4 if case.card else "",
        "card": case.card.id if case.card else "",
        "card_status": case.card.status if case.card else "",
        "amount": row.amount,
        "captured": case.purchase.captured if case.purchase else row.amount,
        "currency": row.currency,
        "reason": row.reason,
        "from_account": row.from_account,
        "by": row.by,
        "asked_by": row.asked_by,
        "asked_at": _iso(row.asked_at),
        "second": row.second,
        "alone": row.alone,
        "submitted_at": _iso(row.submitted_at),
        "closed_at": _iso(row.closed_at),
        "loss_reason": row.loss_reason,
        "reinstated": row.reinstated,
        "rescinded": row.rescinded,
        "funds": row.funds,
        "task": row.task,
        "task_state": row.task_state,
        "task_by": row.task_by,
        "missing": list(case.missing),
        "warnings": [{"rule": one.rule, **one.values} for one in case.warnings],
        "due_on": _iso(case.due_on),
        "stripe_on": _iso(windows.stripe_on if windows else None),
        "network_on": _iso(windows.network_on if windows else None),
        "network_days": windows.network_days if windows else 0,
        "started_by": windows.started_by if windows else "",
        "started_on": _iso(windows.started_on if windows else None),
        "kept": row.kept >= row.wanted and bool(row.stripe),
        "error": row.error,
        "error_param": row.error_param,
        "error_request": row.error_request,
        "files": [
            {
                "field": paper.field,
                "names": [one["name"] for one in json.loads(paper.given or "[]")],
                "state": paper.state,
                "error": paper.error,
                "name": paper.error_name or "",
            }
            for paper in case.papers.values()
            if paper.state != "empty"
        ],
        "program": {"id": case.program.id, "ref": case.program.ref, "name": case.program.name}
        if case.program
        else None,
        "zone": zone_of(case.program),
        "names": people.names(session, row.team, users),
    }


def _iso(moment: date | None) -> str:
    return moment.isoformat() if moment else ""
