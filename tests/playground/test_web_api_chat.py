"""Messages through the Web API, as the real client sends them."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.local import LocalSlack

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}


def refusal(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def test_a_posted_message_is_answered_with_its_whole_shape(client: WebClient, slack: LocalSlack) -> None:
    answer = client.chat_postMessage(
        channel="C0CARDS",
        text="Hello",
        blocks=[SECTION],
        metadata={"event_type": "row", "event_payload": {"id": 7}},
    )
    message = answer["message"]
    assert answer["channel"] == "C0CARDS"
    assert message["ts"] == answer["ts"]
    assert message["bot_id"] == "B0GANTRY"
    assert message["blocks"][0]["block_id"]
    (kept,) = slack.messages("C0CARDS")
    assert kept.metadata == {"event_type": "row", "event_payload": {"id": 7}}


def test_timestamps_are_unique_and_increase_even_when_the_clock_stands_still(client: WebClient) -> None:
    sent = [client.chat_postMessage(channel="C0CARDS", text=str(n))["ts"] for n in range(4)]
    assert sent == sorted(set(sent))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0PRIVATE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0RANDOM", "text": "x"}, "not_in_channel"),
        ({"channel": "C0CARDS"}, "no_text"),
        ({"channel": "C0CARDS", "text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"channel": "C0CARDS", "text": "x", "blocks": [SECTION] * 51}, "invalid_blocks"),
        ({"channel": "C0CARDS", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"channel": "C0CARDS", "text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"channel": "C0CARDS", "text": "x", "metadata": {"id": 7}}, "invalid_metadata_format"),
        ({"channel": "U0NOBODY", "text": "x"}, "channel_not_found"),
        ({"channel": "C0CARDS", "text": "x", "attachments": [{"text": "y"}] * 101}, "too_many_attachments"),
        (
            {
                "channel": "C0CARDS",
                "text": "x",
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5,
            },
            "msg_blocks_too_long",
        ),
    ],
)
def test_what_slack_refuses_to_post(client: WebClient, arguments: dict[str, object], error: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.api_call("chat.postMessage", json=arguments)
    assert refusal(caught) == error


def test_an_archived_channel_takes_no_message_and_no_edit(client: WebClient, slack: LocalSlack) -> None:
    sent = client.chat_postMessage(channel="C0CARDS", text="before")
    slack.slack.workspace.channels["C0CARDS"].archived = True
    with pytest.raises(SlackApiError) as posting:
        client.chat_postMessage(channel="C0CARDS", text="after")
    with pytest.raises(SlackApiError) as editing:
        client.chat_update(channel="C0CARDS", ts=sent["ts"], text="after")
    assert (refusal(posting), refusal(editing)) == ("is_archived", "is_inactive")


def test_a_user_id_opens_the_direct_message_and_the_answer_names_it(
    client: WebClient, slack: LocalSlack
) -> None:
    answer = client.chat_postMessage(channel="U0LENA", text="for you")
    assert answer["channel"].startswith("D")
    assert [message.text for message in slack.messages("U0LENA")] == ["for you"]
    assert client.api_call(
        "chat.update", json={"channel": answer["channel"], "ts": answer["ts"], "text": "changed"}
    )["ok"]


def test_only_the_author_edits_and_deletes(client: WebClient, slack: LocalSlack) -> None:
    theirs = slack.say("U0LENA", "C0CARDS", "mine")
    with pytest.raises(SlackApiError) as editing:
        client.chat_update(channel="C0CARDS", ts=theirs.ts, text="yours")
    with pytest.raises(SlackApiError) as deleting:
        client.chat_delete(channel="C0CARDS", ts=theirs.ts)
    assert (refusal(editing), refusal(deleting)) == ("cant_update_message", "cant_delete_message")


def test_an_edit_without_blocks_takes_them_away(client: WebClient, slack: LocalSlack) -> None:
    sent = client.chat_postMessage(channel="C0CARDS", text="a", blocks=[SECTION])
    client.chat_update(channel="C0CARDS", ts=sent["ts"], text="b", blocks=[SECTION])
    (message,) = slack.messages("C0CARDS")
    assert message.blocks
    assert message.edited_ts is None
    client.chat_update(channel="C0CARDS", ts=sent["ts"], text="c")
    assert message.blocks is None
    assert message.edited_ts is not None


def test_an_edit_of_more_than_4000_characters_is_too_long(client: WebClient) -> None:
    sent = client.chat_postMessage(channel="C0CARDS", text="a" * 5000)
    with pytest.raises(SlackApiError) as caught:
        client.chat_update(channel="C0CARDS", ts=sent["ts"], text="a" * 4001)
    assert refusal(caught) == "msg_too_long"


def test_a_message_that_is_gone_cannot_be_edited(client: WebClient) -> None:
    sent = client.chat_postMessage(channel="C0CARDS", text="a")
    client.chat_delete(channel="C0CARDS", ts=sent["ts"])
    with pytest.raises(SlackApiError) as caught:
        client.chat_update(channel="C0CARDS", ts=sent["ts"], text="b")
    assert refusal(caught) == "message_not_found"


def test_a_deleted_root_with_replies_leaves_a_tombstone_that_takes_replies(
    client: WebClient, slack: LocalSlack
) -> None:
    root = client.chat_postMessage(channel="C0CARDS", text="root")["ts"]
    client.chat_postMessage(channel="C0CARDS", text="one", thread_ts=root)
    client.chat_delete(channel="C0CARDS", ts=root)
    client.chat_postMessage(channel="C0CARDS", text="two", thread_ts=root)
    assert [message.text for message in slack.thread("C0CARDS", root)] == [
        "This message was deleted.",
        "one",
        "two",
    ]


def test_more_than_a_burst_of_four_in_one_channel_must_wait(
    client: WebClient, slack: LocalSlack, wall: Any
) -> None:
    for number in range(4):
        client.chat_postMessage(channel="C0CARDS", text=str(number))
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C0CARDS", text="4")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    client.chat_postMessage(channel="C0OPS", text="another channel")
    wall.now += 1
    client.chat_postMessage(channel="C0CARDS", text="4")
    assert [message.text for message in slack.messages("C0CARDS")] == ["0", "1", "2", "3", "4"]


def test_an_ephemeral_message_is_shown_to_one_member_and_not_kept(
    client: WebClient, slack: LocalSlack
) -> None:
    client.chat_postEphemeral(channel="C0CARDS", user="U0LENA", text="only you")
    assert [message.text for message in slack.ephemerals("U0LENA")] == ["only you"]
    assert slack.ephemerals("U0MARC") == []
    assert slack.messages("C0CARDS") == []
    with pytest.raises(SlackApiError) as caught:
        client.chat_postEphemeral(channel="C0CARDS", user="U0GUS", text="not a member")
    assert refusal(caught) == "user_not_in_channel"


def test_an_ephemeral_message_cannot_be_edited_by_the_web_api(client: WebClient) -> None:
    sent = client.chat_postEphemeral(channel="C0CARDS", user="U0LENA", text="only you")
    with pytest.raises(SlackApiError) as caught:
        client.chat_update(channel="C0CARDS", ts=sent["message_ts"], text="more")
    assert refusal(caught) == "message_not_found"


def test_a_permalink_names_channel_message_and_thread(client: WebClient) -> None:
    root = client.chat_postMessage(channel="C0CARDS", text="root")["ts"]
    reply = client.chat_postMessage(channel="C0CARDS", text="reply", thread_ts=root)["ts"]
    link = client.chat_getPermalink(channel="C0CARDS", message_ts=reply)["permalink"]
    assert (
        link
        == f"https://quayside.slack.com/archives/C0CARDS/p{reply.replace('.', '')}?thread_ts={root}&cid=C0CARDS"
    )


def test_a_reply_to_a_reply_lands_in_the_same_thread(client: WebClient, slack: LocalSlack) -> None:
    root = client.chat_postMessage(channel="C0CARDS", text="root")["ts"]
    reply = client.chat_postMessage(channel="C0CARDS", text="one", thread_ts=root)["ts"]
    client.chat_postMessage(channel="C0CARDS", text="two", thread_ts=reply)
    assert [message.text for message in slack.thread("C0CARDS", root)] == ["root", "one", "two"]
