"""What the rows say of each approval of a programme. All programmes asked about are read together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain import approval as rules
from bot.domain.approval import Left, Recorded, Stand
from bot.domain.deadline import calendar_for
from bot.domain.plan import Step as PlanStep
from bot.services import board
from bot.services.submission_round import AT_STRIPE
from bot.services.walk import Walk, of
from storage import Session
from storage.queries import approval as rows
from storage.queries import calendar as calendars
from storage.queries import person as person_rows
from storage.queries.approval import DateRow, RoundRow, StepRow
from storage.tables import Program

WORKING: Final = frozenset({"active", "launched"})
"""States of a programme in which somebody has to act; in the others the clocks stand still."""


@dataclass(frozen=True)
class Sheet:
    """Everything about the approvals of some programmes, read at one moment."""

    session: Session
    now: datetime
    language: str
    workspace: str
    steps: Mapping[int, Mapping[str, StepRow]]
    dates: Mapping[int, DateRow]
    rounds: Mapping[int, Sequence[RoundRow]]
    messages: Mapping[tuple[str, int], tuple[str, str]]
    closed: frozenset[date]

    @classmethod
    def read(
        cls, session: Session, team: str, programs: Iterable[Program], now: datetime, language: str
    ) -> "Sheet":
        """Read what there is about these programmes; how many they are makes no more queries."""
        ids = [program.id for program in programs]
        steps = rows.steps(session, ids)
        known = person_rows.workspace(session)
        dates = rows.dates(session, ids)
        return cls(
            session=session,
            now=now,
            language=language,
            workspace=known.url if known else "",
            steps=steps,
            dates=dates,
            rounds=rows.rounds(session, ids),
            messages=rows.messages(session, ids),
            closed=calendars.closing_days(session, team),
        )

    def link(self, subject: str, subject_id: int) -> str:
        """Return the address of a board, or of a step's own message; nothing where there is none."""
        found = self.messages.get((subject, subject_id))
        return board.address(self.workspace, *found) if found else ""

    def left(self, program: Program, due: DateRow | None) -> Left | None:
        """Return how far away a date is, in working days of the calendar it was counted in."""
        if due is None:
            return None
        calendar = due.calendar or calendar_for("stripe", program.region)  # a date that Stripe named has none
        today = self.now.astimezone(ZoneInfo(due.zone)).date()
        return rules.left(due.due_on, today, calendar, self.closed)


@dataclass(frozen=True)
class Line:
    """One approval, or one round of one: how it stands, and the step that holds it up now."""

    sheet: Sheet
    walk: Walk
    step: PlanStep
    row: StepRow
    kind: str
    stand: Stand
    round: int = 0
    past: RoundRow | None = None
    holder: StepRow | None = None
    due: DateRow | None = None
    left: Left | None = None

    @property
    def owner(self) -> str:
        """Who has what holds it up; where we must act, the lead while nobody has it."""
        if self.holder is None:
            return ""
        return self.holder.assignee or (self.walk.program.lead if self.stand.actor == "us" else "")

    @property
    def late(self) -> bool:
        """True when what holds it up should be over."""
        return bool(self.stand.actor) and self.left is not None and self.left.overdue

    @property
    def link(self) -> str:
        """The address of the message of what holds it up, or held it; the board's while somebody must act."""
        own = self.sheet.link("step", (self.holder or self.row).id)
        board_ = self.sheet.link("program", self.walk.program.id) if self.stand.actor else ""
        return own or board_

    def facts(self) -> dict[str, Any]:
        """Return what a message says of it, in the reader's language; times as ISO text."""
        language, holder, due = self.sheet.language, self.holder, self.due
        others = [key for key in self.stand.holding if holder is None or key != holder.key]
        said = holder is not None and (
            holder.state == "blocked" or self.stand.state in {"changes_asked", "refused"}
        )
        ended = self.past.answered_at if self.past else self.row.happened_at if self.stand.ended else None
        by = self.past.answered_by if self.past else self.row.done_by if self.stand.ended else ""
        return {
            "key": self.row.key,
            "kind": self.kind,
            "round": self.round,
            "title": self.walk.title(self.row.key, language),
            "state": self.stand.state,
            "ours": self.step.actor == "us",
            "actor": self.stand.actor,
            "owner": self.owner,
            "taken": bool(holder and holder.assignee),
            "step": self.walk.title(holder.key, language) if holder and holder.key != self.row.key else "",
            "since": _iso(holder.opened_at) if holder else None,
            "blocked": bool(holder and holder.state == "blocked"),
            "note": (holder.note or "") if holder and said else "",
            "look_again_on": _iso(holder.look_again_on) if holder else None,
            "due": _iso(due.due_at) if due else None,
            "about": bool(due and due.about),
            "aim": bool(due and due.ladder == "aim"),
            "zone": due.zone if due else self.walk.program.zone,
            "days": self.left.days if self.left else None,
            "working": self.left.working if self.left else None,
            "late": self.late,
            "ended_at": _iso(ended),
            "ended_by": by,
            "next": [self.walk.title(key, language) for key in others],
            "after": [self.walk.title(key, language) for key in self.stand.after],
            "missing": [],
            "fit": self.row.outcome.get("fit", {}) if self.stand.ended else {},
            "link": self.link,
        }


