"""What people do reaches the bot: signed, in Slack's shapes, once; and its answers are honoured."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook import WebhookClient

from bot.playground.errors import PlayError
from bot.playground.local import LocalSlack

BUTTONS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Step one"}},
    {
        "type": "actions",
        "block_id": "step",
        "elements": [
            {
                "type": "button",
                "action_id": "done:7",
                "value": "7",
                "text": {"type": "plain_text", "text": "Done"},
            },
            {
                "type": "static_select",
                "action_id": "assign",
                "placeholder": {"type": "plain_text", "text": "Assign"},
                "options": [{"text": {"type": "plain_text", "text": "Me"}, "value": "me"}],
            },
        ],
    },
]
FORM = {
    "type": "modal",
    "callback_id": "start",
    "title": {"type": "plain_text", "text": "Start"},
    "submit": {"type": "plain_text", "text": "Start"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": {"type": "plain_text", "text": "Name"},
            "element": {"type": "plain_text_input", "action_id": "value"},
        },
        {
            "type": "input",
            "block_id": "region",
            "optional": True,
            "label": {"type": "plain_text", "text": "Region"},
            "element": {
                "type": "static_select",
                "action_id": "value",
                "options": [{"text": {"type": "plain_text", "text": "United States"}, "value": "us"}],
            },
        },
    ],
}


class Bot:
    """A bot that records what it gets and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answer: tuple[int, object] = (200, None)
        self.sleep = 0.0
        bot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bot.requests.append(({key.lower(): value for key, value in self.headers.items()}, body))
                time.sleep(bot.sleep)
                status, answer = bot.answer(bot) if callable(bot.answer) else bot.answer
                sent = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def payload(self, number: int = -1) -> dict[str, object]:
        headers, body = self.requests[number]
        if headers["content-type"] == "application/json":
            return json.loads(body)
        form = {key: values[0] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        return json.loads(form["payload"]) if "payload" in form else form


@pytest.fixture
def bot(slack: LocalSlack) -> Iterator[Bot]:
    running = Bot()
    slack.attach(running.url)
    yield running
    running.server.shutdown()
    running.server.server_close()


def opened(bot: Bot, client: WebClient, slack: LocalSlack, view: dict[str, object] = FORM) -> None:
    slack.command("U0LENA", "C0CARDS", "/onboarding start")
    client.views_open(trigger_id=bot.payload()["trigger_id"], view=view)


def test_a_command_is_signed_and_carries_slacks_fields(slack: LocalSlack, bot: Bot) -> None:
    slack.slack.clock.wall = time.time
    slack.command("U0LENA", "C0CARDS", "/onboarding show @Marc Dubois #acme-cards <b> & co")
    headers, body = bot.requests[0]
    assert SignatureVerifier(slack.signing_secret).is_valid_request(body, headers)
    assert not SignatureVerifier("another").is_valid_request(body, headers)
    form = bot.payload()
    assert form["command"] == "/onboarding"
    assert form["text"] == "show <@U0MARC|marc> <#C0CARDS|acme-cards> &lt;b&gt; &amp; co"
    assert (form["user_id"], form["team_domain"], form["channel_name"]) == (
        "U0LENA",
        "quayside",
        "acme-cards",
    )
    assert form["response_url"].startswith(slack.origin)


def test_a_command_that_is_not_escaped_gets_plain_names(slack: LocalSlack, bot: Bot) -> None:
    slack.command("U0LENA", "C0CARDS", "/gantry show <@U0MARC> <b>")
    assert bot.payload()["text"] == "show @marc <b>"


def test_an_unknown_command_and_one_in_a_thread_are_refused_by_slack_itself(
    slack: LocalSlack, bot: Bot
) -> None:
    with pytest.raises(PlayError, match="not a valid command"):
        slack.command("U0LENA", "C0CARDS", "/weather")
    assert bot.requests == []


def test_the_answer_to_a_command_is_shown_to_the_person_only(slack: LocalSlack, bot: Bot) -> None:
    bot.answer = (200, {"text": "Here is help"})
    slack.command("U0LENA", "C0CARDS", "/gantry help")
    assert [message.text for message in slack.ephemerals("U0LENA")] == ["Here is help"]
    bot.answer = (200, {"text": "For all", "response_type": "in_channel"})
    slack.command("U0LENA", "C0CARDS", "/gantry help")
    assert [message.text for message in slack.messages("C0CARDS")] == ["For all"]


def test_a_click_carries_the_message_its_state_and_a_trigger(
    slack: LocalSlack, bot: Bot, client: WebClient
) -> None:
    sent = client.chat_postMessage(channel="C0CARDS", text="Step one", blocks=BUTTONS)
    slack.click("U0MARC", "done:", channel="C0CARDS")
    payload = bot.payload()
    assert payload["type"] == "block_actions"
    assert payload["container"] == {
        "type": "message",
        "message_ts": sent["ts"],
        "channel_id": "C0CARDS",
        "is_ephemeral": False,
    }
    assert payload["actions"][0]["value"] == "7"
    assert payload["message"]["text"] == "Step one"
    assert payload["state"]["values"] == {
        "step": {"assign": {"type": "static_select", "selected_option": None}}
    }
    assert payload["user"] == {"id": "U0MARC", "username": "marc", "name": "marc", "team_id": "T0PLAY"}
    slack.click("U0MARC", "assign", channel="C0CARDS", value="Me")
    assert bot.payload()["actions"][0]["selected_option"]["value"] == "me"


def test_a_click_in_an_ephemeral_message_comes_without_the_message(
    slack: LocalSlack, bot: Bot, client: WebClient
) -> None:
    client.chat_postEphemeral(channel="C0CARDS", user="U0LENA", text="sure?", blocks=BUTTONS)
    slack.click("U0LENA", "Done", channel="C0CARDS")
    payload = bot.payload()
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    webhook = WebhookClient(payload["response_url"])
    webhook.send(text="Done by you", replace_original=True)
    assert [message.text for message in slack.ephemerals("U0LENA")] == ["Done by you"]
    webhook.send(delete_original=True)
    assert slack.ephemerals("U0LENA") == []


def test_a_missing_button_is_named_with_those_that_are_there(
    slack: LocalSlack, bot: Bot, client: WebClient
) -> None:
    client.chat_postMessage(channel="C0CARDS", text="Step one", blocks=BUTTONS)
    with pytest.raises(PlayError, match="done:7 “Done”"):
        slack.click("U0LENA", "nothing", channel="C0CARDS")


def test_a_response_url_takes_five_answers_in_thirty_minutes(slack: LocalSlack, bot: Bot, wall: Any) -> None:
    slack.command("U0LENA", "C0CARDS", "/gantry")
    webhook = WebhookClient(bot.payload()["response_url"])
    assert [webhook.send(text=str(n)).status_code for n in range(6)] == [200] * 5 + [404]
    slack.command("U0LENA", "C0CARDS", "/gantry")
    late = WebhookClient(bot.payload()["response_url"])
    wall.now += 1801
    answer = late.send(text="late")
    assert (answer.status_code, json.loads(answer.body)["error"]) == (404, "expired_url")


def test_a_trigger_works_once(slack: LocalSlack, bot: Bot, client: WebClient) -> None:
    opened(bot, client, slack)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id=bot.payload()["trigger_id"], view=FORM)


