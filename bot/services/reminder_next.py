"""What happens if nobody moves: the messages of the next days, put together for a person to read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.domain.reminder import RUNGS, THREAD, Item, Message, Team
from bot.services import person as people
from bot.services.reminder import forecast
from storage import Session
from storage.tables import Program

DAYS = 30


def facts(
    session: Session, program: Program, language: str, country: str, now: datetime, days: int = DAYS
) -> dict[str, Any]:
    """Return the page of what will be said about a programme; the same message day after day is one line."""
    found, known, team = forecast(session, program.team, country, now, days=days, programs=[program.id])
    titles = {one.item.id: one.subject.title(language) for one in known}
    runs = [_shape(run, titles, team) for run in _runs(found, team)]
    users = [run[name] for run in runs for name in ("reader", "owner")]
    return {
        "name": program.name,
        "ref": program.ref,
        "days": days,
        "runs": runs,
        "names": people.names(session, program.team, [user for user in users if user != THREAD]),
    }


def _runs(found: Sequence[Message], team: Team) -> list[list[Message]]:
    """Group messages that say the same to the same reader on working days that follow each other."""
    runs: list[list[Message]] = []
    newest: dict[str, list[Message]] = {}
    for message in found:
        run = newest.get(message.reader)
        if run and message.reader != THREAD and _follows(run[-1], message, team):
            run.append(message)
            continue
        newest[message.reader] = [message]
        runs.append(newest[message.reader])
    return runs


def _follows(before: Message, message: Message, team: Team) -> bool:
    reader = team.reader(message.reader)
    next_day = team.days.after(reader.today(before.at))
    return next_day == reader.today(message.at) and _said(before) == _said(message)


def _said(message: Message) -> list[tuple[str, int]]:
    return [(rung, item.id) for rung, item in message.lines]


def _shape(run: Sequence[Message], titles: Mapping[int, str], team: Team) -> dict[str, Any]:
    first = run[0]
    item: Item = first.lines[0][1]
    reader = team.reader(first.reader if first.reader != THREAD else item.owner)
    last: date = reader.today(run[-1].at)
    return {
        "first": first.at.isoformat(),
        "last": last.isoformat(),
        "times": len(run),
        "reader": first.reader,
        "owner": item.owner,
        "zone": reader.zone,
        "lines": [
            {"rung": rung, "titles": [titles[one.id] for name, one in first.lines if name == rung]}
            for rung in RUNGS
            if any(name == rung for name, _ in first.lines)
        ],
    }
