"""What many tests begin with is done once; to the next ones its rows, its Slack and its time are given."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, TypeVar, cast

from sqlmodel import select

from bot.effects import pace
from bot.playground.slack import Slack
from bot.playground.workspace import Workspace
from storage.tables import Lease
from tests.reliability.rig import Bot
from tests.support import rows

MOST: Final = 24
"""Results that a process keeps; what was not used for longest goes first."""
PLACES: Final = {"database_url", "files_url", "slack_api_url"}
"""Settings that are others for each test and say nothing about what happens."""
Result = TypeVar("Result")

_DONE: dict[tuple[Any, ...], _Done] = {}


@dataclass(frozen=True)
class _Done:
    rows: sqlite3.Connection
    slack: bytes
    begun: datetime
    passed: timedelta
    moved: timedelta
    result: object


def once(bot: Bot, what: str, work: Callable[[], Result]) -> Result:
    """Do a piece of work that depends on nothing but the bot's rows, its Slack, its settings and its speed.

    Work that was done before from the very same beginning is not done again; its result is the same.
    """
    slack = bot.slack.slack
    with closing(_aside(bot)) as found:
        beginning = (
            what,
            hash(found.serialize()),
            repr(bot.gantry.settings.model_dump(exclude=PLACES)),
            bot.clock.now(),
            (pace.POST_PACE, pace.EDIT_PACE, pace.HOME_PACE),
            repr(slack.faults),
            [(entry.kind, repr(entry.request)) for entry in slack.traffic.after()],
        )
    key = (*beginning[:-1], repr(beginning[-1]))
    if key in _DONE:
        done = _DONE[key] = _DONE.pop(key)
        _put_back(bot, done)
        return cast("Result", done.result)
    wall, now = bot.clock.wall(), bot.clock.now()
    result = work()
    while len(_DONE) >= MOST:
        _DONE.pop(next(iter(_DONE))).rows.close()
    with closing(_aside(bot)) as found:
        passed = bot.clock.wall() - wall
        moved = bot.clock.now() - now - passed
        _DONE[key] = _Done(rows.copy(found), _on_loop(bot, lambda: _seen(slack)), wall, passed, moved, result)
    return result


def _put_back(bot: Bot, done: _Done) -> None:
    with closing(_aside(bot)) as found:
        found.execute("PRAGMA synchronous=OFF")
        rows.put_back(done.rows, found)
    _on_loop(bot, lambda: _show(bot.slack.slack, done.slack))
    later = bot.clock.wall() - done.begun
    with bot.gantry.database.transaction() as session:
        for lease in session.exec(select(Lease)).all():
            lease.until += later  # what rests after a message does so on the wall
    bot.clock.pass_wall(done.passed)
    bot.clock.advance(done.moved)


def _aside(bot: Bot) -> sqlite3.Connection:
    path = bot.gantry.database._writer.url.database
    assert path
    return sqlite3.connect(path)


def _on_loop(bot: Bot, work: Callable[[], Result]) -> Result:
    """A Slack is only touched by its own thread."""

    async def working() -> Result:
        return work()

    return bot.slack._server.do(working())


def _seen(slack: Slack) -> bytes:
    """Everything that people see in a Slack."""
    number = next(slack.workspace._numbers)
    slack.workspace._numbers = count(number)
    return pickle.dumps(
        {
            "workspace": _of_people(slack.workspace),
            "number": number,
            "last": slack.workspace.timestamps._last,
            "stacks": slack.modals.stacks,
            "homes": slack.modals.homes,
            "read": slack.unread._last,
            "traffic": slack.traffic.after(),
            "uploads": slack.uploads,
            "offset": slack.clock.offset,
        }
    )


def _of_people(workspace: Workspace) -> dict[str, Any]:
    kept = ("people", "channels", "files", "ephemerals", "_messages")
    return {name: value for name, value in vars(workspace).items() if name in kept}


def _show(slack: Slack, seen: bytes) -> None:
    """Let people see in a Slack that has just begun what they saw in another one."""
    found = pickle.loads(seen)  # noqa: S301 - our own, from this process
    vars(slack.workspace).update(found["workspace"])
    slack.workspace._numbers = count(found["number"])
    slack.workspace.timestamps._last = max(slack.workspace.timestamps._last, found["last"])
    slack.modals.stacks.update(found["stacks"])
    slack.modals.homes.update(found["homes"])
    slack.unread._last.update(found["read"])
    slack.traffic.clear()
    slack.traffic._entries.extend(found["traffic"])
    slack.uploads.update(found["uploads"])
    slack.clock.forward(found["offset"] - slack.clock.offset)
