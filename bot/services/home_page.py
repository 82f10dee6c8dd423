"""What the Home page of one person says at one moment: what is theirs, and what they may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain import onboarding
from bot.domain.away import stood_in_for
from bot.domain.role import Asker, Right, may, rank
from bot.domain.submission import STEP as SUBMISSION
from bot.services import away, board, complaint_page, preference, standing
from bot.services import person as people
from bot.services.walk import Walk, of
from storage import Session
from storage.queries import home as rows
from storage.queries import person as person_rows
from storage.queries import program as programs
from storage.queries import reminder as reminders
from storage.tables import Program
from storage.tables_reminder import Preference

PARTS: Final[Mapping[str, int]] = {"mine": 10, "programs": 8, "late": 10, "others": 8}
"""How many lines of each list are shown at once: together they stay within Slack's 100 blocks."""

NEAR: Final = timedelta(days=30)
"""How far ahead a lasting duty shows as an open item."""

MOST_ADMINS: Final = 5
WORKING: Final = ("active", "launched")
Line = dict[str, Any]


def facts(session: Session, who: Asker, place: Mapping[str, int], now: datetime) -> dict[str, Any]:
    """Return what a page says; who may see nothing gets who they are and whom to ask.

    `touches` are the programmes whose changes concern this page beyond what its owner's roles say;
    `next_at` is the moment at which time alone changes it.
    """
    admins = person_rows.holders(session, who.team, ["admin"], now.date())[:MOST_ADMINS]
    found: dict[str, Any] = {
        "user": who.user,
        "role": who.role,
        "language": who.language,
        "sees": may(who, Right.SEE),
        "verified": who.verified,
        "admins": admins,
        "touches": [],
        "next_at": None,
        "names": people.names(session, who.team, [who.user]),
    }
    if not found["sees"]:
        return found
    read = _Read(session, who, now)
    lists = {
        "mine": read.mine,
        "programs": [read.about(program) for program in read.own],
        "late": read.late,
        "others": [read.about(program) for program in read.others],
    }
    shown = {name: _part(lines, place.get(name, 0), PARTS[name]) for name, lines in lists.items()}
    absence = away.facts(session, who)
    listed = [one for name in ("mine", "late") for one in shown[name]["lines"]]
    _asleep(session, who.team, listed, now)
    owners = [one["owner"] for one in listed]
    leads = [one["lead"] for name in ("programs", "others") for one in shown[name]["lines"]]
    absent = read.standing.facts(owners, lead="", manager="")
    users = [*owners, *leads, *(one["deputy"] for one in absent.values())]
    users += [one["asleep"]["by"] for one in listed if one["asleep"]]
    return {
        **found,
        **absence,
        **shown,
        "absent": absent,
        "steers": read.steers,
        "complaints": complaint_page.mine(session, who),
        "settings": settings(session, who, now),
        "touches": sorted({one["program"]["id"] for one in read.mine} | {program.id for program in read.own}),
        "next_at": read.next_at.isoformat(),
        "names": {**found["names"], **absence["names"], **people.names(session, who.team, users)},
    }


def settings(session: Session, who: Asker, now: datetime) -> dict[str, Any]:
    """Return what somebody chose, with the defaults of who chose nothing; no `digest` for who gets none."""
    chosen = preference.chosen(session, who.team, [who.user]).get(who.user)
    row = chosen or Preference(team=who.team, user=who.user, at=now)
    digest = rank(who.role) >= rank("manager") or programs.manages(session, who.team, who.user)
    return {
        "language": row.language,
        "quiet_from": row.quiet_from,
        "quiet_to": row.quiet_to,
        "digest": row.digest if digest else None,
        "zone": who.zone,
    }


