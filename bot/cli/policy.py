"""`gantry policy`: load and show policies, enable rules, brake, and replay the past."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.clock import Clock
from bot.domain.policy import RULES, PolicyError, parse
from bot.domain.rule import BRAKES
from bot.effects.keeping import KEEP_BODIES
from bot.services import policy, replay
from bot.services.policy import WouldStopError
from storage import connect
from storage.queries import person
from storage.queries import policy as rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.settings import Settings
    from storage import Database, Session

    Say = Callable[[str], object]

BY: Final = "command line"
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}
_WRONG: Final = 2


class Policies:
    """The commands, on the database of the settings; each returns the exit code."""

    def __init__(self, settings: Settings, say: Say) -> None:
        """Use the settings' database; `say` prints one line."""
        self._database: Database = connect(settings.database_url)
        self._clock = Clock(settings.gantry_clock_file)
        self._say = say

    def load(self, file: Path) -> int:
        """Make a file the policy to obey; one with mistakes changes nothing."""
        body = self._read(file)
        if body is None:
            return _WRONG
        with self._database.transaction() as session:
            before = policy.current(session).version
            found = policy.load(session, body, team=_team(session), by=BY, now=self._clock.now())
        if found.version == before:
            self._say(f"Version {found.version} is this text already; nothing changed.")
        else:
            self._say(f"Version {found.version} (SHA-256 {found.sha256[:12]}) is obeyed from now on.")
        self._say("Rules keep their states: gantry policy show lists them.")
        return 0

    def show(self) -> int:
        """Print the policy that is obeyed, the state of each rule, and the brakes."""
        with self._database.reading() as session:
            found, states = policy.current(session), policy.states(session)
            brakes = [
                f"{row.kind} {row.value} until {row.until:%Y-%m-%d %H:%M} UTC, by {row.by}"
                for row in rows.brakes(session, self._clock.now())
            ]
        origin = f"loaded {found.at:%Y-%m-%d %H:%M} UTC, by {found.by}" if found.at else "shipped with Gantry"
        self._say(f"Policy version {found.version}, {origin}, SHA-256 {found.sha256}")
        for name, state in states.items():
            self._say(f"  {state:<10}{name}")
        for line in brakes:
            self._say(f"  brake     {line}")
        self._say("")
        self._say(found.body.rstrip())
        return 0

    def state(self, rule: str, state: str, cards: int | None) -> int:
        """Enforce a rule or put it into shadow."""
        if rule not in RULES:
            self._say(f"There is no rule {rule}. There are {', '.join(RULES)}.")
            return _WRONG
        try:
            with self._database.transaction() as session:
                changed = policy.set_state(
                    session, rule, state, team=_team(session), by=BY, now=self._clock.now(), stops=cards
                )
        except WouldStopError as error:
            self._say(
                f"This stops {error.cards} live cards until the launch. "
                f"If that is meant, repeat the command with --cards {error.cards}"
            )
            return _WRONG
        self._say(f"{rule} is {'now' if changed else 'already'} {_SAID[state]}.")
        return 0

    def brake(self, kind: str, value: str, hours: int) -> int:
        """Decline a merchant, category or country for some hours."""
        if kind not in BRAKES:
            self._say(f"A brake holds a {', a '.join(BRAKES)}: not a {kind}.")
            return _WRONG
        with self._database.transaction() as session:
            now = self._clock.now()
            length = timedelta(hours=hours)
            policy.brake(session, kind, value, length=length, team=_team(session), by=BY, now=now)
        self._say(f"{kind} {value} is declined until {now + length:%Y-%m-%d %H:%M} UTC.")
        return 0

    def lift(self, kind: str, value: str) -> int:
        """End a brake before its time."""
        with self._database.transaction() as session:
            found = policy.lift(session, kind, value, team=_team(session), by=BY, now=self._clock.now())
        self._say(f"{kind} {value} is accepted again." if found else f"Nothing brakes {kind} {value}.")
        return 0 if found else _WRONG

    def replay(self, file: Path, since: str) -> int:
        """Print what a file would have answered to the requests since then, by rule."""
        length = _length(since)
        if length is None:
            self._say(f"--since {since}: write a number with h, d or w, such as 30d.")
            return _WRONG
        body = self._read(file)
        if body is None:
            return _WRONG
        with self._database.reading() as session:
            found = replay.replay(session, parse(body), self._clock.now() - length)
        for line in table(found):
            self._say(line)
        return 0

    def close(self) -> None:
        """Let the database go."""
        self._database.close()

    def _read(self, file: Path) -> str | None:
        """Return the text of a file that is a policy; None after saying what is wrong with it."""
        try:
            body = file.read_text(encoding="utf-8")
            parse(body)
        except (OSError, UnicodeDecodeError) as error:
            self._say(f"{file}: cannot be read ({type(error).__name__}). Give a readable UTF-8 file.")
        except PolicyError as error:
            for line in error.lines:
                self._say(f"{file}: {line}")
            self._say("Nothing changed: the policy that was obeyed stays.")
        else:
            return body
        return None


_SAID: Final = {"enforced": "enforced", "shadow": "in shadow: recorded, not obeyed"}


def table(found: replay.Replay) -> list[str]:
    """Return the figures of a replay as lines for people."""
    lines = [f"{found.decisions} answers decided again, {found.unreadable} left out (fallback, brake)."]
    if found.emptied:
        lines.append(
            f"{found.emptied} answers of the time you asked for have no inputs any more: they are emptied "
            f"after {KEEP_BODIES.days} days."
        )
        lines.append(
            f"The figures are of the time from {found.complete_from:%Y-%m-%d %H:%M} UTC on."
            if found.complete_from
            else "None is left: ask for a shorter time with --since."
        )
    lines.append(f"{'rule':<22}{'state':<10}{'would decline':>14}{'of them approved then':>24}")
    for name, state in found.states.items():
        flips = found.rules.get(name, replay.Flips())
        lines.append(f"{name:<22}{state:<10}{flips.declines:>14}{flips.approved_before:>24}")
    lines.append(
        f"With the states of now: {found.newly_declined} approvals would be declined, "
        f"{found.newly_approved} declines would be approved."
    )
    return lines


def _length(text: str) -> timedelta | None:
    parts = re.fullmatch(r"([1-9]\d{0,4})([hdw])", text)
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])}) if parts else None


def _team(session: Session) -> str:
    found = person.workspace(session)
    return found.team if found is not None else ""
