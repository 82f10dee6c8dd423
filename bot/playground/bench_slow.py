"""Slow jobs beside a measurement: calls to Slack that take long, always so many at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.playground.identity import APP_ID, BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, VERIFICATION_TOKEN
from bot.playground.workspace import Channel, Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.playground.bench_seed import Clicks
    from bot.playground.identity import Json
    from bot.playground.slack import Slack

# A little under the time a call takes, so that one of each is under way at every moment.
_SHARE: Final = 0.96
_LOOK: Final = 0.25
_TS: Final = "1795000000.000100"
_LINES: Final = (
    (
        "*Build the integration in production.* Put the code that you tried in test mode into production: "
        "cardholders, cards, authorizations, disputes; keep the keys of both modes apart and out of the code."
    ),
    (
        "It waits for <@XUSERX> since <!date^1795000000^{date_short}|Monday>, until "
        "<!date^1797000000^{date_short}|Wednesday>. Stripe answers within two weeks once everything is there."
    ),
)


def people(number: int) -> list[tuple[str, str]]:
    """Return people and the channel of each: (user, channel)."""
    return [(f"U0BENCH{n:02}", f"C0BENCH{n:02}") for n in range(number)]


def settle(slack: Slack, members: Sequence[tuple[str, str]], bot: str) -> None:
    """Put the people and their channels into the local workspace, with the bot in each of them."""
    for user, channel in members:
        slack.workspace.add_person(Person(user, user.lower(), "Lead", "lead", "en-US", "UTC", "808080"))
        slack.workspace.add_channel(Channel(channel, channel.lower(), [user, bot]))


def click_body(slack: Slack, user: str, channel: str, button: tuple[str, str], trigger: str = "") -> Json:
    """Return the payload of a click on a button below a message of a step, as long as a real one.

    The names may be placeholders; without a trigger one is issued that opens a form.
    """
    action, value = button
    labels = ("Done", "I take it", "Assign", "Add evidence", "Blocked", "Why this date")
    element = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": "Done", "emoji": True},
        "value": value,
    }
    blocks: list[Json] = [{"type": "section", "text": {"type": "mrkdwn", "text": line}} for line in _LINES]
    rest = [{**element, "action_id": f"{label}:{value}"} for label in labels[1:]]
    blocks.append({"type": "actions", "block_id": "acts", "elements": [element, *rest]})
    message = {
        "type": "message",
        "user": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "team": TEAM_ID,
        "ts": _TS,
        "thread_ts": "1795000000.000001",
        "parent_user_id": BOT_USER,
        "text": " ".join(_LINES),
        "blocks": blocks,
    }
    act = {**element, "block_id": "acts", "action_ts": "1795000100.000100"}
    return {
        "type": "block_actions",
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": user, "username": user, "name": user, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
        "container": {"type": "message", "message_ts": _TS, "channel_id": channel, "is_ephemeral": False},
        "trigger_id": trigger or slack.triggers.issue(user),
        "channel": {"id": channel, "name": "bench"},
        "state": {"values": {}},
        "response_url": f"{slack.origin}/reply/none",
        "actions": [act],
        "message": message,
    }


@dataclass
class SlowJobs:
    """Keeps clicks under way that open a form, and counts the calls that wait for Slack.

    Attributes:
        views: how many forms, and `messages` how many messages of the worker, were under way at each look.
        refused: clicks that were not acknowledged.
    """

    slack: Slack
    planted: Sequence[Clicks]
    number: int
    seconds: float
    views: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    refused: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        """Let Slack answer late from now on, and begin."""
        self.slack.faults.slow, self.slack.faults.slow_seconds = True, self.seconds
        self._tasks = [asyncio.ensure_future(self._click(n)) for n in range(self.number)]
        self._tasks.append(asyncio.ensure_future(self._watch()))

    def look_anew(self) -> None:
        """Forget what was seen before the measurement."""
        self.views.clear()
        self.messages.clear()

    async def stop(self) -> None:
        """Let Slack answer at once again, and end."""
        self.slack.faults.slow = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def under_way(self) -> tuple[int, int]:
        """Return how many forms and how many messages wait for Slack's answer at this moment."""
        kinds = [
            entry.kind
            for entry in self.slack.traffic.after()
            if entry.direction == "from_bot" and entry.ms is None
        ]
        views = sum(kind.startswith("views.") for kind in kinds)
        return views, len(kinds) - views

    async def _click(self, number: int) -> None:
        """Open a form, again and again; nothing is written, so that only the measured clicks count."""
        person = self.planted[number % len(self.planted)]
        step = person.buttons[number][1]
        every = self.seconds * _SHARE
        await asyncio.sleep(number * every / self.number)
        while True:
            body = click_body(self.slack, person.user, person.channel, (f"step.why:{step}", step))
            ack = await self.slack.dispatcher.interact("block_actions", body)
            self.refused += not ack.ok
            await asyncio.sleep(every)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            views, messages = self.under_way()
            self.views.append(views)
            self.messages.append(messages)
