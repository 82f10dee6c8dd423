"""Home in every state: for whoever has nothing, for those who may see nothing, and with the longest lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bot.services.home_page import PARTS
from bot.views import settings
from tests.support.scenery import NAME, STRANGERS, Facts, Scene

CHOSEN: Facts = {
    "language": "",
    "quiet_from": "18:00",
    "quiet_to": "09:00",
    "digest": None,
    "zone": "America/New_York",
}
NOTHING: Facts = {"lines": [], "total": 0, "part": 0, "last": 0}
CLOSED: Facts = {
    "user": STRANGERS[0],
    "role": "guest",
    "language": "en",
    "sees": False,
    "verified": True,
    "admins": STRANGERS[3:5],
    "touches": [],
    "next_at": None,
    "names": {},
}
HOME: Facts = {
    **CLOSED,
    "role": "member",
    "sees": True,
    "away": [],
    "for": [],
    "absent": {},
    "steers": "",
    "mine": NOTHING,
    "programs": NOTHING,
    "late": NOTHING,
    "others": NOTHING,
    "complaints": {"lines": [], "total": 0},
    "settings": CHOSEN,
    "names": dict.fromkeys(STRANGERS[:3], NAME),
}
PROGRAM: Facts = {"id": 1, "ref": "P-1", "name": NAME}
ITEM: Facts = {
    "kind": "step",
    "id": 1,
    "title": NAME,
    "actor": "us",
    "state": "open",
    "submission": False,
    "owner": STRANGERS[0],
    "due_on": "2026-12-01",
    "days": 3,
    "late": 0,
    "about": False,
    "aim": True,
    "look_again": False,
    "deadline": 1,
    "asleep": None,
    "program": PROGRAM,
}
COMPLAINT: Facts = {
    "id": 7,
    "ref": "C-7",
    "kind": "executive",
    "state": "received",
    "locked": True,
    "proposal": "asked",
    "due": "2026-12-01T22:59:59+00:00",
    "zone": "Europe/Paris",
    "owner": STRANGERS[0],
    "program": PROGRAM,
    "breaches": ["notify", "contact"],
}
KINDS: tuple[Facts, ...] = (
    ITEM,
    {**ITEM, "days": 0},
    {**ITEM, "days": 1, "aim": False, "about": True},
    {**ITEM, "days": -1, "late": 1, "owner": STRANGERS[1], "aim": False},
    {**ITEM, "actor": "stripe", "days": -400, "late": 400},
    {**ITEM, "actor": "stripe", "due_on": None, "days": None},
    {**ITEM, "state": "blocked", "look_again": True, "days": -2},
    {**ITEM, "actor": "stripe", "state": "blocked", "look_again": True},
    {**ITEM, "submission": True},
    {**ITEM, "asleep": {"until": "2026-12-24", "by": STRANGERS[1]}},
    {**ITEM, "deadline": 0, "due_on": None, "days": None, "owner": STRANGERS[2]},
    {**ITEM, "kind": "duty", "state": "duty", "days": -9, "late": 9, "aim": False},
)


def part(kinds: list[Facts], name: str, total: int, number: int = 0) -> Facts:
    """One full part of a long list."""
    size = PARTS[name]
    lines = [{**kinds[each % len(kinds)], "id": each + 1} for each in range(size)]
    return {"lines": lines, "total": total, "part": number, "last": (total - 1) // size}


def programs() -> list[Facts]:
    """Programmes with and without a date to come."""
    one = {**PROGRAM, "state": "active", "channel": "C0CARDS", "lead": STRANGERS[0], "done": 5, "total": 41}
    ahead = {"title": NAME, "due_on": "2026-12-01", "days": 3, "state": "open"}
    return [
        {**one, "next": ahead},
        {**one, "next": {**ahead, "days": -3}, "lead": STRANGERS[1], "state": "launched", "done": 41},
        {**one, "next": None, "state": "paused", "total": 0, "done": 0},
        {**one, "next": {**ahead, "days": 0, "state": "blocked"}},
    ]


def full(number: int) -> Facts:
    """Sixty items, forty programmes of one's own and forty more, everything late, everybody away."""
    absence = {
        "user": STRANGERS[0],
        "deputy": STRANGERS[1],
        "starts_on": "2026-12-01",
        "ends_on": "2027-01-31",
    }
    late = [one for one in KINDS if one["late"]]
    return {
        **HOME,
        "role": "admin",
        "steers": "all",
        "away": [{**absence, "state": "begun"}],
        "for": [{**absence, "state": "planned"}] * 30,
        "absent": {user: {"until": "2027-01-31", "deputy": STRANGERS[2]} for user in STRANGERS[:2]},
        "mine": part(list(KINDS), "mine", 60, number),
        "programs": part(programs(), "programs", 40, number),
        "late": part(late, "late", 60, number),
        "others": part(programs(), "others", 40, number),
        "settings": {**CHOSEN, "language": "fr", "digest": False},
        "complaints": {"lines": [COMPLAINT] * 5, "total": 60},
    }


def scenes() -> Iterator[Scene]:
    """Home, and the plain page that stands in for it."""
    yield Scene("home", HOME, "nothing")
    yield Scene("home", {**HOME, "admins": []}, "nothing, and nobody to ask")
    yield Scene("home", CLOSED, "a guest")
    yield Scene("home", {**CLOSED, "verified": False}, "somebody Slack said nothing about")
    for one in KINDS:
        items = {"lines": [one], "total": 1, "part": 0, "last": 0}
        yield Scene("home", {**HOME, "mine": items, "steers": "own"}, "one item")
    one = {"lines": programs()[:1], "total": 1, "part": 0, "last": 0}
    yield Scene("home", {**HOME, "programs": one, "others": one}, "a programme, and nothing to do")
    for language in ("", "en", "fr"):
        for digest in (None, True):
            chosen = {**CHOSEN, "language": language, "digest": digest}
            yield Scene("home", {**HOME, "settings": chosen}, f"chose {language} {digest}")
    for number in (0, 2):
        yield Scene("home", full(number), f"part {number} of the longest lists")
    for facts in (HOME, CLOSED):
        yield Scene("home.plain", facts, "refused")


def modals() -> Iterator[tuple[str, Callable[[str], dict[str, Any]]]]:
    """The form of settings."""
    for language in ("", "fr"):
        for digest in (None, True, False):
            facts = {**CHOSEN, "language": language, "digest": digest}
            yield "settings", partial(settings.ask, facts=facts)
