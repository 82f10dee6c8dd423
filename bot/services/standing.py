"""Who can be reached and who stands in for whom, read from the rows. The rules are in `bot.domain.away`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from bot.domain.away import Absence, current, hears, stand_in
from bot.domain.role import Relations
from storage import Session
from storage.queries import away as rows
from storage.queries import person as people
from storage.tables import Away, Program

ALWAYS: Final = date.max
"""Asked without a day (boards know none), only roles without an end count."""


@dataclass(frozen=True)
class Standing:
    """Who is away and who cannot be reached at one moment, for one workspace."""

    away: Mapping[str, Absence]
    gone: Collection[str]
    admins: tuple[str, ...] = ()
    silent: Collection[str] = ()
    """Of whom Slack never said who they are: nothing is told to them alone. Asked once somebody is gone."""

    def stand_in(self, user: str, manager: str = "") -> str:
        """Return who acts for somebody, or an empty text."""
        return stand_in(user, self.away, gone=self.gone, manager=manager, admins=self.admins)

    def hears(self, lead: str, manager: str) -> tuple[str, ...]:
        """Return who must hear that something in a programme has no owner who can be reached."""
        gone = {*self.gone, *self.silent}
        return hears(self.away, gone=gone, manager=manager, lead=lead, admins=self.admins)

    def decides(self, lead: str, manager: str) -> bool:
        """Tell whether a programme has a manager or a lead who can be told, so that admins need not hear."""
        return bool(hears(self.away, gone={*self.gone, *self.silent}, manager=manager, lead=lead, admins=()))

    def facts(self, users: Iterable[str], *, lead: str, manager: str) -> dict[str, dict[str, Any]]:
        """Return what messages say of those among these people who are away or cannot be reached."""
        said: dict[str, dict[str, Any]] = {}
        for user in dict.fromkeys(users):
            if user in self.gone:
                told = self.hears(lead, manager)
                said[user] = {"until": "", "deputy": told[0] if told else ""}
            elif user in self.away:
                until = self.away[user].ends_on.isoformat()
                said[user] = {"until": until, "deputy": self.stand_in(user, manager)}
        return said


def at(session: Session, team: str, users: Iterable[str], now: datetime | None = None) -> Standing:
    """Return who of these people is away or cannot be reached, with their deputies and the admins.

    Without a moment (boards are rendered without one) absences count that the last tick has begun.
    """
    today = now.date() if now else ALWAYS
    away = _away(session, team, now)
    everybody = {*users, *(absence.deputy for absence in away.values())}
    gone = rows.unreachable(session, team, everybody, today)
    if not away and not gone:
        return Standing({}, frozenset())  # as nearly always: nobody asks for admins then
    admins = tuple(people.holders(session, team, ["admin"], today))
    gone |= rows.unreachable(session, team, set(admins) - everybody, today)
    everybody |= {*admins}
    silent = everybody - {""} - rows.verified(session, team, everybody) if gone else ()
    return Standing(away, gone, admins, silent)


def of_program(
    session: Session, program: Program, users: Iterable[str], now: datetime | None = None
) -> dict[str, dict[str, Any]]:
    """Return what the messages of a programme say of those of these people who are absent."""
    wanted = [*users, program.lead, program.manager]
    found = at(session, program.team, wanted, now)
    return found.facts(wanted, lead=program.lead, manager=program.manager)


def relations(session: Session, team: str, of: Relations, now: datetime) -> Relations:
    """Return the people of a programme together with those who stand in for them today."""
    standing = at(session, team, of.people, now)
    pairs = {(user, standing.stand_in(user)) for user in of.people if user in standing.away}
    return replace(of, stand_ins=frozenset(pair for pair in pairs if pair[1]))


def absence(row: Away) -> Absence:
    """Return a row as the rules take it."""
    return Absence(row.user, row.starts_on, row.ends_on, row.deputy, row.zone)


def _away(session: Session, team: str, now: datetime | None) -> dict[str, Absence]:
    found = rows.absences(session, team)
    if now is None:
        return {row.user: absence(row) for row in found if row.state == "begun"}
    return current([absence(row) for row in found], now)
