"""Break it: one blow at the bot while it speaks, then a count of what was lost and what was said twice."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.playground.acts import Act, say
from bot.playground.errors import PlayError
from bot.playground.identity import BOT_USER, CARDS
from bot.playground.scenes import perform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.playground.bot_process import BotProcess
    from bot.playground.identity import Json
    from bot.playground.stage import Stage
    from bot.playground.workspace import Message

QUIET_SECONDS: Final = 20.0
_SETTLED: Final = 0.5
# How messages that may be doubles say so, in both languages.
AGAIN: Final = ("sent again", "envoyé à nouveau", "envoyé une seconde fois", "renvoyé")


@dataclass(frozen=True)
class Ledger:
    """What the bot's outbox says: what it sent as (channel, ts), how much waits, how much it gave up."""

    sent: frozenset[tuple[str, str]] = frozenset()
    pending: int = 0
    dead: int = 0


@dataclass
class Breaks:
    """Plays breaks and keeps the totals.

    Args:
        stage: where.
        bot: the process to kill; None when the bot runs elsewhere.
        ledger: reads the bot's outbox; called in a thread. Without it only doubles are seen.
        provoke: what makes the bot speak, given the person.
    """

    stage: Stage
    bot: BotProcess | None = None
    ledger: Callable[[], Ledger] | None = None
    provoke: Callable[[str], Sequence[Act]] = lambda person: (say(person, CARDS, f"<@{BOT_USER}> status"),)
    lost: int = 0
    doubled: int = 0

    def shape(self) -> Json:
        """The totals for the page."""
        line = f"lost {self.lost}, doubled {self.doubled}"
        return {"lost": self.lost, "doubled": self.doubled, "line": line}

    async def play(self, what: str, person: str) -> Json:
        """One break: `kill`, `drop_reply` or `send_twice`, while this person makes the bot speak.

        Raises:
            PlayError: there is no such break, or the bot cannot be killed from here.
        """
        faults = self.stage.slack.faults
        start = self.stage.slack.workspace.timestamps.next()
        dead = (await self._read()).dead
        if what == "kill":
            if self.bot is None:
                raise PlayError("The bot runs elsewhere: it cannot be killed from here.")
            await self._provoke(person)
            self.bot.kill()
            await self.bot.ready()
        elif what in ("drop_reply", "send_twice"):
            fault = "duplicate" if what == "send_twice" else what
            faults.set(fault, on=True)
            try:
                await self._provoke(person)
                await self.stage.slack.dispatcher.idle()
                await self._quiet()
            finally:
                faults.set(fault, on=False)
        else:
            raise PlayError(f"There is no break “{what}”.")
        ledger = await self._quiet()
        self.lost += self._missing(ledger, start) + max(0, ledger.dead - dead) + ledger.pending
        self.doubled += self._doubles(start)
        return self.shape()

    async def _provoke(self, person: str) -> None:
        for act in self.provoke(person):
            await perform(self.stage, act.try_once, act.seconds)

    async def _read(self) -> Ledger:
        return Ledger() if self.ledger is None else await asyncio.to_thread(self.ledger)

    async def _quiet(self) -> Ledger:
        """Waits until nothing waits and nothing new is said."""
        end = time.monotonic() + QUIET_SECONDS
        last, since = -1, time.monotonic()
        while True:
            ledger = await self._read()
            said = sum(
                len(self.stage.slack.workspace.messages(c)) for c in self.stage.slack.workspace.channels
            )
            if said != last or ledger.pending:
                last, since = said, time.monotonic()
            if time.monotonic() > end or time.monotonic() - since > _SETTLED * (1 if self.ledger else 4):
                return ledger
            await asyncio.sleep(0.1)

    def _missing(self, ledger: Ledger, start: str) -> int:
        """What the outbox calls sent since the break began and nobody sees; older rows may be deleted."""
        known = {(message.channel, message.ts) for message in self._since(start)}
        return len([one for one in ledger.sent if one[1] > start and one not in known])

    def _doubles(self, start: str) -> int:
        """New messages of the bot that say the same in the same place and are not marked as sent again."""
        seen: Counter[str] = Counter()
        for message in self._since(start):
            whole = json.dumps([message.text, message.blocks], ensure_ascii=False)
            if message.bot and not any(mark in whole.lower() for mark in AGAIN):
                where = [message.channel, message.thread_ts, message.ephemeral_for]
                seen[json.dumps([where, message.text, message.metadata])] += 1
        return sum(count - 1 for count in seen.values())

    def _since(self, start: str) -> list[Message]:
        """What was said since then, to all and to one."""
        workspace = self.stage.slack.workspace
        whispered = [message for message in workspace.ephemerals.values() if message.ts > start]
        said = [message for channel in workspace.channels for message in workspace.after(channel, start)]
        return [message for message in [*said, *whispered] if not message.deleted]
