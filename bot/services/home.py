"""Home: who looks at it, whose page has to follow a change, and when time alone changes one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain.error import NotFoundError
from bot.outbox import HOME_OPEN, put_home, put_pages
from bot.services import home_page, standing
from bot.services import person as people
from storage import Session
from storage.queries import home as rows
from storage.queries import person as person_rows
from storage.tables import Program
from storage.tables_home import HomePage

A_WHILE: Final = timedelta(minutes=10)
"""Whoever comes back to Home after longer than this sees each list from its beginning."""

MOST_MARKS: Final = 500
LISTS: Final = ("mine", "programs", "late", "others")
"""The long lists of a page, each shown in parts."""

SEES_ALL: Final = ("manager", "admin")
"""Whose page lists what is overdue in every programme."""


def opened(session: Session, team: str, user: str, now: datetime) -> None:
    """Somebody opens their Home tab: they see it as it is now, and from here on it follows every change."""
    before = rows.opened(session, team, user, now)
    if before is not None and now - before > A_WHILE:
        rows.turn(session, team, user, {})
    put_home(session, team, user, now=now)


def clicked(session: Session, team: str, user: str, now: datetime) -> None:
    """Somebody has changed something from their Home tab: it shows that at once."""
    rows.opened(session, team, user, now)
    put_home(session, team, user, now=now)


def turn(session: Session, team: str, user: str, what: str, part: int, now: datetime) -> None:
    """Show another part of a long list to somebody who looks at their page.

    Raises:
        NotFoundError: there is no such list.
    """
    if what not in LISTS or part < 0:
        raise NotFoundError("error.old_button")
    rows.opened(session, team, user, now)
    page = rows.page(session, team, user)
    place = dict(page.place) if page else {}
    rows.turn(session, team, user, {**place, what: part})
    put_home(session, team, user, now=now)


def show(session: Session, team: str, user: str, now: datetime) -> None:
    """Bring somebody's page up to date at once, if they look at it."""
    put_home(session, team, user, now=now)


def due(session: Session, now: datetime) -> bool:
    """Tell whether some page has to follow: something was changed, or time has changed it."""
    return rows.due(session, now, now - HOME_OPEN)


def follow(session: Session, now: datetime, at: datetime) -> int:
    """Put the pages that have to follow by now, to leave at `at` (wall time); returns how many.

    Marks that are taken here came with changes that are committed: the page, read when it leaves, has them.
    """
    marks = rows.take_marks(session, MOST_MARKS)
    looked_at = rows.open_pages(session, now - HOME_OPEN)
    whose = rows.passed(session, now, now - HOME_OPEN)
    whose |= {(mark.team, mark.user) for mark in marks if mark.user}
    changed = {(mark.team, mark.program_id) for mark in marks if mark.program_id}
    for team in {team for team, _ in changed} if looked_at else ():
        numbers = {number for its, number in changed if its == team}
        concerned = _concerned(session, team, numbers, now)
        whose |= {
            (team, page.user)
            for page in looked_at
            if page.team == team and (page.user in concerned or not numbers.isdisjoint(page.programs))
        }
    put_pages(session, whose & {(page.team, page.user) for page in looked_at}, at=at, now=now)
    return len(whose)


def load(session: Session, page: HomePage, now: datetime, *, language: str) -> dict[str, Any]:
    """Return what a page says, for `bot.effects.deliver`; `language` is for whoever chose and has none."""
    who = people.asker(session, team=page.team, user=page.user, now=now, language=language)
    return home_page.facts(session, who, page.place, now)


def _concerned(session: Session, team: str, programs: Iterable[int], now: datetime) -> set[str]:
    """Return whom a change of these programmes concerns, by what their rows say now.

    Who had something until now is known by the programmes that their page shows.
    """
    found = set(person_rows.holders(session, team, SEES_ALL, now.date()))
    for number, holders in rows.people_of(session, list(programs)).items():
        program = session.get(Program, number)
        if program is not None:
            named = {program.lead, program.manager, *program.deputies, *holders} - {""}
            who_is_away = standing.at(session, team, named, now)
            found |= named | {who_is_away.stand_in(user) for user in named & set(who_is_away.away)}
    return found - {""}