def test_a_trigger_expires_after_three_seconds(
    slack: LocalSlack, bot: Bot, client: WebClient, wall: Any
) -> None:
    slack.command("U0LENA", "C0CARDS", "/onboarding start")
    wall.now += 3.1
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id=bot.payload()["trigger_id"], view=FORM)
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        client.views_open(trigger_id="made.up", view=FORM)


def test_a_form_that_is_sent_carries_all_fields_and_closes(
    slack: LocalSlack, bot: Bot, client: WebClient
) -> None:
    opened(bot, client, slack)
    assert slack.submit("U0LENA", {"Name": "Acme", "region": "us"}) == {"ok": True}
    payload = bot.payload()
    assert payload["type"] == "view_submission"
    assert payload["view"]["callback_id"] == "start"
    values = payload["view"]["state"]["values"]
    assert values["name"]["value"] == {"type": "plain_text_input", "value": "Acme"}
    assert values["region"]["value"]["selected_option"]["value"] == "us"
    assert slack.view("U0LENA") is None


def test_a_required_field_is_asked_for_before_the_bot_hears(
    slack: LocalSlack, bot: Bot, client: WebClient
) -> None:
    opened(bot, client, slack)
    heard = len(bot.requests)
    assert slack.submit("U0LENA", {}) == {"errors": {"name": "Please complete this required field."}}
    assert len(bot.requests) == heard


def test_errors_of_the_bot_reach_their_field_and_the_form_stays(
    slack: LocalSlack, bot: Bot, client: WebClient
) -> None:
    opened(bot, client, slack)
    bot.answer = (200, {"response_action": "errors", "errors": {"name": "Taken"}})
    assert slack.submit("U0LENA", {"name": "Acme"}) == {"errors": {"name": "Taken"}}
    assert slack.view("U0LENA") is not None
    bot.answer = (200, {"response_action": "errors", "errors": {"nowhere": "Taken"}})
    assert "error" in slack.submit("U0LENA", {"name": "Acme"})