def of_program(sheet: Sheet, program: Program) -> list[Line]:
    """Return the approvals of a programme in the order of its plan, and the earlier rounds of a review."""
    walk = of(sheet.session, program)
    known = sheet.steps[program.id]
    kinds = rules.kinds(walk.plan)
    recorded = {key: Recorded(row.state, row.outcome, bool(row.look_again_on)) for key, row in known.items()}
    stands = rules.stands(walk.steps, recorded, kinds)
    applying = {step.id: step for step in walk.steps}
    found: list[Line] = []
    for key, kind in kinds.items():
        row = known.get(key)
        if row is None:
            continue
        # What the programme needs no more is told only if it was given before.
        stand = stands.get(key) or Stand("approved" if row.state == "done" else "not_needed")
        step = applying.get(key) or walk.plan.by_id[key]
        if stand.state == "not_needed":
            continue
        found += _rounds(sheet, walk, step, row, kind, stand)
    return found


def _rounds(sheet: Sheet, walk: Walk, step: PlanStep, row: StepRow, kind: str, stand: Stand) -> list[Line]:
    """Return one approval; of one that judges a submission first the rounds that Stripe sent back."""
    program = walk.program
    here: list[Line] = []
    number = 0
    if rules.judges(step):
        sent = [one for one in sheet.rounds[program.id] if one.state in AT_STRIPE]
        here = [
            Line(sheet, walk, step, row, kind, Stand("changes_asked"), one.number, past=one)
            for one in sent
            if one.state == "revision"
        ]
        # The newest one is the subject once it was sent; before that the next one is.
        number = len(sent) + (not sent or sent[-1].state == "revision")
    holder = _holder(sheet, row, stand, sheet.steps[program.id])
    due = sheet.dates.get(holder.id) if holder is not None and program.state in WORKING else None
    line = Line(
        sheet, walk, step, row, kind, stand, number, holder=holder, due=due, left=sheet.left(program, due)
    )
    return [*here, line]


def _holder(sheet: Sheet, row: StepRow, stand: Stand, known: Mapping[str, StepRow]) -> StepRow | None:
    """Return the step that holds an approval up: itself, or of those before it the one due first."""
    if not stand.holding:
        return row if stand.actor else None
    dates = [sheet.dates.get(known[key].id) for key in stand.holding]
    ranked = sorted((one.due_on if one else date.max, number) for number, one in enumerate(dates))
    # What is sent to Stripe for it comes first, whatever else is due before.
    first = 0 if stand.state == "with_us" else ranked[0][1]
    return known[stand.holding[first]]


def _iso(moment: date | datetime | None) -> str | None:
    return moment.isoformat() if moment else None
