"""What operators see and do about Stripe's events: dead letters, tasks, cards without a programme."""

from datetime import datetime
from typing import Any, Final

from bot.domain.error import StaleError
from bot.domain.role import Asker, Right
from bot.outbox import put_channel
from bot.services import audit
from bot.services import person as people
from bot.services.stripe_record import AT_ONCE, WAKE
from storage import Session, after_commit
from storage.queries import person as people_rows
from storage.queries import stripe_account as accounts
from storage.queries import stripe_event as events
from storage.queries import stripe_fill as fills
from storage.queries import stripe_mirror as mirror
from storage.queries.stripe_event import AGAIN
from storage.tables_lost import StripeFill
from storage.tables_stripe_event import StripeEvent

MOST_DEAD: Final = 10
MOST_TASKS: Final = 10
MOST_CARDS: Final = 5
MOST_ACCOUNTS: Final = 5


def page(session: Session) -> dict[str, Any]:
    """Return what the page of events shows."""
    counts = events.counts(session)
    unplaced, cards = mirror.without_program(session, MOST_CARDS)
    return {
        "counts": {name: counts.get(name, 0) for name in ("pending", "dead", "handled", "ignored")},
        "dead": [
            {
                "id": row.id,
                "kind": row.type,
                "about": row.object_id or row.event_id,
                "attempts": row.attempts,
                "error": row.error,
            }
            for row in events.newest(session, MOST_DEAD, state="dead")
        ],
        "tasks": [
            {
                "id": row.id,
                "kind": row.kind,
                "account": row.account,
                "capability": row.capability,
                "livemode": row.livemode,
                "since": row.since.isoformat(),
            }
            for row in mirror.open_tasks(session, MOST_TASKS)
        ],
        "unplaced": unplaced,
        "cards": [
            {
                "id": card.id,
                "last4": card.last4,
                "currency": card.currency,
                "account": card.account,
                "livemode": card.livemode,
            }
            for card, _ in cards
        ],
        "accounts": [
            {
                "account": row.account,
                "livemode": row.livemode,
                "since": row.complete_since.isoformat() if row.complete_since else "",
                "checked": row.checked_at.isoformat() if row.checked_at else "",
                "error": row.error,
                "cards": _filled(fills.one(session, row.platform, row.account, livemode=row.livemode)),
            }
            for row in accounts.first(session, MOST_ACCOUNTS)
        ],
        "more_accounts": max(0, accounts.count(session) - MOST_ACCOUNTS),
    }


def _filled(row: StripeFill | None) -> dict[str, Any] | None:
    """Return how far the cards of an account were read at first start."""
    if row is None:
        return None
    return {
        "count": row.cards,
        "holders": row.cardholders,
        "done": row.done_at.isoformat() if row.stage == "done" and row.done_at else "",
        "error": row.error,
    }


def retry(session: Session, who: Asker, row_id: int, now: datetime) -> None:
    """Handle a dead letter once more.

    Raises:
        StaleError: it is not dead any more.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.EVENTS, now)
    row = events.numbered(session, row_id)
    if row is None or not events.revive(session, row_id, AT_ONCE):
        raise StaleError("events.not_dead", number=row_id)
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag="stripe_event:retry:pending",
        subject=row.event_id,
        now=now,
    )
    after_commit(session, WAKE)


def tell_dead(
    session: Session, row: StripeEvent, error: str, channel: str, language: str, now: datetime
) -> None:
    """Tell the operations channel that an event could not be handled."""
    workspace = people_rows.workspace(session)
    if workspace is None:
        return
    about = row.object_id or row.event_id
    put_channel(
        session,
        team=workspace.team,
        channel=channel,
        view="events.dead",
        facts={"kind": row.type, "about": about, "attempts": row.attempts, "error": error},
        language=language,
        now=now,
    )


def replay(session: Session, event_id: str, team: str, now: datetime) -> bool:
    """Handle a recorded event again, whatever became of it.

    False when it is not recorded, waits already, or is so old that its body was removed.

    Handling an event twice changes nothing that it has not changed before.
    """
    row = events.one(session, event_id)
    if row is None or row.body is None or not events.revive(session, row.id, AT_ONCE, states=AGAIN):
        return False
    audit.record(
        session,
        team=team,
        actor="command line",
        tag="stripe_event:replay:pending",
        subject=event_id,
        now=now,
        before={"state": row.state},
    )
    after_commit(session, WAKE)
    return True
