"""Queries about programmes, their steps, deadlines and evidence."""

from collections.abc import Collection, ItemsView, Iterator, Mapping, Sequence, ValuesView
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select, update

from storage.plain import alone, run
from storage.tables import Deadline, Evidence, File, Plan, Program, Step, Thread

if TYPE_CHECKING:
    from sqlalchemy.sql.dml import ReturningUpdate

RUNNING = ("active", "paused")

# Statements of every click are built once: building one costs more than running it.
OF_STEPS: Final = ("step", "duty", "look_again")
"""Subjects that stand still with their programme; all others have clocks that go on."""

_LOCK: Final = (
    select(Program)
    .where(Program.id == bindparam("program"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_STEPS: Final = (
    select(Step)
    .where(Step.program_id == bindparam("program"))
    .order_by(col(Step.position))
    .execution_options(populate_existing=True)
)
_SOME_STEPS: Final = (
    select(Step)
    .where(col(Step.id).in_(bindparam("steps", expanding=True)))
    .execution_options(populate_existing=True)
)
_STATES: Final = (
    select(Step.key, Step.id, Step.state)
    .where(Step.program_id == bindparam("program"))
    .order_by(col(Step.position))
)
_DEADLINE: Final = (
    select(Deadline)
    .where(Deadline.subject == bindparam("subject"), Deadline.subject_id == bindparam("step"))
    .order_by(col(Deadline.round).desc())
    .execution_options(populate_existing=True)
)
_DATES: Final = (
    columns(
        *(col(Deadline.subject_id), col(Deadline.state)),
        *(col(Deadline.due_at), col(Deadline.due_on), col(Deadline.about), col(Deadline.ladder)),
    )
    .where(col(Deadline.subject) == "step", col(Deadline.subject_id).in_(bindparam("steps", expanding=True)))
    .order_by(col(Deadline.round))
)
_CLOSE: Final = (
    update(Deadline)
    .where(
        col(Deadline.subject).in_(bindparam("subjects", expanding=True)),
        col(Deadline.subject_id) == bindparam("step"),
        col(Deadline.state).in_(("open", "stopped")),
    )
    .values(state=bindparam("ended"), next_at=None)
)

_OFFER: Final = (
    update(Step)
    .where(col(Step.id).in_(bindparam("steps", expanding=True)))
    .values(offered_by=bindparam("notice"))
)


class Steps(Mapping[str, Step]):
    """The steps of a programme by key, in the order of its plan; a row is read when somebody asks for it.

    Most work needs one or two of some fifty rows, and the states of all.
    """

    def __init__(self, session: Session, program_id: int) -> None:
        self._session = session
        self._program_id = program_id
        self._rows: dict[str, Step] = {}

    @property
    def states(self) -> dict[str, str]:
        """The state of each step, with what was changed in rows that were read here."""
        rows = self._rows
        return {key: rows[key].state if key in rows else state for key, (_, state) in self._known.items()}

    def key_of(self, step_id: int) -> str:
        """Return the key of a step of this programme."""
        return next(key for key, (known, _) in self._known.items() if known == step_id)

    def id_of(self, key: str) -> int:
        """Return the id of a step."""
        return self._rows[key].id if key in self._rows else self._known[key][0]

    def keep(self, row: Step) -> None:
        """Take over a row that was read already."""
        self._rows[row.key] = row

    def read(self, keys: Collection[str]) -> list[Step]:
        """Return the rows of these steps, read in one look."""
        missing = [self._known[key][0] for key in keys if key not in self._rows]
        if missing:
            found = self._session.exec(_SOME_STEPS, params={"steps": missing}).all()
            self._rows.update({row.key: row for row in found})
        return [self._rows[key] for key in keys]

    def values(self) -> ValuesView[Step]:
        """Return all rows."""
        return self._all.values()

    def items(self) -> ItemsView[str, Step]:
        """Return all rows with their keys."""
        return self._all.items()

    def __setitem__(self, key: str, row: Step) -> None:
        """Take up a step that has just joined the programme; its row has its id."""
        self._known[key] = (row.id, row.state)
        self._rows[key] = row

    def __contains__(self, key: object) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> Step:
        return self._rows[key] if key in self._rows else self.read([key])[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @cached_property
    def _known(self) -> dict[str, tuple[int, str]]:
        found = run(self._session, _STATES, program=self._program_id)
        return {row.key: (row.id, row.state) for row in found}

    @cached_property
    def _all(self) -> dict[str, Step]:
        self._rows = {row.key: row for row in steps(self._session, self._program_id)}
        return self._rows


class Dates(Protocol):
    """What a line says about a deadline."""

    state: str
    due_at: datetime
    due_on: date
    about: bool
    ladder: str


def lock(session: Session, program_id: int) -> Program | None:
    """Return a programme, locked until the commit: whoever changes it comes one after the other."""
    if alone(session):
        return session.get(Program, program_id)
    return session.exec(_LOCK, params={"program": program_id}).first()


def all_of(session: Session, team: str) -> Sequence[Program]:
    """Return every programme of the workspace, running ones first, then by number."""
    found = session.exec(select(Program).where(Program.team == team).order_by(col(Program.id))).all()
    return sorted(found, key=lambda program: program.state not in RUNNING)


def manages(session: Session, team: str, user: str) -> bool:
    """Tell whether somebody is the manager of a programme that was not canceled."""
    found = select(Program.id).where(
        Program.team == team, Program.manager == user, Program.state != "canceled"
    )
    return session.exec(found.limit(1)).first() is not None


def in_channel(session: Session, team: str, channel: str) -> Sequence[Program]:
    """Return the programmes that live in this channel, in the order they started."""
    return session.exec(
        select(Program).where(Program.team == team, Program.channel == channel).order_by(col(Program.id))
    ).all()


def of_thread(session: Session, thread: Thread) -> Program | None:
    """Return the programme a board or a step message belongs to."""
    if thread.subject == "program":
        return session.get(Program, thread.subject_id)
    step = session.get(Step, thread.subject_id)
    return session.get(Program, step.program_id) if step else None


def plan(session: Session, sha256: str) -> str:
    """Return the canonical text of a stored plan."""
    return session.exec(select(Plan.body).where(Plan.sha256 == sha256)).one()


def steps(session: Session, program_id: int) -> Sequence[Step]:
    """Return the steps of a programme in the order of its plan."""
    return session.exec(_STEPS, params={"program": program_id}).all()


def step_again(session: Session, row: Step) -> None:
    """Bring a row up to date that was read before its programme was locked."""
    if not alone(session):
        session.refresh(row)


def step(session: Session, step_id: int) -> Step | None:
    """Return one step."""
    return session.get(Step, step_id)


def steps_by_id(session: Session, step_ids: Sequence[int]) -> dict[int, Step]:
    """Return these steps by their number."""
    found = session.exec(_SOME_STEPS, params={"steps": list(step_ids)}).all()
    return {row.id: row for row in found}


def move_step(session: Session, step_id: int, *, states: Collection[str], **values: object) -> bool:
    """Change a step that is still in one of these states; false when somebody was first."""
    new = {f"new_{name}": value for name, value in values.items()}
    kept = run(session, _move(tuple(values)), step=step_id, states=list(states), **new).first()
    if kept is None:
        return False
    held = session.get(Step, step_id)  # this one row, instead of a look at each row of the session
    for name, value in zip(values, kept, strict=True):
        set_committed_value(held, name, value)
    return True


@lru_cache(maxsize=32)
def _move(names: tuple[str, ...]) -> "ReturningUpdate[Any]":
    """Return the statement that sets these columns: built once, as those above."""
    return (
        update(Step)
        .where(col(Step.id) == bindparam("step"), col(Step.state).in_(bindparam("states", expanding=True)))
        .values({name: bindparam(f"new_{name}") for name in names})
        .returning(*(getattr(Step, name) for name in names))
    )


def offer(session: Session, rows_of: Sequence[Step], notice_id: int) -> None:
    """Remember for these steps which notice has their button."""
    if rows_of:
        run(session, _OFFER, steps=[row.id for row in rows_of], notice=notice_id)
    for row in rows_of:
        set_committed_value(row, "offered_by", notice_id)


def deadline_of(session: Session, step_id: int, subject: str = "step") -> Deadline | None:
    """Return the newest deadline of a step, of its lasting duty, or of its day to look again."""
    return session.exec(_DEADLINE, params={"step": step_id, "subject": subject}).first()


def open_dates(session: Session, program_id: int) -> dict[int, date]:
    """Return the due dates of a programme's steps by step id, those that a pause has stopped included."""
    found = session.exec(
        select(col(Deadline.subject_id), col(Deadline.due_on)).where(
            Deadline.program_id == program_id,
            Deadline.subject == "step",
            col(Deadline.state).in_(("open", "stopped")),
        )
    ).all()
    return dict(found)


def looked_at_again(session: Session, program_id: int) -> dict[int, date]:
    """Return on which days blocked steps of a programme are to be looked at again, by step id."""
    found = session.exec(
        select(col(Deadline.subject_id), col(Deadline.due_on)).where(
            Deadline.program_id == program_id, Deadline.subject == "look_again", Deadline.state == "open"
        )
    ).all()
    return dict(found)


def dates_of(session: Session, step_ids: Collection[int]) -> dict[int, Dates]:
    """Return the newest deadline of each of these steps that has one, as plain values."""
    if not step_ids:
        return {}
    return {row.subject_id: cast("Dates", row) for row in run(session, _DATES, steps=list(step_ids))}


def close_deadlines(
    session: Session, step_id: int, state: str, subjects: Sequence[str] = ("step", "look_again")
) -> None:
    """End the open deadlines of a step; those of the lasting duty that came from it go on."""
    run(session, _CLOSE, step=step_id, ended=state, subjects=list(subjects))


def upcoming(session: Session) -> Sequence[tuple[Deadline, Step, Program]]:
    """Return the open deadlines of running programmes with their step and programme, by due date."""
    found = session.exec(
        select(Deadline, Step, Program)
        .join(Step, col(Step.id) == col(Deadline.subject_id))
        .join(Program, col(Program.id) == col(Deadline.program_id))
        .where(
            Deadline.state == "open",
            col(Deadline.subject).in_(OF_STEPS),
            col(Program.state).in_(("active", "launched")),
        )
        .order_by(col(Deadline.due_at))
    ).all()
    return [(deadline, step_, program) for deadline, step_, program in found]


def upcoming_cases(session: Session) -> Sequence[Deadline]:
    """Return the open deadlines of cases (complaints, disputes, cards), by due date."""
    return session.exec(
        select(Deadline)
        .where(Deadline.state == "open", col(Deadline.subject).not_in(OF_STEPS))
        .order_by(col(Deadline.due_at))
    ).all()


def evidence(session: Session, step_ids: Sequence[int]) -> Sequence[tuple[Evidence, File | None]]:
    """Return the evidence of these steps, oldest first, with the stored file."""
    found = session.exec(
        select(Evidence, File)
        .outerjoin(File, col(File.id) == col(Evidence.file_id))
        .where(col(Evidence.step_id).in_(step_ids))
        .order_by(col(Evidence.id))
    ).all()
    return [(row, file) for row, file in found]


def evidence_items(session: Session, step_id: int) -> set[str]:
    """Return the items of a step for which a piece of evidence is stored or on its way."""
    found = session.exec(
        select(Evidence.item).where(Evidence.step_id == step_id, col(Evidence.state) != "failed").distinct()
    ).all()
    return set(found)


def file_of(session: Session, team: str, sha256: str) -> File | None:
    """Return the stored file with these bytes."""
    return session.exec(select(File).where(File.team == team, File.sha256 == sha256)).first()


def launched(session: Session) -> frozenset[str]:
    """Return the references of the programmes that have been launched."""
    return frozenset(session.exec(select(Program.ref).where(col(Program.launched_at).is_not(None))).all())
