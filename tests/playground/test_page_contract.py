"""The endpoints under `/play` and the stream of events, as the page uses them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.playground.acts import Scene, command, later, say, wait
from bot.playground.identity import CARDS, LENA, MARC
from bot.playground.play import Play, Story
from bot.playground.running import ServerThread
from bot.playground.server import build
from bot.playground.slack import Slack

SCENES = (
    Scene(
        "talk",
        "Talk",
        1,
        "Two talk.",
        (
            say(LENA, CARDS, "Hello"),
            wait(MARC, CARDS, "Hello"),
            later(days=1),
            say(MARC, CARDS, "Next day", under="Hello"),
        ),
    ),
    Scene(
        "fails",
        "Fails",
        1,
        "Waits in vain.",
        (wait(LENA, CARDS, "never said", seconds=0.05, caption="Lena waits"),),
    ),
    Scene("wrong", "Wrong", 1, "Types nonsense.", (command(LENA, CARDS, "/weather", seconds=0.05),)),
)


class Page:
    """A page's calls."""

    def __init__(self, slack: Slack, play: Play, server: ServerThread) -> None:
        self.slack = slack
        self.play = play
        self.server = server
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False)

    def get(self, path: str, **query: str) -> Any:
        answer = self.http.get(f"/play/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.http.post(f"/play/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def page() -> Iterator[Page]:
    slack = Slack(retry_delays=())
    play = Play(
        slack,
        story=Story(
            SCENES, upcoming=lambda _url: [(int(slack.clock.now()) + 3600, "Stripe's answer is due")]
        ),
    )
    server = ServerThread(build(play))
    slack.origin = f"http://127.0.0.1:{server.port}"
    server.start()
    running = Page(slack, play, server)
    yield running
    running.http.close()
    server.stop()


def test_the_state_has_everything_the_contract_names(page: Page) -> None:
    state = page.get("state")
    assert set(state) == {
        "workspace",
        "people",
        "channels",
        "commands",
        "shortcuts",
        "clock",
        "faults",
        "scenes",
        "scene",
        "bot",
        "breaks",
        "revision",
    }
    assert [person["id"] for person in state["people"]][:2] == ["U0LENA", "U0MARC"]
    assert state["clock"]["next"][0]["what"]["en"] == "Stripe's answer is due"
    assert {fault["name"] for fault in state["faults"]} >= {"duplicate", "drop_reply", "slow", "outage"}
    assert state["breaks"]["line"] == "lost 0, doubled 0"


def test_the_first_screen_is_a_conversation_with_nothing_unread(page: Page) -> None:
    shown = page.get("channel/C0CARDS", person="U0LENA")
    assert len(shown["messages"]) > 5
    assert shown["unread"] == 0
    assert {"ts", "user", "bot", "text", "blocks", "files", "reply_count", "at", "ephemeral"} <= set(
        shown["messages"][0]
    )


def test_what_one_person_says_is_unread_for_the_other_until_read(page: Page) -> None:
    said = page.post("say", person="U0LENA", channel="C0CARDS", text="<@U0MARC> look")
    assert page.get("unread", person="U0MARC")["C0CARDS"] == {"unread": 1, "mentions": 1}
    page.post("say", person="U0MARC", channel="C0CARDS", text="yes", thread_ts=said["ts"])
    thread = page.get(f"thread/C0CARDS/{said['ts']}", person="U0LENA")
    assert [reply["text"] for reply in thread["replies"]] == ["yes"]
    assert thread["root"]["reply_count"] == 1
    page.post("read", person="U0MARC", channel="C0CARDS", ts=said["ts"])
    assert page.get("unread", person="U0MARC")["C0CARDS"] == {"unread": 0, "mentions": 0}


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("say", {"person": "U0GUS", "channel": "C0CARDS", "text": "x"}, "There is no channel"),
        ("say", {"person": "U0LENA", "channel": "C0CARDS", "text": " "}, "An empty message is not sent."),
        ("say", {"channel": "C0CARDS", "text": "x"}, "person is missing"),
        (
            "command",
            {"person": "U0LENA", "channel": "C0CARDS", "text": "/gantry", "thread_ts": "1.0"},
            "not supported in threads",
        ),
        ("command", {"person": "U0LENA", "channel": "C0CARDS", "text": "/weather"}, "not a valid command"),
        ("submit", {"person": "U0LENA", "view_id": "V0", "values": {}}, "not open any more"),
        ("scene", {"name": "nowhere"}, "There is no scene"),
        ("fault", {"name": "nothing", "on": True}, "nothing is missing or unknown"),
        ("bot", {"do": "kill"}, "The bot runs elsewhere"),
        ("clock", {}, "The clock moves"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    page: Page, path: str, body: dict[str, Any], sentence: str
) -> None:
    assert sentence in page.post(path, status=400, **body)["error"]


def test_another_site_cannot_act_here(page: Page) -> None:
    answer = page.http.post("/play/reset", headers={"Origin": "https://evil.example"}, json={})
    assert answer.status_code == 403
    assert page.http.get("/play/state", headers={"Host": "evil.example"}).status_code == 400


def test_a_private_channel_is_not_shown_to_others(page: Page) -> None:
    assert page.http.get("/play/channel/C0PRIVATE", params={"person": "U0SAM"}).status_code == 400


def test_files_are_uploaded_said_and_shown(page: Page) -> None:
    answer = page.http.post(
        "/play/upload", params={"person": "U0SAM"}, files={"file": ("proof.png", b"\x89PNG", "image/png")}
    )
    (file,) = answer.json()["files"]
    page.post("say", person="U0SAM", channel="C0CARDS", text="", files=[file["id"]])
    shown = page.get("channel/C0CARDS", person="U0LENA")["messages"][-1]["files"][0]
    assert (shown["name"], shown["size"]) == ("proof.png", 4)
    assert page.http.get(f"/play/file/{file['id']}").content == b"\x89PNG"


def test_the_clock_moves_by_to_and_to_the_next_event(page: Page) -> None:
    before = page.get("state")["clock"]["now"]
    assert page.post("clock", by=86400)["clock"]["now"] - before >= 86400
    assert abs(page.post("clock", to=before)["clock"]["now"] - before) <= 1
    assert page.post("clock", next=True)["clock"]["now"] - before >= 3600


def test_a_scene_plays_to_its_end_at_once(page: Page) -> None:
    page.post("scene", name="talk", mode="jump")
    playing = page.server.do(page.play.scenes.finished())
    assert (playing.state, playing.step) == ("done", 4)
    root = page.get("channel/C0CARDS", person="U0LENA")["messages"][-1]
    assert (root["text"], root["reply_count"]) == ("Hello", 1)
    assert page.get("state")["clock"]["offset"] == 86400


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fails", "Step 1 of “Fails” (Lena waits) failed: U0LENA sees no message with “never said”"),
        ("wrong", "/weather is not a valid command"),
    ],
)
def test_a_scene_that_cannot_go_on_says_where_and_why(page: Page, name: str, reason: str) -> None:
    page.post("scene", name=name)
    playing = page.server.do(page.play.scenes.finished())
    assert playing.state == "failed"
    assert reason in playing.shape()["caption"]["en"]


