"""Damage to valid requests: what a broken client, a curious developer or an attacker with the secret could send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.fuzz.world import Json, Sent, encoded

Path = tuple[Any, ...]

TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud83d", "\ufeff", "\u202eevil\u202c", "مرحبا بالعالم", "👩‍👩‍👧‍👦" * 40, "e" + "\u0301" * 300,
    "x" * 3_000, "x" * 40_000, "<!channel> <@U0LENA> <https://x|y> `*_~", "&lt;&amp;", "%s %(x)s {0} {name} {", "\\u0000", "\r\n\t\v\f",
    "'; drop table step; --", "../../etc/passwd", "null", "None", "true", "[]", "{}", "NaN", "-1", "0", "1e999", "00001", "\u0661\u0662\u0663", "²", "\uff11",
    "9" * 30, "9223372036854775807", "9223372036854775808", "4294967296", "U0NOBODY", "T0OTHER", "C0OTHER", "U0LENA", "P-1", "1", "2", "99999",
    "0001-01-01", "9999-12-31", "2026-02-30", "2027-02-29", "20270101", "2027-W01-1", "2027-01-01T00:00:00Z", "2031-3-3", "\u0662\u0660\u0662\u0667-\u0660\u0661-\u0660\u0661",
    "javascript:alert(1)", "http://[::1", "https://", "ftp://x/y", "https://example.com/" + "a" * 5_000, "https://ex ample.com/\n",
    "embedded_finance", "b2b_payments", "expense_management", "us", "uk", "eu", "fits", "other", "revision", "approved", "declined", "longer",
)  # fmt: skip
NUMBERS = (
    0,
    -1,
    1,
    2,
    3.5,
    -0.0,
    1e308,
    10**12,
    10**18,
    2**63,
    2**64,
    -(2**63),
    253402300799,
    253402300800,
    -62135596800,
    -62135596801,
    99999999999999,
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [None],
    [[]],
    {"": ""},
    [{}],
    {"id": None},
    {"type": []},
    ["a", 1, None],
)
IDS = ("T0OTHER", "E0GRID", "U0NOBODY", "W012A3CDE", "C0NOWHERE", "D0LENA", "", "1", "T0PLAY")
DEEP = 200


def mutated(body: Json, kind: str, random: Random) -> Sent:
    """One to four kinds of damage to one request; the same generator gives the same damage."""
    if random.random() < 0.06:
        return _bytes(encoded(kind, body), random)
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        _damage(body, random)
    try:
        return encoded(kind, body)
    except (ValueError, TypeError, UnicodeError):
        return encoded(kind, {})


def _damage(body: Json, random: Random) -> None:
    hidden = _private(body)
    if hidden is not None and random.random() < 0.12:
        body["view"]["private_metadata"] = _other_private(hidden, random)
        return
    places = list(_places(body))
    inputs = [
        place
        for place in places
        if "values" in place or "actions" in place or "event" in place or "files" in place
    ]
    if not places:
        return
    place = random.choice(inputs if inputs and random.random() < 0.7 else places)
    holder, last = _holder(body, place)
    how = random.random()
    if how < 0.13:
        del holder[last]
    elif how < 0.17 and isinstance(holder, dict):
        holder[random.choice(TEXTS[:30])] = holder.pop(last)
    elif how < 0.22:
        holder[last] = random.choice(
            [[holder[last]], {"value": holder[last]}, f"{holder[last]}", _deep(holder[last])]
        )
    else:
        holder[last] = _other(holder[last], random)


def _other(value: Any, random: Random) -> Any:
    """Another value: often of the same type, so that it gets further than the first check."""
    if isinstance(value, str) and random.random() < 0.88:
        return random.choice((random.choice(TEXTS), random.choice(IDS), _twisted(value, random)))
    if isinstance(value, int) and random.random() < 0.88:
        return random.choice(NUMBERS)
    # A copy: what is damaged next must not damage this table, or one case would depend on those before it.
    return deepcopy(random.choice((random.choice(TEXTS), random.choice(NUMBERS), random.choice(OTHERS))))


def _twisted(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return random.choice(
        (
            text[:at],
            text[at:],
            text * 50,
            text[:at] + random.choice(TEXTS[:16]) + text[at:],
            text.upper(),
            text[::-1],
        )
    )


def _private(body: Json) -> Any:
    view = body.get("view")
    held = view.get("private_metadata") if isinstance(view, dict) else None
    try:
        return json.loads(held) if isinstance(held, str) and held else None
    except (ValueError, RecursionError):
        return None


def _other_private(held: Any, random: Random) -> Any:
    choices: list[Any] = [
        "",
        "{",
        "null",
        "[]",
        '"x"',
        "1",
        "{}",
        "[" * 2_000,
        '{"step":{}}',
        '{"program":"1"}',
        '{"program":null}',
        '{"program":1e99}',
    ]
    if isinstance(held, dict) and held and random.random() < 0.6:
        name = random.choice(sorted(held))
        return json.dumps({**held, name: _other(held[name], random)})
    return random.choice(choices)


def _deep(value: Any) -> Any:
    for _ in range(DEEP):
        value = [value]
    return value


def _places(value: Any, at: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        # What Slack repeats of a form's looks is not read: damage there would find nothing.
        if key not in {"blocks", "title", "submit", "close"}:
            yield from _places(inner, (*at, key))


def _holder(body: Any, place: Path) -> tuple[Any, Any]:
    for key in place[:-1]:
        body = body[key]
    return body, place[-1]


def _bytes(sent: Sent, random: Random) -> Sent:
    """Damage below the level of JSON and forms."""
    body = bytearray(sent.body)
    for _ in range(random.randrange(1, 4)):
        at, how = random.randrange(len(body) or 1), random.random()
        if how < 0.4:
            body[at : at + 1] = random.randbytes(1)
        elif how < 0.7:
            del body[at : at + 20]
        else:
            body[at:at] = random.randbytes(5)
    made: list[tuple[bytes, str]] = [
        (bytes(body), sent.content_type),
        (bytes(body), "application/json"),
        (b"", sent.content_type),
        (b"payload=", sent.content_type),
        (b"payload=null", sent.content_type),
        (b"payload=[]&payload={}", sent.content_type),
        (b"null", "application/json"),
        (b"[" * 5_000, "application/json"),
        (b'"text"', "application/json"),
        (urlencode({"payload": "{" * 3_000}).encode(), sent.content_type),
        (b"ssl_check=1&token=x", sent.content_type),
        (sent.body, "text/plain"),
        (sent.body, ""),
        (sent.body + b"&" + sent.body, sent.content_type),
    ]
    chosen = made[0] if random.random() < 0.4 else random.choice(made)
    return Sent(sent.kind, None, *chosen)
