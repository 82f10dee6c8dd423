"""One programme under lock: its plan, its steps, and what opens when something ends."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from bot.domain import onboarding
from bot.domain.error import NotFoundError
from bot.domain.plan import Answers, Plan, from_json, sha256, steps_for, to_json
from bot.domain.plan import Step as PlanStep
from bot.domain.role import Asker
from bot.outbox import amend_notice, put_board_of, put_notice
from bot.services import audit, standing
from bot.services import deadline as clocks
from bot.services import person as people
from storage import Session
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.tables import Plan as PlanRow
from storage.tables import Program, Step, Thread
from storage.upsert import insert_once


@lru_cache(maxsize=64)
def plan_of(body: str) -> Plan:
    """Return a stored plan; a plan never changes, so it is read once."""
    return from_json(body)


def answers_of(program: Program) -> Answers:
    """Return what decides which steps a programme has."""
    return Answers(
        region=program.region,
        products=frozenset(program.products),
        variant=program.variant,
        physical_cards=program.physical_cards,
        wallets=program.wallets,
        statements=program.statements,
        company=program.company,
    )


@lru_cache(maxsize=256)
def steps_of(plan: Plan, answers: Answers) -> tuple[PlanStep, ...]:
    """Return the steps of a plan that apply, with their needs among those."""
    return steps_for(plan, answers)


@dataclass
class Walk:
    """A programme, its plan and its steps, for the length of one transaction or reading."""

    session: Session
    program: Program
    plan: Plan
    steps: tuple[PlanStep, ...]
    rows: programs.Steps
    opened: list[str] = field(default_factory=list)

    @property
    def states(self) -> dict[str, str]:
        """The state of each step by key."""
        return self.rows.states

    @cached_property
    def board(self) -> Thread:
        """The board of the programme, root of its thread."""
        found = threads.of(self.session, "program", self.program.id)
        if found is None:
            raise NotFoundError("program.not_found", ref=self.program.ref)
        return found

    def step(self, key: str) -> PlanStep:
        """Return a step of the plan, whether it applies now or was dropped."""
        for step in (*self.steps, *self.plan.steps):
            if step.id == key:
                return step
        for digest in reversed(self.program.earlier_plans):
            found = _plan_at(self.session, digest).by_id.get(key)
            if found is not None:
                return found  # finished under a plan that the programme has left
        raise NotFoundError("step.not_found", step=key)

    def title(self, key: str, language: str = "") -> str:
        """Return the name of a step, in the language of the channel unless another is given."""
        return self.step(key).title[language or self.program.language]

    def named(self, key: str) -> dict[str, str]:
        """Return the name of a step in every language, for errors: whoever asked reads their own."""
        return asdict(self.step(key).title)

    def open_ready(self, now: datetime) -> None:
        """Open every step whose needs have ended, start its clock, and remember it for the message."""
        if self.program.state not in {"active", "launched"}:
            return
        opening = onboarding.opening(self.steps, self.states)
        needed = {need for step in self.steps if step.id in opening for need in step.needs}
        self.rows.read([*opening, *(need for need in needed if need in self.rows)])
        for key in opening:
            row, since = self.rows[key], self._since(key)
            if programs.move_step(self.session, row.id, states=("waiting",), state="open", opened_at=since):
                row.state, row.opened_at = "open", since
                self.opened.append(key)
                step = self.step(key)
                clocks.start(self.session, self.program, row, step, started_by="opened", at=since, now=now)

    def _since(self, key: str) -> datetime:
        """Return since when a step can be worked on: the last thing it waited for, by when it happened."""
        step = next(step for step in self.steps if step.id == key)
        found = [self.rows[need].happened_at for need in step.needs if need in self.rows]
        known = [moment for moment in (*found, self.rows[key].added_at) if moment is not None]
        return max(known, default=self.program.started_at)

    def start_clocks_after(self, key: str, happened_at: datetime, now: datetime) -> None:
        """Start the clocks of other steps that count from the end of this one."""
        for step in self.steps:
            if step.clock is not None and step.clock.starts == key:
                row = self.rows[step.id]
                if row.state not in onboarding.ENDED:
                    clocks.start(
                        self.session, self.program, row, step, started_by=key, at=happened_at, now=now
                    )

    def show(self, now: datetime, *keys: str) -> None:
        """Ask for the board, and for the messages of these steps, to be brought up to date."""
        boards = [("program", self.program.id), *(("step", self.rows.id_of(key)) for key in keys)]
        for subject, subject_id in boards:
            put_board_of(self.session, subject, subject_id, language=self.program.language, now=now)

    def say(self, view: str, who: Asker, now: datetime, **facts: Any) -> int:  # noqa: ANN401 - JSON values
        """Say one thing in the thread, with what it opened; returns the number of the notice."""
        opened = self.lines(self.opened)
        users = {who.user, *(line["owner"] for line in opened), *facts.get("users", ())}
        absent = standing.of_program(self.session, self.program, users, now)
        users |= {one["deputy"] for one in absent.values()}
        notice = put_notice(
            self.session,
            self.board,
            view,
            {
                **facts,
                "actor": who.user,
                "names": people.names(self.session, self.program.team, users),
                "program": {"id": self.program.id, "ref": self.program.ref, "name": self.program.name},
                "opened": opened,
                "absent": absent,
            },
            language=self.program.language,
            now=now,
        )
        programs.offer(self.session, self.rows.read(self.opened), notice)
        self.opened.clear()
        return notice

    def withdraw(self, row: Step, now: datetime) -> None:
        """Have the notice that offered the button of this step edited, now that a click would do nothing."""
        if row.offered_by is not None:
            amend_notice(self.session, row.offered_by, now=now)

    def record(
        self,
        row: Step | None,
        who: Asker,
        tag: str,
        now: datetime,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Add an audit entry about a step of this programme, or about the programme as a whole."""
        audit.record(
            self.session,
            team=self.program.team,
            actor=who.user,
            tag=tag,
            subject=f"{self.program.ref}/{row.key}" if row else self.program.ref,
            now=now,
            before=before,
            after=after,
        )

    def line(self, key: str, language: str = "") -> dict[str, Any]:
        """Return what a message says about one step, in the channel's language unless another is given."""
        return self.lines([key], language)[0]

    def lines(self, keys: Sequence[str], language: str = "") -> list[dict[str, Any]]:
        """Return what a message says about each of these steps, as `line` does about one."""
        rows = self.rows.read(keys)
        dates = programs.dates_of(self.session, [row.id for row in rows])
        return [self._line(row, dates.get(row.id), language) for row in rows]

    def _line(self, row: Step, due: programs.Dates | None, language: str) -> dict[str, Any]:
        key, step = row.key, self.step(row.key)
        if due is not None and due.state != "open":
            due = None
        return {
            "id": row.id,
            "key": key,
            "title": self.title(key, language),
            "actor": step.actor,
            "state": row.state,
            "owner": row.assignee or (self.program.lead if step.actor == "us" else ""),
            "taken": bool(row.assignee),
            "since": _iso(row.opened_at),
            "due": _iso(due.due_at) if due else None,
            "due_on": due.due_on.isoformat() if due else None,
            "about": bool(due and due.about),
            "aim": bool(due and due.ladder == "aim"),
            "zone": self.program.zone,
            "look_again_on": row.look_again_on.isoformat() if row.look_again_on else None,
            "note": row.note or "",
        }


def locked(session: Session, program_id: int, team: str) -> Walk:
    """Return a programme that nobody else can change until the commit.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
    """
    program = programs.lock(session, program_id)
    if program is None or program.team != team:
        raise NotFoundError("program.not_found", ref=f"#{program_id}")
    return of(session, program)


def of(session: Session, program: Program) -> Walk:
    """Return a programme with its plan and steps, as they are."""
    plan = _plan_at(session, program.plan)
    steps = programs.Steps(session, program.id)
    return Walk(session, program, plan, steps_of(plan, answers_of(program)), steps)


_PLANS: dict[str, Plan] = {}


def keep_plan(session: Session, plan: Plan, now: datetime) -> str:
    """Store a plan when it is first used; returns its SHA-256."""
    body = to_json(plan)
    digest = sha256(body)
    values = {"sha256": digest, "variant": plan.variant, "version": plan.version, "body": body}
    insert_once(session, PlanRow, {**values, "stored_at": now}, conflict=["sha256"])
    return digest


def _plan_at(session: Session, digest: str) -> Plan:
    found = _PLANS.get(digest)
    if found is None:
        found = _PLANS[digest] = plan_of(programs.plan(session, digest))
    return found


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
