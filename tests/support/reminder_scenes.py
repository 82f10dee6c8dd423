"""Scenes about reminders: the morning list, the line in the thread, emergencies, snoozes, the days to come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from bot.views import reminder
from tests.support.scenery import NAME, STRANGERS, Facts, Scene

NAMES = dict.fromkeys(STRANGERS[:3], NAME)
RUNGS = ("overdue", "due", "due_soon")


def line(number: int, rung: str, **more: object) -> Facts:
    """What a list says about one deadline."""
    return {
        "deadline": number,
        "id": number,
        "kind": ("step", "step", "duty", "look_again")[number % 4],
        "key": ("call", "submission")[number % 2],
        "rung": rung,
        "title": NAME,
        "actor": ("us", "stripe")[number % 2],
        "program": {"id": 1, "ref": "P-1", "name": NAME},
        "due": "2026-12-01T04:59:59+00:00",
        "due_on": "2026-11-30",
        "zone": "America/New_York",
        "over": (0, 1, 240)[number % 3] if "over" in rung else 0,
        "owner": STRANGERS[number % 4],
        "acts": [],
        "asleep": ({"until": "2027-01-31", "by": STRANGERS[1]}, None)[number % 2],
        "url": ("https://play.slack.com/archives/C0/p1", "")[number % 2],
        **more,
    }


def facts_of_list() -> Facts:
    """What every morning list says."""
    return {
        "user": STRANGERS[0],
        "day": "2026-11-30",
        "since": None,
        "zone": "Europe/Paris",
        "names": NAMES,
        "team": [],
        "long": [],
        "counts": {"mine": 2, "team": 0, "long": 0},
    }


def scenes() -> Iterator[Scene]:
    """Messages."""
    for count, since in ((1, None), (3, "2026-11-20T08:00:00+00:00"), (60, None)):
        mine = [line(number, RUNGS[number % 3]) for number in range(count)]
        team = [line(number, "team_overdue") for number in range(count)]
        long = [line(number, "long_overdue") for number in range(count)]
        about = {
            "user": STRANGERS[0],
            "day": "2026-11-30",
            "since": since,
            "zone": "Europe/Paris",
            "names": NAMES,
        }
        counts = {"mine": count, "team": count, "long": count}
        facts = {**about, "mine": mine, "team": team, "long": long, "counts": counts}
        yield Scene("reminder.list", facts, f"{count} of each")
        alone = {"mine": [], "long": [], "counts": {"mine": 0, "team": count, "long": 0}}
        yield Scene("reminder.list", {**facts, **alone}, f"{count} of the team")
    for number in range(4):
        one = line(number, "due")
        facts = {"line": one, "absent": {}, "names": NAMES, "program": one["program"]}
        yield Scene("reminder.thread", facts, one["kind"])
        away = {one["owner"]: {"until": "2027-01-31", "deputy": STRANGERS[2]}}
        yield Scene("reminder.thread", {**facts, "absent": away}, "away")
    act = {"name": "open", "action": "step.open:7", "value": "7", "primary": True}
    case = line(1, "due", kind="case", program=None, acts=[act], actor="us")
    yield Scene("reminder.thread", {"line": case, "absent": {}, "names": NAMES}, "a case")
    yield Scene("reminder.list", {**facts_of_list(), "mine": [case, case]}, "cases")
    for count in (1, 5):
        lines = [line(number, "minute_15") for number in range(count)]
        yield Scene(
            "reminder.emergency",
            {"user": STRANGERS[0], "role": "operator", "lines": lines, "names": NAMES},
            "",
        )
    yield Scene("reminder.snoozed", {"title": NAME, "until": "2026-12-01", "deadline": 1}, "")
    yield Scene("reminder.woken", {"title": NAME}, "")
    yield Scene("reminder.taken", {"title": NAME}, "")


def modals() -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """Forms and pages."""
    yield "snooze", partial(reminder.ask_until, facts={"deadline": 1, "title": NAME}, first=date(2026, 12, 1))
    run: Facts = {
        "first": "2026-12-01T08:00:00+00:00",
        "last": "2026-12-04",
        "times": 1,
        "reader": STRANGERS[0],
        "owner": STRANGERS[1],
        "zone": "Europe/Paris",
        "lines": [{"rung": rung, "titles": [NAME] * 3} for rung in (*RUNGS, "team_overdue", "long_overdue")],
    }
    many = {**run, "times": 5, "lines": [{"rung": "overdue", "titles": [NAME] * 60}]}
    for runs in ([], [run, {**run, "reader": "thread"}, many], [run] * 90):
        facts = {"name": NAME, "ref": "P-1", "days": 30, "runs": runs, "names": NAMES}
        yield "next", partial(reminder.upcoming, facts=facts)
