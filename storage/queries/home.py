"""Queries about Home pages: who looks at theirs, what has changed, what the page of one person is made of."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Protocol, cast

from sqlalchemy import bindparam, case, exists, literal, or_
from sqlalchemy import insert as insert_row
from sqlalchemy import select as columns
from sqlmodel import Session, col, delete, select, update

from bot.domain.onboarding import ENDED
from storage.plain import alone, run, table_of
from storage.tables import Deadline, Program, Step
from storage.tables_home import HomeMark, HomePage
from storage.upsert import insert_once

# Statements of every click are built once: building one costs more than running it.
_LOOKS: Final = columns(literal(1)).where(
    exists().where(
        col(HomePage.team) == bindparam("team"),
        col(HomePage.opened_at) >= bindparam("since"),
    )
)
_MARK: Final = insert_row(table_of(HomeMark)).inline()
_MARKS: Final = columns(col(HomeMark.id)).order_by(col(HomeMark.id)).limit(bindparam("limit"))
_LATE: Final = (
    columns(col(HomePage.team))
    .where(col(HomePage.next_at) <= bindparam("now"), col(HomePage.opened_at) >= bindparam("since"))
    .limit(1)
)
_TAKE: Final = delete(HomeMark).where(
    col(HomeMark.id).in_(
        select(HomeMark.id)
        .order_by(col(HomeMark.id))
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)  # PostgreSQL: two workers neither wait for each other nor deadlock
    )
)
_OPEN: Final = columns(col(HomePage.team), col(HomePage.user), col(HomePage.programs)).where(
    col(HomePage.opened_at) >= bindparam("since")
)
_PASSED: Final = columns(col(HomePage.team), col(HomePage.user)).where(
    col(HomePage.next_at) <= bindparam("now"), col(HomePage.opened_at) >= bindparam("since")
)
_WANT: Final = (
    update(HomePage)
    .where(col(HomePage.team) == bindparam("of_team"), col(HomePage.user) == bindparam("of_user"))
    .values(wanted=col(HomePage.wanted) + 1, next_at=None)
    .returning(col(HomePage.wanted))
)
_SHOWN: Final = (
    update(HomePage)
    .where(col(HomePage.team) == bindparam("of_team"), col(HomePage.user) == bindparam("of_user"))
    .values(
        shown=case(
            (col(HomePage.shown) < bindparam("version"), bindparam("version")), else_=col(HomePage.shown)
        ),
        hash=bindparam("new_hash"),
        programs=bindparam("new_programs", type_=table_of(HomePage).c.programs.type),
        next_at=bindparam("new_next_at", type_=table_of(HomePage).c.next_at.type),
    )
    .returning(col(HomePage.wanted))
)
_STEPS: Final = (
    columns(
        *(col(Step.program_id), col(Step.id), col(Step.key), col(Step.state)),
        *(col(Step.assignee), col(Step.deputy), col(Step.look_again_on)),
    )
    .join(Program, col(Program.id) == col(Step.program_id))
    .where(col(Step.team) == bindparam("team"), col(Program.state) != "canceled")
    .order_by(col(Step.program_id), col(Step.position))
)
_DATES: Final = (
    columns(
        *(col(Deadline.id), col(Deadline.subject), col(Deadline.subject_id), col(Deadline.due_on)),
        *(col(Deadline.about), col(Deadline.ladder)),
    )
    .where(col(Deadline.team) == bindparam("team"), col(Deadline.state) == "open")
    .order_by(col(Deadline.round))
)


class OpenPage(Protocol):
    """The page of somebody who looked at it lately."""

    team: str
    user: str
    programs: list[int]


class Date(Protocol):
    """An open deadline as Home shows it."""

    id: int
    subject: str
    subject_id: int
    due_on: date
    about: bool
    ladder: str


def mark(
    session: Session, team: str, since: datetime, *, program_id: int | None = None, user: str = ""
) -> None:
    """Note that pages have to follow, unless nobody at all has looked at theirs `since` then."""
    # Elsewhere somebody may be opening theirs at this moment, unseen by us: there a change is always noted.
    if alone(session) and run(session, _LOOKS, team=team, since=since).first() is None:
        return
    run(session, _MARK, team=team, program_id=program_id, user=user)


def due(session: Session, now: datetime, since: datetime) -> bool:
    """Tell whether something has changed, or time has changed a page that somebody has looked at `since`."""
    if run(session, _MARKS, limit=1).first() is not None:
        return True
    return run(session, _LATE, now=now, since=since).first() is not None


def take_marks(session: Session, limit: int) -> Sequence[Any]:
    """Take marks away; returns team, program_id and user of each. Another worker gets none of them."""
    statement = _TAKE.returning(col(HomeMark.team), col(HomeMark.program_id), col(HomeMark.user))
    return run(session, statement, limit=limit).all()


def open_pages(session: Session, since: datetime) -> Sequence[OpenPage]:
    """Return the pages that somebody has looked at since then."""
    return cast("Sequence[OpenPage]", run(session, _OPEN, since=since).all())


def passed(session: Session, now: datetime, since: datetime) -> set[tuple[str, str]]:
    """Return team and user of the open pages that time has changed."""
    return {(row.team, row.user) for row in run(session, _PASSED, now=now, since=since)}


def page(session: Session, team: str, user: str) -> HomePage | None:
    """Return the page of somebody who has ever opened theirs."""
    return session.get(HomePage, (team, user))


def opened(session: Session, team: str, user: str, now: datetime) -> datetime | None:
    """Remember that somebody looks at their page; returns when they did before, None for the first time."""
    values = {"team": team, "user": user, "opened_at": now}
    if insert_once(session, HomePage, values, conflict=["team", "user"]):
        return None
    row = session.exec(
        select(HomePage)
        .where(HomePage.team == team, HomePage.user == user)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    before, row.opened_at = row.opened_at, now
    session.add(row)
    session.flush()
    return before


def turn(session: Session, team: str, user: str, place: Mapping[str, int]) -> None:
    """Remember which part of each long list somebody looks at."""
    session.flush()
    session.exec(
        update(HomePage)
        .where(col(HomePage.team) == team, col(HomePage.user) == user)
        .values(place=dict(place))
    )


def want(session: Session, team: str, user: str) -> int:
    """Count one more change that a page has to show; 0 without a page. It stays locked until the commit."""
    found = run(session, _WANT, of_team=team, of_user=user).first()
    return int(found.wanted) if found else 0


def shown(
    session: Session,
    team: str,
    user: str,
    version: int,
    hash_: str,
    programs: Collection[int],
    next_at: datetime | None,
) -> int:
    """Record what the person sees now; returns how many changes are wanted. The row stays locked."""
    found = run(
        session,
        _SHOWN,
        of_team=team,
        of_user=user,
        version=version,
        new_hash=hash_,
        new_programs=list(programs),
        new_next_at=next_at,
    ).first()
    return int(found.wanted) if found else version


def forget_hash(session: Session, team: str, user: str, hash_: str) -> None:
    """Nobody knows any more which page Slack holds, unless another worker has learnt it meanwhile."""
    session.flush()
    session.exec(
        update(HomePage)
        .where(col(HomePage.team) == team, col(HomePage.user) == user, col(HomePage.hash) == hash_)
        .values(hash="")
    )


def steps(session: Session, team: str) -> Sequence[Any]:
    """Return every step of the programmes that were not canceled, in the order of their plans.

    As plain values: program_id, id, key, state, assignee, deputy, look_again_on.
    """
    return run(session, _STEPS, team=team).all()


def people_of(session: Session, program_ids: Collection[int]) -> dict[int, set[str]]:
    """Return for each programme everybody who has one of its steps or lasting duties."""
    found: dict[int, set[str]] = {number: set() for number in program_ids}
    rows = session.exec(
        select(Step.program_id, Step.assignee, Step.deputy)
        .where(
            col(Step.program_id).in_(program_ids),
            or_(col(Step.assignee) != "", col(Step.deputy) != ""),
            or_(col(Step.state).not_in(ENDED), col(Step.state) == "done"),
        )
        .distinct()
    ).all()
    for number, assignee, deputy in rows:
        found[number] |= {assignee, deputy} - {""}
    return found


def dates(session: Session, team: str) -> dict[tuple[str, int], Date]:
    """Return the newest open deadline of each subject that has one, by subject and its id."""
    return {(row.subject, row.subject_id): cast("Date", row) for row in run(session, _DATES, team=team)}
