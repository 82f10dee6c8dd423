"""Socket Mode with the client and the Bolt adapter the bot uses."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from functools import partialmethod

import pytest
import websocket
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.local import LocalSlack

# The SDK's websocket client leaves its sockets to the garbage collector; collected here, they trouble no other test.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSlack]:
    # A socket the SDK closes from another thread wakes its reader only at this timeout, ten seconds by default.
    monkeypatch.setattr(
        websocket.WebSocketApp,
        "run_forever",
        partialmethod(websocket.WebSocketApp.run_forever, ping_timeout=0.9),
    )
    with LocalSlack(retry_delays=(0, 0.05, 0.2)) as running:
        yield running
    gc.collect()


def connected(slack: LocalSlack, heard: list[dict[str, object]]) -> SocketModeHandler:
    client = WebClient(token=slack.token, base_url=slack.api_url, retry_handlers=[])
    quiet = logging.getLogger("quiet")
    quiet.setLevel(logging.CRITICAL)
    app = App(
        client=client,
        authorize=lambda: AuthorizeResult(
            enterprise_id=None,
            team_id="T0PLAY",
            bot_id="B0GANTRY",
            bot_user_id="U0GANTRY",
            bot_token=slack.token,
        ),
        process_before_response=True,
        logger=quiet,
    )

    @app.command("/gantry")
    def command(ack, body) -> None:  # noqa: ANN001 - named by Bolt
        heard.append(body)
        ack("Here is help")

    @app.view("start")
    def view(ack, body) -> None:  # noqa: ANN001 - named by Bolt
        heard.append(body)
        ack(response_action="errors", errors={"name": "Taken"})

    @app.event("app_mention")
    def mention(body) -> None:  # noqa: ANN001 - named by Bolt
        heard.append(body)

    handler = SocketModeHandler(app, slack.app_token, web_client=client, ping_interval=1)
    handler.client.logger = quiet
    handler.connect()
    slack.wait_for(lambda: slack.slack.sockets.count, what="the socket")
    return handler


def leave(slack: LocalSlack, handler: SocketModeHandler) -> None:
    # Closing first would make the SDK wait ten seconds for a ping that never comes.
    handler.client.auto_reconnect_enabled = False
    handler.client.default_auto_reconnect_enabled = False
    slack.drop_sockets()
    handler.close()


def test_commands_forms_and_events_go_through_the_socket(live: LocalSlack) -> None:
    heard: list[dict[str, object]] = []
    handler = connected(live, heard)
    try:
        assert live.command("U0LENA", "C0CARDS", "/gantry help").ok
        assert [message.text for message in live.ephemerals("U0LENA")] == ["Here is help"]
        view = {
            "type": "modal",
            "callback_id": "start",
            "title": {"type": "plain_text", "text": "Start"},
            "submit": {"type": "plain_text", "text": "Start"},
            "blocks": [
                {
                    "type": "input",
                    "block_id": "name",
                    "label": {"type": "plain_text", "text": "Name"},
                    "element": {"type": "plain_text_input", "action_id": "value"},
                }
            ],
        }
        client = WebClient(token=live.token, base_url=live.api_url)
        client.views_open(trigger_id=heard[0]["trigger_id"], view=view)
        assert live.submit("U0LENA", {"Name": "Acme"}) == {"errors": {"name": "Taken"}}
        live.say("U0LENA", "C0CARDS", "<@U0GANTRY> help")
        live.idle()
        assert heard[-1]["event"]["type"] == "app_mention"
    finally:
        leave(live, handler)


def test_the_bot_comes_back_after_the_connection_was_renewed_or_cut(live: LocalSlack) -> None:
    heard: list[dict[str, object]] = []
    handler = connected(live, heard)
    try:
        live.refresh_sockets()
        live.wait_for(lambda: live.slack.sockets.count, 25, "a new socket")
        live.drop_sockets()
        live.wait_for(lambda: live.slack.sockets.count, 25, "a new socket")
        assert live.command("U0LENA", "C0CARDS", "/gantry help").ok
    finally:
        leave(live, handler)


def test_without_a_connection_nothing_falls_back_to_http(live: LocalSlack) -> None:
    live.attach("http://127.0.0.1:9")
    client = WebClient(token=live.token, base_url=live.api_url)
    client.apps_connections_open(app_token=live.app_token)
    assert live.command("U0LENA", "C0CARDS", "/gantry").problem == "connection_failed"


def test_only_the_app_token_opens_a_socket(live: LocalSlack) -> None:
    client = WebClient(token=live.token, base_url=live.api_url)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        client.apps_connections_open(app_token=live.token)
