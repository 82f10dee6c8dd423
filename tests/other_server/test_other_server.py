"""The bot in front of another Slack than the playground's: from the start form to launch, over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlmodel import select

from bot import app
from bot.settings import load
from bot.slack_api import DownloadError, SlackApi
from storage import migrate
from storage.tables import Evidence, File, Program
from tests.other_server.server import LEAD, MATE, PDF, SECRET, TEAM, TOKEN, Json, OtherSlack


@pytest.fixture
def slack() -> Iterator[OtherSlack]:
    with OtherSlack() as running:
        yield running
    assert running.wrong == []


@pytest.fixture
def gantry(slack: OtherSlack, tmp_path: Path) -> Iterator[app.Gantry]:
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
    migrate(settings.database_url)
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


def until(true: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


FILE = {"id": "F0S43P1CZ", "name": "terms.pdf", "filetype": "pdf", "size": len(PDF),
        "url_private": f"https://files.slack.com/files-pri/{TEAM}-F0S43P1CZ/terms.pdf"}  # fmt: skip


def filled(view: Json, **wanted: Any) -> Json:
    """What a person enters: what is wanted, else what is proposed, else the first choice."""
    return {
        block["block_id"]: {
            block["element"]["action_id"]: entered(block["block_id"], block["element"], wanted)
        }
        for block in view["blocks"]
        if block["type"] == "input"
    }


def entered(name: str, element: Json, wanted: Json) -> Json:
    kind, options = element["type"], element.get("options", [])
    pick = next((one for one in options if one["value"] == wanted.get(name)), None)
    chosen = pick or element.get("initial_option") or (options or [None])[0]
    values: dict[str, Json] = {
        "plain_text_input": {"value": wanted.get(name, "words")},
        "url_text_input": {"value": None},
        "email_text_input": {"value": None},
        "radio_buttons": {"selected_option": chosen},
        "static_select": {"selected_option": chosen},
        "checkboxes": {"selected_options": element.get("initial_options") or options[:1]},
        "users_select": {"selected_user": {"deputy": MATE}.get(name, LEAD)},
        "multi_users_select": {"selected_users": [LEAD, MATE]},
        "datepicker": {"selected_date": element.get("initial_date")},
        "datetimepicker": {"selected_date_time": element.get("initial_date_time")},
        "file_input": {"files": [FILE]},
    }
    return {"type": kind, **values[kind]}


def buttons(shown: Json) -> dict[str, str]:
    """The buttons of a view or a message by action id, with what they carry."""
    return {
        element["action_id"]: element.get("value", "")
        for block in shown.get("blocks") or []
        for element in [*block.get("elements", []), block.get("accessory") or {}]
        if element.get("action_id")
    }


def start(slack: OtherSlack, name: str) -> None:
    assert slack.command(f"/onboarding start {name}") == {}
    form = slack.views.get(timeout=10)
    refused = slack.submit(form, filled(form, name=name, variant="embedded_finance", region="eu"))
    assert refused["response_action"] == "errors"
    assert slack.submit(form, filled(form, name=name, variant="expense_management", region="us")) == {}


def visit(slack: OtherSlack, page: Json, step: str) -> None:
    """Open the page of a step, and do what there is to do."""
    slack.click("step.open:all", step, page, chosen=True)
    shown = slack.views.get(timeout=10)
    open_buttons = buttons(shown)
    if f"step.answered:{step}" in open_buttons:
        slack.click(f"step.answered:{step}", step, shown)
        form = slack.views.get(timeout=10)
        assert "errors" not in slack.submit(form, filled(form))
        assert slack.views.get(timeout=10)["callback_id"] == "step.page"  # the page below follows
        return
    if f"step.done:{step}" not in open_buttons:
        return
    slack.click(f"step.done:{step}", step, shown)
    after = slack.views.get(timeout=10)
    while after["callback_id"] == "failure":  # it wants evidence first, a piece for each required item
        slack.click(f"step.evidence:{step}", step, shown)
        form = slack.views.get(timeout=10)
        assert slack.submit(form, filled(form)) == {}
        assert slack.views.get(timeout=10)["callback_id"] == "step.page"
        slack.click(f"step.done:{step}", step, shown)
        after = slack.views.get(timeout=10)
    if after["callback_id"] != "step.page":
        assert slack.submit(after, filled(after)) == {}, after["callback_id"]
        assert slack.views.get(timeout=10)["callback_id"] == "step.page"


def test_a_programme_is_walked_from_its_start_to_launch(slack: OtherSlack, gantry: app.Gantry) -> None:
    start(slack, "Expenses & more")
    root = until(lambda: next((ts for ts, one in slack.messages.items() if "thread_ts" not in one), None))
    assert "Expenses &amp; more" in slack.messages[root]["text"]
    # The first step in the thread, as people do it: take it, and finish it at its own message.
    first = until(
        lambda: next(((ts, one) for ts, one in slack.messages.items() if one.get("thread_ts") == root), None)
    )
    take, number = next(
        (name, value) for name, value in buttons(first[1]).items() if name.startswith("step.take")
    )
    slack.click(take, number, ts=first[0])
    own = until(
        lambda: next(
            (ts for ts, one in slack.messages.items() if f"step.done:{number}" in buttons(one)), None
        )
    )
    slack.click(f"step.done:{number}", number, ts=own)
    until(lambda: f"step.done:{number}" not in buttons(slack.messages[own]))
    # The others from the page of all steps, which opens at once.
    slack.command("/onboarding steps")
    page = slack.views.get(timeout=10)
    menu = next(
        element for block in page["blocks"] for element in block.get("elements", []) if "options" in element
    )
    for _ in range(6):
        for option in menu["options"]:
            visit(slack, page, option["value"])
        with gantry.database.reading() as session:
            if session.exec(select(Program.state)).one() == "launched":
                break
    else:
        pytest.fail("never launched")
    with gantry.database.reading() as session:
        assert session.exec(select(Evidence)).all()
    until(lambda: not _arriving(gantry))
    with gantry.database.reading() as session:
        assert {row.state for row in session.exec(select(Evidence)).all()} == {"stored"}
        assert session.exec(select(File.size)).one() == len(PDF)
    assert set(slack.fetched) == {f"/files-pri/{TEAM}-F0S43P1CZ/terms.pdf"}
    slack.command("/gantry show")
    assert slack.command("/onboarding list")["response_type"] == "ephemeral"


def _arriving(gantry: app.Gantry) -> list[Evidence]:
    with gantry.database.reading() as session:
        return list(session.exec(select(Evidence).where(Evidence.state == "arriving")).all())


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
