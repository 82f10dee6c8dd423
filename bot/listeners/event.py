"""Handling recorded Slack events: mentions, Home, people who change, an app that is removed."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from bot.listeners.desk import Desk
from bot.listeners.door import Request
from bot.outbox import mark_home
from bot.services import audit, away, home, leaving
from bot.services import person as people
from bot.slack_api import TIMEOUT_SECONDS
from storage import Session
from storage.queries import channel as channel_rows
from storage.queries import event as rows
from storage.queries import lease as leases
from storage.tables import SlackEvent

CHANNEL_EVENTS: Final = frozenset(
    {"channel_archive", "channel_left", "channel_shared", "channel_unshared", "group_archive", "group_left"}
)
CLAIM: Final = timedelta(seconds=30)
MOST_ATTEMPTS: Final = 8
BATCH: Final = 32
_MENTION: Final = re.compile(r"^\s*(<@[A-Z0-9]+(\|[^>]*)?>\s*)+")
_log: Final = logging.getLogger(__name__)


def claim(desk: Desk) -> list[SlackEvent]:
    """Take events to handle now; an event whose handler vanished comes back after `CLAIM`."""
    wall = desk.clock.wall()
    with desk.database.reading() as session:
        due = rows.due(session, wall, BATCH)
    if not due:
        return []
    with desk.database.transaction() as session:
        return rows.claim(session, due, wall=wall, until=wall + CLAIM)


def handle(desk: Desk, claimed: SlackEvent) -> None:
    """Handle one recorded event: its effects and `handled_at` commit together, exactly once."""
    try:
        _run(desk, claimed)
    except Exception as error:  # noqa: BLE001 - whatever it was, the event is tried again
        _log.exception("event %s (%s) failed", claimed.event_id, claimed.kind)
        dead = claimed.attempts >= MOST_ATTEMPTS
        again = desk.clock.wall() + timedelta(seconds=min(2**claimed.attempts, 300))
        with desk.database.transaction() as session:
            rows.failed(session, claimed.id, error=type(error).__name__, next_attempt_at=again, dead=dead)


def _run(desk: Desk, row: SlackEvent) -> None:
    body = json.loads(row.body or "{}")
    event = body.get("event") or {}
    # In most events this is an id; where somebody has changed it is their whole object.
    user = event.get("user")
    if row.kind == "app_mention" and isinstance(user, str) and user and not event.get("bot_id"):
        request = _asked(desk, row, event)
        with desk.database.transaction() as session:
            if rows.handled(session, row.id, desk.clock.now()):
                desk.mention(session, request)
        return
    if (
        row.kind == "app_home_opened"
        and isinstance(user, str)
        and user
        and event.get("tab", "home") == "home"
    ):
        _home(desk, row, user)
        return
    if row.kind in CHANNEL_EVENTS:
        _look(desk, row, event)
        return
    if row.kind == "user_change" and isinstance(user, dict) and user.get("id"):
        _changed(desk, row, user)
        return
    with desk.database.transaction() as session:
        if rows.handled(session, row.id, desk.clock.now()) and row.kind in {
            "app_uninstalled",
            "tokens_revoked",
        }:
            _removed(desk, session, row)


def _changed(desk: Desk, row: SlackEvent, found: Mapping[str, Any]) -> None:
    """Somebody changed; when they left, whoever decides about their work hears of it."""
    user, now = str(found.get("id") or ""), desk.clock.now()
    if user and any(found.get(name) for name in ("deleted", "is_restricted", "is_ultra_restricted")):
        with desk.database.reading() as session:
            strangers = leaving.strangers(session, row.team, user, now)
        for stranger in strangers:
            desk.meet(row.team, stranger, timeout=TIMEOUT_SECONDS)
    with desk.database.transaction() as session:
        if not rows.handled(session, row.id, now) or not user:
            return
        before = leaving.unreachable(session, row.team, user, now)
        people.remember(session, team=row.team, user=user, found=found, now=now)
        mark_home(session, row.team, user, now=now)
        after = leaving.unreachable(session, row.team, user, now)
        if after and not before:
            leaving.left(session, row.team, user, desk.defaults.channels, now)
        elif before and not after:
            away.refresh(session, row.team, user, now)


def _look(desk: Desk, row: SlackEvent, event: Mapping[str, Any]) -> None:
    """A channel was shared, archived or left: if we use it, ask Slack what it is now."""
    channel = str(event.get("channel") or "")
    with desk.database.reading() as session:
        used = channel in {*desk.defaults.channels.values(), *channel_rows.used(session, row.team)}
    if used:
        desk.look(row.team, channel)
    with desk.database.transaction() as session:
        rows.handled(session, row.id, desk.clock.now())


def _home(desk: Desk, row: SlackEvent, user: str) -> None:
    desk.who(row.team, user)  # at first contact Slack is asked who they are
    with desk.database.transaction() as session:
        if not rows.handled(session, row.id, desk.clock.now()):
            return
        home.opened(session, row.team, user, desk.clock.now())


def _asked(desk: Desk, row: SlackEvent, event: Mapping[str, Any]) -> Request:
    user = str(event["user"])
    with desk.database.reading() as session:
        unknown = people.missing(session, row.team, user)
    if unknown:
        desk.meet(row.team, user, timeout=TIMEOUT_SECONDS)
    home = event.get("user_team") or event.get("team")
    return Request(
        who=desk.who(row.team, user, external=bool(home and home != row.team)),
        door="mention",
        now=desk.clock.now(),
        key=f"event:{row.event_id}",
        channel=str(event.get("channel", "")),
        thread_ts=str(event.get("thread_ts") or event.get("ts") or ""),
        text=_MENTION.sub("", str(event.get("text") or "")).strip(),
        defaults=desk.defaults,
    )


def _removed(desk: Desk, session: Session, row: SlackEvent) -> None:
    """The app was removed or its token revoked: nothing is sent until the workspace answers again."""
    audit.record(
        session,
        team=row.team,
        actor=row.event_id,
        tag="workspace:remove:removed" if row.kind == "app_uninstalled" else "workspace:token:revoked",
        subject=row.team,
        now=desk.clock.now(),
    )
    leases.hold(session, {"slack:workspace": desk.clock.wall() + timedelta(minutes=5)})
