"""A programme on a real database, driven through its plan by the real services."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, select

from bot import plans
from bot.domain import onboarding as rules
from bot.domain.plan import Answers
from bot.domain.plan import Step as PlanStep
from bot.domain.role import Asker
from bot.services import deadline as clocks
from bot.services import evidence, onboarding, person, step, step_answer
from bot.services.walk import Walk, of
from storage import Database
from storage.queries import program as programs
from storage.tables import AuditEntry, Deadline, OutboxMessage, Program, Step
from tests.support import rows

TEAM = "T0PLAY"
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""A Monday morning in New York, with Thanksgiving four days away."""

LENA = Asker(team=TEAM, user="U0LENA", role="member")
CLAIRE = Asker(team=TEAM, user="U0CLAIRE", role="member", language="fr")
NOOR = Asker(team=TEAM, user="U0NOOR", role="member", language="fr")
SAM = Asker(team=TEAM, user="U0SAM", role="support")
OLGA = Asker(team=TEAM, user="U0OLGA", role="operator")
MARC = Asker(team=TEAM, user="U0MARC", role="manager", language="fr")
ADA = Asker(team=TEAM, user="U0ADA", role="admin")
GUS = Asker(team=TEAM, user="U0GUS", role="guest")

EVERYTHING = Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance", "custom", True, True)
USUAL = Answers("us", frozenset({"issuing"}), "embedded_finance")
BOTH = Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance")

GOOD = {"fit": "", "supportability": "supportable", "configuration": "configured", "answer": "done"}


def wide() -> Iterator[Answers]:
    """Every variant in every region and with every product it takes, with few and with all options."""
    for variant in plans.variants():
        plan = plans.load(variant)
        choices = [frozenset(plan.products), *(frozenset({product}) for product in plan.products)]
        for region in plan.regions:
            for products in dict.fromkeys(choices):
                yield Answers(region, products, variant)
                yield Answers(region, products, variant, "standard", True, False, "one_developer")
                yield Answers(region, products, variant, "custom", True, True)


def name_of(answers: Answers) -> str:
    """A programme's choices in one word, for the name of a test."""
    products = "+".join(sorted(answers.products))
    return f"{answers.variant}-{answers.region}-{products}-{answers.physical_cards}"


def remember(session: Session, *people: Asker) -> None:
    """Let these people be known by name, as after their first contact."""
    for who in people:
        found = {"real_name": who.user.removeprefix("U0").title(), "locale": f"{who.language}-XX"}
        person.remember(session, team=who.team, user=who.user, found=found, now=NOW)


KEPT_MOST = 64
"""Results that a process keeps, about half a megabyte each; what was not used for longest goes first."""
_DONE: dict[tuple[Any, ...], tuple[sqlite3.Connection, int, datetime]] = {}


def _aside(database: Database) -> sqlite3.Connection:
    """A plain connection to an SQLite database, past everything that knows what its rows mean."""
    path = database._writer.url.database
    assert path
    return sqlite3.connect(path)


def _fingerprint(database: Database) -> int:
    with closing(_aside(database)) as found:
        return hash(found.serialize())


def _kept(database: Database) -> sqlite3.Connection:
    with closing(_aside(database)) as found:
        return rows.copy(found)


def _put_back(database: Database, kept: sqlite3.Connection) -> None:
    with closing(_aside(database)) as found:
        found.execute("PRAGMA synchronous=OFF")
        rows.put_back(kept, found)


