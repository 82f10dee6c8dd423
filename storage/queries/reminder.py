"""Queries about reminders: which deadlines to look at, what was said, who sleeps on what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Executable, and_, bindparam, case, or_, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from storage.plain import run, table_of, with_defaults
from storage.queries.away import OPEN
from storage.queries.program import OF_STEPS, RUNNING
from storage.tables import Away, Deadline, Program, Step, Thread, Workspace
from storage.tables_reminder import Preference, Reminder, Snooze
from storage.upsert import insert_into

GOING: Final = ("active", "launched")
KEY: Final = ("subject", "subject_id", "reader", "slot")
CHUNK: Final = 400
"""Rows named in one statement: SQLite takes at most 32,766 values, and plans stay small."""


_PUT_AWAY: Final = (
    update(table_of(Deadline))
    .where(table_of(Deadline).c.id == bindparam("deadline"), table_of(Deadline).c.woken == bindparam("seen"))
    .values(next_at=bindparam("new_next_at"), reminded_to=bindparam("new_reminded_to"))
)


def due(session: Session, now: datetime) -> Sequence[Deadline]:
    """Return every deadline that is to be looked at now; none of the others is read."""
    return session.exec(
        select(Deadline).where(col(Deadline.next_at) <= now).order_by(col(Deadline.next_at), col(Deadline.id))
    ).all()


def open_ones(session: Session, team: str, programs: Collection[int] = ()) -> Sequence[Deadline]:
    """Return the open deadlines of running programmes and of no programme, or of these programmes only."""
    going = or_(col(Program.state).in_(GOING), col(Deadline.subject).not_in(OF_STEPS))
    wanted = (
        select(Deadline)
        .outerjoin(Program, col(Program.id) == col(Deadline.program_id))
        .where(Deadline.team == team, Deadline.state == "open", going)
        .order_by(col(Deadline.due_at), col(Deadline.id))
    )
    if programs:
        wanted = wanted.where(col(Deadline.program_id).in_(programs))
    return session.exec(wanted).all()


def steps(session: Session, ids: Collection[int]) -> dict[int, Step]:
    """Return steps by number."""
    return {
        row.id: row
        for part in _parts(ids)
        for row in session.exec(select(Step).where(col(Step.id).in_(part)))
    }


def programs(session: Session, ids: Collection[int]) -> dict[int, Program]:
    """Return programmes by number."""
    return {
        row.id: row
        for part in _parts(ids)
        for row in session.exec(select(Program).where(col(Program.id).in_(part)))
    }


def places(
    session: Session, step_ids: Collection[int], program_ids: Collection[int]
) -> dict[tuple[str, int], tuple[str, str]]:
    """Return channel and ts of the messages of these steps and programmes that are in Slack."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for subject, ids in (("step", step_ids), ("program", program_ids)):
        for part in _parts(ids):
            wanted = select(Thread).where(Thread.subject == subject, col(Thread.subject_id).in_(part))
            found |= {
                (subject, row.subject_id): (row.channel, row.ts) for row in session.exec(wanted) if row.ts
            }
    return found


def snoozes(session: Session, team: str, ids: Collection[int]) -> dict[tuple[str, int], Snooze]:
    """Return who sleeps on which of these subjects: the newest one each, where it is not canceled or over."""
    found: dict[tuple[str, int], Snooze] = {}
    for part in _parts(ids):
        rows = session.exec(
            select(Snooze)
            .join(Deadline, col(Deadline.id) == col(Snooze.deadline_id))
            .where(Deadline.state == "open", Snooze.team == team, col(Snooze.subject_id).in_(part))
            .order_by(col(Snooze.id))
        )
        found |= {(row.subject, row.subject_id): row for row in rows}
    return {key: row for key, row in found.items() if row.state == "asleep"}


