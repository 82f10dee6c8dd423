"""What reminders are made from: deadlines with their owners, and the people with their mornings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot import plans
from bot.domain.deadline import calendar_for
from bot.domain.ladder import Ladder
from bot.domain.reminder import Item, Reader, Team
from bot.domain.working_time import WorkingDays
from bot.services import person as people
from bot.services import preference, reminder_subject, standing
from bot.services.board import permalink
from bot.services.subject import Subject
from storage import Session
from storage.queries import away as absences
from storage.queries import calendar
from storage.queries import person as person_rows
from storage.queries import reminder as rows
from storage.tables import Deadline
from storage.tables_reminder import Snooze

ROLES: Final = ("manager", "operator", "support", "admin")
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
DIGEST_ITEM: Final = Item(0, "digest", 0, Ladder(), LONG_AGO, LONG_AGO.date(), LONG_AGO)
"""What the call of a weekly digest is about: nothing single."""


@dataclass(frozen=True)
class Known:
    """A deadline as the rules take it, with what it is about."""

    item: Item
    subject: Subject
    snooze: Snooze | None

    @property
    def runs(self) -> bool:
        """Tell whether what it is about goes on, so that anybody hears of it."""
        return self.subject.runs


def known(session: Session, deadlines: Sequence[Deadline]) -> list[Known]:
    """Return these deadlines with what they are about, in the same order."""
    subjects = reminder_subject.read(session, deadlines)
    asleep: dict[tuple[str, int], Snooze] = {}
    for team in {row.team for row in deadlines}:
        asleep |= rows.snoozes(session, team, [row.subject_id for row in deadlines if row.team == team])
    ladders = plans.ladders()
    found = []
    for row in deadlines:
        subject = subjects[row.id]
        snooze = _snooze(asleep, row, subject.owner)
        item = Item(
            id=row.id,
            subject=row.subject,
            subject_id=row.subject_id,
            ladder=ladders[row.ladder],
            started_at=row.started_at,
            due_on=row.due_on,
            due_at=row.due_at,
            zone=row.zone,
            calendar=row.calendar if row.unit == "business_days" else "",
            owner=subject.owner,
            manager=subject.manager,
            silent_until=subject.silent_until,
            snoozed_until=snooze.until if snooze else None,
            noted_at=row.noted_at,
        )
        found.append(Known(item, subject, snooze))
    return found


def _snooze(asleep: Mapping[tuple[str, int], Snooze], row: Deadline, owner: str) -> Snooze | None:
    """Return the snooze of a deadline: it ends with the deadline and with its owner.

    The day to look again at a blocked step sleeps with the step: a list names the two as one.
    """
    found = asleep.get((row.subject, row.subject_id))
    if found is not None and (found.deadline_id, found.owner) == (row.id, owner):
        return found
    of_step = asleep.get(("step", row.subject_id)) if row.subject == "look_again" else None
    return of_step if of_step is not None and of_step.owner == owner else None


def team_of(session: Session, team: str, items: Iterable[Item], country: str, now: datetime) -> Team:
    """Return everybody who may hear of these deadlines, with their zones, quiet hours and absences.

    `country` is the team's own (`GANTRY_COUNTRY`): on its business days people are written to.
    """
    today = now.date()
    holders = {role: tuple(person_rows.holders(session, team, [role], today)) for role in ROLES}
    ends = {(row.role, row.user): row.until for row in person_rows.granted(session, team) if row.until}
    away = tuple(standing.absence(row) for row in absences.open_ones(session, team))
    users = {user for item in items for user in (item.owner, item.manager)} - {""}
    users |= {user for found in holders.values() for user in found} | {one.deputy for one in away}
    return Team(
        days=WorkingDays(calendar_for("team", country), calendar.closing_days(session, team)),
        readers=readers(session, team, users),
        absences=away,
        gone=frozenset(absences.unreachable(session, team, users, today)),
        managers=holders["manager"],
        admins=holders["admin"],
        ends=ends,
    )


def readers(session: Session, team: str, users: Iterable[str]) -> dict[str, Reader]:
    """Return people with their zone and the quiet hours they chose."""
    wanted = sorted(set(users))
    zones = person_rows.zones(session, team, wanted)
    chosen = preference.chosen(session, team, wanted)
    found = {}
    for user in wanted:
        reader = Reader(user, _known_zone(zones.get(user, "")))
        if user in chosen:
            quiet = (time.fromisoformat(chosen[user].quiet_from), time.fromisoformat(chosen[user].quiet_to))
            reader = Reader(user, reader.zone, *quiet)
        found[user] = reader
    return found


def _known_zone(name: str) -> str:
    """Return a zone that this machine knows: Slack may name a newer one."""
    try:
        ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
    return name or "UTC"


class Lines:
    """What messages say about deadlines, in a reader's language."""

    def __init__(self, session: Session, found: Iterable[Known]) -> None:
        self._session = session
        self._known = {one.item.id: one for one in found}

    def known(self, item: Item) -> Known:
        """Return what is behind a deadline."""
        return self._known[item.id]

    def line(self, rung: str, item: Item, team: Team, at: datetime, language: str) -> dict[str, Any]:
        """Return what a list says about one deadline at a moment."""
        one = self.known(item)
        subject, snooze = one.subject, one.snooze
        program, place = subject.program, subject.place()
        asleep = snooze is not None and snooze.until > at.date()
        return {
            "deadline": item.id,
            "id": subject.number,
            "kind": item.subject,
            "key": subject.key,
            "rung": rung,
            "title": subject.title(language),
            "actor": subject.actor,
            "program": {"id": program.id, "ref": program.ref, "name": program.name} if program else None,
            "acts": [asdict(act) for act in subject.acts],
            "takes": subject.takes,
            "due": item.due_at.isoformat(),
            "due_on": item.due_on.isoformat(),
            "zone": item.zone,
            "over": self._over(item, team, at),
            "owner": item.owner,
            "asleep": {"until": snooze.until.isoformat(), "by": snooze.by} if asleep and snooze else None,
            "url": permalink(self._session, *place) if place else "",
        }

    def names(self, team: str, lines: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """Return how the people in these lines are called."""
        users: set[str] = set()
        for line in lines:
            users |= {line["owner"], line["asleep"]["by"] if line["asleep"] else ""}
        return people.names(self._session, team, sorted(users - {""}))

    @staticmethod
    def _over(item: Item, team: Team, at: datetime) -> int:
        """Return how many working days ago a deadline passed, in its own zone; 0 before it has."""
        if at <= item.due_at:
            return 0
        today = Reader("", item.zone).today(at)
        return sum(1 for day in team.days.between(item.due_on, today) if day > item.due_on)
