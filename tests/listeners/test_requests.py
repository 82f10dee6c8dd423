"""Only Slack is heard: signatures, times and workspaces of requests, and what the log keeps of them."""

from __future__ import annotations

import json
import logging
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from bot.listeners import bolt
from bot.listeners.values import plain, without_card_numbers
from storage.tables import AuditEntry, Interaction, OutboxMessage, Person, SlackEvent
from tests.reliability.rig import CARDS, LENA, OLGA, SAM, Bot

FORM = "application/x-www-form-urlencoded"


def body_of(kind: str, team: str = "T0PLAY") -> tuple[str, str]:
    """A request's body and its type."""
    if kind == "command":
        fields = {
            "token": "t",
            "team_id": team,
            "channel_id": CARDS,
            "user_id": SAM,
            "command": "/gantry",
            "text": "roles grant <@U0SAM> admin",
            "trigger_id": "1.2.3",
            "response_url": "http://127.0.0.1:1/x",
        }
        return urlencode(fields), FORM
    if kind == "click":
        payload: dict[str, Any] = {
            "type": "block_actions",
            "team": {"id": team},
            "user": {"id": SAM, "team_id": team},
            "container": {"type": "message", "message_ts": "1.2", "channel_id": CARDS},
            "channel": {"id": CARDS},
            "trigger_id": "1.2.3",
            "actions": [{"type": "button", "action_id": "step.take:1", "block_id": "b", "value": "1"}],
        }
        return urlencode({"payload": json.dumps(payload)}), FORM
    event = {
        "type": "event_callback",
        "team_id": team,
        "event_id": f"Ev{time.monotonic_ns()}",
        "event": {"type": "app_mention", "user": SAM, "text": "help", "channel": CARDS, "ts": "1.2"},
    }
    return json.dumps(event), "application/json"


def send(bot: Bot, body: str, kind: str, **headers: str) -> httpx.Response:
    """Send bytes as Slack does, with a right signature unless the headers say otherwise."""
    stamp = headers.pop("stamp", str(int(time.time())))
    try:
        signed = SignatureVerifier(bot.slack.signing_secret).generate_signature(timestamp=stamp, body=body)
    except ValueError:
        signed = "v0=00"
    url = bot.slack.slack.dispatcher.url
    assert url is not None
    found = {
        "content-type": kind,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": headers.pop("signature", signed or ""),
        **headers,
    }
    return httpx.post(url, content=body.encode(), headers=found)


def rows(bot: Bot) -> list[int]:
    tables = (SlackEvent, Interaction, AuditEntry, OutboxMessage, Person)
    return [len(bot.rows(table)) for table in tables]


KINDS = ("command", "click", "event")
FALSE = [
    {"signature": "v0=" + "0" * 64},
    {"signature": ""},
    {"signature": "v1=abc"},
    {"stamp": str(int(time.time()) - 60 * 60)},
    {"stamp": str(int(time.time()) + 60 * 60)},
    {"stamp": "soon"},
    {"stamp": ""},
    {"stamp": "-1"},
    {"stamp": "1e9"},
    {"stamp": "9" * 30},
]


def test_a_request_that_is_not_slacks_is_refused_and_leaves_no_row(bot: Bot) -> None:
    before = rows(bot)
    for kind in KINDS:
        for headers in FALSE:
            assert send(bot, *body_of(kind), **headers).status_code == 401, (kind, headers)
    assert rows(bot) == before


@pytest.mark.parametrize("kind", ["command", "event"])
def test_a_right_signature_for_another_workspace_is_refused(bot: Bot, kind: str) -> None:
    before = rows(bot)
    assert send(bot, *body_of(kind, team="T0OTHER")).status_code == 401
    assert rows(bot) == before


def test_a_click_of_an_outsider_in_a_shared_channel_changes_nothing(started: Bot) -> None:
    before = len(started.rows(AuditEntry))
    assert send(started, *body_of("click", team="T0OTHER")).status_code == 200
    assert len(started.rows(AuditEntry)) == before
    assert started.step("supported_use_case").assignee == ""
    assert {row.team for row in started.rows(OutboxMessage)} == {"T0PLAY"}


def test_one_changed_byte_breaks_the_signature(bot: Bot) -> None:
    body, kind = body_of("command")
    signed = SignatureVerifier(bot.slack.signing_secret).generate_signature(
        timestamp=str(int(time.time())), body=body
    )
    assert send(bot, f"{body} ", kind, signature=signed or "").status_code == 401


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bytes_signed_are_taken(bot: Bot, kind: str) -> None:
    assert send(bot, *body_of(kind)).status_code == 200


def test_slacks_test_of_the_address_is_answered(bot: Bot) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"})
    answer = send(bot, body, "application/json")
    assert answer.status_code == 200
    assert "abc" in answer.text


NONSENSE = ["", "{", "[]", "null", "payload=", "payload=%7B", '{"type":"event_callback"}', "a=b&a=c"]


