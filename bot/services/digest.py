"""The weekly digest of a manager: what changed, what is overdue, and when each programme can launch."""

from datetime import datetime, timedelta
from typing import Any, Final

from bot.domain import onboarding
from bot.domain.forecast import Pace
from bot.domain.timeline import day
from bot.services import board, forecast, picture, preference, standing
from bot.services.walk import Walk, of
from storage import Session
from storage.queries import forecast as rows
from storage.queries import person as person_rows
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.tables import Program

WEEK: Final = timedelta(days=7)
STEERING: Final = ("manager", "admin")
"""Roles whose holders hear of programmes that have no manager."""


def put(
    session: Session, *, team: str, user: str, now: datetime, facts: dict[str, Any] | None = None
) -> None:
    """Put the digest of somebody on its way: a picture and its numbers, in their conversation with the bot.

    Nothing is put for who answers for no running programme. Whether they want one is for the caller to know.

    Args:
        session: the caller's transaction.
        team: the workspace.
        user: the manager, or who stands in for one.
        now: business time.
        facts: as `facts_for` returned them, read before the transaction; without them they are read here,
            which takes some milliseconds for each programme.
    """
    found = facts_for(session, team, user, now) if facts is None else facts
    if not found["programs"]:
        return
    picture.put(
        session,
        team=team,
        kind="digest",
        person=user,
        language=found["language"],
        facts=found,
        name=f"gantry-{found['today']}.png",
        now=now,
    )


def answered_for(session: Session, team: str, user: str, now: datetime) -> list[Program]:
    """Return the running programmes somebody answers for, themself or in place of who is away or gone.

    Managers and admins also answer for those without a manager.
    """
    running = [one for one in programs.all_of(session, team) if one.state in programs.RUNNING]
    managers = {one.manager for one in running} - {""}
    away = standing.at(session, team, managers, now)
    absent = {one for one in managers if one in away.away or one in away.gone}
    acts_for = {user, *(one for one in absent if away.stand_in(one) == user)}
    steers = user in person_rows.holders(session, team, STEERING, now.date())
    return [one for one in running if one.manager in acts_for or (steers and not one.manager)]


def facts_for(session: Session, team: str, user: str, now: datetime) -> dict[str, Any]:
    """Return what the digest of somebody says, in their language, what needs attention first."""
    language = preference.language(session, team, user)
    known = person_rows.person(session, team, user)
    today = day(now, (known.zone if known else "") or "UTC")
    mine = answered_for(session, team, user, now)
    pace = forecast.pace(session, team) if mine else Pace()
    lines = [_line(session, program, now, pace, language) for program in mine]
    asleep = _asleep(session, team, {program.id: program for program in mine}, now, language)
    workspace = person_rows.workspace(session)
    return {
        "language": language,
        "user": user,
        "today": today.isoformat(),
        "programs": sorted(lines, key=_attention),
        "asleep": asleep,
        "home": f"slack://app?team={team}&id={workspace.app_id}&tab=home"
        if workspace is not None and workspace.app_id
        else "",
    }


def _line(session: Session, program: Program, now: datetime, pace: Pace, language: str) -> dict[str, Any]:
    walk = of(session, program)
    found = forecast.facts_of(walk, now, pace, language)
    thread = threads.of(session, "program", program.id)
    kept = ("id", "ref", "name", "state", "today", "started_on", "target_on", "done", "total", "standing")
    return {
        **{name: found[name] for name in (*kept, "earliest", "soon", "late", "slack")},
        "link": board.permalink(session, thread.channel, thread.ts) if thread is not None else "",
        "week": _this_week(walk, now),
        **_dates(walk, now, language),
    }


def _this_week(walk: Walk, now: datetime) -> int:
    """Return how many steps happened in the last seven days and are done."""
    ended = [
        row.happened_at for row in walk.rows.values() if row.state == "done" and row.happened_at is not None
    ]
    return sum(now - WEEK < moment <= now for moment in ended)


def _dates(walk: Walk, now: datetime, language: str) -> dict[str, Any]:
    """Return how many dates of ours and of Stripe's have passed, and the next one that has not."""
    keys = {row.id: key for key, row in walk.rows.items() if row.state in onboarding.WORKABLE}
    deadlines = [one for one in rows.open_dates(walk.session, walk.program.id) if one.subject_id in keys]
    late = [one for one in deadlines if one.due_at < now and one.state == "open"]
    stripes = sum(walk.step(keys[one.subject_id]).actor == "stripe" for one in late)
    coming = [one for one in deadlines if one.due_at >= now and one.state == "open"]
    following = None
    if coming:
        title = walk.title(keys[coming[0].subject_id], language)
        following = {"title": title, "due_on": coming[0].due_on.isoformat()}
    return {"late_ours": len(late) - stripes, "late_stripe": stripes, "next": following}


def _asleep(
    session: Session, team: str, mine: dict[int, Program], now: datetime, language: str
) -> list[dict[str, Any]]:
    found = []
    for snooze, step in rows.asleep(session, team, now.date()):
        program = mine.get(step.program_id)
        if program is not None:
            title = of(session, program).title(step.key, language)
            found.append({"title": title, "ref": program.ref, "until": snooze.until.isoformat()})
    return found


def _attention(line: dict[str, Any]) -> tuple[object, ...]:
    """Order by what needs a manager: overdue dates, then the target that is missed by most."""
    overdue = line["late_ours"] + line["late_stripe"]
    return (line["state"] == "paused", not overdue, line["slack"][2], -overdue, line["id"])
