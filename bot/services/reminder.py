"""Reminders: what the tick finds due, what it says, and what will be said if nobody moves.

`look` reads and decides, without a write; `say` writes one message with its reminders, in a transaction. Who
looks twice, or at the same time, says it once: each subject has one row for a reader and a slot (their day).
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain.reminder import (
    DIGEST,
    THREAD,
    Call,
    Item,
    Message,
    Reader,
    Team,
    apart,
    calls,
    digests,
    messages,
    next_call,
)
from bot.services import digest
from bot.services.reminder_facts import DIGEST_ITEM, Known, known, readers, team_of
from storage import Session
from storage.queries import away as absences
from storage.queries import reminder as rows
from storage.tables import Deadline

PUNCTUAL: Final = timedelta(minutes=15)
"""What is no later than this is said although the reader's quiet hours may have begun."""

LATE: Final = timedelta(hours=24)
"""What is later than this was missed: a list says so, a line in a thread is left out."""

AFTER_TROUBLE: Final = timedelta(hours=1)
_log: Final = logging.getLogger(__name__)

DIGEST_BACK: Final = timedelta(days=4)
"""How long after its morning a digest is still sent."""


@dataclass(frozen=True)
class Due:
    """One message to write: for whom, which calls it tells of, and since when something was missed."""

    team: str
    reader: str
    said: tuple[Call, ...]
    missed: tuple[Call, ...] = ()
    since: datetime | None = None
    digest: Mapping[str, Any] | None = None  # read before the transaction: forty programmes take a while


@dataclass(frozen=True)
class Turn:
    """When a deadline is looked at again; `seen` is its `woken` as it was, so that a change wins."""

    deadline_id: int
    seen: int
    next_at: datetime | None
    reminded_to: datetime | None
    before: datetime | None = None  # what `reminded_to` was


@dataclass
class Look:
    """What a tick found: messages to write, then deadlines to put away until their next moment."""

    due: list[Due] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    known: dict[int, Known] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)


def look(session: Session, country: str, now: datetime, *, moved: bool = False) -> Look:
    """Return what is due now.

    Args:
        session: for reading.
        country: the team's own, for the days on which people are written to.
        now: business time.
        moved: the clock was moved, as in the playground: then nothing waits for a morning that was left out.
    """
    found = Look()
    read = rows.due(session, now)
    by_team: dict[str, list[Deadline]] = {}
    for row in read:
        by_team.setdefault(row.team, []).append(row)
    for team, deadlines in by_team.items():
        _of_team(session, found, team, deadlines, country, now, moved=moved)
    for team in rows.teams(session):
        found.due += _digests(session, found, team, country, now, moved=moved)
    return found


def _of_team(
    session: Session,
    found: Look,
    name: str,
    deadlines: Sequence[Deadline],
    country: str,
    now: datetime,
    *,
    moved: bool,
) -> None:
    facts = _readable(session, found, deadlines, now)
    found.known |= {one.item.id: one for one in facts.values()}
    team = found.teams[name] = team_of(session, name, [one.item for one in facts.values()], country, now)
    pending = _pending(session, name, deadlines, facts, team, now)
    told: dict[tuple[str, int], list[Call]] = {}
    for row in deadlines:
        one = facts.get(row.id)
        if one is None:
            continue
        if not one.runs and not one.item.ladder.emergency:
            found.turns.append(Turn(row.id, row.woken, None, row.reminded_to))  # its programme wakes it
            continue
        held: list[datetime] = []
        for call in pending[row.id]:
            reader = _reader(call, team)
            if reader is not None and not _may_say(call, reader, team, now, moved=moved):
                held.append(_next_morning(reader, team, now))
            else:
                told.setdefault((call.reader, apart(call)), []).append(call)
        following = next_call(one.item, team, now)
        moments = [*held, *([following] if following else [])]
        said_to = row.reminded_to if held else now
        found.turns.append(Turn(row.id, row.woken, min(moments, default=None), said_to, row.reminded_to))
    dues = [_due(name, reader, called, now) for (reader, _), called in sorted(told.items())]
    found.due += sorted(dues, key=lambda due: not due.said or not due.said[0].item.ladder.emergency)


def _readable(
    session: Session, found: Look, deadlines: Sequence[Deadline], now: datetime
) -> dict[int, Known]:
    """Return the facts of each deadline; one that cannot be read is logged, and stops none of the others."""
    try:
        return {one.item.id: one for one in known(session, deadlines)}
    except Exception:  # noqa: BLE001 - looked at one by one below
        _log.warning("some deadline cannot be read; looking for it", exc_info=True)
    facts: dict[int, Known] = {}
    for row in deadlines:
        try:
            facts[row.id] = known(session, [row])[0]
        except Exception:  # noqa: BLE001 - logged, and looked at again
            _log.exception("deadline %s cannot be read; it is looked at again in an hour", row.id)
            found.turns.append(Turn(row.id, row.woken, now + AFTER_TROUBLE, row.reminded_to))
    return facts


