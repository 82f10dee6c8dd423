"""Reminders: from facts and a span of time to what is said to whom. The tick and the forecast both ask here.

Each reader has one list a working day, in the morning of their own zone. It names what is due soon, due or
overdue; managers and administrators find in theirs what is overdue for others. On the due day one line in
the thread mentions the owner. Emergencies know no morning: minutes after they began, a role hears of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.domain.away import Absence, stand_in
from bot.domain.working_time import WorkingDays, moment_of_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.domain.ladder import Ladder

THREAD: Final = "thread"
DUE_SOON: Final = "due_soon"
DUE: Final = "due"
OVERDUE: Final = "overdue"
TEAM_OVERDUE: Final = "team_overdue"
LONG_OVERDUE: Final = "long_overdue"
DIGEST: Final = "digest"
RUNGS: Final = (OVERDUE, DUE, DUE_SOON, TEAM_OVERDUE, LONG_OVERDUE)
"""The rungs of a list in the order in which it names them."""

MORNING: Final = time(9)
EVENING: Final = time(18)
MARGIN: Final = timedelta(days=3)
"""More than any zones and mornings lie apart."""

FIRST_LOOK: Final = 7
SECOND_LOOK: Final = 35
"""Days within which the next call is looked for; after a longer silence a deadline is looked at again."""


@dataclass(frozen=True)
class Reader:
    """Somebody who is told: in which zone, and when not to be written to."""

    user: str
    zone: str = "UTC"
    quiet_from: time = EVENING
    quiet_to: time = MORNING

    def list_at(self, day: date) -> datetime:
        """Return when the list of a day is due, in UTC: when the quiet hours end."""
        return datetime.combine(day, self.quiet_to, ZoneInfo(self.zone)).astimezone(UTC)

    def today(self, now: datetime) -> date:
        """Return the date that this moment has for the reader."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def awake(self, now: datetime) -> bool:
        """Tell whether this moment lies outside the quiet hours."""
        at = now.astimezone(ZoneInfo(self.zone)).time()
        if self.quiet_from > self.quiet_to:  # as nearly always: quiet over midnight
            return self.quiet_to <= at < self.quiet_from
        return not self.quiet_from <= at < self.quiet_to


@dataclass(frozen=True)
class Team:
    """Who is told, who stands in for whom, and on which days the team works.

    `managers` and `admins` hold the roles; `managers` hear where a programme names no manager. `ends` has the
    last day of a role that is not for good, by role and user.
    """

    days: WorkingDays
    readers: Mapping[str, Reader] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()
    gone: frozenset[str] = frozenset()
    managers: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    ends: Mapping[tuple[str, str], date] = field(default_factory=dict)

    def holding(self, role: str, day: date) -> tuple[str, ...]:
        """Return who holds a role on a day: `manager` or `admin`."""
        users = self.managers if role == "manager" else self.admins
        return tuple(user for user in users if self.ends.get((role, user), date.max) >= day)

    def reader(self, user: str) -> Reader:
        """Return somebody as a reader; one of whom nothing is known lives in UTC."""
        return self.readers.get(user) or Reader(user)

    def acting(self, user: str, manager: str, day: date) -> str:
        """Return who acts for somebody on a day, or an empty text."""
        away = {one.user: one for one in self.absences if one.starts_on <= day <= one.ends_on}
        admins = self.holding("admin", day)
        return stand_in(user, away, gone=self.gone, manager=manager, admins=admins)

    def answering(self, manager: str, day: date) -> tuple[str, ...]:
        """Return who hears as the manager of a programme: its own, else all managers, else the admins."""
        for names in ((manager,), self.holding("manager", day), self.holding("admin", day)):
            found = dict.fromkeys(one for name in names if name and (one := self.acting(name, "", day)))
            if found:
                return tuple(found)
        return ()


@dataclass(frozen=True)
class Item:
    """A deadline with what decides who hears of it when.

    `id` is the number of the deadline. `silent_until` is the first day on which anybody hears of it (a
    blocked step), `snoozed_until` the first on which its owner does. `noted_at` is when it became known: on
    its last day, after the morning, it is said at once.
    """

    id: int
    subject: str
    subject_id: int
    ladder: Ladder
    started_at: datetime
    due_on: date
    due_at: datetime
    zone: str = "UTC"
    calendar: str = ""
    owner: str = ""
    manager: str = ""
    silent_until: date | None = None
    snoozed_until: date | None = None
    noted_at: datetime | None = None


