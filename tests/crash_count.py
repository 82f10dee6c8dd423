"""Compares what the rows say with what people saw in the local Slack: lost, doubled, sent again."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from bot.effects.work import marked
from bot.playground import state
from bot.playground.local import LocalSlack
from bot.playground.workspace import Message
from bot.services import board
from bot.views.registry import render
from storage import Database
from storage.tables import AuditEntry, Evidence, OutboxMessage, Program, SlackEvent, Step, Thread
from tests.crash_story import Ledger

Place = tuple[str, str, str]
"""channel, thread (empty for none), person (empty when everybody sees it)"""

SPEAKING = {
    "program:start:active": "program.started",
    "step:assign:open": "step.assigned",
    "step:block:blocked": "step.blocked",
    "step:unblock:open": "step.unblocked",
    "step:do:done": "step.done",
    "step:answer:recorded": "step.answered",
    "evidence:add:arriving": "evidence.added",
    "evidence:add:stored": "evidence.added",
}
"""Each of these audit entries is said once in the thread, by this view."""

_BOARD = re.compile(r"^(program)\.steps:(\d+)$|^(step)\.(?:assign|why|evidence):(\d+)$")
MARKS = tuple(render("outbox.again", language, {})["text"] for language in ("en", "fr"))


@dataclass(frozen=True)
class Said:
    """One message at the moment it appeared."""

    channel: str
    ts: str
    thread: str
    person: str
    text: str
    again: bool
    board: tuple[str, int] | None

    @property
    def place(self) -> Place:
        """Where it stands and who sees it."""
        return self.channel, self.thread, self.person


class Witness:
    """Writes down every message of the bot when it appears, private ones too."""

    def __init__(self, slack: LocalSlack) -> None:
        self._lock = threading.Lock()
        self._said: list[Said] = []
        self.edits = 0
        slack.slack.workspace.listeners.append(self._heard)

    def _heard(self, what: str, message: Message) -> None:
        if not message.bot:
            return
        with self._lock:
            if what in {"message", "ephemeral"}:
                self._said.append(_said(message))
            elif what == "changed":
                self.edits += 1

    @property
    def said(self) -> list[Said]:
        """Everything so far, oldest first."""
        with self._lock:
            return list(self._said)


def _said(message: Message) -> Said:
    text = next(
        (message.text.removesuffix(f"\n{mark}") for mark in MARKS if message.text.endswith(mark)), None
    )
    found: tuple[str, int] | None = None
    for block, element in state.elements(message.blocks or []):
        match = _BOARD.match(str(element.get("action_id", "")))
        if match and block["type"] == "actions":
            found = (match[1], int(match[2])) if match[1] else (match[3], int(match[4]))
    return Said(
        message.channel,
        message.ts,
        (message.thread_ts or "") if message.thread_ts != message.ts else "",
        message.ephemeral_for or "",
        message.text if text is None else text,
        text is not None,
        found,
    )


@dataclass
class Count:
    """The figures; `problems` says each loss and each double in a sentence."""

    messages: int = 0
    edits: int = 0
    sent_again: int = 0
    lost: int = 0
    doubled: int = 0
    effects: int = 0
    boards: int = 0
    events: int = 0
    problems: list[str] = field(default_factory=list)

    def lose(self, what: str, number: int = 1) -> None:
        """Count something that is missing."""
        self.lost += number
        self.problems.append(f"lost: {what}")

    def double(self, what: str, number: int = 1) -> None:
        """Count something that is there twice."""
        self.doubled += number
        self.problems.append(f"doubled: {what}")

    def compare(self, what: str, wanted: Mapping[Any, int], found: Mapping[Any, int]) -> None:
        """Compare two counters: too few is lost, too many is doubled."""
        for key in sorted({*wanted, *found}, key=str):
            difference = found.get(key, 0) - wanted.get(key, 0)
            if difference < 0:
                self.lose(f"{what} {key}", -difference)
            elif difference > 0:
                self.double(f"{what} {key}", difference)


def unsettled(database: Database) -> int:
    """Return how many rows still wait for something: messages, events, files."""
    with database.reading() as session:
        messages = session.exec(
            select(OutboxMessage.id).where(col(OutboxMessage.state).in_(("pending", "sending", "ambiguous")))
        ).all()
        events = session.exec(select(SlackEvent.id).where(SlackEvent.state == "pending")).all()
        files = session.exec(select(Evidence.id).where(Evidence.state == "arriving")).all()
    return len(messages) + len(events) + len(files)


def dead_letters(database: Database) -> list[int]:
    """Return the messages that the bot gave up, as an operator sees them."""
    with database.reading() as session:
        return list(session.exec(select(OutboxMessage.id).where(OutboxMessage.state == "dead")).all())


def count(slack: LocalSlack, database: Database, witness: Witness, ledger: Ledger) -> Count:
    """Compare rows, messages and the ledger once everything has settled."""
    result = Count(edits=witness.edits)
    with database.reading() as session:
        _rows_ended(session, result)
        _messages(session, witness.said, result)
        _boards(session, slack, witness.said, result)
        _effects(session, ledger, result)
        _events(session, ledger, result)
    return result


def _rows_ended(session: Session, result: Count) -> None:
    for row in session.exec(select(OutboxMessage).where(OutboxMessage.state != "sent")).all():
        result.lose(f"message {row.id} ({row.kind} {row.view}) is {row.state}: {row.error}")
    for event in session.exec(select(SlackEvent).where(SlackEvent.state != "handled")).all():
        result.lose(f"event {event.event_id} ({event.kind}) is {event.state}: {event.error}")
    for piece in session.exec(select(Evidence).where(Evidence.state != "stored")).all():
        result.lose(f"evidence {piece.id} is {piece.state}: {piece.error}")


def _messages(session: Session, said: Iterable[Said], result: Count) -> None:
    """Each notice, answer and note has one message; more only when they are marked as sent again."""
    wanted: Counter[tuple[Place, str]] = Counter()
    roots = {thread.id: thread.ts for thread in session.exec(select(Thread)).all()}
    words = col(OutboxMessage.kind).in_(("notice", "private", "direct"))
    for row in session.exec(select(OutboxMessage).where(words)).all():
        text = render(row.view, row.language, json.loads(row.facts or "{}"))["text"]
        private = row.person if row.kind == "private" else ""
        thread = roots[row.thread_id] if row.thread_id else row.reply_ts
        wanted[(row.channel, thread, private), text] += 1
    plain: Counter[tuple[Place, str]] = Counter()
    marked: Counter[tuple[Place, str]] = Counter()
    for one in said:
        result.messages += not one.person
        if one.board is None:
            (marked if one.again else plain)[one.place, one.text] += 1
        result.sent_again += one.again
    for key, number in wanted.items():
        if plain[key] + marked[key] < number:
            result.lose(f"the words {key}", number - plain[key] - marked[key])
        if plain[key] > number:
            result.double(f"the words {key}", plain[key] - number)


def _boards(session: Session, slack: LocalSlack, said: Iterable[Said], result: Count) -> None:
    """Each board is there, once but for marked ones, and shows exactly what its rows say now."""
    unmarked = Counter(one.board for one in said if one.board and not one.again and not one.person)
    for thread in session.exec(select(Thread)).all():
        result.boards += 1
        name = f"board {thread.subject} {thread.subject_id}"
        if unmarked[thread.subject, thread.subject_id] > 1:
            result.double(name, unmarked[thread.subject, thread.subject_id] - 1)
        shown = slack.slack.workspace.find(thread.channel, thread.ts)
        facts = board.LOADERS[thread.subject](session, thread)
        if facts is None and not thread.ts:
            continue
        if shown is None or facts is None:
            result.lose(f"{name} is not to be seen")
            continue
        language = _language(session, thread)
        fresh = render(thread.subject, language, facts)
        again = marked(fresh, render("outbox.again", language, {}))
        seen = (shown.text, _bare(shown.blocks))
        if seen not in [(one["text"], _bare(one.get("blocks"))) for one in (fresh, again)]:
            result.lose(f"{name} does not show its rows: {shown.text!r} instead of {fresh['text']!r}")


def _effects(session: Session, ledger: Ledger, result: Count) -> None:
    """Each acknowledged request has left one audit entry, and each entry that speaks has its notice."""
    programs = {program.ref: program.name for program in session.exec(select(Program)).all()}
    tags = {tag for tag, _, _ in ledger.effects}
    found: Counter[tuple[str, str, str]] = Counter()
    spoken: Counter[str] = Counter()
    for entry in session.exec(select(AuditEntry)).all():
        ref, _, step = entry.subject.partition("/")
        if entry.tag in tags:
            found[entry.tag, "/".join(filter(None, (programs[ref], step))), entry.actor] += 1
        if entry.tag in SPEAKING:
            spoken[SPEAKING[entry.tag]] += 1
    result.effects = sum(found.values())
    result.compare("effect", ledger.effects, found)
    rows = session.exec(select(OutboxMessage).where(OutboxMessage.kind == "notice")).all()
    views = Counter(row.view for row in rows if row.view in SPEAKING.values())
    result.compare("notice", spoken, views)


def _events(session: Session, ledger: Ledger, result: Count) -> None:
    """Each mention was recorded, handled once and answered once."""
    mentioned = Counter((person, channel, ts) for person, channel, ts in ledger.mentions)
    answered: Counter[tuple[str, str, str]] = Counter()
    for row in session.exec(select(OutboxMessage).where(OutboxMessage.kind == "private")).all():
        key = (row.person, row.channel, row.reply_ts)
        if key in mentioned:
            answered[key] += 1
    result.events = len(session.exec(select(SlackEvent.id)).all())
    result.compare("answer to a mention", mentioned, answered)


def _language(session: Session, thread: Thread) -> str:
    if thread.subject == "program":
        program = session.get(Program, thread.subject_id)
    else:
        row = session.get(Step, thread.subject_id)
        program = session.get(Program, row.program_id) if row else None
    return program.language if program else "en"


def _bare(blocks: Any) -> str:
    """Blocks without the ids that Slack gives them."""

    def stripped(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: stripped(held) for name, held in value.items() if name != "block_id"}
        return [stripped(item) for item in value] if isinstance(value, list) else value

    return json.dumps(stripped(blocks or []), sort_keys=True)
