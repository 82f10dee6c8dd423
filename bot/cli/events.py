"""`gantry events`: look at Stripe's events from the command line, and have one handled again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.domain.stripe_event import event_of
from bot.services import stripe_desk, stripe_record
from bot.stripe_api import StripeApi, StripeError, Whose
from storage import connect
from storage.queries import person as people
from storage.queries import stripe_event as rows
from storage.types import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings
    from storage import Database
    from storage.tables_stripe_event import StripeEvent


def listing(settings: Settings, write: Callable[[str], object], *, state: str, kind: str, limit: int) -> int:
    """Write the newest events, one a line; returns the exit code."""
    database = connect(settings.database_url)
    try:
        with database.reading() as session:
            found = rows.newest(session, limit, state=state, kind=kind)
            counts = rows.counts(session)
    finally:
        database.close()
    for row in found:
        write(_line(row))
    write(" · ".join(f"{name} {counts[name]}" for name in sorted(counts)) or "No event has arrived yet.")
    return 0


def show(settings: Settings, write: Callable[[str], object], event_id: str, *, body: bool) -> int:
    """Write everything known of one event; its body only when asked for: it holds customers' data."""
    database = connect(settings.database_url)
    try:
        with database.reading() as session:
            row = rows.one(session, event_id)
    finally:
        database.close()
    if row is None:
        write(f"{event_id} is not recorded. `gantry events replay {event_id}` fetches it from Stripe.")
        return 1
    for name in ("event_id", "type", "object_id", "platform", "account", "livemode", "made_at"):
        write(f"{name}: {getattr(row, name)}")
    for name in ("received_at", "source", "state", "attempts", "handled_at", "error"):
        write(f"{name}: {getattr(row, name)}")
    if body:
        write(row.body if row.body is not None else "The body was removed.")
    return 0


def replay(settings: Settings, write: Callable[[str], object], event_id: str, *, account: str) -> int:
    """Have an event handled again; one that never arrived is fetched from Stripe first."""
    database, clock = connect(settings.database_url), Clock(settings.gantry_clock_file)
    try:
        now = clock.now()
        with database.transaction() as session:
            workspace = people.workspace(session)
            team = workspace.team if workspace else ""
            row = rows.one(session, event_id)
            again = stripe_desk.replay(session, event_id, team, now)
        if again:
            write(f"{event_id} is handled again by the next worker.")
            return 0
        if row is not None:
            write(f"{event_id} already waits to be handled.")
            return 0
        return _fetch(settings, database, clock, write, event_id, account)
    finally:
        database.close()


def _fetch(
    settings: Settings,
    database: Database,
    clock: Clock,
    write: Callable[[str], object],
    event_id: str,
    account: str,
) -> int:
    stripe = StripeApi(
        lambda livemode, platform: settings.stripe_key(livemode=livemode, platform=platform),
        settings.stripe_api_url,
    )
    said = []
    for platform in settings.platforms or ("",):
        for livemode in (True, False):
            whose = Whose(livemode, account, platform)
            if not stripe.can_call(whose):
                continue
            try:
                found = stripe.get(whose, f"/v1/events/{event_id}")
            except StripeError as error:
                said.append(f"{'live' if livemode else 'test'} mode: {error.code}")
                continue
            event = event_of(found)
            with database.transaction() as session:
                stripe_record.record(
                    session,
                    event,
                    canonical(found),
                    platform=platform,
                    account=account,
                    source="replayed",
                    now=clock.now(),
                )
            write(f"{event_id} was fetched from Stripe and is handled by the next worker.")
            return 0
    write(f"{event_id} was not found at Stripe ({'; '.join(said) or 'STRIPE_API_KEY is not set'}).")
    write("Stripe keeps events for 30 days; those of a connected account need --account acct_….")
    return 1


def _line(row: StripeEvent) -> str:
    mode = "live" if row.livemode else "test"
    where = row.account or "platform"
    error = f" {row.error}" if row.error else ""
    return f"{row.made_at:%Y-%m-%d %H:%M:%S} {row.event_id} {row.type} {mode} {where} {row.state}{error}"
