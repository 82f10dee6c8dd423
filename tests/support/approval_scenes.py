"""Scenes about approvals: of one programme at every turn, of a few, of many, and shared."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.approval import FILTERS
from tests.support.course import LENA
from tests.support.scenery import NAME, STRANGERS, WORDS, Facts, Scene


def scenes(found: list[Facts]) -> Iterator[Scene]:
    """The answers about one programme, and lists made of what they hold."""
    for facts in found:
        yield Scene("approval.program", facts, facts["state"])
        yield Scene("approval.program", {**facts, "shared_by": LENA.user}, "shared")
    current = [(facts, one) for facts in found for one in facts["lines"] if one["actor"]]
    worst = [
        {**one, "title": NAME, "step": NAME, "owner": STRANGERS[0], "taken": True, "days": days, "working": days, "late": days < 0,
         "due": "2026-12-01T04:59:59+00:00", "link": "https://x.slack.com/archives/C0/p17"}
        for days in (-400, -1, 0, 1, 400)
        for _, one in current[:3]
    ]  # fmt: skip
    yield Scene("approval.program", {**found[0], "lines": worst * 2}, "30 under way")
    yield from _lists(found, [one for _, one in current], worst)
    for code in ("not_in_channel", "channel_not_found", "is_archived"):
        yield Scene("approval.not_shared", {"channel": "C0CARDS", "code": code}, code)


def _lists(found: list[Facts], current: list[Facts], worst: list[Facts]) -> Iterator[Scene]:
    about = {name: found[0][name] for name in ("ref", "state", "zone", "target_on", "lead")}
    known = dict.fromkeys(STRANGERS[:1], NAME)
    listed = [
        {**about, "id": number, "name": NAME, "group": ("overdue", "us", "stripe")[number % 3], "lines": [one], "more": 0,
         "approved": 1, "total": 9, "link": "https://x.slack.com/archives/C0/p17", "absent": {}}
        for number, one in enumerate([*worst, *current][:60])
    ]  # fmt: skip
    facts = {"language": "en", "only": "all", "page": 2, "pages": 4, "few": False, "total": 60, "words": WORDS,
             "counts": {"overdue": 20, "us": 20, "stripe": 20}, "as_of": "2026-11-23T15:00:00+00:00", "zone": "UTC",
             "rest": {"active": 1, "paused": 2, "launched": 3, "canceled": 1}, "names": known, "shareable": True}  # fmt: skip
    for only in FILTERS:
        yield Scene("approval.list", {**facts, "only": only, "programs": listed[:20]}, only)
        yield Scene(
            "approval.list", {**facts, "only": only, "programs": [], "page": 1, "pages": 1}, f"no {only}"
        )
    shared = {**facts, "programs": listed[:20], "shared_by": LENA.user}
    yield Scene("approval.list", shared, "shared")
    few = [{**one, "lines": worst[:4], "more": 3} for one in listed[:8]]
    quiet = [
        {**listed[0], "lines": [], "state": state} for state in ("active", "paused", "launched", "canceled")
    ]
    for programs in (few, quiet):
        yield Scene(
            "approval.list", {**facts, "few": True, "page": 1, "pages": 1, "programs": programs}, "a few"
        )
