"""Thousands of damaged requests, each signed: none may fail, be half done, or leave work that cannot be done.

`make test` sends the same ones every time; `make fuzz` sends a hundred thousand new ones.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import pytest
from hypothesis import settings

import commands
from tests.fuzz import corpus as requests
from tests.fuzz import world as worlds
from tests.fuzz.corpus import Corpus, kind_of
from tests.fuzz.mutation import mutated
from tests.fuzz.world import Sent, encoded, signature

KINDS = (
    "command",
    "event",
    "shortcut",
    "other",
    "click",
    "click on a step",
    "click on a programme",
    "click for a form",
    "click in a form",
    *sorted(form.callback_id for form in commands.DOORS.forms),
)

MUTATIONS = 2000
USUAL = settings().derandomize
# The usual run shares them between all kinds; `make fuzz` takes its own number for each kind.
EACH = -(-MUTATIONS // len(KINDS)) if USUAL else settings().max_examples


def with_seeds(kind: str, most: int, check: Callable[[Random], None]) -> None:
    """Check with the same seeds each time, and with new ones in `make fuzz`; a failure tells its own.

    A seed says all, so there is nothing that Hypothesis could make smaller.
    """
    dice = Random(kind) if USUAL else SystemRandom()  # noqa: S311 - damage that can be repeated, no secret
    for _ in range(most):
        seed = dice.getrandbits(63)
        try:
            check(Random(seed))  # noqa: S311 - the same
        except BaseException as error:
            error.add_note(f"{kind}, seed {seed}")
            raise


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Corpus]:
    world = worlds.make(tmp_path_factory.mktemp("fuzz"), migrated)
    errors = logging.getLogger()
    errors.addHandler(world.errors)
    found = requests.make(world)
    world.keep()
    yield found
    errors.removeHandler(world.errors)
    world.close()


@pytest.fixture
def untouched(corpus: Corpus) -> Iterator[Corpus]:
    """The corpus, with the rows as they were; it is put back afterwards."""
    corpus.world.errors.seen.clear()
    yield corpus
    corpus.world.restore()


def trouble(corpus: Corpus, kind: str, sent: Sent) -> list[str]:
    """Send a request and say everything that should not be so."""
    world = corpus.world
    world.errors.seen.clear()
    before = world.version
    status, body = world.send(sent)
    wrong = [f"status {status}"] if status >= 500 else []
    return wrong + left(corpus, kind, before, saved=status == 200 and b'"errors"' not in body)


def left(corpus: Corpus, kind: str, before: int, *, saved: bool) -> list[str]:
    """What a request has left that should not be so; the rows are put back."""
    world, wrong = corpus.world, []
    if world.version != before:
        if kind == "event":
            world.work()
        wrong += world.whole()
        if not saved and world.facts() != world.kept_facts:
            wrong.append("it was refused, and yet rows have changed")
        world.restore()
    return wrong + world.errors.seen


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_request_does_no_harm(corpus: Corpus, kind: str) -> None:
    def check(random: Random) -> None:
        sent = mutated(corpus.fresh(random.choice(corpus.of[kind])), kind_of(kind), random)
        found = trouble(corpus, kind, sent)
        assert not found, f"{found}\n{sent.body[:3000]!r}"

    with_seeds(kind, EACH, check)


ENVELOPES = {"command": "slash_commands", "event": "events_api"}


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_envelope_is_acknowledged_and_does_no_harm(corpus: Corpus, kind: str) -> None:
    world = corpus.world

    def check(random: Random) -> None:
        sent = mutated(corpus.fresh(random.choice(corpus.of[kind])), kind_of(kind), random)
        world.errors.seen.clear()
        before = world.version
        envelope = {
            "envelope_id": "e-1",
            "type": ENVELOPES.get(kind_of(kind), "interactive"),
            "payload": sent.payload,
        }
        told = world.hear(envelope)
        assert [answer["envelope_id"] for answer in told] == ["e-1"]
        refused = '"errors"' in json.dumps(told) or '"E-' in json.dumps(told)
        found = left(corpus, kind, before, saved=not refused)
        assert found == [], f"{found}\n{json.dumps(envelope)[:3000]}"

    with_seeds(f"{kind} in an envelope", max(1, EACH // 5), check)


NO_PAYLOADS: dict[str, Any] = {
    "nothing": None, "a list": [], "a text": "event_callback", "a number": 1, "an empty object": {}, "no number": {"type": "event_callback", "event_id": "Ev1", "event": {"type": "x", "n": float("nan")}},
    "a type nobody knows": {"type": "surprise"}, "a type that is a list": {"type": ["event_callback"]}, "a click on nothing": {"type": "block_actions", "user": {"id": "U0LENA"}, "actions": []},
    "a form that is none": {"type": "view_submission", "user": {"id": "U0LENA"}, "view": []}, "an event without event": {"type": "event_callback", "event_id": "Ev1"},
    "a command by nobody": {"command": "/gantry", "text": "help"}, "a command of another workspace": requests.command("/gantry help") | {"team_id": "T0OTHER"},
    "a question that is none": {"type": "block_suggestion", "user": {"id": "U0LENA"}},
}  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["slash_commands", "interactive", "events_api", "surprise", ["events_api"], None], ids=str
)
@pytest.mark.parametrize("case", NO_PAYLOADS)
def test_an_envelope_that_is_none_is_acknowledged_and_leaves_nothing(
    untouched: Corpus, case: str, kind: Any
) -> None:
    world = untouched.world
    before = world.version
    [answer] = world.hear({"envelope_id": "e-1", "type": kind, "payload": NO_PAYLOADS[case]})
    said = answer.get("payload", {})
    if kind == "slash_commands":
        assert "E-" in said["text"]
    elif kind == "interactive" and case == "a form that is none":
        assert said["response_action"] == "push"
    elif kind == "interactive" and case == "a question that is none":
        assert said == {"options": []}
    elif case != "a command of another workspace":
        assert said == {}
    assert world.version == before
    assert world.errors.seen == []


@pytest.mark.parametrize(
    "envelope",
    [
        {},
        {"type": "hello"},
        {"envelope_id": None},
        {"envelope_id": 1, "payload": {}},
        {"envelope_id": ["e"], "type": "events_api"},
    ],
    ids=json.dumps,
)
def test_what_has_no_id_cannot_be_answered(untouched: Corpus, envelope: dict[str, Any]) -> None:
    before = untouched.world.version
    assert untouched.world.hear(envelope) == []
    assert untouched.world.version == before
    assert untouched.world.errors.seen == []


def test_the_corpus_goes_through_every_door(corpus: Corpus) -> None:
    assert sorted(corpus.of) == sorted(KINDS)
    sent = json.dumps([body for bodies in corpus.of.values() for body in bodies])
    assert [door.action for door in commands.DOORS.buttons if f'"{door.action}' not in sent] == []
    assert [
        door.callback_id for door in commands.DOORS.shortcuts if f'"{door.callback_id}"' not in sent
    ] == []
    said = {f"{body['command']} {body['text']}".strip() for body in corpus.of["command"]}
    assert [
        verb.said for verb in commands.DOORS.verbs if not any(one.startswith(verb.said) for one in said)
    ] == []


def test_valid_requests_are_answered_without_trouble(corpus: Corpus) -> None:
    world = corpus.world
    for kind, bodies in corpus.of.items():
        for body in bodies:
            world.errors.seen.clear()
            before = world.version
            status, answer = corpus.send(kind, body)
            assert status == 200 or (kind == "other" and status < 500), (kind, body)
            assert b'"errors"' not in answer, (kind, body, answer)
            assert left(corpus, kind, before, saved=status == 200) == [], (kind, body)


def _headers(body: bytes) -> dict[str, dict[str, str]]:
    """Signatures that Slack would never send, by what is wrong with them."""
    good = signature(body)
    given = good["x-slack-signature"]
    now = int(good["x-slack-request-timestamp"])
    return {
        "none": {"x-slack-signature": ""},
        "another secret": signature(body, secret="another"),
        "of another body": signature(body + b" "),
        "one digit changed": {"x-slack-signature": given[:-1] + ("0" if given[-1] != "0" else "1")},
        "cut": {"x-slack-signature": given[:-2]},
        "another version": {"x-slack-signature": f"v1{given[2:]}"},
        "not ASCII": {"x-slack-signature": "v0=\u00e9\u00e9"},
        "upper case": {"x-slack-signature": given.upper()},
        "too old": signature(body, at=now - 320),
        "from the future": signature(body, at=now + 320),
        "another time": {"x-slack-request-timestamp": f"{now - 1}"},
        "no time": {"x-slack-request-timestamp": ""},
        "words for a time": {"x-slack-request-timestamp": "yesterday"},
        "a strange digit": {"x-slack-request-timestamp": "\u00b2"},
        "an endless time": {"x-slack-request-timestamp": "9" * 400},
        "a negative time": {"x-slack-request-timestamp": f"-{now}"},
    }


@pytest.mark.parametrize("wrong", sorted(_headers(b"")))
def test_what_slack_did_not_sign_is_refused_and_leaves_nothing(untouched: Corpus, wrong: str) -> None:
    world = untouched.world
    before = world.version
    for kind, bodies in untouched.of.items():
        sent = encoded(kind_of(kind), untouched.fresh(bodies[0]))
        assert world.send(sent, _headers(sent.body)[wrong])[0] == 401, kind
    garbage = Sent("event", None, b"{", "application/json")
    assert world.send(garbage, _headers(garbage.body)[wrong])[0] == 401
    assert world.version == before
    assert world.errors.seen == []


GARBAGE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "application/x-www-form-urlencoded"),
    "half an object": (b'{"type": ', "application/json"),
    "a list": (b"[]", "application/json"),
    "a text": (b'"event_callback"', "application/json"),
    "nested without end": (b"[" * 100_000, "application/json"),
    "an empty payload": (b"payload=", "application/x-www-form-urlencoded"),
    "a payload that is none": (b"payload=1", "application/x-www-form-urlencoded"),
    "a type nobody knows": (b'{"type": "surprise"}', "application/json"),
    "a type that is a list": (b'{"type": ["event_callback"]}', "application/json"),
    "an event without event": (b'{"type": "event_callback", "event_id": "Ev1"}', "application/json"),
    "not a number": (b'{"type": "event_callback", "event_id": "Ev1", "event": {"type": "x", "n": NaN}}', "application/json"),
    "a command by nobody": (b"command=%2Fgantry&text=help", "application/x-www-form-urlencoded"),
    "a thousand fields": (b"&".join(b"a%d=1" % n for n in range(1000)), "application/x-www-form-urlencoded"),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(GARBAGE))
def test_signed_garbage_is_a_bad_request(untouched: Corpus, case: str) -> None:
    world = untouched.world
    before = world.version
    assert world.send(Sent("event", None, *GARBAGE[case]))[0] == 400
    assert world.version == before
    assert world.errors.seen == []


def test_the_word_payload_is_a_word_like_any_other(untouched: Corpus) -> None:
    status, body = untouched.send("command", requests.command("/onboarding show payload= and payload"))
    assert status == 200
    assert "payload" in json.loads(body)["text"]


def test_a_check_of_the_certificate_is_answered(untouched: Corpus) -> None:
    assert untouched.world.send(Sent("check", None, b"ssl_check=1&token=x"))[0] == 200


@pytest.mark.parametrize(
    ("kind", "user"),
    [("user_change", "U0SAM"), ("app_mention", {"id": "U0SAM"}), ("app_home_opened", {"id": "U0SAM"})],
)
def test_an_event_about_somebody_in_another_shape_is_handled_and_does_nothing(
    untouched: Corpus, kind: str, user: Any
) -> None:
    world = untouched.world
    before = world.facts()
    inner = {"type": kind, "user": user, "text": "<@U0GANTRY> help", "channel": "C0CARDS", "ts": "1.1"}
    event = {"type": "event_callback", "team_id": worlds.TEAM, "event_id": "Ev1", "event": inner}
    assert untouched.send("event", event)[0] == 200
    world.work()
    assert world.raw("select state, attempts from slack_event order by id desc limit 1") == [("handled", 1)]
    assert world.facts() == before
    assert world.raw("select id from outbox_message where state = 'pending'") == []
    assert world.errors.seen == []


def test_an_event_for_nobody_ends_after_some_tries(
    untouched: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("always")

    monkeypatch.setattr("bot.listeners.event._run", fail)
    assert untouched.send("event", untouched.of["event"][0])[0] == 200
    untouched.world.work()
    state, attempts = untouched.world.raw("select state, attempts from slack_event order by id desc limit 1")[
        0
    ]
    assert (state, attempts) == ("dead", 8)