def states(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the states of deadlines by number, as they are now."""
    found: dict[int, str] = {}
    for part in _parts(ids):
        rows = run(session, columns(col(Deadline.id), col(Deadline.state)).where(col(Deadline.id).in_(part)))
        found |= {row.id: row.state for row in rows}
    return found


def remember(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], int]:
    """Write reminders that nobody has written yet.

    Returns their numbers by subject, its number, reader and slot; one that was there is left out.
    """
    if not rows:
        return {}
    session.flush()
    statement = _remember(session.get_bind().dialect.name)
    ordered = sorted(rows, key=lambda row: tuple(row[name] for name in KEY))  # two workers wait in no circle
    found = session.connection().execute(statement, [with_defaults(Reminder, row) for row in ordered])
    return {tuple(row[:-1]): row[-1] for row in found}


@cache
def _remember(dialect: str) -> Executable:
    table = table_of(Reminder)
    written = insert_into(dialect, table).on_conflict_do_nothing()
    return written.returning(*(table.c[name] for name in KEY), table.c.id)


def belong(session: Session, ids: Collection[int], message_id: int) -> None:
    """Note with which message reminders were said."""
    for part in _parts(ids):
        run(session, update(Reminder).where(col(Reminder.id).in_(part)).values(message_id=message_id))


def put_away(session: Session, turns: Sequence[Mapping[str, Any]]) -> None:
    """Say when deadlines are looked at again, except those that were changed since they were read.

    Each turn names the `deadline`, its `woken` as it was `seen`, and its new `next_at` and `reminded_to`.
    """
    if turns:
        session.flush()
        session.connection().execute(_PUT_AWAY, turns)


def deadlines(session: Session, ids: Collection[int]) -> list[Deadline]:
    """Return deadlines by their numbers."""
    return [
        row
        for part in _parts(ids)
        for row in session.exec(select(Deadline).where(col(Deadline.id).in_(part)))
    ]


def lock(session: Session, deadline_id: int) -> Deadline:
    """Return a deadline, locked until the commit, as it is now."""
    return session.exec(
        select(Deadline)
        .where(Deadline.id == deadline_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def others(session: Session, team: str) -> Sequence[int]:
    """Return the open deadlines that are not of steps."""
    return session.exec(
        select(Deadline.id).where(
            Deadline.team == team, Deadline.state == "open", col(Deadline.subject).not_in(OF_STEPS)
        )
    ).all()


def wake(
    session: Session,
    now: datetime,
    *,
    steps_: Collection[int] = (),
    programs_: Collection[int] = (),
    deadlines_: Collection[int] = (),
) -> None:
    """Have the open deadlines of these steps or programmes, or these ones, looked at by the next tick.

    Those that nobody looked at (their programme stood still) begin anew: what was due meanwhile is not said.
    """
    wanted = (
        (col(Deadline.subject_id), steps_),
        (col(Deadline.program_id), programs_),
        (col(Deadline.id), deadlines_),
    )
    for column, ids in wanted:
        for part in _parts(ids):
            opened = and_(column.in_(part), col(Deadline.state) == "open")
            asleep = and_(opened, col(Deadline.next_at).is_(None))
            run(session, update(Deadline).where(asleep).values(next_at=now, reminded_to=now))
            earlier = case((col(Deadline.next_at) > now, now), else_=col(Deadline.next_at))
            woken = col(Deadline.woken) + 1
            run(session, update(Deadline).where(opened).values(next_at=earlier, woken=woken))


def wake_people(session: Session, team: str, users: Collection[str], now: datetime) -> None:
    """Have every open deadline looked at that these people may hear of: their programmes, their steps.

    Those for whom they stand in count as well; of cases (complaints, disputes, cards) every one is looked at.
    """
    users = {*users}
    for _ in range(len(users) + 1):  # a deputy of a deputy, and so on
        absent = select(Away.user).where(
            Away.team == team, col(Away.deputy).in_(users), col(Away.state).in_(OPEN)
        )
        more = {*session.exec(absent).all()} - users
        users |= more
        if not more:
            break
    theirs = select(Program.id).where(
        Program.team == team,
        col(Program.state).in_((*RUNNING, "launched")),
        or_(col(Program.lead).in_(users), col(Program.manager).in_(users), col(Program.manager) == ""),
    )
    held = select(Step.program_id).where(Step.team == team, col(Step.assignee).in_(users))
    found = {*session.exec(theirs).all(), *session.exec(held).all()}
    wake(session, now, programs_=found, deadlines_=others(session, team))


def managers(session: Session, team: str) -> list[tuple[str, datetime]]:
    """Return who manages running programmes, with the moment at which the first of them started."""
    found = session.exec(
        select(Program.manager, func.min(Program.started_at))
        .where(Program.team == team, col(Program.state).in_(GOING))
        .group_by(Program.manager)
    ).all()
    return [(user, started) for user, started in found]


def teams(session: Session) -> list[str]:
    """Return the workspaces."""
    return list(session.exec(select(Workspace.team)).all())


def without_digest(session: Session, team: str) -> set[str]:
    """Return who does not want the weekly digest."""
    return set(
        session.exec(
            select(Preference.user).where(Preference.team == team, col(Preference.digest).is_(False))
        ).all()
    )


def digests_said(session: Session, team: str, since: datetime) -> set[tuple[str, str]]:
    """Return which weekly digests were written, by reader and the Monday of their week."""
    return set(
        session.exec(
            select(Reminder.reader, Reminder.slot).where(
                Reminder.team == team, Reminder.subject == "digest", col(Reminder.due) >= since
            )
        ).all()
    )


def written(session: Session, team: str, ids: Collection[int], since: datetime) -> set[tuple[Any, ...]]:
    """Return what was written about these subjects since a moment, as the keys that `remember` returns."""
    found: set[tuple[Any, ...]] = set()
    for part in _parts(ids):
        wanted = columns(*(getattr(Reminder, name) for name in KEY)).where(
            and_(col(Reminder.team) == team, col(Reminder.subject_id).in_(part), col(Reminder.due) >= since)
        )
        found |= {tuple(row) for row in run(session, wanted)}
    return found


def said(session: Session, team: str, since: datetime) -> Sequence[Reminder]:
    """Return what was said since a moment, in the order of the moments that the ladders named."""
    return session.exec(
        select(Reminder)
        .where(Reminder.team == team, col(Reminder.at) >= since)
        .order_by(col(Reminder.due), col(Reminder.reader), col(Reminder.id))
    ).all()


def messages_by_reader(session: Session, since: datetime) -> dict[str, int]:
    """Return how many messages each reader got after a moment; lines in threads count under `thread`."""
    # A digest is a picture with words and no message of the outbox; each of its rows is one by itself.
    message = func.coalesce(Reminder.message_id, -col(Reminder.id))
    found = run(
        session,
        columns(col(Reminder.reader), func.count(func.distinct(message)).label("number"))
        .where(and_(col(Reminder.at) > since, col(Reminder.state) == "said"))
        .group_by(col(Reminder.reader)),
    )
    return {row.reader: row.number for row in found}


def _parts(ids: Iterable[int]) -> Iterable[list[int]]:
    listed = sorted(set(ids))
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))