class Call(NamedTuple):
    """One rung for one reader: `at` is the moment that the ladder names, `day` the reader's date then.

    The reader is a user, `thread`, or `role:` and the role that hears of an emergency.
    """

    at: datetime
    day: date
    reader: str
    rung: str
    item: Item

    @property
    def slot(self) -> str:
        """What makes a call the same one, although its moment moved with a zone, quiet hours or an owner."""
        if self.item.ladder.emergency:
            return self.at.isoformat()
        if self.rung == DIGEST:
            return (self.day - timedelta(days=self.day.weekday())).isoformat()
        return self.item.due_on.isoformat() if self.reader == THREAD else self.day.isoformat()


class Message(NamedTuple):
    """What one reader gets at one moment; `lines` are rungs with their items, in the order of a list."""

    at: datetime
    reader: str
    lines: tuple[tuple[str, Item], ...]


def calls(item: Item, team: Team, after: datetime, until: datetime) -> list[Call]:
    """Return the calls of a deadline later than `after` and up to `until`, in order."""
    if item.ladder.emergency:
        return list(_emergency(item, after, until))
    start = max(after, _earliest(item, team) - MARGIN)
    found = [
        call
        for day in team.days.between((start - MARGIN).date(), (until + MARGIN).date())
        if item.silent_until is None or day >= item.silent_until
        for call in _on(item, team, day)
        if after < call.at <= until
    ]
    return sorted(found, key=lambda call: (call.at, call.reader, call.rung))


def next_call(item: Item, team: Team, after: datetime) -> datetime | None:
    """Return the moment of the first call later than `after`; None where an emergency has no further rung.

    A deadline of which nobody can be told is looked at again after a while.
    """
    start = max(after, _earliest(item, team) - MARGIN)
    for days in (FIRST_LOOK, SECOND_LOOK):
        found = calls(item, team, after, start + timedelta(days=days))
        if found:
            return found[0].at
    if item.ladder.emergency:
        return None
    wait = max((day for day in (item.silent_until, item.snoozed_until) if day), default=None)
    later = datetime.combine(wait, time.min, UTC) - MARGIN if wait else start + timedelta(days=SECOND_LOOK)
    return max(later, after + timedelta(days=1))


def messages(called: Iterable[Call]) -> list[Message]:
    """Put calls together: one list for each reader and moment, one message for each line in a thread."""
    grouped: dict[tuple[datetime, str, int], dict[int, Call]] = {}
    for call in called:
        kept = grouped.setdefault((call.at, call.reader, apart(call)), {})
        before = kept.get(call.item.id)
        if before is None or _place(call.rung) < _place(before.rung):
            kept[call.item.id] = call
    return [
        Message(at, reader, _lines(grouped[at, reader, number].values()))
        for at, reader, number in sorted(grouped)
    ]


def apart(call: Call) -> int:
    """Return what keeps a call out of the list of its moment; 0 for those that are listed together."""
    if call.rung == DIGEST:
        return -1
    return call.item.id if call.reader == THREAD or call.item.ladder.emergency else 0


def digests(user: Reader, days: WorkingDays, after: datetime, until: datetime) -> list[datetime]:
    """Return when somebody gets the weekly digest in a span: on the first working morning of each week."""
    found = []
    monday = user.today(after) - timedelta(days=user.today(after).weekday() + 7)
    while monday <= user.today(until):
        first = next(days.between(monday, monday + timedelta(days=6)), None)  # a week may be all holidays
        if first is not None and after < user.list_at(first) <= until:
            found.append(user.list_at(first))
        monday += timedelta(days=7)
    return found


def days_over(item: Item, reader: Reader, days: WorkingDays, day: date) -> int:
    """Return on how many mornings of the reader, this day included, the deadline had passed."""
    first = item.due_at.astimezone(ZoneInfo(reader.zone)).date()
    return sum(reader.list_at(one) > item.due_at for one in days.between(first, day))


