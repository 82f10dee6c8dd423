"""Deadlines of steps, of lasting duties, and of blocked steps to look at again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.plan import Step as PlanStep
from bot.domain.role import Asker
from bot.services.subject import Subject
from bot.services.walk import Walk, of
from storage import Session
from storage.queries import reminder as rows
from storage.tables import Deadline, Program, Step, Thread


def read(session: Session, deadlines: Sequence[Deadline]) -> dict[int, Subject]:
    """Return the steps of these deadlines, by the number of the deadline."""
    steps = rows.steps(session, [row.subject_id for row in deadlines])
    programs = rows.programs(session, [row.program_id for row in deadlines if row.program_id])
    together = _Together(session, steps, programs)
    return {
        row.id: StepSubject(together, steps[row.subject_id], programs[row.program_id or 0], row.subject)
        for row in deadlines
    }


class _Together:
    """What many steps share: each programme is walked once, and their messages are looked up at once."""

    def __init__(self, session: Session, steps: Mapping[int, Step], programs: Mapping[int, Program]) -> None:
        self.session = session
        self._steps, self._programs = steps, programs
        self._walks: dict[int, Walk] = {}
        self._places: Mapping[tuple[str, int], tuple[str, str]] | None = None

    def walk(self, program: Program) -> Walk:
        """Return a programme with its plan."""
        if program.id not in self._walks:
            self._walks[program.id] = of(self.session, program)
        return self._walks[program.id]

    def place(self, subject: str, number: int) -> tuple[str, str] | None:
        """Return where the message of a step or a programme is."""
        if self._places is None:
            self._places = rows.places(self.session, set(self._steps), set(self._programs))
        return self._places.get((subject, number))


class StepSubject(Subject):
    """A step whose deadline is its own, that of its duty, or the day to look at it again."""

    program: Program

    def __init__(self, together: _Together, row: Step, program: Program, kind: str) -> None:
        self._together = together
        self.row, self.program, self.number, self.key = row, program, row.id, row.key
        self.owner = row.assignee or program.lead
        self.silent_until = row.look_again_on if row.state == "blocked" and kind == "step" else None
        self._kind = kind

    @property
    def walk(self) -> Walk:
        """Its programme with its plan."""
        return self._together.walk(self.program)

    @property
    def _step(self) -> PlanStep:
        return self.walk.step(self.row.key)

    @property
    def actor(self) -> str:  # type: ignore[override]
        """Who acts: a duty is always ours."""
        return "us" if self._kind == "duty" else self._step.actor

    def title(self, language: str) -> str:
        """Return the name of the step."""
        return self._step.title[language]

    def names(self) -> dict[str, str]:
        """Return the name of the step in every language."""
        return self.walk.named(self.row.key)

    def place(self) -> tuple[str, str] | None:
        """Return where the step's message is, else the board."""
        return self._together.place("step", self.row.id) or self._together.place("program", self.program.id)

    def root(self) -> Thread:
        """Return the board of the programme."""
        return self.walk.board

    def language(self) -> str:
        """Return the language of the programme's channel."""
        return self.program.language

    def changed(
        self, who: Asker, deadline: Deadline, tag: str, now: datetime, after: Mapping[str, Any]
    ) -> None:
        """Record what somebody did with the deadline, and show it on the step's message and the board."""
        self.walk.record(self.row, who, tag, now, after={"subject": deadline.subject, **after})
        rows.wake(self._together.session, now, steps_=[self.row.id])
        self.walk.show(now, self.row.key)