def _asleep(session: Session, team: str, lines: Sequence[Line], now: datetime) -> None:
    """Say of each of these lines who sleeps on it until when, if anybody does."""
    found = reminders.snoozes(session, team, [one["id"] for one in lines])
    for one in lines:
        row = found.get((one["kind"], one["id"]))
        sleeps = row is not None and row.until > now.date() and one["owner"] in {"", row.owner}
        one["asleep"] = {"until": row.until.isoformat(), "by": row.by} if row and sleeps else None


def _part(lines: Sequence[Line], part: int, size: int) -> dict[str, Any]:
    """Return one part of a list; a part that is gone shows the last one there is."""
    last = max(0, (len(lines) - 1) // size)
    part = min(part, last)
    return {
        "lines": list(lines[part * size : (part + 1) * size]),
        "total": len(lines),
        "part": part,
        "last": last,
    }


@dataclass
class _Read:
    """Everything of a workspace that the page of one person is made of, each table read once."""

    session: Session
    who: Asker
    now: datetime
    _days: dict[str, date] = field(default_factory=dict)

    @cached_property
    def programs(self) -> dict[int, Program]:
        """The programmes that were not canceled, by number; running ones first."""
        found = programs.all_of(self.session, self.who.team)
        return {program.id: program for program in found if program.state != "canceled"}

    @cached_property
    def walks(self) -> dict[int, Walk]:
        return {number: of(self.session, program) for number, program in self.programs.items()}

    @cached_property
    def steps(self) -> dict[int, dict[str, Any]]:
        """The rows of all steps as plain values, by programme and key."""
        found: dict[int, dict[str, Any]] = {number: {} for number in self.programs}
        for row in rows.steps(self.session, self.who.team):
            if row.program_id in found:
                found[row.program_id][row.key] = row
        return found

    @cached_property
    def dates(self) -> dict[tuple[str, int], rows.Date]:
        return rows.dates(self.session, self.who.team)

    @cached_property
    def standing(self) -> standing.Standing:
        named = {row.assignee for steps in self.steps.values() for row in steps.values()}
        named |= {row.deputy for steps in self.steps.values() for row in steps.values()}
        for program in self.programs.values():
            named |= {program.lead, program.manager, *program.deputies}
        return standing.at(self.session, self.who.team, named - {""}, self.now)

    @cached_property
    def acts_as(self) -> frozenset[str]:
        """This person and those they stand in for now."""
        away_now = self.standing
        return stood_in_for(self.who.user, away_now.away, away_now.away, gone=away_now.gone) | {self.who.user}

    @cached_property
    def items(self) -> list[Line]:
        """Everything that is open in running programmes, the earliest date first."""
        found: list[Line] = []
        for program in self.programs.values():
            if program.state in WORKING:
                found += self._open_steps(program)
            if program.state == "launched":
                found += self._duties(program)
        return sorted(found, key=_by_date)

    @property
    def mine(self) -> list[Line]:
        """What is open and belongs to this person, or to somebody they stand in for."""
        return [one for one in self.items if one["owner"] in self.acts_as]

    @cached_property
    def steers(self) -> str:
        """Whose overdue list this person sees: `all`, `own` (programmes they manage), or an empty text."""
        if rank(self.who.role) >= rank("manager"):
            return "all"
        return "own" if any(program.manager in self.acts_as for program in self.programs.values()) else ""

    @property
    def late(self) -> list[Line]:
        """What is overdue in the programmes that this person steers, the oldest first."""
        if not self.steers:
            return []
        seen = {
            number
            for number, program in self.programs.items()
            if self.steers == "all" or program.manager in self.acts_as
        }
        found = [one for one in self.items if one["late"] > 0 and one["program"]["id"] in seen]
        return sorted(found, key=lambda one: (-one["late"], one["program"]["id"]))

    @cached_property
    def own(self) -> list[Program]:
        """The programmes in which this person is lead, deputy, manager, or has something to do."""
        return [program for program in self.programs.values() if self._is_own(program)]

    @property
    def others(self) -> list[Program]:
        own = {program.id for program in self.own}
        return [program for program in self.programs.values() if program.id not in own]

    @property
    def next_at(self) -> datetime:
        """The next moment at which a day begins for this person or for a programme."""
        zones = {self.who.zone, *(program.zone for program in self.programs.values())}
        return min(_midnight(self.now, zone) for zone in zones)

    def about(self, program: Program) -> Line:
        """Return what a page says about a programme as a whole."""
        coming = self._coming.get(program.id)
        return {
            **board.listed(self.walks[program.id], self._states(program)),
            "next": {name: coming[name] for name in ("title", "due_on", "days", "state")} if coming else None,
        }

    @cached_property
    def _coming(self) -> dict[int, Line]:
        """The item of each programme whose date comes first."""
        dated = [one for one in self.items if one["due_on"]]
        return {one["program"]["id"]: one for one in reversed(dated)}

    def _is_own(self, program: Program) -> bool:
        if not self.acts_as.isdisjoint({program.lead, program.manager, *program.deputies}):
            return True
        duties = self.walks[program.id].plan.duties
        return any(
            not self.acts_as.isdisjoint({row.assignee, row.deputy})
            for row in self.steps[program.id].values()
            if row.state not in onboarding.ENDED or (row.state == "done" and row.key in duties)
        )

    def _states(self, program: Program) -> dict[str, str]:
        return {key: row.state for key, row in self.steps[program.id].items()}

    def _open_steps(self, program: Program) -> Iterable[Line]:
        walk, today = self.walks[program.id], self._today(program.zone)
        for row in self.steps[program.id].values():
            if row.state not in onboarding.WORKABLE:
                continue
            step, dated = walk.step(row.key), self.dates.get(("step", row.id))
            blocked = row.state == "blocked" and row.look_again_on is not None
            due_on = row.look_again_on if blocked else (dated.due_on if dated else None)
            yield {
                "kind": "step",
                "id": row.id,
                "title": walk.title(row.key, self.who.language),
                "actor": step.actor,
                "state": row.state,
                "submission": row.key == SUBMISSION,
                "owner": row.assignee or program.lead,
                "due_on": due_on.isoformat() if due_on else None,
                "days": (due_on - today).days if due_on else None,
                "late": (today - dated.due_on).days if dated else 0,
                "about": bool(dated and dated.about),
                "aim": bool(dated and dated.ladder == "aim"),
                "look_again": blocked,
                "deadline": dated.id if dated else 0,
                "program": _named(program),
            }

    def _duties(self, program: Program) -> Iterable[Line]:
        walk, today = self.walks[program.id], self._today(program.zone)
        for row in self.steps[program.id].values():
            if row.key not in walk.plan.duties or row.state != "done":
                continue
            dated = self.dates.get(("duty", row.id))
            if dated is None or dated.due_on - today > NEAR:
                continue
            due_on = dated.due_on
            yield {
                "kind": "duty",
                "id": row.id,
                "title": walk.title(row.key, self.who.language),
                "actor": "us",
                "state": "duty",
                "submission": False,
                "owner": row.assignee or program.lead,
                "due_on": due_on.isoformat(),
                "days": (due_on - today).days,
                "late": (today - due_on).days,
                "about": False,
                "aim": False,
                "look_again": False,
                "deadline": dated.id,
                "program": _named(program),
            }

    def _today(self, zone: str) -> date:
        if zone not in self._days:
            self._days[zone] = self.now.astimezone(ZoneInfo(zone)).date()
        return self._days[zone]


def _by_date(one: Line) -> tuple[bool, str, int]:
    """What has no date comes last."""
    return one["due_on"] is None, one["due_on"] or "", one["program"]["id"]


def _named(program: Program) -> Line:
    return {"id": program.id, "ref": program.ref, "name": program.name}


def _midnight(now: datetime, zone: str) -> datetime:
    place = ZoneInfo(zone)
    tomorrow = now.astimezone(place).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, place)