def test_update_push_and_clear_are_honoured(slack: LocalSlack, bot: Bot, client: WebClient) -> None:
    opened(bot, client, slack)
    bot.answer = (200, {"response_action": "push", "view": {**FORM, "callback_id": "two"}})
    slack.submit("U0LENA", {"name": "Acme"})
    assert slack.view("U0LENA").payload["callback_id"] == "two"
    bot.answer = (200, {"response_action": "update", "view": {**FORM, "callback_id": "three"}})
    slack.submit("U0LENA", {"name": "Acme"})
    top = slack.view("U0LENA")
    assert top.payload["callback_id"] == "three"
    assert top.values["name"]["value"]["value"] == "Acme"
    bot.answer = (200, {"response_action": "clear"})
    slack.submit("U0LENA", {"name": "Acme"})
    assert slack.view("U0LENA") is None


def test_three_views_are_the_most(slack: LocalSlack, bot: Bot, client: WebClient) -> None:
    page = {**FORM, "blocks": [*FORM["blocks"], *BUTTONS]}
    opened(bot, client, slack, page)
    for _ in range(2):
        slack.click("U0LENA", "done:")
        client.views_push(trigger_id=bot.payload()["trigger_id"], view=page)
    slack.click("U0LENA", "done:")
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        client.views_push(trigger_id=bot.payload()["trigger_id"], view=page)


def test_an_update_with_an_old_hash_conflicts(slack: LocalSlack, bot: Bot, client: WebClient) -> None:
    opened(bot, client, slack)
    view = slack.view("U0LENA")
    first = view.hash
    client.views_update(view_id=view.id, hash=first, view=FORM)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=view.id, hash=first, view=FORM)
    slack.close("U0LENA")
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_update(view_id=view.id, view=FORM)


def test_a_view_that_breaks_the_limits_is_refused_with_the_place(
    client: WebClient, slack: LocalSlack, bot: Bot
) -> None:
    slack.command("U0LENA", "C0CARDS", "/onboarding start")
    long_title = {**FORM, "title": {"type": "plain_text", "text": "x" * 25}}
    with pytest.raises(SlackApiError, match="invalid_arguments") as caught:
        client.views_open(trigger_id=bot.payload()["trigger_id"], view=long_title)
    assert "/title/text" in caught.value.response["response_metadata"]["messages"][0]


def test_leaving_a_form_is_told_when_it_asked_for_that(
    slack: LocalSlack, bot: Bot, client: WebClient
) -> None:
    opened(bot, client, slack)
    slack.close("U0LENA")
    slack.wait_for(lambda: bot.payload().get("type") == "view_closed")
    assert bot.payload()["is_cleared"] is False


def test_a_bot_that_is_late_costs_the_person_a_visible_error(bot: Bot) -> None:
    bot.sleep = 0.3
    with LocalSlack(ack_seconds=0.1) as slack:
        slack.attach(bot.url)
        ack = slack.command("U0LENA", "C0CARDS", "/gantry")
        assert (ack.ok, ack.problem) == (False, "http_timeout")


def test_options_are_asked_for_while_typing(slack: LocalSlack, bot: Bot, client: WebClient) -> None:
    element = {"type": "external_select", "action_id": "value", "min_query_length": 0}
    opened(bot, client, slack, {**FORM, "blocks": [{**FORM["blocks"][0], "element": element}]})
    bot.answer = (200, {"options": [{"text": {"type": "plain_text", "text": "Acme P-1"}, "value": "1"}]})
    assert slack.suggest("U0LENA", "name", "Ac")["options"][0]["value"] == "1"
    payload = bot.payload()
    assert (payload["type"], payload["value"], payload["block_id"]) == ("block_suggestion", "Ac", "name")
    values = slack.fill("U0LENA", {"name": "Acme P-1"})
    assert values["name"]["value"]["selected_option"]["value"] == "1"


def test_a_message_shortcut_carries_message_and_files(slack: LocalSlack, bot: Bot) -> None:
    file = slack.upload("U0SAM", "proof.png", b"\x89PNG")
    said = slack.say("U0SAM", "C0CARDS", "the screen", files=[file.id])
    slack.shortcut("U0LENA", "evidence_from_message", "C0CARDS", said.ts)
    payload = bot.payload()
    assert (payload["type"], payload["callback_id"]) == ("message_action", "evidence_from_message")
    assert payload["message"]["files"][0]["id"] == file.id
    slack.shortcut("U0LENA", "onboarding_start")
    assert bot.payload()["type"] == "shortcut"
    assert "response_url" not in bot.payload()


