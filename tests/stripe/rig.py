"""The inbox with a Stripe that answers from a dictionary: events in, rows and messages out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import SQLModel, select

from bot.clock import FixedClock
from bot.domain.stripe_event import HEARD, read
from bot.effects.stripe_inbox import StripeInbox
from bot.stripe_api import NoKeyError, StripeAwayError, StripeRefusedError, Whose
from storage import Database
from storage.queries import stripe_event as inbox_rows
from storage.tables import AuditEntry, OutboxMessage
from storage.tables_exception import CardException
from storage.tables_stripe import Authorization, Card, Cardholder, Spend, Token, Transaction
from storage.tables_stripe_event import (
    CardTrait,
    StripeAccount,
    StripeCapability,
    StripeDispute,
    StripeEvent,
)
from storage.tables_submission import LiveCapability
from tests.support.stripe_events import NOW, written

MIRROR: tuple[type[SQLModel], ...] = (
    Card, Cardholder, Authorization, Transaction, Token, Spend, CardTrait, StripeAccount, StripeCapability,
    StripeDispute, LiveCapability, CardException,
)  # fmt: skip


@dataclass
class Objects:
    """What Stripe answers when it is asked about an object, and what it was asked."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[Whose, str]] = field(default_factory=list)
    away: bool = False
    key: bool = True

    def can_call(self, whose: Whose) -> bool:
        return self.key

    def get(self, whose: Whose, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self.asked.append((whose, path))
        if not self.key:
            raise NoKeyError(livemode=whose.livemode)
        if self.away:
            raise StripeAwayError("no_answer")
        if path not in self.found:
            raise StripeRefusedError("resource_missing", status=404)
        return self.found[path]


@dataclass
class Rig:
    """An inbox worked by hand."""

    database: Database
    stripe: Objects = field(default_factory=Objects)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    @property
    def inbox(self) -> StripeInbox:
        return StripeInbox(self.database, self.clock, self.stripe, operations="C0OPS")  # type: ignore[arg-type]

    def receive(self, *events: dict[str, Any], platform: str = "") -> None:
        """Record events as the door does, in this order."""
        found = []
        for one in events:
            body = written(one).decode()
            event = read(body)
            values = {
                "event_id": event.id,
                "platform": platform,
                "account": event.account,
                "livemode": event.livemode,
                "type": event.type,
                "object_id": event.object_id,
                "body": body,
                "made_at": event.made_at,
                "received_at": self.clock.now(),
                "state": "pending" if event.type in HEARD else "ignored",
                "next_attempt_at": NOW,
            }
            found.append(values)
        with self.database.transaction() as session:
            for values in found:
                inbox_rows.record(session, values)

    def work(self) -> None:
        """Handle everything that is due."""
        while found := self.inbox.claim():
            for row in found:
                self.inbox.handle(row)

    def take(self, *events: dict[str, Any]) -> None:
        """Receive events and handle one after the other, in this order."""
        self.receive(*events)
        self.work()

    def rows(self, table: type[Any]) -> list[Any]:
        with self.database.reading() as session:
            return list(session.exec(select(table)).all())

    def states(self) -> list[str]:
        return [row.state for row in sorted(self.rows(StripeEvent), key=lambda row: row.id)]

    def all(self) -> dict[str, list[str]]:
        """Everything events have left: rows without their numbers, and what was said."""
        found = {}
        for table in MIRROR:
            shown = [
                row.model_dump(
                    mode="json", exclude={"id", "at", "told_at"} if table is LiveCapability else None
                )
                for row in self.rows(table)
            ]
            if table is Spend:
                shown = [
                    row for row in shown if row["amount"]
                ]  # what came and went may leave a row of nothing
            found[table.__name__] = sorted(json.dumps(row, sort_keys=True) for row in shown)
        said = [
            (row.view, row.facts, row.channel, row.person)
            for row in self.rows(OutboxMessage)
            if row.kind in {"notice", "direct"}
        ]
        found["said"] = sorted(map(str, said))
        audited = [(row.tag, row.subject, row.after) for row in self.rows(AuditEntry)]
        found["audited"] = sorted(map(str, audited))
        return found

    def forget(self) -> None:
        """Remove everything that events have left, so that the same database hears them in another order."""
        tables = [*MIRROR, StripeEvent, OutboxMessage, AuditEntry]
        with self.database.transaction() as session:
            for table in tables:
                if table is not OutboxMessage:
                    session.connection().execute(table.__table__.delete())  # type: ignore[attr-defined]
            outbox = OutboxMessage.__table__  # type: ignore[attr-defined]
            session.connection().execute(
                outbox.delete().where(outbox.c.view.in_(("dispute.closed", "live.unapproved")))
            )
