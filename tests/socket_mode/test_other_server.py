"""The real bot on a socket of the other Slack: the whole story, outages, cuts, and envelopes that are none."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import col, select

from bot.playground.bot_process import database_url
from storage import Database, connect
from storage.tables import AuditEntry, Program, SlackEvent, Step
from tests.other_server.server import BOT, CHANNEL, LEAD, MATE, TOKEN, Json, OtherSlack
from tests.other_server.sockets import APP_TOKEN, NotAcknowledgedError
from tests.other_server.walk import filled, until, walk
from tests.support.child import Child, gantry_run

BACK_SECONDS = 10
"""What is promised: so long after the server's return, at most, the bot listens again."""


@dataclass
class World:
    """The other Slack, a bot that listens to it through a socket, and the bot's rows."""

    slack: OtherSlack
    child: Child
    database: Database

    def rows(self, table: type[Any]) -> list[Any]:
        with self.database.reading() as session:
            return list(session.exec(select(table).order_by(col(table.id))).all())

    def goes_on(self, people: list[Person]) -> None:
        """Wait until each of these people has got something done."""
        before = [person.acknowledged.total() for person in people]
        until(
            lambda: all(one.acknowledged.total() > had for one, had in zip(people, before, strict=True)), 30
        )

    def back(self, what: str, seconds: float = 30) -> float:
        """Wait until the bot has a connection again; prints and gives the seconds that took."""
        began = time.monotonic()
        until(lambda: self.child.alive and self.slack.sockets.count, seconds)
        took = time.monotonic() - began
        print(f"back {took:.1f} s after {what}")
        return took


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("socket")
    with OtherSlack() as slack:
        settings = {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": slack.api_url,
            "GANTRY_ADMINS": LEAD,
        }
        with gantry_run(folder, settings) as child:
            until(lambda: child.alive and slack.sockets.count, 60)
            database = connect(database_url(folder))
            yield World(slack, child, database)
            database.close()
    assert slack.wrong == []
    # What is no JSON at all is told by the SDK, with the place where it stopped.
    assert child.said.count("Traceback") == child.said.count("Failed to process a message")
    assert not any(secret in child.said for secret in (TOKEN, APP_TOKEN, "ticket="))


def again(act: Callable[[], Json]) -> tuple[Json, int]:
    """Do something until it is acknowledged, as people do; gives the answer and how often it failed."""
    failed = 0
    while True:
        try:
            return act(), failed
        except NotAcknowledgedError:
            failed += 1
            assert failed < 300
            time.sleep(0.1)


def test_a_programme_is_walked_from_its_start_to_launch_over_a_socket(world: World) -> None:
    walk(world.slack, world.database)


def form_of(slack: OtherSlack) -> Json:
    slack.command("/onboarding start")
    return slack.views.get(timeout=10)


class Person(threading.Thread):
    """Starts programmes and takes their first step, and does each thing again until it is acknowledged."""

    def __init__(self, world: World, number: int, form: Json) -> None:
        super().__init__(name=f"person {number}")
        self._world = world
        self._form = form
        self._number = number
        self._turn = 0
        self.failed = 0
        self.acknowledged: Counter[tuple[str, str]] = Counter()
        self.missing: list[str] = []
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            self._turn += 1
            self._programme(f"Harbour {self._number}-{self._turn}")
            self.ended.wait(0.05)

    def _programme(self, name: str) -> None:
        view = {**self._form, "id": f"VSTART{self._number}N{self._turn}", "hash": f"1567.{name}"}
        values = filled(view, name=name, variant="expense_management", region="us")
        self._until_taken(lambda: self._world.slack.submit(view, values), "program:start:active", name)
        # What was acknowledged is there: at once, and not a moment later.
        with self._world.database.reading() as session:
            program = session.exec(select(Program).where(col(Program.name) == name)).first()
            if program is None:
                self.missing.append(name)
                return
            step = session.exec(
                select(Step).where(Step.program_id == program.id, Step.state == "open")
            ).first()
            assert step is not None
        page = {"id": "VPAGE1", "type": "modal", "callback_id": "step.page"}
        self._until_taken(
            lambda: self._world.slack.click(f"step.take:{step.id}", f"{step.id}", page),
            "step:take:open",
            name,
        )

    def _until_taken(self, act: Callable[[], Json], tag: str, name: str) -> None:
        answer, failed = again(act)
        assert "errors" not in answer, answer
        self.failed += failed
        self.acknowledged[tag, name] += 1


