"""People, conversations, files, tokens and scopes through the Web API; and its faults."""

from __future__ import annotations

import copy
import urllib.error
import urllib.request
from http.client import HTTPException

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.local import LocalSlack
from bot.playground.manifest import DEFAULT

READING = [
    "channels:read",
    "groups:read",
    "im:read",
    "channels:history",
    "im:history",
    "im:write",
    "users:read.email",
    "channels:join",
    "reactions:write",
    "team:read",
    "dnd:read",
    "usergroups:read",
]


def with_scopes(*more: str) -> dict[str, object]:
    manifest = copy.deepcopy(DEFAULT)
    manifest["oauth_config"]["scopes"]["bot"] += list(more)
    return manifest


@pytest.fixture
def wide():  # noqa: ANN201 - a generator of client and Slack
    with LocalSlack(manifest=with_scopes(*READING)) as slack:
        yield WebClient(token=slack.token, base_url=slack.api_url, retry_handlers=[]), slack


def test_auth_test_names_bot_and_workspace_and_the_header_its_scopes(client: WebClient) -> None:
    answer = client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0PLAY", "U0GANTRY", "B0GANTRY")
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth")])
def test_a_wrong_token_is_refused(slack: LocalSlack, token: str, error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        WebClient(token=token, base_url=slack.api_url).auth_test()


@pytest.mark.parametrize(
    ("method", "needed", "arguments"),
    [
        ("conversations.info", "channels:read", {"channel": "C0CARDS"}),
        ("conversations.history", "channels:history", {"channel": "C0CARDS"}),
        ("users.lookupByEmail", "users:read.email", {"email": "lena@quayside.example"}),
        ("reactions.add", "reactions:write", {"channel": "C0CARDS", "name": "eyes", "timestamp": "1.0"}),
    ],
)
def test_a_missing_scope_is_named(
    client: WebClient, method: str, needed: str, arguments: dict[str, str]
) -> None:
    with pytest.raises(SlackApiError, match="missing_scope") as caught:
        client.api_call(method, params=arguments)
    assert caught.value.response["needed"] == needed
    assert "chat:write" in caught.value.response["provided"]


def test_people_have_locale_zone_and_standing(client: WebClient) -> None:
    claire = client.users_info(user="U0CLAIRE", include_locale=True)["user"]
    assert (claire["locale"], claire["tz"], claire["is_restricted"]) == ("fr-FR", "Europe/Paris", False)
    assert "locale" not in client.users_info(user="U0CLAIRE")["user"]
    assert client.users_info(user="U0GUS")["user"]["is_ultra_restricted"] is True
    assert client.users_info(user="U0GANTRY")["user"]["is_bot"] is True
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.users_info(user="U0NOBODY")


def test_lists_come_in_pages(client: WebClient) -> None:
    names: list[str] = []
    cursor = ""
    while True:
        answer = client.users_list(limit=3, cursor=cursor)
        names += [member["id"] for member in answer["members"]]
        cursor = answer["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert len(names) == len(set(names)) == 8
    with pytest.raises(SlackApiError, match="invalid_cursor"):
        client.users_list(cursor="%%%")


def test_conversations_are_read_as_far_as_the_bot_may(wide: tuple[WebClient, LocalSlack]) -> None:
    client, slack = wide
    assert client.conversations_info(channel="C0RANDOM")["channel"]["is_member"] is False
    assert client.conversations_info(channel="C0CARDS")["channel"]["is_member"] is True
    assert "U0LENA" in client.conversations_members(channel="C0CARDS")["members"]
    listed = client.conversations_list(types="public_channel,private_channel")["channels"]
    assert "C0PRIVATE" not in {channel["id"] for channel in listed}
    direct = client.conversations_open(users="U0LENA")["channel"]["id"]
    assert direct == slack.slack.workspace.direct("U0LENA").id
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.conversations_info(channel="C0PRIVATE")
    with pytest.raises(SlackApiError, match="not_in_channel"):
        client.conversations_history(channel="C0RANDOM")
    assert client.conversations_join(channel="C0RANDOM")["channel"]["is_member"] is True
    assert client.conversations_join(channel="C0RANDOM")["warning"] == "already_in_channel"


def test_history_and_replies_are_read_back(wide: tuple[WebClient, LocalSlack]) -> None:
    client, _ = wide
    root = client.chat_postMessage(
        channel="C0CARDS", text="root", metadata={"event_type": "row", "event_payload": {"id": 1}}
    )["ts"]
    client.chat_postMessage(channel="C0CARDS", text="reply", thread_ts=root)
    client.reactions_add(channel="C0CARDS", name="eyes", timestamp=root)
    (only,) = client.conversations_history(channel="C0CARDS", include_all_metadata=True)["messages"]
    assert (only["reply_count"], only["metadata"]["event_payload"]) == (1, {"id": 1})
    assert only["reactions"][0]["name"] == "eyes"
    assert [m["text"] for m in client.conversations_replies(channel="C0CARDS", ts=root)["messages"]] == [
        "root",
        "reply",
    ]
    with pytest.raises(SlackApiError, match="already_reacted"):
        client.reactions_add(channel="C0CARDS", name="eyes", timestamp=root)
    with pytest.raises(SlackApiError, match="thread_not_found"):
        client.conversations_replies(channel="C0CARDS", ts="1.000001")


def test_small_facts_answer_too(wide: tuple[WebClient, LocalSlack]) -> None:
    client, _ = wide
    assert client.team_info()["team"]["name"] == "Quayside"
    assert client.bots_info(bot="B0GANTRY")["bot"]["user_id"] == "U0GANTRY"
    assert client.dnd_info(user="U0LENA")["dnd_enabled"] is False
    assert client.api_test(foo="bar")["args"]["foo"] == "bar"
    assert client.users_lookupByEmail(email="marc@quayside.example")["user"]["id"] == "U0MARC"
    with pytest.raises(SlackApiError, match="no_such_subteam"):
        client.usergroups_users_list(usergroup="S1")
    with pytest.raises(SlackApiError, match="unknown_method"):
        client.api_call("chat.shout")


def fetch(url: str, token: str) -> tuple[int, bytes, str]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b"", ""


def test_a_shared_file_is_downloaded_with_the_token_only(client: WebClient, slack: LocalSlack) -> None:
    file = slack.upload("U0SAM", "proof.png", b"\x89PNG")
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_info(file=file.id)
    slack.say("U0SAM", "C0CARDS", "", files=[file.id])
    url = client.files_info(file=file.id)["file"]["url_private_download"]
    assert fetch(url, slack.token) == (200, b"\x89PNG", "image/png")
    status, body, kind = fetch(url, "xoxb-wrong")
    assert (status, kind.split(";")[0]) == (200, "text/html")
    assert b"Sign in" in body


def test_a_file_shared_where_the_bot_is_not_stays_closed(client: WebClient, slack: LocalSlack) -> None:
    file = slack.upload("U0SAM", "proof.png", b"\x89PNG")
    slack.say("U0SAM", "C0RANDOM", "", files=[file.id])
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_info(file=file.id)


def test_the_bot_uploads_in_three_steps(client: WebClient, slack: LocalSlack) -> None:
    client.files_upload_v2(
        content=b"a,b\n1,2\n", filename="report.csv", channel="C0CARDS", initial_comment="The report"
    )
    (message,) = slack.messages("C0CARDS")
    assert message.text == "The report"
    assert slack.slack.workspace.files[message.files[0]].content == b"a,b\n1,2\n"


def test_a_picture_for_one_person_has_its_words_and_its_place(client: WebClient, slack: LocalSlack) -> None:
    granted = slack.slack.manifest["oauth_config"]["scopes"]["bot"]
    granted.append("im:write")
    try:
        place = client.conversations_open(users="U0LENA")["channel"]["id"]
    finally:
        granted.remove("im:write")
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.files_upload_v2(content=b"\x89PNG", filename="chart.png", channel="U0LENA")
    client.files_upload_v2(content=b"\x89PNG", filename="chart.png", channel=place, alt_txt="A chart")
    (message,) = slack.messages("U0LENA")
    found = client.files_info(file=message.files[0])["file"]
    assert found["alt_txt"] == "A chart"
    assert (found["ims"], found["channels"], found["is_public"]) == ([place], [], False)


def test_starting_over_forgets_uploads_that_were_never_shared(client: WebClient, slack: LocalSlack) -> None:
    client.files_getUploadURLExternal(filename="left.txt", length=3)
    slack.reset()
    client.files_upload_v2(content=b"a,b", filename="report.csv", channel="C0CARDS")
    assert len(slack.messages("C0CARDS")) == 1


def test_a_lost_reply_leaves_one_message_and_an_error(client: WebClient, slack: LocalSlack) -> None:
    slack.faults.set("drop_reply", on=True)
    with pytest.raises((OSError, HTTPException)):
        client.chat_postMessage(channel="C0CARDS", text="once")
    assert [message.text for message in slack.messages("C0CARDS")] == ["once"]
    sent = client.chat_postMessage(channel="C0CARDS", text="twice")
    for _ in range(2):
        with pytest.raises((OSError, HTTPException)):
            client.chat_update(channel="C0CARDS", ts=sent["ts"], text="edited")
    assert slack.messages("C0CARDS")[-1].text == "edited"


def test_rate_limit_outage_and_revoked_token_speak_slacks_language(
    client: WebClient, slack: LocalSlack
) -> None:
    slack.faults.rate_limit = True
    with pytest.raises(SlackApiError, match="ratelimited") as caught:
        client.chat_postMessage(channel="C0CARDS", text="x")
    assert caught.value.response.headers["Retry-After"] == "3"
    slack.faults.clear()
    slack.faults.token_revoked = True
    with pytest.raises(SlackApiError, match="token_revoked"):
        client.chat_postMessage(channel="C0CARDS", text="x")
    slack.faults.clear()
    slack.faults.outage = True
    with pytest.raises(SlackApiError) as down:
        client.chat_postMessage(channel="C0CARDS", text="x")
    assert down.value.response.status_code == 503
    assert slack.messages("C0CARDS") == []


def test_slow_answers_come_after_the_deed(client: WebClient, slack: LocalSlack) -> None:
    slack.faults.slow = True
    slack.faults.slow_seconds = 0.05
    assert client.chat_postMessage(channel="C0CARDS", text="late")["ok"]


def test_the_traffic_shows_no_secret(client: WebClient, slack: LocalSlack) -> None:
    client.chat_postMessage(channel="C0CARDS", text=f"my token is {slack.token}")
    slack.attach("http://127.0.0.1:9")
    slack.command("U0LENA", "C0CARDS", "/gantry")
    shown = str([entry.shape() for entry in slack.traffic])
    assert slack.token not in shown
    assert slack.signing_secret not in shown
    assert "chat.postMessage" in shown


def test_the_business_clock_moves_and_is_written_for_the_bot(tmp_path) -> None:  # noqa: ANN001 - pytest's path
    file = tmp_path / "clock"
    with LocalSlack(clock_file=file, wall=lambda: 1000.0) as slack:
        slack.clock.forward(86_400)
        assert float(file.read_text()) == 86_400
        assert slack.say("U0LENA", "C0CARDS", "tomorrow").at == 87_400
        slack.clock.to(5_000)
        assert float(file.read_text()) == 4_000