def state_on(item: Item, reader: Reader, days: WorkingDays, day: date) -> str:
    """Return what the list of a working day says about a deadline: a rung, or an empty text.

    It is *due* on the last morning before it passes: the due day itself, or the working day before when the
    due day is none for the reader or ends before their morning.
    """
    at = reader.list_at(day)
    if at > item.due_at:
        return OVERDUE
    last = item.due_at.astimezone(ZoneInfo(reader.zone)).date()
    left = [one for one in days.between(day + timedelta(days=1), last) if reader.list_at(one) <= item.due_at]
    if not left:
        return DUE
    if len(left) <= item.ladder.soon_days:
        return DUE_SOON
    before = reader.list_at(_before(days, day))
    return DUE_SOON if any(before < share <= at for share in _shares(item, days)) else ""


def _on(item: Item, team: Team, day: date) -> Iterator[Call]:
    """Return what is said of a deadline on a working day; nobody hears of it in two parts of their list."""
    owner = team.acting(item.owner, item.manager, day)
    yield from _to_owner(item, team, day, owner)
    told = {owner}
    if item.ladder.manager_after:
        managers = team.answering(item.manager, day)
        for reader in (team.reader(user) for user in managers if user not in told):
            if days_over(item, reader, team.days, day) >= item.ladder.manager_after:
                yield Call(reader.list_at(day), day, reader.user, TEAM_OVERDUE, item)
        told |= {*managers}
    if item.ladder.admin_after:
        admins = dict.fromkeys(team.acting(admin, "", day) for admin in team.holding("admin", day))
        for reader in (team.reader(user) for user in admins if user and user not in told):
            over = days_over(item, reader, team.days, day) - item.ladder.admin_after
            if over >= 0 and over % item.ladder.admin_every == 0:
                yield Call(reader.list_at(day), day, reader.user, LONG_OVERDUE, item)


def _to_owner(item: Item, team: Team, day: date, owner: str) -> Iterator[Call]:
    if not owner or (item.snoozed_until and day < item.snoozed_until):
        return
    reader = team.reader(owner)
    rung, at = state_on(item, reader, team.days, day), reader.list_at(day)
    noted = item.noted_at
    if rung == DUE and noted is not None and at < noted <= item.due_at and reader.today(noted) == day:
        at = noted + timedelta(seconds=1)
    if rung:
        yield Call(at, day, owner, rung, item)
    if rung == DUE and item.ladder.thread:
        yield Call(at, day, THREAD, DUE, item)


def _emergency(item: Item, after: datetime, until: datetime) -> Iterator[Call]:
    for rung in item.ladder.emergency:
        at = item.started_at + timedelta(minutes=rung.minutes)
        if after < at <= until:
            yield Call(at, at.date(), f"role:{rung.role}", f"minute_{rung.minutes}", item)


def _earliest(item: Item, team: Team) -> datetime:
    """Return a moment before which no morning names the deadline."""
    day = item.due_on
    for _ in range(item.ladder.soon_days + 2):
        day = _before(team.days, day)
    return min([datetime.combine(day, time.min, UTC), *_shares(item, team.days)])


def _shares(item: Item, days: WorkingDays) -> list[datetime]:
    counted = WorkingDays(item.calendar, days.closing_days) if item.calendar else days
    shares = [
        moment_of_share(item.started_at, item.due_on, percent, item.zone, counted)
        for percent in item.ladder.soon_percents
    ]
    return shares + [
        datetime.combine(item.due_on - timedelta(days=before), time.min, ZoneInfo(item.zone))
        for before in item.ladder.before_days
    ]


def _before(days: WorkingDays, day: date) -> date:
    back = day - timedelta(days=1)
    while not days.includes(back):
        back -= timedelta(days=1)
    return back


def _place(rung: str) -> int:
    return RUNGS.index(rung) if rung in RUNGS else -1


def _lines(called: Iterable[Call]) -> tuple[tuple[str, Item], ...]:
    ordered = sorted(called, key=lambda call: (_place(call.rung), call.item.due_at, call.item.id))
    return tuple((call.rung, call.item) for call in ordered)
