"""People who work with Gantry while it is being killed, and a ledger of what they were told was done."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import select

from bot import plans
from bot.domain import onboarding
from bot.domain.plan import Step as PlanStep
from bot.playground import state
from bot.playground.errors import PlayError
from bot.playground.finding import choose
from bot.playground.identity import BOT_USER
from bot.playground.local import LocalSlack
from storage import Database
from storage.queries import program as programs
from storage.tables import Program

VARIANT = "embedded_finance"
PATIENCE = 120.0
REST = 0.4
"""Seconds: how long somebody tries the same thing, and how long they wait before they try again."""
STEPS_MOST = 14
"""A programme is left alone after so many finished steps, and a new one is started."""
PDF = b"%PDF-1.7\n%"


@dataclass
class Ledger:
    """What people were told was done. `effects` counts (audit tag, subject, actor); a subject is `name/step`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    effects: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    mentions: list[tuple[str, str, str]] = field(default_factory=list)
    interactions: int = 0
    repeats: int = 0
    unclear: list[str] = field(default_factory=list)

    def asked(self, *, again: bool) -> None:
        """Count one request that left a person's hand."""
        with self.lock:
            self.interactions += 1
            self.repeats += again

    def expect(self, tag: str, subject: str, actor: str) -> None:
        """An acknowledged request must have left this entry in the audit, once."""
        with self.lock:
            self.effects[tag, subject, actor] += 1


@dataclass
class StepSeen:
    """What one step is, as far as the people of its programme know."""

    id: int
    plan: PlanStep
    owner: str = ""
    blocked: bool = False
    done: bool = False
    evidence: int = 0


@dataclass
class Walked:
    """A programme as its people see it."""

    name: str
    steps: dict[int, StepSeen]
    finished: int = 0


@dataclass
class Button:
    """Something to click, where it is."""

    channel: str
    ts: str
    block: dict[str, Any]
    element: dict[str, Any]


