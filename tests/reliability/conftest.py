"""A local Slack and a whole bot in this process, on a fresh workspace and a fresh database for each test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.event import listen

from bot import app
from bot.clock import FixedClock
from bot.effects import pace
from bot.playground.local import LocalSlack
from bot.playground.running import ServerThread
from bot.settings import load
from storage import Database, connect
from tests.reliability.beginnings import once
from tests.reliability.rig import MARC, OLGA, Bot
from tests.support.databases import fresh


@pytest.fixture(scope="session")
def running_slack(root: Path) -> Iterator[LocalSlack]:
    """One local Slack for all tests; each starts over in it."""
    manifest = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    # Nothing here is about the three seconds Slack waits; a machine with much else to do may take longer.
    delays = (0.05, 0.1, 0.2, 0.4)
    with LocalSlack(manifest=manifest, rates=False, retry_delays=delays, ack_seconds=30) as slack:
        yield slack


@pytest.fixture(scope="session")
def beginning() -> datetime:
    """When every bot of this process begins; the same rows then stand at the start of each test."""
    return datetime.now(UTC)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages leave without resting in between, for tests of what is said and not of how fast."""
    for name in ("POST_PACE", "EDIT_PACE", "HOME_PACE"):
        monkeypatch.setattr(pace, name, timedelta())


@pytest.fixture
def build(
    running_slack: LocalSlack,
    migrated: Path,
    beginning: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Bot]]:
    """Builds the bot on a fresh database and a fresh workspace."""
    ends: list[Callable[[], None]] = []

    def make(more: Mapping[str, str] | None = None, **database: Any) -> Bot:
        kept = None if database or ends else fresh(migrated, "bot")
        path = tmp_path / "gantry.sqlite3" if kept is None else Path(kept._writer.url.database or "")
        if kept is None:
            path.write_bytes(migrated.read_bytes())
        clock = FixedClock(beginning)
        # The local Slack signs by real time, which must not lie minutes away, however long the tests take.
        behind = datetime.now(UTC) - beginning
        clock.pass_wall(behind)
        clock.advance(-behind)
        monkeypatch.setattr(app, "Clock", lambda _: clock)

        def connected(url: str, **more: Any) -> Database:
            if kept is not None and not more:
                return kept
            found = connect(url, **{**more, **database})
            # No process ends here: no need to wait for the disk. (What is kept is in memory.)
            listen(found._writer, "connect", lambda made, _: made.execute("PRAGMA synchronous=OFF").close())
            return found

        monkeypatch.setattr(app, "connect", connected)
        settings = load(
            {
                "SLACK_BOT_TOKEN": running_slack.token,
                "SLACK_SIGNING_SECRET": running_slack.signing_secret,
                "SLACK_API_URL": running_slack.api_url,
                "DATABASE_URL": f"sqlite:///{path}",
                "FILES_URL": str(tmp_path / "files"),
                "GANTRY_ADMINS": OLGA,
                "GANTRY_MANAGERS": MARC,
                **(more or {}),
            },
            env_file=None,
        )
        running_slack.reset()
        gantry = app.build(settings)
        server = ServerThread(gantry.web())
        server.start()
        gantry.meet_slack(threading.Event())
        origin = f"http://127.0.0.1:{server.port}"
        running_slack.attach(origin)

        def end() -> None:
            running_slack.faults.clear()
            running_slack.idle()
            running_slack.slack.dispatcher.attach(None)
            for pool in gantry.pools:
                pool.shutdown()
            server.stop()
            gantry.end_web()
            gantry.stripe.close()
            gantry.database.close()

        ends.append(end)
        return Bot(running_slack, gantry, clock, origin)

    yield make
    for end in ends:
        end()


@pytest.fixture
def bot(build: Callable[..., Bot]) -> Bot:
    """A bot that has said nothing yet."""
    return build()


@pytest.fixture
def slack(bot: Bot) -> LocalSlack:
    """The Slack it lives in."""
    return bot.slack


@pytest.fixture
def started(bot: Bot) -> Bot:
    """A bot with one programme, `Acme` of Lena in #acme-cards, whose board and first message are there."""

    def work() -> None:
        bot.start()
        bot.settle()

    once(bot, "started", work)
    return bot
