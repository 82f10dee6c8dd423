"""The template of the monthly list of complaints: its columns, who reports, when it is due; read from data.

Source: https://docs.stripe.com/treasury/connect/handling-complaints. Stripe supplies the template itself; its
columns and its due day are not confirmed, so all of it is data (`bot/plans/complaint_report.toml`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.plan import PlanError

VALUES: Final = (
    "ref",
    "program",
    "account",
    "customer",
    "contact",
    "product",
    "bank",
    "submitted_on",
    "received_by",
    "channel",
    "class",
    "category",
    "summary",
    "regulator",
    "acknowledged_at",
    "notified_at",
    "resolved_at",
    "resolution",
    "root_cause",
    "refund",
    "status",
    "days_open",
    "breaches",
    "related",
)
"""What can stand in a column."""

FILLABLE: Final = frozenset(
    {
        "account",
        "customer",
        "contact",
        "product",
        "bank",
        "channel",
        "category",
        "summary",
        "regulator",
        "resolution",
        "root_cause",
        "refund",
    }
)
"""Values that people fill in; all others follow from what happened, and are never missing."""

REQUIRED: Final = ("", "always", "executive", "resolved")
"""Where an empty column is missing; empty: nowhere."""

MOST_COLUMNS: Final = 60
LATEST: Final = 15
"""Business days into the month: a later due day would fall into the month after, at holidays."""

EARLIEST: Final = 10
"""Business days before the last one of a month: every month has more of them."""


@dataclass(frozen=True)
class Column:
    """One column: its heading, what stands in it, where it must not be empty."""

    name: str
    value: str
    required: str = ""


@dataclass(frozen=True)
class Template:
    """The monthly list as data."""

    due_business_days: int
    ask_business_days: int
    nil: bool
    variants: Mapping[str, bool]
    columns: tuple[Column, ...]


def template_from(document: Mapping[str, Any], name: str) -> Template:
    """Return the template in a document of plain values; `name` (a file) starts each message.

    Raises:
        PlanError: a field is missing, unknown or impossible (all of them are listed).
    """
    known = {"due_business_days", "ask_business_days", "nil", "variants", "column"}
    problems = [f"{name}: {key}: unknown field" for key in document if key not in known]
    due, nil = document.get("due_business_days"), document.get("nil")
    if type(due) is not int or not 1 <= due <= LATEST:
        problems.append(f"{name}: due_business_days: 1 to {LATEST}, not {due!r}")
    ask = document.get("ask_business_days")
    if type(ask) is not int or not 1 <= ask <= EARLIEST:
        problems.append(f"{name}: ask_business_days: 1 to {EARLIEST}, not {ask!r}")
    if type(nil) is not bool:
        problems.append(f"{name}: nil: true or false, not {nil!r}")
    variants = document.get("variants")
    if not isinstance(variants, Mapping) or any(type(one) is not bool for one in variants.values()):
        problems.append(f"{name}: variants: a table of true and false")
        variants = {}
    columns = _columns(document.get("column"), name, problems)
    if problems:
        raise PlanError(problems)
    assert isinstance(due, int) and isinstance(ask, int) and isinstance(nil, bool), "checked above"  # noqa: S101, PT018 - for the type checker
    return Template(due, ask, nil, dict(variants), columns)


def _columns(value: object, name: str, problems: list[str]) -> tuple[Column, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_COLUMNS:
        problems.append(f"{name}: column: 1 to {MOST_COLUMNS} are needed")
        return ()
    found: list[Column] = []
    for number, one in enumerate(value, 1):
        where = f"{name}: column {number}"
        if not isinstance(one, Mapping):
            problems.append(f"{where}: must be a table")
            continue
        problems += [f"{where}: {key}: unknown field" for key in one if key not in Column.__annotations__]
        column = Column(str(one.get("name", "")), str(one.get("value", "")), str(one.get("required", "")))
        if not column.name or column.name in {had.name for had in found}:
            problems.append(f"{where}: name: needed, and used once, not {column.name!r}")
        if column.value not in VALUES:
            problems.append(f"{where}: value: one of {', '.join(VALUES)}, not {column.value!r}")
        if column.required not in REQUIRED:
            problems.append(f"{where}: required: one of {', '.join(REQUIRED[1:])}, not {column.required!r}")
        elif column.required and column.value not in FILLABLE:
            problems.append(f"{where}: required: nobody fills in {column.value}")
        found.append(column)
    return tuple(found)