class Team:
    """Two people in one channel, who do one thing after the other; several teams work at once."""

    def __init__(
        self,
        slack: LocalSlack,
        database: Database,
        ledger: Ledger,
        *,
        number: int,
        lead: str,
        mate: str,
        channel: str,
        seed: int,
    ) -> None:
        self._slack = slack
        self._database = database
        self._ledger = ledger
        self._lead = lead
        self._mate = mate
        self._channel = channel
        self._number = number
        self._started = 0
        self._dice = random.Random(seed)  # noqa: S311 - a story that can be told again, no secret
        self._plan = {step.id: step for step in plans.load(VARIANT).steps}
        self.ended = threading.Event()

    def play(self) -> None:
        """Work until `ended` is set."""
        walked: Walked | None = None
        while not self.ended.is_set():
            if walked is None or walked.finished >= STEPS_MOST:
                walked = self._start()
                continue
            acts = list(self._possible(walked))
            if self._dice.random() < 0.12:
                self._mention()
            elif acts:
                self._dice.choice(acts)()
            self.ended.wait(self._dice.uniform(0.02, 0.25))

    def _possible(self, walked: Walked) -> Iterator[Callable[[], None]]:
        buttons = self._buttons()

        def act(step: StepSeen, name: str, do: Callable[[Walked, StepSeen, Button], None]) -> Iterator[Any]:
            button = buttons.get(f"{name}:{step.id}")
            if button is not None:
                yield lambda: do(walked, step, button)

        for step in walked.steps.values():
            if step.done:
                continue
            if step.plan.actor == "stripe":
                yield from act(step, "step.answered", self._answer)
            elif step.blocked:
                yield from act(step, "step.unblock", self._unblock)
            elif not step.owner:
                yield from act(step, "step.take", self._take)
            else:
                # The form proposes the next item that has none.
                needy = sum(item.required for item in step.plan.evidence) > step.evidence
                yield from act(step, "step.evidence", self._evidence)
                if not needy:
                    yield from act(step, "step.done", self._done)
                yield from act(step, "step.block", self._block)
                yield from act(step, "step.assign", self._assign)

    def _buttons(self) -> dict[str, Button]:
        """Every button of the channel, by its action id; the newest message wins."""
        found: dict[str, Button] = {}
        for message in self._slack.messages(self._channel):
            if message.bot and message.blocks:
                for block, element in state.elements(message.blocks):
                    action = str(element.get("action_id", ""))
                    found[action] = Button(message.channel, message.ts, block, element)
        return found

    def _start(self) -> Walked:
        self._started += 1
        name = f"Harbour {self._number}-{self._started}"
        self._open(
            self._lead,
            "onboarding.start",
            lambda: bool(
                (ack := self._slack.command(self._lead, self._channel, "/onboarding start")) and ack.ok
            ),
        )
        self._send(self._lead, {"name": name})
        self._ledger.expect("program:start:active", name, self._lead)
        with self._database.reading() as session:
            program = session.exec(select(Program).where(Program.channel == self._channel)).all()
            found = next((one for one in program if one.name == name), None)
            if found is None:
                raise AssertionError(f"{name} was acknowledged and is not there")
            rows = programs.steps(session, found.id)
            steps = {row.id: StepSeen(row.id, self._plan[row.key]) for row in rows}
        return Walked(name, steps)

    def _take(self, walked: Walked, step: StepSeen, button: Button) -> None:
        who = self._dice.choice((self._lead, self._mate))
        self._click(who, button)
        self._effect("step:take:open", walked, step, who)
        step.owner = who

    def _done(self, walked: Walked, step: StepSeen, button: Button) -> None:
        fields: dict[str, dict[str, object]] = {
            "meeting": {"note": "They asked for the fee table."},
            "duty": {"owner": self._lead, "deputy": self._mate},
            "employees": {"employees": [self._mate]},
        }
        who = self._dice.choice((self._lead, step.owner))
        kind = step.plan.outcome or ""
        if kind in fields:
            self._open(who, f"step.{kind}", lambda: self._clicked(who, button))
            self._send(who, fields[kind])
        else:
            self._click(who, button)
        self._effect("step:do:done", walked, step, who)
        step.done = True
        walked.finished += 1

    def _answer(self, walked: Walked, step: StepSeen, button: Button) -> None:
        outcome = step.plan.outcome or "answer"
        choice = onboarding.choices(outcome)[0]
        fields: dict[str, object] = {"note": "By e-mail."}
        if outcome == "fit":
            fields["fit_issuing"] = "fits"
        else:
            fields["choice"] = choice.name
        self._open(self._lead, "step.answered", lambda: self._clicked(self._lead, button))
        self._send(self._lead, fields)
        self._effect("step:answer:recorded", walked, step, self._lead)
        step.done = True
        walked.finished += 1

    def _block(self, walked: Walked, step: StepSeen, button: Button) -> None:
        self._open(self._mate, "step.block", lambda: self._clicked(self._mate, button))
        self._send(self._mate, {"reason": f"Reason {self._dice.randrange(10**9)}"})
        self._effect("step:block:blocked", walked, step, self._mate)
        step.blocked = True

    def _unblock(self, walked: Walked, step: StepSeen, button: Button) -> None:
        self._click(self._mate, button)
        self._effect("step:unblock:open", walked, step, self._mate)
        step.blocked = False

    def _assign(self, walked: Walked, step: StepSeen, button: Button) -> None:
        other = self._mate if step.owner == self._lead else self._lead
        self._open(self._lead, "step.assign", lambda: self._clicked(self._lead, button))
        self._send(self._lead, {"user": other})
        self._effect("step:assign:open", walked, step, self._lead)
        step.owner = other

    def _evidence(self, walked: Walked, step: StepSeen, button: Button) -> None:
        number = self._dice.randrange(10**9)
        if self._dice.random() < 0.5:
            file = self._slack.upload(
                self._mate, f"proof-{number}.pdf", PDF + str(number).encode(), "application/pdf"
            )
            fields: dict[str, object] = {"files": [file.id]}
            tag = "evidence:add:arriving"
        else:
            fields, tag = {"link": f"https://docs.example/{number}"}, "evidence:add:stored"
        self._open(self._mate, "step.evidence", lambda: self._clicked(self._mate, button))
        self._send(self._mate, fields)
        self._effect(tag, walked, step, self._mate)
        step.evidence += 1

    def _mention(self) -> None:
        who = self._dice.choice((self._lead, self._mate))
        said = self._slack.say(who, self._channel, f"<@{BOT_USER}> help")
        with self._ledger.lock:
            self._ledger.interactions += 1
            self._ledger.mentions.append((who, self._channel, said.ts))

    def _effect(self, tag: str, walked: Walked, step: StepSeen, actor: str) -> None:
        self._ledger.expect(tag, f"{walked.name}/{step.plan.id}", actor)

    def _click(self, who: str, button: Button) -> None:
        self._until(lambda: self._clicked(who, button), f"a click of {who}")

    def _clicked(self, who: str, button: Button) -> bool:
        container = {"type": "message", "channel": button.channel, "ts": button.ts}
        return self._slack.click_raw(who, container, choose(button.block, button.element)).ok

    def _open(self, who: str, callback_id: str, ask: Callable[[], bool]) -> None:
        """Ask for a form until it is in front of the person."""
        self._slack.close(who, everything=True)

        def opened() -> bool:
            view = self._slack.view(who)
            return view is not None and view.payload.get("callback_id") == callback_id

        def attempt() -> bool:
            if not ask():
                return False
            end = time.monotonic() + 3
            while not opened() and time.monotonic() < end:
                self._rest(0.02)
            return opened()

        self._until(attempt, f"the form {callback_id} of {who}")

    def _send(self, who: str, fields: dict[str, object]) -> None:
        """Send the open form until it is taken; a form that is refused is a mistake of this story."""
        form = self._slack.view(who)

        def attempt() -> bool:
            told = self._slack.submit(who, fields)
            if told.get("errors"):
                raise AssertionError(f"{who}'s form was refused: {told}")
            return bool(told.get("ok"))

        self._until(attempt, f"{who} sends a form")
        left = self._slack.view(who)
        if left is not None:
            # A form that took longer to appear than the person waited was asked for twice, and lies there twice.
            twice = (
                form is not None
                and left.id != form.id
                and left.payload["callback_id"] == form.payload["callback_id"]
            )
            if not twice:
                with self._ledger.lock:
                    self._ledger.unclear.append(
                        f"{who} saw {left.payload.get('callback_id')} after sending: {left.blocks}"
                    )
            self._slack.close(who, everything=True)

    def _until(self, attempt: Callable[[], bool], what: str) -> None:
        """Try as a person does: Slack shows an error, they try again."""
        end = time.monotonic() + PATIENCE
        again = False
        while True:
            self._ledger.asked(again=again)
            if attempt():
                return
            if time.monotonic() > end:
                raise PlayError(f"{what} was not acknowledged for {PATIENCE:g} seconds")
            again = True
            self._rest(REST)

    def _rest(self, seconds: float) -> None:
        # What was begun is finished also at the end: an unacknowledged request would leave nothing to compare.
        time.sleep(seconds)
