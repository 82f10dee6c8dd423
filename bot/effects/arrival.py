"""Looking in Slack whether a message has arrived, where the workspace has granted a history scope.

Every message that is posted carries the number of its outbox row in its metadata, which people do not see.
The scopes are optional (docs/how-to/install-in-slack.md); without them nothing is looked up.
"""

import logging
from collections.abc import Collection, Iterator
from typing import Any, Final

from bot.slack_api import (
    EVENT_TYPE,
    SlackApi,
    SlackBusyError,
    SlackRefusedError,
    SlackUnclearError,
    SlackUnreachableError,
)

SCOPES: Final = frozenset({"channels:history", "groups:history"})
PAGE: Final = 200
PAGES: Final = 5
_log: Final = logging.getLogger(__name__)


def possible(scopes: Collection[str]) -> bool:
    """Tell whether these scopes of the workspace let us look."""
    return not SCOPES.isdisjoint(scopes)


def find(slack: SlackApi, number: int, channel: str, *, root_ts: str, after: str) -> str:
    """Return the `ts` of the message of this outbox row, or an empty text when it is not there.

    Args:
        slack: where to look.
        number: of the outbox row.
        channel: of the message.
        root_ts: of its thread; empty for a message outside threads.
        after: a `ts` that it must be newer than.

    Raises:
        SlackBusyError: Slack asks to wait.
        SlackUnreachableError: Slack did not answer; looking again is safe.
    """
    try:
        for message in _newest(slack, channel, root_ts, after):
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and payload.get("id") == number:
                return str(message.get("ts", ""))
    except SlackBusyError:
        raise
    except SlackUnclearError as error:
        raise SlackUnreachableError(error.method, error.code) from None
    except SlackRefusedError as error:
        # For instance only public channels may be read, and this one is private.
        _log.info("message %s cannot be looked up: %s", number, error)
    return ""


def _newest(slack: SlackApi, channel: str, root_ts: str, after: str) -> Iterator[dict[str, Any]]:
    """Yield the messages it can be among; a channel's history comes newest first, so one page is enough."""
    where: dict[str, Any] = {"channel": channel, "limit": PAGE, "include_all_metadata": "true"}
    if after:
        where["oldest"] = after
    if not root_ts:
        yield from slack.read("conversations.history", **where).get("messages") or []
        return
    for _ in range(PAGES):
        answer = slack.read("conversations.replies", ts=root_ts, **where)
        yield from answer.get("messages") or []
        where["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor", "")
        if not where["cursor"]:
            return