def test_only_subscribed_events_with_their_scope_are_sent(slack: LocalSlack, bot: Bot) -> None:
    slack.say("U0LENA", "C0CARDS", "no mention")
    slack.say("U0LENA", "dm", "hello bot")
    slack.say("U0LENA", "C0RANDOM", "<@U0GANTRY> is not here")
    slack.say("U0LENA", "C0CARDS", "<@U0GANTRY> status <!channel>")
    slack.open_home("U0LENA")
    slack.idle()
    sent = sorted(
        (bot.payload(n)["event"]["type"], bot.payload(n)["event"].get("text"))
        for n in range(len(bot.requests))
    )
    assert sent == [("app_home_opened", None), ("app_mention", "<@U0GANTRY> status &lt;!channel&gt;")]
    envelope = bot.payload(0)
    assert {"event_id", "event_time", "authorizations", "team_id", "api_app_id"} <= set(envelope)


def test_an_event_is_sent_again_until_it_is_taken(bot: Bot) -> None:
    bot.answer = lambda self: (200 if len(self.requests) == 3 else 500, None)
    with LocalSlack(retry_delays=(0, 0.01, 0.01)) as slack:
        slack.attach(bot.url)
        slack.say("U0LENA", "C0CARDS", "<@U0GANTRY> help")
        slack.idle()
    retries = [
        (headers.get("x-slack-retry-num"), headers.get("x-slack-retry-reason")) for headers, _ in bot.requests
    ]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({bot.payload(n)["event_id"] for n in range(3)}) == 1


def test_the_duplicate_fault_sends_everything_twice(slack: LocalSlack, bot: Bot, client: WebClient) -> None:
    client.chat_postMessage(channel="C0CARDS", text="Step one", blocks=BUTTONS)
    slack.faults.duplicate = True
    slack.click("U0MARC", "done:", channel="C0CARDS")
    slack.idle()
    assert len(bot.requests) == 2
    assert bot.requests[0][1] == bot.requests[1][1]


def test_the_reorder_fault_lets_two_deliveries_change_places(slack: LocalSlack, bot: Bot) -> None:
    slack.faults.reorder = True
    slack.say("U0LENA", "C0CARDS", "<@U0GANTRY> one")
    slack.say("U0LENA", "C0CARDS", "<@U0GANTRY> two")
    slack.idle()
    assert [bot.payload(n)["event"]["text"][-3:] for n in range(2)] == ["two", "one"]


def test_a_home_tab_is_published_and_its_buttons_work(slack: LocalSlack, bot: Bot, client: WebClient) -> None:
    client.views_publish(user_id="U0LENA", view={"type": "home", "blocks": BUTTONS})
    slack.click("U0LENA", "done:", home=True)
    payload = bot.payload()
    assert payload["container"]["type"] == "view"
    assert payload["view"]["type"] == "home"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_publish(user_id="U0LENA", view={"type": "home", "blocks": BUTTONS}, hash="0.old")


def test_inviting_the_bot_lets_it_post(slack: LocalSlack, bot: Bot, client: WebClient) -> None:
    slack.command("U0LENA", "C0RANDOM", "/invite @Gantry")
    assert client.chat_postMessage(channel="C0RANDOM", text="thank you")["ok"]


def test_changes_of_people_are_told_and_the_url_is_verified(
    slack: LocalSlack, bot: Bot, client: WebClient
) -> None:
    slack.change_person("U0LENA", locale="fr-FR")
    slack.idle()
    assert bot.payload()["event"]["user"]["locale"] == "fr-FR"
    assert client.users_info(user="U0LENA", include_locale=True)["user"]["locale"] == "fr-FR"
    slack.verify_url("abc")
    assert bot.payload() == {"token": "local-verification", "challenge": "abc", "type": "url_verification"}


def test_a_message_of_the_bot_can_be_deleted_by_others_and_a_channel_archived(
    slack: LocalSlack, client: WebClient
) -> None:
    sent = client.chat_postMessage(channel="C0CARDS", text="board")
    slack.delete("C0CARDS", sent["ts"])
    with pytest.raises(SlackApiError, match="message_not_found"):
        client.chat_update(channel="C0CARDS", ts=sent["ts"], text="board")
    slack.archive("C0CARDS")
    with pytest.raises(SlackApiError, match="is_archived"):
        client.chat_postMessage(channel="C0CARDS", text="x")


def test_a_reset_brings_a_fresh_workspace_at_the_same_address(slack: LocalSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="C0CARDS", text="before")
    slack.faults.outage = True
    slack.reset()
    assert slack.messages("C0CARDS") == []
    assert client.chat_postMessage(channel="C0CARDS", text="after")["ok"]
