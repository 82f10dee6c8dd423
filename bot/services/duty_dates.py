"""When lasting duties are due: counted from what was done, and kept as deadlines."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.duty import next_due
from bot.services import deadline as clocks
from bot.services.walk import Walk
from storage.queries import duty as rows
from storage.tables import Step


def due_dates(walk: Walk) -> dict[str, date | None]:
    """Return when each lasting duty of a programme is due next, by step."""
    if not duties_of(walk):
        return {}
    done = rows.last_done(walk.session, walk.program.id)
    return {
        row.key: next_due(
            walk.step(row.key).repeats, since(walk), done[row.id].on if row.id in done else None
        )
        for row in duties_of(walk)
    }


def keep_dates(walk: Walk, now: datetime) -> None:
    """Let the deadlines of the lasting duties follow what was done; before launch there are none."""
    launched = walk.program.state == "launched"
    for key, due in due_dates(walk).items():
        clocks.keep_duty(walk.session, walk.program, walk.rows[key], due if launched else None, now)


def duties_of(walk: Walk) -> list[Step]:
    """Return the steps that name an owner and a deputy for a duty, once they have."""
    return walk.rows.read(
        [key for key, state in walk.states.items() if key in walk.plan.duties and state == "done"]
    )


def since(walk: Walk) -> date | None:
    """Return the day of the launch in the programme's zone."""
    launched = walk.program.launched_at
    return launched.astimezone(ZoneInfo(walk.program.zone)).date() if launched else None