def test_nonsense_is_no_server_error(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    before = rows(bot)
    for body in NONSENSE:
        kind = FORM if "=" in body else "application/json"
        assert send(bot, body, kind).status_code < 500, body
        assert 400 <= send(bot, body, kind, signature="v0=00").status_code < 500, body
    assert rows(bot)[1:] == before[1:]
    assert "Traceback" not in caplog.text


def test_an_event_is_recorded_before_its_200_and_once(bot: Bot) -> None:
    body, kind = body_of("event")
    assert [send(bot, body, kind).status_code for _ in range(3)] == [200] * 3
    [event] = bot.rows(SlackEvent)
    assert (event.state, event.kind, event.team) == ("pending", "app_mention", "T0PLAY")
    assert "token" not in json.loads(event.body)


def test_nothing_secret_is_logged(started: Bot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for noisy in ("httpx", "httpcore", "apscheduler", "slack_sdk", "slack_bolt"):
        logging.getLogger(noisy).setLevel(logging.WARNING)  # as every start of Gantry does
    started.take(SAM)
    started.block(started.step("supported_use_case"), "Zebra reasons")
    started.slack.say(SAM, CARDS, "<@U0GANTRY> zebra mention")
    started.slack.command(SAM, CARDS, "/onboarding show zebra command")
    started.slack.faults.outage = True
    started.settle(5)
    started.slack.faults.clear()
    started.slack.faults.token_revoked = True
    started.settle(5)
    started.slack.faults.clear()
    started.settle()
    for kind in KINDS:
        send(started, *body_of(kind), signature="v0=beef")
        send(started, *body_of(kind))
    said = caplog.text
    secrets = [started.slack.token, started.slack.signing_secret, "v0=beef", "local-verification"]
    assert [word for word in secrets if word in said] == []
    assert "zebra" not in said.casefold()
    assert "response_url" not in said.replace("response_url:", "")


def test_a_bug_gives_the_person_a_number_and_the_log_the_cause(
    bot: Bot, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a cause for the log")

    monkeypatch.setattr("commands.onboarding.programs.all_of", broken)
    monkeypatch.setattr("bot.services.board.programs.all_of", broken)
    ack = bot.slack.command(LENA, CARDS, "/onboarding list")
    assert ack is not None
    number = next(word.strip(".") for word in ack.json["text"].split() if word.startswith("E-"))
    assert number in caplog.text
    assert "a cause for the log" in caplog.text
    assert "cause for the log" not in ack.json["text"]


VALUES = [
    ({"type": "plain_text_input", "value": "x"}, "x"),
    ({"type": "plain_text_input", "value": None}, ""),
    ({"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}, ["a", "b"]),
    ({"type": "checkboxes", "selected_options": []}, []),
    ({"type": "static_select", "selected_option": {"value": "a"}}, "a"),
    ({"type": "radio_buttons", "selected_option": None}, ""),
    ({"type": "datepicker", "selected_date": "2026-11-23"}, "2026-11-23"),
    ({"type": "datepicker", "selected_date": None}, ""),
    ({"type": "users_select", "selected_user": "U0SAM"}, "U0SAM"),
    ({"type": "multi_users_select", "selected_users": ["U0SAM"]}, ["U0SAM"]),
    ({"type": "datetimepicker", "selected_date_time": 1700000000}, 1700000000),
    ({"type": "file_input", "files": [{"id": "F1"}]}, [{"id": "F1"}]),
    ({"type": "file_input"}, []),
    ({"type": "something_new"}, ""),
]


@pytest.mark.parametrize(("element", "wanted"), VALUES)
def test_fields_become_plain_values(element: dict[str, Any], wanted: object) -> None:
    assert plain({"values": {"field": {"action": element}}}) == {"field": wanted}


@pytest.mark.parametrize(
    "carried",
    ["", "{", "[]", '{"thread_ts": "\\ud83d"}', '{"channel": "\\u0000"}', '{"step": NaN}', "[" * 3000],
)
def test_what_a_form_carries_is_taken_only_when_it_can_be_kept(carried: str) -> None:
    assert bolt._private({"private_metadata": carried}) == {}
    assert bolt._private({"private_metadata": '{"step": 7}'}) == {"step": 7}


def test_only_words_are_blacked_out() -> None:
    body = {
        "event_time": 4242424242424242,
        "event": {
            "text": "my 4242 4242 4242 4242",
            "ts": "4242424242424242",
            "blocks": [{"text": "4242424242424242"}],
        },
    }
    kept = without_card_numbers(body)
    assert kept["event_time"] == 4242424242424242
    assert kept["event"]["ts"] == "4242424242424242"
    assert "4242 4242" not in str(kept["event"]["text"])
    assert "4242424242424242" not in str(kept["event"]["blocks"])


def test_who_pressed_is_what_slack_says(bot: Bot) -> None:
    assert send(bot, *body_of("command")).status_code == 200
    assert OLGA not in [row.user for row in bot.rows(Person)]
    assert SAM in [row.user for row in bot.rows(Person)]
