"""Writing one message of reminders: its rows, and what is put into the outbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bot.domain.reminder import DIGEST, LONG_OVERDUE, TEAM_OVERDUE, THREAD, Call
from bot.outbox import put_direct, put_notice
from bot.services import digest, preference, standing
from bot.services.person import names
from bot.services.reminder import Due, Look, key_of
from bot.services.reminder_facts import Lines, known
from storage import Session
from storage.queries import person as people
from storage.queries import reminder as rows

MOST_KEPT: Final = 60
"""Lines of a list that are kept with it; it says how many more there are."""

ROLE: Final = "role:"


def say(session: Session, due: Due, look: Look, now: datetime) -> int:
    """Write a message, unless somebody else has; returns how many were put into the outbox.

    What has ended meanwhile, and what was written before, is left out; nothing left is no message.
    """
    states = rows.states(session, [call.item.id for call in due.said if call.item.id])
    alive = [call for call in due.said if not call.item.id or states.get(call.item.id) == "open"]
    written = rows.remember(
        session,
        [_row(due, call, "said", now) for call in alive]
        + [_row(due, call, "missed", now) for call in due.missed],
    )
    fresh = [call for call in alive if key_of(call) in written]
    if not fresh:
        return 0
    numbers = _put(session, due, fresh, look, now)
    for number in numbers:
        rows.belong(session, [written[key_of(call)] for call in fresh], number)
    return len(numbers)


def _put(session: Session, due: Due, fresh: Sequence[Call], look: Look, now: datetime) -> list[int]:
    if fresh[0].rung == DIGEST:
        facts = dict(due.digest) if due.digest is not None else None
        digest.put(session, team=due.team, user=due.reader, now=now, facts=facts)
        return []
    # Read again: what the look read belongs to a session that is over, and would open one of its own.
    lines = Lines(session, known(session, rows.deadlines(session, [call.item.id for call in fresh])))
    if due.reader == THREAD:
        # A case that no channel could take has no thread: it stands in people's lists alone.
        placed = [call for call in fresh if lines.known(call.item).subject.root().id]
        return [_in_thread(session, due, call, lines, look, now) for call in placed]
    if due.reader.startswith(ROLE):
        return _emergency(session, due, fresh, lines, look, now)
    return [_list(session, due, fresh, lines, look, now)]


def _list(session: Session, due: Due, fresh: Sequence[Call], lines: Lines, look: Look, now: datetime) -> int:
    team = look.teams[due.team]
    reader = team.reader(due.reader)
    language = preference.language(session, due.team, due.reader)
    ordered = sorted(fresh, key=lambda call: (call.item.due_at, call.item.id))
    said = [lines.line(call.rung, call.item, team, call.at, language) for call in ordered]
    mine = _once([line for line in said if line["rung"] not in {TEAM_OVERDUE, LONG_OVERDUE}])
    others = {
        "team": [line for line in said if line["rung"] == TEAM_OVERDUE],
        "long": [line for line in said if line["rung"] == LONG_OVERDUE],
    }
    facts: dict[str, Any] = {
        "user": due.reader,
        "day": max(call.day for call in fresh).isoformat(),
        "since": due.since.isoformat() if due.since else None,
        "zone": reader.zone,
        "mine": mine[:MOST_KEPT],
        **{name: found[:MOST_KEPT] for name, found in others.items()},
        "counts": {"mine": len(mine), **{name: len(found) for name, found in others.items()}},
        "names": lines.names(due.team, said),
    }
    return put_direct(
        session,
        team=due.team,
        user=due.reader,
        view="reminder.list",
        facts=facts,
        language=language,
        now=now,
    )


def _once(said: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one line for each step: that of its date, before that of the day to look at it again."""
    dated = {line["id"] for line in said if line["kind"] != "look_again"}
    return [line for line in said if line["kind"] != "look_again" or line["id"] not in dated]


def _in_thread(session: Session, due: Due, call: Call, lines: Lines, look: Look, now: datetime) -> int:
    subject = lines.known(call.item).subject
    language, owner, program = subject.language(), call.item.owner, subject.program
    line = lines.line(call.rung, call.item, look.teams[due.team], call.at, language)
    absent = standing.of_program(session, program, [owner], now) if program else {}
    if not program:
        absent = standing.at(session, due.team, [owner], now).facts([owner], lead="", manager="")
    users = [owner, *(known["deputy"] for known in absent.values())]
    facts = {"line": line, "absent": absent, "names": names(session, due.team, users)}
    return put_notice(
        session,
        subject.root(),
        "reminder.thread",
        {**facts, "program": line["program"]} if program else facts,
        language=language,
        now=now,
    )


def _emergency(
    session: Session, due: Due, fresh: Sequence[Call], lines: Lines, look: Look, now: datetime
) -> list[int]:
    """Write to everybody who holds the role or stands in for them, or to the admins where nobody can."""
    role, team, today = due.reader.removeprefix(ROLE), look.teams[due.team], now.date()
    asked = [people.holders(session, due.team, [one], today) for one in (role, "admin")]
    acting = [dict.fromkeys(team.acting(user, "", today) for user in users) for users in asked]
    called = [[user for user in users if user] for users in acting]
    found: list[int] = []
    for user in called[0] or called[1]:
        language = preference.language(session, due.team, user)
        newest = {call.item.id: call for call in fresh}.values()  # after an outage, each case once
        said = [lines.line(call.rung, call.item, look.teams[due.team], now, language) for call in newest]
        facts = {"user": user, "role": role, "lines": said, "names": lines.names(due.team, said)}
        found.append(
            put_direct(
                session,
                team=due.team,
                user=user,
                view="reminder.emergency",
                facts=facts,
                language=language,
                now=now,
            )
        )
    return found


def _row(due: Due, call: Call, state: str, now: datetime) -> dict[str, Any]:
    return {
        "team": due.team,
        "subject": call.item.subject,
        "subject_id": call.item.subject_id,
        "rung": call.rung,
        "due": call.at,
        "reader": due.reader,
        "slot": call.slot,
        "state": state,
        "at": now,
    }
