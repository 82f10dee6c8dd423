"""The real bot as a child, heard through a socket: the work goes through, and an outage loses nothing."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk.socket_mode.request import SocketModeRequest

from bot import app
from bot.playground.asgi import build
from bot.playground.bot_process import free_port
from bot.playground.identity import CARDS, LENA, NOOR, OLGA, TEAM_ID
from bot.playground.local import LocalSlack
from bot.playground.running import ServerThread
from bot.settings import load
from storage import migrate

RETRIES = (0.3, 0.6, 1, 2, 4, 8)
"""Slack repeats an event at once, after 1 and after 5 minutes; here it is in more of a hurry."""


@dataclass
class Running:
    """A bot on a socket, and the Slack it listens to."""

    slack: LocalSlack
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def connected(self) -> bool:
        return self.slack.slack.sockets.count > 0

    def away(self, seconds: float) -> None:
        """Stop the whole server for a while; it comes back at its address, knowing everything."""
        port = self.slack._server.port
        self.slack._server.stop()
        time.sleep(seconds)
        self.slack.slack.dispatcher._client = None
        self.slack._server = ServerThread(build(self.slack.slack), port)
        self.slack._server.start()

    def back(self, seconds: float = 30) -> float:
        """Wait until the bot has a connection again; gives the seconds that took."""
        began = time.monotonic()
        self.slack.wait_for(self.connected, seconds, "a new connection")
        return time.monotonic() - began


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Running]:
    with LocalSlack(retry_delays=RETRIES, rates=False) as slack:
        port = free_port()
        settings = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "HOME"}},
            "SLACK_BOT_TOKEN": slack.token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'gantry.sqlite3'}",
            "FILES_URL": str(tmp_path / "files"),
            "PORT": str(port),
            "GANTRY_ADMINS": OLGA,
            "GANTRY_PARENT_PIPE": "1",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        log = tmp_path / "bot.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                env=settings,
                cwd=tmp_path,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
            )
        running = Running(slack, process, f"http://127.0.0.1:{port}", log)
        try:
            slack.wait_for(lambda: running.connected() or process.poll() is not None, 60, "a connection")
            assert process.poll() is None, log.read_text()
            yield running
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGTERM)
            process.wait(20)
            assert process.stdin is not None
            process.stdin.close()


def start(slack: LocalSlack, name: str) -> str:
    """Start a programme; gives the id of the thread."""
    ack = slack.command(LENA, CARDS, f"/onboarding start {name}")
    assert ack is not None
    assert ack.ok, ack
    slack.wait_for(lambda: slack.view(LENA), 10, "the form")
    assert slack.submit(LENA, {"name": name}) == {"ok": True}
    return slack.wait_message(CARDS, name, 10).ts


def test_a_step_is_taken_and_done_over_a_socket(bot: Running) -> None:
    slack = bot.slack
    ts = start(slack, "Acme over a socket")
    slack.wait_for(lambda: len(slack.thread(CARDS, ts)) > 1, 10, "the thread")
    assert slack.click(LENA, "step.take", channel=CARDS).ok
    slack.wait_for(lambda: len(slack.thread(CARDS, ts)) > 2, 10, "the step's own message")
    taken = slack.thread(CARDS, ts)[-1]
    assert slack.click(LENA, "step.done", channel=CARDS, ts=taken.ts).ok
    slack.wait_for(
        lambda: "step.done" not in str(slack.thread(CARDS, ts)[2].blocks), 10, "the end of its buttons"
    )
    slack.say(NOOR, CARDS, "<@U0GANTRY> status")
    slack.wait_for(lambda: slack.ephemerals(NOOR), 10, "the answer to a mention")
    assert httpx.get(f"{bot.url}/healthz").text == "ok\n"
    assert httpx.get(f"{bot.url}/readyz").status_code == 200
    refused = httpx.post(f"{bot.url}/slack/events", content=b"{}")
    assert refused.status_code == 503
    assert "SLACK_APP_TOKEN" in refused.text


def test_after_outages_the_bot_is_back_and_nothing_is_lost(bot: Running) -> None:
    slack = bot.slack
    start(slack, "Before the outage")
    slack.drop_sockets()
    # Nobody listens: Slack repeats the event, and the person sees that their click failed.
    slack.say(NOOR, CARDS, "<@U0GANTRY> list")
    print(f"\nback {bot.back():.1f} s after its connection was cut")
    slack.wait_for(lambda: slack.ephemerals(NOOR), 20, "the answer to a mention sent during the outage")
    bot.away(3)
    print(f"back {bot.back():.1f} s after the server returned")
    start(slack, "After the outage")
    assert len([one for one in slack.ephemerals(NOOR) if "Before the outage" in str(one.blocks)]) == 1
    boards = [one for one in slack.messages(CARDS) if one.thread_ts in (None, one.ts) and one.blocks]
    assert len(boards) == 2
    assert "Traceback" not in bot.log.read_text()


def test_what_could_not_be_recorded_is_not_acknowledged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
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
    migrate(settings.database_url)
    gantry = app.build(settings)
    with gantry.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE slack_event RENAME TO elsewhere")
    sent: list[object] = []

    class Client:
        logger = logging.getLogger("client")

        def send_socket_mode_response(self, response: object) -> None:
            sent.append(response)

    handler = SocketModeHandler.__new__(SocketModeHandler)
    handler.app = gantry.bolt
    event = {"type": "app_mention", "user": LENA, "text": "a private word", "channel": CARDS, "ts": "1.1"}
    payload = {"type": "event_callback", "team_id": TEAM_ID, "event_id": "Ev1", "event": event}
    handler.handle(Client(), SocketModeRequest("events_api", "e-1", payload))  # type: ignore[arg-type]
    assert sent == []
    assert "slack_event" in caplog.text
    assert "a private word" not in caplog.text
    with gantry.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE elsewhere RENAME TO slack_event")
    handler.handle(Client(), SocketModeRequest("events_api", "e-1", payload))  # type: ignore[arg-type]
    assert len(sent) == 1
    gantry.database.close()
