"""Scenes about forecasts and digests: every standing, with few and with the most rows, and the worst words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

from bot.views import forecast
from tests.support.scenery import NAME, STRANGERS, Facts, Scene

TODAY = date(2026, 11, 25)
REASONS = ("pace", "clock", "unknown", "overdue", "blocked", "seen", "date", "none")
STANDINGS = ("early", "tight", "late", "impossible", "launched")


def day(number: int) -> str:
    """A day so many days from today."""
    return (TODAY + timedelta(days=number)).isoformat()


def chain(count: int, name: str = NAME, each: int = 9) -> list[Facts]:
    """Links one after the other; some take no day."""
    found, at = [], 0
    for number in range(count):
        reason = REASONS[number % len(REASONS)]
        days = 0 if reason in {"unknown", "none"} else each
        found.append(
            {"key": f"step{number}", "title": name, "actor": ("us", "stripe")[number % 2], "begins": day(at),
             "ends": day(at + days), "days": days, "reason": reason}
        )  # fmt: skip
        at += days
    return found


def program(
    standing: str = "early", count: int = 8, name: str = NAME, own: int = 30, **more: object
) -> Facts:
    """The forecast of one programme; `own` is the number of finished steps."""
    slack = {
        "early": [90, 40, 12],
        "tight": [60, 4, -3],
        "late": [1, -1, -40],
        "impossible": [-1, -2, -3],
        "launched": [-4, -4, -4],
    }
    return {
        "id": 1, "ref": "P-1", "name": name, "state": "active", "today": day(0), "started_on": day(-30),
        "target_on": day(80), "done": 17, "total": 49, "standing": standing, "slack": slack[standing],
        "parts": [{"title": title, "done": done, "total": total} for title, done, total in (("Use case approved", 9, 10), ("Live access", 8, 28), ("Launch", 0, 11))],
        "earliest": day(30), "soon": day(60), "late": day(70), "chain": chain(count, name), "likely_chain": chain(count, name),
        "launched_on": day(-1) if standing == "launched" else "",
        "pace": {"own": own >= 8, "steps": own, "soon": 0.8, "late": 1.4},
        "private": False, "actor": STRANGERS[0], "names": {STRANGERS[0]: name}, **more,
    }  # fmt: skip


def programs() -> Iterator[tuple[str, Facts]]:
    """Every kind of forecast, and what is special about it."""
    for standing in STANDINGS:
        yield standing, program(standing)
    yield "launched in time", program("launched", slack=[0, 0, 0])
    yield "60 links", program("late", 60)
    yield "one link without a day", program("tight", 1, chain=chain(1, each=0), likely_chain=chain(1, each=0))
    yield "no pace, one day", program("early", own=3, late=day(60), private=True)
    yield "paused", program("early", state="paused")
    yield "blocked", program("early", chain=[{**chain(1)[0], "reason": "blocked"}])
    yield "target is past", program("impossible", target_on=day(-3), started_on=day(-3))


CANCELED: Facts = {
    name: value
    for name, value in program().items()
    if name in {"id", "ref", "name", "today", "started_on", "target_on", "done", "total", "parts"}
} | {"state": "canceled", "standing": ""}


def digest(count: int, name: str = NAME, *, quiet: bool = False) -> Facts:
    """The digest of somebody with so many programmes."""
    lines = [
        {
            **program(STANDINGS[number % 4], 0, name),
            "id": number,
            "ref": f"P-{number + 1}",
            "state": "paused" if number % 11 == 10 else "active",
            "done": number * 7 % 50,
            "link": "" if number % 2 else "https://x.slack.com/archives/C0/p17",
            "week": 0 if quiet else number % 3,
            "late_ours": 0 if quiet else number % 4,
            "late_stripe": 0 if quiet else number % 5,
            "next": None if number % 3 == 2 else {"title": name, "due_on": day(9)},
        }
        for number in range(count)
    ]
    asleep = [{"title": name, "ref": "P-1", "until": day(40)} for _ in range(0 if quiet else count)]
    home = "" if quiet else "slack://app?team=T0PLAY&id=A0GANTRY&tab=home"
    return {"language": "en", "user": STRANGERS[0], "today": day(0), "programs": lines, "asleep": asleep, "home": home}  # fmt: skip


def scenes() -> Iterator[Scene]:
    """Messages, and what is said beside pictures."""
    for about, facts in programs():
        yield Scene("forecast", facts, about)
        # Here nobody acts: a comment says who asked, and mentions nobody who is known.
        yield Scene("forecast.picture", {**facts, "private": True}, about)
    yield Scene("forecast", CANCELED, "canceled")
    for where in ("thread", "me"):
        yield Scene("forecast.drawing", {"name": NAME, "ref": "P-1", "where": where}, where)
    yield Scene("picture.tried", {})
    for count, quiet in ((1, False), (1, True), (8, False), (40, False)):
        facts = digest(count, quiet=quiet)
        yield Scene("digest.picture", facts, f"{count} programmes")
        for code in ("missing_scope im:write", "unclear", "channel_not_found", "bug:ValueError"):
            yield Scene(
                "picture.failed", {"picture": 1, "kind": "digest", "code": code, "shown": facts}, code
            )
    for private in (False, True):
        shown = program("late", 60, private=private)
        yield Scene("picture.failed", {"picture": 1, "kind": "program", "code": "unclear", "shown": shown})


def modals() -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """The page of the forecast, before and after its picture was asked for."""
    for facts in [*(facts for _, facts in programs()), CANCELED]:
        for drawing in ("", "thread", "me"):
            yield "forecast", partial(forecast.page, facts=facts, drawing=drawing)
