"""The real bot as a child, heard through a socket of the playground: the whole story, and outages that lose nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from bot import app
from bot.listeners.socket import Envelopes
from bot.playground.asgi import build
from bot.playground.bot_process import database_url
from bot.playground.identity import BOT_USER, CARDS, CARTES, CLAIRE, LENA, MARC, NOOR, OLGA, TEAM_ID
from bot.playground.local import LocalSlack
from bot.playground.running import ServerThread
from bot.playground.scenes import perform
from bot.playground.stage import Stage
from bot.playground.story import story
from bot.settings import load
from storage import Database, connect
from storage.tables import AuditEntry, Evidence, Program, Step
from tests.support.child import Child, gantry_run
from tests.support.migrated import lay

RETRIES = (0.3, 0.6, 1, 2, 4, 8)
"""Slack repeats an event at once, after 1 and after 5 minutes; here it is in more of a hurry."""
PATIENCE = 30.0
"""Slack waits three seconds for an acknowledgement; a machine with much else to do may take longer here."""
BACK_SECONDS = 10
"""What is promised: so long after the server's return, at most, the bot listens again."""


@dataclass
class Running:
    """A bot on a socket, the Slack it listens to, and its rows."""

    slack: LocalSlack
    child: Child
    database: Database

    def rows(self, table: type[Any]) -> list[Any]:
        with self.database.reading() as session:
            return list(session.exec(select(table).order_by(col(table.id))).all())

    def go_away(self) -> int:
        """Stop the whole server; gives the port at which it comes back."""
        port = self.slack._server.port
        self.slack._server.stop()
        return port

    def come_back(self, port: int) -> None:
        """Answer again at the same address, knowing everything."""
        self.slack.slack.dispatcher._client = None
        self.slack._server = ServerThread(build(self.slack.slack), port)
        self.slack._server.start()

    def back(self, what: str) -> float:
        """Wait until the bot has a connection again; prints and gives the seconds that took."""
        began = time.monotonic()
        self.slack.wait_for(
            lambda: self.child.alive and self.slack.slack.sockets.count, 30, "a new connection"
        )
        took = time.monotonic() - began
        print(f"back {took:.1f} s after {what}")
        return took


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("socket")
    clock = folder / "clock"
    clock.write_text("0", encoding="ascii")
    with LocalSlack(retry_delays=RETRIES, rates=False, clock_file=clock, ack_seconds=PATIENCE) as slack:
        settings = {
            "SLACK_BOT_TOKEN": slack.token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "GANTRY_CLOCK_FILE": f"{clock}",
            "GANTRY_ADMINS": OLGA,
            "GANTRY_MANAGERS": MARC,
        }
        with gantry_run(folder, settings) as child:
            slack.wait_for(lambda: child.alive and slack.slack.sockets.count, 60, "a connection")
            database = connect(database_url(folder))
            yield Running(slack, child, database)
            database.close()
    assert "Traceback" not in child.said


def test_the_scene_of_launch_day_is_played_over_a_socket(bot: Running) -> None:
    scene = next(one for one in story().scenes if one.name == "launch")
    stage = Stage(bot.slack.slack)

    async def play() -> None:
        # The last act waits until everything was said, a message a second; here the rows tell enough.
        for act in scene.acts[:-1]:
            await perform(stage, act.try_once, act.seconds)

    bot.slack._server.do(play(), 120)
    [program] = [row for row in bot.rows(Program) if row.name == "Harbour Pay"]
    assert program.state == "launched"
    assert {row.state for row in bot.rows(Step)} == {"done"}
    bot.slack.wait_for(lambda: {row.state for row in bot.rows(Evidence)} == {"stored"}, 20, "every file")
    assert httpx.get(f"{bot.child.url}/healthz").text == "ok\n"
    assert httpx.get(f"{bot.child.url}/readyz").status_code == 200
    refused = httpx.post(f"{bot.child.url}/slack/events", content=b"{}")
    assert refused.status_code == 503
    assert "SLACK_APP_TOKEN" in refused.text


def start(slack: LocalSlack, name: str) -> None:
    """Start a programme in #cartes; its board is there."""
    ack = slack.command(CLAIRE, CARTES, f"/onboarding start {name}")
    assert ack is not None
    assert ack.ok, ack
    slack.wait_for(lambda: slack.view(CLAIRE), 10, "the form")
    assert slack.submit(CLAIRE, {"name": name}) == {"ok": True}
    slack.wait_message(CARTES, name, 20)


def test_after_outages_the_bot_is_back_and_nothing_is_lost(bot: Running) -> None:
    slack = bot.slack
    start(slack, "Before the outage")
    slack.wait_for(lambda: "step.take" in str([one.blocks for one in slack.messages(CARTES)]), 10, "a step")
    print()
    slack.drop_sockets()
    # Nobody listens: Slack repeats the event, and the person sees that their click failed.
    slack.say(NOOR, CARTES, f"<@{BOT_USER}> list")
    assert not slack.click(CLAIRE, "step.take", channel=CARTES).ok
    bot.back("its connection was cut")
    assert slack.click(CLAIRE, "step.take", channel=CARTES).ok
    slack.refresh_sockets()
    bot.back("Slack asked for a new connection")
    slack.wait_for(
        lambda: "step.done" in str([one.blocks for one in slack.messages(CARTES)]), 20, "its message"
    )
    assert slack.click(CLAIRE, "step.done", channel=CARTES).ok
    slack.wait_for(lambda: slack.ephemerals(NOOR), 20, "the answer to a mention sent during the outage")
    port = bot.go_away()
    time.sleep(1.5)
    bot.come_back(port)
    assert bot.back("the server returned") < BACK_SECONDS
    start(slack, "After the outage")
    assert len([one for one in slack.ephemerals(NOOR) if "Before the outage" in str(one.blocks)]) == 1
    assert (
        len([row for row in bot.rows(AuditEntry) if row.tag == "step:take:open" and row.actor == CLAIRE]) == 1
    )
    assert len([row for row in bot.rows(Program) if row.channel == CARTES]) == 2
    boards = [one for one in slack.messages(CARTES) if one.thread_ts in (None, one.ts) and one.blocks]
    assert len(boards) == 2


def test_what_could_not_be_recorded_is_not_acknowledged(
    tmp_path: Path, migrated: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load(
        {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_APP_TOKEN": "xapp-1",
            "SLACK_API_URL": "http://127.0.0.1:9/api/",
            "DATABASE_URL": f"sqlite:///{tmp_path}/inbox.sqlite3",
        },
        env_file=None,
    )
    lay(settings.database_url, migrated)
    gantry = app.build(settings)
    with gantry.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE slack_event RENAME TO elsewhere")
    sent: list[object] = []

    class Client:
        logger = logging.getLogger("client")

        def send_socket_mode_response(self, response: object) -> None:
            sent.append(response)

    envelopes = Envelopes(gantry.bolt, gantry.desk)
    event = {"type": "app_mention", "user": LENA, "text": "a private word", "channel": CARDS, "ts": "1.1"}
    payload = {"type": "event_callback", "team_id": TEAM_ID, "event_id": "Ev1", "event": event}
    envelope = {"type": "events_api", "envelope_id": "e-1", "payload": payload}
    envelopes.hear(Client(), envelope)
    assert sent == []
    assert "slack_event" in caplog.text
    assert "a private word" not in caplog.text
    with gantry.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE elsewhere RENAME TO slack_event")
    envelopes.hear(Client(), envelope)
    assert len(sent) == 1
    gantry.database.close()