def effects(world: World) -> Counter[tuple[str, str]]:
    """How often each programme was started and its first step taken, by the audit."""
    names = {row.ref: row.name for row in world.rows(Program)}
    tags = {"program:start:active", "step:take:open"}
    return Counter(
        (row.tag, names[row.subject.partition("/")[0]])
        for row in world.rows(AuditEntry)
        if row.tag in tags and names[row.subject.partition("/")[0]].startswith("Harbour")
    )


def test_what_is_acknowledged_while_connections_break_is_there_exactly_once(world: World) -> None:
    slack = world.slack
    people = [Person(world, number, form_of(slack)) for number in range(1, 4)]
    for person in people:
        person.start()
    print()
    time.sleep(0.2)
    slack.sockets.cut()
    mention = {"type": "app_mention", "user": MATE, "text": f"<@{BOT}> help", "channel": CHANNEL}
    told = [slack.event({**mention, "ts": "1763900001.000100", "event_ts": "1763900001.000100"})]
    world.back("its connection was cut")
    world.goes_on(people)
    slack.sockets.refresh()
    world.back("Slack asked for a new connection")
    world.goes_on(people)
    slack.sockets.mute = True  # effects without acknowledgements: the person cannot know, and does it again
    time.sleep(0.2)
    slack.sockets.cut()
    slack.sockets.mute = False
    world.back("its acknowledgements were lost")
    world.goes_on(people)
    slack.sockets.lose()
    world.back("the line went dead without a word")
    world.goes_on(people)
    slack.go_away()
    told.append(slack.event({**mention, "ts": "1763900002.000100", "event_ts": "1763900002.000100"}))
    time.sleep(1.5)
    slack.come_back()
    assert world.back("the server returned") < BACK_SECONDS
    world.goes_on(people)
    for person in people:
        person.ended.set()
    for person in people:
        person.join()
    for thread in slack.events:
        thread.join()
    assert sum(person.failed for person in people) > 0
    assert [person.missing for person in people] == [[], [], []]
    acknowledged = sum((person.acknowledged for person in people), Counter())
    assert effects(world) == acknowledged
    assert set(acknowledged.values()) == {1}
    kept = {row.event_id: row for row in world.rows(SlackEvent)}
    until(lambda: all(row.state == "handled" for row in world.rows(SlackEvent)))
    assert all(event["event_id"] in kept for event in told)
    until(lambda: len(answers(slack)) == 2)
    print(
        f"{len(acknowledged)} acknowledged, {sum(person.failed for person in people)} failed and done again"
    )


def answers(slack: OtherSlack) -> list[Json]:
    """What Slack was asked to show to the one who mentioned the bot."""
    return [one for one in slack.said if one.get("user") == MATE]


NO_ENVELOPES: tuple[str | bytes, ...] = (
    "", "hello", "{", "[]", "null", '{"envelope_id": 7, "type": "events_api", "payload": {}}', '{"envelope_id": null}',
    '{"type": "interactive", "payload": {}}', '{"a":' * 3000, b"\x00\xff", b"{}", '{"type": ["disconnect"]}',
)  # fmt: skip
NO_PAYLOADS: tuple[Any, ...] = (
    None, [], "words", 7, {}, {"type": "surprise"}, {"type": []}, {"type": "block_actions", "actions": []},
    {"type": "event_callback", "event_id": "Ev1"}, {"type": "view_submission", "user": {"id": LEAD}, "view": None},
)  # fmt: skip


def test_what_is_no_envelope_stops_nothing_and_what_has_an_id_is_answered(world: World) -> None:
    slack = world.slack
    opened = slack.sockets.opened
    for raw in NO_ENVELOPES:
        slack.sockets.send_raw(raw, "")
    for number, payload in enumerate(NO_PAYLOADS):
        for kind in ("slash_commands", "interactive", "events_api", "surprise", 7):
            envelope = {"envelope_id": f"e-{number}-{kind}", "type": kind, "payload": payload}
            slack.sockets.send_raw(json.dumps(envelope), envelope["envelope_id"], answerable=True)
    bare = {"envelope_id": "e-bare", "type": "events_api"}
    assert slack.sockets.send_raw(json.dumps(bare), "e-bare") == {}
    assert "/onboarding" in slack.command("/gantry help")["text"]
    assert slack.sockets.opened == opened


def test_a_refused_click_is_told_to_who_clicked(world: World) -> None:
    slack = world.slack
    click = {
        "type": "block_actions",
        "user": {"id": LEAD},
        "actions": [],
        "response_url": f"{slack.origin}/reply/7",
    }
    before = len(slack.said)
    assert slack.sockets.send("block_actions", click) == {}
    until(lambda: len(slack.said) > before)
    assert "E-" in slack.said[-1]["text"]
