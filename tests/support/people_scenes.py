"""Scenes about people: absences, channels, hand-overs, letters to Stripe, duties, forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

from bot import text
from bot.domain.channel import PURPOSES
from bot.services.handover import KINDS
from bot.views import away, channel, duty, handover, letter
from tests.support import (
    approval_scenes,
    complaint_report_scenes,
    complaint_scenes,
    dispute_scenes,
    forecast_scenes,
    home_scenes,
    lost_scenes,
    policy_scenes,
    reminder_scenes,
)
from tests.support.course import NOW
from tests.support.scenery import NAME, STRANGERS, WORDS, Facts, Scene, Scenery, crowded

ABSENCE: Facts = {
    "id": 1,
    "user": STRANGERS[0],
    "deputy": STRANGERS[1],
    "starts_on": "2026-12-01",
    "ends_on": "2027-01-31",
    "state": "begun",
}
NAMES = dict.fromkeys(STRANGERS[:3], NAME)


def absent(users: list[str], deputy: str = STRANGERS[2]) -> dict[str, dict[str, Any]]:
    """Everybody is away, or cannot be reached; some have nobody who stands in."""
    return {
        user: {"until": ("2027-01-31", "")[number % 2], "deputy": (deputy, deputy, "", "")[number % 4]}
        for number, user in enumerate(dict.fromkeys(users))
    }


def things(count: int) -> list[Facts]:
    """What somebody may hold."""
    return [
        {"kind": kind, "title": {"lead": "", "manager": "", "away": STRANGERS[3]}.get(kind, NAME), "value": f"{kind}:{number}"}
        for number in range(count)
        for kind in [KINDS[number % len(KINDS)]]
    ]  # fmt: skip


def scenes(found: Scenery, programs: list[Facts]) -> Iterator[Scene]:
    """Messages, boards and Home."""
    program = {"id": 1, "ref": "P-1", "name": NAME}
    yield from home_scenes.scenes()
    yield from complaint_scenes.scenes()
    yield from complaint_report_scenes.scenes()
    yield from _channels(programs)
    yield from approval_scenes.scenes(found.approvals)
    yield from _said(program)
    yield from reminder_scenes.scenes()
    yield from dispute_scenes.scenes()
    yield from lost_scenes.scenes()
    for facts in [*found.programs, crowded(found.programs[0], 50)]:
        everybody = [facts["lead"], *(step["owner"] for step in facts["steps"]), *STRANGERS]
        yield Scene("program", {**facts, "absent": absent(everybody)}, "everybody is away")
    for facts in found.steps:
        everybody = [facts["assignee"] or facts["owner"], facts["deputy"]]
        yield Scene("step", {**facts, "absent": absent([user for user in everybody if user])}, "away")
    for scene in list(found.scenes):
        if scene.facts.get("opened"):
            owners = [step["owner"] for step in scene.facts["opened"] if step["owner"]]
            for deputy in ("", STRANGERS[2], scene.facts["actor"]):
                names = {**scene.facts["names"], STRANGERS[2]: NAME}
                yield Scene(
                    scene.view, {**scene.facts, "absent": absent(owners, deputy), "names": names}, "away"
                )


def _said(program: Facts) -> Iterator[Scene]:
    """What threads and people hear about duties, hand-overs, absences and those who left."""
    for actor, due, note in ((STRANGERS[0], "2027-01-10", WORDS), (STRANGERS[1], "", "")):
        said = {"actor": actor, "program": program, "names": NAMES}
        one = {"title": NAME, "on": "2026-12-10", "next_due": due}
        yield Scene("duty.done", {**said, "duty": one, "note": note}, due)
        for owner, deputy in ((STRANGERS[0], STRANGERS[1]), (STRANGERS[2], STRANGERS[1])):
            yield Scene("duty.people", {**said, "duty": one, "owner": owner, "deputy": deputy}, owner)
    for count in (1, 60):
        items = [{"owner": STRANGERS[0], **one} for one in things(count)]
        left = {"programs": [{**program, "items": items}] * count, "gone": STRANGERS[: min(count, 20)]}
        for view in ("person.left", "person.left_alone"):
            yield Scene(view, {**left, "names": NAMES}, f"{count} programmes")
    for view in ("away.stand_in", "away.no_longer", "away.deputy_gone"):
        yield Scene(view, {**ABSENCE, "names": NAMES}, view)
    moved = {"holder": STRANGERS[0], "to": STRANGERS[1], "names": NAMES, "program": program}
    for actor in (STRANGERS[0], STRANGERS[1], STRANGERS[2]):
        yield Scene("program.handed_over", {**moved, "actor": actor, "items": things(60)}, "60 things")
    yield Scene("handover.done", {"from": STRANGERS[0], "to": STRANGERS[1], "count": 1, "names": NAMES})
    yield from forecast_scenes.scenes()
    yield from policy_scenes.scenes()
    yield from policy_scenes.signals()
    yield from policy_scenes.parcels()


REASONS = ("", "public", "external", "archived", "not_member", "unknown", "scope")


def _listed(reason: str, *, own: bool, program: int = 1) -> Facts:
    lines = [
        {"purpose": purpose, "channel": "C0CARDS", "own": own, "name": NAME, "problem": reason}
        for purpose in PURPOSES
    ]
    return {"id": program, "name": NAME, "ref": "P-1", "channels": lines}


def _channels(programs: list[Facts]) -> Iterator[Scene]:
    """Channels that fit, that do not, that are missing."""
    missing = [{"purpose": one, "channel": "", "own": False, "name": "", "problem": ""} for one in PURPOSES]
    everything = [_listed(reason, own=own) for reason in REASONS for own in (True, False)]
    yield Scene("channels", {"programs": [{"id": 0, "channels": missing}]}, "none")
    yield Scene("channels", {"programs": [*everything, {**everything[0], "id": 0}]}, "every reason")
    yield Scene("channels", {"programs": everything[:1] * len(programs)}, "60 programmes")
    for reason in REASONS[1:]:
        facts = {"channel": "C0CARDS", "name": NAME, "problem": reason, "purpose": "complaints"}
        program = {"id": 1, "ref": "P-1", "name": NAME}
        yield Scene("channel.lost", {**facts, "to": STRANGERS[0], "program": program}, reason)
        yield Scene("channel.default_lost", facts, reason)


def _letters(found: Scenery) -> Iterator[Facts]:
    """Drafts about the programme, and about each step that Stripe can let wait."""
    waiting = [one for one in found.steps if one["actor"] == "stripe" and one["state"] in {"open", "blocked"}]
    steps = [
        {**one, "titles": {"en": NAME, "fr": NAME}, "outcome": one["outcome_form"] or "answer"}
        for one in {one["key"]: one for one in waiting}.values()
    ]
    about = {
        "id": 1,
        "name": NAME,
        "ref": "P-1",
        "variant": "embedded_finance",
        "region": "us",
        "zone": "UTC",
    }
    people = {"contact_name": NAME, "contact_email": "ann@stripe.example", "writer": NAME}
    nobody = {"contact_name": "", "contact_email": "", "writer": ""}
    for one in [{"id": 0}, *steps]:
        yield {**about, **people, "steps": steps, "about": one["id"]}
    many = [{**steps[0], "id": number} for number in range(1, 121)]
    yield {**about, **nobody, "steps": many, "about": 3}
    yield {**about, **nobody, "steps": [], "about": 0}


def _duties() -> Iterator[Facts]:
    """Duties that are late, due, never done, without a period, and without people who can be reached."""
    one = {"id": 1, "title": NAME, "owner": STRANGERS[0], "deputy": STRANGERS[1], "last_on": "2026-12-10",
           "last_by": STRANGERS[2], "last_note": WORDS, "repeats": {"length": 1, "unit": "months"},
           "next_due": "2027-01-10", "late": True, "source": "https://docs.stripe.com/x"}  # fmt: skip
    never = {**one, "id": 2, "last_on": "", "last_by": "", "last_note": "", "late": False, "deputy": ""}
    free = {**never, "id": 3, "repeats": None, "next_due": ""}
    days = {**one, "id": 4, "repeats": {"length": 10, "unit": "days"}}
    about = {"id": 1, "name": NAME, "ref": "P-1", "names": NAMES}
    yield {**about, "duties": [one, never, free, days], "absent": {}}
    yield {**about, "duties": [one] * 9, "absent": absent(STRANGERS[:2])}


def modals(found: Scenery) -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """Forms and pages."""
    for facts in _letters(found):
        for written in text.LANGUAGES:
            yield "letter", partial(letter.page, facts=facts, written=written, now=NOW)
            yield "letter", partial(letter.page, facts=facts, written=written, now=NOW, words=WORDS)
    for facts in _duties():
        yield "duties", partial(duty.page, facts=facts)
        one = {**facts["duties"][0], "program": {"id": 1, "ref": "P-1", "name": NAME}, "today": "2026-12-10"}
        yield "duty done", partial(duty.done, facts=one)
        yield "duty people", partial(duty.people, facts=one)
    for own in (True, False):
        yield "channels", partial(channel.ask, facts=_listed("", own=own))
    for user in ("", STRANGERS[0]):
        yield "handover", partial(handover.people, user=user, to=STRANGERS[1])
    for programs, count in ((1, 1), (40, 20), (40, 30)):
        groups = [
            {"id": number, "name": NAME if number else "", "ref": f"P-{number}" if number else "", "items": things(count)}
            for number in range(programs)
        ]  # fmt: skip
        facts = {"from": STRANGERS[0], "groups": groups, "names": {}}
        yield "handover", partial(handover.items, facts=facts, to="")
    yield from forecast_scenes.modals()
    yield from policy_scenes.modals()
    for absences in ([], [ABSENCE], [{**ABSENCE, "state": "planned"}]):
        facts = {"away": absences, "for": [], "names": NAMES}
        yield "away", partial(away.ask, facts=facts, today=date(2026, 12, 5))
    yield from home_scenes.modals()
    yield from complaint_scenes.modals()
    yield from complaint_report_scenes.modals()
    yield from reminder_scenes.modals()
    yield from dispute_scenes.modals()
    yield from lost_scenes.modals()
