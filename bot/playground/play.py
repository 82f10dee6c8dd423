"""One running playground: the workspace, its bot, its scenes; what the page's controls act on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bot.playground import manifest, shapes
from bot.playground.breaks import Breaks, Ledger
from bot.playground.identity import BOT_NAME, BOT_USER, CARDS, OLGA, TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from bot.playground.scenes import DEMO, Scenes
from bot.playground.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.playground.acts import Act, Scene
    from bot.playground.bot_process import BotProcess
    from bot.playground.identity import Json
    from bot.playground.slack import Slack
    from bot.playground.spoken import Words
    from bot.playground.till import Till


Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Story:
    """What the project adds to the playground: its scenes, and two looks into the bot's database.

    `bot.playground.story.story()` makes the one `gantry play` uses. The looks get the database's URL (another
    one after each start over) and are called in a thread.

    Attributes:
        scenes: the scenes of the side bar.
        upcoming: what will happen next, as (unix second, what).
        ledger: what the outbox says it sent.
        provoke: what makes the bot speak when somebody breaks something, given the person.
    """

    scenes: Sequence[Scene] = (DEMO,)
    upcoming: Callable[[str], Sequence[tuple[int, Words]]] | None = None
    ledger: Callable[[str], Ledger] | None = None
    provoke: Callable[[str], Sequence[Act]] | None = None


class Play:
    """Everything behind the page.

    Args:
        slack: the workspace.
        bot: the child process; None when the bot runs elsewhere (tests, another terminal).
        story: scenes and looks into the bot's database.
        database_url: the bot's database, handed to those looks, when the bot is no child of this process.
        till: the local Stripe; None where only Slack is played.
    """

    def __init__(
        self,
        slack: Slack,
        bot: BotProcess | None = None,
        story: Story | None = None,
        database_url: str = "",
        till: Till | None = None,
    ) -> None:
        told = story or Story()
        self.slack = slack
        self.bot = bot
        self.till = till
        self._database_url = database_url
        self.stage = Stage(slack, partial(self._look, told.upcoming) if told.upcoming else None)
        self.scenes = Scenes(self.stage, told.scenes)
        self.breaks = Breaks(self.stage, bot, partial(self._look, told.ledger) if told.ledger else None)
        if told.provoke is not None:
            self.breaks.provoke = told.provoke
        self._busy = asyncio.Lock()

    def _look(self, look: Callable[[str], Seen]) -> Seen:
        return look(self.bot.database_url if self.bot is not None else self._database_url)

    def bot_shape(self) -> Json:
        """The bot for the page."""
        if self.bot is not None:
            return self.bot.shape()
        attached = self.slack.dispatcher.url is not None or self.slack.sockets.count > 0
        return {"up": attached, "pid": None, "since": 0}

    def bot_changed(self) -> None:
        """Tells the pages that the bot came up or went down."""
        self.slack.hub.tell({"type": "bot", "bot": self.bot_shape()})

    async def state(self) -> Json:
        """The state of the contract."""
        await self.stage.look_ahead()
        workspace = self.slack.workspace
        return {
            "workspace": {
                "team": TEAM_ID,
                "name": TEAM_NAME,
                "domain": TEAM_DOMAIN,
                "bot_user": BOT_USER,
                "bot_name": BOT_NAME,
            },
            "people": [
                shapes.page_person(person) for person in workspace.people.values() if not person.is_bot
            ],
            "channels": [shapes.page_channel(place) for place in workspace.channels.values()],
            "commands": [
                {key: one.get(key, "") for key in ("command", "description", "usage_hint")}
                for one in manifest.commands(self.slack.manifest)
            ],
            "shortcuts": [
                {key: one.get(key, "") for key in ("name", "type", "callback_id", "description")}
                for one in manifest.shortcuts(self.slack.manifest)
            ],
            "clock": self.stage.clock(),
            "faults": self.slack.faults.listing(),
            "scenes": self.scenes.listing(),
            "scene": self.scenes.shape(),
            "bot": self.bot_shape(),
            "breaks": self.breaks.shape(),
            "revision": self.slack.hub.revision,
        }

    def fault(self, name: str, *, on: bool) -> None:
        """Switches a fault; an archived channel is archived for people too.

        Raises:
            KeyError: there is no such fault.
        """
        self.slack.faults.set(name, on=on)
        if name == "channel_archived":
            place = self.slack.workspace.channels[CARDS]
            if place.archived != on:
                place.archived = on
                self.slack.events.archived(place.id, OLGA, on=on)
        self.slack.hub.tell({"type": "state"})

    async def reset(self) -> None:
        """Start over: a fresh workspace, and the bot on a fresh database."""
        async with self._busy:
            self.scenes.stop()
            self.scenes.playing = None
            self.breaks.lost = self.breaks.doubled = 0
            if self.bot is not None:
                await self.bot.fresh(self._clear)
            else:
                await self._clear()
            self.slack.hub.tell({"type": "reset"})

    async def _clear(self) -> None:
        self.slack.reset(tell=False)
        if self.till is not None:
            self.till.reset()