def test_a_watched_scene_can_be_paused_and_taken_over(page: Page) -> None:
    page.post("scene", name="talk", mode="watch")
    assert page.post("scene/pause")["scene"]["state"] == "paused"
    assert page.post("scene/resume")["scene"]["state"] == "running"
    assert page.post("scene/stop")["scene"]["state"] == "idle"


def test_the_stream_tells_each_page_what_its_person_may_see(page: Page) -> None:
    heard: list[dict[str, Any]] = []
    here = threading.Event()
    done = threading.Event()

    def listen() -> None:
        with page.http.stream("GET", "/play/stream", params={"person": "U0SAM"}, timeout=5) as answer:
            for line in answer.iter_lines():
                here.set()
                if line.startswith("data: "):
                    heard.append(json.loads(line[6:]))
                    if heard[-1].get("message", {}).get("text") == "for all":
                        done.set()
                        return

    thread = threading.Thread(target=listen)
    thread.start()
    assert here.wait(5)
    page.post("say", person="U0LENA", channel="C0PRIVATE", text="not for Sam")
    page.post("fault", name="delay", on=True)
    page.post("say", person="U0LENA", channel="C0CARDS", text="for all")
    assert done.wait(5)
    thread.join()
    assert [event["type"] for event in heard] == ["state", "message"]


def test_an_archived_channel_refuses_people_and_comes_back(page: Page) -> None:
    page.post("fault", name="channel_archived", on=True)
    assert "archived" in page.post("say", status=400, person="U0LENA", channel="C0CARDS", text="x")["error"]
    page.post("fault", name="channel_archived", on=False)
    page.post("say", person="U0LENA", channel="C0CARDS", text="x")


def test_start_over_brings_the_first_screen_back(page: Page) -> None:
    before = page.get("channel/C0CARDS", person="U0LENA")["messages"]
    page.post("say", person="U0LENA", channel="C0CARDS", text="x")
    page.post("clock", by=86400)
    page.post("reset")
    after = page.get("channel/C0CARDS", person="U0LENA")["messages"]
    assert [message["text"] for message in after] == [message["text"] for message in before]
    assert page.get("state")["clock"]["offset"] == 0


def test_the_page_itself_is_served(page: Page) -> None:
    assert page.http.get("/").headers["content-type"].startswith("text/html")
    assert page.http.get("/page/js/main.js").status_code == 200
