"""Parameters as Stripe takes them: nested names in brackets, checked one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from bot.playground.stripe.errors import StripeProblem

Params = dict[str, Any]
Check = Callable[[Any, str], Any]
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decoded(text: str) -> Params:
    """Return nested parameters: `created[gte]=1&types[0]=a` becomes `{"created": {"gte": "1"}, "types": …}`.

    Raises:
        StripeProblem: a name cannot be read.
    """
    found: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = _NAME.fullmatch(name)
        if match is None:
            raise StripeProblem(f"Invalid parameter name: {name}", param=name)
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        here = found
        for part in path[:-1]:
            inner = here.setdefault(part, {})
            if not isinstance(inner, dict):
                raise StripeProblem(f"Invalid parameter name: {name}", param=name)
            here = inner
        here[path[-1] or str(len(here))] = value
    return found


def checked(
    given: Mapping[str, Any], known: Mapping[str, Check], *, required: tuple[str, ...] = ()
) -> Params:
    """Return parameters of the types that are known.

    Raises:
        StripeProblem: one is unknown, missing or of another type, as Stripe words it.
    """
    for name in given:
        if name not in known and name != "expand":
            raise StripeProblem(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    for name in required:
        if given.get(name) in (None, ""):
            raise StripeProblem(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return {name: check(given[name], name) for name, check in known.items() if name in given}


def text(value: Any, name: str) -> str:  # noqa: ANN401 - whatever came
    """A text."""
    if not isinstance(value, str):
        raise StripeProblem(f"Invalid string: {name}", param=name)
    return value


def integer(value: Any, name: str) -> int:  # noqa: ANN401 - whatever came
    """A whole number."""
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise StripeProblem(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def between(least: int, most: int) -> Check:
    """A whole number within limits."""

    def check(value: Any, name: str) -> int:  # noqa: ANN401 - whatever came
        found = integer(value, name)
        if not least <= found <= most:
            raise StripeProblem(f"This value must be between {least} and {most}.", param=name)
        return found

    return check


def boolean(value: Any, name: str) -> bool:  # noqa: ANN401 - whatever came
    """`true` or `false`."""
    if value not in ("true", "false"):
        raise StripeProblem(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def one_of(*values: str) -> Check:
    """One of these words."""

    def check(value: Any, name: str) -> str:  # noqa: ANN401 - whatever came
        if value not in values:
            listed = ", ".join(values[:-1])
            raise StripeProblem(f"Invalid {name}: must be one of {listed}, or {values[-1]}", param=name)
        return str(value)

    return check


def texts(value: Any, name: str) -> list[str]:  # noqa: ANN401 - whatever came
    """A list of texts."""
    if not isinstance(value, dict):
        raise StripeProblem("Invalid array", param=name)
    return [text(one, name) for one in value.values()]


def mapping(value: Any, name: str) -> Params:  # noqa: ANN401 - whatever came
    """Names with values, such as metadata."""
    if not isinstance(value, dict):
        raise StripeProblem("Invalid object", param=name)
    return value


def tree(value: Any, name: str) -> Any:  # noqa: ANN401 - whatever came
    """Names with values, lists and whole numbers inside, such as spending controls."""
    if not isinstance(value, dict):
        return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value) else value
    made = {key: tree(one, f"{name}[{key}]") for key, one in value.items()}
    return list(made.values()) if made and all(key.isdigit() for key in made) else made


def moments(value: Any, name: str) -> Params:  # noqa: ANN401 - whatever came
    """A moment, or limits (gt, gte, lt, lte), in Unix seconds."""
    if isinstance(value, dict):
        limits = dict.fromkeys(("gt", "gte", "lt", "lte"), integer)
        return checked(value, limits)
    return {"gte": integer(value, name), "lte": integer(value, name)}