def _pending(
    session: Session,
    name: str,
    deadlines: Sequence[Deadline],
    facts: Mapping[int, Known],
    team: Team,
    now: datetime,
) -> dict[int, list[Call]]:
    """Return by deadline the calls that are due and not written yet."""
    pending = {
        row.id: calls(facts[row.id].item, team, row.reminded_to or row.next_at or now, now)
        for row in deadlines
        if row.id in facts
    }
    late = [call for found in pending.values() for call in found if now - call.at > PUNCTUAL]
    if late:  # rarely: after an outage, or when somebody else has other mornings now
        since = min(call.at for call in late) - timedelta(days=2)
        there = rows.written(session, name, [call.item.subject_id for call in late], since)
        pending = {
            number: [call for call in found if key_of(call) not in there] for number, found in pending.items()
        }
    return pending


def key_of(call: Call) -> tuple[Any, ...]:
    """Return what makes a call once, as `storage.queries.reminder.KEY` names it."""
    return (call.item.subject, call.item.subject_id, call.reader, call.slot)


def _due(team: str, reader: str, called: Sequence[Call], now: datetime) -> Due:
    """Put calls together, of which the last one of each deadline is said."""
    last: dict[int, Call] = {}
    for call in sorted(called, key=lambda one: one.at):
        last[call.item.id] = call
    if reader == THREAD:
        last = {number: call for number, call in last.items() if now - call.at < LATE}
    said = tuple(last.values())
    missed = tuple(call for call in called if call not in said)
    first = min(call.at for call in called)
    return Due(team, reader, said, missed, first if now - first > LATE else None)


def _digests(
    session: Session, found: Look, name: str, country: str, now: datetime, *, moved: bool
) -> list[Due]:
    """Return the weekly digests that are due and not written yet."""
    team = found.teams.get(name) or team_of(session, name, (), country, now)
    wanted = []
    for reader, moment, item in digest_calls(session, name, team, now - DIGEST_BACK, now):
        call = Call(moment, reader.today(moment), reader.user, DIGEST, item)
        if _may_say(call, reader, team, now, moved=moved):
            wanted.append(call)
    there = rows.digests_said(session, name, now - DIGEST_BACK - timedelta(days=1)) if wanted else set()
    return [
        Due(name, call.reader, (call,), digest=digest.facts_for(session, name, call.reader, now))
        for call in wanted
        if (call.reader, call.slot) not in there
    ]


def digest_calls(
    session: Session, name: str, team: Team, after: datetime, until: datetime
) -> list[tuple[Reader, datetime, Item]]:
    """Return who gets a weekly digest in a span, and when: managers with a programme that had started."""
    managing = dict(rows.managers(session, name))
    without = managing.pop("", None)  # programmes without a manager are those of every manager
    users = {**dict.fromkeys(team.managers, without), **managing}
    opted_out = rows.without_digest(session, name)
    asked = readers(session, name, [user for user in users if user not in opted_out])
    gone = absences.unreachable(session, name, list(users), until.date())
    found = []
    for user, reader in asked.items():
        began = [moment for moment in (users[user], without if user in team.managers else None) if moment]
        found += [
            (reader, moment, DIGEST_ITEM)
            for moment in digests(reader, team.days, after, until)
            if began and min(began) <= moment and user not in gone
        ]
    return found


def forecast(
    session: Session,
    team: str,
    country: str,
    now: datetime,
    *,
    days: int = 30,
    programs: Collection[int] = (),
) -> tuple[list[Message], list[Known], Team]:
    """Return every message of the next days if nobody moves, as the tick will send them.

    Also returned are the deadlines they tell of and the team. With `programs`, only these programmes count
    and digests are left out.
    """
    facts = [one for one in known(session, rows.open_ones(session, team, programs)) if one.runs]
    people = team_of(session, team, [one.item for one in facts], country, now)
    until = now + timedelta(days=days)
    called = [call for one in facts for call in calls(one.item, people, now, until)]
    if not programs:
        called += [
            Call(moment, reader.today(moment), reader.user, DIGEST, item)
            for reader, moment, item in digest_calls(session, team, people, now, until)
        ]
    return messages(called), facts, people


def turn(session: Session, turns: Iterable[Turn]) -> None:
    """Put deadlines away until their next moment, except those that were changed meanwhile."""
    rows.put_away(
        session,
        [
            {
                "deadline": one.deadline_id,
                "seen": one.seen,
                "new_next_at": one.next_at,
                "new_reminded_to": one.reminded_to,
            }
            for one in turns
        ],
    )


def _reader(call: Call, team: Team) -> Reader | None:
    """Return whose quiet hours count for a call; None where none do."""
    if call.item.ladder.emergency:
        return None
    user = call.reader
    if user == THREAD:
        user = team.acting(call.item.owner, call.item.manager, call.day)
    return team.reader(user)


def _may_say(call: Call, reader: Reader, team: Team, now: datetime, *, moved: bool) -> bool:
    # A line in a thread waits for nobody's morning: the due day would be over.
    if moved or call.reader == THREAD or now - call.at <= PUNCTUAL:
        return True
    return reader.awake(now) and team.days.includes(reader.today(now))


def _next_morning(reader: Reader, team: Team, now: datetime) -> datetime:
    day = team.days.from_(reader.today(now))
    return reader.list_at(day) if reader.list_at(day) > now else reader.list_at(team.days.after(day))


def per_person(session: Session, since: datetime) -> dict[str, int]:
    """Return how many messages each reader got after a moment; lines in threads count under `thread`."""
    return rows.messages_by_reader(session, since)
