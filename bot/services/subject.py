"""What a deadline is about, as reminders, lists and snoozes need it: one shape for steps and all else."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from bot.domain.role import Asker, Relations
from bot.outbox import put_board_of
from bot.services import audit
from storage import Session
from storage.queries import reminder as rows
from storage.tables import Deadline, Program, Thread

RUNNING: Final = frozenset({"active", "launched"})


@dataclass(frozen=True)
class Act:
    """A button that a list shows beside a deadline: `button.<name>` is its text, `action` its door."""

    name: str
    action: str
    value: str
    primary: bool = False


class Subject(ABC):
    """What one deadline is about, read for the length of one transaction or reading.

    `number` is the id that buttons carry, `owner` the user who acts, `manager` the one who hears when it is
    late (empty: every manager). `actor` is *us* or *stripe*. `silent_until` is the first day on which anybody
    hears of it.
    """

    number: int
    program: Program | None
    owner: str
    silent_until: date | None = None
    actor: str = "us"
    key: str = ""
    acts: tuple[Act, ...] = ()
    takes: bool = True
    """Whether somebody can take an emergency, so that nobody else is called any more."""

    @property
    def manager(self) -> str:
        """Who hears when it is late."""
        return self.program.manager if self.program else ""

    @property
    def runs(self) -> bool:
        """Tell whether it goes on, so that anybody hears of it."""
        return self.program is None or self.program.state in RUNNING

    @property
    def relations(self) -> Relations:
        """Who may snooze it, beside the roles that may."""
        found = self.program
        if found is None:
            return Relations(assignee=self.owner)
        deputies = frozenset(found.deputies)
        return Relations(lead=found.lead, manager=found.manager, deputies=deputies, assignee=self.owner)

    @abstractmethod
    def title(self, language: str) -> str:
        """Return what people call it."""

    @abstractmethod
    def names(self) -> dict[str, str]:
        """Return what people call it in every language, for errors: whoever asked reads their own."""

    @abstractmethod
    def place(self) -> tuple[str, str] | None:
        """Return channel and ts of its message, if it is in Slack."""

    @abstractmethod
    def root(self) -> Thread:
        """Return the root of the thread in which it is said on the due day."""

    @abstractmethod
    def language(self) -> str:
        """Return the language of that thread."""

    @abstractmethod
    def changed(
        self, who: Asker, deadline: Deadline, tag: str, now: datetime, after: Mapping[str, Any]
    ) -> None:
        """Record what somebody did with the deadline, and show it where its message is."""


@dataclass
class Case(Subject):
    """A subject with a row and a board of its own: a complaint, a dispute, a lost card.

    `ref` is what people quote (`C-12`), `titles` what they call it, by language. `thread` is its own board.
    """

    session: Session
    ref: str
    kind: str  # subject of its deadline and of its board
    number: int
    owner: str
    program: Program | None
    titles: Mapping[str, str]
    thread: Thread
    spoken: str  # language of the thread
    alive: bool = True
    acts: tuple[Act, ...] = ()
    takes: bool = True
    key: str = field(default="")

    @property
    def runs(self) -> bool:
        """A case goes on whatever becomes of its programme."""
        return self.alive

    def title(self, language: str) -> str:
        """Return what people call it."""
        return self.titles.get(language) or next(iter(self.titles.values()))

    def names(self) -> dict[str, str]:
        """Return what people call it in every language."""
        return dict(self.titles)

    def place(self) -> tuple[str, str] | None:
        """Return channel and ts of its board."""
        return (self.thread.channel, self.thread.ts) if self.thread.ts else None

    def root(self) -> Thread:
        """Return its own board."""
        return self.thread

    def language(self) -> str:
        """Return the language of its thread."""
        return self.spoken

    def changed(
        self, who: Asker, deadline: Deadline, tag: str, now: datetime, after: Mapping[str, Any]
    ) -> None:
        """Record what somebody did with the deadline, and show it on the board."""
        audit.record(
            self.session,
            team=deadline.team,
            actor=who.user,
            tag=tag,
            subject=self.ref,
            now=now,
            after=after,
        )
        rows.wake(self.session, now, deadlines_=[deadline.id])
        put_board_of(self.session, self.thread.subject, self.thread.subject_id, language=self.spoken, now=now)
