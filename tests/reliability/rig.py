"""A whole bot in this process, whose loops turn by hand and whose time passes when a test says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Any

from sqlmodel import col, select

from bot import app
from bot.clock import FixedClock
from bot.playground import state
from bot.playground.finding import choose
from bot.playground.local import LocalSlack
from bot.playground.workspace import Message
from bot.services import board, home
from bot.views.registry import render
from bot.worker import Task
from storage.tables import AuditEntry, OutboxMessage, Program, Step, Thread

LENA, SAM, OLGA, CLAIRE, MARC = "U0LENA", "U0SAM", "U0OLGA", "U0CLAIRE", "U0MARC"
CARDS, OPS, RANDOM = "C0CARDS", "C0OPS", "C0RANDOM"
BOT_USER = "U0GANTRY"
AGAIN = render("outbox.again", "en", {})["text"]
HOME = partial(home.load, language="en")
UNSETTLED = ("pending", "sending", "ambiguous")


@dataclass
class Bot:
    """A bot whose loops turn by hand: `work` does what is due, `settle` lets time pass until nothing is."""

    slack: LocalSlack
    gantry: app.Gantry
    clock: FixedClock
    origin: str = ""

    def tasks(self) -> dict[str, Task]:
        """What the loops of the worker do."""
        return {name: loop._task for name, loop in self.gantry.worker._loops.items()}

    def work(self) -> int:
        """Do everything that is due now; returns how many pieces there were."""
        tasks = list(self.tasks().values())
        done = quiet = 0
        self.slack.idle()
        for task in cycle(tasks):
            found = 0
            # One loop to its end: so the others are not asked after each of its pieces.
            while pieces := list(task.claim()):
                for piece in pieces:
                    task.work(piece)
                found += len(pieces)
            done += found
            quiet = 0 if found else quiet + 1
            if found:
                self.slack.idle()
            elif quiet == len(tasks):  # since the last piece each loop was asked once more
                break
        return done

    def settle(self, seconds: float = 120, step: float = 1.0) -> None:
        """Work, and let time pass in steps, until nothing waits or the seconds are over."""
        end = self.clock.wall() + timedelta(seconds=seconds)
        while True:
            self.work()
            if not self.waiting() or self.clock.wall() >= end:
                return
            self.clock.pass_wall(timedelta(seconds=step))

    def waiting(self) -> list[OutboxMessage]:
        """The messages that are still to leave."""
        return [row for row in self.rows(OutboxMessage) if row.state in UNSETTLED]

    def rows(self, table: type[Any]) -> list[Any]:
        """All rows of a table, oldest first."""
        with self.gantry.database.reading() as session:
            return list(session.exec(select(table).order_by(col(table.id))).all())

    def audited(self, tag: str) -> list[AuditEntry]:
        """The audit entries of one kind."""
        return [entry for entry in self.rows(AuditEntry) if entry.tag == tag]

    def program(self, name: str = "Acme") -> Program:
        """A programme by its name."""
        found: Program = next(row for row in self.rows(Program) if row.name == name)
        return found

    def step(self, key: str, name: str = "Acme") -> Step:
        """A step of a programme by its key."""
        program = self.program(name)
        found: Step = next(row for row in self.rows(Step) if row.program_id == program.id and row.key == key)
        return found

    def thread(self, subject: str, subject_id: int) -> Thread:
        """The row of a board."""
        rows: list[Thread] = self.rows(Thread)
        return next(row for row in rows if row.subject == subject and row.subject_id == subject_id)

    def root(self, name: str = "Acme") -> Thread:
        """The row of a programme's board."""
        return self.thread("program", self.program(name).id)

    def start(self, name: str = "Acme", person: str = LENA, channel: str = CARDS) -> Program:
        """Start a programme; nothing has been said about it yet."""
        self.slack.command(person, channel, "/onboarding start")
        self.slack.wait_for(lambda: self.slack.view(person), what="the form")
        assert self.slack.submit(person, {"name": name}) == {"ok": True}
        return self.program(name)

    def button(self, action_id: str, channel: str = CARDS) -> tuple[dict[str, Any], dict[str, Any]]:
        """Where a button is and what a click on it sends; the newest message wins."""
        for message in reversed(self.slack.messages(channel)):
            for block, element in state.elements(message.blocks or []):
                if element.get("action_id") == action_id:
                    container = {"type": "message", "channel": message.channel, "ts": message.ts}
                    return container, choose(block, element)
        raise AssertionError(f"nobody sees a button {action_id} in {channel}")

    def click(self, person: str, action_id: str, channel: str = CARDS) -> None:
        """Click a button of a channel; it is acknowledged."""
        assert self.slack.click_raw(person, *self.button(action_id, channel)).ok

    def take(self, person: str = SAM, key: str = "supported_use_case", name: str = "Acme") -> Step:
        """Take a step and let everything be said."""
        step = self.step(key, name)
        self.click(person, f"step.take:{step.id}", self.program(name).channel)
        self.settle()
        return self.step(key, name)

    def block(self, step: Step, reason: str, person: str = SAM, channel: str = CARDS) -> None:
        """Block a step, with the form; nothing has been said about it yet."""
        self.click(person, f"step.block:{step.id}", channel)
        self.slack.wait_for(lambda: self.slack.view(person), what="the form")
        assert self.slack.submit(person, {"reason": reason}) == {"ok": True}

    def unblock(self, step: Step, person: str = SAM, channel: str = CARDS) -> None:
        """Let a blocked step go on, with the button of its own message as people see it after a reload."""
        self.click(person, f"step.unblock:{step.id}", channel)

    def said(self, words: str, channel: str = CARDS) -> list[Message]:
        """The bot's messages whose text holds these words, oldest first."""
        return [m for m in self.slack.messages(channel) if m.bot and words in m.text]

    def pages(self, step: Step, channel: str = CARDS) -> list[Message]:
        """The messages that are a step's own, known by their buttons."""
        wanted = f"step.assign:{step.id}"
        return [
            message
            for message in self.slack.messages(channel)
            if any(element.get("action_id") == wanted for _, element in state.elements(message.blocks or []))
        ]

    def told(self, person: str) -> list[str]:
        """What only this person was shown."""
        return [message.text for message in self.slack.ephemerals(person)]

    def calls(self, method: str) -> int:
        """How often the bot called a method of Slack."""
        return sum(entry.kind == method and entry.direction == "from_bot" for entry in self.slack.traffic)

    def outcome(self) -> dict[str, int]:
        """How many messages are in each state."""
        states: dict[str, int] = {}
        for row in self.rows(OutboxMessage):
            states[row.state] = states.get(row.state, 0) + 1
        return states

    def is_true(self, thread: Thread) -> bool:
        """Tell whether a board shows what its rows say now."""
        now = self.thread(thread.subject, thread.subject_id)
        shown = self.slack.slack.workspace.find(now.channel, now.ts)
        with self.gantry.database.reading() as session:
            facts = board.LOADERS[now.subject](session, now)
        assert facts is not None
        fresh = render(now.subject, self.program().language, facts)
        return shown is not None and shown.text.removesuffix(f"\n{AGAIN}") == fresh["text"]
