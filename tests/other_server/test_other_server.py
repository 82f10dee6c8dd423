"""The bot in front of another Slack than the playground's: from the start form to launch, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from bot import app
from bot.settings import load
from bot.slack_api import DownloadError, SlackApi
from tests.other_server.server import LEAD, PDF, SECRET, TEAM, TOKEN, OtherSlack
from tests.other_server.walk import until, walk
from tests.support.migrated import lay


@pytest.fixture
def slack() -> Iterator[OtherSlack]:
    with OtherSlack() as running:
        yield running
    assert running.wrong == []


@pytest.fixture
def gantry(slack: OtherSlack, tmp_path: Path, migrated: Path) -> Iterator[app.Gantry]:
    settings = load(
        {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": slack.api_url.rstrip("/"),
            "DATABASE_URL": f"sqlite:///{tmp_path}/other.sqlite3",
            "FILES_URL": f"{tmp_path}/files",
            "GANTRY_ADMINS": LEAD,
        },
        env_file=None,
    )
    lay(settings.database_url, migrated)
    found = app.build(settings)
    server = uvicorn.Server(uvicorn.Config(found.web(), port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert app.workspace.refresh(found.database, found.slack, found.clock, found.roles)
    found.start_worker()
    until(lambda: server.started)
    slack.bot = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield found
    server.should_exit = True
    thread.join(10)
    found.end_worker()
    for pool in found.pools:
        pool.shutdown(wait=False, cancel_futures=True)
    found.database.close()


def test_a_programme_is_walked_from_its_start_to_launch(slack: OtherSlack, gantry: app.Gantry) -> None:
    walk(slack, gantry.database)


@pytest.fixture
def stranger() -> Iterator[tuple[str, list[str]]]:
    """Another host, which must never see the token."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.headers}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", seen
    server.shutdown()
    server.server_close()


def test_a_redirect_to_another_host_is_not_followed(
    slack: OtherSlack, stranger: tuple[str, list[str]]
) -> None:
    url, seen = stranger
    slack.redirect = f"{url}/loot"
    api = SlackApi(TOKEN, slack.api_url)
    with pytest.raises(DownloadError, match="other_host"):
        api.download(f"https://files.slack.com/files-pri/{TEAM}-F1/redirect.pdf")
    assert seen == []
    slack.redirect = f"/files-pri/{TEAM}-F1/moved.pdf"
    assert api.download(f"https://files.slack.com/files-pri/{TEAM}-F1/redirect.pdf").content == PDF


@pytest.mark.parametrize(
    ("base", "url", "fetched"),
    [
        ("", "https://files.slack.com/files-pri/T-F/a.pdf?x=1", "https://files.slack.com/files-pri/T-F/a.pdf?x=1"),
        ("", "https://slack.com/a", "https://slack.com/a"),
        ("", "http://files.slack.com/a", None),
        ("", "https://example.com/a", None),
        ("", "https://slack.com.example.com/a", None),
        ("", "https://notslack.com/a", None),
        ("", "https://files.slack.com@example.com/a", None),
        ("", "https://files.slack.com\\@example.com/a", None),
        ("", "//files.slack.com/a", None),
        ("", "", None),
        ("", "https://[::1/a", None),
        ("http://127.0.0.1:9/slack/api/", "https://files.slack.com/files-pri/T-F/a.pdf", "http://127.0.0.1:9/files-pri/T-F/a.pdf"),
        ("http://127.0.0.1:9/slack/api/", "http://127.0.0.1:9/own/a.pdf", "http://127.0.0.1:9/own/a.pdf"),
        ("http://127.0.0.1:9/slack/api/", "http://127.0.0.1:10/a", None),
        ("http://127.0.0.1:9/slack/api/", "http://localhost:9/a", None),
        ("http://127.0.0.1:9/slack/api/", "file:///etc/passwd", None),
    ],
)  # fmt: skip
def test_the_token_goes_to_slack_only(base: str, url: str, fetched: str | None) -> None:
    api = SlackApi(TOKEN, base) if base else SlackApi(TOKEN)
    if fetched is None:
        with pytest.raises(DownloadError, match="other_host"):
            api.file_address(url)
    else:
        assert api.file_address(url) == fetched
