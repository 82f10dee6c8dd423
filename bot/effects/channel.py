"""Asking Slack what kind of channel a channel is, and keeping the answer true."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from bot.clock import Clock
from bot.services import channel as channels
from bot.slack_api import TIMEOUT_SECONDS, SlackApi, SlackError, SlackRefusedError
from storage import Database, StorageError
from storage.queries import channel as rows
from storage.queries import person as people

_log: Final = logging.getLogger(__name__)


def look(
    database: Database,
    slack: SlackApi,
    clock: Clock,
    *,
    team: str,
    channel: str,
    defaults: Mapping[str, str],
    timeout: float = TIMEOUT_SECONDS,
) -> None:
    """Ask about one channel and remember the answer; a silent Slack changes nothing that is known."""
    found: Mapping[str, Any] | None = None
    error = ""
    try:
        found = slack.channel(channel, timeout=timeout)
    except SlackRefusedError as refused:
        error = refused.code
    except SlackError as silent:
        _log.warning("conversations.info for %s: %s", channel, silent.code)
        return
    try:
        with database.transaction() as session:
            channels.remember(
                session,
                team=team,
                channel=channel,
                found=found,
                error=error,
                defaults=defaults,
                now=clock.now(),
            )
    except StorageError:
        _log.exception("channel %s cannot be remembered now", channel)


def look_at_all(database: Database, slack: SlackApi, clock: Clock, defaults: Mapping[str, str]) -> int:
    """Ask about every channel in use, the defaults included; return how many.

    No event tells that a private channel became public, or that the bot was taken out of one.
    """
    with database.reading() as session:
        workspace = people.workspace(session)
        if workspace is None:
            return 0
        used = dict.fromkeys([*defaults.values(), *rows.used(session, workspace.team)])
    for channel in used:
        look(database, slack, clock, team=workspace.team, channel=channel, defaults=defaults)
    return len(used)
