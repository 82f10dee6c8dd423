"""What each reason of a dispute asks for: fields and clocks, read from data and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from bot.domain.plan import PlanError

KINDS: Final = ("long", "text", "date", "choice", "yes_no", "file", "transaction")
MOST_ON_A_PAGE: Final = 6
LONGEST_DAYS: Final = 365
_LATEST: Final = 4_102_444_800  # the year 2100


@dataclass(frozen=True)
class EvidenceField:
    """One field of a reason; what each part means is written in `bot/plans/dispute.toml`."""

    id: str
    kind: str
    page: int
    required: bool = False
    choices: tuple[str, ...] = ()
    when: str = ""
    group: str = ""
    own: bool = False


@dataclass(frozen=True)
class Reason:
    """One of Stripe's reasons, with the fields of its evidence in the order of the form."""

    id: str
    clock: str
    days: Mapping[str, int]
    fields: tuple[EvidenceField, ...]
    starts: tuple[str, ...] = ()
    consumer: bool = False

    @property
    def pages(self) -> int:
        """How many pages of the form ask for its evidence."""
        return max(field.page for field in self.fields)

    def on_page(self, page: int) -> tuple[EvidenceField, ...]:
        """Return the fields of one page."""
        return tuple(field for field in self.fields if field.page == page)

    def field(self, name: str) -> EvidenceField | None:
        """Return a field by its name."""
        return next((field for field in self.fields if field.id == name), None)


@dataclass(frozen=True)
class Reasons:
    """All reasons, with where they come from."""

    source: str
    api: str
    all: tuple[Reason, ...]

    def get(self, name: str) -> Reason | None:
        """Return a reason by Stripe's name for it."""
        return next((one for one in self.all if one.id == name), None)

    def fields(self) -> tuple[EvidenceField, ...]:
        """Return every field once, whichever reasons ask for it."""
        found = {field.id: field for reason in self.all for field in reason.fields}
        return tuple(found.values())


def reasons_from(document: Mapping[str, Any], name: str) -> Reasons:
    """Return the reasons in a document of plain values; `name` (a file) starts each message.

    Raises:
        PlanError: a field is unknown or holds something impossible (all mistakes are listed).
    """
    problems: list[str] = []
    found = []
    for entry in document.get("reason", ()):
        where = f"{name}: {entry.get('id', '?')}"
        try:
            fields = tuple(
                EvidenceField(**{**field, "choices": tuple(field.get("choices", ()))})
                for field in entry.get("fields", ())
            )
            plain = {key: value for key, value in entry.items() if key not in {"fields", "starts"}}
            made = Reason(**plain, starts=tuple(entry.get("starts", ())), fields=fields)
        except TypeError as error:
            problems.append(f"{where}: {error}")
            continue
        problems += [f"{where}: {problem}" for problem in _problems(made)]
        found.append(made)
    if problems:
        raise PlanError(problems)
    return Reasons(document["source"], document["api"], tuple(found))


def _problems(reason: Reason) -> list[str]:
    names = [field.id for field in reason.fields]
    found = [f"{field.id}: unknown kind {field.kind!r}" for field in reason.fields if field.kind not in KINDS]
    found += [
        f"{field.id}: only a choice has choices, and it needs some"
        for field in reason.fields
        if bool(field.choices) != (field.kind == "choice")
    ]
    if len(set(names)) < len(names):
        found.append("a field stands there twice")
    found += [f"starts: there is no field {start}" for start in reason.starts if start not in names]
    if (reason.clock == "event") != bool(reason.starts) or reason.clock not in {"event", "purchase"}:
        found.append("clock: `purchase`, or `event` with starts")
    if "other" not in reason.days or not all(0 < days <= LONGEST_DAYS for days in reason.days.values()):
        found.append(f"days: 1 to {LONGEST_DAYS}, and `other` must be among them")
    found += [
        f"page {page}: 1 to {MOST_ON_A_PAGE} fields fit"
        for page in range(1, reason.pages + 1)
        if not 1 <= len(reason.on_page(page)) <= MOST_ON_A_PAGE
    ]
    return found


def missing(reason: Reason, given: Mapping[str, Any], files: Sequence[str]) -> tuple[str, ...]:
    """Return the fields that still have to be filled in before a dispute can be submitted.

    Args:
        reason: the reason chosen.
        given: what was typed, by field; empty values count as nothing.
        files: the fields for which files are there.
    """

    def there(field: EvidenceField) -> bool:
        return field.id in files if field.kind == "file" else bool(given.get(field.id))

    found = []
    for field in reason.fields:
        name, _, value = field.when.partition("=")
        wanted = field.required or (bool(field.when) and given.get(name) == value)
        if wanted and not there(field):
            found.append(field.id)
    groups = {field.group for field in reason.fields if field.group}
    for group in sorted(groups):
        members = [field for field in reason.fields if field.group == group]
        if not any(there(field) for field in members):
            found.append(members[0].id)
    return tuple(found)


def too_many(reason: Reason, given: Mapping[str, Any], files: Sequence[str]) -> tuple[str, ...]:
    """Return the fields of a group of which more than one is given: Stripe takes exactly one."""
    there = [
        field for field in reason.fields if field.group and (field.id in files or bool(given.get(field.id)))
    ]
    return tuple(field.id for field in there if sum(other.group == field.group for other in there) > 1)


def evidence(
    reason: Reason, given: Mapping[str, Any], files: Mapping[str, str], attempt: str, before: str = ""
) -> dict[str, Any]:
    """Return the parameter `evidence` of a call to Stripe; what is empty is cleared there.

    Args:
        reason: the reason chosen.
        given: what was typed, by field: texts, ISO dates, values of choices, `yes` or `no`.
        files: ids of Stripe's files (`file_…`) by field.
        attempt: the attempt with the merchant in words, which follows the explanation; or nothing.
        before: the reason it had at Stripe until now, whose evidence is then removed.
    """
    found: dict[str, Any] = {}
    for field in reason.fields:
        if field.own:
            continue
        value = files.get(field.id, "") if field.kind == "file" else given.get(field.id) or ""
        if field.kind == "transaction" and not value:
            continue  # the only field that cannot be cleared
        if field.kind == "date" and value:
            value = int(datetime.combine(date.fromisoformat(value), time(12), UTC).timestamp())
        if field.kind == "yes_no" and value:
            value = value == "yes"
        if field.id == "explanation" and attempt:
            value = f"{value}\n\n{attempt}".strip()
        found[field.id] = value
    made: dict[str, Any] = {"reason": reason.id, reason.id: found}
    if before and before != reason.id:
        made[before] = ""
    return made


def given_from(reason: Reason, evidence: Mapping[str, Any]) -> dict[str, str]:
    """Return what Stripe holds for a reason as if it had been typed: `evidence` the other way round."""
    found = {}
    for field in reason.fields:
        value = evidence.get(field.id)
        if field.kind == "date" and type(value) is int and 0 <= value < _LATEST:
            found[field.id] = datetime.fromtimestamp(value, UTC).date().isoformat()
        elif field.kind == "yes_no" and isinstance(value, bool):
            found[field.id] = "yes" if value else "no"
        elif field.kind == "choice" and value in field.choices:
            found[field.id] = str(value)
        elif field.kind in {"long", "text", "transaction"} and isinstance(value, str):
            found[field.id] = value.replace("\x00", "")
    return found
