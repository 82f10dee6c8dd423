"""Recording an event: the same row, whether Stripe delivered it or we found it in Stripe's list."""

from datetime import UTC, datetime
from typing import Final

from bot.domain.stripe_event import HEARD, Event
from storage import Session, after_commit
from storage.queries import stripe_event as rows

WAKE: Final = "stripe_event"
"""What `Database.on_commit` is told when an event waits to be handled."""

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)


def record(
    session: Session, event: Event, body: str, *, platform: str, account: str, source: str, now: datetime
) -> bool:
    """Record an event once; say whether it was new. One of a type that nobody handles is ignored.

    Args:
        session: the caller's transaction.
        event: as read from the body.
        body: the JSON text.
        platform: the `acct_…` whose secret or key was used, or `''`.
        account: the connected account; the platform's own id means none.
        source: delivered · listed · replayed.
        now: business time.
    """
    known = event.type in HEARD
    new = rows.record(
        session,
        {
            "event_id": event.id,
            "platform": platform,
            "account": "" if account == platform else account,
            "livemode": event.livemode,
            "type": event.type,
            "object_id": event.object_id,
            "body": body,
            "made_at": event.made_at,
            "received_at": now,
            "source": source,
            "state": "pending" if known else "ignored",
            "next_attempt_at": AT_ONCE,
            "handled_at": None if known else now,
        },
    )
    if new and known:
        after_commit(session, WAKE)
    return new
