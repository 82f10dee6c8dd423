"""What the fields of a form may hold: read once, when the form arrives, so that commands can rely on it."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from bot.domain.error import FormError

FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
FIRST_SECOND: Final = 946_684_800  # 2000-01-01T00:00:00Z
LAST_SECOND: Final = 4_102_444_799  # 2099-12-31T23:59:59Z
LONGEST: Final = 3_000
LARGEST_ID: Final = 2**63 - 1
MOST_FILES: Final = 10
MOST_PEOPLE: Final = 100
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{1,40}")
_ROW_ITEM: Final = re.compile(r"[0-9]{1,19}(:[a-z0-9_]{1,60})?")
_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{1,40}")
_TICK: Final = re.compile(r"[a-z_]{1,20}:[0-9]{1,19}")
_FILE: Final = re.compile(r"[A-Z0-9]{1,60}")


@dataclass(frozen=True)
class Field:
    """One field: how its value is read (None: nothing of use), what stands for nothing, is it needed."""

    read: Callable[[Any], Any]
    empty: Any = ""
    required: bool = True
    error: str = "form.required"


def fields(shape: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of exactly these fields, each of its type.

    Raises:
        FormError: names the required fields that are empty or hold what their element cannot give.
    """
    found = lenient(shape, values)
    wrong: dict[str, tuple[str, Mapping[str, object]]] = {
        name: (field.error, {})
        for name, field in shape.items()
        if field.required and found[name] in (field.empty, None)
    }
    if wrong:
        raise FormError(wrong)
    return found


def lenient(shape: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of exactly these fields; what cannot be read is empty."""
    found = {}
    for name, field in shape.items():
        value = field.read(values.get(name))
        found[name] = field.empty if value is None else value
    return found


def number(value: object) -> int:
    """Return the row id that a button or a form carries; 0, which no row has, when it carries none."""
    text = f"{value}" if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))):
        return 0
    found = int(text)
    return found if found <= LARGEST_ID else 0


@contextmanager
def renamed(name: str, shown: str) -> Iterator[None]:
    """Say an error of a field at another one: services call a moment `happened_at`, forms ask for a day."""
    try:
        yield
    except FormError as error:
        raise FormError({shown if key == name else key: why for key, why in error.fields.items()}) from error


def words(*, required: bool = True) -> Field:
    """What somebody typed, without spaces around it; 3,000 characters at most, as Slack's own inputs."""
    return Field(_words, "", required)


def one_of(*values: str, required: bool = True) -> Field:
    """One of these choices."""
    return Field(lambda value: value if value in values else None, "", required, "form.choose")


def some_of(*values: str, required: bool = True) -> Field:
    """Any of these boxes; in the order given here."""

    def read(value: Any) -> list[str] | None:  # noqa: ANN401 - whatever came
        return [one for one in values if one in value] if isinstance(value, list) else None

    return Field(read, [], required, "form.choose")


def day(*, required: bool = True) -> Field:
    """A date as ISO text, of this century."""
    return Field(_day, "", required)


def moment(*, required: bool = True) -> Field:
    """A moment in unix seconds, of this century."""
    return Field(_moment, None, required)


def person(*, required: bool = True) -> Field:
    """A Slack user id."""
    return Field(_person, "", required)


def people(*, required: bool = True) -> Field:
    """Slack user ids."""
    return Field(_people, [], required)


def row(*, required: bool = True) -> Field:
    """The id of a row, as the value of a choice."""
    return Field(
        lambda value: value if isinstance(value, str) and number(value) else None, "", required, "form.choose"
    )


def row_item() -> Field:
    """The id of a row, and after a colon one of its items if it has any: `7`, `7:sign_up`."""
    return Field(
        lambda value: value if isinstance(value, str) and _ROW_ITEM.fullmatch(value) else None,
        error="form.choose",
    )


def ticks() -> Field:
    """The boxes ticked in a list that a form of ours wrote: values such as `step:7`."""

    def read(value: Any) -> list[str] | None:  # noqa: ANN401 - whatever came
        if not isinstance(value, list):
            return None
        return [one for one in value if isinstance(one, str) and _TICK.fullmatch(one)]

    return Field(read, [], required=False)


def channel(*, required: bool = True) -> Field:
    """A Slack channel id."""
    return Field(
        lambda value: value if isinstance(value, str) and _CHANNEL.fullmatch(value) else None, "", required
    )


def files() -> Field:
    """Slack's file objects; never required here, a link may stand instead."""
    return Field(_files, [], required=False)


def _words(value: object) -> str | None:
    return value.strip()[:LONGEST] if isinstance(value, str) else None


def _day(value: object) -> str | None:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.isoformat() if found and FIRST_DAY <= found <= LAST_DAY else None


def _moment(value: object) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and FIRST_SECOND <= value <= LAST_SECOND
    return value if usable and isinstance(value, int) else None


def _person(value: object) -> str | None:
    return value if isinstance(value, str) and _PERSON.fullmatch(value) else None


def _people(value: object) -> list[str] | None:
    if not isinstance(value, list):
        return None
    return list(dict.fromkeys(one for one in value if _person(one)))[:MOST_PEOPLE]


def _files(value: object) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        return None
    found = [one for one in value if isinstance(one, dict) and _FILE.fullmatch(str(one.get("id", "")))]
    return found[:MOST_FILES]