@dataclass
class Course:
    """One programme and the clock it lives by; each call is one transaction."""

    database: Database
    program_id: int = 0
    now: datetime = NOW
    lead: Asker = LENA
    channel: str = "C0CARDS"
    said: list[str] = field(default_factory=list)

    def start(
        self, answers: Answers = USUAL, *, name: str = "Acme", language: str = "en", **more: Any
    ) -> Walk:
        """Start a programme of these choices; the course then is about it."""
        country, zone = clocks.place(answers.region, "US", "UTC")
        fields: dict[str, Any] = {
            "lead": self.lead.user,
            "channel": self.channel,
            "target_on": date(2027, 3, 1),
            "zone": zone,
            "country": country,
            **more,
        }
        new = onboarding.NewProgram(name=name, answers=answers, language=language, **fields)
        if self.program_id:  # one of many: nobody else begins like this
            self._start(new)
        else:
            self.once(("start", repr(new)), lambda: self._start(new))
        with self.seen() as (_, walk):
            return walk

    def _start(self, new: onboarding.NewProgram) -> None:
        with self.database.transaction() as session:
            plan = plans.load(new.answers.variant)
            self.program_id = onboarding.start(session, self.lead, new, plan, self.now).program.id

    def do(self, work: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Call a service in a transaction of its own."""
        with self.database.transaction() as session:
            return work(session, *args, **more)

    @contextmanager
    def seen(self) -> Iterator[tuple[Session, Walk]]:
        """The programme as it is, for reading."""
        with self.database.reading() as session:
            program = session.get(Program, self.program_id)
            assert program is not None
            yield session, of(session, program)

    @property
    def program(self) -> Program:
        """The programme's row."""
        with self.seen() as (_, walk):
            return walk.program

    @property
    def today(self) -> date:
        """The day it is in the zone of the programme."""
        return self.now.astimezone(ZoneInfo(self.program.zone)).date()

    @property
    def states(self) -> dict[str, str]:
        """The state of each step."""
        with self.seen() as (_, walk):
            return walk.states

    def step(self, key: str) -> Step:
        """The row of a step."""
        with self.seen() as (_, walk):
            return walk.rows[key]

    def id(self, key: str) -> int:
        """The number of a step."""
        return self.step(key).id

    def deadline(self, key: str) -> Deadline | None:
        """The newest deadline of a step."""
        with self.seen() as (session, walk):
            return programs.deadline_of(session, walk.rows[key].id)

    def open(self) -> list[PlanStep]:
        """The steps that can be worked on, in plan order."""
        with self.seen() as (_, walk):
            return [one for one in walk.steps if walk.states[one.id] in rules.WORKABLE]

    def finish(self, key: str, who: Asker | None = None, **more: Any) -> Walk:
        """Finish one of our steps, with what it asks for."""
        with self.seen() as (_, walk):
            wanted, row = walk.step(key), walk.rows[key]
        if any(item.required for item in wanted.evidence):
            self.attach(key, *(item.id for item in wanted.evidence if item.required))
        if wanted.outcome == "duty":
            more.setdefault("outcome", {"owner": SAM.user, "deputy": OLGA.user})
        result: Walk = self.do(step.finish, who or self.lead, row.id, self.now, **more)
        return result

    def answer(self, key: str, choice: str = "", who: Asker | None = None, **more: Any) -> Walk:
        """Record what Stripe answered; without a choice, the answer everybody hopes for."""
        with self.seen() as (_, walk):
            outcome, row, products = walk.step(key).outcome, walk.rows[key], walk.program.products
        if outcome == "fit":
            more.setdefault("fit", dict.fromkeys(products, "fits"))
        given = step_answer.Answer(
            **{
                "happened_at": self.now,
                "choice": choice or GOOD.get(outcome or "answer", "approved"),
                **more,
            }
        )
        result: Walk = self.do(step_answer.answer, who or self.lead, row.id, given, self.now)
        return result

    def attach(self, key: str, *items: str, who: Asker = NOOR, count: int = 1) -> None:
        """Add links as evidence, for the items of a step that are named."""
        for item in items or ("",):
            for number in range(count):
                link = f"https://example.com/{key}/{item}/{number}"
                self.do(evidence.add, who, self.id(key), item=item, files=(), link=link, now=self.now)

    def walk(self, *, until: str = "") -> None:
        """Do every step that opens, until the one named can be worked on or nothing is open."""
        self.once(("walk", until), lambda: self._walk(until))

    def once(self, what: tuple[Any, ...], work: Callable[[], Any]) -> None:
        """Do a piece of work that depends on nothing but the course, its rows and `what`.

        Work that was done before from the very same rows is not done again: its rows are put in place.
        """
        if self.database.dialect != "sqlite":
            work()
            return
        begun = _fingerprint(self.database)
        beginning = (*what, begun, self.program_id, self.lead, self.channel, self.now)
        if beginning in _DONE:
            kept, self.program_id, self.now = _DONE[beginning] = _DONE.pop(beginning)
            _put_back(self.database, kept)
            return
        work()
        while len(_DONE) >= KEPT_MOST:
            _DONE.pop(next(iter(_DONE)))[0].close()
        _DONE[beginning] = (_kept(self.database), self.program_id, self.now)

    def _walk(self, until: str) -> None:
        for _ in range(200):
            ready = [one for one in self.open() if one.id != until]
            if until and self.step(until).state in rules.WORKABLE:
                return
            if not ready:
                assert not until, f"{until} never opened"
                return
            for one in ready:
                self.now += timedelta(minutes=7)
                if one.actor == "us":
                    self.finish(one.id)
                elif one.outcome == "approval":
                    self.answer(one.id, capabilities=("issuing_virtual",), by="bank")
                else:
                    self.answer(one.id)

    def rows(self, table: type[SQLModel]) -> list[Any]:
        """Every row of a table, oldest first where rows are numbered."""
        with self.database.reading() as session:
            found = session.exec(select(table)).all()
        return sorted(found, key=lambda row: getattr(row, "id", 0))

    def tags(self) -> list[str]:
        """The audit's tags, oldest first."""
        return [row.tag for row in self.rows(AuditEntry)]

    def outbox(self, *kinds: str) -> list[OutboxMessage]:
        """What is to be said, oldest first."""
        return [row for row in self.rows(OutboxMessage) if row.kind in kinds or not kinds]


def times(found: Iterable[Any]) -> Mapping[Any, int]:
    """How often each thing occurs."""
    counted: dict[Any, int] = {}
    for one in found:
        counted[one] = counted.get(one, 0) + 1
    return counted
