"""Stripe's parameters as the types of its library describe them: decoded from a form, judged one by one.

Stricter than the library, as Stripe is: a value of a list of values, nothing empty that cannot be unset.
"""

from __future__ import annotations

import re
import sys
import types
import typing
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import parse_qsl

from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict

Json = dict[str, Any]
_NAME = re.compile(r"[^\[\]]+|(?<=\[)[^\[\]]*(?=\])")


class Refused(Exception):  # noqa: N818 - what Stripe does with a call
    """Stripe's answer to a call it does not take."""

    def __init__(
        self, message: str, *, code: str = "", param: str = "", status: int = 400, kind: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        told = {"type": kind or "invalid_request_error", "message": message, "code": code, "param": param}
        self.body = {"error": {name: value for name, value in told.items() if value}}


def decoded(text: str) -> Json:
    """`a[b][0]=1` is `{"a": {"b": {"0": "1"}}}`."""
    found: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)):
        *above, last = _NAME.findall(name)
        here = found
        for part in above:
            here = here.setdefault(part, {})
        if last in here:
            raise Refused(f"Given twice: {name}", param=name)
        here[last] = value
    return found


def judged(given: Json, wanted: Any) -> Json:
    """The values of a call in their types; `wanted` is the library's type of its parameters."""
    found: Json = _object(given, wanted, "")
    return found


@cache
def fields(wanted: Any) -> Json:
    """The parameters of one type, without the options of the library."""
    own = {
        name: hint
        for name, hint in wanted.__annotations__.items()
        if name not in RequestOptions.__annotations__
    }
    return typing.get_type_hints(
        types.SimpleNamespace(__annotations__=own), vars(sys.modules[wanted.__module__])
    )


def _object(given: Any, wanted: Any, at: str) -> Json:
    if not isinstance(given, dict):
        raise Refused(f"Invalid object: {at}", param=at)
    known = fields(wanted)
    for name in given:
        if name not in known:
            where = _inside(at, name)
            raise Refused(f"Received unknown parameter: {where}", code="parameter_unknown", param=where)
    for name in sorted(wanted.__required_keys__ & set(known)):
        if name not in given:
            where = _inside(at, name)
            raise Refused(f"Missing required param: {where}.", code="parameter_missing", param=where)
    return {name: _value(value, known[name], _inside(at, name)) for name, value in given.items()}


def _value(given: Any, hint: Any, at: str) -> Any:
    kinds = _kinds(hint)
    words = _words(kinds)
    if kinds == [Any] or (given == "" and "" in words):
        return given
    if given == "":
        message = f"You passed an empty string for '{at}'. It cannot be unset."
        raise Refused(message, code="parameter_invalid_empty", param=at)
    if words - {""}:  # the library lets any text through where it names values; Stripe does not
        if given not in words:
            raise Refused(f"Invalid {at}: must be one of {', '.join(sorted(words))}", param=at)
        return given
    if isinstance(given, dict):
        return _nested(given, kinds, at)
    plain = next((_PLAIN[kind] for kind in kinds if kind in _PLAIN), None)
    if plain is None:
        raise Refused(f"Invalid object: {at}", param=at)
    return plain(given, at)


def _nested(given: Json, kinds: list[Any], at: str) -> Any:
    for kind in kinds:
        origin = get_origin(kind)
        if is_typeddict(kind):
            return _object(given, kind, at)
        if origin is list:
            return _list(given, get_args(kind)[0], at)
        if origin is dict:
            return {name: _text(value, f"{at}[{name}]") for name, value in given.items()}
    raise Refused(f"Invalid value: {at}", param=at)


def _list(given: Json, hint: Any, at: str) -> list[Any]:
    if list(given) != [str(number) for number in range(len(given))]:
        raise Refused(f"Invalid array: {at}", param=at)
    return [_value(value, hint, f"{at}[{number}]") for number, value in given.items()]


def _kinds(hint: Any) -> list[Any]:
    """What a hint allows: unions taken apart, marks removed."""
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return [one for inner in get_args(hint) for one in _kinds(inner)]
    if origin in {typing.Required, typing.NotRequired}:
        return _kinds(get_args(hint)[0])
    return [hint]


def _words(kinds: list[Any]) -> set[str]:
    return {word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)}


def _inside(at: str, name: str) -> str:
    return f"{at}[{name}]" if at else name


def _text(given: Any, at: str) -> str:
    if not isinstance(given, str):
        raise Refused(f"Invalid string: {at}", param=at)
    return given


def _whole(given: str, at: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", given):
        raise Refused(f"Invalid integer: {at}", code="parameter_invalid_integer", param=at)
    return int(given)


def _truth(given: str, at: str) -> bool:
    if given not in {"true", "false"}:
        raise Refused(f"Invalid boolean: {at}", param=at)
    return given == "true"


_PLAIN: dict[Any, Any] = {str: _text, int: _whole, bool: _truth}
