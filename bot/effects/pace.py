"""How fast messages may leave: which method each one calls, what rests after it, how long a failure waits."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from storage.queries.outbox import Due
from storage.tables import OutboxMessage

POST_PACE: Final = timedelta(seconds=1)
EDIT_PACE: Final = timedelta(seconds=2)
HOME_PACE: Final = timedelta(seconds=1)
LONGEST_WAIT: Final = timedelta(seconds=60)


def free(candidates: Sequence[Due], held: set[str]) -> list[Due]:
    """Return what no gate holds back; the first message through a gate closes it for the others."""
    found = []
    for message in candidates:
        ts = message.root_ts or ""
        gate, _ = gate_of(message, ts)
        if held.isdisjoint({gate, method_of(message, ts), "workspace"}):
            found.append(message)
            held |= {gate} - {""}
    return found


def method_of(message: Due | OutboxMessage, ts: str) -> str:
    """Return the method of Slack that a message goes through; `ts` is that of its thread's own message."""
    if message.kind == "amend" or (message.kind == "board" and ts):
        return "chat.update"
    if message.kind == "home":
        return "views.publish"
    if message.kind == "private":
        return "chat.postEphemeral" if not message.response_url else "response_url"
    return "chat.postMessage"


def gate_of(message: Due | OutboxMessage, ts: str) -> tuple[str, timedelta]:
    """Return what has to rest after this message, and for how long: Slack asks for 1 a second a channel."""
    method = method_of(message, ts)
    if method == "chat.postMessage":
        return message.channel, POST_PACE
    if method == "chat.update":
        return f"amend:{message.amends}" if message.amends else f"board:{message.thread_id}", EDIT_PACE
    if method == "views.publish":
        return f"home:{message.channel}", HOME_PACE
    return "", timedelta()


def backoff(attempts: int) -> timedelta:
    """Return how long a message waits after so many failures in a row."""
    return min(timedelta(seconds=2 ** min(attempts, 6) / 2), LONGEST_WAIT)
