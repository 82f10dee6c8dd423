"""Ladders of reminders: who hears of a deadline, how long before and after it. The rungs are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, cast

from bot.domain.plan import PlanError
from bot.domain.role import ROLES

MOST_DAYS: Final = 60
MOST_MINUTES: Final = 60 * 24 * 3


@dataclass(frozen=True)
class Rung:
    """One step of an emergency: minutes after it began, and the role that hears of it."""

    minutes: int
    role: str


@dataclass(frozen=True)
class Ladder:
    """The rungs of one kind of deadline, in working days; the fields are explained in `ladders.toml`."""

    soon_days: int = 0
    soon_percents: tuple[int, ...] = ()
    before_days: tuple[int, ...] = ()
    thread: bool = False
    manager_after: int = 0
    admin_after: int = 0
    admin_every: int = 0
    emergency: tuple[Rung, ...] = ()


def ladders_from(document: Mapping[str, object], name: str) -> dict[str, Ladder]:
    """Return the ladders in a document of plain values by name; `name` (a file) starts each message.

    Raises:
        PlanError: a field is unknown or holds something impossible.
    """
    problems: list[str] = []
    found = {key: _ladder(value, f"{name}: {key}", problems) for key, value in document.items()}
    if problems:
        raise PlanError(problems)
    return found


def _ladder(value: object, where: str, problems: list[str]) -> Ladder:
    if not isinstance(value, Mapping):
        problems.append(f"{where}: must be a table, not {value!r}")
        return Ladder()
    known = {field.name for field in fields(Ladder)}
    problems += [f"{where}: {key}: unknown field" for key in value if key not in known]
    for key in ("soon_days", "manager_after", "admin_after", "admin_every"):
        _number(value.get(key, 0), MOST_DAYS, f"{where}: {key}", problems)
    percents = value.get("soon_percents", [])
    if not isinstance(percents, list) or not all(type(one) is int and 0 < one < 100 for one in percents):  # noqa: PLR2004 - a share
        problems.append(f"{where}: soon_percents: numbers between 0 and 100, not {percents!r}")
    before = value.get("before_days", [])
    if not isinstance(before, list) or not all(type(one) is int and 0 < one <= MOST_DAYS for one in before):
        problems.append(f"{where}: before_days: calendar days, 1 to {MOST_DAYS}, not {before!r}")
    if type(value.get("thread", False)) is not bool:
        problems.append(f"{where}: thread: true or false, not {value['thread']!r}")
    rungs = value.get("emergency", [])
    if not isinstance(rungs, list) or not all(_is_rung(one) for one in rungs):
        problems.append(
            f"{where}: emergency: a list of minutes (up to {MOST_MINUTES}) with a role, not {rungs!r}"
        )
    if value.get("admin_after") and not value.get("admin_every"):
        problems.append(f"{where}: admin_every: missing beside admin_after")
    if problems:
        return Ladder()
    lists = {"soon_percents", "before_days", "emergency"}
    plain = {key: one for key, one in value.items() if key not in lists}
    made = tuple(Rung(**one) for one in cast("list[Mapping[str, object]]", rungs))  # type: ignore[arg-type]
    return Ladder(
        **plain,
        soon_percents=tuple(cast("list[int]", percents)),
        before_days=tuple(cast("list[int]", before)),
        emergency=made,
    )


def _is_rung(value: object) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"minutes", "role"}:
        return False
    minutes = value["minutes"]
    return type(minutes) is int and 0 <= minutes <= MOST_MINUTES and value["role"] in ROLES


def _number(value: object, most: int, where: str, problems: list[str]) -> None:
    if type(value) is not int or not 0 <= value <= most:
        problems.append(f"{where}: 0 to {most} working days, not {value!r}")
