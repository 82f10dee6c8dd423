"""Break it: what is lost and what is said twice is counted, and what is marked is no double."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from slack_sdk import WebClient

from bot.playground.asgi import build
from bot.playground.breaks import Breaks, Ledger
from bot.playground.errors import PlayError
from bot.playground.running import ServerThread
from bot.playground.slack import Slack
from bot.playground.stage import Stage


@pytest.fixture
def slack() -> Iterator[tuple[Slack, ServerThread]]:
    made = Slack(talk=False, retry_delays=())
    server = ServerThread(build(made))
    made.origin = f"http://127.0.0.1:{server.port}"
    server.start()
    yield made, server
    server.stop()


@pytest.fixture
def answering(slack: tuple[Slack, ServerThread]) -> Iterator[Callable[..., list[str]]]:
    """Starts a bot that answers mentions; `once` makes it know events again, `mark` marks what it repeats."""
    made, _ = slack
    client = WebClient(token=made.bot_token, base_url=f"{made.origin}/api/", retry_handlers=[])
    sent: list[str] = []
    seen: set[str] = set()
    habits = {"once": True, "mark": True}
    servers: list[ThreadingHTTPServer] = []

    def speak(text: str) -> None:
        try:
            sent.append(client.chat_postMessage(channel="C0CARDS", text=text)["ts"])
        except (OSError, HTTPException):
            sent.append(
                client.chat_postMessage(
                    channel="C0CARDS", text=f"{text} (sent again)" if habits["mark"] else text
                )["ts"]
            )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = told["event_id"] in seen
            seen.add(told["event_id"])
            if not (known and habits["once"]):
                speak("Here is the status")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    def start(**changed: bool) -> list[str]:
        habits.update(changed)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        made.dispatcher.attach(f"http://127.0.0.1:{server.server_port}/slack/events")
        return sent

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def broken(slack: tuple[Slack, ServerThread], what: str, sent: list[str], forgotten: int = 0) -> str:
    made, server = slack
    invented = {("C0CARDS", f"9{number}00000000.000000") for number in range(forgotten)}
    breaks = Breaks(
        Stage(made), ledger=lambda: Ledger(frozenset({("C0CARDS", ts) for ts in sent} | invented))
    )
    return str(server.do(breaks.play(what, "U0LENA"))["line"])


@pytest.mark.parametrize(
    ("what", "habits", "forgotten", "line"),
    [
        ("send_twice", {}, 0, "lost 0, doubled 0"),
        ("send_twice", {"once": False}, 0, "lost 0, doubled 1"),
        ("drop_reply", {}, 0, "lost 0, doubled 0"),
        ("drop_reply", {"mark": False}, 0, "lost 0, doubled 1"),
        ("drop_reply", {}, 2, "lost 2, doubled 0"),
    ],
)
def test_a_break_counts_what_was_lost_and_what_was_doubled(
    slack: tuple[Slack, ServerThread],
    answering: Callable[..., list[str]],
    what: str,
    habits: dict[str, bool],
    forgotten: int,
    line: str,
) -> None:
    sent = answering(**habits)
    assert broken(slack, what, sent, forgotten) == line


def test_a_bot_that_runs_elsewhere_cannot_be_killed(slack: tuple[Slack, ServerThread]) -> None:
    with pytest.raises(PlayError, match="runs elsewhere"):
        broken(slack, "kill", [])
